//! Runs the conformance vectors in every host that is at hand. `tests/conformance/README.md` says what they are.

mod bless;
mod examples;
mod filter;
mod hosts;
mod limits;
mod linear;
mod measure;
mod native;
mod packages;
mod rust;
mod vectors;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

const USAGE: &str = "usage: conformance [WHAT] [COMPONENT]
WHAT is all (the default), one of its parts (native rust limits linear node python filter filter-node examples wit artifact), or
  bless         writes the results of the vectors anew
  wit --write   writes docs/wit/ anew
  bench         sizes, times and memory in every host
Without COMPONENT: $CLAUDE_PROXY_COMPONENT.";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let (what, given) = match words
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => ("all", None),
        ["bless"] => {
            for path in bless::write()? {
                println!("wrote {}", path.display());
            }
            return Ok(());
        }
        ["wit", "--write"] => return packages::write(),
        ["measure", how, path] => return measure::here(how, Path::new(path)),
        [what] => (*what, None),
        [what, given] => (*what, Some(PathBuf::from(given))),
        _ => bail!("{USAGE}"),
    };
    let given = given.or_else(|| env::var_os("CLAUDE_PROXY_COMPONENT").map(PathBuf::from));
    let component = given.context(
        "CLAUDE_PROXY_COMPONENT names no component; `cargo xtask conformance` builds one",
    )?;
    let component = component.as_path();
    let hosts: &[(&str, Step)] = &[
        ("native", |_| {
            Ok(format!("{} files as the crate gives them", bless::check()?))
        }),
        ("rust", rust_host),
        ("limits", limits::run),
        ("linear", linear::run),
        ("node", hosts::run_node),
        ("python", hosts::run_python),
        ("filter", hosts::run_filter),
        ("filter-node", hosts::run_filter_node),
        ("examples", examples::run),
        ("wit", packages::check),
        ("artifact", packages::artifact),
    ];
    if what == "bench" {
        return measure::table(component);
    }
    let mut failed = Vec::new();
    let mut ran = 0;
    for (name, step) in hosts
        .iter()
        .filter(|(name, _)| what == "all" || what == *name)
    {
        let since = Instant::now();
        ran += 1;
        match step(component) {
            Ok(said) => println!(
                "ok      {name:<11} {said} ({:.1} s)",
                since.elapsed().as_secs_f64()
            ),
            Err(why) => {
                println!("failed  {name:<11} {why:#}");
                failed.push(*name);
            }
        }
    }
    ensure!(ran > 0, "{USAGE}");
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

type Step = fn(&Path) -> Result<String>;

fn rust_host(component: &Path) -> Result<String> {
    let host = rust::Host::new(component)?;
    let files: Vec<_> = vectors::load()?.into_iter().map(|(_, file)| file).collect();
    Ok(format!("{} calls", rust::run(&host, &files)?))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_are_what_the_crate_gives() {
        super::bless::check().unwrap();
    }

    #[test]
    fn the_documentation_of_the_interfaces_is_current() {
        super::packages::documented().unwrap();
    }

    #[test]
    fn the_guide_shows_the_examples_that_are_run() {
        super::examples::check().unwrap();
    }
}
