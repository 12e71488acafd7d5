//! The texts of findings: the rows of `data/messages.rs` as constants, and how their placeholders are filled in.

use super::code::Code;
use super::report::Severity;
use super::shell::shell_word;

/// One row of `data/messages.rs`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message {
    pub(super) severity: Severity,
    pub(super) code: Code,
    /// What the finding means for the user, as a template.
    pub(super) text: &'static str,
    /// What to do, as a template.
    pub(super) fix: &'static str,
}

macro_rules! messages {
    ($($name:ident $severity:ident $code:ident $text:literal $fix:literal;)*) => {
        $(pub(super) const $name: &Message = &Message {
            severity: Severity::$severity,
            code: Code::$code,
            text: $text,
            fix: $fix,
        };)*
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
                debug_assert!(arg.is_some(), "{{{number}}} in {template:?}");
                out.push_str(arg.copied().unwrap_or_default());
            }
        }
        rest = after;
    }
    out + rest
}
