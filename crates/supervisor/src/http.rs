//! A bounded HTTP/1.1 client for health probes: one request, one response, close. No redirects, no proxy variables, no name
//! lookups, a deadline and a limit on every byte that is read. [`Exchange`] never blocks, reads a little at a time, and is
//! driven by a poll loop; [`send`] wraps it for callers that may wait.

pub(crate) mod response;

use crate::clock::{Instant, timeout};
use response::ResponseReader;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SocketType};
use secrecy::{ExposeSecret as _, SecretString};
use std::net::{SocketAddr, TcpStream};

const CHUNK: usize = 4096;
/// Reads in a row before [`Exchange::advance`] returns to its caller.
const CHUNKS: usize = 8;

/// What became of a request to which no byte came back.
pub(crate) const NO_ANSWER: &str = "closed without an answer";

/// One request: no redirects, no proxy variables, one response.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Path on the server's address.
    pub path: &'a str,
    /// Extra request headers.
    pub headers: &'a [(String, String)],
    /// What is sent with it, as POST; without it, it is GET.
    pub body: Option<&'a str>,
    /// Send the access key, in `x-api-key` and as a bearer in `authorization`.
    pub with_key: bool,
    /// Give up after this many milliseconds.
    pub timeout_ms: u32,
    /// Read at most this many bytes of the body.
    pub max_body: u32,
}

/// What became of a request.
pub type HttpResult = Result<Reply, NoReply>;

/// Why a request has no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReply {
    /// Nobody listens.
    Refused,
    /// No complete reply in time.
    TimedOut,
    /// Bytes that are not HTTP; their printable beginning.
    NotHttp(String),
    /// A TLS record on a plain port.
    Tls,
    /// Any other transport error, as text for people.
    Failed(String),
}

/// A complete HTTP response, cut to the request's limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as text, invalid UTF-8 replaced.
    pub body: String,
}

/// What came back for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The reply, or why there is none.
    pub result: HttpResult,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u32,
}

/// One request on its own connection.
#[derive(Debug)]
pub struct Exchange {
    stream: Option<TcpStream>,
    request: Vec<u8>,
    sent: usize,
    response: ResponseReader,
    started: Instant,
    deadline: Instant,
    /// An result that was known before anything was sent.
    settled: Option<HttpResult>,
    addr: SocketAddr,
    /// Keep the connection for the next request, if the server does.
    keep: bool,
    /// The connection was used before, so the server may have closed it meanwhile.
    reused: bool,
}

impl Exchange {
    /// Connects to `addr` and sends what can be sent at once. `host` makes the `Host` header; `key` is sent
    /// only when the request asks for it.
    pub fn start(
        addr: SocketAddr,
        host: &str,
        request: &Request<'_>,
        key: Option<&SecretString>,
    ) -> Self {
        Self::begin(addr, host, request, key, false, None)
    }

    /// The same on a connection that is kept from one request to the next: `idle` is what [`Exchange::take_idle`] gave.
    /// It costs half of a new connection, which matters for a liveness probe every second.
    pub fn resume(
        addr: SocketAddr,
        host: &str,
        request: &Request<'_>,
        key: Option<&SecretString>,
        idle: Option<TcpStream>,
    ) -> Self {
        Self::begin(addr, host, request, key, true, idle)
    }

    fn begin(
        addr: SocketAddr,
        host: &str,
        request: &Request<'_>,
        key: Option<&SecretString>,
        keep: bool,
        idle: Option<TcpStream>,
    ) -> Self {
        let started = Instant::now();
        let mut exchange = Self {
            reused: idle.is_some(),
            stream: idle,
            request: Vec::new(),
            sent: 0,
            response: ResponseReader::new(usize::try_from(request.max_body).unwrap_or(usize::MAX)),
            started,
            deadline: started.plus_ms(u64::from(request.timeout_ms.max(1))),
            settled: None,
            addr,
            keep,
        };
        match encode(host, addr.port(), request, key, keep) {
            Ok(bytes) => exchange.request = bytes,
            Err(text) => {
                exchange.stream = None;
                exchange.settled = Some(Err(NoReply::Failed(text)));
                return exchange;
            }
        }
        if exchange.stream.is_none() {
            exchange.connect();
        }
        if exchange.settled.is_none() {
            exchange.settled = exchange.send();
        }
        exchange
    }

    /// A new connection, with nothing sent on it yet.
    fn connect(&mut self) {
        self.stream = None;
        self.sent = 0;
        self.reused = false;
        match connect(self.addr) {
            Ok(stream) => self.stream = Some(stream),
            Err(error) => self.settled = Some(failed(error)),
        }
    }

    /// The connection, once the result is known, if it can carry another request.
    pub fn take_idle(&mut self) -> Option<TcpStream> {
        self.stream.take()
    }

    /// When to give up.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What to wait for; `None` when [`Exchange::advance`] has the result already.
    pub fn interest(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let stream = self.stream.as_ref()?;
        if self.settled.is_some() {
            return None;
        }
        let flags = if self.sent < self.request.len() {
            PollFlags::OUT
        } else {
            PollFlags::IN
        };
        Some((stream.as_fd(), flags))
    }

    /// Goes on as far as it can without blocking; `Some` once the result is known.
    pub fn advance(&mut self) -> Option<Completion> {
        let result = match self.settled.take() {
            Some(result) => Some(result),
            None => self.step(),
        };
        let now = Instant::now();
        let result = result.or_else(|| (now >= self.deadline).then_some(Err(NoReply::TimedOut)))?;
        if !(self.keep && self.response.is_reusable()) {
            self.stream = None;
        }
        Some(Completion {
            result,
            elapsed_ms: u32::try_from(now.since_ms(self.started)).unwrap_or(u32::MAX),
        })
    }

    /// Sends what the connection takes; `Some` when it failed.
    fn send(&mut self) -> Option<HttpResult> {
        let stream = self.stream.as_ref()?;
        while let Some(rest) = self
            .request
            .get(self.sent..)
            .filter(|rest| !rest.is_empty())
        {
            match crate::sys::send(stream, rest) {
                Ok(n) => self.sent += n,
                Err(Errno::AGAIN | Errno::NOTCONN) => return None,
                Err(Errno::INTR) => {}
                // Shows again, as its end, when the answer is read.
                Err(_) if self.reused => return None,
                Err(error) => return Some(failed(error)),
            }
        }
        None
    }

    /// Reads no more than [`CHUNKS`] times: a server that sends faster than it is read would never leave us otherwise.
    fn step(&mut self) -> Option<HttpResult> {
        if let Some(result) = self.send() {
            return Some(result);
        }
        for _ in 0..CHUNKS {
            let mut chunk = [0; CHUNK];
            let stream = self.stream.as_ref()?;
            let end = match rustix::net::recv(stream, &mut chunk, RecvFlags::empty()) {
                Ok((_, 0)) => Err(NoReply::Failed(NO_ANSWER.to_owned())),
                Ok((_, n)) => {
                    let result = self.response.feed(chunk.get(..n).unwrap_or_default());
                    if result.is_some() {
                        return result;
                    }
                    continue;
                }
                Err(Errno::AGAIN | Errno::NOTCONN) => return None,
                Err(Errno::INTR) => continue,
                Err(error) => failed(error),
            };
            if self.reused && self.response.is_empty() {
                // The server had closed the idle connection, as servers may.
                self.connect();
                return self.settled.take().or_else(|| self.send());
            }
            // A server that answers and resets has answered.
            return Some(self.response.end().unwrap_or(end));
        }
        None
    }
}

/// Nothing can be sent or read yet, perhaps because the connection is still being made.
fn failed(error: Errno) -> HttpResult {
    match error {
        Errno::CONNREFUSED => Err(NoReply::Refused),
        _ => Err(NoReply::Failed(error.to_string())),
    }
}

fn encode(
    host: &str,
    port: u16,
    request: &Request<'_>,
    key: Option<&SecretString>,
    keep_alive: bool,
) -> Result<Vec<u8>, String> {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let connection = if keep_alive { "keep-alive" } else { "close" };
    let method = request.body.map_or("GET", |_| "POST");
    let mut text = format!(
        "{method} {} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: {connection}\r\n",
        request.path
    );
    if let Some(body) = request.body {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    if request.path.bytes().any(|b| b <= b' ' || b == 0x7f) || !request.path.starts_with('/') {
        return Err("the path of the request is not a path".to_owned());
    }
    // Servers read one header or the other.
    let key = key
        .filter(|_| request.with_key)
        .map(SecretString::expose_secret);
    let bearer = key.map(|key| format!("Bearer {key}"));
    let key = key.map(|key| ("x-api-key", key));
    let bearer = bearer.as_deref().map(|value| ("authorization", value));
    let fields = request
        .headers
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()));
    for (name, value) in fields.chain(key).chain(bearer) {
        let bad = |c: char| c.is_control();
        if name.is_empty()
            || name.contains(|c: char| bad(c) || c == ':' || c == ' ')
            || value.contains(bad)
        {
            return Err(format!("header {name:?} cannot be sent"));
        }
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(request.body.unwrap_or_default());
    Ok(text.into_bytes())
}

/// A non-blocking connection that is under way or made.
///
/// Bare system calls, since `io::Error` and the code around it would stay in memory for the liveness probe: 250 KB.
pub(crate) fn connect(addr: SocketAddr) -> Result<TcpStream, Errno> {
    let family = match addr {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = crate::sys::socket(family, SocketType::STREAM)?;
    match rustix::net::connect(&socket, &addr) {
        Ok(()) => {}
        // On loopback the handshake is over when the call returns, with its result in the socket's error.
        Err(Errno::INPROGRESS) => rustix::net::sockopt::socket_error(&socket)??,
        Err(error) => return Err(error),
    }
    Ok(socket.into())
}

/// Sends one request and waits for its result, no longer than it allows.
pub fn send(
    addr: SocketAddr,
    host: &str,
    request: &Request<'_>,
    key: Option<&SecretString>,
) -> Completion {
    let mut exchange = Exchange::start(addr, host, request, key);
    loop {
        if let Some(seen) = exchange.advance() {
            return seen;
        }
        let left = exchange.deadline().since_ns(Instant::now());
        let interest = exchange.interest().into_iter();
        let mut fds: Vec<_> = interest
            .map(|(fd, flags)| PollFd::from_borrowed_fd(fd, flags))
            .collect();
        // An error here shows again, as a result, in the next step.
        let _ = poll(&mut fds, Some(&timeout(left)));
    }
}

#[cfg(test)]
mod tests;
