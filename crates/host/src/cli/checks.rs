//! Shows the checks of the doctor and of a real turn.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::output::{Style, Tone};
use crate::component::case;
use crate::component::doctor::{Check, Status};

/// One check as `doctor --json` has it.
pub(super) fn as_json(check: &Check) -> Value {
    json!({
        "id": check.id,
        "status": case::name(check.status),
        "title": check.title,
        "detail": check.detail,
        "fix": check.fix,
    })
}

/// One line a check, and what to do below it.
pub(super) fn show(checks: &[Check], style: Style, out: &mut dyn Write) -> io::Result<()> {
    /// Mark and space before the text.
    const INDENT: usize = 2;
    for check in checks {
        let mark = match check.status {
            Status::Pass => style.paint(Tone::Good, "✓"),
            Status::Warn => style.paint(Tone::Warn, "!"),
            Status::Fail => style.paint(Tone::Bad, "✗"),
            Status::Unknown => style.paint(Tone::Faint, "?"),
        };
        let text = format!("{}: {}", check.title, check.detail);
        writeln!(out, "{mark} {}", style.wrap(INDENT, &text))?;
        if let (Status::Fail | Status::Warn, Some(fix)) = (check.status, &check.fix) {
            writeln!(out, "  {}", style.hint(INDENT, fix))?;
        }
    }
    Ok(())
}
