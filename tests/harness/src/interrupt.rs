//! Cleans up on Ctrl-C: the homes in use are known here, and their processes and folders are removed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, ensure};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::processes;

static HOMES: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static LISTENING: Once = Once::new();

/// Remembers a home until [`unregister`], and from now on cleans up when a signal ends this program.
///
/// # Errors
/// If signals cannot be listened to.
pub(crate) fn register(home: &Path) -> Result<()> {
    let mut listening = Ok(());
    LISTENING.call_once(|| listening = listen());
    listening.context("cannot listen to signals")?;
    HOMES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(home.to_owned());
    Ok(())
}

/// This home was cleaned up.
pub(crate) fn unregister(home: &Path) {
    HOMES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(home);
}

/// Nothing new may be started while this program is being ended.
///
/// # Errors
/// If it is.
pub(crate) fn ensure_not_interrupted() -> Result<()> {
    ensure!(!INTERRUPTED.load(Ordering::SeqCst), "interrupted");
    Ok(())
}

fn listen() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            eprintln!("\ninterrupted: ending every process and removing the temporary home");
            let homes = HOMES.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for home in homes {
                // Whatever goes wrong here, the others are cleaned up too.
                processes::kill_all(&home).ok();
                fs::remove_dir_all(home).ok();
            }
            exit(128 + signal);
        }
    });
    Ok(())
}
