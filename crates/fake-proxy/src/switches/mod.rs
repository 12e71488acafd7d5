//! The switches: one table, from which flags, environment variables and the help text come.

mod kinds;
mod table;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::api::RefusalKind;
use crate::meridian::Ids;

pub(crate) use kinds::{BusyPort, Crash, Listing, Login, Oddity, Service, Wrapper};
use table::{PREFIX, SWITCHES, variable};
pub(crate) use table::{WRAPPED, help};
pub(crate) use values::SwitchError;
use values::Values;

/// The parsed switches; each field is explained in the table.
#[derive(Clone, Debug)]
pub(crate) struct Switches {
    pub(crate) port: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) requests: Option<PathBuf>,
    pub(crate) record_bodies: bool,
    pub(crate) service: Service,
    pub(crate) login: Login,
    pub(crate) no_key_check: bool,
    pub(crate) messages_status: Option<u16>,
    pub(crate) api_refusal: Option<RefusalKind>,
    pub(crate) ids: Ids,
    pub(crate) models: Listing,
    pub(crate) renewal_days: Option<u32>,
    pub(crate) slow_start: Duration,
    pub(crate) slow_health: Duration,
    pub(crate) slow_messages: Duration,
    pub(crate) say: Option<String>,
    pub(crate) exit_at_start: Option<u8>,
    pub(crate) crash_after: Option<Duration>,
    pub(crate) crash_on_request: Option<u64>,
    pub(crate) crash_on_chat: Option<u64>,
    pub(crate) crash_with: Crash,
    pub(crate) hang: bool,
    pub(crate) spin_on_dead_reader: bool,
    pub(crate) ignore_term: bool,
    pub(crate) wrapper: Option<Wrapper>,
    pub(crate) busy_port: BusyPort,
    pub(crate) flood_mb: u64,
    pub(crate) emit: Vec<Oddity>,
    /// The first argument that is no flag; only `--service openai` has a use for it.
    pub(crate) operand: Option<String>,
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Mode {
    /// Be the proxy.
    Proxy(Switches),
    /// Be everything outside.
    Listener(Switches),
    /// Print the help text.
    Help,
    /// Print the version of the proxy that is imitated.
    Version,
}

/// Reads the arguments and those variables of `environment` that start with [`PREFIX`].
///
/// # Errors
/// [`SwitchError`] for the first thing that is not understood. A misspelt variable is refused like a misspelt flag:
/// a fault that is silently off would make a test pass for nothing.
pub(crate) fn parse(
    args: impl Iterator<Item = String>,
    environment: &[(OsString, OsString)],
) -> Result<Mode, SwitchError> {
    let mut values = Values::default();
    for (key, value) in environment {
        let key = key.to_string_lossy();
        if key == WRAPPED || !key.starts_with(PREFIX) {
            continue;
        }
        let Some(known) = SWITCHES.iter().find(|known| variable(known.name) == key) else {
            return Err(SwitchError::Unknown(key.into_owned()));
        };
        // As if unset, so that a variable can be switched off without being removed.
        if !value.is_empty() {
            values
                .0
                .insert(known.name, value.to_string_lossy().into_owned());
        }
    }

    let mut listener = false;
    let mut operand = None;
    let mut args = args;
    let mut first = true;
    while let Some(argument) = args.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Mode::Help),
            "--version" | "-v" => return Ok(Mode::Version),
            "listener" if first => listener = true,
            word => {
                if let Some(flag) = word.strip_prefix("--") {
                    let (flag, inline) = match flag.split_once('=') {
                        Some((flag, value)) => (flag, Some(value.to_owned())),
                        None => (flag, None),
                    };
                    let Some(known) = SWITCHES.iter().find(|known| known.name == flag) else {
                        return Err(SwitchError::Unknown(word.to_owned()));
                    };
                    let value = match inline {
                        Some(value) => value,
                        None if known.value.is_empty() => "1".to_owned(),
                        None => args.next().ok_or(SwitchError::NoValue(known.name))?,
                    };
                    values.0.insert(known.name, value);
                } else if operand.is_none() {
                    operand = Some(word.to_owned());
                } else {
                    return Err(SwitchError::Stray(word.to_owned()));
                }
            }
        }
        first = false;
    }

    let switches = values.typed(operand)?;
    if let Some(word) = &switches.operand
        && (listener || switches.service != Service::OpenAi)
    {
        return Err(SwitchError::Stray(word.clone()));
    }
    Ok(if listener {
        Mode::Listener(switches)
    } else {
        Mode::Proxy(switches)
    })
}

#[cfg(test)]
mod tests;
