//! Writes values as text in the style of a document.

use super::spans::{Style, is_identifier};
use crate::document::Value;
use crate::strings;

/// The longest value, in bytes, that is written on one line if the document does so.
pub(super) const SHORT: usize = 80;

/// A value as text on several lines, for a line with this indentation.
pub(super) fn render(value: &Value, style: &Style, indent: &str) -> String {
    let mut out = String::new();
    lines(&mut out, value, style, indent);
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

pub(super) fn one_line(out: &mut String, value: &Value, style: &Style) {
    let gap = if style.colon_gap.is_empty() { "" } else { " " };
    match value {
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                    out.push_str(gap);
                }
                one_line(out, item, style);
            }
            out.push(']');
        }
        Value::Object(entries) if !entries.is_empty() => {
            out.push('{');
            for (n, (key, value)) in entries.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                out.push_str(gap);
                write_key(out, key, style);
                one_line(out, value, style);
            }
            out.push_str(gap);
            out.push('}');
        }
        Value::Object(_) => out.push_str("{}"),
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(text) => out.push_str(text),
        Value::String(text) => out.push_str(&strings::quote_json5(text, style.quote)),
    }
}

fn lines(out: &mut String, value: &Value, style: &Style, indent: &str) {
    let inner = format!("{indent}{}", style.indent);
    let next = |out: &mut String, n: usize| {
        if n > 0 {
            out.push(',');
        }
        out.push_str(style.newline);
        out.push_str(&inner);
    };
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            if style.short_objects_on_one_line {
                let mut short = String::new();
                one_line(&mut short, value, style);
                if short.len() <= SHORT {
                    out.push_str(&short);
                    return;
                }
            }
            out.push('{');
            for (n, (key, value)) in entries.iter().enumerate() {
                next(out, n);
                write_key(out, key, style);
                lines(out, value, style, &inner);
            }
            out.push_str(style.newline);
            out.push_str(indent);
            out.push('}');
        }
        Value::Array(items) if items.iter().any(is_container) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                next(out, n);
                lines(out, item, style, &inner);
            }
            out.push_str(style.newline);
            out.push_str(indent);
            out.push(']');
        }
        _ => one_line(out, value, style),
    }
}

pub(super) fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}
