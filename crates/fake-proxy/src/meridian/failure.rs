//! How Meridian reports errors of the API to its client, as seen with 1.43 and the Claude CLI 2.1.119.

use crate::chat::Refusal;

/// What the proxy puts before the words of the CLI.
pub(crate) const CLI: &str = "Claude Code returned an error result: ";

/// The API does not know the model.
pub(crate) fn unknown_model(asked: &str) -> Refusal {
    let large = if asked.contains("opus") && !asked.contains("[1m]") {
        "[1m]"
    } else {
        ""
    };
    let message = format!(
        "{CLI}There's an issue with the selected model ({asked}{large}). It may not exist or you may not have access to it. \
         Run --model to pick a different model."
    );
    Refusal::new(500, "api_error", message)
}
