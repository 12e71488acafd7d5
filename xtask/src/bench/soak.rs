//! Random faults on real processes for minutes: nothing may be lost.

use std::process::Command;

use anyhow::Result;
use clap::Args;
use harness::places;

use crate::cargo;

/// How long, and which faults.
#[derive(Args)]
pub(crate) struct Options {
    /// Seconds
    #[arg(long, default_value_t = 600)]
    seconds: u32,
    /// Of the random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs it.
///
/// # Errors
/// If a process, port, descriptor or memory is lost, or it does not get ready again.
pub(crate) fn run(options: &Options) -> Result<()> {
    cargo::run(&mut cargo::cargo(&[
        "build",
        "--quiet",
        "--locked",
        "--release",
        "--package",
        "claude-proxy-supervisor",
        "--examples",
    ]))?;
    let program = places::target().join("release/examples/soak");
    cargo::run(Command::new(program).args([options.seconds.to_string(), options.seed.to_string()]))
}
