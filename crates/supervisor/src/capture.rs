//! The program's output: read as fast as it comes, cleaned, kept in a bounded log file, and the last lines kept in
//! memory for the diagnosis. The program never waits for more than one write of ours.

pub(crate) mod clean;
mod file;
mod ring;

pub use clean::{Redaction, strip_controls};
pub use file::LogFile;

use clean::Cleaner;
use ring::Ring;
use rustix::fd::{AsFd, BorrowedFd};
use std::io::{self, PipeReader, PipeWriter, Read};

/// Read at most this much at once, in bytes.
const CHUNK: usize = 64 * 1024;
/// Chunks in a row before other work gets its turn.
const CHUNKS: usize = 8;
/// Wanted size of the pipe, in bytes: what the program may write while we do something else.
const PIPE: usize = 1024 * 1024;

/// Takes the output of every process that the supervisor starts, one after the other.
#[derive(Debug)]
pub struct Capture {
    read: PipeReader,
    write: PipeWriter,
    buffer: Vec<u8>,
    cleaner: Cleaner,
    ring: Ring,
    file: Option<LogFile>,
}

impl Capture {
    /// A capture into `file`, or into memory only.
    pub fn new(file: Option<LogFile>, redaction: Redaction) -> io::Result<Self> {
        let (read, write) = io::pipe()?;
        rustix::io::ioctl_fionbio(&read, true)?;
        #[cfg(target_os = "linux")]
        {
            // A smaller pipe works as well; the limit may be set lower for this user.
            let _ = rustix::pipe::fcntl_setpipe_size(&write, PIPE);
        }
        Ok(Self {
            read,
            write,
            buffer: Vec::new(),
            cleaner: Cleaner::new(redaction),
            ring: Ring::new(),
            file,
        })
    }

    /// What a new process writes to.
    pub fn writer(&self) -> io::Result<PipeWriter> {
        self.write.try_clone()
    }

    /// What to wait for.
    pub fn interest(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    /// Takes what is there.
    pub fn advance(&mut self) {
        for _ in 0..CHUNKS {
            if !self.take() {
                break;
            }
        }
    }

    /// Takes everything that was written before the call; for the moment after an end.
    pub fn drain(&mut self) {
        // Bounded by what fits into the pipe, so a survivor that keeps writing cannot hold us here.
        for _ in 0..=PIPE / CHUNK {
            if !self.take() {
                break;
            }
        }
        self.flush();
    }

    /// Keeps the unfinished line as it is.
    fn flush(&mut self) {
        let (file, ring) = (&mut self.file, &mut self.ring);
        self.cleaner
            .flush(&mut |text| store_output(file, ring, text));
    }

    fn take(&mut self) -> bool {
        self.buffer.resize(CHUNK, 0);
        loop {
            match self.read.read(&mut self.buffer) {
                Ok(0) => return false,
                Ok(n) => {
                    let (file, ring) = (&mut self.file, &mut self.ring);
                    let bytes = self.buffer.get(..n).unwrap_or_default();
                    self.cleaner
                        .feed(bytes, &mut |text| store_output(file, ring, text));
                    return n == CHUNK;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
    }

    /// Writes a line of the supervisor's own into the log file.
    pub fn note(&mut self, text: &str) {
        self.flush();
        if let Some(file) = &mut self.file {
            file.write(format!("[supervisor] {}\n", strip_controls(text)).as_bytes());
        }
    }

    /// Forgets the last lines; a new process begins.
    pub fn begin(&mut self) {
        self.ring.clear();
    }

    /// The last `count` lines, oldest first, secrets redacted and control characters stripped.
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        let mut lines = self.ring.lines();
        let partial = self.cleaner.partial();
        if !partial.is_empty() {
            lines.push(partial);
        }
        lines.split_off(lines.len().saturating_sub(count))
    }

    /// The last line that has ended: in one that has not, half a secret may stand.
    pub fn last_line(&self) -> Option<String> {
        self.ring.last_ended()
    }

    /// Why the log file is not written, if it is not.
    pub fn last_error(&self) -> Option<&str> {
        self.file.as_ref().and_then(LogFile::last_error)
    }
}

fn store_output(file: &mut Option<LogFile>, ring: &mut Ring, text: &[u8]) {
    if let Some(file) = file {
        file.write(text);
    }
    ring.push(text);
}
