//! Which processes run on this machine, read from `/proc`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// How long a killed process may take to be gone.
const GONE: Duration = Duration::from_secs(60);

/// A running process.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its program and arguments, a space between.
    pub command: String,
}

impl Process {
    /// Sends it a signal; one that is gone needs none.
    pub fn signal(&self, signal: Signal) {
        crate::processes::signal(self.pid, signal);
    }

    /// Whether it is still there, a zombie being gone.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        is_alive(self.pid)
    }
}

/// Whether a process is there and not a zombie.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    // The state is the first field after the name, which is in parentheses and may hold anything.
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| {
            stat.rsplit_once(") ")
                .map(|(_, rest)| !rest.starts_with('Z'))
        })
        .unwrap_or(false)
}

/// The processes that belong to a folder: they run in it, or it is in their arguments or their environment.
#[must_use]
pub fn of_folder(folder: &Path) -> Vec<Process> {
    let needle = folder.as_os_str().as_encoded_bytes();
    all()
        .filter(|(pid, entry)| {
            is_alive(*pid)
                && (fs::read_link(entry.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder))
                    || ["cmdline", "environ"].iter().any(|file| {
                        fs::read(entry.join(file)).is_ok_and(|text| contains(&text, needle))
                    }))
        })
        .map(|(pid, entry)| Process {
            pid,
            command: command_of(&entry),
        })
        .collect()
}

/// The processes that have this in their environment, as `NAME=value`.
#[must_use]
pub fn with_variable(variable: &str) -> Vec<u32> {
    let has = |entry: &Path| {
        fs::read(entry.join("environ")).is_ok_and(|text| {
            text.split(|byte| *byte == 0)
                .any(|one| one == variable.as_bytes())
        })
    };
    all()
        .filter(|(pid, entry)| has(entry) && is_alive(*pid))
        .map(|(pid, _)| pid)
        .collect()
}

/// Sends a signal to a process; one that is gone needs none.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        kill_process(pid, signal).ok();
    }
}

/// Kills every process that belongs to a folder.
///
/// # Errors
/// If one does not go away; they are named.
pub fn kill_all(folder: &Path) -> Result<()> {
    let gone = wait::until_true("every process of the home is gone", GONE, || {
        let left = of_folder(folder);
        for process in &left {
            process.signal(Signal::KILL);
        }
        Ok(left.is_empty())
    });
    gone.with_context(|| format!("{:?}", of_folder(folder)))
}

fn all() -> impl Iterator<Item = (u32, PathBuf)> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse::<u32>().ok()?,
                entry.path(),
            ))
        })
        .filter(|(pid, _)| *pid != std::process::id())
}

fn command_of(entry: &Path) -> String {
    let bytes = fs::read(entry.join("cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .trim_end_matches('\0')
        .replace('\0', " ")
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}
