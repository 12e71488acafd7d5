//! HTTP/1.x as a server needs it here: read a request, write a reply, keep the connection.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// Longest request line plus headers, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;
/// Longest body, in bytes: a long conversation with pictures fits.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
/// Most headers in a request.
const HEADER_LIMIT: usize = 100;
/// How many bytes of something that is not HTTP are kept for the record.
const FIRST_BYTES: usize = 16;

/// A request, read to its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As sent: a path with its query, or a whole address if the client takes this for a forward proxy.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the client will use the connection again.
    keep_alive: bool,
    /// Whether the client understands chunks.
    chunks: bool,
}

impl Request {
    /// The target without its query.
    pub(crate) fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(&self.target, |(path, _)| path)
    }

    /// The part of the target after the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The first header of this name, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Why no request could be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The client closed the connection between requests, or was silent for too long.
    Closed,
    /// The bytes are no HTTP request; these are the first of them.
    NotHttp(Vec<u8>),
    /// The request is longer than is accepted here.
    TooLarge,
}

/// What to answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    /// How long the answer takes: the whole of it, or from the first to the last event.
    pub(crate) delay: Duration,
    /// Where a stream ends before its end.
    pub(crate) cut: Option<Cut>,
}

/// How a stream ends before its end: half of its events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The connection ends too, as with a proxy that was killed.
    Connection,
    /// As if that were all.
    Stream,
}

/// The body of a reply.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// Sent at once, with its length.
    Whole(Vec<u8>),
    /// Sent piece by piece: server-sent events.
    Events(Vec<String>),
}

impl Reply {
    /// A whole body of the given type.
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: Body::Whole(body.into()),
            delay: Duration::ZERO,
            cut: None,
        }
    }

    /// A JSON document.
    pub(crate) fn json(status: u16, document: &Value) -> Self {
        Self::new(status, "application/json", document.to_string())
    }

    /// Server-sent events, status 200.
    pub(crate) fn events(events: Vec<String>) -> Self {
        Self {
            status: 200,
            headers: vec![
                ("Content-Type", "text/event-stream".to_owned()),
                ("Cache-Control", "no-cache".to_owned()),
            ],
            body: Body::Events(events),
            delay: Duration::ZERO,
            cut: None,
        }
    }

    /// The same reply with one more header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same reply, taking this long.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The same reply, ending early if it is a stream.
    pub(crate) fn cut(mut self, cut: Option<Cut>) -> Self {
        self.cut = cut;
        self
    }
}

/// One client, over plain TCP or over anything else that carries bytes.
pub(crate) struct Connection<S = TcpStream> {
    stream: S,
    /// Read, but not yet used.
    unread: Vec<u8>,
}

impl Connection {
    /// Takes over an accepted stream. A client that neither sends nor takes anything for `idle` is dropped.
    ///
    /// # Errors
    /// Those of the socket options.
    pub(crate) fn new(stream: TcpStream, idle: Duration) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(idle))?;
        stream.set_write_timeout(Some(idle))?;
        Ok(Self::over(stream))
    }

    /// Waits until the client gives up, whatever it sends meanwhile.
    pub(crate) fn never_answer(&mut self) {
        let forever = self.stream.set_read_timeout(None);
        while forever.is_ok() && self.fill() {
            self.unread.clear();
        }
    }
}

impl<S: Read + Write> Connection<S> {
    /// Takes over a stream that is ready.
    pub(crate) fn over(stream: S) -> Self {
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    /// Waits for the next request and reads it to its end.
    ///
    /// # Errors
    /// [`Unreadable`]; the connection is then of no further use.
    pub(crate) fn read(&mut self) -> Result<Request, Unreadable> {
        let (mut request, framing) = loop {
            if let Some(head) = self.take_head()? {
                break head;
            }
            if self.unread.len() > HEAD_LIMIT {
                return Err(Unreadable::TooLarge);
            }
            if !self.fill() {
                return Err(if self.unread.is_empty() {
                    Unreadable::Closed
                } else {
                    self.not_http()
                });
            }
        };
        if request
            .header("expect")
            .is_some_and(|expect| expect.eq_ignore_ascii_case("100-continue"))
        {
            let sent = self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
            sent.map_err(|_| Unreadable::Closed)?;
        }
        request.body = match framing {
            Framing::Length(length) if length > BODY_LIMIT => return Err(Unreadable::TooLarge),
            Framing::Length(length) => self.take(length)?,
            Framing::Chunks => self.take_chunks()?,
        };
        Ok(request)
    }

    /// Sends the reply; `false` when the connection is finished.
    ///
    /// # Errors
    /// Those of the socket: usually the client has gone.
    pub(crate) fn write(
        &mut self,
        request: &Request,
        reply: &Reply,
        idle: Duration,
    ) -> io::Result<bool> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status));
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let streams = matches!(reply.body, Body::Events(_));
        // A client that knows no chunks learns the end of a stream from the end of the connection.
        let keep = request.keep_alive && (request.chunks || !streams);
        if keep {
            head.push_str(&format!(
                "Connection: keep-alive\r\nKeep-Alive: timeout={}\r\n",
                idle.as_secs()
            ));
        } else {
            head.push_str("Connection: close\r\n");
        }
        match &reply.body {
            Body::Whole(body) => {
                #[expect(clippy::disallowed_methods, reason = "slow on purpose")]
                thread::sleep(reply.delay);
                // Neither an empty answer nor the start of a tunnel has a length.
                if reply.status != 204 && request.method != "CONNECT" {
                    head.push_str(&format!("Content-Length: {}\r\n", body.len()));
                }
                head.push_str("\r\n");
                let mut bytes = head.into_bytes();
                if request.method != "HEAD" {
                    bytes.extend_from_slice(body);
                }
                self.stream.write_all(&bytes)?;
            }
            Body::Events(events) => {
                if request.chunks {
                    head.push_str("Transfer-Encoding: chunked\r\n");
                }
                head.push_str("\r\n");
                self.stream.write_all(head.as_bytes())?;
                let pause = reply.delay / u32::try_from(events.len().max(1)).unwrap_or(u32::MAX);
                let sent = reply.cut.map_or(events.len(), |_| events.len() / 2);
                for event in events.iter().take(sent) {
                    #[expect(clippy::disallowed_methods, reason = "slow on purpose")]
                    thread::sleep(pause);
                    let piece = match request.chunks {
                        true => format!("{:x}\r\n{event}\r\n", event.len()),
                        false => event.clone(),
                    };
                    self.stream.write_all(piece.as_bytes())?;
                }
                if reply.cut == Some(Cut::Connection) {
                    return Ok(false);
                }
                if request.chunks {
                    self.stream.write_all(b"0\r\n\r\n")?;
                }
            }
        }
        Ok(keep)
    }

    /// Sends bytes that are no HTTP.
    ///
    /// # Errors
    /// Those of the socket.
    pub(crate) fn write_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Waits for the first bytes and keeps them for whoever reads next.
    pub(crate) fn wait_for_bytes(&mut self) -> bool {
        !self.unread.is_empty() || self.fill()
    }

    fn not_http(&mut self) -> Unreadable {
        self.unread.truncate(FIRST_BYTES);
        Unreadable::NotHttp(std::mem::take(&mut self.unread))
    }

    /// Reads more; `false` at the end, on an error and after the idle time.
    fn fill(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.unread.extend(buffer.iter().take(count));
                true
            }
        }
    }

    /// Takes request line and headers off what was read, once they are complete.
    fn take_head(&mut self) -> Result<Option<(Request, Framing)>, Unreadable> {
        let mut headers = [httparse::EMPTY_HEADER; HEADER_LIMIT];
        let mut parsed = httparse::Request::new(&mut headers);
        let length = match parsed.parse(&self.unread) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Unreadable::TooLarge),
            Err(_) => return Err(self.not_http()),
        };
        let modern = parsed.version == Some(1);
        let mut request = Request {
            method: parsed.method.unwrap_or_default().to_owned(),
            target: parsed.path.unwrap_or_default().to_owned(),
            headers: Vec::with_capacity(parsed.headers.len()),
            body: Vec::new(),
            keep_alive: modern,
            chunks: modern,
        };
        for header in parsed.headers.iter() {
            request.headers.push((
                header.name.to_owned(),
                String::from_utf8_lossy(header.value).into_owned(),
            ));
        }
        if let Some(connection) = request.header("connection") {
            request.keep_alive = !connection.eq_ignore_ascii_case("close");
        }
        let chunked = request
            .header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        let framing = match request.header("content-length") {
            _ if chunked => Framing::Chunks,
            None => Framing::Length(0),
            Some(length) => match length.trim().parse() {
                Ok(length) => Framing::Length(length),
                Err(_) => return Err(self.not_http()),
            },
        };
        self.unread.drain(..length);
        Ok(Some((request, framing)))
    }

    /// Takes exactly `length` bytes.
    fn take(&mut self, length: usize) -> Result<Vec<u8>, Unreadable> {
        while self.unread.len() < length {
            if !self.fill() {
                return Err(Unreadable::Closed);
            }
        }
        Ok(self.unread.drain(..length).collect())
    }

    fn take_chunks(&mut self) -> Result<Vec<u8>, Unreadable> {
        let mut body = Vec::new();
        loop {
            let (line, length) = match httparse::parse_chunk_size(&self.unread) {
                Ok(httparse::Status::Complete(found)) => found,
                Ok(httparse::Status::Partial) if self.unread.len() < HEAD_LIMIT && self.fill() => {
                    continue;
                }
                Ok(httparse::Status::Partial) => return Err(Unreadable::Closed),
                Err(httparse::InvalidChunkSize) => return Err(self.not_http()),
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if length > BODY_LIMIT - body.len() {
                return Err(Unreadable::TooLarge);
            }
            self.take(line)?;
            let mut chunk = self.take(length + 2)?;
            chunk.truncate(length);
            body.append(&mut chunk);
            // Trailers are not expected from any client here: a zero chunk ends the body.
            if length == 0 {
                return Ok(body);
            }
        }
    }
}

/// How the end of a request's body is found.
enum Framing {
    Length(usize),
    Chunks,
}

/// The text after the status number.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        404 => "Not Found",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

#[cfg(test)]
impl Request {
    /// A request as tests of the routes need it.
    pub(crate) fn of(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.as_bytes().to_vec(),
            keep_alive: true,
            chunks: true,
        }
    }
}

#[cfg(test)]
impl Reply {
    /// The body as one text.
    pub(crate) fn text(&self) -> String {
        match &self.body {
            Body::Whole(body) => String::from_utf8_lossy(body).into_owned(),
            Body::Events(events) => events.concat(),
        }
    }

    /// The body as JSON; null if it is none.
    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_default()
    }
}
