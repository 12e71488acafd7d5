//! Running cargo and other tools, said before it is done.

use std::env;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use e2e::places;

/// A cargo command in the checkout, with the toolchain that the checkout pins.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(places::root()).args(arguments);
    command
}

/// Runs a command, showing its line and its output.
///
/// # Errors
/// If it cannot be started (the text says what to install) or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    println!("$ {line}");
    let status = command.status().with_context(|| {
        format!(
            "cannot run {}; is it installed?",
            command.get_program().display()
        )
    })?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// The command as somebody would type it in the checkout.
pub(crate) fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
    let root = format!("{}/", places::root().display());
    std::iter::once(name)
        .chain(
            command
                .get_args()
                .map(|argument| argument.to_string_lossy().replace(&root, "")),
        )
        .collect::<Vec<_>>()
        .join(" ")
}
