//! What the audit covers of the configuration schema that OpenClaw publishes.
use anyhow::{Result, bail};
use clap::Args;

/// Which schemas to look at.
#[derive(Args)]
pub(crate) struct Options {}

pub(crate) fn run(_options: &Options) -> Result<()> {
    bail!("not yet")
}
