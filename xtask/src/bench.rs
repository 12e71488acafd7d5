//! The benchmarks, a subcommand each.

mod supervise;

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use clap::{Args, Subcommand};
use harness::places;

use crate::cargo;
use crate::helper::{self, Build};

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Time and memory of the audit by size and shape of the document; run `package` first
    Audit,
    /// The component's size, and its times and memory in every host, beside its budgets
    Component,
    /// Faults in the system calls of the program that is shipped: what was lost, what stayed behind
    Faults {
        /// How many
        #[arg(long, default_value_t = 10_000)]
        faults: u64,
        /// Chooses which
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// The supervisor beside runit, s6, supervisord, pm2 and a naive one in Node
    Supervise(supervise::Options),
}

/// Runs one.
pub(crate) fn run(options: &Options) -> Result<()> {
    match &options.what {
        What::Audit => cargo::run(&mut Command::new(cargo::program("e2e", "bench-audit")?)),
        What::Component => component(),
        What::Faults { faults, seed } => {
            let program = helper::build(
                &places::platform(),
                &crate::component::build()?,
                Build::Release,
            )?;
            inject_faults(&program, *faults, *seed)
        }
        What::Supervise(options) => supervise::run(options),
    }
}

fn component() -> Result<()> {
    crate::fetch::groups(crate::fetch::EMBEDDERS)?;
    let path = crate::component::build()?;
    let size = crate::component::check(&path)?;
    println!(
        "component: {size} bytes, budget {}",
        crate::component::BUDGET
    );
    let arguments = ["build", "--locked", "--profile", "measure"];
    let mut build = cargo::cargo(&arguments);
    build
        .args(["--package", "conformance"])
        .env("CLAUDE_PROXY_COMPONENT", &path);
    cargo::run(&mut build)?;
    let mut measure = Command::new(places::target().join("measure/conformance"));
    cargo::run(measure.arg("bench").arg(&path))
}

/// System calls of a program fail, and nothing may be lost or left. The injector is `tests/faults`.
pub(crate) fn inject_faults(program: &Path, faults: u64, seed: u64) -> Result<()> {
    let mut command = Command::new(cargo::program("faults", "faults")?);
    command
        .arg(program)
        .args(["--faults", &faults.to_string()])
        .args(["--seed", &seed.to_string()]);
    cargo::run(&mut command)
}
