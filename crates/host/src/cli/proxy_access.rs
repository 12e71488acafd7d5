//! The way to the proxy of these settings, for every command that asks it: a prober with its key, and where that key is.

use super::access_key;
use super::failure::{Failure, UNKNOWN};
use super::probe::Prober;
use crate::component::types;
use crate::state::StateDir;

/// A prober with the key of the port, where there is one.
pub(super) fn prober(settings: &types::Settings, state: &StateDir) -> Result<Prober, Failure> {
    let key = access_key::in_use(settings, settings.port, state, UNKNOWN)?;
    Prober::new(
        &settings.listen_address,
        settings.port,
        key.map(|(key, _)| key),
    )
}

/// The file with the access key, where one is in use.
pub(super) fn key_file(settings: &types::Settings, state: &StateDir) -> Option<String> {
    let path = access_key::path(settings, settings.port, state);
    (settings.access_key == types::AccessKeyMode::Generated && path.exists())
        .then(|| path.display().to_string())
}
