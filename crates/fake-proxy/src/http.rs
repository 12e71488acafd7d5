//! A small HTTP/1.x server: reads a request, writes a reply, keeps the connection.

use std::io::{self, Read, Write};
use std::time::Duration;

use serde_json::Value;

/// How long a silent connection is kept.
pub(crate) const IDLE: Duration = Duration::from_secs(120);
/// Longest request line plus headers, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;
/// Longest body, in bytes: a long conversation with pictures fits.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
/// Most headers in a request.
const HEADER_LIMIT: usize = 100;
/// How many bytes of something that is not HTTP are kept for the record.
const FIRST_BYTES: usize = 16;

#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As sent: a path with its query, or a whole address if the client takes this for a forward proxy.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the client will use the connection again.
    keep_alive: bool,
}

impl Request {
    /// The target without its query.
    pub(crate) fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(&self.target, |(path, _)| path)
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
pub(crate) enum ReadError {
    /// The client closed the connection, was silent for too long, or sent more than is accepted here.
    Closed,
    /// The bytes are no HTTP request; these are the first of them.
    NotHttp(Vec<u8>),
}

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// Sent at once, with its length.
    Whole(Vec<u8>),
    /// Sent piece by piece: server-sent events.
    Events(Vec<String>),
    /// The same, and the connection ends with the last piece, as with a proxy that was killed.
    #[cfg(feature = "faults")]
    Severed(Vec<String>),
}

impl Reply {
    /// A whole body of the given type.
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: Body::Whole(body.into()),
        }
    }

    pub(crate) fn json(status: u16, document: &Value) -> Self {
        Self::new(status, "application/json", document.to_string())
    }

    pub(crate) fn events(events: Vec<String>) -> Self {
        Self {
            status: 200,
            headers: vec![
                ("Content-Type", "text/event-stream".to_owned()),
                ("Cache-Control", "no-cache".to_owned()),
            ],
            body: Body::Events(events),
        }
    }

    /// The same reply with one more header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// One client, over anything that carries bytes.
pub(crate) struct Connection<S> {
    stream: S,
    /// Read, but not yet used.
    unread: Vec<u8>,
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
    /// [`ReadError`]; the connection is then of no further use.
    pub(crate) fn read(&mut self) -> Result<Request, ReadError> {
        let (mut request, framing) = loop {
            if let Some(head) = self.take_head()? {
                break head;
            }
            if self.unread.len() > HEAD_LIMIT {
                return Err(ReadError::Closed);
            }
            if !self.fill() {
                return Err(if self.unread.is_empty() {
                    ReadError::Closed
                } else {
                    self.not_http()
                });
            }
        };
        request.body = match framing {
            Framing::Length(length) if length > BODY_LIMIT => return Err(ReadError::Closed),
            Framing::Length(length) => self.take(length)?,
            Framing::Chunks => self.take_chunks()?,
        };
        Ok(request)
    }

    /// Sends the reply; `false` when the connection is finished.
    ///
    /// # Errors
    /// Those of the socket: usually the client has gone.
    pub(crate) fn write(&mut self, request: &Request, reply: &Reply) -> io::Result<bool> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status));
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let idle = IDLE.as_secs();
        head.push_str(&match request.keep_alive {
            true => format!("Connection: keep-alive\r\nKeep-Alive: timeout={idle}\r\n"),
            false => "Connection: close\r\n".to_owned(),
        });
        match &reply.body {
            Body::Whole(body) => {
                // The start of a tunnel has no length.
                if request.method != "CONNECT" {
                    head.push_str(&format!("Content-Length: {}\r\n", body.len()));
                }
                head.push_str("\r\n");
                self.stream.write_all(&[head.as_bytes(), body].concat())?;
            }
            Body::Events(events) => {
                self.write_events(head, events)?;
                self.stream.write_all(b"0\r\n\r\n")?;
            }
            #[cfg(feature = "faults")]
            Body::Severed(events) => {
                self.write_events(head, events)?;
                return Ok(false);
            }
        }
        Ok(request.keep_alive)
    }

    fn write_events(&mut self, mut head: String, events: &[String]) -> io::Result<()> {
        head.push_str("Transfer-Encoding: chunked\r\n\r\n");
        self.stream.write_all(head.as_bytes())?;
        for event in events {
            let piece = format!("{:x}\r\n{event}\r\n", event.len());
            self.stream.write_all(piece.as_bytes())?;
        }
        Ok(())
    }

    fn not_http(&mut self) -> ReadError {
        self.unread.truncate(FIRST_BYTES);
        ReadError::NotHttp(std::mem::take(&mut self.unread))
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
    fn take_head(&mut self) -> Result<Option<(Request, Framing)>, ReadError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADER_LIMIT];
        let mut parsed = httparse::Request::new(&mut headers);
        let length = match parsed.parse(&self.unread) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(self.not_http()),
        };
        let mut request = Request {
            method: parsed.method.unwrap_or_default().to_owned(),
            target: parsed.path.unwrap_or_default().to_owned(),
            headers: Vec::with_capacity(parsed.headers.len()),
            body: Vec::new(),
            keep_alive: parsed.version == Some(1),
        };
        request.headers.extend(parsed.headers.iter().map(|header| {
            let value = String::from_utf8_lossy(header.value).into_owned();
            (header.name.to_owned(), value)
        }));
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

    fn take(&mut self, length: usize) -> Result<Vec<u8>, ReadError> {
        while self.unread.len() < length {
            if !self.fill() {
                return Err(ReadError::Closed);
            }
        }
        Ok(self.unread.drain(..length).collect())
    }

    fn take_chunks(&mut self) -> Result<Vec<u8>, ReadError> {
        let mut body = Vec::new();
        loop {
            let (line, length) = match httparse::parse_chunk_size(&self.unread) {
                Ok(httparse::Status::Complete(found)) => found,
                Ok(httparse::Status::Partial) if self.unread.len() < HEAD_LIMIT && self.fill() => {
                    continue;
                }
                Ok(httparse::Status::Partial) => return Err(ReadError::Closed),
                Err(httparse::InvalidChunkSize) => return Err(self.not_http()),
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if length > BODY_LIMIT - body.len() {
                return Err(ReadError::Closed);
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

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
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
            #[cfg(feature = "faults")]
            Body::Severed(events) => events.concat(),
        }
    }

    /// The body as JSON; null if it is none.
    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_default()
    }
}
