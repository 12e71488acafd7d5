//! The benchmarks, one command each.

use anyhow::Result;
use clap::{Args, Subcommand};

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
}

/// Runs one.
///
/// # Errors
/// If something cannot be built or is over its budget.
pub(crate) fn run(options: &Options) -> Result<()> {
    match options.what {
        What::Component => component(),
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
