//! `cargo xtask chain`: packages, fetches, and runs the program in `tests/chain`.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{cargo, fetch, package};

/// What to run it with.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Use the package that `cargo xtask package` made
    #[arg(long)]
    packaged: bool,
    /// `--proxy COMMAND…` and `--api API`; see `tests/chain`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "OPTIONS"
    )]
    options: Vec<String>,
}

impl Options {
    /// With the package that was made before, and the pinned proxy.
    pub(crate) fn packaged() -> Self {
        Self {
            packaged: true,
            options: Vec::new(),
        }
    }
}

/// Packages, fetches and runs it.
///
/// # Errors
/// If something does not get through that should, or this machine has no namespaces.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.packaged {
        package::run(&package::Options::this_machine())?;
    }
    fetch::groups(fetch::CHAIN)?;
    let mut command = Command::new(cargo::program("chain", "chain")?);
    cargo::run(command.args(&options.options))
}
