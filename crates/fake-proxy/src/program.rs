//! The program with all its switches.

use std::process::ExitCode;

use crate::environment::Environment;
use crate::output::{complain, say};
use crate::switches::Mode;
use crate::{EXIT_USAGE, faults, meridian, outside, proxy, switches};

/// Runs the fake proxy with the given arguments (the program's name left out) and this process's environment.
///
/// Returns when the server could not start or was told to end; a server that runs does so until the process is
/// ended. The exit code is the one that the real proxy gives in the same situation: 1 for a port in use, and 0 for
/// an unusable port or address. It is 2 for a switch that is not understood.
///
/// A server installs handlers for `SIGUSR1` (stop answering) and, where a switch asks for it, `SIGTERM` and
/// `SIGINT`, and a fault may end the process: do not run it inside a process that has other work.
pub fn main(args: impl Iterator<Item = String>) -> ExitCode {
    let environment = Environment::own();
    let switches = match switches::parse(args, &environment) {
        Ok(Mode::Help) => {
            say(switches::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Mode::Version) => {
            say(meridian::VERSION);
            return ExitCode::SUCCESS;
        }
        Ok(Mode::Listener(switches)) => return outside::run(&switches),
        Ok(Mode::Proxy(switches)) => switches,
        Err(error) => {
            complain(&format!("fake-proxy: {error}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    match faults::before_listening(&switches) {
        Some(code) => ExitCode::from(code),
        None => proxy::run(switches, &environment),
    }
}
