//! The control socket: JSON lines over a Unix socket that only the same user may use.
//!
//! A request is one object on one line, `{"cmd":"status"}`; so is the answer. `watch` answers with the status and goes
//! on with one event a line until either side closes.

use rustix::fs::FlockOperation;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

const MAX_REQUEST: usize = 4096;
const MAX_CLIENTS: usize = 16;
/// Most bytes that wait for a slow reader before it is dropped.
const MAX_BACKLOG: usize = 256 * 1024;
const MAX_ANSWER: u64 = 1024 * 1024;

/// What a client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cmd", rename_all = "kebab-case")]
pub enum Request {
    /// The status.
    Status,
    /// Stop the service; the supervisor stays.
    Stop,
    /// Start the service.
    Start,
    /// Start it anew, from any state.
    Restart,
    /// Stop the service and end the supervisor. Answered before it ends.
    Shutdown,
    /// The status, then every event.
    Watch,
    /// End after so many milliseconds unless another lease comes; for so long, do not end with the parent or with
    /// standard output. 0 ends the lease without ending the supervisor.
    Lease {
        /// Length in milliseconds.
        ms: u64,
        /// End with this process from now on, in place of the parent and of standard output.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<u32>,
    },
}

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No supervisor listens there, or it ended before it answered.
    #[error("no supervisor is running")]
    NotRunning,
    /// The socket belongs to another user, or is not a socket.
    #[error("the control socket belongs to another user")]
    NotOurs,
    /// No answer in time.
    #[error("the supervisor did not answer in time")]
    TimedOut,
    /// The supervisor refused; its message.
    #[error("the supervisor refused: {0}")]
    Refused(String),
    /// Anything else.
    #[error("the control socket failed: {0}")]
    Io(#[source] io::Error),
}

impl From<io::Error> for ControlError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // Closed without a response: it ended while the request was on its way.
            io::ErrorKind::NotFound
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe => Self::NotRunning,
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Io(error),
        }
    }
}

/// Sends one request and waits for its answer.
pub fn request(path: &Path, request: &Request, timeout: Duration) -> Result<Value, ControlError> {
    Ok(Client::open(path, request, timeout)?.0)
}

/// Sends `watch`; the status, and an iterator over the events that follow. It ends with the supervisor.
pub fn watch(path: &Path, timeout: Duration) -> Result<(Value, Client), ControlError> {
    let (status, client) = Client::open(path, &Request::Watch, timeout)?;
    client.reader.get_ref().set_read_timeout(None)?;
    Ok((status, client))
}

/// A connection that delivers events.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<UnixStream>,
}

impl Client {
    fn open(
        path: &Path,
        request: &Request,
        timeout: Duration,
    ) -> Result<(Value, Self), ControlError> {
        let meta = std::fs::symlink_metadata(path)?;
        if !meta.file_type().is_socket() || meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(ControlError::NotOurs);
        }
        let mut stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        let mut line = serde_json::to_vec(request).map_err(io::Error::from)?;
        line.push(b'\n');
        let written = stream.write_all(&line);
        let mut client = Self {
            reader: BufReader::new(stream),
        };
        let answer = client.read();
        // A server that takes no more connections may have closed this one by now; its response counts.
        if !matches!(answer, Ok(Some(_))) {
            written?;
        }
        match answer? {
            Some(Value::Object(answer)) if answer.contains_key("error") => {
                Err(ControlError::Refused(
                    answer
                        .get("error")
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned(),
                ))
            }
            Some(answer) => Ok((answer, client)),
            None => Err(ControlError::NotRunning),
        }
    }

    fn read(&mut self) -> Result<Option<Value>, ControlError> {
        let mut line = String::new();
        if (&mut self.reader).take(MAX_ANSWER).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&line).map_err(io::Error::from)?))
    }
}

impl Iterator for Client {
    type Item = Result<Value, ControlError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    listener: UnixListener,
    path: PathBuf,
    clients: Vec<Connection>,
    /// Held as long as we live; it goes with us, however we end.
    _lock: File,
}

#[derive(Debug)]
struct Connection {
    stream: UnixStream,
    input: Vec<u8>,
    output: Vec<u8>,
    watches: bool,
    done: bool,
}

impl Server {
    /// Listens at `path`. Its directory is made, mode 0700, if it is missing; a socket that a dead supervisor left is
    /// replaced. `None` where another supervisor of this socket is alive.
    pub(crate) fn bind(path: &Path) -> io::Result<Option<Self>> {
        if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(dir)?;
            let meta = std::fs::symlink_metadata(dir)?;
            if !meta.is_dir()
                || meta.uid() != rustix::process::geteuid().as_raw()
                || meta.mode() & 0o022 != 0
            {
                let text = format!(
                    "{} must be a directory that only its owner can change",
                    dir.display()
                );
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
            }
        }
        let Some(lock) = lock(path)? else {
            return Ok(None);
        };
        match std::fs::symlink_metadata(path) {
            Ok(meta) if meta.file_type().is_socket() => std::fs::remove_file(path)?,
            Ok(_) => {
                let text = format!("{} is not a socket", path.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
        let listener = UnixListener::bind(path);
        rustix::process::umask(before);
        let listener = listener?;
        listener.set_nonblocking(true)?;
        Ok(Some(Self {
            listener,
            path: path.to_owned(),
            clients: Vec::new(),
            _lock: lock,
        }))
    }

    /// Descriptors to wait for, and whether there is something to write.
    pub(crate) fn interests(&self) -> impl Iterator<Item = (rustix::fd::BorrowedFd<'_>, bool)> {
        use rustix::fd::AsFd;
        std::iter::once((self.listener.as_fd(), false)).chain(
            self.clients
                .iter()
                .map(|c| (c.stream.as_fd(), !c.output.is_empty())),
        )
    }

    /// Takes what came. `serve` turns a request into an answer, an object; whether a client watches is kept here.
    pub(crate) fn advance(&mut self, mut serve: impl FnMut(Request) -> Value) {
        // The rest waits for the next turn: endless connections must not block the loop.
        for _ in 0..MAX_CLIENTS {
            let Ok((stream, _)) = self.listener.accept() else {
                break;
            };
            if !same_user(&stream) || stream.set_nonblocking(true).is_err() {
                continue;
            }
            let mut connection = Connection::new(stream);
            if self.clients.len() < MAX_CLIENTS {
                self.clients.push(connection);
            } else {
                connection.push(&serde_json::json!({"error": "too many connections at once"}));
                connection.write();
            }
        }
        for connection in &mut self.clients {
            connection.advance(&mut serve);
        }
        self.clients.retain(|connection| !connection.done);
    }

    pub(crate) fn has_watchers(&self) -> bool {
        self.clients.iter().any(|connection| connection.watches)
    }

    pub(crate) fn publish(&mut self, event: &Value) {
        for connection in self
            .clients
            .iter_mut()
            .filter(|connection| connection.watches)
        {
            connection.push(event);
            connection.write();
        }
        self.clients.retain(|connection| !connection.done);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ours, since the lock is.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Connection {
    fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            input: Vec::new(),
            output: Vec::new(),
            watches: false,
            done: false,
        }
    }

    /// Takes what came, and answers it.
    fn advance(&mut self, serve: &mut impl FnMut(Request) -> Value) {
        self.read();
        while let Some(end) = memchr::memchr(b'\n', &self.input) {
            let line: Vec<u8> = self.input.drain(..=end).collect();
            let answer = match serde_json::from_slice::<Request>(&line) {
                Ok(request) => {
                    self.watches |= request == Request::Watch;
                    serve(request)
                }
                Err(error) => serde_json::json!({"error": format!("not a request: {error}")}),
            };
            self.push(&answer);
        }
        if self.input.len() > MAX_REQUEST {
            self.done = true;
        }
        self.write();
    }

    fn push(&mut self, value: &Value) {
        let mut line = value.to_string().into_bytes();
        line.push(b'\n');
        self.output.append(&mut line);
        if self.output.len() > MAX_BACKLOG {
            self.done = true;
        }
    }

    fn read(&mut self) {
        let mut bytes = [0; 1024];
        while self.input.len() <= MAX_REQUEST {
            match self.stream.read(&mut bytes) {
                Ok(0) => {
                    self.done = true;
                    return;
                }
                Ok(n) => self
                    .input
                    .extend_from_slice(bytes.get(..n).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.done |= error.kind() != io::ErrorKind::WouldBlock;
                    return;
                }
            }
        }
    }

    fn write(&mut self) {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(n) => {
                    self.output.drain(..n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.done |= error.kind() != io::ErrorKind::WouldBlock;
                    return;
                }
            }
        }
    }
}

/// The lock that makes this supervisor the only one of its socket; `None` where another has it. It is released by the kernel
/// when we end.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(PathBuf::from(name))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the other end is a process of our user, or of the administrator.
fn same_user(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    crate::sys::peer_user(stream).is_ok_and(|user| user == own || user == 0)
}

#[cfg(test)]
mod tests;
