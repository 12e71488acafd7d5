//! Parses one response incrementally. Whatever is sent and however it is cut, the result is known after
//! [`MAX_HEAD`] + [`MAX_FRAMING`] + the limit of the body bytes, and the same bytes lead to the same one.

use super::{HttpResult, NoReply, Reply};

/// Most bytes before the body: the head, and all interim answers (`100 Continue`) that come before it.
pub(crate) const MAX_HEAD: usize = 16 * 1024;
/// Most bytes of a body's chunked coding that are not the body: sizes, extensions, line ends.
pub(crate) const MAX_FRAMING: usize = 64 * 1024;
const MAX_HEADERS: usize = 64;
/// Longest excerpt of something that is not HTTP, in characters.
pub(super) const EXCERPT: usize = 80;
/// Why a body that ends early is none.
const TRUNCATED: &str = "the answer ended before its body did";
/// Why a body in chunks is none.
const BAD_CHUNK: &str = "the answer's chunked coding is broken";

#[derive(Debug)]
pub(crate) struct ResponseReader {
    head: Vec<u8>,
    /// Offset of the response that is parsed now; interim ones lie before it.
    from: usize,
    body: Option<Body>,
    max_body: usize,
    /// It ended where its length says, nothing came after it, and the server keeps the connection.
    reusable: bool,
}

#[derive(Debug)]
struct Body {
    response: Reply,
    bytes: Vec<u8>,
    framing: Framing,
}

#[derive(Debug)]
enum Framing {
    /// Where the connection does.
    Close,
    /// After so many bytes.
    Length(usize),
    /// After the chunk of size 0.
    Chunked(ChunkedDecoder),
}

#[derive(Debug, Default)]
struct ChunkedDecoder {
    /// Bytes of the current chunk that are to come.
    left: u64,
    /// The line between two chunks, as far as it came.
    line: Vec<u8>,
    /// A chunk came before this line, which therefore begins with that chunk's line end.
    after_chunk: bool,
    /// Bytes of the coding so far.
    spent: usize,
}

impl ResponseReader {
    pub(crate) fn new(max_body: usize) -> Self {
        Self {
            head: Vec::new(),
            from: 0,
            body: None,
            max_body,
            reusable: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.head.is_empty()
    }

    /// Whether the connection can carry another request, now that the result is known.
    pub(super) fn is_reusable(&self) -> bool {
        self.reusable
    }

    /// Takes what came; `Some` once the result is known.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Option<HttpResult> {
        if self.body.is_some() {
            return self.read_body(bytes);
        }
        let before = self.head.len();
        let room = MAX_HEAD.saturating_sub(before).min(bytes.len());
        let (taken, beyond) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
        self.head.extend_from_slice(taken);
        match self.read_head() {
            Ok(None) if self.head.len() < MAX_HEAD => None,
            // Interim answers without end, or a head without one.
            Ok(None) => Some(Err(NoReply::NotHttp(excerpt(self.current())))),
            Ok(Some(end)) => {
                let mut rest = self.head.split_off(end.min(self.head.len()));
                rest.extend_from_slice(beyond);
                self.read_body(&rest)
            }
            Err(why) => Some(Err(why)),
        }
    }

    /// The result, now that nothing more will come; `None` where nothing came at all.
    pub(crate) fn end(&mut self) -> Option<HttpResult> {
        if self.is_empty() {
            return None;
        }
        let Some(body) = self.body.take() else {
            let rest = match self.current() {
                // Interim answers alone are no answer.
                [] => &self.head,
                current => current,
            };
            return Some(Err(NoReply::NotHttp(excerpt(rest))));
        };
        Some(match body.framing {
            Framing::Close => body.done(),
            Framing::Length(_) | Framing::Chunked(_) => Err(NoReply::Failed(TRUNCATED.to_owned())),
        })
    }

    fn current(&self) -> &[u8] {
        self.head.get(self.from..).unwrap_or_default()
    }

    /// Reads heads until the one that has a body; where that begins, once it is known.
    fn read_head(&mut self) -> Result<Option<usize>, NoReply> {
        match self.head.as_slice() {
            // TLS alert or handshake record, version 3.x.
            [0x15 | 0x16, 0x03, ..] => return Err(NoReply::Tls),
            [] | [0x15 | 0x16] => return Ok(None),
            _ => {}
        }
        loop {
            let current = self.head.get(self.from..).unwrap_or_default();
            if current.is_empty() {
                return Ok(None);
            }
            let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut head = httparse::Response::new(&mut fields);
            let length = match head.parse(current) {
                Ok(httparse::Status::Complete(length)) => length,
                Ok(httparse::Status::Partial) => return Ok(None),
                Err(_) => return Err(NoReply::NotHttp(excerpt(current))),
            };
            let status = head.code.unwrap_or(0);
            if status < 100 {
                return Err(NoReply::NotHttp(excerpt(current)));
            }
            if status < 200 && status != 101 {
                // An interim answer; the real one follows.
                self.from += length;
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
            let framing = framing(status, &headers).map_err(NoReply::Failed)?;
            let keep_alive = field(&headers, "connection")
                .is_none_or(|v| !v.split(',').any(|v| v.trim().eq_ignore_ascii_case("close")));
            self.reusable = keep_alive
                && head.version == Some(1)
                && field(&headers, "content-length").is_some()
                && matches!(framing, Framing::Length(length) if length <= self.max_body);
            self.body = Some(Body {
                response: Reply {
                    status,
                    headers,
                    body: String::new(),
                },
                bytes: Vec::new(),
                framing,
            });
            return Ok(Some(self.from + length));
        }
    }

    fn read_body(&mut self, bytes: &[u8]) -> Option<HttpResult> {
        let mut body = self.body.take()?;
        let ended = match &mut body.framing {
            Framing::Chunked(chunks) => match chunks.feed(bytes, &mut body.bytes, self.max_body) {
                Ok(ended) => ended,
                Err(()) => return Some(Err(NoReply::Failed(BAD_CHUNK.to_owned()))),
            },
            Framing::Close | Framing::Length(_) => {
                let limit = match body.framing {
                    Framing::Length(length) => length.min(self.max_body),
                    Framing::Close | Framing::Chunked(_) => self.max_body,
                };
                let room = limit.saturating_sub(body.bytes.len());
                body.bytes
                    .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
                self.reusable &= bytes.len() <= room;
                body.bytes.len() >= limit
            }
        };
        if ended {
            return Some(body.done());
        }
        self.body = Some(body);
        None
    }
}

impl Body {
    fn done(self) -> HttpResult {
        Ok(Reply {
            body: String::from_utf8_lossy(&self.bytes).into_owned(),
            ..self.response
        })
    }
}

impl ChunkedDecoder {
    /// Decodes into `body`, up to `max` bytes; whether it has ended. What follows the last chunk is not read.
    fn feed(&mut self, mut bytes: &[u8], body: &mut Vec<u8>, max: usize) -> Result<bool, ()> {
        loop {
            if body.len() >= max {
                return Ok(true);
            }
            if self.left > 0 {
                let wanted = usize::try_from(self.left).unwrap_or(usize::MAX);
                let room = wanted.min(max - body.len()).min(bytes.len());
                let (data, rest) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
                body.extend_from_slice(data);
                self.left -= u64::try_from(data.len()).unwrap_or(self.left);
                bytes = rest;
                if bytes.is_empty() && body.len() < max {
                    return Ok(false);
                }
                continue;
            }
            let Some((byte, rest)) = bytes.split_first() else {
                return Ok(false);
            };
            bytes = rest;
            self.spent += 1;
            if self.spent > MAX_FRAMING {
                return Err(());
            }
            self.line.push(*byte);
            if *byte != b'\n' {
                continue;
            }
            let line = std::mem::take(&mut self.line);
            if std::mem::take(&mut self.after_chunk) {
                if line != b"\r\n" {
                    return Err(());
                }
                continue;
            }
            match httparse::parse_chunk_size(&line) {
                Ok(httparse::Status::Complete((_, 0))) => return Ok(true),
                Ok(httparse::Status::Complete((_, size))) => {
                    self.left = size;
                    self.after_chunk = true;
                }
                Ok(httparse::Status::Partial) | Err(_) => return Err(()),
            }
        }
    }
}

fn field<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v.trim())
}

fn framing(status: u16, headers: &[(String, String)]) -> Result<Framing, String> {
    if status == 204 || status == 304 || status == 101 {
        return Ok(Framing::Length(0));
    }
    if field(headers, "transfer-encoding")
        .is_some_and(|v| v.to_ascii_lowercase().contains("chunked"))
    {
        return Ok(Framing::Chunked(ChunkedDecoder::default()));
    }
    match field(headers, "content-length").map(str::parse::<usize>) {
        Some(Ok(length)) => Ok(Framing::Length(length)),
        Some(Err(_)) => Err("the answer's Content-Length is not a number".to_owned()),
        None => Ok(Framing::Close),
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
