//! A server below a wrapper, as with `npx`, `bunx` and package scripts: signals to the wrapper do not reach it.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};

use crate::faults;
use crate::output::complain;
use crate::switches::{Switches, WRAPPED, Wrapper};

/// Starts this program again with the same arguments, and waits for it unless told to leave.
pub(crate) fn run(shape: Wrapper, switches: &Switches) -> ExitCode {
    match start(shape, switches) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&format!(
                "fake-proxy: cannot start the process below the wrapper: {error}"
            ));
            ExitCode::FAILURE
        }
    }
}

/// Whether this process is the one below the wrapper.
pub(crate) fn is_wrapped(environment: &[(OsString, OsString)]) -> bool {
    environment.iter().any(|(key, _)| key == WRAPPED)
}

/// In the process below the wrapper: leaves session and process group if the shape says so.
pub(crate) fn leave_session_if_told(environment: &[(OsString, OsString)]) {
    let leave = environment
        .iter()
        .any(|(key, value)| key == WRAPPED && value == LEAVE);
    // A process that leads its group cannot leave it; the one below a wrapper never does.
    if leave && let Err(error) = rustix::process::setsid() {
        complain(&format!("fake-proxy: cannot leave the session: {error}"));
    }
}

const LEAVE: &str = "leave";
const STAY: &str = "stay";

fn start(shape: Wrapper, switches: &Switches) -> std::io::Result<u8> {
    if switches.ignore_term {
        faults::ignore_term()?;
    }
    let told = match shape {
        Wrapper::Plain => STAY,
        Wrapper::Setsid | Wrapper::Daemon => LEAVE,
    };
    // All arguments of the process: where this is embedded, the first of them select the fake proxy.
    let mut command = Command::new(env::current_exe()?);
    let mut child = command
        .args(env::args_os().skip(1))
        .env(WRAPPED, told)
        .spawn()?;
    if shape == Wrapper::Daemon {
        return Ok(0);
    }
    let status = child.wait()?;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| signal + 128))
        .unwrap_or(1);
    Ok(u8::try_from(code).unwrap_or(1))
}
