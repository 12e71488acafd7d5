//! The settings in force, read from a whole OpenClaw configuration.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value as Json;

use crate::document::{self, Value};
use crate::settings::{self, SETTINGS_PATH, Settings};
use crate::{Error, ID, Problem};

/// Reads the settings in force: the plugin's settings, then the provider entry where they say nothing, then the
/// defaults. An empty text stands for no file.
///
/// # Errors
/// [`Error::Unreadable`] where the text is not JSON5, or where an include decides what the settings are;
/// [`Error::InvalidSettings`] with every problem at once.
pub fn settings(text: &str) -> Result<Settings, Error> {
    if text.trim().is_empty() {
        return Ok(Settings::default());
    }
    let document = document::parse(text).map_err(Error::Unreadable)?;
    let config = follow(&document.root, &["plugins", "entries", ID, "config"])?;
    let provider = follow(&document.root, &["models", "providers", ID])?;
    settings::from_parts(config.map(json).as_ref(), provider.map(json).as_ref())
}

/// The value at a path, if it is there. An include on the way could hold it, so it is an error rather than an absence.
fn follow<'a>(root: &'a Value, keys: &[&str]) -> Result<Option<&'a Value>, Error> {
    let mut at = root;
    let mut walked: Vec<&str> = Vec::new();
    for key in keys {
        if at.get("$include").is_some() && at.get(key).is_none() {
            return Err(Error::Unreadable(Problem::new(
                "settings-included",
                if walked.is_empty() {
                    "$include".to_owned()
                } else {
                    format!("{}.$include", walked.join("."))
                },
                "an include that may hold the plugin's settings",
                format!("{SETTINGS_PATH} and models.providers.{ID} in the main file"),
                "Move these two entries into the main file, or give --host, --port and the command on the command line.",
            )));
        }
        match at.get(key) {
            Some(value) => at = value,
            None => return Ok(None),
        }
        walked.push(key);
    }
    Ok(Some(at))
}

/// A document value as plain JSON. Numbers that JSON cannot hold become null, which no setting accepts.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(source) => number(source),
        Value::String(text) => Json::String(text.clone()),
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), json(value)))
            .collect(),
    }
}

/// A JSON5 number as JavaScript reads it: `3456.0` and `0xD80` are whole numbers.
fn number(source: &str) -> Json {
    let unsigned = source.strip_prefix('+').unwrap_or(source);
    let (negative, digits) = match unsigned.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, unsigned),
    };
    let magnitude = match digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => digits.parse::<u64>().ok(),
    };
    if let Some(magnitude) = magnitude {
        return match (negative, i64::try_from(magnitude)) {
            (false, _) => Json::from(magnitude),
            (true, Ok(value)) => Json::from(-value),
            (true, Err(_)) => Json::Null,
        };
    }
    match serde_json::from_str::<f64>(&json_number(unsigned)) {
        #[expect(clippy::cast_possible_truncation, reason = "bounded by the guard")]
        Ok(value) if value.abs() < 9e15 && (value as i64) as f64 == value => {
            let whole = value as i64;
            u64::try_from(whole).map_or_else(|_| Json::from(whole), Json::from)
        }
        Ok(value) => serde_json::Number::from_f64(value).map_or(Json::Null, Json::Number),
        Err(_) => Json::Null,
    }
}

/// A decimal JSON5 number in JSON's spelling: digits on both sides of the point. Not the standard library's parser,
/// whose tables would be an extra 12 KB of the component.
fn json_number(source: &str) -> String {
    let (sign, digits) = match source.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", source),
    };
    match digits.split_once('.') {
        Some((whole, rest)) => {
            let whole = if whole.is_empty() { "0" } else { whole };
            let zero = if rest.starts_with(|c: char| c.is_ascii_digit()) {
                ""
            } else {
                "0"
            };
            format!("{sign}{whole}.{zero}{rest}")
        }
        None => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_configuration_gives_the_settings() {
        let text = "{ // mine\n models: {providers: {'anthropic-claude-proxy': {baseUrl: 'http://127.0.0.1:9999'}}},\n\
                    plugins: {entries: {'anthropic-claude-proxy': {enabled: true, config: {restartDelayMs: 1e3}}}} }";
        let settings = super::settings(text).unwrap();
        assert_eq!((settings.port, settings.restart_delay_ms), (9999, 1000));
        assert_eq!(super::settings("").unwrap(), Settings::default());
        assert_eq!(super::settings("{}").unwrap(), Settings::default());
    }

    #[test]
    fn what_may_be_elsewhere_is_not_a_default() {
        for text in [
            "{$include: './x.json'}",
            "{plugins: {$include: './p.json'}}",
        ] {
            let error = super::settings(text).unwrap_err();
            assert_eq!(error.problems()[0].code, "settings-included", "{text}");
        }
        assert!(matches!(super::settings("{"), Err(Error::Unreadable(_))));
    }

    #[test]
    fn numbers_are_read_as_javascript_does() {
        for (source, value) in [
            ("3456", Json::from(3456u64)),
            ("+3456", Json::from(3456u64)),
            ("3456.0", Json::from(3456u64)),
            ("0xD80", Json::from(3456u64)),
            ("-1", Json::from(-1)),
            ("1.5", Json::from(1.5)),
            (".5", Json::from(0.5)),
            ("-.5", Json::from(-0.5)),
            ("5.", Json::from(5u64)),
            ("5.e3", Json::from(5000u64)),
            ("3.456e3", Json::from(3456u64)),
            ("Infinity", Json::Null),
            ("NaN", Json::Null),
        ] {
            assert_eq!(number(source), value, "{source}");
        }
    }
}
