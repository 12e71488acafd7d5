//! Programs from the Python registry, pinned with digests in `xtask/peers/GROUP/requirements.txt`, each group in a folder of
//! its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use harness::places;

use crate::cargo;

/// Held by the one that fetches: a thread fetches ahead.
static FETCHING: Mutex<()> = Mutex::new(());

/// Fetches a group where that is not done yet; the folder with its programs.
///
/// # Errors
/// If Python with venv is missing, or the registry does not have what is pinned.
pub(crate) fn tools(group: &str) -> Result<PathBuf> {
    let _one = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = places::peers(group);
    let programs = folder.join("bin");
    let list = places::root().join(format!("xtask/peers/{group}/requirements.txt"));
    let done = folder.join("fetched.txt");
    let wanted = fs::read(&list)?;
    if fs::read(&done).is_ok_and(|there| there == wanted) {
        return Ok(programs);
    }
    cargo::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        .with_context(|| format!("the tools of {group} need Python with venv"))?;
    let mut pip = Command::new(programs.join("python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
        "-r",
    ])
    .arg(&list);
    cargo::run(&mut pip)?;
    fs::write(done, wanted)?;
    Ok(programs)
}
