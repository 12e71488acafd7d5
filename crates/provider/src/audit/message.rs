//! The texts of findings: the rows of `data/messages.rs` as constants, and how their placeholders are filled in.

use super::code::Code;
use super::shell::shell_word;
use crate::wit::config::Severity;

/// A row of `data/messages.rs`. `ARGUMENTS` is the number of its numbered placeholders, so code that gives too few or too many
/// arguments does not compile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<const ARGUMENTS: usize>(pub(super) Template);

/// The content of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Template {
    pub(super) severity: Severity,
    pub(super) code: Code,
    /// What the finding means for the user, as a template.
    pub(super) text: &'static str,
    /// What to do, as a template.
    pub(super) fix: &'static str,
}

/// The number of different numbered placeholders in these templates.
///
/// # Panics
/// When the crate is compiled, if a number is left out.
const fn arguments(text: &str, fix: &str) -> usize {
    let seen = numbers(text.as_bytes()) | numbers(fix.as_bytes());
    assert!(seen & (seen + 1) == 0, "a number is left out");
    seen.count_ones() as usize
}

/// The numbered placeholders of a template, as bits.
const fn numbers(mut text: &[u8]) -> u32 {
    let mut seen = 0;
    while let [_, rest @ ..] = text {
        if let [b'{', digit @ b'0'..=b'9', b'}', ..] = text {
            seen |= 1 << (*digit - b'0');
        }
        text = rest;
    }
    seen
}

macro_rules! messages {
    ($($name:ident $severity:ident $code:ident $text:literal $fix:literal;)*) => {
        $(pub(super) const $name: &Message<{ arguments($text, $fix) }> = &Message(Template {
            severity: Severity::$severity,
            code: Code::$code,
            text: $text,
            fix: $fix,
        });)*
    };
}

include!("../../data/messages.rs");

/// Replaces the placeholders of a template.
pub(super) fn fill(template: &str, path: &str, leads_to: &str, args: &[&str]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        match name {
            "at" if path.is_empty() => out.push_str("the document"),
            "at" => out.push_str(path),
            "path" => out.push_str(&shell_word(path)),
            "to" => out.push_str(leads_to),
            number => {
                let arg = number.parse().ok().and_then(|n: usize| args.get(n));
                out.push_str(arg.copied().unwrap_or_default());
            }
        }
        rest = after;
    }
    out + rest
}
