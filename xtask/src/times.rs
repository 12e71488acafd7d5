//! Remembers how long each command took (`target/xtask-times.json`). It is only printed, so errors of reading and
//! writing are ignored.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use harness::places;

/// A command that took less had nothing to do, or is not worth a line.
const SHORTEST: Duration = Duration::from_secs(2);

fn file() -> PathBuf {
    places::target().join("xtask-times.json")
}

fn read() -> BTreeMap<String, u64> {
    fs::read(file())
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Seconds that this command took; none where it was never seen.
pub(crate) fn last(line: &str) -> Option<u64> {
    read().remove(line)
}

/// Keeps how long a command took.
pub(crate) fn remember(line: &str, took: Duration) {
    if took < SHORTEST {
        return;
    }
    let mut all = read();
    all.insert(line.to_owned(), took.as_secs());
    if let Ok(text) = serde_json::to_vec_pretty(&all) {
        fs::write(file(), text).ok();
    }
}
