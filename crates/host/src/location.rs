//! Where OpenClaw keeps its configuration and its state.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Name of the configuration file inside the state directory.
pub const CONFIG_NAME: &str = "openclaw.json";
/// Name of this plugin's directory inside the state directory.
pub const STATE_NAME: &str = "claude-proxy";

/// Neither a flag nor the environment says where the configuration is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoHome;

impl std::fmt::Display for NoHome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HOME is not set, so OpenClaw's directory cannot be found")
    }
}

impl std::error::Error for NoHome {}

/// Reads a variable of the environment; injected, so that tests do not share one.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The process's own environment.
pub fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// OpenClaw's state directory: `$OPENCLAW_STATE_DIR`, else `~/.openclaw`.
///
/// # Errors
/// [`NoHome`] where neither is known.
pub fn state_root(lookup: Lookup<'_>) -> Result<PathBuf, NoHome> {
    match set(lookup, "OPENCLAW_STATE_DIR") {
        Some(path) => expand(path, lookup),
        None => Ok(home(lookup)?.join(".openclaw")),
    }
}

/// The configuration file: the flag, else `$OPENCLAW_CONFIG_PATH`, else `openclaw.json` in the state directory.
///
/// # Errors
/// [`NoHome`] where nothing names it.
pub fn config_path(flag: Option<&Path>, lookup: Lookup<'_>) -> Result<PathBuf, NoHome> {
    if let Some(path) = flag {
        return Ok(path.to_owned());
    }
    match set(lookup, "OPENCLAW_CONFIG_PATH") {
        Some(path) => expand(path, lookup),
        None => Ok(state_root(lookup)?.join(CONFIG_NAME)),
    }
}

fn set(lookup: Lookup<'_>, name: &str) -> Option<PathBuf> {
    lookup(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn home(lookup: Lookup<'_>) -> Result<PathBuf, NoHome> {
    set(lookup, "HOME").ok_or(NoHome)
}

/// OpenClaw expands a leading `~` in these variables itself.
fn expand(path: PathBuf, lookup: Lookup<'_>) -> Result<PathBuf, NoHome> {
    match path.strip_prefix("~") {
        Ok(rest) => Ok(home(lookup)?.join(rest)),
        Err(_) => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        }
    }

    #[test]
    fn the_more_specific_one_wins() {
        let all = with(&[
            ("HOME", "/h"),
            ("OPENCLAW_STATE_DIR", "/s"),
            ("OPENCLAW_CONFIG_PATH", "/c.json"),
        ]);
        assert_eq!(
            config_path(Some(Path::new("f.json")), &all).unwrap(),
            Path::new("f.json")
        );
        assert_eq!(config_path(None, &all).unwrap(), Path::new("/c.json"));
        let state = with(&[("HOME", "/h"), ("OPENCLAW_STATE_DIR", "~/s")]);
        assert_eq!(
            config_path(None, &state).unwrap(),
            Path::new("/h/s/openclaw.json")
        );
        let home = with(&[("HOME", "/h"), ("OPENCLAW_STATE_DIR", "")]);
        assert_eq!(
            config_path(None, &home).unwrap(),
            Path::new("/h/.openclaw/openclaw.json")
        );
        assert_eq!(config_path(None, &with(&[])), Err(NoHome));
    }
}
