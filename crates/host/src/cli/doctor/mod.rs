//! The doctor: gathers facts by name; the component judges them. Nothing here knows what a fact means.

mod configuration;
mod facts;
mod programs;
mod proxy;

use std::io::{self, Write};

use serde_json::{Value, json};

use self::facts::Facts;
use super::args::Doctor;
use super::context::Context;
use super::edit::{self, Edit, as_it_should_be};
use super::failure::{CANNOT_TELL, COULD_NOT, Failure, Halt};
use super::output::{self, Style, Tone};
use super::setup;
use super::turn;
use crate::component::ClaudeProxy;
use crate::component::config::ApplyRequest;
use crate::component::doctor::{Check, Status};

pub(super) fn run(context: &Context, wanted: &Doctor) -> Result<u8, Halt> {
    let mut component = context.component(CANNOT_TELL)?;
    let port = wanted.look.port.as_deref();
    // Whoever is asked is asked before the look, which takes a while.
    let turn = match wanted.turn {
        true => {
            // Looked at anew after what --fix writes.
            let settings = context.again().settings_for(&mut component, port)?;
            turn::agreed(&mut component, &settings, wanted)?.then_some(settings)
        }
        false => None,
    };
    if wanted.fix {
        fix(context, &mut component, wanted)?;
    }
    let facts = Facts::all(context, &mut component, port);
    let mut checks = component
        .examine(&facts)
        .map_err(|why| Failure::component(CANNOT_TELL, &why, None))?;
    if let Some(settings) = turn {
        checks.extend(turn::checks(context, &mut component, &settings)?);
    }
    let any = |status: Status| checks.iter().any(|check| check.status == status);
    if wanted.look.json {
        let list: Vec<Value> = checks.iter().map(as_json).collect();
        output::json(&json!({ "ok": !any(Status::Fail), "checks": list }))?;
    } else {
        show(&checks, Style::of_stdout(), &mut output::stdout())?;
    }
    Ok(if any(Status::Fail) {
        COULD_NOT
    } else if any(Status::Unknown) {
        CANNOT_TELL
    } else {
        0
    })
}

/// Applies what is safe: a private state directory, a closed configuration with the provider entry of this version, the
/// guard's permission.
fn fix(context: &Context, component: &mut ClaudeProxy, wanted: &Doctor) -> Result<(), Halt> {
    let json = wanted.look.json;
    context
        .state(CANNOT_TELL)?
        .prepare()
        .map_err(|why| Failure::state(COULD_NOT, &why))?;
    let path = context.config_path(CANNOT_TELL)?;
    if !path.exists() {
        return Ok(());
    }
    let edit = Edit {
        request: ApplyRequest {
            fix: true,
            grant_hooks: true,
            ..as_it_should_be()
        },
        dry_run: false,
        json,
        asking: setup::can_ask(wanted.yes || json),
    };
    let written = edit::write(context, component, &edit, Style::of_stdout())?;
    if let (Some(_), false) = (&written.replaced, json) {
        writeln!(output::stdout(), "Written: {}\n", written.path.display())?;
    }
    Ok(())
}

fn as_json(check: &Check) -> Value {
    json!({
        "id": check.id,
        "status": match check.status {
            Status::Pass => "pass",
            Status::Warn => "warn",
            Status::Fail => "fail",
            Status::Unknown => "unknown",
        },
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
            writeln!(out, "    {}", style.paint(Tone::Strong, fix))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_has_one_line_a_check_and_the_fix_below() {
        let check = |status, fix: Option<&str>| Check {
            id: "x".to_owned(),
            status,
            title: "Port".to_owned(),
            detail: "3456".to_owned(),
            fix: fix.map(str::to_owned),
        };
        let mut out = Vec::new();
        show(
            &[
                check(Status::Pass, None),
                check(Status::Fail, Some("kill 12")),
            ],
            Style::plain(None),
            &mut out,
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "✓ Port: 3456\n✗ Port: 3456\n    kill 12\n"
        );
    }
}
