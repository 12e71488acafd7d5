//! Runs the conformance vectors in every host that is at hand. `tests/conformance/README.md` says what they are.

mod bless;
mod filter;
mod hosts;
mod native;
mod rust;
mod vectors;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

const USAGE: &str = "usage: conformance [all | bless | native | rust | node | python | filter | jco] [COMPONENT]
without COMPONENT: $CLAUDE_PROXY_COMPONENT, else it is built";

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
    let mut words = env::args().skip(1);
    let what = words.next().unwrap_or_else(|| "all".to_owned());
    let given = words.next().map(PathBuf::from);
    ensure!(words.next().is_none(), "{USAGE}");
    if what == "bless" {
        for path in bless::write()? {
            println!("wrote {}", path.display());
        }
        return Ok(());
    }
    let component = match given.or_else(|| env::var_os("CLAUDE_PROXY_COMPONENT").map(PathBuf::from)) {
        Some(path) => path,
        None => build()?,
    };
    let component = component.as_path();
    let hosts: &[(&str, Step)] = &[
        ("native", |_| Ok(format!("{} files as the crate gives them", bless::check()?))),
        ("rust", rust_host),
        ("node", hosts::run_node),
        ("python", hosts::run_python),
        ("filter", hosts::run_filter),
        ("jco", hosts::run_jco),
    ];
    let mut failed = Vec::new();
    let mut ran = 0;
    for (name, step) in hosts.iter().filter(|(name, _)| what == "all" || what == *name) {
        let since = Instant::now();
        ran += 1;
        match step(component) {
            Ok(said) => println!("ok      {name:<8} {said} ({:.1} s)", since.elapsed().as_secs_f64()),
            Err(why) => {
                println!("failed  {name:<8} {why:#}");
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

/// Builds the component.
fn build() -> Result<PathBuf> {
    let target = hosts::scratch().join("component");
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(vectors::folder())
        .args(["build", "--quiet", "--locked", "--package", "claude-proxy-plugin"])
        .args(["--target", "wasm32-wasip2", "--profile", "component", "--target-dir"])
        .arg(&target)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "the component does not build: {status}");
    Ok(target.join("wasm32-wasip2/component/claude_proxy_plugin.wasm"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_are_what_the_crate_gives() {
        super::bless::check().unwrap();
    }
}
