//! Runs the fuzz targets in `fuzz/` with the pinned compiler: libFuzzer, coverage from LLVM, no sanitizer, since the code
//! under test has next to no `unsafe`. They are laid out as cargo-fuzz wants them, so `cargo +nightly fuzz run NAME` works too.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use harness::places;

use crate::cargo;

/// How long, and which.
#[derive(Args)]
pub(crate) struct Options {
    /// Seconds a target
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u32,
    /// Only these targets
    pub(crate) targets: Vec<String>,
}

/// The targets, and whether their input is a configuration: then they start from the audit's and the editor's cases too, and
/// have a dictionary.
const TARGETS: [(&str, bool); 8] = [
    ("parse", true),
    ("edit", true),
    ("audit", true),
    ("url", false),
    ("settings", false),
    ("health", false),
    ("http", false),
    ("clean", false),
];
const CASES: [&str; 2] = [
    "crates/provider/tests/cases",
    "crates/provider/tests/edit-cases",
];
const DICTIONARY: &str = "fuzz/dictionaries/config.dict";

/// Instrumentation as cargo-fuzz asks for it. Comparisons are traced, so that magic words are found.
const FLAGS: [&str; 6] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
/// Targets at once.
const AT_ONCE: usize = 2;
/// Longest input that is tried, in bytes.
const LONGEST: u32 = 20_000;
/// Longest that one input may take, in seconds, on a slow machine.
const TIMEOUT_S: u32 = 25;

/// Builds and runs.
pub(crate) fn run(options: &Options) -> Result<usize> {
    for name in &options.targets {
        ensure!(
            TARGETS.iter().any(|(target, _)| target == name),
            "there is no fuzz target {name}; there are {}",
            TARGETS.map(|(target, _)| target).join(", ")
        );
    }
    let programs = build()?;
    let mut left: Vec<_> = TARGETS.iter().rev().collect();
    if !options.targets.is_empty() {
        left.retain(|(target, _)| options.targets.iter().any(|name| name == target));
    }
    let mut failed = Vec::new();
    let mut passed = 0;
    let mut running = Vec::new();
    while !left.is_empty() || !running.is_empty() {
        while running.len() < AT_ONCE
            && let Some((name, configuration)) = left.pop()
        {
            running.push((
                *name,
                start(name, *configuration, &programs, options.seconds)?,
            ));
        }
        let (name, mut child) = running.remove(0);
        if child.wait()?.success() {
            println!("{name}: {}", last_progress(name)?);
            passed += 1;
        } else {
            failed.push(name);
        }
    }
    for name in &failed {
        print_failure(name, &programs)?;
    }
    if !failed.is_empty() {
        bail!("found something: {}", failed.join(", "));
    }
    Ok(passed)
}

fn output_folder() -> PathBuf {
    places::target().join("fuzz")
}

fn log_path(name: &str) -> PathBuf {
    output_folder().join("logs").join(format!("{name}.log"))
}

/// Builds every target; the folder of the programs.
fn build() -> Result<PathBuf> {
    let host = host_target()?;
    let mut command = cargo::cargo(&["build", "--quiet", "--locked", "--release"]);
    command
        .arg("--manifest-path")
        .arg(places::root().join("fuzz/Cargo.toml"))
        // With a target, build scripts and macros are not instrumented.
        .args(["--target", &host, "--target-dir"])
        .arg(output_folder())
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"));
    cargo::run(&mut command)
        .context("the fuzz targets need a C++ compiler (`c++`) for libFuzzer")?;
    Ok(output_folder().join(host).join("release"))
}

/// The machine's own target.
fn host_target() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .current_dir(places::root())
        .arg("-vV")
        .output()
        .context("cannot run rustc; is it installed?")?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc does not say what it runs on")
}

fn start(name: &str, configuration: bool, programs: &Path, seconds: u32) -> Result<Child> {
    let corpus = output_folder().join("corpus").join(name);
    for path in [
        &corpus,
        &output_folder().join("logs"),
        &output_folder().join("found"),
    ] {
        fs::create_dir_all(path)?;
    }
    let mut command = Command::new(programs.join(name));
    command
        .current_dir(places::root())
        .arg(&corpus)
        .arg(format!("fuzz/corpus/{name}"))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={LONGEST}"))
        .arg(format!("-timeout={TIMEOUT_S}"))
        .arg(format!(
            "-artifact_prefix={}/{name}-",
            output_folder().join("found").display(),
        ))
        // The same inputs as long as the code is the same, as far as time allows.
        .args(["-seed=1", "-print_final_stats=1", "-rss_limit_mb=1024"])
        .env("RUST_BACKTRACE", "0");
    if configuration {
        command.args(CASES).arg(format!("-dict={DICTIONARY}"));
    }
    println!("$ {}", cargo::command_line(&command));
    let log = File::create(log_path(name))?;
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot run the fuzz target {name}"))
}

/// The last line in which libFuzzer says how many inputs it tried, what they reached, and how many of them it keeps.
fn last_progress(name: &str) -> Result<String> {
    // The inputs in the log are bytes.
    let text = fs::read(log_path(name))?;
    let text = String::from_utf8_lossy(&text);
    let progress = text.lines().rfind(|line| line.contains(" cov: "));
    let progress = progress.with_context(|| {
        format!(
            "the fuzz target {name} did nothing; its log is {}",
            log_path(name).display()
        )
    })?;
    Ok(progress.replace('\t', " "))
}

/// Prints what a target found and how to repeat it.
fn print_failure(name: &str, programs: &Path) -> Result<()> {
    let log = fs::read(log_path(name))?;
    let log = String::from_utf8_lossy(&log);
    let mut out = std::io::stdout().lock();
    let from = log.find("panicked at").or_else(|| log.find("ERROR:"));
    writeln!(out, "\n{name}:")?;
    for line in log
        .get(from.unwrap_or(0)..)
        .unwrap_or_default()
        .lines()
        .take(30)
    {
        writeln!(out, "  {line}")?;
    }
    writeln!(
        out,
        "Again: {} FILE, with the file of \"Test unit written to\". Make it a test, then correct the code.",
        programs.join(name).display()
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds_and_a_program() {
        let manifest = fs::read_to_string(places::root().join("fuzz/Cargo.toml")).unwrap();
        for (name, _) in TARGETS {
            assert!(manifest.contains(&format!("name = \"{name}\"")));
            let seeds = places::root().join("fuzz/corpus").join(name);
            assert!(fs::read_dir(seeds).unwrap().count() > 0, "{name}");
        }
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
    }
}
