//! The main job as a story, on a temporary home. The program that tells it is `tests/demo`; this brings what it needs.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{cargo, fetch, package};

/// What to demonstrate with.
#[derive(Args)]
pub(crate) struct Options {
    /// A proxy of yours, program and arguments, instead of the fake proxy; with it a Claude login is needed
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    proxy: Vec<String>,
}

/// Packages, fetches and tells the story.
///
/// # Errors
/// If something does not build, or any part of the story does not happen.
pub(crate) fn run(options: &Options) -> Result<()> {
    println!(
        "First the plugin is built and packaged, and the pinned OpenClaw and Node are fetched to target/peers; nothing is installed on this machine."
    );
    package::run(&package::Options::default())?;
    fetch::openclaw()?;
    let demo = cargo::program("e2e", "demo")?;
    cargo::run(Command::new(demo).args(&options.proxy))
}
