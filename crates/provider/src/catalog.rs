//! The catalog of known models with their figures, and what is assumed of other models.
//!
//! The figures are those of OpenClaw 2026.9.6's own Anthropic catalog (`modelCatalog` of its bundled plugin) for the families in it, and
//! Anthropic's published limits for older models. The cost is zero, because a subscription is not billed by token.

use crate::model_id::{self, ListedModel, ModelId};
use crate::strings::capitalize;

pub use crate::wit::types::{InputKind, Model};

impl AsRef<str> for InputKind {
    fn as_ref(&self) -> &str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
        }
    }
}

/// A known model: its id, context window, output limit, and whether it thinks.
type Entry = (&'static str, u32, u32, bool);

/// The catalog. Context windows above 200,000 tokens depend on the user's plan, so the figures of older families are those that every
/// plan has.
const KNOWN: &[Entry] = &[
    ("claude-opus-5-5", 1_000_000, 128_000, true),
    ("claude-opus-5", 1_000_000, 128_000, true),
    ("claude-sonnet-5", 1_000_000, 128_000, true),
    ("claude-fable-5-1", 1_000_000, 128_000, true),
    ("claude-fable-5", 1_000_000, 128_000, true),
    ("claude-opus-4-8", 200_000, 128_000, true),
    ("claude-opus-4-7", 200_000, 128_000, true),
    ("claude-opus-4-6", 200_000, 128_000, true),
    ("claude-sonnet-4-6", 200_000, 64_000, true),
    ("claude-opus-4-5", 200_000, 64_000, true),
    ("claude-sonnet-4-5", 200_000, 64_000, true),
    ("claude-haiku-4-5", 200_000, 64_000, true),
    ("claude-haiku-4", 200_000, 64_000, true),
    ("claude-opus-4-1", 200_000, 32_000, true),
    ("claude-opus-4", 200_000, 32_000, true),
    ("claude-sonnet-4", 200_000, 64_000, true),
    ("claude-3-7-sonnet", 200_000, 64_000, true),
    ("claude-3-5-sonnet", 200_000, 8_192, false),
    ("claude-3-5-haiku", 200_000, 8_192, false),
    ("claude-3-opus", 200_000, 4_096, false),
];

/// Retired models, and the ids to use instead.
const RETIRED: &[(&str, &str)] = &[
    ("claude-3-7-sonnet", "claude-sonnet-4-6"),
    ("claude-3-5-sonnet", "claude-sonnet-4-6"),
    ("claude-3-5-haiku", "claude-haiku-4-5"),
    ("claude-3-opus", "claude-opus-4-6"),
];

fn successor(id: &str) -> Option<&'static str> {
    let retired = RETIRED.iter().find(|(retired, _)| *retired == id);
    retired.map(|(_, successor)| *successor)
}

/// An id as people say it: `Claude Opus 4.6` for `claude-opus-4-6`.
fn spoken_name(id: &str) -> String {
    let mut name = String::new();
    for word in id.split('-') {
        let digit = |c: char| c.is_ascii_digit();
        name.push_str(match (name.ends_with(digit), word.starts_with(digit)) {
            (true, true) => ".",
            _ if name.is_empty() => "",
            _ => " ",
        });
        name.push_str(&capitalize(word));
    }
    name
}

/// The models that are registered if the user names none, in the spelling and order of the login's question. The first is the default
/// model.
pub const DEFAULT_MODELS: &[&str] = &[
    "claude-opus-4.6",
    "claude-opus-4-6-thinking",
    "claude-sonnet-4.6",
    "claude-sonnet-4-6-thinking",
    "claude-haiku-4",
];

/// The spelling in which ids are compared: in lower case, with dashes for dots, without a date.
pub fn canonical(id: &str) -> String {
    ModelId::parse(id).canonical()
}

/// The context window of the `[1m]` variants, in tokens.
const MILLION: u32 = 1_000_000;

/// The row for an id. An id that is not in the catalog gets the figures of the newest model of its family, otherwise figures that every
/// current model reaches.
pub fn row(id: &str) -> Model {
    let parsed = ModelId::parse(id);
    let known = KNOWN.iter().find(|(id, ..)| *id == parsed.base);
    let similar = known.or_else(|| {
        let family = parsed.family()?;
        let fits = |id: &str| ModelId::parse(id).family() == Some(family);
        KNOWN
            .iter()
            .find(|(id, ..)| successor(id).is_none() && fits(id))
    });
    let is_known = known.is_some() || parsed.is_bare_family() && similar.is_some();
    let mut name = match (known, similar) {
        (Some((known, ..)), _) => spoken_name(known),
        (None, Some(_)) if is_known => format!("Claude {} (newest)", spoken_name(&parsed.base)),
        (None, Some((similar, ..))) => {
            format!(
                "{id} (not in the catalog; figures of {})",
                spoken_name(similar)
            )
        }
        (None, None) => format!("{id} (not in the catalog)"),
    };
    if is_known && parsed.thinking {
        name.push_str(" (thinking)");
    }
    if is_known && parsed.million {
        name.push_str(" (1M)");
    }
    let (context_window, max_tokens, reasoning) = match similar {
        Some((_, window, limit, thinks)) => (*window, *limit, *thinks),
        None => (200_000, 8_192, false),
    };
    Model {
        id: id.to_owned(),
        name,
        known: is_known,
        canonical: if is_known {
            parsed.canonical()
        } else {
            id.to_owned()
        },
        context_window: if parsed.million {
            MILLION
        } else {
            context_window
        },
        max_tokens,
        reasoning: reasoning || parsed.thinking,
        input: input_kinds(similar.is_some()),
        successor: successor(&parsed.base).map(|id| {
            let variant = if parsed.thinking { "-thinking" } else { "" };
            format!("{id}{variant}")
        }),
    }
}

/// The row for an id with the figures in the proxy's list.
pub fn row_as_listed(id: &str, listed: &[ListedModel]) -> Model {
    let wire = model_id::wire(id, listed);
    let mut row = row(id);
    if let Some(model) = listed.iter().find(|model| model.id == wire.id) {
        // The variant with a million tokens keeps its window.
        if let Some(window) = model.context_window
            && !ModelId::parse(id).million
        {
            row.context_window = window;
        }
        row.max_tokens = model.max_tokens.unwrap_or(row.max_tokens);
        if let Some(images) = model.images {
            row.input = input_kinds(images);
        }
    }
    row
}

/// The kinds of input of a model with or without images.
fn input_kinds(images: bool) -> Vec<InputKind> {
    let mut all = vec![InputKind::Text];
    all.extend(images.then_some(InputKind::Image));
    all
}

/// The rows for these ids in order, or the whole catalog if there are none.
pub fn rows<S: AsRef<str>>(ids: &[S]) -> Vec<Model> {
    if ids.is_empty() {
        KNOWN.iter().map(|(id, ..)| row(id)).collect()
    } else {
        ids.iter().map(|id| row(id.as_ref())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_and_every_usual_id_is_known() {
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
    fn an_unknown_id_is_kept_and_called_unknown() {
        for (id, window, max_tokens, says) in [
            ("claude-opus-9", 1_000_000, 128_000, "Claude Opus 5.5"),
            ("claude-haiku-7-1", 200_000, 64_000, "Claude Haiku 4.5"),
            ("gpt-9", 200_000, 8_192, "not in the catalog"),
        ] {
            let row = row(id);
            assert!(!row.known && row.canonical == id && row.id == id, "{id}");
            let figures = (row.context_window, row.max_tokens);
            assert_eq!(figures, (window, max_tokens), "{id}");
            assert!(row.name.ends_with(&format!("{says})")), "{}", row.name);
        }
    }

    #[test]
    fn families_and_variants_are_known() {
        for (id, name, window) in [
            ("opus", "Claude Opus (newest)", 1_000_000),
            ("haiku", "Claude Haiku (newest)", 200_000),
            ("claude-opus-4-6[1m]", "Claude Opus 4.6 (1M)", 1_000_000),
            (
                "claude-sonnet-4.6-thinking",
                "Claude Sonnet 4.6 (thinking)",
                200_000,
            ),
        ] {
            let row = row(id);
            assert!(row.known && row.reasoning, "{id}");
            assert_eq!((row.name.as_str(), row.context_window), (name, window));
        }
    }

    #[test]
    fn figures_of_the_proxy_win_over_the_catalog() {
        let listed = [ListedModel {
            id: "claude-opus-4-6".to_owned(),
            context_window: Some(1_000_000),
            max_tokens: Some(32_000),
            images: Some(false),
        }];
        let row = row_as_listed("claude-opus-4.6-thinking", &listed);
        assert_eq!((row.context_window, row.max_tokens), (1_000_000, 32_000));
        assert_eq!(row.input, [InputKind::Text]);
        let other = row_as_listed("claude-sonnet-4.6", &listed);
        assert_eq!((other.context_window, other.max_tokens), (200_000, 64_000));
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
