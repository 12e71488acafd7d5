//! Paths as reports write them: `agents.entries.ops.model.fallbacks[0]`. Keys with other characters are written as `["a.b"]`.

use std::fmt::Write as _;

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A key of an object.
    Key(String),
    /// A position in a list, counted from 0.
    Index(usize),
}

/// Whether a key is written without brackets: it has only letters, digits, `_`, `$` and `-`.
fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$'))
}

/// Appends a key to a path.
pub fn push_key(path: &mut String, key: &str) {
    if is_plain(key) {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
        return;
    }
    path.push_str("[\"");
    for c in key.chars() {
        match c {
            '"' | '\\' => {
                path.push('\\');
                path.push(c);
            }
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(path, "\\u{:04x}", u32::from(c));
            }
            c => path.push(c),
        }
    }
    path.push_str("\"]");
}

/// Appends a list position to a path.
pub fn push_index(path: &mut String, index: usize) {
    // Writing to a String cannot fail.
    let _ = write!(path, "[{index}]");
}

/// `path` with a key appended.
pub fn key(path: &str, key: &str) -> String {
    let mut out = path.to_owned();
    push_key(&mut out, key);
    out
}

/// `path` with a list position appended.
pub fn index(path: &str, index: usize) -> String {
    let mut out = path.to_owned();
    push_index(&mut out, index);
    out
}

/// Whether a path is the path `outer` or leads into it.
pub(crate) fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Writes a path.
pub fn format<'a>(parts: impl IntoIterator<Item = &'a Part>) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Key(key) => push_key(&mut out, key),
            Part::Index(index) => push_index(&mut out, *index),
        }
    }
    out
}

/// The parts of a path; `None` if the text is no path.
pub fn parts(path: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let (key, after) = unquote(quoted)?;
            parts.push(Part::Key(key));
            rest = after;
        } else if let Some(number) = rest.strip_prefix('[') {
            let (digits, after) = number.split_once(']')?;
            parts.push(Part::Index(digits.parse().ok()?));
            rest = after;
        } else {
            let plain = if parts.is_empty() {
                rest
            } else {
                rest.strip_prefix('.')?
            };
            let end = plain.find(['.', '[']).unwrap_or(plain.len());
            let (key, after) = plain.split_at_checked(end)?;
            if !is_plain(key) {
                return None;
            }
            parts.push(Part::Key(key.to_owned()));
            rest = after;
        }
    }
    Some(parts)
}

/// Reads a key up to `"]` and resolves its escapes. Also returns the rest of the text.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((key, text.get(at..)?.strip_prefix("\"]")?)),
            '\\' => match chars.next()? {
                (at, 'u') => {
                    let digits = text.get(at + 1..at + 5)?;
                    key.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                    chars.nth(3)?;
                }
                (_, c) => key.push(c),
            },
            c => key.push(c),
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn writes_plain_and_quoted_keys() {
        let mut path = String::new();
        push_key(&mut path, "agents");
        push_index(&mut path, 3);
        push_key(&mut path, "x.y \"q\"\n");
        push_key(&mut path, "anthropic-claude-proxy");
        assert_eq!(
            path,
            r#"agents[3]["x.y \"q\"\u000a"].anthropic-claude-proxy"#
        );
    }

    #[test]
    fn reads_back_what_it_writes() {
        for path in [
            "a",
            "a.b[0][1].c",
            r#"agents.defaults.models["outside/m1"].alias"#,
            r#"[""].b"#,
            r#"a["\\\"]"].é"#,
        ] {
            let Some(parts) = parts(path) else {
                assert!(path.contains('é'), "{path}");
                continue;
            };
            assert_eq!(format(&parts), path);
        }
        for bad in ["a.", ".a", "a[x]", "a[\"b", "a b", "a..b", "[0]b"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
