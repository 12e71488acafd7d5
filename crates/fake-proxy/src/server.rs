//! Accepting connections: one thread each, requests in order, until the client or the site has had enough.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::http::{Connection, Reply, Request, Unreadable};

/// Enough for one connection; the default of 2 MB a thread would show in memory measurements.
const STACK: usize = 256 * 1024;

/// What stands behind a listening socket.
pub(crate) trait Site: Send + Sync + 'static {
    /// How long a silent connection is kept.
    fn idle(&self) -> Duration;

    /// A connection came, whatever it will bring.
    fn accepted(&self, _stream: &TcpStream) {}

    /// Instead of HTTP: what to send.
    fn not_http(&self) -> Option<NotHttp> {
        None
    }

    /// What to answer; nothing means never.
    fn answer(&self, request: &Request) -> Option<Reply>;

    /// An answer was sent, or the client went away meanwhile.
    fn answered(&self) {}

    /// Something came that is no HTTP request; these are its first bytes.
    fn unreadable(&self, _first: &[u8]) {}
}

/// Bytes for a client that expected HTTP.
pub(crate) enum NotHttp {
    /// Sent as soon as the connection stands, as a mail or SSH server does.
    AtOnce(&'static [u8]),
    /// Sent when the client has spoken, as a TLS server does.
    AfterFirstBytes(&'static [u8]),
}

/// Serves until the process ends.
pub(crate) fn serve<S: Site>(listener: &TcpListener, site: &Arc<S>) {
    for stream in listener.incoming() {
        // Out of descriptors or an aborted handshake: the next one may do better.
        let Ok(stream) = stream else { continue };
        let site = Arc::clone(site);
        // Without a thread the connection is dropped, which the client sees.
        let _ = thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || attend(stream, &*site));
    }
}

fn attend<S: Site>(stream: TcpStream, site: &S) {
    site.accepted(&stream);
    let Ok(mut connection) = Connection::new(stream, site.idle()) else {
        return;
    };
    match site.not_http() {
        Some(NotHttp::AtOnce(bytes)) => {
            let _ = connection.write_raw(bytes);
            connection.wait_for_bytes();
            return;
        }
        Some(NotHttp::AfterFirstBytes(bytes)) => {
            if connection.wait_for_bytes() {
                let _ = connection.write_raw(bytes);
            }
            return;
        }
        None => {}
    }
    loop {
        let request = match connection.read() {
            Ok(request) => request,
            Err(Unreadable::Closed) => return,
            Err(Unreadable::NotHttp(first)) => {
                site.unreadable(&first);
                let _ =
                    connection.write_raw(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
                return;
            }
            Err(Unreadable::TooLarge) => {
                let refusal = Reply::json(413, &json!({ "error": "request too large" }));
                let _ = connection.write(&Request::default(), &refusal, site.idle());
                return;
            }
        };
        let Some(reply) = site.answer(&request) else {
            connection.never_answer();
            return;
        };
        let kept = connection.write(&request, &reply, site.idle());
        site.answered();
        if !matches!(kept, Ok(true)) {
            return;
        }
    }
}
