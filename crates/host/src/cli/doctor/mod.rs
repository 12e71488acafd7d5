//! The doctor: gathers facts; the component judges them. Nothing here knows what a fact means.

mod facts;
mod programs;
mod proxy;

use std::io::Write as _;

use serde_json::{Value, json};

use super::args::Doctor;
use super::context::Context;
use super::edit::{self, Edit};
use super::failure::{CANNOT_TELL, COULD_NOT, Failure, Halt};
use super::output::{self, Style};
use super::{checks, prompt, turn};
use crate::component::ClaudeProxy;
use crate::component::config::ApplyRequest;
use crate::component::doctor::Status;

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
    let facts = facts::all(context, &mut component, port);
    let mut checks = component.examine(&facts)?;
    if let Some(settings) = turn {
        checks.extend(turn::checks(context, &mut component, &settings)?);
    }
    let any = |status: Status| checks.iter().any(|check| check.status == status);
    if wanted.look.json {
        let list: Vec<Value> = checks.iter().map(checks::as_json).collect();
        output::json(&json!({ "ok": !any(Status::Fail), "checks": list }))?;
    } else {
        checks::show(&checks, Style::of_stdout(), &mut output::stdout())?;
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
            listed: proxy::listed(context, component, wanted.look.port.as_deref()),
            ..ApplyRequest::default()
        },
        dry_run: false,
        json,
        asking: prompt::can_ask(wanted.yes || json),
    };
    let written = edit::write(context, component, &edit, Style::of_stdout())?;
    if let (Some(_), false) = (&written.replaced, json) {
        writeln!(output::stdout(), "Written: {}\n", written.path.display())?;
    }
    Ok(())
}

/// A reason, for people.
fn text(why: impl std::fmt::Display) -> String {
    why.to_string()
}

/// The first thing that is wrong, in one line.
fn first_problem(failure: Failure) -> String {
    match failure.problems.first() {
        Some(problem) => format!("{}: {}", problem.path, problem.found),
        None => failure.headline,
    }
}
