//! What the audit covers of the configuration schema that OpenClaw publishes, and what changed between two versions.

mod merged;
mod package;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use claude_proxy_provider::audit::coverage::{Derived, candidates as known, coverage, derive};
use claude_proxy_provider::audit::{Class, Version};
use harness::home::Home;

use crate::fetch;

pub(crate) use merged::by_age;

/// Which schemas to look at.
#[derive(Args)]
pub(crate) struct Options {
    /// What `openclaw config schema` of the version in question printed; without it the pinned OpenClaw is asked
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// The version that it is of, where that is not the newest one that is known
    #[arg(long, value_name = "VERSION")]
    of: Option<String>,
    /// The same of another version, to compare with; without it the list that is committed
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// The folder of an installed package of OpenClaw: what it says of its vendors, aliases and skills is written to the
    /// audit's data files
    #[arg(long, value_name = "DIR")]
    openclaw: Option<PathBuf>,
    /// With --openclaw: write nothing, and fail where what is committed differs
    #[arg(long, requires = "openclaw")]
    check: bool,
    /// Only the summary and the differences
    #[arg(long)]
    brief: bool,
}

/// Prints the table and the differences.
///
/// # Errors
/// If a schema cannot be had, or has a path that the audit neither covers nor classifies.
pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(folder) = &options.openclaw {
        return raw_material(folder, options.check);
    }
    let text = match &options.schema {
        Some(path) => read(path)?,
        None => published()?,
    };
    let Derived { candidates, seen } = derived(&text)?;
    let version = match &options.of {
        Some(name) => {
            Version::named(name).with_context(|| format!("no data of OpenClaw {name}"))?
        }
        None => Version::newest(),
    };
    let coverage = coverage(version, &candidates, &seen);
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &coverage.covered {
        *classes.entry(class(row.class)).or_default() += 1;
        if !options.brief {
            println!("{:<10} {:<72} {}", class(row.class), row.path, row.note);
        }
    }
    for (class, count) in classes {
        println!("{count:>4} {class}");
    }
    println!("{:>4} paths in all", candidates.len());

    let before: BTreeSet<String> = match &options.before {
        Some(path) => derived(&read(path)?)?.candidates.into_iter().collect(),
        None => known(version).into_iter().collect(),
    };
    let after: BTreeSet<String> = candidates.into_iter().collect();
    for path in after.difference(&before) {
        println!("new:    {path}");
    }
    for path in before.difference(&after) {
        println!("gone:   {path}");
    }
    for pattern in &coverage.stale {
        println!("unused: {pattern}");
    }
    ensure!(
        coverage.missing.is_empty(),
        "the audit does not know {}",
        coverage.missing.join(", ")
    );
    Ok(())
}

/// Writes or compares the data files that a package decides.
///
/// # Errors
/// If the package cannot be read, or a committed file differs and is only compared.
pub(crate) fn raw_material(folder: &Path, check: bool) -> Result<()> {
    let files = package::derive(folder)?;
    let stale = package::stale(&files)?;
    if check {
        ensure!(
            stale.is_empty(),
            "{} are not what the package says; `cargo xtask routes --openclaw DIR` writes them",
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

fn class(class: Class) -> &'static str {
    match class {
        Class::R => "inference",
        Class::M => "media",
        Class::P => "provider",
        Class::A => "alias",
        Class::C => "credential",
        Class::N => "no route",
    }
}

fn derived(schema: &str) -> Result<Derived> {
    derive(schema)
        .map_err(|problem| anyhow::anyhow!("{}: {}; {}", problem.path, problem.found, problem.next))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// The schema of the pinned OpenClaw.
fn published() -> Result<String> {
    fetch::openclaw()?;
    Ok(Home::new()?.openclaw(["config", "schema"])?.good()?.stdout)
}
