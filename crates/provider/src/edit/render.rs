//! Writes values as text in the style of a document.

use super::spans::{Style, is_identifier};
use crate::document::Value;
use crate::strings;

/// The longest value, in bytes, that is written on one line if the document does so.
pub(super) const SHORT: usize = 80;

/// A value as text on several lines, for a line with this indentation.
pub(super) fn render(value: &Value, style: &Style, indent: &str) -> String {
    let mut out = String::new();
    write_value(&mut out, value, style, Some(indent));
    out
}

/// A value as text on one line.
pub(super) fn one_line(value: &Value, style: &Style) -> String {
    let mut out = String::new();
    write_value(&mut out, value, style, None);
    out
}

pub(super) fn write_key(out: &mut String, key: &str, style: &Style) {
    match style.key_quote {
        None if is_identifier(key) => out.push_str(key),
        None => out.push_str(&strings::quote_json5(key, style.quote)),
        Some(quote) => out.push_str(&strings::quote_json5(key, quote)),
    }
    out.push(':');
    out.push_str(&style.colon_gap);
}

/// Writes a value: on one line without `indent`, else on several lines where that is usual.
fn write_value(out: &mut String, value: &Value, style: &Style, indent: Option<&str>) {
    type Part<'v> = (Option<&'v str>, &'v Value);
    let (open, close, parts): (char, char, Vec<Part<'_>>) = match value {
        Value::Array(items) => ('[', ']', items.iter().map(|item| (None, item)).collect()),
        Value::Object(entries) => {
            let entries = entries.iter();
            let parts = entries.map(|(key, value)| (Some(key.as_str()), value));
            ('{', '}', parts.collect())
        }
        Value::Null => return out.push_str("null"),
        Value::Bool(value) => return out.push_str(if *value { "true" } else { "false" }),
        Value::Number(text) => return out.push_str(text),
        Value::String(text) => return out.push_str(&strings::quote_json5(text, style.quote)),
    };
    let is_object = open == '{';
    // Lists of plain values, and short objects if the document does so, are on one line.
    let indent = indent.filter(|_| match is_object {
        true => !(style.short_objects_on_one_line && one_line(value, style).len() <= SHORT),
        false => parts.iter().any(|(_, item)| is_container(item)),
    });
    let inner = indent.map(|indent| format!("{indent}{}", style.indent));
    let gap = if style.colon_gap.is_empty() { "" } else { " " };
    out.push(open);
    for (n, (key, value)) in parts.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        match &inner {
            Some(inner) => out.extend([style.newline, inner]),
            None if is_object || n > 0 => out.push_str(gap),
            None => {}
        }
        if let Some(key) = key {
            write_key(out, key, style);
        }
        write_value(out, value, style, inner.as_deref());
    }
    match indent {
        _ if parts.is_empty() => {}
        Some(indent) => out.extend([style.newline, indent]),
        None if is_object => out.push_str(gap),
        None => {}
    }
    out.push(close);
}

pub(super) fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}
