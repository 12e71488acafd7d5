//! Hosts that are not Rust: Node, Python, and stock runtimes. What they need is fetched at a pinned version; where it
//! cannot be had, the run fails.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use js_component_bindgen::{InstantiationMode, TranspileOpts, transpile};

use crate::{filter, vectors};

/// Where things that are fetched or made go.
pub(crate) fn scratch() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| vectors::folder().join("../../target"), PathBuf::from);
    target.join("conformance")
}

/// Node, as `NODE` names it.
pub(crate) fn node() -> Command {
    Command::new(env::var_os("NODE").unwrap_or_else(|| "node".into()))
}

/// The component as JavaScript for synchronous instantiation, as the OpenClaw package has it, and its types.
pub(crate) fn transpiled(component: &Path) -> Result<PathBuf> {
    let folder = scratch().join("js");
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

/// A Python with the pinned `wasmtime`, in a virtual environment of its own.
pub(crate) fn python() -> Result<PathBuf> {
    let folder = scratch().join("python");
    let python = folder.join("bin/python");
    let wanted = vectors::folder().join("python/requirements.txt");
    let done = folder.join("requirements.txt");
    let pinned = fs::read_to_string(&wanted)?;
    if fs::read_to_string(&done).is_ok_and(|text| text == pinned) {
        return Ok(python);
    }
    said(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    said(pip.arg(&wanted))?;
    fs::write(done, pinned)?;
    Ok(python)
}

/// WASI for Node and TypeScript from the npm registry, exactly as the lock file says, no script run; the folder that has
/// them in `node_modules`.
pub(crate) fn npm() -> Result<PathBuf> {
    let folder = scratch().join("node");
    let done = folder.join("fetched.json");
    let lock = fs::read_to_string(vectors::folder().join("node/package-lock.json"))?;
    if !fs::read_to_string(&done).is_ok_and(|text| text == lock) {
        fs::create_dir_all(&folder)?;
        for name in ["package.json", "package-lock.json"] {
            fs::copy(vectors::folder().join("node").join(name), folder.join(name))?;
        }
        let mut npm = Command::new("npm");
        npm.current_dir(&folder);
        said(npm.args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]))?;
        fs::write(done, lock)?;
    }
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
    let mut command = node();
    command
        .arg(vectors::folder().join("node/runner.mjs"))
        .arg(glue);
    said(command.arg(vectors::folder().join("vectors")))
}

/// Every vector in Python.
pub(crate) fn run_python(component: &Path) -> Result<String> {
    let mut command = Command::new(python()?);
    command
        .arg(vectors::folder().join("python/runner.py"))
        .arg(component);
    said(command.arg(vectors::folder().join("vectors")))
}

/// Every run of the filter in wasmtime's own WASI.
pub(crate) fn run_filter(component: &Path) -> Result<String> {
    let mut command = Command::new(python()?);
    command
        .arg(vectors::folder().join("python/filter.py"))
        .arg(component);
    said(command.arg(filter::path()))
}

/// Every run of the filter in Node with jco's WASI.
pub(crate) fn run_filter_node(component: &Path) -> Result<String> {
    let glue = fs::canonicalize(transpiled(component)?)?;
    // Node looks for packages beside the script.
    let script = npm()?.join("filter.mjs");
    fs::copy(vectors::folder().join("node/filter.mjs"), &script)?;
    let runs = filter::load()?;
    for run in &runs {
        let mut child = node()
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
