//! Runs every test, cheapest first. A failing step does not stop the others; a missing tool is a failure.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use harness::places;

use crate::cargo::{self, native};
use crate::{
    arm64, bench, chain, component, conformance, deny, fetch, fuzz, package, prove, routes, times,
};

/// Tests of one step.
#[derive(Default, Clone, Copy)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl From<()> for Count {
    /// A step that is one test.
    fn from((): ()) -> Self {
        Self {
            passed: 1,
            failed: 0,
        }
    }
}

/// The steps that ran so far.
#[derive(Default)]
pub(crate) struct Summary {
    count: Count,
    failures: Vec<String>,
    times: Vec<(String, Duration)>,
}

impl Summary {
    /// Runs a step; one that fails is a failed test.
    pub(crate) fn step<T: Into<Count>>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) {
        match times::last(name) {
            Some(seconds) => println!("\n== {name}    # took {seconds} s last time"),
            None => println!("\n== {name}"),
        }
        let since = Instant::now();
        let count = work().map(T::into).unwrap_or_else(|why| {
            println!("error: {why:#}");
            Count {
                passed: 0,
                failed: 1,
            }
        });
        self.count.passed += count.passed;
        self.count.failed += count.failed;
        if count.failed > 0 {
            self.failures.push(name.to_owned());
        }
        times::remember(name, since.elapsed());
        self.times.push((name.to_owned(), since.elapsed()));
    }

    /// Prints what passed and failed, and how long each step took.
    pub(crate) fn print(&self) -> Result<()> {
        println!("\ntime by step:");
        for (name, time) in &self.times {
            println!("{:>6.0} s  {name}", time.as_secs_f64());
        }
        for name in &self.failures {
            println!("failed: {name}");
        }
        println!("{} passed, {} failed", self.count.passed, self.count.failed);
        ensure!(self.count.failed == 0, "not every test passed");
        Ok(())
    }
}

/// Runs everything.
pub(crate) fn run() -> Result<()> {
    let mut summary = Summary::default();
    fetch::ahead(fetch::EVERYTHING);
    summary.step("format", || {
        cargo::run(&mut cargo::cargo(&["fmt", "--all", "--check"]))
    });
    summary.step("imports run one way", || {
        cargo::run(&mut Command::new(places::root().join(".ci/imports")))
    });
    summary.step("component: size, crates", || {
        let size = component::check(&component::build()?)?;
        let crates = component::crates()?;
        println!("{size} of {} bytes, {crates} crates", component::BUDGET);
        Ok(())
    });
    summary.step("component: same bytes from another folder", || {
        component::reproduce()
    });
    summary.step("lints", || {
        cargo::run(native(&["clippy", "--quiet"]).args(["--all-targets", "--", "-D", "warnings"]))?;
        // The embedding alone, as a Rust host of another project has it.
        let mut alone = native(&["clippy", "--quiet", "--no-default-features"]);
        cargo::run(alone.args(["--lib", "--examples", "--", "-D", "warnings"]))?;
        component::lint()
    });
    summary.step("documentation", || {
        cargo::run(
            native(&["doc", "--quiet"])
                .args(["--no-deps", "--document-private-items"])
                .env("RUSTDOCFLAGS", "-D warnings"),
        )
    });
    summary.step("crates", || {
        cargo_tests(native(&["test"]).args(["--exclude", "e2e", "--no-fail-fast"]))
    });
    summary.step("supervisor: the code for macOS, on Linux", || {
        let portable = ["test", "--locked", "--package", "claude-proxy-supervisor"];
        let mut tests = cargo::cargo(&portable);
        cargo_tests(tests.args(["--features", "portable"]))
    });
    summary.step("dependencies: licenses, sources, duplicates", || {
        deny::run(&deny::Options::default())
    });
    summary.step("faults in system calls", || {
        // The program that the tests above ran.
        bench::inject_faults(&places::target().join("debug/claude-proxy"), 250, 1)
    });
    summary.step("fuzz targets, for seconds", || {
        let passed = fuzz::run(&fuzz::Options {
            seconds: 3,
            targets: Vec::new(),
        })?;
        Ok(Count { passed, failed: 0 })
    });
    summary.step("peers", || fetch::groups(fetch::EMBEDDERS));
    summary.step("audit: its data is what OpenClaw's package says", || {
        routes::update(
            &places::peers("openclaw").join("node_modules/openclaw"),
            true,
        )
    });
    summary.step("audit: reports against OpenClaw's own code", || {
        prove::run(&prove::Options::of("--documents 1000"))
    });
    summary.step("conformance: the vectors in every host", vectors);
    summary.step(
        "package",
        || package::run(&package::Options::this_machine()),
    );
    summary.step("helper for Linux arm64, under emulation", || {
        arm64::run(&component::build()?)
    });
    summary.step("audit: closed documents in the real Gateway", || {
        prove::run(&prove::Options::of("--documents 1000 --run 1"))
    });
    summary.step("shim: types", shim_types);
    summary.step("shim: tests", || shim_tests(&places::node_folder()?));
    summary.step("in the real OpenClaw", || {
        let mut tests = cargo::cargo(&["test", "--locked", "--package", "e2e"]);
        cargo_tests(tests.args(["--no-fail-fast", "--", "--test-threads=2"]))
    });
    summary.step(
        "a conversation through a real proxy and the real Claude CLI",
        || chain::run(&chain::Options::packaged()),
    );

    summary.print()
}

/// The shim alone: seconds, where everything takes many minutes.
pub(crate) fn shim() -> Result<()> {
    shim_types()?;
    let count = shim_tests(&places::node_folder()?)?;
    ensure!(count.failed == 0, "{} tests failed", count.failed);
    Ok(())
}

/// The conformance kit; each of its parts counts.
fn vectors() -> Result<Count> {
    // "ok      rust        199 calls (1.5 s)", "failed  …"
    counted(&mut conformance::program()?, |line, count| {
        count.passed += usize::from(line.starts_with("ok "));
        count.failed += usize::from(line.starts_with("failed "));
    })
}

/// Runs `cargo test` and counts what its harnesses report.
fn cargo_tests(command: &mut Command) -> Result<Count> {
    // test result: ok. 12 passed; 0 failed; 0 ignored; …
    counted(command, read_harness)
}

/// Counts by the summary of a test harness.
pub(crate) fn read_harness(line: &str, count: &mut Count) {
    if let Some(rest) = line.strip_prefix("test result: ") {
        count.passed += number_before(rest, " passed");
        count.failed += number_before(rest, " failed");
    }
}

/// Runs a command, shows its output, and counts tests in it; one that fails has a failed test, or is a failure itself.
pub(crate) fn counted(
    command: &mut Command,
    mut read: impl FnMut(&str, &mut Count),
) -> Result<Count> {
    let line = cargo::command_line(command);
    println!("$ {line}");
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{line}`"))?;
    let mut count = Count::default();
    for line in BufReader::new(child.stdout.take().context("no output")?).lines() {
        let line = line?;
        println!("{line}");
        read(&line, &mut count);
    }
    let status = child.wait()?;
    if !status.success() && count.failed == 0 {
        bail!("`{line}` failed: {status}");
    }
    ensure!(count.passed + count.failed > 0, "`{line}` ran no test");
    Ok(count)
}

/// The number that ends where `word` begins.
fn number_before(line: &str, word: &str) -> usize {
    let digits = line
        .split(word)
        .next()
        .and_then(|before| before.rsplit(|c: char| !c.is_ascii_digit()).next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The type check of the shim, against OpenClaw's own declarations and those generated from the component.
fn shim_types() -> Result<()> {
    let folder = places::root().join("target/js-check");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("node_modules"))?;
    for (group, package) in [("openclaw", "openclaw"), ("tools", "@types")] {
        let package = format!("node_modules/{package}");
        let there = places::present(places::peers(group).join(&package), "fetch")?;
        symlink(there, folder.join(package))?;
    }
    symlink(
        component::transpile(&component::build()?)?,
        folder.join("component"),
    )?;
    let mut compiler = Command::new(places::node_folder()?.join("node"));
    compiler.arg(places::peers("tools").join("node_modules/typescript/bin/tsc"));
    cargo::run(
        compiler
            .arg("--project")
            .arg(places::root().join("openclaw/tsconfig.json")),
    )
}

/// The tests of the shim, in the Node of a folder.
pub(crate) fn shim_tests(node: &Path) -> Result<Count> {
    let mut node = Command::new(node.join("node"));
    node.current_dir(places::root().join("openclaw")).args([
        "--test",
        "--test-reporter=tap",
        "tests/*.test.js",
    ]);
    // The summary: "# pass 12", "# fail 0".
    counted(&mut node, |line, count| {
        let number = |word: &str| {
            line.strip_prefix(word)
                .and_then(|rest| rest.trim().parse::<usize>().ok())
                .unwrap_or(0)
        };
        count.passed += number("# pass ");
        count.failed += number("# fail ");
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_summary_of_a_harness_is_read() {
        let line = "FAILED. 12 passed; 3 failed; 0 ignored; 0 measured";
        assert_eq!(super::number_before(line, " passed"), 12);
        assert_eq!(super::number_before(line, " failed"), 3);
    }
}
