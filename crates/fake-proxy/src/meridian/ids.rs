//! Which id goes to the API for the one that was asked for.

use crate::switches::Ids;

/// The version that the proxy takes for a family of which no version is asked.
pub(super) const PINS: [(&str, &str); 3] = [
    ("opus", "claude-opus-4-8"),
    ("sonnet", "claude-sonnet-4-6"),
    ("haiku", "claude-haiku-4-5"),
];

impl Ids {
    /// The id that the API gets; the suffix for a million tokens of context stays with the CLI.
    pub(super) fn on_the_wire(self, asked: &str) -> String {
        let asked = asked.strip_suffix("[1m]").unwrap_or(asked);
        let family = PINS.iter().find(|(family, _)| asked.contains(family));
        // What is no family at all is a Sonnet to it.
        let (family, pin) = family.copied().unwrap_or(("sonnet", "claude-sonnet-4-6"));
        let versioned = asked
            .strip_prefix(&format!("claude-{family}-"))
            .is_some_and(|version| {
                self == Self::OpusVerbatim
                    || version.starts_with(|first: char| first.is_ascii_digit())
            });
        let verbatim = match self {
            Self::Pinned => false,
            Self::OpusVerbatim => family == "opus",
            Self::Verbatim => true,
        };
        if versioned && verbatim { asked } else { pin }.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As seen on the wire behind 1.43; the last column is the older rule.
    #[test]
    fn ids_go_on_as_by_the_real_one() {
        for (asked, now, before) in [
            ("claude-opus-4.6", "claude-opus-4.6", "claude-opus-4-8"),
            (
                "claude-opus-4-6-thinking",
                "claude-opus-4-6-thinking",
                "claude-opus-4-8",
            ),
            ("claude-opus-4-6[1m]", "claude-opus-4-6", "claude-opus-4-8"),
            (
                "claude-sonnet-4.6",
                "claude-sonnet-4-6",
                "claude-sonnet-4-6",
            ),
            (
                "claude-sonnet-4-6-thinking",
                "claude-sonnet-4-6",
                "claude-sonnet-4-6",
            ),
            ("claude-haiku-4", "claude-haiku-4-5", "claude-haiku-4-5"),
            ("opus", "claude-opus-4-8", "claude-opus-4-8"),
            ("gpt-6", "claude-sonnet-4-6", "claude-sonnet-4-6"),
        ] {
            assert_eq!(Ids::OpusVerbatim.on_the_wire(asked), now, "{asked}");
            assert_eq!(Ids::Pinned.on_the_wire(asked), before, "{asked}");
        }
        assert_eq!(
            Ids::Verbatim.on_the_wire("claude-haiku-4"),
            "claude-haiku-4"
        );
        assert_eq!(Ids::Verbatim.on_the_wire("sonnet"), "claude-sonnet-4-6");
    }
}
