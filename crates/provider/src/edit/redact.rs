//! What of a configuration may be shown: everything but secrets.

use super::spans::{Body, Node, comment_end};
use crate::PLACEHOLDER_KEY;
use crate::document::path::Part;
use crate::document::token::Tokens;
use crate::document::{self, Value};

/// What stands for a secret.
const NOT_SHOWN: &str = "(not shown)";

/// Where a value is, as far as it matters for whether it is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// Where nothing is secret.
    Plain,
    /// Right inside `env`, whose values are secrets except for those of `shellEnv`.
    Env,
    /// Below a name such as `maxTokens`: a number is a figure, a text a secret.
    Tokens,
    /// Below the name of a secret.
    Secret,
}

impl Within {
    /// The place at a path.
    pub(super) fn at(parts: &[Part]) -> Self {
        parts.iter().fold(Self::Plain, |within, part| match part {
            Part::Key(key) => within.key(key),
            Part::Index(_) => within.key(""),
        })
    }

    /// The place at a key of this one; an item of a list has none.
    fn key(self, key: &str) -> Self {
        match self {
            Self::Secret => Self::Secret,
            Self::Tokens if key.is_empty() => Self::Tokens,
            Self::Env if key != "shellEnv" => Self::Secret,
            Self::Plain | Self::Tokens if key == "env" => Self::Env,
            _ => of_name(key),
        }
    }

    /// A value that is here as JSON, without secrets.
    pub(super) fn redacted_json(self, value: &Value) -> String {
        redacted(&value.json(), self)
    }
}

/// What the name of a value says, wherever it is.
fn of_name(key: &str) -> Within {
    const ENDS: &str = "key token secret password authorization header credential cookie";
    let key = key.to_ascii_lowercase();
    let singular = key.strip_suffix('s').unwrap_or(&key);
    match ENDS.split(' ').any(|end| singular.ends_with(end)) {
        true if key.ends_with("tokens") => Within::Tokens,
        true => Within::Secret,
        false => Within::Plain,
    }
}

/// A value as JSON, without secrets.
pub(super) fn redacted_json(value: &Value) -> String {
    Within::Plain.redacted_json(value)
}

/// A document as it may be shown: secrets are replaced, and so is the text of comments, which may be about anything. Of a text that
/// cannot be read nothing is shown.
pub(super) fn shown(text: &str) -> String {
    redacted(text, Within::Plain)
}

fn redacted(text: &str, within: Within) -> String {
    let Ok((_, root)) = document::parse_with_spans(text) else {
        return String::new();
    };
    let out = String::with_capacity(text.len());
    let mut shown = Shown { text, at: 0, out };
    shown.value(&root, within);
    shown.gap(text.len());
    shown.out
}

/// What is shown in place of a value that is neither a list nor an object; `None` if it may be shown as it is.
fn in_place_of(value: Option<&Value>, within: Within) -> Option<String> {
    match value {
        Some(Value::Null | Value::Bool(_)) => None,
        Some(Value::Number(_)) if matches!(within, Within::Plain | Within::Tokens) => None,
        Some(Value::String(text)) if text == PLACEHOLDER_KEY => None,
        Some(Value::String(text)) if within == Within::Plain => {
            // An address without user name and password.
            let (scheme, rest) = text.split_once("://")?;
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let sign = rest.get(..end)?.rfind('@')?;
            Some(format!("{scheme}://{NOT_SHOWN}{}", rest.get(sign..)?))
        }
        _ => Some(NOT_SHOWN.to_owned()),
    }
}

struct Shown<'t> {
    text: &'t str,
    /// Up to where the text is done.
    at: usize,
    out: String,
}

impl Shown<'_> {
    fn value(&mut self, node: &Node, within: Within) {
        match &node.body {
            Body::Scalar => {
                self.gap(node.span.start);
                let value = Tokens::new(self.text, self.at).scalar();
                match in_place_of(value.ok().as_ref(), within) {
                    None => self.copy(node.span.end),
                    Some(text) => {
                        self.out.push_str(&Value::String(text).json());
                        self.at = node.span.end;
                    }
                }
            }
            Body::Array(children) | Body::Object(children) => {
                for child in children {
                    self.gap(child.key_span.start);
                    self.copy(child.key_span.end);
                    self.value(&child.value, within.key(&child.key));
                }
            }
        }
    }

    /// Goes on to `end` as it is.
    fn copy(&mut self, end: usize) {
        self.out
            .push_str(self.text.get(self.at..end).unwrap_or_default());
        self.at = end;
    }

    /// The same between keys and values, where a slash begins a comment.
    fn gap(&mut self, end: usize) {
        while let Some(before) = self.text.get(self.at..end).and_then(|gap| gap.find('/')) {
            self.copy(self.at + before);
            let begin = self.text.get(self.at..).unwrap_or_default();
            self.out.push_str(match begin.starts_with("/*") {
                true => "/* (not shown) */",
                false => "// (not shown)",
            });
            self.at = comment_end(self.text, self.at).unwrap_or(end);
        }
        self.copy(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_shown_without_secrets() {
        for (text, wanted) in [
            (
                "{\n  headers: { \"Cookie\": \"session=1\" }, // mine\n  b: [1, 'x'],\n}\n",
                "{\n  headers: { \"Cookie\": \"(not shown)\" }, // (not shown)\n  b: [1, 'x'],\n}\n",
            ),
            (
                "{env: {MY_PAT: 'ghp', vars: {A: 1}, shellEnv: {timeoutMs: 5, enabled: true}}}",
                "{env: {MY_PAT: \"(not shown)\", vars: {A: \"(not shown)\"}, shellEnv: {timeoutMs: 5, enabled: true}}}",
            ),
            // A value of several lines, below its key, twice the same key, and in a list.
            (
                "{'apiKey'/* a\nb */:\n 'x\\\ny', apiKey: 'z', maxTokens: 9, tokens: ['t'], keys: ['k', null], more: {}}",
                "{'apiKey'/* (not shown) */:\n \"(not shown)\", apiKey: \"(not shown)\", maxTokens: 9, tokens: [\"(not shown)\"], keys: [\"(not shown)\", null], more: {}}",
            ),
            // Escapes hide nothing, and a slash in a text begins no comment.
            (
                r#"{"\u0061piKey": "x", url: "http:\/\/me:pw@a", path: "/a//b"} // x*/"#,
                r#"{"\u0061piKey": "(not shown)", url: "http://(not shown)@a", path: "/a//b"} // (not shown)"#,
            ),
            (
                "{apiKey: 'claude-proxy-local'}",
                "{apiKey: 'claude-proxy-local'}",
            ),
            ("{a: 1, apiKey: 'x'", ""),
            ("", ""),
        ] {
            assert_eq!(shown(text), wanted);
        }
    }

    #[test]
    fn a_place_and_a_path_are_judged_alike() {
        let document = document::parse("{env: {vars: {A: 'x'}}, mcp: {env: {B: 'x'}}}");
        let json = redacted_json(&document.unwrap().root);
        assert!(!json.contains("\"x\""), "{json}");
        let parts = document::path::parts("env.vars.A").unwrap();
        assert_eq!(Within::at(&parts), Within::Secret);
    }
}
