//! The component as a command-line filter, for stock WebAssembly runtimes: from the arguments and standard input to the text for
//! standard output or standard error. Reading and printing is done by `crates/plugin/src/filter.rs`.

use serde::Serialize;

use crate::audit::{AuditInput, Report};
use crate::edit::{ApplyRequest, Change};
use crate::{
    Error, Problem, audit, catalog, configured, descriptor, edit, launch, settings, strings,
};

/// What a call printed and whether it succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// For standard output.
    pub stdout: String,
    /// For standard error.
    pub stderr: String,
    /// Whether the exit code is 0.
    pub success: bool,
}

/// How to use the filter.
pub const HELP: &str = "\
The anthropic-claude-proxy plugin as a filter. It has no access to files, network, clock or environment.

Usage: plugin COMMAND [OPTIONS] [< INPUT]

  describe                     what the provider is, as JSON
  models [ID...]               catalog rows as JSON; without ids the whole catalog
  settings    < openclaw.json  the settings in force, as JSON
  launch-plan < openclaw.json  how the proxy would be started, as JSON
  audit       < openclaw.json  the fail-closed audit, as JSON; fails unless closed
  apply [OPTIONS] < openclaw.json > new.json
                               the configuration with the provider in it, everything else unchanged
      --host H  --port P  --models A,B   what to write (default: what is there, else the defaults)
      --set-default                      make the first model the default model, without fallbacks
      --grant-hooks                      give the plugin the permission that its guard needs
      --fix                              close every open route that has a mechanical fix
      --harden | --unharden              pin or turn off every slot that selects a provider by itself, or take it back
      --changes                          print the list of changes as JSON instead of the text
  help                         this text

Includes and environment variables cannot be read here: a route that depends on one is undecided, so not closed.
";

/// What `apply --changes` prints.
#[derive(Serialize)]
struct Changed {
    changes: Vec<Change>,
    report: Report,
}

/// Audits where no file and no variable is there.
fn audit_document(document: &str) -> Result<Report, Error> {
    audit::audit_with(&AuditInput::of(document), |_| None, |_| None)
        .map_err(|open| configured::unanswered_error(open.len()))
}

/// Runs one call of the filter.
pub fn run(arguments: &[String], stdin: impl FnOnce() -> Result<String, String>) -> Output {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("", arguments),
    };
    if ["describe", "settings", "launch-plan", "audit"].contains(&command)
        && let Some(extra) = rest.first()
    {
        return usage_error(&format!(
            "unexpected argument `{}`",
            strings::escape_invisible(extra)
        ));
    }
    match command {
        "" | "help" | "--help" | "-h" => Output {
            success: !command.is_empty(),
            ..text(HELP.to_owned())
        },
        "describe" => json(&descriptor::describe()),
        "models" => json(&catalog::rows(rest)),
        "settings" => with_input(stdin, |document| {
            configured::settings(&document).map(|settings| json(&settings))
        }),
        "launch-plan" => with_input(stdin, |document| {
            let settings = configured::settings(&document)?;
            launch::launch(&settings, &[]).map(|plan| json(&plan))
        }),
        "audit" => with_input(stdin, |document| {
            audit_document(&document).map(|report| Output {
                success: report.closed,
                ..json(&report)
            })
        }),
        "apply" => match apply_options(rest) {
            Err(why) => usage_error(&why),
            Ok((request, list_changes)) => with_input(stdin, |document| {
                let applied = edit::apply(&AuditInput::of(document), &request)?;
                Ok(match list_changes {
                    true => json(&Changed {
                        changes: applied.changes,
                        report: applied.report,
                    }),
                    false => text(applied.text),
                })
            }),
        },
        other => usage_error(&format!(
            "unknown command `{}`",
            strings::escape_invisible(other)
        )),
    }
}

/// The request of the options of `apply`, and whether its changes are listed.
fn apply_options(words: &[String]) -> Result<(ApplyRequest, bool), String> {
    let mut request = ApplyRequest::default();
    let mut list_changes = false;
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let (flag, inline) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word, None),
        };
        let mut value = || {
            let value = inline.or_else(|| words.next());
            value.ok_or_else(|| format!("{flag} takes a value"))
        };
        let problem = |problem: Problem| problem.to_string();
        match flag {
            "--host" => {
                request.address = Some(settings::parse_address(flag, value()?).map_err(problem)?);
            }
            "--port" => {
                request.port = Some(settings::parse_port(flag, value()?).map_err(problem)?);
            }
            "--models" => {
                let ids = value()?.split(',').map(|id| id.trim().to_owned());
                let models = settings::parse_models(flag, &ids.collect::<Vec<_>>());
                let models = models.map_err(|all| Error::invalid_settings(all).to_string())?;
                request.models = Some(models);
            }
            "--set-default" => request.set_default = true,
            "--grant-hooks" => request.grant_hooks = true,
            "--fix" => request.fix = true,
            "--harden" => request.harden = true,
            "--unharden" => request.unharden = true,
            "--changes" => list_changes = true,
            _ => {
                return Err(format!(
                    "unknown option `{}`",
                    strings::escape_invisible(word)
                ));
            }
        }
    }
    if request.harden && request.unharden {
        return Err("--harden and --unharden exclude each other".to_owned());
    }
    Ok((request, list_changes))
}

fn with_input(
    stdin: impl FnOnce() -> Result<String, String>,
    then: impl FnOnce(String) -> Result<Output, Error>,
) -> Output {
    match stdin().map(then) {
        Err(why) => failure(&format!("standard input: {why}")),
        Ok(Err(error)) => failure(&error.to_string()),
        Ok(Ok(output)) => output,
    }
}

fn json<T: Serialize>(value: &T) -> Output {
    // Writing to memory cannot fail, and every key is text.
    text(serde_json::to_string_pretty(value).unwrap_or_default() + "\n")
}

fn text(stdout: String) -> Output {
    Output {
        stdout,
        stderr: String::new(),
        success: true,
    }
}

fn usage_error(why: &str) -> Output {
    failure(&format!("{why}; see `help`"))
}

fn failure(why: &str) -> Output {
    Output {
        stdout: String::new(),
        stderr: format!("error: {why}\n"),
        success: false,
    }
}
