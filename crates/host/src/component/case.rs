//! The cases of the interface's enums by their names in WIT (`refused-login`), so that no list of them is kept here.

use std::fmt::Debug;

/// The name of a case.
pub fn name(case: impl Debug) -> String {
    // The generator writes `AnswerKind::RefusedLogin`.
    let debug = format!("{case:?}");
    let mut name = String::new();
    for letter in debug.rsplit("::").next().unwrap_or_default().chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// The case of a name; `None` where it is the name of none.
pub fn parse<T: serde::de::DeserializeOwned + Debug>(text: &str) -> Option<T> {
    use serde::de::IntoDeserializer as _;
    use serde::de::value::{Error, StringDeserializer};

    let words = text.split('-').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    let case: StringDeserializer<Error> = words.collect::<String>().into_deserializer();
    T::deserialize(case).ok().filter(|case| name(case) == text)
}

/// For `#[serde(with = "by_name")]`.
#[cfg(feature = "cli")]
pub(crate) mod by_name {
    use std::fmt::Debug;

    use serde::de::{DeserializeOwned, Error};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<T: Debug, S: Serializer>(case: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::name(case))
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: DeserializeOwned + Debug,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(from)?;
        super::parse(&text).ok_or_else(|| D::Error::custom(format_args!("`{text}` is unknown")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{chat, config, health, types};

    #[test]
    fn a_case_has_the_name_of_the_interface() {
        assert_eq!(name(chat::AnswerKind::RefusedLogin), "refused-login");
        assert_eq!(name(types::Login::None), "none");
        assert_eq!(name(health::KeyCheck::NotEnforced), "not-enforced");
    }

    #[test]
    fn a_name_is_that_of_its_case_letter_by_letter() {
        let kind = parse("refused-login");
        assert_eq!(kind, Some(chat::AnswerKind::RefusedLogin));
        assert_eq!(parse("jobs"), Some(config::StoredKind::Jobs));
        for wrong in [
            "",
            "-",
            "RefusedLogin",
            "refusedLogin",
            "refused--login",
            "refused-login ",
            "job",
        ] {
            assert_eq!(parse::<chat::AnswerKind>(wrong), None, "{wrong}");
        }
    }
}
