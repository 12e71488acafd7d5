//! The plugin as a filter, for stock runtimes: arguments and standard input in, text and a verdict out. Pure: the
//! component's entry point does the reading and printing.

use serde::Serialize;

use crate::report::{ApplyRequest, AuditInput, Change, Report};
use crate::settings;
use crate::strings;
use crate::{Error, ID, MODEL_ALIAS, PLACEHOLDER_KEY, audit, catalog, configured, edit, launch};

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

/// A crate that the component is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Material {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The provider's identity; constant for one build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Provider and plugin id.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// Version of the component.
    pub version: String,
    /// Other names a user may type for the provider.
    pub aliases: Vec<String>,
    /// Model alias that names the first model.
    pub model_alias: String,
    /// Value of `apiKey` in the configuration.
    pub placeholder_key: String,
    /// License of the component (SPDX).
    pub license: String,
    /// Where its source is.
    pub source: String,
    /// The crates that the component is made of (`data/crates.txt`, which packaging compares with what cargo says of it).
    pub materials: Vec<Material>,
}

/// What `apply --changes` prints.
#[derive(Serialize)]
struct Changed {
    changes: Vec<Change>,
    report: Report,
}

/// What this build is.
pub fn describe() -> Descriptor {
    Descriptor {
        id: ID.to_owned(),
        label: "Anthropic Claude (local proxy)".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        aliases: vec![MODEL_ALIAS.to_owned(), "anthropic-proxy".to_owned()],
        model_alias: MODEL_ALIAS.to_owned(),
        placeholder_key: PLACEHOLDER_KEY.to_owned(),
        license: "MIT".to_owned(),
        source: "https://github.com/rustyrayzor/anthropic-claude-proxy".to_owned(),
        materials: include_str!("../data/crates.txt")
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, version)| Material {
                name: name.to_owned(),
                version: version.to_owned(),
            })
            .collect(),
    }
}

/// Audits with every question answered by "not to be had".
fn audit_alone(document: &str) -> Result<Report, Error> {
    audit::audit_with(&AuditInput::of(document), |_| None, |_| None)
        .map_err(|open| configured::unanswered_error(open.len()))
}

/// Runs one call of the filter.
pub fn run(arguments: &[String], stdin: impl FnOnce() -> Result<String, String>) -> Output {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        None | Some("help" | "--help" | "-h") => Output {
            stdout: HELP.to_owned(),
            stderr: String::new(),
            success: !arguments.is_empty(),
        },
        Some("describe") => no_more(rest, || print(&describe())),
        Some("models") => print(&catalog::rows(rest)),
        Some("settings") => no_more(rest, || {
            with(stdin, |text| configured::settings(&text).map(|s| print(&s)))
        }),
        Some("launch-plan") => no_more(rest, || {
            with(stdin, |text| {
                let settings = configured::settings(&text)?;
                launch::launch(&settings, &[]).map(|plan| print(&plan))
            })
        }),
        Some("audit") => no_more(rest, || {
            with(stdin, |text| {
                audit_alone(&text).map(|report| Output {
                    success: report.closed,
                    ..print(&report)
                })
            })
        }),
        Some("apply") => match apply_options(rest) {
            Err(why) => usage(&why),
            Ok((request, list_changes)) => with(stdin, |document| {
                edit::apply(&AuditInput::of(document), &request).map(|applied| {
                    if list_changes {
                        print(&Changed {
                            changes: applied.changes,
                            report: applied.report,
                        })
                    } else {
                        Output {
                            stdout: applied.text,
                            stderr: String::new(),
                            success: true,
                        }
                    }
                })
            }),
        },
        Some(other) => usage(&format!(
            "unknown command `{}`",
            strings::escape_invisible(other)
        )),
    }
}

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
            inline
                .or_else(|| words.next())
                .map(str::to_owned)
                .ok_or_else(|| format!("{flag} wants a value"))
        };
        match flag {
            "--host" => {
                request.host =
                    Some(settings::parse_host(flag, &value()?).map_err(|p| p.to_string())?);
            }
            "--port" => {
                request.port =
                    Some(settings::parse_port(flag, &value()?).map_err(|p| p.to_string())?);
            }
            "--models" => {
                let ids: Vec<String> = value()?.split(',').map(|id| id.trim().to_owned()).collect();
                request.models = Some(settings::parse_models(flag, &ids).map_err(|problems| {
                    problems
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join("\n")
                })?);
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

fn no_more(rest: &[String], then: impl FnOnce() -> Output) -> Output {
    match rest.first() {
        None => then(),
        Some(extra) => usage(&format!(
            "unexpected argument `{}`",
            strings::escape_invisible(extra)
        )),
    }
}

fn with(
    stdin: impl FnOnce() -> Result<String, String>,
    then: impl FnOnce(String) -> Result<Output, Error>,
) -> Output {
    match stdin().map(then) {
        Err(why) => failure(&format!("standard input: {why}")),
        Ok(Err(error)) => failure(&error.to_string()),
        Ok(Ok(output)) => output,
    }
}

fn print<T: Serialize>(value: &T) -> Output {
    Output {
        // Writing to memory cannot fail, and every key is text.
        stdout: serde_json::to_string_pretty(value).unwrap_or_default() + "\n",
        stderr: String::new(),
        success: true,
    }
}

fn usage(why: &str) -> Output {
    failure(&format!("{why}; see `help`"))
}

fn failure(why: &str) -> Output {
    Output {
        stdout: String::new(),
        stderr: format!("error: {why}\n"),
        success: false,
    }
}
