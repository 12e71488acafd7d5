//! Builds the helper for Linux arm64 and runs `tests/arm64` with it under qemu's user emulation.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::cargo;
use crate::helper::{self, Build};

/// `e_machine` of an ELF file for arm64.
const AARCH64: &[u8] = &[183, 0];

/// Builds it around a component and runs it.
///
/// # Errors
/// If qemu is missing, or anything goes otherwise than on x64.
pub(crate) fn run(component: &Path) -> Result<()> {
    let qemu = qemu()?;
    let helper = helper::build("linux-arm64", component, Build::Emulated)?;
    ensure!(
        fs::read(&helper)?.get(18..20) == Some(AARCH64),
        "{} is not for arm64",
        helper.display()
    );
    let mut command = Command::new(cargo::program("e2e", "arm64")?);
    cargo::run(command.arg(qemu).arg(helper))
}

/// The emulator, which a machine for tests must have.
fn qemu() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let names = ["qemu-aarch64-static", "qemu-aarch64"];
    env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
        .context("qemu-aarch64-static is missing; install qemu-user-static (Debian, Ubuntu)")
}
