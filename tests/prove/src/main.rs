//! `cargo xtask prove`: the audit against OpenClaw itself, on generated documents. Either the component's report is compared with
//! where OpenClaw's own code leads ([`compare`]), or closed documents are taken into the real Gateway ([`gateway`]).

#![allow(
    clippy::indexing_slicing,
    reason = "a grammar and JSON of our own making; a panic ends a developer's command"
)]

mod compare;
mod document;
mod gateway;
mod generate;
mod grammar;
mod judge;
mod name_server;
mod random;
mod target;
mod unknown_keys;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use harness::versions;

use target::Target;

/// Compares the audit's reports with where OpenClaw's own code leads, on generated documents
#[derive(Parser)]
#[command(name = "prove", bin_name = "cargo xtask prove")]
struct Options {
    /// How many documents
    #[arg(long, default_value_t = 100_000)]
    documents: u64,
    /// Which documents: the same seed gives the same ones
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folders with an installed OpenClaw, or versions, which are fetched; several with commas. Without it the pinned one
    #[arg(long, value_name = "DIR|VERSION,...")]
    openclaw: Option<String>,
    /// How many Node processes
    #[arg(long, default_value_t = 2)]
    judges: usize,
    /// Take so many closed documents into the real Gateway instead, start every kind of traffic, and fail on one look-up of a
    /// vendor's name
    #[arg(long, value_name = "COUNT")]
    run: Option<u64>,
    /// Print the document of this number, both reports, and nothing else; with `--run` begin with it
    #[arg(long, value_name = "NUMBER")]
    show: Option<u64>,
}

/// Most failures that are made smaller and shown.
const SHOWN: usize = 5;

fn run(options: &Options) -> Result<()> {
    let wanted = options.openclaw.as_deref().unwrap_or(versions::pinned());
    for wanted in wanted.split(',') {
        let target = Target::new(wanted)?;
        match options.run {
            Some(count) => gateway::prove(&target, options, count)?,
            None => compare::prove(&target, options)?,
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why:#}");
            ExitCode::FAILURE
        }
    }
}
