//! A change of the configuration, shown.

use std::io::{self, Write};

use similar::{ChangeTag, TextDiff};

use super::output::{Style, Tone};
use crate::component::config::Change;

const CONTEXT: usize = 2;
/// A file with longer lines is not shown line by line.
const MAX_LINE: usize = 240;
/// Words in a key that make its value a secret.
const SECRET_WORDS: [&str; 5] = ["key", "token", "secret", "password", "authorization"];

/// Shows what changes: the lines where that is readable, and why in any case.
pub(super) fn show(
    out: &mut dyn Write,
    style: Style,
    old: &str,
    new: &str,
    changes: &[Change],
) -> io::Result<()> {
    let readable = old
        .lines()
        .chain(new.lines())
        .all(|line| line.len() <= MAX_LINE);
    if readable {
        lines(out, style, old, new)?;
        writeln!(out)?;
    }
    for change in changes {
        let to = match (&change.before, &change.after) {
            (_, None) => "removed".to_owned(),
            (None, Some(_)) if readable => "set".to_owned(),
            (None, Some(after)) => format!("set to {after}"),
            (Some(_), Some(_)) if readable => "changed".to_owned(),
            (Some(before), Some(after)) => format!("{before} -> {after}"),
        };
        writeln!(
            out,
            "{} {to}\n    {}",
            style.paint(Tone::Strong, &change.path),
            style.wrap(4, &change.why)
        )?;
    }
    Ok(())
}

fn lines(out: &mut dyn Write, style: Style, old: &str, new: &str) -> io::Result<()> {
    let diff = TextDiff::from_lines(old, new);
    let mut first = true;
    for group in diff.grouped_ops(CONTEXT) {
        if !first {
            writeln!(out, "{}", style.paint(Tone::Faint, "  ..."))?;
        }
        first = false;
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches(['\n', '\r']);
            match change.tag() {
                ChangeTag::Insert => {
                    writeln!(out, "{}", style.paint(Tone::Good, &format!("+ {text}")))?;
                }
                ChangeTag::Delete => writeln!(
                    out,
                    "{}",
                    style.paint(Tone::Bad, &format!("- {}", without_secret(text)))
                )?,
                ChangeTag::Equal => writeln!(
                    out,
                    "{}",
                    style.paint(Tone::Faint, &format!("  {}", without_secret(text)))
                )?,
            }
        }
    }
    Ok(())
}

/// A line of the user's own file, without the value of what may be a secret.
fn without_secret(line: &str) -> String {
    let Some((key, _)) = line.split_once(':') else {
        return line.to_owned();
    };
    let lower = line.to_ascii_lowercase();
    if SECRET_WORDS.iter().any(|word| lower.contains(word)) {
        format!("{key}: ...")
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_shown_without_secrets() {
        let old = "{\n  \"a\": 1,\n  \"apiKey\": \"hidden\",\n  \"b\": 2\n}\n";
        let new = "{\n  \"a\": 1,\n  \"apiKey\": \"hidden\",\n  \"b\": 3\n}\n";
        let mut out = Vec::new();
        show(
            &mut out,
            Style::plain(None),
            old,
            new,
            &[Change {
                path: "b".to_owned(),
                before: Some("2".to_owned()),
                after: Some("3".to_owned()),
                why: "Three is better.".to_owned(),
            }],
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "    \"a\": 1,\n    \"apiKey\": ...\n-   \"b\": 2\n+   \"b\": 3\n  }\n\nb changed\n    Three is better.\n"
        );
    }

    #[test]
    fn a_file_on_one_line_is_told_by_its_changes() {
        let old = format!("{{\"apiKey\":\"hidden\",\"x\":\"{}\"}}", "y".repeat(300));
        let mut out = Vec::new();
        show(
            &mut out,
            Style::plain(None),
            &old,
            "{}",
            &[Change {
                path: "b".to_owned(),
                before: None,
                after: Some("3".to_owned()),
                why: "Why.".to_owned(),
            }],
        )
        .unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "b set to 3\n    Why.\n");
    }
}
