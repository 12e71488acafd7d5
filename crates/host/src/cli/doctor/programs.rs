//! The programs that the doctor asks, and where they are.

use crate::cli::context::Context;
use crate::cli::programs::Programs;
use crate::cli::search_path::{self, Unusable};
use crate::component::auth::ProgramQuestion;
use crate::component::doctor::{Command, ProgramAnswer, ProgramError};
use crate::component::{CallError, ClaudeProxy, provider};

/// The question about the version of OpenClaw among those of the component.
const OPENCLAW: &str = "openclaw";

/// Asks all of them at once; with the version of OpenClaw, or why it is not known.
pub(super) fn ask(
    context: &Context,
    component: &mut ClaudeProxy,
) -> Result<(Vec<ProgramAnswer>, Result<String, String>), CallError> {
    let programs = &Programs::new(component);
    let mut questions = component.doctor_questions()?;
    // The OpenClaw that runs this command knows its version better than a search of PATH.
    let known = context.openclaw().version.as_ref();
    questions.retain(|question| known.is_none() || question.id != OPENCLAW);
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
    let answers: Vec<ProgramAnswer> = std::thread::scope(|scope| {
        let asked: Vec<_> = questions
            .iter()
            .map(|question| scope.spawn(|| answer(question)))
            .collect();
        let answers = asked.into_iter();
        answers.filter_map(|answer| answer.join().ok()).collect()
    });
    let openclaw = match known {
        Some(known) => Ok(known.version.clone()),
        None => component.openclaw_version(&answers)?,
    };
    Ok((answers, openclaw))
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
