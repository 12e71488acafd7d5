//! A fake of the local Claude proxy: demonstrations and tests without a login, never production.
//!
//! It answers as Meridian 1.43 does (routes, JSON shapes, access key, start-up lines, exit codes), names no model
//! provider and contacts nothing. Every way in which the real proxy fails can be switched on by a flag or by an
//! environment variable; `README.md` beside this crate lists them, and so does `--help`.
//!
//! Three things can be run: the proxy (default), the other local proxy with its OpenAI dialect
//! (`--service openai`), and `listener`, which stands for everything outside and records what reaches it.
//!
//! There is one thread a connection and no async runtime, so that the program starts at once and a program that
//! embeds it pays little.

mod address;
pub mod api;
mod chat;
mod faults;
mod http;
mod meridian;
mod openai;
mod outside;
mod proxy;
mod requests;
mod server;
mod switches;
mod wrapper;

use std::ffi::OsString;
use std::process::ExitCode;

use switches::{Mode, Switches};

/// Exit code for a switch that is unknown or has a value that is not accepted.
const EXIT_USAGE: u8 = 2;

/// Runs the fake proxy with the given arguments (the program's name left out) and this process's environment.
///
/// Returns when the server could not start or was told to end; a server that runs does so until the process is
/// ended. The exit code is the one that the real proxy gives in the same situation: 1 for a port in use, and 0 for
/// an unusable port or address. It is 2 for a switch that is not understood.
///
/// A server installs handlers for `SIGUSR1` (stop answering) and, where a switch asks for it, `SIGTERM` and
/// `SIGINT`, and a fault may end the process: do not run it inside a process that has other work.
pub fn main(args: impl Iterator<Item = String>) -> ExitCode {
    let environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let switches = match switches::parse(args, &environment) {
        Ok(Mode::Help) => {
            faults::say(&switches::help());
            return ExitCode::SUCCESS;
        }
        Ok(Mode::Version) => {
            faults::say(meridian::VERSION);
            return ExitCode::SUCCESS;
        }
        Ok(Mode::Listener(switches)) => return outside::run(&switches),
        Ok(Mode::Proxy(switches)) => switches,
        Err(error) => {
            faults::complain(&format!("fake-proxy: {error}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    if let Some(shape) = switches.wrapper
        && !wrapper::is_wrapped(&environment)
    {
        return wrapper::run(shape, &switches);
    }
    serve(switches, &environment)
}

/// Becomes the server process itself.
fn serve(switches: Switches, environment: &[(OsString, OsString)]) -> ExitCode {
    wrapper::leave_session_if_told(environment);
    if let Some(code) = faults::before_listening(&switches) {
        return ExitCode::from(code);
    }
    proxy::run(switches, environment)
}
