//! Runs the fuzz targets in `fuzz/` with the pinned compiler: libFuzzer, coverage from LLVM, no sanitizer, since the code
//! under test has next to no `unsafe`. They are laid out as cargo-fuzz wants them, so `cargo +nightly fuzz run NAME` works too.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result, anyhow, ensure};
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

/// Builds and runs; how many targets found nothing.
///
/// # Errors
/// If one finds something, which is printed, or does not build.
pub(crate) fn run(options: &Options) -> Result<usize> {
    for name in &options.targets {
        ensure!(
            TARGETS.iter().any(|(target, _)| target == name),
            "there is no fuzz target {name}; there are {}",
            TARGETS.map(|(target, _)| target).join(", ")
        );
    }
    let programs = build()?;
    let wanted =
        |name: &str| options.targets.is_empty() || options.targets.iter().any(|one| one == name);
    let wanted: Vec<_> = TARGETS.iter().filter(|(name, _)| wanted(name)).collect();
    let mut failed = Vec::new();
    for pair in wanted.chunks(AT_ONCE) {
        let mut running = Vec::new();
        for (name, configuration) in pair {
            let child = start(name, *configuration, &programs, options.seconds)?;
            // Each log needs a reader, or its writer stops.
            running.push((name, thread::spawn(|| child.wait_with_output())));
        }
        for (name, running) in running {
            let ended = running.join().map_err(|_| anyhow!("a reader panicked"))??;
            let log = String::from_utf8_lossy(&ended.stderr);
            if ended.status.success() {
                // How many inputs were tried, what they reached, and how many of them are kept.
                let progress = log.lines().rfind(|line| line.contains(" cov: "));
                let progress =
                    progress.with_context(|| format!("{name} reported no progress: {log}"))?;
                println!("{name}: {progress}");
            } else {
                let mut found = ["panicked at", "ERROR:"]
                    .into_iter()
                    .filter_map(|word| log.find(word));
                let found = log.get(found.next().unwrap_or(0)..).unwrap_or_default();
                let program = programs.join(name);
                println!(
                    "\n{name}:\n{found}\nAgain: {} FILE, with the file of \"Test unit written to\". Make it a test, then correct the code.",
                    program.display()
                );
                failed.push(*name);
            }
        }
    }
    ensure!(
        failed.is_empty(),
        "fuzz targets failed: {}",
        failed.join(", ")
    );
    Ok(wanted.len())
}

fn output_folder() -> PathBuf {
    places::target().join("fuzz")
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
    let mut ask = Command::new(rustc);
    ask.current_dir(places::root())
        .args(["--print", "host-tuple"]);
    let output = ask.output().context("cannot run rustc; is it installed?")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn start(name: &str, configuration: bool, programs: &Path, seconds: u32) -> Result<Child> {
    let (corpus, found) = (
        output_folder().join("corpus").join(name),
        output_folder().join("found"),
    );
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&found)?;
    let mut command = Command::new(programs.join(name));
    command
        .current_dir(places::root())
        .arg(&corpus)
        .arg(format!("fuzz/corpus/{name}"))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={LONGEST}"))
        .arg(format!("-timeout={TIMEOUT_S}"))
        .arg(format!("-artifact_prefix={}/{name}-", found.display()))
        // The same inputs as long as the code is the same, as far as time allows.
        .args(["-seed=1", "-rss_limit_mb=1024"])
        .env("RUST_BACKTRACE", "0");
    if configuration {
        command.args(CASES).arg(format!("-dict={DICTIONARY}"));
    }
    println!("$ {}", cargo::command_line(&command));
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    quiet
        .spawn()
        .with_context(|| format!("cannot run the fuzz target {name}"))
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
