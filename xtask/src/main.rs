//! `cargo xtask …`: builds, packages, demonstrates, tests and measures this project. `docs/development.md` has the list.

#![allow(
    clippy::indexing_slicing,
    reason = "arenas and JSON of our own making; a panic ends a developer's command"
)]

mod arm64;
mod bench;
mod cargo;
mod chain;
mod component;
mod conformance;
mod demo;
mod deny;
mod fetch;
mod fuzz;
mod helper;
mod manifest;
mod matrix;
mod package;
mod prove;
mod release;
mod routes;
mod test;
mod times;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Builds, packages, demonstrates, tests and measures this project"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The whole story on a temporary home: install, log in, start, a turn, a crash, a refusal. No login needed
    Demo(demo::Options),
    /// A conversation through the real OpenClaw, a real proxy and the real Claude CLI, on loopback; needs root
    Chain(chain::Options),
    /// Every test; with `--openclaw` those that run in the real OpenClaw, in other versions of it
    Test(matrix::Options),
    /// The type check and the tests of the shim alone
    Shim,
    /// The OpenClaw package and the bare component, in target/
    Package(package::Options),
    /// A release in target/dist: version, changelog, archive, checksums, and how to publish it. Publishes nothing
    Release(release::Options),
    /// The pinned OpenClaw, Node and tools, from the npm registry into target/peers
    Fetch,
    /// The same vectors in every host of the component; its words are those of `tests/conformance`
    Conformance(conformance::Options),
    /// The benchmarks
    Bench(bench::Options),
    /// Licenses, sources and duplicates of every dependency tree, by cargo-deny; with `--advisories` known faults too
    Deny(deny::Options),
    /// The fuzz targets, against everything that comes from outside
    Fuzz(fuzz::Options),
    /// Compares the audit's reports with where OpenClaw's own code leads, on generated documents
    #[command(disable_help_flag = true)]
    Prove(prove::Options),
    /// The data of the audit that a package of OpenClaw decides
    Routes(routes::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Chain(options) => chain::run(&options),
        Command::Test(options) => matrix::run(&options),
        Command::Shim => test::shim(),
        Command::Package(options) => package::run(&options),
        Command::Release(options) => release::run(&options),
        Command::Fetch => fetch::groups(fetch::EMBEDDERS),
        Command::Conformance(options) => conformance::run(&options.words),
        Command::Bench(options) => bench::run(&options),
        Command::Deny(options) => deny::run(&options),
        Command::Fuzz(options) => fuzz::run(&options).map(drop),
        Command::Prove(options) => prove::run(&options),
        Command::Routes(options) => routes::update(&options.openclaw, options.check),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why:#}");
            ExitCode::FAILURE
        }
    }
}
