//! Quotes, escapes and shortens strings.

/// A text as a JSON5 string. With double quotes it is also JSON.
pub(crate) fn quote_json5(text: &str, quote: char) -> String {
    // Writing to memory cannot fail.
    let json = serde_json::to_string(text).unwrap_or_default();
    // JSON5 allows these two only because JSON does, and its library warns of them.
    let json = json
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    if quote == '"' {
        return json;
    }
    // Each double quote inside has a backslash.
    let inner = json
        .get(1..json.len().saturating_sub(1))
        .unwrap_or_default()
        .replace("\\\"", "\"")
        .replace(quote, &format!("\\{quote}"));
    format!("{quote}{inner}{quote}")
}

/// A text in double quotes, for messages.
pub(crate) fn quoted(plain: &str) -> String {
    escape_invisible(&quote_json5(plain, '"'))
}

/// A text in which invisible characters and unusual spaces are escaped, so that people can tell it from similar texts.
pub(crate) fn escape_invisible(text: &str) -> String {
    escape(text, is_invisible)
}

/// A text from outside, safe to print and with at most this number of characters.
pub(crate) fn shown(text: &str, characters: usize) -> String {
    escape_invisible(head(text.trim(), characters).trim_end())
}

/// The first characters of a text.
pub(crate) fn head(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters).map(|(at, _)| at);
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// A text that is safe to print: characters that control a terminal or change the direction of writing are escaped. Nothing else is
/// escaped, so that a path in a command stays the same.
pub(crate) fn escape_control(text: &str) -> String {
    escape(text, is_control)
}

fn escape(text: &str, which: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if which(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is a control or formatting character, an unusual space, a filler, a selector, or for private use.
#[rustfmt::skip]
fn is_invisible(c: char) -> bool {
    is_control(c)
        || matches!(
            c,
            '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'
                | '\u{891}' | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200d}' | '\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{2800}'
                | '\u{3000}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}'
        )
}

/// Whether a list of words, with blanks between them, has this one. A table of texts would cost a line and a pointer a word.
pub(crate) fn has_word(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// Whether a text matches a pattern with at most one `*`.
pub(crate) fn matches_pattern(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => has_ends(text, head, tail),
    }
}

/// Whether a text has this beginning and this end.
pub(crate) fn has_ends(text: &str, head: &str, tail: &str) -> bool {
    text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail)
}

/// A text with its first letter as a capital.
pub(crate) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => std::iter::once(first.to_ascii_uppercase())
            .chain(chars)
            .collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{self, Value};

    #[test]
    fn quotes_of_either_kind_hold_every_text() {
        for plain in ["", "it's \"é\"", "\\\"'\\", "\n\u{1}\u{2028}\u{2029}\u{7f}"] {
            for quote in ['"', '\''] {
                let read =
                    document::parse(&quote_json5(plain, quote)).map(|document| document.root);
                assert_eq!(
                    read,
                    Ok(Value::String(plain.to_owned())),
                    "{plain:?} in {quote}"
                );
            }
        }
        assert_eq!(
            quote_json5("it's \"\\\u{2028}", '\''),
            "'it\\'s \"\\\\\\u2028'"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        for (text, shown) in [
            ("plain", "\"plain\""),
            ("it's \"é\\", "\"it's \\\"é\\\\\""),
            ("a\n\u{1b}[0m", "\"a\\n\\u001b[0m\""),
            ("\u{7f}\u{9b}", "\"\\u{7f}\\u{9b}\""),
            ("\u{202e}\u{200b}\u{a0}", "\"\\u{202e}\\u{200b}\\u{a0}\""),
        ] {
            assert_eq!(quoted(text), shown);
        }
        assert_eq!(escape_invisible("a\tb\u{7}"), "a\\tb\\u{7}");
        assert_eq!(escape_control("\u{9b}👩\u{200d}💻"), "\\u{9b}👩\u{200d}💻");
    }
}
