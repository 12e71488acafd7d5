//! Runs the real `claude-proxy` under a tracer that makes its system calls fail,
//! as a full disk, a signal, a short write, a lack of descriptors, processes or memory would, that kills it at any of
//! them, turns its clocks and holds it still. The program carries nothing for this.
//!
//! Two subjects. The *file store*: every system call of an edit is failed in every way that it can fail, one at a time,
//! then many at random; the configuration must be the old one or the new one, the old bytes must be in a backup, and the
//! next edit must go through. The *driver*: a supervised proxy in a storm of faults; when it calms down the proxy must be
//! ready again or be made so by one command, and after the end no process may be left.
//!
//! Ends with code 0 if nothing was lost and nothing stayed behind.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod driver;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod fault;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod store;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tracer;

/// Injects faults into the system calls of `claude-proxy`
#[derive(Parser)]
struct Options {
    program: PathBuf,
    /// How many, half for each subject
    #[arg(long, default_value_t = 1_000)]
    faults: u64,
    /// Chooses which
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn run(_: &Options) -> anyhow::Result<bool> {
    anyhow::bail!("the tracer knows the registers of Linux on x86-64 only")
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn run(options: &Options) -> anyhow::Result<bool> {
    use anyhow::Context as _;

    let program = &options.program;
    let program = std::fs::canonicalize(program).with_context(|| program.display().to_string())?;
    let mut tally = fault::Tally::default();
    store::run(&program, options.faults / 2, options.seed, &mut tally)?;
    driver::run(&program, options.faults, options.seed, &mut tally)?;
    tally.show();
    Ok(tally.is_clean())
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("faults: {why:#}");
            ExitCode::from(2)
        }
    }
}
