//! Runs the conformance vectors in every host that is at hand. `tests/conformance/README.md` says what they are.

mod bless;
mod examples;
mod filter;
mod hosts;
mod limits;
mod linear;
mod measure;
mod native;
mod rust;
mod vectors;
#[cfg(test)]
mod wit;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

const USAGE: &str = "usage: conformance [WHAT]
WHAT is all (the default), one of its parts (native rust limits linear node python filter examples), or
  bless         writes the results of the vectors anew
  bench         sizes, times and memory in every host
The component is $CLAUDE_PROXY_COMPONENT, here and when this is built.";

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
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let what = match words[..] {
        [] => "all",
        ["bless"] => {
            for path in bless::write()? {
                println!("wrote {}", path.display());
            }
            return Ok(());
        }
        ["measure", document] => return measure::measure(Path::new(document)),
        [what] => what,
        _ => bail!("{USAGE}"),
    };
    let given = env::var_os("CLAUDE_PROXY_COMPONENT").map(PathBuf::from);
    let component = given.context(
        "CLAUDE_PROXY_COMPONENT names no component; `cargo xtask conformance` builds one",
    )?;
    let component = component.as_path();
    let hosts: &[(&'static str, HostRun)] = &[
        ("linear", linear::run),
        ("limits", limits::run),
        ("examples", examples::run),
        ("rust", rust_host),
        ("python", hosts::run_python),
        ("filter", hosts::run_filter),
        ("node", hosts::run_node),
        ("native", |_| {
            Ok(format!("{} files as the crate gives them", bless::check()?))
        }),
    ];
    if what == "bench" {
        return measure::table(component);
    }
    let wanted: Vec<_> = hosts
        .iter()
        .filter(|(name, _)| what == "all" || what == *name)
        .collect();
    ensure!(!wanted.is_empty(), "{USAGE}");
    let passes = |name: &str, host_run: HostRun| {
        let since = Instant::now();
        let result = host_run(component);
        let took = since.elapsed().as_secs_f64();
        match &result {
            Ok(line) => println!("ok      {name:<11} {line} ({took:.1} s)"),
            Err(why) => println!("failed  {name:<11} {why:#}"),
        }
        result.is_ok()
    };
    let failed: Vec<&str> = thread::scope(|scope| {
        let start = |(name, run): &(&'static str, HostRun)| {
            let (name, run) = (*name, *run);
            (name, scope.spawn(move || passes(name, run)))
        };
        let running: Vec<_> = wanted.into_iter().map(start).collect();
        let mut ended = running.into_iter().map(|(name, host)| (name, host.join()));
        let failed = ended
            .by_ref()
            .filter(|(_, ended)| !matches!(ended, Ok(true)));
        failed.map(|(name, _)| name).collect()
    });
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

type HostRun = fn(&Path) -> Result<String>;

fn rust_host(_: &Path) -> Result<String> {
    let host = rust::Host::new()?;
    let files: Vec<_> = vectors::load()?.into_iter().map(|(_, file)| file).collect();
    Ok(format!("{} calls", rust::run(&host, &files)?))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_match_the_crate() {
        super::bless::check().unwrap();
    }

    #[test]
    fn the_guide_shows_the_examples_that_are_run() {
        super::examples::check().unwrap();
    }
}
