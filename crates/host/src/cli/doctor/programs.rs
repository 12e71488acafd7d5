//! The programs that the doctor asks, and where they are.

use std::time::Duration;

use crate::cli::context::Context;
use crate::cli::programs::Programs;
use crate::cli::search_path::{self, Unusable};
use crate::component::auth::{ProgramOutput, ProgramQuestion};
use crate::component::doctor::{Command, ProgramAnswer, ProgramError};
use crate::component::{CallError, ClaudeProxy, provider};

/// Longest time that OpenClaw may take to say its version: it loads much before that.
const OPENCLAW_TIMEOUT: Duration = Duration::from_secs(15);

/// Asks all of them at once; with the version of OpenClaw, or why it is not known.
pub(super) fn ask(
    context: &Context,
    component: &mut ClaudeProxy,
) -> Result<(Vec<ProgramAnswer>, Result<String, String>), CallError> {
    let programs = &Programs::new(component);
    let questions = component.doctor_questions()?;
    let answer = |question: &ProgramQuestion| {
        let outcome = programs.answer(question);
        ProgramAnswer {
            id: question.id.clone(),
            installed_at: match outcome {
                Ok(_) => None,
                Err(_) => question
                    .command
                    .first()
                    .and_then(|name| in_usual_place(name)),
            },
            outcome,
        }
    };
    Ok(std::thread::scope(|scope| {
        let asked: Vec<_> = questions
            .iter()
            .map(|question| scope.spawn(|| answer(question)))
            .collect();
        let openclaw = match &context.openclaw().version {
            // The OpenClaw that runs this command knows its version better than a search of PATH.
            Some(known) => Ok(known.version.clone()),
            None => programs
                .ask(&["openclaw", "--version"], OPENCLAW_TIMEOUT)
                .and_then(|answer| openclaw_version(&answer)),
        };
        let answers = asked.into_iter();
        let answers = answers.filter_map(|answer| answer.join().ok()).collect();
        (answers, openclaw)
    }))
}

/// Full path of a program that is in a usual place.
fn in_usual_place(name: &str) -> Option<String> {
    let home = std::env::var_os("HOME");
    crate::cli::install_dirs::find(name, home.as_deref()).map(|path| path.display().to_string())
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
            Err(_) => in_usual_place(program),
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

/// The version in the output of `openclaw --version`: `OpenClaw 2026.9.6 (1234567)` or the number alone. A wrapper may print more.
fn openclaw_version(answer: &ProgramOutput) -> Result<String, String> {
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
        Some(version) if answer.code == Some(0) => Ok(version.to_owned()),
        _ if answer.code == Some(0) => Err("`openclaw --version` names none".to_owned()),
        _ => Err(format!(
            "`openclaw --version` ended with exit code {}",
            answer.code.unwrap_or(-1)
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
            let answer = ProgramOutput {
                code: Some(code),
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
