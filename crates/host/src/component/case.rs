//! The cases of the interface's enums by their names in WIT (`refused-login`), so that no list of them is kept here.

use std::fmt::Debug;

use heck::{ToKebabCase as _, ToUpperCamelCase as _};
use serde::de::value::{Error, StringDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};

/// The name of a case.
pub fn name(case: impl Debug) -> String {
    // The generator writes `AnswerKind::RefusedLogin`.
    let debug = format!("{case:?}");
    debug
        .rsplit("::")
        .next()
        .unwrap_or_default()
        .to_kebab_case()
}

/// The case of a name; `None` where it is the name of none.
pub fn parse<T: DeserializeOwned + Debug>(text: &str) -> Option<T> {
    let case: StringDeserializer<Error> = text.to_upper_camel_case().into_deserializer();
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
        assert_eq!(parse("leak"), Some(config::Severity::Leak));
        for wrong in [
            "",
            "-",
            "RefusedLogin",
            "refusedLogin",
            "refused--login",
            "refused-login ",
            "leaks",
        ] {
            assert_eq!(parse::<chat::AnswerKind>(wrong), None, "{wrong}");
        }
    }
}
