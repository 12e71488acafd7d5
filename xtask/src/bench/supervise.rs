//! Our supervisor beside runit, s6, supervisord, pm2 and a naive one, measured by `tests/bench/bench.py`.

use std::env;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;
use harness::places;

use crate::helper::{self, Build};
use crate::{cargo, component, fetch};

/// Programs of the system and the package that has each.
const FROM_THE_SYSTEM: [(&str, &str); 6] = [
    ("runsv", "runit"),
    ("svlogd", "runit"),
    ("s6-svscan", "s6"),
    ("s6-log", "s6"),
    ("python3", "python3"),
    ("cc", "gcc"),
];

/// What of it to run. The whole takes about 40 minutes, `--quick` about 12.
#[derive(Args)]
pub(crate) struct Options {
    /// 3 repetitions and short windows
    #[arg(long)]
    quick: bool,
    /// Harness, supervisors and servers with real-time priority, for a machine that others use; needs root
    #[arg(long)]
    realtime: bool,
    /// Measures, with commas between them [default: all; `tests/bench/bench.py` describes them]
    #[arg(long, value_name = "NAMES")]
    measures: Option<String>,
    /// Supervisors, as NAME or NAME:VARIANT, with commas between them [default: all]
    #[arg(long, value_name = "NAMES")]
    supervisors: Option<String>,
    /// Add to the results of the last run
    #[arg(long)]
    add: bool,
}

/// Runs it; the tables go to standard output, everything measured to `target/bench/supervise/results.json`.
pub(crate) fn run(options: &Options) -> Result<()> {
    let missing: Vec<&str> = FROM_THE_SYSTEM
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|(_, package)| *package)
        .collect();
    ensure!(
        missing.is_empty(),
        "missing: {0}; `apt-get install {0}`",
        missing.join(" ")
    );
    fetch::groups(fetch::SUPERVISORS)?;
    let ours = helper::build(&places::platform(), &component::build()?, Build::Release)?;
    let mut bench = Command::new("python3");
    bench
        .arg("-B")
        .arg(places::root().join("tests/bench/bench.py"))
        .arg("--ours")
        .arg(ours)
        .arg("--peers")
        .arg(places::peers(""))
        .arg("--node")
        .arg(places::node_folder()?.join("node"))
        .arg("--work")
        .arg(places::target().join("bench/supervise"));
    for (flag, wanted) in [
        ("--quick", options.quick),
        ("--realtime", options.realtime),
        ("--add", options.add),
    ] {
        if wanted {
            bench.arg(flag);
        }
    }
    for (flag, value) in [
        ("--measures", &options.measures),
        ("--adapters", &options.supervisors),
    ] {
        if let Some(value) = value {
            bench.args([flag, value]);
        }
    }
    cargo::run(&mut bench)
}

fn is_there(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
