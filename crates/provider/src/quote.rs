//! Texts in quotes, and texts as people may be shown them.

use alloc::format;
use alloc::string::String;

/// Appends a text in quotes. Only escapes that JSON has are used, so that a strict JSON file stays one.
pub(crate) fn push(out: &mut String, text: &str, quote: char) {
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 0x20 || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
}

/// A text in double quotes, for messages.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push(&mut out, text, '"');
    visible(&out)
}

/// A text as a terminal can show it: what would move its cursor, turn the direction of writing or not be seen is spelled
/// out.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unseen(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Control characters, Unicode's formatting characters and what is for private use.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{10ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        for (text, shown) in [
            ("plain", "\"plain\""),
            ("it's \"é\\", "\"it's \\\"é\\\\\""),
            ("a\n\u{1b}[0m", "\"a\\n\\u001b[0m\""),
            ("\u{7f}\u{9b}", "\"\\u{7f}\\u{9b}\""),
            ("\u{202e}\u{200b}", "\"\\u{202e}\\u{200b}\""),
        ] {
            assert_eq!(quoted(text), shown);
        }
        assert_eq!(visible("a\tb\u{7}"), "a\\tb\\u{7}");
    }
}
