//! The models that are known, with their real figures, and what is assumed of the others.
//!
//! Figures: OpenClaw 2026.9.6's own Anthropic catalogue (`modelCatalog` of its bundled plugin) for the families it
//! lists, Anthropic's published limits for the older ones. Cost is zero: a subscription is not billed by token.

use serde::{Deserialize, Serialize};

/// One model of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// The id as the user wrote it; it is what OpenClaw stores and the proxy receives.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Whether the catalogue knows this id. An unknown one has conservative figures.
    pub known: bool,
    /// Canonical spelling (dashes) of a known id; the id itself otherwise.
    pub canonical: String,
    /// Context window in tokens.
    pub context_window: u32,
    /// Output limit in tokens.
    pub max_tokens: u32,
    /// Whether the model thinks before it answers.
    pub reasoning: bool,
    /// Input kinds: `text`, `image`.
    pub input: Vec<String>,
    /// Set when the model is retired: the id to use instead.
    pub successor: Option<String>,
}

/// A family member as the table below has it.
struct Entry {
    id: &'static str,
    name: &'static str,
    context_window: u32,
    max_tokens: u32,
    reasoning: bool,
    successor: Option<&'static str>,
}

const fn entry(
    id: &'static str,
    name: &'static str,
    context_window: u32,
    max_tokens: u32,
) -> Entry {
    Entry {
        id,
        name,
        context_window,
        max_tokens,
        reasoning: true,
        successor: None,
    }
}

const fn retired(e: Entry, reasoning: bool, successor: &'static str) -> Entry {
    Entry {
        reasoning,
        successor: Some(successor),
        ..e
    }
}

/// Context windows above 200,000 tokens depend on the plan behind the proxy, so the older families state what every
/// plan has.
const KNOWN: &[Entry] = &[
    entry("claude-opus-5-5", "Claude Opus 5.5", 1_000_000, 128_000),
    entry("claude-opus-5", "Claude Opus 5", 1_000_000, 128_000),
    entry("claude-sonnet-5", "Claude Sonnet 5", 1_000_000, 128_000),
    entry("claude-fable-5-1", "Claude Fable 5.1", 1_000_000, 128_000),
    entry("claude-fable-5", "Claude Fable 5", 1_000_000, 128_000),
    entry("claude-opus-4-8", "Claude Opus 4.8", 200_000, 128_000),
    entry("claude-opus-4-7", "Claude Opus 4.7", 200_000, 128_000),
    entry("claude-opus-4-6", "Claude Opus 4.6", 200_000, 128_000),
    entry("claude-sonnet-4-6", "Claude Sonnet 4.6", 200_000, 64_000),
    entry("claude-opus-4-5", "Claude Opus 4.5", 200_000, 64_000),
    entry("claude-sonnet-4-5", "Claude Sonnet 4.5", 200_000, 64_000),
    entry("claude-haiku-4-5", "Claude Haiku 4.5", 200_000, 64_000),
    entry("claude-haiku-4", "Claude Haiku 4", 200_000, 64_000),
    entry("claude-opus-4-1", "Claude Opus 4.1", 200_000, 32_000),
    entry("claude-opus-4", "Claude Opus 4", 200_000, 32_000),
    entry("claude-sonnet-4", "Claude Sonnet 4", 200_000, 64_000),
    retired(
        entry("claude-3-7-sonnet", "Claude 3.7 Sonnet", 200_000, 64_000),
        true,
        "claude-sonnet-4-6",
    ),
    retired(
        entry("claude-3-5-sonnet", "Claude 3.5 Sonnet", 200_000, 8_192),
        false,
        "claude-sonnet-4-6",
    ),
    retired(
        entry("claude-3-5-haiku", "Claude 3.5 Haiku", 200_000, 8_192),
        false,
        "claude-haiku-4-5",
    ),
    retired(
        entry("claude-3-opus", "Claude 3 Opus", 200_000, 4_096),
        false,
        "claude-opus-4-6",
    ),
];

/// Ids registered when the user names none: the auth prompt's list, in its spelling and order. The first is the
/// default model.
pub const DEFAULT_MODELS: &[&str] = &[
    "claude-opus-4.6",
    "claude-opus-4-6-thinking",
    "claude-sonnet-4.6",
    "claude-sonnet-4-6-thinking",
    "claude-haiku-4",
];

/// Ids that name a model in their own spelling by way of the old word order.
const OTHER_ORDER: &[(&str, &str)] = &[
    ("claude-sonnet-3-7", "claude-3-7-sonnet"),
    ("claude-sonnet-3-5", "claude-3-5-sonnet"),
    ("claude-haiku-3-5", "claude-3-5-haiku"),
];

const THINKING: &str = "-thinking";

/// The spelling under which an id is compared: lower case, dashes for dots, no date suffix.
pub fn canonical(id: &str) -> String {
    let lower = id.trim().to_ascii_lowercase().replace('.', "-");
    let (base, thinking) = match lower.strip_suffix(THINKING) {
        Some(base) => (base, THINKING),
        None => (lower.as_str(), ""),
    };
    let undated = match base.rsplit_once('-') {
        Some((head, tail))
            if tail.len() == 8 && tail.bytes().all(|b| b.is_ascii_digit()) || tail == "latest" =>
        {
            head
        }
        _ => base,
    };
    let ordered = OTHER_ORDER
        .iter()
        .find(|(other, _)| *other == undated)
        .map_or(undated, |(_, own)| own);
    format!("{ordered}{thinking}")
}

/// The catalogue row for one id. Unknown ids are kept, with figures that no current model falls short of.
pub fn row(id: &str) -> Model {
    let canonical = canonical(id);
    let (base, thinking) = match canonical.strip_suffix(THINKING) {
        Some(base) => (base, true),
        None => (canonical.as_str(), false),
    };
    match KNOWN.iter().find(|entry| entry.id == base) {
        Some(entry) => Model {
            id: id.to_owned(),
            name: if thinking {
                format!("{} (thinking)", entry.name)
            } else {
                entry.name.to_owned()
            },
            known: true,
            context_window: entry.context_window,
            max_tokens: entry.max_tokens,
            reasoning: entry.reasoning,
            input: vec!["text".to_owned(), "image".to_owned()],
            successor: entry.successor.map(|s| {
                if thinking {
                    format!("{s}{THINKING}")
                } else {
                    s.to_owned()
                }
            }),
            canonical,
        },
        None => Model {
            id: id.to_owned(),
            name: format!("{id} (not in the catalogue)"),
            known: false,
            canonical: id.to_owned(),
            context_window: 200_000,
            max_tokens: 8_192,
            reasoning: thinking,
            input: vec!["text".to_owned()],
            successor: None,
        },
    }
}

/// Rows for these ids, in order; without ids the whole catalogue.
pub fn rows<S: AsRef<str>>(ids: &[S]) -> Vec<Model> {
    if ids.is_empty() {
        KNOWN.iter().map(|entry| row(entry.id)).collect()
    } else {
        ids.iter().map(|id| row(id.as_ref())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_dashes_name_the_same_model() {
        for (left, right) in [
            ("claude-opus-4.6", "claude-opus-4-6"),
            ("Claude-Opus-4.6", "claude-opus-4-6"),
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4.5"),
            ("claude-3.7-sonnet", "claude-sonnet-3.7"),
            (
                "claude-opus-4.6-thinking",
                "claude-opus-4-6-20260205-thinking",
            ),
        ] {
            assert_eq!(canonical(left), canonical(right));
        }
        assert_ne!(
            canonical("claude-opus-4.6"),
            canonical("claude-opus-4-6-thinking")
        );
    }

    #[test]
    fn every_default_and_every_id_of_the_seed_is_known() {
        for id in DEFAULT_MODELS
            .iter()
            .chain(&["claude-sonnet-4.5", "claude-3.7-sonnet"])
        {
            let row = row(id);
            assert!(row.known, "{id}");
            assert_eq!(row.id, *id, "the user's spelling is kept");
        }
        assert_eq!(
            row("claude-3.7-sonnet").successor.as_deref(),
            Some("claude-sonnet-4-6")
        );
    }

    #[test]
    fn an_unknown_id_is_kept_and_said_to_be_unknown() {
        let row = row("claude-opus-9");
        assert!(!row.known);
        assert_eq!(
            (row.id.as_str(), row.context_window, row.max_tokens),
            ("claude-opus-9", 200_000, 8_192)
        );
        assert!(row.name.contains("not in the catalogue"));
    }

    #[test]
    fn successors_are_themselves_current() {
        for row in rows::<&str>(&[]) {
            if let Some(next) = row.successor {
                let next = super::row(&next);
                assert!(next.known && next.successor.is_none(), "{}", row.id);
            }
        }
    }
}
