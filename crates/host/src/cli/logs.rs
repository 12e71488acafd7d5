//! The proxy's output, as the supervisor kept it: secrets replaced, control characters gone.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use claude_proxy_supervisor::capture::LogFile;
use serde_json::json;

use super::args::Logs;
use super::context::Context;
use super::control::next_without_supervisor;
use super::failure::{CommandError, FAILED, Failure, UNKNOWN};
use super::output;
use crate::component::types::Problem;

/// Most that is read from the end of a file, in bytes.
const MAX_TAIL_BYTES: u64 = 4 << 20;
const POLL_INTERVAL: Duration = Duration::from_millis(200);

pub(super) fn run(context: &Context, args: &Logs) -> Result<u8, CommandError> {
    let (mut component, settings, state) = context.load(args.proxy.port.as_deref())?;
    let path = state.log_path(settings.port);
    let older = LogFile::rotated(&path);
    let opened = File::open(&path).and_then(|mut file| Ok((tail(&mut file)?, file)));
    let (mut text, file) = match opened {
        Ok(opened) => opened,
        Err(why) => {
            let start = next_without_supervisor(&mut component, &settings)?;
            return Err(unreadable(&path, &why, start).into());
        }
    };
    drop(component);
    if text.lines().count() < args.lines {
        // What is missing is in the file before it, if there is one.
        let before = File::open(&older).and_then(|mut file| tail(&mut file));
        text.insert_str(0, &before.unwrap_or_default());
    }
    let all: Vec<&str> = text.lines().collect();
    let lines = all
        .get(all.len().saturating_sub(args.lines)..)
        .unwrap_or_default();
    if args.proxy.json {
        output::json(&json!({ "path": path.display().to_string(), "lines": lines }))?;
        return Ok(0);
    }
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    drop(out);
    if args.follow {
        follow(&path, file)?;
    }
    Ok(0)
}

fn unreadable(path: &Path, why: &io::Error, start: String) -> Failure {
    let missing = why.kind() == io::ErrorKind::NotFound;
    Failure::new(
        if missing { FAILED } else { UNKNOWN },
        "there is no log to show",
        Problem::new(
            if missing { "no-log" } else { "log-unreadable" },
            path.display().to_string(),
            why.to_string(),
            "the output of a proxy that was started from here",
            if missing {
                start
            } else {
                "Run this as the user whose Gateway it is.".to_owned()
            },
        ),
    )
}

/// The end of a file, which is left at what has been read; bytes that are no text are replaced.
fn tail(file: &mut File) -> io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(MAX_TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Prints what is added from where the file stands, so that nothing is lost between two reads, also
/// after the file was renamed away and begun anew, until interrupted.
fn follow(path: &Path, mut file: File) -> Result<(), CommandError> {
    loop {
        let grown = copy(&mut file)?;
        let here = file.metadata().map(|meta| meta.ino()).ok();
        let there = fs::metadata(path).map(|meta| meta.ino()).ok();
        if there.is_some()
            && here != there
            && let Ok(next) = File::open(path)
        {
            // Nothing is added to the old one any more, but something may have been since the last read.
            copy(&mut file)?;
            file = next;
        } else if !grown {
            #[expect(
                clippy::disallowed_methods,
                reason = "follows a file until it is told to end"
            )]
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}

fn copy(file: &mut File) -> Result<bool, CommandError> {
    let mut bytes = Vec::new();
    // What cannot be read now may be readable next time.
    let _ = file.read_to_end(&mut bytes);
    let mut out = io::stdout().lock();
    out.write_all(String::from_utf8_lossy(&bytes).as_bytes())?;
    out.flush()?;
    Ok(!bytes.is_empty())
}
