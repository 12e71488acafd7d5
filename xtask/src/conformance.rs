//! Builds the component and the conformance kit, fetches the hosts that are not Rust, and runs the kit.

use std::process::Command;

use anyhow::Result;
use clap::Args;
use harness::places;

use crate::{cargo, component, fetch};

/// Words for `tests/conformance`.
#[derive(Args)]
pub(crate) struct Options {
    /// What to run; without any every host, and a wrong one lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) words: Vec<String>,
}

/// Runs it.
pub(crate) fn run(words: &[String]) -> Result<()> {
    fetch::groups(fetch::EMBEDDERS)?;
    component::build()?;
    cargo::run(program()?.args(words))
}

/// The kit, which takes the component that was built last.
pub(crate) fn program() -> Result<Command> {
    // As part of the workspace, so that wasmtime is not compiled once more with other features.
    let programs = ["build", "--quiet", "--bins", "--examples"];
    cargo::run(&mut cargo::native(&programs))?;
    let mut command = Command::new(places::target().join("debug/conformance"));
    command.env("CLAUDE_PROXY_COMPONENT", places::component());
    Ok(command)
}
