//! Accepts connections: one thread each, requests in order, until the client closes.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use crate::http::{Connection, IDLE, ReadError, Reply, Request};

/// Enough for one connection; the default of 2 MB a thread would show in memory measurements.
const STACK: usize = 256 * 1024;

/// What stands behind a listening socket.
pub(crate) trait Handler: Send + Sync + 'static {
    /// A connection came, whatever it will bring.
    fn accepted(&self, _stream: &TcpStream) {}

    fn answer(&self, request: &Request) -> Reply;

    /// Something came that is no HTTP request; these are its first bytes.
    fn unreadable(&self, _first: &[u8]) {}
}

pub(crate) fn serve<S: Handler>(listener: &TcpListener, site: &Arc<S>) -> ! {
    loop {
        // Out of descriptors or an aborted handshake: the next one may do better.
        let Ok((stream, _)) = listener.accept() else {
            continue;
        };
        let site = Arc::clone(site);
        // Without a thread the connection is dropped, which the client sees.
        let _ = thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || serve_connection(stream, &*site));
    }
}

fn serve_connection<S: Handler>(stream: TcpStream, site: &S) {
    site.accepted(&stream);
    let ready = stream
        .set_nodelay(true)
        .and_then(|()| stream.set_read_timeout(Some(IDLE)))
        .and_then(|()| stream.set_write_timeout(Some(IDLE)));
    if ready.is_err() {
        return;
    }
    let mut connection = Connection::over(stream);
    loop {
        let (request, reply) = match connection.read() {
            Ok(request) => {
                let reply = site.answer(&request);
                (request, reply)
            }
            Err(ReadError::Closed) => return,
            Err(ReadError::NotHttp(first)) => {
                site.unreadable(&first);
                (Request::default(), Reply::new(400, "text/plain", ""))
            }
        };
        if !matches!(connection.write(&request, &reply), Ok(true)) {
            return;
        }
    }
}
