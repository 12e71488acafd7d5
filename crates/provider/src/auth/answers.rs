//! Answers to questions that are not shown to a person: those supplied beforehand, and the defaults.

use super::{CLOSE, FlowOptions, GRANT, HOST, MODELS, PORT, Prompt, PromptAnswer};
use crate::{Error, Problem};

/// The answer to a prompt that need not be shown to a person; `None` if the host has to take the prompt.
///
/// # Errors
/// `ErrorKind::UnexpectedAnswer` for a question without an answer if nobody can be asked.
pub(super) fn given_or_default(
    prompt: &Prompt,
    options: &FlowOptions,
) -> Result<Option<PromptAnswer>, Error> {
    let (id, initial) = match prompt {
        Prompt::Text(prompt) => (&prompt.id, PromptAnswer::Text(prompt.initial.clone())),
        Prompt::Choose(prompt) => (&prompt.id, PromptAnswer::Chosen(prompt.initial.clone())),
        Prompt::Confirm(prompt) => (&prompt.id, PromptAnswer::Yes(prompt.initial)),
        _ => return Ok(None),
    };
    let supplied = &options.supplied;
    let text = |given: &Option<String>| given.clone().map(PromptAnswer::Text);
    let supplied = match id.as_str() {
        HOST => text(&supplied.address),
        PORT => text(&supplied.port),
        MODELS => text(&supplied.models),
        CLOSE => supplied.close.map(PromptAnswer::Yes),
        GRANT => supplied.grant.map(PromptAnswer::Yes),
        _ => None,
    };
    match supplied {
        Some(answer) => Ok(Some(answer)),
        None if options.accept_defaults => Ok(Some(initial)),
        None if options.interactive => Ok(None),
        None => Err(missing(id, &initial)),
    }
}

/// The error for a question that nobody can be asked. `claude-proxy setup` has flags for host, port and models, but none for
/// questions of yes or no.
fn missing(id: &str, initial: &PromptAnswer) -> Error {
    let with_flag = |example: &str| {
        let next = format!("Add --{id} {example}, or --yes to take the proposed answers.");
        (format!("the flag --{id}"), next)
    };
    let (accepted, next) = match initial {
        PromptAnswer::Text(text) => with_flag(text),
        PromptAnswer::Chosen(values) => with_flag(&values.join(",")),
        answer => {
            let proposed = match answer {
                PromptAnswer::Yes(true) => "yes",
                _ => "no",
            };
            let next = format!(
                "Add --yes to take the proposed answers (here `{proposed}`), or run it in a terminal."
            );
            let accepted = "the flag --yes, or an answer in a terminal";
            (accepted.to_owned(), next)
        }
    };
    let found = "no answer, and nobody to ask";
    Error::unexpected_answer(Problem::new("answer-missing", id, found, accepted, next))
}
