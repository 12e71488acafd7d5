//! `bench faults`: system calls of the program that is shipped fail, and nothing may be lost or left. The injector is
//! `tests/faults`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::cargo;

/// Injects so many faults into a program.
///
/// # Errors
/// If something was lost, left or unexplained, or this machine does not let a process trace another.
pub(crate) fn run(program: &Path, faults: u64, seed: u64) -> Result<()> {
    let mut command = Command::new(cargo::program("faults", "faults")?);
    command
        .arg(program)
        .args(["--faults", &faults.to_string()])
        .args(["--seed", &seed.to_string()]);
    cargo::run(&mut command)
}
