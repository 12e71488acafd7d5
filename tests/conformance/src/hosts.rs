//! Hosts that are not Rust: Node, Python, and stock runtimes. `cargo xtask fetch` brings them at pinned versions; where one
//! is missing, the run fails.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use e2e::places;
use js_component_bindgen::{InstantiationMode, TranspileOpts, transpile};

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
    let options = TranspileOpts {
        name: "plugin".to_owned(),
        instantiation_mode: Some(InstantiationMode::Sync),
        nodejs_compat_disabled: true,
        no_namespaced_exports: true,
        ..TranspileOpts::default()
    };
    for (name, bytes) in transpile(&fs::read(component)?, options)?.files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs::write(path, bytes)?;
    }
    fs::write(folder.join("package.json"), "{\"type\": \"module\"}\n")?;
    Ok(folder)
}

/// A Python with the pinned `wasmtime`.
pub(crate) fn python() -> Result<Command> {
    let python = places::peers("wasmtime").join("bin/python");
    Ok(Command::new(places::present(python, "fetch")?))
}

/// The folder that has WASI for Node in `node_modules`.
fn wasi() -> Result<PathBuf> {
    let folder = places::peers("wasi");
    places::present(
        folder.join("node_modules/@bytecodealliance/preview2-shim"),
        "fetch",
    )?;
    Ok(folder)
}

/// Runs a command; its last line.
pub(crate) fn said(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {program}; is it installed?"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{program} failed: {}\n{text}", output.status);
    }
    Ok(text.lines().next_back().unwrap_or_default().to_owned())
}

/// Every vector in Node.
pub(crate) fn run_node(component: &Path) -> Result<String> {
    let glue = transpiled(component)?;
    let mut command = node()?;
    command
        .arg(vectors::folder().join("node/runner.mjs"))
        .arg(glue);
    said(command.arg(vectors::folder().join("vectors")))
}

/// Every vector in Python.
pub(crate) fn run_python(component: &Path) -> Result<String> {
    let mut command = python()?;
    command
        .arg(vectors::folder().join("python/runner.py"))
        .arg(component);
    said(command.arg(vectors::folder().join("vectors")))
}

/// Every run of the filter in wasmtime's own WASI.
pub(crate) fn run_filter(component: &Path) -> Result<String> {
    let mut command = python()?;
    command
        .arg(vectors::folder().join("python/filter.py"))
        .arg(component);
    said(command.arg(filter::path()))
}

/// Every run of the filter in Node with jco's WASI.
pub(crate) fn run_filter_node(component: &Path) -> Result<String> {
    let glue = fs::canonicalize(transpiled(component)?)?;
    // Node looks for packages beside the script.
    let script = wasi()?.join("filter.mjs");
    fs::copy(vectors::folder().join("node/filter.mjs"), &script)?;
    let runs = filter::load()?;
    for run in &runs {
        let mut child = node()?
            .arg(&script)
            .arg(&glue)
            .args(&run.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run node; is it installed?")?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that reads nothing may be gone already.
            let _ = stdin.write_all(run.stdin.as_bytes());
        }
        let output = child.wait_with_output()?;
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        let place = run.arguments.join(" ");
        ensure!(
            out == run.stdout && err == run.stderr && output.status.code() == Some(run.exit.into()),
            "{place}: {}, {out}, {err}",
            output.status
        );
    }
    Ok(format!("{} runs", runs.len()))
}
