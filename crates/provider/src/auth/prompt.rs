//! Makes the prompts of the login.

use super::{ConfirmPrompt, Note, Prompt, TextPrompt};

impl Prompt {
    /// Asks for text.
    pub(super) fn text(id: &str, message: &str, initial: String) -> Self {
        Self::Text(TextPrompt {
            id: id.to_owned(),
            message: message.to_owned(),
            initial,
        })
    }

    /// Asks a yes-or-no question whose proposed answer is yes.
    pub(super) fn confirm(id: &str, message: &str) -> Self {
        Self::Confirm(ConfirmPrompt {
            id: id.to_owned(),
            message: message.to_owned(),
            initial: true,
        })
    }

    /// Shows lines.
    pub(super) fn note(title: String, lines: Vec<String>) -> Self {
        Self::Note(Note { title, lines })
    }
}
