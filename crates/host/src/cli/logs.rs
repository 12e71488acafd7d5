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
use super::control::without_supervisor;
use super::failure::{CANNOT_TELL, COULD_NOT, Failure, Halt};
use super::output;
use crate::component::types::Problem;

/// Most that is read from the end of a file, in bytes.
const MOST: u64 = 4 << 20;
/// Time between two looks at a file that is followed.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

pub(super) fn run(context: &Context, wanted: &Logs) -> Result<u8, Halt> {
    let (mut component, settings, state) = context.open(wanted.look.port.as_deref())?;
    let path = state.log_path(settings.port);
    let older = LogFile::rotated(&path);
    let opened = File::open(&path).and_then(|mut file| Ok((tail(&mut file)?, file)));
    let (mut text, file) = match opened {
        Ok(opened) => opened,
        Err(why) => {
            let start = without_supervisor(&mut component, &settings)?;
            return Err(unreadable(&path, &why, start).into());
        }
    };
    drop(component);
    if text.lines().count() < wanted.lines {
        // What is missing is in the file before it, if there is one.
        let before = File::open(&older).and_then(|mut file| tail(&mut file));
        text.insert_str(0, &before.unwrap_or_default());
    }
    let all: Vec<&str> = text.lines().collect();
    let lines = all
        .get(all.len().saturating_sub(wanted.lines)..)
        .unwrap_or_default();
    if wanted.look.json {
        output::json(&json!({ "path": path.display().to_string(), "lines": lines }))?;
        return Ok(0);
    }
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    drop(out);
    if wanted.follow {
        follow(&path, file)?;
    }
    Ok(0)
}

fn unreadable(path: &Path, why: &io::Error, start: String) -> Failure {
    let missing = why.kind() == io::ErrorKind::NotFound;
    Failure::new(
        if missing { COULD_NOT } else { CANNOT_TELL },
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
    file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Prints what is added from where the file stands, so that nothing is lost between the first look and the next, also
/// after the file was renamed away and begun anew, until interrupted.
fn follow(path: &Path, mut file: File) -> Result<(), Halt> {
    loop {
        let grown = copy(&mut file)?;
        let here = file.metadata().map(|meta| meta.ino()).ok();
        let there = fs::metadata(path).map(|meta| meta.ino()).ok();
        if there.is_some()
            && here != there
            && let Ok(next) = File::open(path)
        {
            // Nothing is added to the old one any more, but something may have been since the last look.
            copy(&mut file)?;
            file = next;
        } else if !grown {
            #[expect(
                clippy::disallowed_methods,
                reason = "follows a file until it is told to end"
            )]
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

/// Prints the rest of a file, and says whether there was any.
fn copy(file: &mut File) -> Result<bool, Halt> {
    let mut bytes = Vec::new();
    // What cannot be read now may be readable at the next look.
    let _ = file.read_to_end(&mut bytes);
    let mut out = io::stdout().lock();
    out.write_all(String::from_utf8_lossy(&bytes).as_bytes())?;
    out.flush()?;
    Ok(!bytes.is_empty())
}
