//! The model id that Meridian sends to the API for the one that its client asked for.

/// The version that the proxy takes for a family of which no version is asked, or of which it passes none on.
const PINS: [(&str, &str); 3] = [
    ("opus", "claude-opus-4-8"),
    ("sonnet", "claude-sonnet-4-6"),
    ("haiku", "claude-haiku-4-5"),
];

/// The id that the API gets: that of an Opus that names a version goes on as it is. The suffix for a million tokens of
/// context stays with the CLI.
pub(super) fn sent_as(asked: &str) -> String {
    let asked = asked.strip_suffix("[1m]").unwrap_or(asked);
    if asked.starts_with("claude-opus-") {
        return asked.to_owned();
    }
    let family = PINS.iter().find(|(family, _)| asked.contains(family));
    // What is no family at all is a Sonnet to it.
    family
        .map_or("claude-sonnet-4-6", |(_, pin)| *pin)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As seen on the wire behind 1.43.
    #[test]
    fn model_ids_are_mapped_as_meridian_maps_them() {
        for (asked, sent) in [
            ("claude-opus-4.6", "claude-opus-4.6"),
            ("claude-opus-4-6-thinking", "claude-opus-4-6-thinking"),
            ("claude-opus-4-6[1m]", "claude-opus-4-6"),
            ("claude-sonnet-4.6", "claude-sonnet-4-6"),
            ("claude-sonnet-4-6-thinking", "claude-sonnet-4-6"),
            ("claude-haiku-4", "claude-haiku-4-5"),
            ("opus", "claude-opus-4-8"),
            ("gpt-6", "claude-sonnet-4-6"),
        ] {
            assert_eq!(sent_as(asked), sent, "{asked}");
        }
    }
}
