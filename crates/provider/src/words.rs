//! Words, and lists of them as one text, a blank between: a table of texts costs a line and a pointer a word.

/// Whether a list has this word.
pub(crate) fn lists(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// A text with its first letter as a capital.
pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => std::iter::once(first.to_ascii_uppercase())
            .chain(chars)
            .collect(),
        None => String::new(),
    }
}
