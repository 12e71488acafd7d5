//! Model ids: the spellings that people use (dots, dashes, dates, `@date`, `-thinking`, `[1m]`, only a family), and the id that is sent,
//! which must be one that the vendor knows.
//!
//! A proxy may pass an id with a version on as it is, and the API knows only its own ids (`docs/proxies.md`).

use crate::ID;

pub use crate::wit::types::ListedModel;

/// The families of models, as they are in ids.
pub const FAMILIES: [&str; 4] = ["opus", "sonnet", "haiku", "fable"];

/// The id in a reference to a model of this provider; `None` for any other text.
pub(crate) fn own_model(reference: &str) -> Option<&str> {
    reference.strip_prefix(ID)?.strip_prefix('/')
}

/// The suffix of a variant that thinks, which is the base model with thinking switched on.
const THINKING: &str = "-thinking";
/// The suffix of a variant with a context window of a million tokens.
const MILLION: &str = "[1m]";

/// Ids of older models in the newer word order, with the real ids.
const SWAPPED: &[(&str, &str)] = &[
    ("claude-sonnet-3-7", "claude-3-7-sonnet"),
    ("claude-sonnet-3-5", "claude-3-5-sonnet"),
    ("claude-haiku-3-5", "claude-3-5-haiku"),
];

/// Ids that people use and the API does not know, with the ids of the models that they mean.
const SHORT_FORMS: &[(&str, &str)] = &[
    ("claude-haiku-4", "claude-haiku-4-5"),
    ("claude-opus-4", "claude-opus-4-0"),
    ("claude-sonnet-4", "claude-sonnet-4-0"),
];

/// The parts of a model id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelId {
    /// The id in lower case, with dashes for dots, without date and suffixes: `claude-opus-4-6`. A family alone stays as it is (`opus`).
    pub base: String,
    /// The date of a snapshot, eight digits.
    pub date: Option<String>,
    /// Whether it is the variant that thinks.
    pub thinking: bool,
    /// Whether it is the variant with a context of a million tokens.
    pub million: bool,
}

impl ModelId {
    /// Splits any text. A text that is no model id is not changed.
    pub fn parse(text: &str) -> Self {
        let mut rest = text.trim().to_ascii_lowercase();
        let (mut thinking, mut million) = (false, false);
        loop {
            if let Some(head) = rest.strip_suffix(MILLION) {
                million = true;
                rest = head.to_owned();
            } else if let Some(head) = rest.strip_suffix(THINKING) {
                thinking = true;
                rest = head.to_owned();
            } else {
                break;
            }
        }
        let mut date = None;
        if let Some((head, tail)) = rest.rsplit_once(['@', '-']) {
            if is_date(tail) {
                date = Some(tail.to_owned());
                rest = head.to_owned();
            } else if tail == "latest" {
                rest = head.to_owned();
            }
        }
        let dashed = rest.replace('.', "-");
        let base = SWAPPED
            .iter()
            .find(|(other, _)| *other == dashed)
            .map_or(dashed.clone(), |(_, own)| (*own).to_owned());
        Self {
            base: match base.strip_prefix("claude-") {
                Some(family) if FAMILIES.contains(&family) => family.to_owned(),
                _ => base,
            },
            date,
            thinking,
            million,
        }
    }

    /// The spelling in which ids are compared: equal spellings mean the same model.
    pub fn canonical(&self) -> String {
        let million = if self.million { MILLION } else { "" };
        let thinking = if self.thinking { THINKING } else { "" };
        format!("{}{thinking}{million}", self.base)
    }

    /// The family, if the id has one.
    pub fn family(&self) -> Option<&'static str> {
        FAMILIES
            .into_iter()
            .find(|family| self.base.split('-').any(|word| word == *family))
    }

    /// The major and the minor version, if the id has them.
    pub fn version(&self) -> Option<(u32, Option<u32>)> {
        let mut numbers = self
            .base
            .split('-')
            .filter_map(|word| word.parse::<u32>().ok());
        numbers.next().map(|major| (major, numbers.next()))
    }

    /// Whether the id is only a family, without a version.
    pub fn is_bare_family(&self) -> bool {
        FAMILIES.contains(&self.base.as_str())
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit())
}

/// What is sent for a model that the user chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The id.
    pub id: String,
    /// Whether exactly this id is in the proxy's list.
    pub listed: bool,
    /// Whether thinking is switched on.
    pub thinking: bool,
}

/// The id that is sent: the one in the proxy's list for this model if there is one, otherwise the canonical one.
pub fn wire(chosen: &str, listed: &[ListedModel]) -> Wire {
    let id = ModelId::parse(chosen);
    let stands = |text: &str| listed.iter().any(|model| model.id == text);
    let as_listed = |text: String, thinking| Wire {
        listed: stands(&text),
        id: text,
        thinking,
    };
    // An id in the list is sent as it is; the proxy has its own variant then.
    if stands(chosen.trim()) {
        return as_listed(chosen.trim().to_owned(), false);
    }
    let own = wire_id(&id);
    let mut candidates = Vec::new();
    if id.million {
        candidates.push(format!("{own}{MILLION}"));
    }
    candidates.extend(id.date.iter().map(|date| format!("{own}-{date}")));
    candidates.push(own.clone());
    if let Some(found) = candidates.iter().find(|text| stands(text)) {
        return as_listed(found.clone(), id.thinking);
    }
    // Otherwise another spelling of the same model, or, if the version is missing or incomplete, the newest one that fits.
    let fits = |model: &&ListedModel| {
        let other = ModelId::parse(&model.id);
        let same = other.base == id.base || other.base == own;
        let date_fits = id.date.is_none() || id.date == other.date;
        let newer = id.family().is_some()
            && id.family() == other.family()
            && (id.is_bare_family() || is_major_of(&id, &other));
        !other.thinking && (same && date_fits || newer)
    };
    let newest = listed.iter().filter(fits).max_by_key(|model| {
        let other = ModelId::parse(&model.id);
        // Of several spellings of one version, the shortest.
        (other.version(), std::cmp::Reverse(model.id.len()))
    });
    match (newest, &id.date) {
        (Some(model), _) => as_listed(model.id.clone(), id.thinking),
        (None, Some(date)) => as_listed(format!("{own}-{date}"), id.thinking),
        (None, None) => as_listed(own, id.thinking),
    }
}

/// The id that the API knows for a model, without date and variants.
fn wire_id(id: &ModelId) -> String {
    SHORT_FORMS
        .iter()
        .find(|(short, _)| *short == id.base)
        .map_or_else(|| id.base.clone(), |(_, own)| (*own).to_owned())
}

/// Whether an id has the major version of the other one and no minor version, like `claude-haiku-4` and `claude-haiku-4-5`.
fn is_major_of(id: &ModelId, other: &ModelId) -> bool {
    match (id.version(), other.version()) {
        (Some((major, None)), Some((other, Some(_)))) => major == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn listed(ids: &[&str]) -> Vec<ListedModel> {
        let model = |id: &&str| ListedModel {
            id: (*id).to_owned(),
            ..ListedModel::default()
        };
        ids.iter().map(model).collect()
    }

    #[test]
    fn spellings_of_one_model_are_equal() {
        const EQUAL: &str = "
            claude-opus-4.6 claude-opus-4-6
            Claude-Opus-4.6 claude-opus-4-6
            claude-sonnet-4-5-20250929 claude-sonnet-4.5
            claude-sonnet-4-5@20250929 claude-sonnet-4.5
            claude-opus-4-6-latest claude-opus-4-6
            claude-3.7-sonnet claude-sonnet-3.7
            claude-opus opus
            claude-opus-4.6-thinking claude-opus-4-6-20260205-thinking
            claude-opus-4-6-thinking[1m] claude-opus-4-6[1m]-thinking";
        const OTHER: &str = "
            claude-opus-4.6 claude-opus-4-6-thinking
            claude-opus-4.6 claude-opus-4-6[1m]
            claude-opus-4.6 claude-opus-4-7";
        let canonical = |text| ModelId::parse(text).canonical();
        for (rows, equal) in [(EQUAL, true), (OTHER, false)] {
            for row in rows.lines().skip(1) {
                let (left, right) = row.trim().split_once(' ').unwrap();
                assert_eq!(canonical(left) == canonical(right), equal, "{row}");
            }
        }
    }

    #[test]
    fn what_goes_on_the_wire_is_what_the_vendor_knows() {
        // What is chosen, the id on the wire, and whether it is listed and thinks; below the list of the proxy.
        const MERIDIAN: &str =
            "claude-sonnet-4-6 claude-opus-4-6 claude-opus-4-7 claude-opus-4-8 claude-haiku-4-5";
        for (list, rows) in [
            (
                MERIDIAN,
                "claude-opus-4.6 claude-opus-4-6 listed
                 claude-opus-4-6-thinking claude-opus-4-6 listed,thinking
                 claude-sonnet-4.6 claude-sonnet-4-6 listed
                 claude-haiku-4 claude-haiku-4-5 listed
                 opus claude-opus-4-8 listed
                 sonnet claude-sonnet-4-6 listed
                 claude-opus-4-6[1m] claude-opus-4-6 listed
                 fable fable -
                 claude-opus-9 claude-opus-9 -
                 claude-opus-4-5@20251101 claude-opus-4-5-20251101 -",
            ),
            (
                "claude-sonnet-4-5-20250929",
                "claude-sonnet-4.5 claude-sonnet-4-5-20250929 listed",
            ),
            // A variant of the proxy's own is sent as it lists it.
            (
                "claude-opus-4-6-thinking claude-opus-4-6[1m] claude-opus-4-6",
                "claude-opus-4-6-thinking claude-opus-4-6-thinking listed
                 claude-opus-4-6[1m] claude-opus-4-6[1m] listed",
            ),
            // Without a list: the canonical one.
            (
                "",
                "claude-opus-4.6 claude-opus-4-6 -
                 claude-sonnet-4-6-thinking claude-sonnet-4-6 thinking
                 claude-haiku-4 claude-haiku-4-5 -
                 opus opus -
                 my-own-model my-own-model -",
            ),
        ] {
            let list: Vec<&str> = list.split_whitespace().collect();
            for row in rows.lines() {
                let [chosen, id, flags] = row.split_whitespace().collect::<Vec<_>>()[..] else {
                    panic!("{row}");
                };
                let wire = wire(chosen, &listed(&list));
                let is = |what: &str| flags.contains(what);
                assert_eq!(
                    (wire.id.as_str(), wire.listed, wire.thinking),
                    (id, is("listed"), is("thinking")),
                    "{chosen} of {list:?}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn a_listed_id_goes_out_as_it_stands(id in "[a-z0-9.@-]{1,20}") {
            prop_assert_eq!(wire(&id, &listed(&[&id])), Wire { id, listed: true, thinking: false });
        }

        #[test]
        fn listed_is_only_what_stands_in_the_list(
            chosen in "(claude-)?(opus|sonnet|haiku)?-?[0-9.-]{0,4}(-thinking)?(\\[1m\\])?",
            list in proptest::collection::vec("claude-(opus|sonnet|haiku)-[3-5]-[0-9]", 0..4),
        ) {
            let list: Vec<&str> = list.iter().map(String::as_str).collect();
            let wire = wire(&chosen, &listed(&list));
            prop_assert_eq!(wire.listed, list.contains(&wire.id.as_str()));
        }
    }
}
