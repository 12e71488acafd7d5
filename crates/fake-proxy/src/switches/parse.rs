//! Reading arguments and environment.

use std::ffi::OsString;

use super::table::{PREFIX, SWITCHES, variable};
use super::values::{SwitchError, Values};
use super::{Service, Switches};

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
        if !key.starts_with(PREFIX) {
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
