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

/// What a run said of itself.
struct Outcome {
    name: &'static str,
    failed: bool,
    executions: u64,
    reached: u64,
    edges: u64,
    inputs: u64,
}

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
    let mut outcomes = Vec::new();
    let mut running: Vec<(&Target, Child)> = Vec::new();
    while !left.is_empty() || !running.is_empty() {
        while running.len() < AT_ONCE
            && let Some(target) = left.pop()
        {
            running.push((target, start(target, &programs, options.seconds)?));
        }
        let (target, mut child) = running.remove(0);
        let status = child.wait()?;
        outcomes.push(read(target, !status.success())?);
    }
    println!("target     executions    edges reached   inputs kept");
    let mut failed = Vec::new();
    for outcome in &outcomes {
        println!(
            "{:<9} {:>11} {:>7} of {:>6} {:>8}{}",
            outcome.name,
            outcome.executions,
            outcome.reached,
            outcome.edges,
            outcome.inputs,
            if outcome.failed { "   FAILED" } else { "" }
        );
        if outcome.failed {
            failed.push(outcome.name);
        }
    }
    let all: u64 = outcomes.iter().map(|outcome| outcome.executions).sum();
    println!("{all} executions, {} targets failed", failed.len());
    for name in &failed {
        explain(name, &programs)?;
    }
    if !failed.is_empty() {
        bail!("found something: {}", failed.join(", "));
    }
    Ok(outcomes.len())
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

fn read(target: &Target, failed: bool) -> Result<Outcome> {
    // The inputs in it are bytes.
    let log = fs::read(log(target.name))?;
    let log = String::from_utf8_lossy(&log);
    let last = |line: &str, word: &str| {
        log.lines()
            .rev()
            .filter(|text| text.contains(line))
            .find_map(|text| number_after(text, word))
            .unwrap_or(0)
    };
    let outcome = Outcome {
        name: target.name,
        failed,
        executions: last("stat::number_of_executed_units", "units:"),
        reached: last("cov: ", "cov:"),
        edges: last("inline 8-bit counters", "modules"),
        inputs: last("corp: ", "corp:"),
    };
    ensure!(
        failed || outcome.executions > 0 && outcome.reached > 0,
        "the fuzz target {} did nothing; its log is {}",
        target.name,
        self::log(target.name).display()
    );
    Ok(outcome)
}

/// The first number after a word.
fn number_after(line: &str, word: &str) -> Option<u64> {
    let rest = line.split_once(word)?.1;
    let start = rest.find(|c: char| c.is_ascii_digit())?;
    let digits = rest.get(start..)?;
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
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
    fn the_summary_of_libfuzzer_is_read() {
        let pulse = "#3\tpulse  cov: 1234 ft: 5678 corp: 90/12Kb exec/s: 5";
        assert_eq!(number_after(pulse, "cov:"), Some(1234));
        assert_eq!(number_after(pulse, "corp:"), Some(90));
        let loaded = "INFO: Loaded 1 modules   (29876 inline 8-bit counters): 29876 [0x5, 0x6)";
        assert_eq!(number_after(loaded, "modules"), Some(29876));
        assert_eq!(number_after(loaded, "absent"), None);
    }

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
