//! Hosts that are not Rust: Node, Python, and stock runtimes. `cargo xtask fetch` brings them at pinned versions; where one
//! is missing, the run fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Result, anyhow};
use harness::{command, places};

use crate::{filter, vectors};

/// Where things that are made go.
pub(crate) fn scratch() -> PathBuf {
    places::target().join("conformance")
}

/// The pinned Node.
pub(crate) fn node() -> Result<Command> {
    Ok(Command::new(places::node_folder()?.join("node")))
}

/// The component as JavaScript for synchronous instantiation, as the OpenClaw package has it, and its types. It is made
/// once, whoever asks first.
pub(crate) fn transpiled(component: &Path) -> Result<PathBuf> {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let made = MADE.get_or_init(|| make(component).map_err(|why| format!("{why:#}")));
    made.clone()
        .map_err(|why| anyhow!("the component cannot be transpiled: {why}"))
}

fn make(component: &Path) -> Result<PathBuf> {
    let folder = scratch().join("js");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let script = vectors::folder().join("../../xtask/component.mjs");
    let mut node = node()?;
    node.arg(script).arg("transpile").arg(places::peers("jco"));
    last_line(node.arg(component).arg(&folder))?;
    fs::write(folder.join("package.json"), "{\"type\": \"module\"}\n")?;
    Ok(folder)
}

/// A Python with the pinned `wasmtime`.
pub(crate) fn python() -> Result<Command> {
    let python = places::peers("wasmtime").join("bin/python");
    Ok(Command::new(places::present(python, "fetch")?))
}

/// Longest that a host may take, on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(600);

/// Runs a command; the last line of its output.
pub(crate) fn last_line(command: &mut Command) -> Result<String> {
    let output = command::run(command, LIMIT)?.success()?.stdout;
    Ok(output.lines().next_back().unwrap_or_default().to_owned())
}

/// Every vector in Node.
pub(crate) fn run_node(component: &Path) -> Result<String> {
    let module = transpiled(component)?;
    run(node()?, "node/runner.mjs", &module, "vectors")
}

/// Every vector in Python.
pub(crate) fn run_python(component: &Path) -> Result<String> {
    run(python()?, "python/runner.py", component, "vectors")
}

/// Every run of the filter in wasmtime's own WASI.
pub(crate) fn run_filter(component: &Path) -> Result<String> {
    run(python()?, "python/filter.py", component, filter::FILE)
}

/// Runs a script of this crate with the component and its vectors.
fn run(mut program: Command, script: &str, component: &Path, vectors: &str) -> Result<String> {
    let folder = vectors::folder();
    program.arg(folder.join(script)).arg(component);
    last_line(program.arg(folder.join(vectors)))
}
