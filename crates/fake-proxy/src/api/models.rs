//! The model ids that the fake API accepts.

/// Families and versions as the vendor spells them: those that the pinned Claude CLI knows.
const MODELS: [&str; 21] = [
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-opus-4-5",
    "claude-opus-4-6",
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-opus-5",
    "claude-opus-5-5",
    "claude-sonnet-4-0",
    "claude-sonnet-4-5",
    "claude-sonnet-4-6",
    "claude-sonnet-5",
    "claude-sonnet-5-5",
    "claude-haiku-4-5",
    "claude-haiku-5-5",
    "claude-fable-5",
    "claude-fable-5-1",
    "claude-fable-5-2",
    "claude-mythos-5",
    "claude-mythos-5-1",
    "claude-mythos-5-2",
];

/// The dates that exist, for ids that have one.
const DATED: [(&str, &str); 6] = [
    ("claude-opus-4", "20250514"),
    ("claude-opus-4-1", "20250805"),
    ("claude-opus-4-5", "20251101"),
    ("claude-sonnet-4", "20250514"),
    ("claude-sonnet-4-5", "20250929"),
    ("claude-haiku-4-5", "20251001"),
];

/// Whether the API knows this id, letter by letter.
pub(crate) fn exists(id: &str) -> bool {
    MODELS.contains(&id)
        || id
            .rsplit_once('-')
            .is_some_and(|dated| DATED.contains(&dated))
}
