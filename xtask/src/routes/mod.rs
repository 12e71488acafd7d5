//! `cargo xtask routes`: derives data of the audit from a package of OpenClaw, and writes it to `crates/provider/data`
//! or compares it.

mod data_file;
mod package;
mod shapes;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;

/// Which package.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder of an installed package of OpenClaw: what it says of its vendors, aliases, skills and keys is written to the
    /// audit's data files
    #[arg(long, value_name = "DIR")]
    pub(crate) openclaw: PathBuf,
    /// Write nothing, and fail where what is committed differs
    #[arg(long)]
    pub(crate) check: bool,
}

/// Writes or compares the data files that a package decides.
///
/// # Errors
/// If the package cannot be read, or a committed file differs and is only compared.
pub(crate) fn update(folder: &Path, check: bool) -> Result<()> {
    let files = package::derive(folder)?;
    let stale = package::stale(&files)?;
    if check {
        ensure!(
            stale.is_empty(),
            "{} differ from what the package gives\nhint: `cargo xtask routes --openclaw DIR` writes them",
            stale.join(", ")
        );
        return Ok(());
    }
    for (name, text) in files.iter().filter(|(name, _)| stale.contains(name)) {
        println!("wrote {name}");
        fs::write(package::data().join(name), text)?;
    }
    Ok(())
}
