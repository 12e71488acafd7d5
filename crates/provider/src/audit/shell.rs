//! Commands of OpenClaw to paste into a shell.

use crate::document::path;

/// The command that removes a value.
pub(super) fn unset(path: &str) -> String {
    format!("openclaw config unset {}", shell_word(path))
}

/// The command that sets a value, which is given as JSON.
pub(super) fn set(path: &str, json: &str) -> String {
    format!(
        "openclaw config set {} {} --strict-json",
        shell_word(path),
        shell_word(json)
    )
}

/// The command of OpenClaw with these arguments.
pub(super) fn openclaw_command<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let words = words.into_iter().map(|word| shell_word(word.as_ref()));
    std::iter::once("openclaw".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A text as one word of a POSIX shell.
pub(super) fn shell_word(word: &str) -> String {
    let plain = word
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b':'));
    if plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A path without its last part.
pub(super) fn parent(at: &str) -> String {
    match path::parts(at) {
        Some(mut steps) => {
            steps.pop();
            path::format(&steps)
        }
        None => String::new(),
    }
}
