//! Which key is in use at a port: that of the file that the user named, else the generated one.

use std::path::PathBuf;

use claude_proxy_supervisor::Secret;

use super::failure::Failure;
use crate::component::types::{AccessKeyMode, Settings};
use crate::key_file;
use crate::state::StateDir;

/// The key and where it lies; `None` where keys are off, or none was generated yet.
pub(super) fn in_use(
    settings: &Settings,
    state: &StateDir,
    exit: u8,
) -> Result<Option<(Secret, PathBuf)>, Failure> {
    in_use_at(settings, settings.port, state, exit)
}

/// The same for a port that the settings may be about to have.
pub(super) fn in_use_at(
    settings: &Settings,
    port: u16,
    state: &StateDir,
    exit: u8,
) -> Result<Option<(Secret, PathBuf)>, Failure> {
    let path = place_at(settings, port, state);
    let key = match (settings.access_key, &settings.key_file) {
        (AccessKeyMode::Off, _) => None,
        (AccessKeyMode::Generated, Some(_)) => {
            Some(key_file::read(&path).map_err(|why| Failure::key_file(exit, &why))?)
        }
        (AccessKeyMode::Generated, None) => {
            state.key(port).map_err(|why| Failure::state(exit, &why))?
        }
    };
    Ok(key.map(|key| (Secret::new(key.expose()), path)))
}

/// Where the key lies, or would lie.
pub(super) fn place(settings: &Settings, state: &StateDir) -> PathBuf {
    place_at(settings, settings.port, state)
}

fn place_at(settings: &Settings, port: u16, state: &StateDir) -> PathBuf {
    let own = settings.key_file.as_ref().map(PathBuf::from);
    own.unwrap_or_else(|| state.key_path(port))
}
