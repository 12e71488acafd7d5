//! Reading arguments and environment.

use super::table::{PREFIX, switches, variable};
use super::values::Values;
use super::{Service, Switches};
use crate::environment::Environment;

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
/// The first thing that is not understood. A misspelt variable is refused like a misspelt flag: a fault that is silently
/// off would make a test pass for nothing.
pub(crate) fn parse(
    mut args: impl Iterator<Item = String>,
    environment: &Environment,
) -> Result<Mode, String> {
    let unknown = |name: &str| format!("there is no switch `{name}`; see --help");
    let stray = |word: &str| format!("`{word}` has no meaning here; see --help");
    let mut values = Values::default();
    for (key, value) in &environment.0 {
        let key = key.to_string_lossy();
        if !key.starts_with(PREFIX) {
            continue;
        }
        let known = switches().find(|(name, _)| variable(name) == key);
        let (name, _) = known.ok_or_else(|| unknown(&key))?;
        // As if unset, so that a variable can be switched off without being removed.
        if !value.is_empty() {
            values.0.insert(name, value.to_string_lossy().into_owned());
        }
    }

    let (mut listener, mut operand, mut first) = (false, None, true);
    while let Some(argument) = args.next() {
        match (argument.as_str(), argument.strip_prefix("--")) {
            ("--help" | "-h", _) => return Ok(Mode::Help),
            ("--version" | "-v", _) => return Ok(Mode::Version),
            ("listener", _) if first => listener = true,
            (word, Some(flag)) => {
                let (flag, inline) = match flag.split_once('=') {
                    Some((flag, value)) => (flag, Some(value.to_owned())),
                    None => (flag, None),
                };
                let known = switches().find(|(name, _)| *name == flag);
                let (name, has_value) = known.ok_or_else(|| unknown(word))?;
                let value = match inline {
                    Some(value) => Some(value),
                    None if has_value => args.next(),
                    None => Some("1".to_owned()),
                };
                let value = value.ok_or_else(|| format!("`--{name}` needs a value; see --help"))?;
                values.0.insert(name, value);
            }
            (word, None) if operand.is_none() => operand = Some(word.to_owned()),
            (word, None) => return Err(stray(word)),
        }
        first = false;
    }

    let switches = values.typed(operand)?;
    match &switches.operand {
        Some(word) if listener || switches.service != Service::OpenAi => Err(stray(word)),
        _ if listener => Ok(Mode::Listener(switches)),
        _ => Ok(Mode::Proxy(switches)),
    }
}
