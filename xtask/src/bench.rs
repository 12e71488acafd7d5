//! The benchmarks, one command each.

use anyhow::Result;
use clap::{Args, Subcommand};
use e2e::places;

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Size of the component, and what its imports are
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
}

/// Runs one.
///
/// # Errors
/// If something cannot be built or is over its budget.
pub(crate) fn run(options: &Options) -> Result<()> {
    match &options.what {
        What::Component => component(),
        What::Faults { faults, seed } => {
            let program = crate::package::helper(&places::platform(), &crate::component::build()?)?;
            crate::faults::run(&program, *faults, *seed)
        }
    }
}

fn component() -> Result<()> {
    let bytes = std::fs::read(crate::component::build()?)?;
    let size = crate::component::check(&bytes)?;
    println!(
        "component: {size} bytes, budget {}",
        crate::component::BUDGET
    );
    Ok(())
}
