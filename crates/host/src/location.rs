//! Where OpenClaw keeps its configuration and its state, as it finds them itself: blanks around a variable do not count,
//! an empty one is not set, `~` is OpenClaw's home, and a relative path starts at the working directory.
//!
//! The shim does the same (`openclaw/location.js`); both are held to one table of examples, `openclaw/tests/places.json`.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// Name of the configuration file inside the state directory.
pub const CONFIG_NAME: &str = "openclaw.json";
/// Name of this plugin's directory inside the state directory.
pub const STATE_NAME: &str = "claude-proxy";

/// Names of the file, the present one first.
const NAMES: [&str; 2] = [CONFIG_NAME, "clawdbot.json"];
/// Names of the state directory in the home, the present one first.
const FOLDERS: [&str; 2] = [".openclaw", ".clawdbot"];

/// Neither a flag nor the environment names the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "HOME is not set and there is no working directory, so OpenClaw's directory cannot be found"
)]
pub struct NoHome;

/// Reads a variable of the environment; injected, so that tests do not share one.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Where OpenClaw's files are, by its environment.
pub struct Locations<'a> {
    lookup: Lookup<'a>,
    /// Home of the user as the system has it, where `HOME` is not set.
    system_home: &'a dyn Fn() -> Option<PathBuf>,
    cwd: &'a dyn Fn() -> Option<PathBuf>,
    exists: &'a dyn Fn(&Path) -> bool,
}

impl<'a> Locations<'a> {
    /// Those that this environment leads to.
    pub fn new(lookup: Lookup<'a>) -> Self {
        Self {
            lookup,
            system_home: &std::env::home_dir,
            cwd: &|| std::env::current_dir().ok(),
            exists: &Path::exists,
        }
    }

    /// OpenClaw's state directory: `$OPENCLAW_STATE_DIR`, else `.openclaw` in its home, or the `.clawdbot` of old that is
    /// still there instead.
    ///
    /// # Errors
    /// [`NoHome`] where it is unknown.
    pub fn state_root(&self) -> Result<PathBuf, NoHome> {
        if let Some(named) = self.set("OPENCLAW_STATE_DIR") {
            return self.path(named);
        }
        let folders = self.home_folders()?;
        let there = folders.iter().find(|folder| (self.exists)(folder));
        let [present, _] = &folders;
        Ok(there.unwrap_or(present).clone())
    }

    /// The configuration file: `$OPENCLAW_CONFIG_PATH`, else `openclaw.json` in the state directory, or one under an old name
    /// that is there instead.
    ///
    /// # Errors
    /// [`NoHome`] where nothing names it.
    pub fn config_path(&self) -> Result<PathBuf, NoHome> {
        if let Some(named) = self.set("OPENCLAW_CONFIG_PATH") {
            return self.path(named);
        }
        let state = self.state_root()?;
        let mut folders = vec![state.clone()];
        if self.set("OPENCLAW_STATE_DIR").is_none() {
            folders.extend(self.home_folders()?);
        }
        let there = folders
            .iter()
            .flat_map(|folder| NAMES.map(|name| folder.join(name)))
            .find(|path| (self.exists)(path));
        Ok(there.unwrap_or_else(|| state.join(CONFIG_NAME)))
    }

    /// Folders that included files may lie in besides the configuration's own: `$OPENCLAW_INCLUDE_ROOTS`. An entry that
    /// leads nowhere is none.
    pub fn include_roots(&self) -> Vec<PathBuf> {
        let named = (self.lookup)("OPENCLAW_INCLUDE_ROOTS").unwrap_or_default();
        std::env::split_paths(&named)
            .filter_map(|entry| trimmed(entry.into_os_string()))
            .filter_map(|entry| self.path(entry).ok())
            .collect()
    }

    /// The Gateway's own `.env` file in the home, which OpenClaw reads unless its state lies elsewhere. Where there is no
    /// home there is none.
    pub(crate) fn gateway_environment(&self) -> Option<PathBuf> {
        Some(self.home().ok()?.join(".config/openclaw/gateway.env"))
    }

    /// The file of the stored speech choice that `$OPENCLAW_TTS_PREFS` names.
    pub(crate) fn speech_choice(&self) -> Option<PathBuf> {
        self.path(self.set("OPENCLAW_TTS_PREFS")?).ok()
    }

    fn home_folders(&self) -> Result<[PathBuf; 2], NoHome> {
        let home = self.home()?;
        Ok(FOLDERS.map(|name| home.join(name)))
    }

    fn set(&self, name: &str) -> Option<OsString> {
        (self.lookup)(name).and_then(trimmed)
    }

    /// As [`set`](Self::set), for a variable that holds a folder: what scripts write where they have none is none.
    fn folder(&self, name: &str) -> Option<OsString> {
        self.set(name)
            .filter(|value| value != "undefined" && value != "null")
    }

    /// A named path, absolute.
    fn path(&self, text: OsString) -> Result<PathBuf, NoHome> {
        match strip_tilde(&text) {
            Some(rest) => Ok(normalize(&self.home()?.join(rest))),
            None => self.absolute(Path::new(&text)),
        }
    }

    /// OpenClaw's home. Where there is none it takes the working directory.
    fn home(&self) -> Result<PathBuf, NoHome> {
        match self.folder("OPENCLAW_HOME") {
            None => self.absolute(&self.user_home().unwrap_or_default()),
            Some(own) => match (strip_tilde(&own), self.user_home()) {
                (None, _) => self.absolute(Path::new(&own)),
                (Some(rest), Some(home)) => self.absolute(&home.join(rest)),
                (Some(_), None) => self.absolute(Path::new("")),
            },
        }
    }

    fn user_home(&self) -> Option<PathBuf> {
        self.folder("HOME")
            .or_else(|| self.folder("USERPROFILE"))
            .map(PathBuf::from)
            .or_else(|| (self.system_home)().filter(|path| !path.as_os_str().is_empty()))
    }

    fn absolute(&self, path: &Path) -> Result<PathBuf, NoHome> {
        if path.is_absolute() {
            return Ok(normalize(path));
        }
        Ok(normalize(&(self.cwd)().ok_or(NoHome)?.join(path)))
    }
}

/// Without blanks around it; `None` where nothing is left. What is not Unicode is taken as it is.
fn trimmed(value: OsString) -> Option<OsString> {
    let value = match value.to_str() {
        Some(text) => OsString::from(text.trim()),
        None => value,
    };
    (!value.is_empty()).then_some(value)
}

/// What follows a `~` that stands for the home.
fn strip_tilde(text: &OsString) -> Option<&Path> {
    Path::new(text).strip_prefix("~").ok()
}

/// The folder of a configuration, absolute.
pub(crate) fn folder_of(config: &Path) -> PathBuf {
    let path = std::path::absolute(config).ok();
    let folder = path.and_then(|path| path.parent().map(Path::to_owned));
    folder.unwrap_or_else(|| PathBuf::from("/"))
}

/// Removes `.` and `..` by name only, as OpenClaw does.
pub(crate) fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn paths(value: &Value) -> Vec<PathBuf> {
        let all = value.as_array().into_iter().flatten();
        all.map(path).collect()
    }

    fn path(value: &Value) -> PathBuf {
        PathBuf::from(value.as_str().unwrap())
    }

    #[test]
    fn the_file_is_where_openclaw_and_the_shim_find_it() {
        let table = include_str!("../../../openclaw/tests/places.json");
        let table: Value = serde_json::from_str(table).unwrap();
        for place in table.as_array().unwrap() {
            let exists = paths(&place["exists"]);
            let locations = Locations {
                lookup: &|name| place["env"][name].as_str().map(OsString::from),
                system_home: &|| Some(PathBuf::from("/system")),
                cwd: &|| Some(PathBuf::from("/w")),
                exists: &|path| exists.iter().any(|known| known == path),
            };
            assert_eq!(
                locations.state_root().unwrap(),
                path(&place["state"]),
                "{place}"
            );
            assert_eq!(
                locations.config_path().unwrap(),
                path(&place["config"]),
                "{place}"
            );
            assert_eq!(locations.include_roots(), paths(&place["roots"]), "{place}");
        }
    }

    #[test]
    fn without_any_place_there_is_an_error() {
        let nowhere = Locations {
            lookup: &|_| None,
            system_home: &|| None,
            cwd: &|| None,
            exists: &|_| false,
        };
        assert_eq!(nowhere.config_path(), Err(NoHome));
    }
}
