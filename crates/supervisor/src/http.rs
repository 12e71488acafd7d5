//! A bounded HTTP/1.1 client for health probes: GET, one response, close. No redirects, no proxy variables, no name
//! lookups, a deadline and a limit on every byte that is read. [`Exchange`] never blocks and is driven by a poll loop;
//! [`fetch`] wraps it for callers that may wait.

use crate::clock::Instant;
use crate::health::{Observation, Outcome, Probe, Response};
use crate::spec::Secret;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SocketType};
use std::net::SocketAddr;

/// Longest response head that is read, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// Most header fields that are read.
const MAX_HEADERS: usize = 64;
/// Longest excerpt of an answer that is not HTTP, in characters.
const EXCERPT: usize = 80;

/// One request on its own connection.
#[derive(Debug)]
pub struct Exchange {
    id: String,
    fd: Option<OwnedFd>,
    request: Vec<u8>,
    sent: usize,
    received: Vec<u8>,
    max_body: usize,
    started: Instant,
    deadline: Instant,
    /// An outcome that was known before anything was sent.
    settled: Option<Outcome>,
    addr: SocketAddr,
    /// Keep the connection for the next question, if the server does.
    keep: bool,
    /// The connection was used before, so the server may have closed it meanwhile.
    reused: bool,
}

impl Exchange {
    /// Connects to `addr` and sends what can be sent at once. `host` and `port` make the `Host` header; `key` is sent
    /// only when the probe asks for it.
    pub fn start(
        addr: SocketAddr,
        host: &str,
        port: u16,
        probe: &Probe,
        key: Option<&Secret>,
    ) -> Self {
        let request = request(host, port, probe, key, false);
        Self::begin(addr, probe, request, false, None)
    }

    /// The same on a connection that is kept from one question to the next: `idle` is what [`Exchange::take_idle`] gave.
    /// It costs half of a new connection, which is what a sign of life every second is about.
    pub fn resume(
        addr: SocketAddr,
        host: &str,
        port: u16,
        probe: &Probe,
        key: Option<&Secret>,
        idle: Option<OwnedFd>,
    ) -> Self {
        let request = request(host, port, probe, key, true);
        Self::begin(addr, probe, request, true, idle)
    }

    fn begin(
        addr: SocketAddr,
        probe: &Probe,
        request: Result<Vec<u8>, String>,
        keep: bool,
        idle: Option<OwnedFd>,
    ) -> Self {
        let started = Instant::now();
        let mut exchange = Self {
            id: probe.id.clone(),
            reused: idle.is_some(),
            fd: idle,
            request: Vec::new(),
            sent: 0,
            received: Vec::new(),
            max_body: usize::try_from(probe.max_body).unwrap_or(usize::MAX),
            started,
            deadline: started.plus_ms(u64::from(probe.timeout_ms.max(1))),
            settled: None,
            addr,
            keep,
        };
        match request {
            Ok(request) => exchange.request = request,
            Err(text) => {
                exchange.fd = None;
                exchange.settled = Some(Outcome::Failed(text));
                return exchange;
            }
        }
        if exchange.fd.is_none() {
            exchange.connect();
        }
        if exchange.settled.is_none() {
            exchange.settled = exchange.send();
        }
        exchange
    }

    /// A new connection, with nothing sent on it yet.
    fn connect(&mut self) {
        self.fd = None;
        self.sent = 0;
        self.reused = false;
        match connect(self.addr) {
            Ok(fd) => self.fd = Some(fd),
            Err(error) => self.settled = Some(failed(error)),
        }
    }

    /// The connection, once the outcome is known, if it can carry another question.
    pub fn take_idle(&mut self) -> Option<OwnedFd> {
        self.fd.take()
    }

    /// When to give up.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What to wait for; `None` when [`Exchange::advance`] has the outcome already.
    pub fn interest(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let fd = self.fd.as_ref()?;
        if self.settled.is_some() {
            return None;
        }
        let flags = if self.sent < self.request.len() {
            PollFlags::OUT
        } else {
            PollFlags::IN
        };
        Some((fd.as_fd(), flags))
    }

    /// Goes on as far as it can without blocking; `Some` once the outcome is known.
    pub fn advance(&mut self) -> Option<Observation> {
        let outcome = match self.settled.take() {
            Some(outcome) => Some(outcome),
            None => self.step(),
        };
        let now = Instant::now();
        let outcome = outcome.or_else(|| (now >= self.deadline).then_some(Outcome::TimedOut))?;
        if !(self.keep && self.complete(&outcome)) {
            self.fd = None;
        }
        Some(Observation {
            id: std::mem::take(&mut self.id),
            outcome,
            elapsed_ms: u32::try_from(now.since_ms(self.started)).unwrap_or(u32::MAX),
        })
    }

    /// Sends what the connection takes; `Some` when it failed.
    fn send(&mut self) -> Option<Outcome> {
        let fd = self.fd.as_ref()?;
        while let Some(rest) = self
            .request
            .get(self.sent..)
            .filter(|rest| !rest.is_empty())
        {
            match crate::sys::send(fd, rest) {
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

    /// Whether the response ended where what was received ends, and the server goes on.
    fn complete(&self, outcome: &Outcome) -> bool {
        let Outcome::Response(response) = outcome else {
            return false;
        };
        let field = |name: &str| {
            response
                .headers
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.trim())
        };
        let goes_on = field("connection").is_none_or(|v| !v.eq_ignore_ascii_case("close"));
        let length = field("content-length").and_then(|v| v.parse::<usize>().ok());
        let head = memchr::memmem::find(&self.received, b"\r\n\r\n").map(|at| at + 4);
        goes_on
            && self.received.starts_with(b"HTTP/1.1 ")
            && head
                .zip(length)
                .is_some_and(|(head, length)| head + length == self.received.len())
    }

    fn step(&mut self) -> Option<Outcome> {
        if let Some(outcome) = self.send() {
            return Some(outcome);
        }
        loop {
            let fd = self.fd.as_ref()?;
            let mut chunk = [0; 4096];
            let end = match rustix::net::recv(fd, &mut chunk, RecvFlags::empty()) {
                Ok((_, 0)) => Outcome::Failed("closed without an answer".to_owned()),
                Ok((_, n)) => {
                    self.received
                        .extend_from_slice(chunk.get(..n).unwrap_or_default());
                    if let Some(outcome) = self.parse(false) {
                        return Some(outcome);
                    }
                    continue;
                }
                Err(Errno::AGAIN | Errno::NOTCONN) => return None,
                Err(Errno::INTR) => continue,
                Err(error) => failed(error),
            };
            if self.reused && self.received.is_empty() {
                // The server had closed the idle connection; that says nothing about it.
                self.connect();
                return self.settled.take().or_else(|| self.send());
            }
            // A server that answers and resets has answered.
            return Some(self.parse(true).unwrap_or(end));
        }
    }

    /// The outcome, once it can be told from what was received; `ended` when nothing more will come.
    fn parse(&self, ended: bool) -> Option<Outcome> {
        let mut bytes = self.received.as_slice();
        match bytes {
            // TLS alert or handshake record, version 3.x.
            [0x15 | 0x16, 0x03, ..] => return Some(Outcome::Tls),
            [0x15 | 0x16] if !ended => return None,
            [] => return None,
            _ => {}
        }
        loop {
            let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut head = httparse::Response::new(&mut fields);
            let length = match head.parse(bytes) {
                Ok(httparse::Status::Complete(length)) => length,
                Ok(httparse::Status::Partial) if !ended && bytes.len() <= MAX_HEAD => return None,
                Ok(httparse::Status::Partial) | Err(_) => {
                    return Some(Outcome::NotHttp(excerpt(bytes)));
                }
            };
            let status = head.code.unwrap_or(0);
            let rest = bytes.get(length..).unwrap_or_default();
            if status < 100 {
                return Some(Outcome::NotHttp(excerpt(bytes)));
            }
            if status < 200 && status != 101 {
                // An interim response; the real one follows.
                bytes = rest;
                if bytes.is_empty() {
                    return ended.then(|| Outcome::NotHttp(excerpt(&self.received)));
                }
                continue;
            }
            let headers: Vec<(String, String)> = head
                .headers
                .iter()
                .map(|h| {
                    (
                        h.name.to_ascii_lowercase(),
                        String::from_utf8_lossy(h.value).into_owned(),
                    )
                })
                .collect();
            let body = body(status, &headers, rest, self.max_body, ended)?;
            return Some(match body {
                Ok(body) => Outcome::Response(Response {
                    status,
                    headers,
                    body: String::from_utf8_lossy(&body).into_owned(),
                }),
                Err(text) => Outcome::Failed(text),
            });
        }
    }
}

/// The outcome of an answer of which these bytes came.
#[cfg(fuzzing)]
pub(crate) fn outcome(bytes: &[u8], max_body: usize, ended: bool) -> Option<Outcome> {
    let now = Instant::now();
    let exchange = Exchange {
        id: String::new(),
        fd: None,
        request: Vec::new(),
        sent: 0,
        received: bytes.to_vec(),
        max_body,
        started: now,
        deadline: now,
        settled: None,
        addr: SocketAddr::from(([127, 0, 0, 1], 1)),
        keep: false,
        reused: false,
    };
    exchange.parse(ended)
}

/// The body so far, once it is complete or reached its limit.
fn body(
    status: u16,
    headers: &[(String, String)],
    rest: &[u8],
    max: usize,
    ended: bool,
) -> Option<Result<Vec<u8>, String>> {
    if status == 204 || status == 304 || status == 101 {
        return Some(Ok(Vec::new()));
    }
    let field = |name: &str| {
        headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.trim())
    };
    if field("transfer-encoding").is_some_and(|v| v.to_ascii_lowercase().contains("chunked")) {
        return chunked(rest, max, ended);
    }
    let cut = |length: usize| Some(Ok(rest.get(..length).unwrap_or(rest).to_vec()));
    let limit = match field("content-length").map(str::parse::<usize>) {
        Some(Ok(length)) => length.min(max),
        Some(Err(_)) => return Some(Err("the answer's Content-Length is not a number".to_owned())),
        None => max,
    };
    if rest.len() >= limit {
        cut(limit)
    } else if ended && field("content-length").is_some() {
        Some(Err("the answer ended before its body did".to_owned()))
    } else if ended {
        cut(rest.len())
    } else {
        None
    }
}

/// Decodes the chunked coding up to `max` bytes.
fn chunked(mut rest: &[u8], max: usize, ended: bool) -> Option<Result<Vec<u8>, String>> {
    let early = || ended.then(|| Err("the answer ended before its body did".to_owned()));
    let mut body = Vec::new();
    loop {
        match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((_, 0))) => return Some(Ok(body)),
            Ok(httparse::Status::Complete((line, size))) => {
                let data = rest.get(line..).unwrap_or_default();
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                let take = size.min(data.len()).min(max - body.len());
                body.extend_from_slice(data.get(..take).unwrap_or_default());
                if body.len() >= max {
                    return Some(Ok(body));
                }
                match size.checked_add(2).and_then(|end| data.get(end..)) {
                    Some(next) => rest = next,
                    None => return early(),
                }
            }
            Ok(httparse::Status::Partial) if rest.len() <= MAX_HEAD => return early(),
            Ok(httparse::Status::Partial) | Err(_) => {
                return Some(Err("the answer's chunked coding is broken".to_owned()));
            }
        }
    }
}

/// The printable beginning of something that is not HTTP.
fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..EXCERPT * 4).unwrap_or(bytes))
        .chars()
        .filter(|c| !c.is_control() && *c != char::REPLACEMENT_CHARACTER)
        .take(EXCERPT)
        .collect()
}

fn failed(error: Errno) -> Outcome {
    match error {
        Errno::CONNREFUSED => Outcome::Refused,
        error => Outcome::Failed(error.to_string()),
    }
}

fn request(
    host: &str,
    port: u16,
    probe: &Probe,
    key: Option<&Secret>,
    keep: bool,
) -> Result<Vec<u8>, String> {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let after = if keep { "keep-alive" } else { "close" };
    let mut text = format!(
        "GET {} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: {after}\r\n",
        probe.path
    );
    if probe.path.bytes().any(|b| b <= b' ' || b == 0x7f) || !probe.path.starts_with('/') {
        return Err("the path of the question is not a path".to_owned());
    }
    let key = key
        .filter(|_| probe.with_key)
        .map(|key| ("x-api-key", key.expose()));
    let fields = probe.headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    for (name, value) in fields.chain(key) {
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
    Ok(text.into_bytes())
}

/// A non-blocking connection that is under way or made.
pub(crate) fn connect(addr: SocketAddr) -> Result<OwnedFd, Errno> {
    let family = if addr.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let fd = crate::sys::socket(family, SocketType::STREAM)?;
    match rustix::net::connect(&fd, &addr) {
        // On loopback the handshake is over when the call returns, with its result in the socket's error.
        Ok(()) => Ok(fd),
        Err(Errno::INPROGRESS) => match rustix::net::sockopt::socket_error(&fd)? {
            Ok(()) => Ok(fd),
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// Asks one question and waits for its outcome, no longer than the probe allows.
pub fn fetch(
    addr: SocketAddr,
    host: &str,
    port: u16,
    probe: &Probe,
    key: Option<&Secret>,
) -> Observation {
    let mut exchange = Exchange::start(addr, host, port, probe, key);
    loop {
        if let Some(observation) = exchange.advance() {
            return observation;
        }
        let left = exchange.deadline().since_ns(Instant::now());
        let mut fds = Vec::new();
        if let Some((fd, flags)) = exchange.interest() {
            fds.push(PollFd::from_borrowed_fd(fd, flags));
        }
        let timeout = Timespec::try_from(std::time::Duration::from_nanos(left)).ok();
        // An error here shows again, as an outcome, in the next step.
        let _ = poll(&mut fds, timeout.as_ref());
    }
}

#[cfg(test)]
mod tests;
