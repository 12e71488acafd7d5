//! Which key is in use at a port: that of the file that the user named, else the generated one.

use std::path::PathBuf;

use claude_proxy_supervisor::SecretString;

use super::failure::Failure;
use crate::component::types::{AccessKeyMode, Settings};
use crate::key_file;
use crate::state::StateDir;

/// The key of a port and where it lies; `None` where keys are off, or none was generated yet.
pub(super) fn in_use(
    settings: &Settings,
    port: u16,
    state: &StateDir,
    exit: u8,
) -> Result<Option<(SecretString, PathBuf)>, Failure> {
    let path = path(settings, port, state);
    let key = match (settings.access_key, &settings.key_file) {
        (AccessKeyMode::Off, _) => None,
        (AccessKeyMode::Generated, Some(_)) => {
            Some(key_file::read(&path).map_err(|why| Failure::key_file(exit, &why))?)
        }
        (AccessKeyMode::Generated, None) => {
            state.key(port).map_err(|why| Failure::state(exit, &why))?
        }
    };
    Ok(key.map(|key| (key, path)))
}

/// Where the key of a port lies, or would lie.
pub(super) fn path(settings: &Settings, port: u16, state: &StateDir) -> PathBuf {
    let own = settings.key_file.as_ref().map(PathBuf::from);
    own.unwrap_or_else(|| state.key_path(port))
}

/// The file with the access key, where one is in use.
pub(super) fn existing(settings: &Settings, state: &StateDir) -> Option<String> {
    let path = path(settings, settings.port, state);
    (settings.access_key == AccessKeyMode::Generated && path.exists())
        .then(|| path.display().to_string())
}
