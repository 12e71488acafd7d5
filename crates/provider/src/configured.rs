//! The settings in force, read from a whole OpenClaw configuration.

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
    settings::from_parts(config, provider)
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
}
