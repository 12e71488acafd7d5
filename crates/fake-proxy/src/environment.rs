//! The environment that the program was started with.

use std::ffi::OsString;

/// Its variables.
pub(crate) struct Environment(pub(crate) Vec<(OsString, OsString)>);

impl Environment {
    /// This process's.
    pub(crate) fn own() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// The value of the first of these variables that is set.
    pub(crate) fn first_of(&self, names: &[&str]) -> Option<String> {
        let value = |name: &&str| self.0.iter().find(|(key, _)| key == name);
        let (_, value) = names.iter().find_map(value)?;
        Some(value.to_string_lossy().into_owned())
    }
}

#[cfg(test)]
impl Environment {
    /// One with these variables.
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let pairs = variables.iter();
        Self(
            pairs
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}
