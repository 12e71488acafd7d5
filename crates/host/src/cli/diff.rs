//! A change of the configuration, shown.

use std::io::{self, Write};

use similar::{ChangeTag, TextDiff};

use super::output::{Style, Tone};
use crate::component::config::Applied;

const CONTEXT: usize = 2;
/// A file with longer lines is not shown line by line.
const MAX_LINE: usize = 240;

/// Shows what changes: the lines where that is readable, and why in any case. The component has taken the secrets out.
pub(super) fn show(out: &mut dyn Write, style: Style, applied: &Applied) -> io::Result<()> {
    let (old, new) = (&applied.shown_before, &applied.shown_after);
    let readable = old
        .lines()
        .chain(new.lines())
        .all(|line| line.len() <= MAX_LINE);
    if readable {
        lines(out, style, old, new)?;
        writeln!(out)?;
    }
    for change in &applied.changes {
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
            let (tone, sign) = match change.tag() {
                ChangeTag::Insert => (Tone::Good, '+'),
                ChangeTag::Delete => (Tone::Bad, '-'),
                ChangeTag::Equal => (Tone::Faint, ' '),
            };
            writeln!(out, "{}", style.paint(tone, &format!("{sign} {text}")))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::config::{Change, Report};

    fn shown(old: &str, new: &str, before: Option<&str>) -> String {
        let applied = Applied {
            text: String::new(),
            shown_before: old.to_owned(),
            shown_after: new.to_owned(),
            changes: vec![Change {
                path: "b".to_owned(),
                before: before.map(str::to_owned),
                after: Some("3".to_owned()),
                why: "Why.".to_owned(),
            }],
            report: REPORT,
        };
        let mut out = Vec::new();
        show(&mut out, Style::plain(None), &applied).unwrap();
        String::from_utf8(out).unwrap()
    }

    const REPORT: Report = Report {
        closed: true,
        decided: true,
        summary: String::new(),
        exit_code: 0,
        routes: Vec::new(),
        findings: Vec::new(),
        not_examined: Vec::new(),
        known_versions: Vec::new(),
        judged_version: None,
        open_tools: Vec::new(),
        commands: Vec::new(),
    };

    #[test]
    fn lines_are_shown_as_the_component_gives_them() {
        let old = "{\n  \"a\": 1,\n  \"apiKey\": \"(not shown)\",\n  \"b\": 2\n}\n";
        let new = old.replace('2', "3");
        assert_eq!(
            shown(old, &new, Some("2")),
            "    \"a\": 1,\n    \"apiKey\": \"(not shown)\",\n-   \"b\": 2\n+   \"b\": 3\n  }\n\nb changed\n    Why.\n"
        );
    }

    #[test]
    fn a_file_on_one_line_is_told_by_its_changes() {
        let old = format!("{{\"x\":\"{}\"}}", "y".repeat(300));
        assert_eq!(shown(&old, "{}", None), "b set to 3\n    Why.\n");
    }
}
