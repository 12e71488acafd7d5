//! Whenever the writer is killed, the configuration is the old one or the new one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use claude_proxy_host::store::{MOMENTS, Store};
use rustix::process::{Signal, getpid, kill_process};

const CONFIG: &str = "STORE_KILLED_CONFIG";
const STEP: &str = "STORE_KILLED_STEP";
const OLD: &str = "{ old: true }\n";
const NEW: &str = "{ new: true }\n";

/// Not a test of its own: the process that is killed.
#[test]
#[ignore = "started by the test below"]
fn writer() {
    let path = std::env::var_os(CONFIG).unwrap();
    let number: usize = std::env::var(STEP).unwrap().parse().unwrap();
    let store = Store::new(&|_| None).observed(move |moment| {
        if moment == MOMENTS[number] {
            kill_process(getpid(), Signal::KILL)?;
        }
        Ok(())
    });
    let document = store.read(Path::new(&path)).unwrap();
    let _ = store.replace(&document, NEW);
}

#[test]
fn the_file_is_the_old_one_or_the_new_one() {
    for existing in [true, false] {
        let mut seen_old = 0;
        let mut seen_new = 0;
        for (number, moment) in MOMENTS.iter().enumerate() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("openclaw.json");
            if existing {
                fs::write(&path, OLD).unwrap();
            }
            let ended = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "writer", "--ignored"])
                .env(CONFIG, &path)
                .env(STEP, number.to_string())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            assert_eq!(ended.signal(), Some(9), "{moment:?}");
            match fs::read_to_string(&path) {
                Ok(text) if text == NEW => seen_new += 1,
                Ok(text) if existing && text == OLD => seen_old += 1,
                Err(why) if !existing && why.kind() == io::ErrorKind::NotFound => seen_old += 1,
                other => panic!("{moment:?}: {other:?}"),
            }
            // The next writer gets through and clears up what the killed one left.
            let store = Store::new(&|_| None);
            let document = store.read(&path).unwrap();
            store.replace(&document, "{ next: true }\n").unwrap();
            let litter = fs::read_dir(dir.path())
                .unwrap()
                .filter(|entry| {
                    let name = entry.as_ref().unwrap().file_name();
                    name.to_string_lossy().ends_with(".tmp")
                })
                .count();
            assert_eq!(litter, 0, "{moment:?}");
        }
        assert!(seen_old >= 7 && seen_new >= 3, "{seen_old} {seen_new}");
    }
}
