//! `cargo xtask demo`: builds and fetches what `tests/demo` needs, and runs it.

use std::process::Command;

use anyhow::Result;
use clap::Args;
use harness::places;

use crate::{cargo, fetch, package};

/// What to demonstrate with.
#[derive(Args)]
pub(crate) struct Options {
    /// A proxy of yours, program and arguments, instead of the fake proxy; with it a Claude login is needed
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    proxy: Vec<String>,
    /// Use the package that `cargo xtask package` made, not one of its own
    #[arg(long)]
    packaged: bool,
}

/// Packages, fetches and tells the story.
///
/// # Errors
/// If something does not build, or any part of the story does not happen.
pub(crate) fn run(options: &Options) -> Result<()> {
    println!(
        "First the plugin is built and packaged, and the pinned OpenClaw and Node are fetched to target/peers; nothing is installed on this machine."
    );
    fetch::ahead(fetch::JCO);
    let mut demo = if options.packaged {
        Command::new(cargo::program("e2e", "demo")?)
    } else {
        let folder = places::target().join("demo");
        package::demo(&folder)?;
        let mut demo = Command::new(places::target().join("debug/demo"));
        demo.env(places::PACKAGE, folder);
        demo
    };
    fetch::groups(fetch::OPENCLAW)?;
    cargo::run(demo.args(&options.proxy))
}
