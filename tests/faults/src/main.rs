//! `faults PROGRAM [--faults N] [--seed N] [--only store|driver]`: runs the real `claude-proxy` under a tracer that makes its system calls fail,
//! as a full disk, a signal, a short write, a lack of descriptors, processes or memory would, that kills it at any of
//! them, turns its clocks and holds it still. The program carries nothing for this.
//!
//! Two subjects. The *file store*: every system call of an edit is failed in every way that it can fail, one at a time,
//! then many at random; the configuration must be the old one or the new one, the old bytes must be in a backup, and the
//! next edit must go through. The *driver*: a supervised proxy in a storm of faults; when it calms down the proxy must be
//! ready again or be made so by one command, and after the end no process may be left.
//!
//! Ends with code 0 if nothing was lost and nothing stayed behind.

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod driver;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod fault;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod store;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tracer;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> ExitCode {
    eprintln!("faults: the tracer knows the registers of Linux on x86-64 only");
    ExitCode::from(2)
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("faults: {why:#}");
            ExitCode::from(2)
        }
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn run() -> anyhow::Result<bool> {
    use anyhow::Context as _;

    let mut arguments = std::env::args().skip(1);
    let usage = "usage: faults PROGRAM [--faults N] [--seed N] [--only store|driver]";
    let program = arguments.next().context(usage)?;
    let program = std::fs::canonicalize(&program).with_context(|| program.clone())?;
    let (mut wanted, mut seed, mut only) = (1_000_u64, 1_u64, None);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().context(usage)?;
        match (argument.as_str(), value.as_str()) {
            ("--faults", number) => wanted = number.parse().context(usage)?,
            ("--seed", number) => seed = number.parse().context(usage)?,
            ("--only", "store" | "driver") => only = Some(value),
            _ => anyhow::bail!("{usage}"),
        }
    }
    let mut tally = fault::Tally::default();
    // Half for each subject.
    match only.as_deref() {
        Some("store") => store::run(&program, wanted, seed, &mut tally)?,
        Some(_) => driver::run(&program, wanted, seed, &mut tally)?,
        None => {
            store::run(&program, wanted / 2, seed, &mut tally)?;
            driver::run(&program, wanted, seed, &mut tally)?;
        }
    }
    tally.show();
    Ok(tally.is_clean())
}
