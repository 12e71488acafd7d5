//! The doctor: gathers facts; the component judges them. Nothing here knows what a fact means.

mod facts;
mod programs;
mod proxy;

use std::io::Write as _;

use serde_json::{Value, json};

use super::args::Doctor;
use super::context::Context;
use super::edit::{self, Edit};
use super::failure::{CommandError, FAILED, Failure, UNKNOWN};
use super::output::{self, Style};
use super::{checks, prompt, turn};
use crate::component::ClaudeProxy;
use crate::component::config::ApplyRequest;
use crate::component::doctor::Status;

pub(super) fn run(context: &Context, args: &Doctor) -> Result<u8, CommandError> {
    let mut component = context.component(UNKNOWN)?;
    let port = args.proxy.port.as_deref();
    // The question comes before the checks, which take a while.
    let turn = match args.turn {
        true => {
            // Read anew, since --fix may write.
            let settings = context.reload().settings_for(&mut component, port)?;
            turn::confirm_cost(&mut component, &settings, args)?.then_some(settings)
        }
        false => None,
    };
    if args.fix {
        fix(context, &mut component, args)?;
    }
    let facts = facts::gather(context, &mut component, port);
    let mut checks = component.examine(&facts)?;
    if let Some(settings) = turn {
        checks.extend(turn::checks(context, &mut component, &settings)?);
    }
    let any = |status: Status| checks.iter().any(|check| check.status == status);
    if args.proxy.json {
        let list: Vec<Value> = checks.iter().map(checks::as_json).collect();
        output::json(&json!({ "ok": !any(Status::Fail), "checks": list }))?;
    } else {
        checks::show(&checks, Style::of_stdout(), &mut output::stdout())?;
    }
    Ok(if any(Status::Fail) {
        FAILED
    } else if any(Status::Unknown) {
        UNKNOWN
    } else {
        0
    })
}

/// Applies what is safe: a private state directory, a closed configuration with the provider entry of this version, the
/// guard's permission.
fn fix(context: &Context, component: &mut ClaudeProxy, args: &Doctor) -> Result<(), CommandError> {
    let json = args.proxy.json;
    context
        .state(UNKNOWN)?
        .prepare()
        .map_err(|why| Failure::state(FAILED, &why))?;
    let path = context.config_path(UNKNOWN)?;
    if !path.exists() {
        return Ok(());
    }
    let edit = Edit {
        request: ApplyRequest {
            fix: true,
            grant_hooks: true,
            listed: proxy::listed(context, component, args.proxy.port.as_deref()),
            ..ApplyRequest::default()
        },
        dry_run: false,
        json,
        interactive: prompt::is_interactive(args.yes || json),
    };
    let result = edit::write(context, component, &edit, Style::of_stdout())?;
    if let (Some(_), false) = (&result.replaced, json) {
        writeln!(output::stdout(), "Written: {}\n", result.path.display())?;
    }
    Ok(())
}

/// A reason, for people.
fn message(why: impl std::fmt::Display) -> String {
    why.to_string()
}

/// The first thing that is wrong, in one line.
fn first_problem(failure: Failure) -> String {
    match failure.problems.first() {
        Some(problem) => format!("{}: {}", problem.path, problem.found),
        None => failure.headline,
    }
}
