//! The programs that the doctor asks for their versions, and where they are.

use std::time::Duration;

use super::message;
use crate::cli::claude_cli::ClaudeCli;
use crate::cli::context::Context;
use crate::cli::search_path::{self, Unusable};
use crate::cli::timeout::{self, Finished};
use crate::component::auth::AuthStatus;
use crate::component::doctor::{Command, ProgramError};
use crate::component::{ClaudeProxy, provider};

/// Longest time that a program may take to say its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time that OpenClaw may take to say its version: it loads much before that.
const OPENCLAW_TIMEOUT: Duration = Duration::from_secs(15);

/// Their versions and the login.
pub(super) struct Programs {
    pub(super) claude: Result<String, String>,
    pub(super) login: Option<AuthStatus>,
    pub(super) bun: Option<String>,
    pub(super) node: Option<String>,
    pub(super) openclaw: Result<String, String>,
}

pub(super) fn ask(context: &Context, component: &mut ClaudeProxy) -> Programs {
    let claude = ClaudeCli::new(component);
    let search = std::env::var_os("PATH").unwrap_or_default();
    let run = |name: &str, limit: Duration| -> Result<Finished, String> {
        let program = search_path::find_usable(name, &search).map_err(message)?;
        timeout::run(&program, &["--version"], claude.environment(), limit)
    };
    let version =
        |name: &str| run(name, VERSION_TIMEOUT).and_then(|finished| first_line(&finished));
    let mut programs = std::thread::scope(|scope| {
        let of_claude = scope.spawn(|| version("claude"));
        let login = scope.spawn(|| claude.auth_status());
        let bun = scope.spawn(|| version("bun"));
        let node = scope.spawn(|| version("node"));
        let openclaw = scope.spawn(|| {
            run("openclaw", OPENCLAW_TIMEOUT).and_then(|finished| openclaw_version(&finished))
        });
        let failed = || Err("the check of it failed".to_owned());
        Programs {
            claude: of_claude.join().unwrap_or_else(|_| failed()),
            login: login.join().ok().flatten(),
            bun: bun.join().ok().and_then(Result::ok),
            node: node.join().ok().and_then(Result::ok),
            openclaw: openclaw.join().unwrap_or_else(|_| failed()),
        }
    });
    // The OpenClaw that runs this command knows its version better than a search of PATH.
    if let Some(host) = &context.openclaw().host {
        programs.openclaw = Ok(host.version.clone());
    }
    programs
}

/// Full path of the first of these programs that is in a usual place.
pub(super) fn in_usual_place(names: &[&str]) -> Option<String> {
    let home = std::env::var_os("HOME");
    let mut found = names.iter();
    found
        .find_map(|name| crate::cli::install_dirs::find(name, home.as_deref()))
        .map(|path| path.display().to_string())
}

/// What starts the proxy.
pub(super) fn command(plan: &provider::LaunchPlan) -> Command {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let program = plan.command.first().map_or("", String::as_str);
    let found = search_path::find_usable(program, &search);
    Command {
        words: plan.command.clone(),
        pinned: plan.pinned,
        installed_at: match found {
            Ok(_) => None,
            Err(_) => in_usual_place(&[program]),
        },
        program: match found {
            Ok(path) => Ok(path.display().to_string()),
            Err(Unusable::NotExecutable(path)) => {
                Err(ProgramError::NotExecutable(path.display().to_string()))
            }
            Err(Unusable::Other(why)) => Err(ProgramError::Other(why)),
        },
    }
}

fn first_line(answer: &Finished) -> Result<String, String> {
    match (answer.code, answer.first_line()) {
        (0, line) if !line.is_empty() => Ok(line.to_owned()),
        (code, _) => Err(match answer.last_error() {
            Some(line) => format!("it ended with exit code {code}: {line}"),
            None => format!("it ended with exit code {code}"),
        }),
    }
}

/// The version in the output of `openclaw --version`: `OpenClaw 2026.9.6 (1234567)` or the number alone. A wrapper may print more.
fn openclaw_version(answer: &Finished) -> Result<String, String> {
    let is_version = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_digit())
            && word.split('.').count() >= 3
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
    };
    let words = answer
        .output
        .split_whitespace()
        .map(|word| word.trim_start_matches('v').trim_end_matches(','));
    match words.into_iter().find(is_version) {
        Some(version) if answer.code == 0 => Ok(version.to_owned()),
        _ if answer.code == 0 => Err("`openclaw --version` names none".to_owned()),
        _ => Err(format!(
            "`openclaw --version` ended with exit code {}",
            answer.code
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_openclaw_is_what_it_says() {
        for (code, output, version) in [
            (0, "2026.9.6\n", Some("2026.9.6")),
            (0, "OpenClaw 2026.9.6 (1234567)\n", Some("2026.9.6")),
            (
                0,
                "starting 1 container\nv2026.9.6-beta.1\n",
                Some("2026.9.6-beta.1"),
            ),
            (0, "hello\n", None),
            (1, "2026.9.6\n", None),
        ] {
            let answer = Finished {
                code,
                output: output.to_owned(),
                errors: String::new(),
            };
            assert_eq!(
                openclaw_version(&answer).ok().as_deref(),
                version,
                "{output}"
            );
        }
    }
}
