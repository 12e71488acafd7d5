//! Lists of words as one text, a blank between: a table of texts costs a line and a pointer a word.

/// Whether a list has this word.
pub(crate) fn lists(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}
