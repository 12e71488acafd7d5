//! `cargo xtask prove`: fetches the OpenClaw that is asked, and runs the program in `tests/prove`.

use std::path::{self, Path};
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{cargo, fetch};

/// Arguments for `tests/prove`.
#[derive(Args)]
pub(crate) struct Options {
    /// Its own; `cargo xtask prove --help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Options {
    /// Those of a command line.
    pub(crate) fn of(line: &str) -> Self {
        Self {
            arguments: line.split(' ').map(str::to_owned).collect(),
        }
    }

    fn asks_for_help(&self) -> bool {
        self.arguments
            .iter()
            .any(|one| ["-h", "--help"].contains(&one.as_str()))
    }

    /// The versions that `--openclaw` names; a folder is none.
    fn versions(&self) -> impl Iterator<Item = &str> {
        let pairs = self.arguments.windows(2);
        let apart = pairs.filter_map(|pair| (pair[0] == "--openclaw").then_some(pair[1].as_str()));
        let joined = self.arguments.iter();
        let joined = joined.filter_map(|one| one.strip_prefix("--openclaw="));
        apart
            .chain(joined)
            .flat_map(|list| list.split(','))
            .filter(|one| !one.contains(path::is_separator) && !Path::new(one).is_dir())
    }
}

/// Fetches and runs it.
///
/// # Errors
/// If one document is called closed and leads elsewhere, or nothing could be compared.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.asks_for_help() {
        fetch::groups(fetch::OPENCLAW)?;
        for version in options.versions() {
            fetch::openclaw_version(version)?;
        }
    }
    let mut command = Command::new(cargo::program("prove", "prove")?);
    cargo::run(command.args(&options.arguments))
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn versions_are_fetched_and_folders_are_not() {
        for (line, wanted) in [
            ("--documents 9", &[][..]),
            ("--openclaw 2026.9.6 --seed 2", &["2026.9.6"]),
            (
                "--seed 2 --openclaw=2026.7.1,2026.9.6",
                &["2026.7.1", "2026.9.6"],
            ),
            ("--openclaw src,some/folder,2026.9.6", &["2026.9.6"]),
        ] {
            let options = Options::of(line);
            assert_eq!(options.versions().collect::<Vec<_>>(), wanted, "{line}");
        }
    }
}
