#![allow(clippy::disallowed_methods, reason = "the deadline of a test")]
use super::*;
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt;

const SOON: Duration = Duration::from_secs(5);

/// Where a socket may be.
fn socket_dir() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("control");
    (dir, path)
}

/// A server at a path where there is no other.
fn bind(path: &Path) -> Server {
    Server::bind(path).unwrap().unwrap()
}

fn serve(server: &mut Server, requests: usize) -> Vec<Request> {
    let mut seen = Vec::new();
    let end = std::time::Instant::now() + SOON;
    while seen.len() < requests && std::time::Instant::now() < end {
        server.advance(|request| {
            seen.push(request);
            serde_json::json!({"state": "ready"})
        });
        std::thread::yield_now();
    }
    seen
}

#[test]
fn a_request_is_answered_and_a_watcher_gets_events() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run").join("control");
    let mut server = bind(&path);
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let at = path.clone();
    let client = std::thread::spawn(move || {
        let answer = request(&at, &Request::Status, SOON).unwrap();
        let lease = Request::Lease {
            ms: 7,
            parent: None,
        };
        request(&at, &lease, SOON).unwrap();
        let (_, mut events) = watch(&at, SOON).unwrap();
        (
            answer,
            events.next().unwrap().unwrap(),
            events.next().is_none(),
        )
    });
    let seen = serve(&mut server, 3);
    assert_eq!(
        seen,
        [
            Request::Status,
            Request::Lease {
                ms: 7,
                parent: None
            },
            Request::Watch
        ]
    );
    assert!(server.has_watchers());
    server.publish(&serde_json::json!({"event": "x"}));
    drop(server);
    let (answer, event, ended) = client.join().unwrap();
    assert_eq!(answer, serde_json::json!({"state": "ready"}));
    assert_eq!(event, serde_json::json!({"event": "x"}));
    assert!(ended);
    assert!(!path.exists());
    assert!(matches!(
        request(&path, &Request::Status, SOON),
        Err(ControlError::NotRunning)
    ));
}

#[test]
fn a_second_supervisor_is_refused_and_a_stale_socket_replaced() {
    let (dir, path) = socket_dir();
    let first = bind(&path);
    assert!(Server::bind(&path).unwrap().is_none());
    // As after a SIGKILL: the socket file stays, the lock does not.
    let stale = dir.path().join("stale");
    std::fs::rename(&path, &stale).unwrap();
    drop(first);
    std::fs::rename(&stale, &path).unwrap();
    assert!(path.exists());
    assert!(matches!(
        request(&path, &Request::Status, SOON),
        Err(ControlError::NotRunning)
    ));
    drop(bind(&path));
}

#[test]
fn what_is_not_a_socket_stays() {
    let (_dir, path) = socket_dir();
    std::fs::write(&path, "keep").unwrap();
    assert!(Server::bind(&path).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "keep");
    assert!(matches!(
        request(&path, &Request::Status, SOON),
        Err(ControlError::NotOurs)
    ));
}

#[test]
fn a_directory_that_others_may_change_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let open = dir.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, PermissionsExt::from_mode(0o777)).unwrap();
    assert!(Server::bind(&open.join("control")).is_err());
}

#[test]
fn rubbish_is_answered_and_a_flood_is_cut_off() {
    let (_dir, path) = socket_dir();
    let mut server = bind(&path);
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"{\"cmd\":\"dance\"}\n").unwrap();
    server.advance(|_| unreachable!());
    let mut line = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    reader.read_line(&mut line).unwrap();
    assert!(line.contains("error"), "{line}");
    stream.write_all(&[b'x'; MAX_REQUEST + 2]).unwrap();
    server.advance(|_| unreachable!());
    server.advance(|_| unreachable!());
    assert_eq!(server.clients.len(), 0);
}

proptest! {
    #[test]
    fn any_bytes_are_answered_line_by_line(bytes in proptest::collection::vec(any::<u8>(), 0..300), step in 1usize..300) {
        let (mut client, server) = UnixStream::pair().unwrap();
        server.set_nonblocking(true).unwrap();
        let mut connection = Connection::new(server);
        for piece in bytes.chunks(step) {
            client.write_all(piece).unwrap();
            connection.advance(&mut |_| serde_json::json!({"state": "ready"}));
        }
        drop(connection);
        let mut answers = String::new();
        client.read_to_string(&mut answers).unwrap();
        for answer in answers.lines() {
            prop_assert!(serde_json::from_str::<Value>(answer).unwrap().is_object());
        }
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        prop_assert_eq!(answers.lines().count(), lines);
    }
}

#[test]
fn a_watcher_that_does_not_read_is_dropped() {
    let (_dir, path) = socket_dir();
    let mut server = bind(&path);
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"{\"cmd\":\"watch\"}\n").unwrap();
    server.advance(|_| serde_json::json!({}));
    let event = serde_json::json!({"event": "x".repeat(10_000)});
    for _ in 0..1_000 {
        server.publish(&event);
    }
    assert!(!server.has_watchers());
}

#[test]
fn a_supervisor_that_ends_before_it_answers_is_not_running() {
    let (_dir, path) = socket_dir();
    let server = bind(&path);
    let at = path.clone();
    let client = std::thread::spawn(move || request(&at, &Request::Status, SOON));
    // The request is on its way, not read, when the socket is closed.
    let end = std::time::Instant::now() + SOON;
    while !readable(&server) {
        assert!(std::time::Instant::now() < end, "nobody asked");
        std::thread::yield_now();
    }
    drop(server);
    let answer = client.join().unwrap();
    assert!(
        matches!(answer, Err(ControlError::NotRunning)),
        "{answer:?}"
    );
}

fn readable(server: &Server) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut waits = [PollFd::new(&server.listener, PollFlags::IN)];
    poll(&mut waits, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

#[test]
fn one_connection_too_many_is_told_so() {
    let (_dir, path) = socket_dir();
    let mut server = bind(&path);
    let held: Vec<_> = (0..MAX_CLIENTS)
        .map(|_| {
            let stream = UnixStream::connect(&path).unwrap();
            server.advance(|_| Value::Null);
            stream
        })
        .collect();
    let at = path.clone();
    let client = std::thread::spawn(move || request(&at, &Request::Status, SOON));
    let end = std::time::Instant::now() + SOON;
    while !client.is_finished() && std::time::Instant::now() < end {
        server.advance(|_| Value::Null);
        std::thread::yield_now();
    }
    let answer = client.join().unwrap();
    assert!(
        matches!(&answer, Err(ControlError::Refused(why)) if why.contains("too many")),
        "{answer:?}"
    );
    drop(held);
}
