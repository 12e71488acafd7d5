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

/// What a target starts from besides `fuzz/corpus/NAME`, and its dictionary.
struct Target {
    name: &'static str,
    seeds: &'static [&'static str],
    dictionary: Option<&'static str>,
}

const CASES: &[&str] = &[
    "crates/provider/tests/cases",
    "crates/provider/tests/edit-cases",
];
const CONFIG: Option<&str> = Some("config.dict");

const TARGETS: [Target; 9] = [
    target("parse", CASES, CONFIG),
    target("edit", &[], CONFIG),
    target("audit", CASES, CONFIG),
    target("url", &[], None),
    target("settings", &[], None),
    target("health", &[], None),
    target("control", &[], None),
    target("http", &[], None),
    target("clean", &[], None),
];

const fn target(
    name: &'static str,
    seeds: &'static [&'static str],
    dictionary: Option<&'static str>,
) -> Target {
    Target {
        name,
        seeds,
        dictionary,
    }
}

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
///
/// # Errors
/// If a target does not build, or finds something.
pub(crate) fn run(options: &Options) -> Result<usize> {
    for name in &options.targets {
        ensure!(
            TARGETS.iter().any(|target| target.name == name),
            "there is no fuzz target {name}; there are {}",
            TARGETS.map(|target| target.name).join(", ")
        );
    }
    let programs = build()?;
    let mut left: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| {
            options.targets.is_empty() || options.targets.iter().any(|name| name == target.name)
        })
        .rev()
        .collect();
    let mut failed = Vec::new();
    let mut passed = 0;
    let mut running: Vec<(&Target, Child)> = Vec::new();
    while !left.is_empty() || !running.is_empty() {
        while running.len() < AT_ONCE
            && let Some(target) = left.pop()
        {
            running.push((target, start(target, &programs, options.seconds)?));
        }
        let (target, mut child) = running.remove(0);
        if child.wait()?.success() {
            println!("{}: {}", target.name, last_pulse(target.name)?);
            passed += 1;
        } else {
            failed.push(target.name);
        }
    }
    for name in &failed {
        explain(name, &programs)?;
    }
    if !failed.is_empty() {
        bail!("found something: {}", failed.join(", "));
    }
    Ok(passed)
}

fn folder() -> PathBuf {
    places::target().join("fuzz")
}

fn log(name: &str) -> PathBuf {
    folder().join("logs").join(format!("{name}.log"))
}

/// Builds every target; the folder of the programs.
fn build() -> Result<PathBuf> {
    let host = host()?;
    let mut command = cargo::cargo(&["build", "--quiet", "--locked", "--release"]);
    command
        .arg("--manifest-path")
        .arg(places::root().join("fuzz/Cargo.toml"))
        // With a target, build scripts and macros are not instrumented.
        .args(["--target", &host, "--target-dir"])
        .arg(folder())
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"));
    cargo::run(&mut command)
        .context("the fuzz targets need a C++ compiler (`c++`) for libFuzzer")?;
    Ok(folder().join(host).join("release"))
}

/// The machine's own target.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc)
        .current_dir(places::root())
        .arg("-vV")
        .output()
        .context("cannot run rustc; is it installed?")?;
    String::from_utf8_lossy(&said.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc does not say what it runs on")
}

fn start(target: &Target, programs: &Path, seconds: u32) -> Result<Child> {
    let found = folder().join("corpus").join(target.name);
    for path in [&found, &folder().join("logs"), &folder().join("found")] {
        fs::create_dir_all(path)?;
    }
    let mut command = Command::new(programs.join(target.name));
    command
        .current_dir(places::root())
        .arg(&found)
        .arg(format!("fuzz/corpus/{}", target.name))
        .args(target.seeds)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={LONGEST}"))
        .arg(format!("-timeout={TIMEOUT_S}"))
        .arg(format!(
            "-artifact_prefix={}/{}-",
            folder().join("found").display(),
            target.name
        ))
        // The same inputs as long as the code is the same, as far as time allows.
        .args(["-seed=1", "-print_final_stats=1", "-rss_limit_mb=1024"])
        .env("RUST_BACKTRACE", "0");
    if let Some(name) = target.dictionary {
        command.arg(format!("-dict=fuzz/dictionaries/{name}"));
    }
    println!("$ {}", cargo::line(&command));
    let log = File::create(log(target.name))?;
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot run the fuzz target {}", target.name))
}

/// The last line in which libFuzzer says how many inputs it tried, what they reached, and how many of them it keeps.
fn last_pulse(name: &str) -> Result<String> {
    // The inputs in the log are bytes.
    let text = fs::read(log(name))?;
    let text = String::from_utf8_lossy(&text);
    let pulse = text.lines().rfind(|line| line.contains(" cov: "));
    let pulse = pulse.with_context(|| {
        format!(
            "the fuzz target {name} did nothing; its log is {}",
            log(name).display()
        )
    })?;
    Ok(pulse.replace('\t', " "))
}

/// Shows what was found and how to see it again.
fn explain(name: &str, programs: &Path) -> Result<()> {
    let log = fs::read(log(name))?;
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
        for target in TARGETS {
            assert!(manifest.contains(&format!("name = \"{}\"", target.name)));
            let seeds = places::root().join("fuzz/corpus").join(target.name);
            assert!(fs::read_dir(seeds).unwrap().count() > 0, "{}", target.name);
        }
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
    }
}
