use super::response::{EXCERPT, MAX_FRAMING, MAX_HEAD};
use super::*;
use proptest::prelude::*;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

const REQUEST: Request<'_> = Request {
    path: "/x?y",
    headers: &[],
    body: None,
    with_key: true,
    timeout_ms: 2_000,
    max_body: 100,
};

/// Asks a server that answers every request with `pieces`, one after the other; what it was asked, and the result.
fn ask(pieces: &[&[u8]], max_body: u32, key: Option<&SecretString>) -> (String, HttpResult) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::scope(|scope| {
        let server = scope.spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut bytes = [0; 512];
            while !request.ends_with(b"\r\n\r\n") {
                let n = stream.read(&mut bytes).unwrap();
                request.extend_from_slice(&bytes[..n]);
            }
            for piece in pieces {
                if stream.write_all(piece).is_err() {
                    break;
                }
            }
            String::from_utf8(request).unwrap()
        });
        let headers = [("accept".to_owned(), "application/json".to_owned())];
        let request = Request {
            headers: &headers,
            max_body,
            ..REQUEST
        };
        let seen = send(addr, "127.0.0.1", &request, key);
        (server.join().unwrap(), seen.result)
    })
}

fn body(result: HttpResult) -> String {
    match result {
        Ok(response) => response.body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_request_is_plain_and_carries_the_key_only_when_asked() {
    let key = SecretString::from("secret-key");
    let (request, result) = ask(
        &[b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok"],
        100,
        Some(&key),
    );
    assert!(
        request.starts_with("GET /x?y HTTP/1.1\r\nHost: 127.0.0.1:"),
        "{request}"
    );
    assert!(request.contains("\r\naccept: application/json\r\n"));
    assert!(request.contains("\r\nx-api-key: secret-key\r\n"));
    assert!(request.contains("\r\nauthorization: Bearer secret-key\r\n"));
    assert!(request.contains("\r\nConnection: close\r\n"));
    let Ok(response) = result else {
        panic!("{result:?}")
    };
    assert_eq!(response.status, 200);
    assert!(
        response
            .headers
            .contains(&("x-a".to_owned(), "b".to_owned()))
    );
    let (request, _) = ask(&[b"HTTP/1.1 204 No\r\n\r\n"], 100, None);
    assert!(!request.contains("x-api-key") && !request.contains("authorization"));
}

fn shown(result: Option<HttpResult>) -> String {
    match result {
        None => "nothing".to_owned(),
        Some(Ok(response)) => format!("{} {}", response.status, response.body),
        Some(Err(NoReply::NotHttp(text))) => format!("not HTTP: {text}"),
        Some(Err(NoReply::Failed(_))) => "failed".to_owned(),
        Some(Err(other)) => format!("{other:?}"),
    }
}

#[test]
fn what_a_server_sends_is_read_as_what_it_is_however_it_is_cut() {
    const LENGTH: &str = "HTTP/1.1 200 OK\r\nContent-Length: ";
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let long = "x".repeat(100_000);
    let ten = format!("200 {}", "x".repeat(10));
    let excerpt = format!("not HTTP: {}", "\u{e9}".repeat(EXCERPT));
    let endless = format!("HTTP/1.1 200 OKX: {long}");
    let endless_excerpt = format!("not HTTP: {endless:.EXCERPT$}");
    for (sent, max_body, read) in [
        (format!("{LENGTH}5\r\n\r\nhello and more"), 99, "200 hello"),
        (
            "HTTP/1.0 200 OK\r\n\r\nuntil the end".to_owned(),
            99,
            "200 until the end",
        ),
        (
            format!("{CHUNKED}5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n"),
            99,
            "200 hello!",
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n".to_owned(), 99, "204 "),
        (
            format!("HTTP/1.1 100 Continue\r\n\r\n{LENGTH}1\r\n\r\nx"),
            99,
            "200 x",
        ),
        (
            "HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".to_owned(),
            99,
            "301 ",
        ),
        (format!("{LENGTH}100000\r\n\r\n{long}"), 10, &ten),
        (format!("HTTP/1.1 200 OK\r\n\r\n{long}"), 10, &ten),
        (format!("{CHUNKED}186a0\r\n{long}\r\n0\r\n\r\n"), 10, &ten),
        (format!("{LENGTH}9\r\n\r\nshort"), 10, "failed"),
        (
            "SSH-2.0-OpenSSH_9.2\r\n\x07\x1b[2J".to_owned(),
            10,
            "not HTTP: SSH-2.0-OpenSSH_9.2[2J",
        ),
        ("\u{e9}".repeat(4_000), 10, &excerpt),
        ("\x15\x03\x01\0\x02\x02\x46".to_owned(), 10, "Tls"),
        (
            "HTTP/1.1 020 OK\r\n\r\nx".to_owned(),
            10,
            "not HTTP: HTTP/1.1 020 OKx",
        ),
        (endless.replace("OKX", "OK\r\nX"), 10, &endless_excerpt),
        (String::new(), 10, "nothing"),
    ] {
        for step in [1, 7, sent.len()] {
            // What is not HTTP is known at its first bytes; how much of it is shown depends on how much came.
            let got = shown(fed(sent.as_bytes(), step, max_body).0);
            let part = read.starts_with("not") && step != sent.len() && read.starts_with(&got);
            assert!(got == read || part, "{got:?} of {sent:.99?} by {step}");
        }
    }
    let invalid = [LENGTH.as_bytes(), b"2\r\n\r\n\xff\xfe"].concat();
    assert_eq!(shown(fed(&invalid, 1, 99).0), "200 \u{fffd}\u{fffd}");
    assert!(matches!(ask(&[], 10, None).1, Err(NoReply::Failed(_))));
}

/// The reader knows them by their bytes; this is about what the socket tells it.
#[test]
fn the_end_of_a_connection_ends_a_body_and_a_tls_record_is_no_http() {
    for (pieces, read) in [
        (
            &["HTTP/1.1 200 OK\r\n\r\nuntil", " the end"][..],
            "200 until the end",
        ),
        (&["HTTP/1.1 200 OK\r\n\r\n"], "200 "),
        (
            &["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"],
            "failed",
        ),
        // An alert and a handshake, as a server that expects TLS answers.
        (&["\x15\x03\x01\0\x02\x02\x46"], "Tls"),
        (&["\x16\x03\x03\0\x3a\x02"], "Tls"),
    ] {
        let bytes: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
        assert_eq!(shown(Some(ask(&bytes, 99, None).1)), read, "{pieces:?}");
    }
}

#[test]
fn nobody_there_is_refused_and_at_once() {
    let addr = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let seen = send(addr, "127.0.0.1", &REQUEST, None);
    assert_eq!(seen.result, Err(NoReply::Refused));
    assert!(seen.elapsed_ms < 500);
}

#[test]
fn silence_and_a_slow_drip_time_out() {
    for drips in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            if drips {
                for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                    .iter()
                    .cycle()
                {
                    if stream.write_all(&[*byte]).is_err() {
                        return;
                    }
                    #[expect(clippy::disallowed_methods, reason = "a server that drips")]
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
            }
            // Until the client gives up.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let request = Request {
            timeout_ms: 60,
            ..REQUEST
        };
        let seen = send(addr, "127.0.0.1", &request, None);
        assert_eq!(seen.result, Err(NoReply::TimedOut));
        assert!(
            (60..1_000).contains(&seen.elapsed_ms),
            "{}",
            seen.elapsed_ms
        );
        server.join().unwrap();
    }
}

#[test]
fn a_request_that_would_smuggle_is_not_sent() {
    let split = [("a".to_owned(), "b\r\nX: y".to_owned())];
    let two = [("a: b".to_owned(), String::new())];
    for (path, headers) in [
        ("/a b", &[][..]),
        ("x", &[]),
        ("/a\r\nX: y", &[]),
        ("/", &split),
        ("/", &two),
    ] {
        let request = Request {
            path,
            headers,
            ..REQUEST
        };
        let request = encode("h", 1, &request, None, false);
        assert!(request.is_err(), "{request:?}");
    }
    let key = SecretString::from("a\nb");
    let request = encode("h", 1, &REQUEST, Some(&key), false);
    assert!(request.is_err());
}

/// Asks on a kept connection.
fn again(addr: SocketAddr, idle: Option<TcpStream>) -> (HttpResult, Option<TcpStream>) {
    let mut exchange = Exchange::resume(addr, "h", &REQUEST, None, idle);
    loop {
        if let Some(seen) = exchange.advance() {
            return (seen.result, exchange.take_idle());
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_connection_is_kept_while_the_server_keeps_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        // Two answers on the first connection, one on each of the others.
        for (connection, answers) in [(1, 2), (2, 1), (3, 1)] {
            let (mut stream, _) = listener.accept().unwrap();
            for _ in 0..answers {
                let mut bytes = [0; 512];
                assert!(stream.read(&mut bytes).unwrap() > 0);
                let end = if connection == 2 {
                    "Connection: close\r\n"
                } else {
                    ""
                };
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\n{end}Content-Length: 1\r\n\r\n{connection}"
                )
                .unwrap();
            }
        }
    });
    let (first, idle) = again(addr, None);
    assert_eq!(body(first), "1");
    assert!(idle.is_some());
    let (second, idle) = again(addr, idle);
    assert_eq!(body(second), "1", "the same connection");
    // The server closed it after that; the request is asked on a new one.
    let (third, idle) = again(addr, idle);
    assert_eq!(body(third), "2");
    assert!(idle.is_none(), "the server said that it closes");
    assert_eq!(body(again(addr, idle).0), "3");
    server.join().unwrap();
}

/// The result of `bytes`, fed `step` at a time; and after how many, unless only the end decided.
fn fed(bytes: &[u8], step: usize, max_body: usize) -> (Option<HttpResult>, Option<usize>) {
    let mut reader = ResponseReader::new(max_body);
    let mut taken = 0;
    for piece in bytes.chunks(step.max(1)) {
        taken += piece.len();
        if let Some(result) = reader.feed(piece) {
            return (Some(result), Some(taken));
        }
    }
    (reader.end(), None)
}

#[test]
fn an_answer_without_end_has_an_outcome_within_its_bounds() {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const MAX_BODY: usize = 1_000;
    for (begin, repeated) in [
        ("", "HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
        ("", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n".to_owned()),
        ("HTTP/1.1 200 OK\r\n", "X-A: b\r\n".to_owned()),
        ("HTTP/1.1 200 OK\r\nX-A: ", "b".to_owned()),
        ("HTTP/1.1 200 ", "b".to_owned()),
        ("HTTP/1.1 200 OK\r\n\r\n", "b".to_owned()),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            "b".to_owned(),
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
            "x=y;".to_owned(),
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "0".to_owned(),
        ),
        (CHUNKED, format!("1;{}\r\nx\r\n", "x".repeat(200))),
        (CHUNKED, "0\r\nX-A: b\r\n".to_owned()),
        (CHUNKED, "ffffffffffffffff\r\nb".to_owned()),
        ("\x16", "\x16".to_owned()),
    ] {
        let longest = MAX_HEAD + MAX_FRAMING + MAX_BODY;
        let bytes = format!("{begin}{}", repeated.repeat(longest / repeated.len() + 2));
        let (result, taken) = fed(bytes.as_bytes(), 1, MAX_BODY);
        assert!(
            taken.is_some_and(|taken| taken <= longest),
            "{begin:?} {repeated:?}: {taken:?}"
        );
        for step in [7, 4096, bytes.len()] {
            assert_eq!(
                fed(bytes.as_bytes(), step, MAX_BODY).0,
                result,
                "{begin:?} {repeated:?} by {step}"
            );
        }
    }
}

/// A loop that never lets go would hold its test too: what is asked here is asked on another thread.
#[test]
fn a_server_that_sends_faster_than_it_is_read_lets_go() {
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        ask_one_that_sends_faster();
        done.send(())
    });
    ended
        .recv_timeout(std::time::Duration::from_secs(30))
        .unwrap();
}

fn ask_one_that_sends_faster() {
    const TURN: u64 = (CHUNKS * CHUNK) as u64;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    // A body without a limit: only the time is left to bound it.
    let request = Request {
        timeout_ms: 2_000,
        max_body: u32::MAX,
        ..REQUEST
    };
    let mut exchange = Exchange::start(addr, "h", &request, None);
    let begin = b"HTTP/1.1 200 OK\r\n\r\n";
    assert_eq!(exchange.response.feed(begin), None);
    let waits = |exchange: &Exchange| {
        let fd = exchange.stream.as_ref().unwrap();
        rustix::io::ioctl_fionread(fd).unwrap()
    };
    harness::wait::expect_true("more than is taken at once", || waits(&exchange) > 2 * TURN);
    let before = waits(&exchange);
    assert_eq!(exchange.advance(), None);
    assert!(waits(&exchange) >= before - TURN);
    let seen = harness::wait::expect("the end", || exchange.advance());
    assert_eq!(seen.result, Err(NoReply::TimedOut));
    drop(exchange);
    server.join().unwrap();
}

proptest! {
    #[test]
    fn any_bytes_lead_to_an_outcome(bytes in proptest::collection::vec(any::<u8>(), 0..300), http in any::<bool>(), step in 1usize..300) {
        let mut received = if http { b"HTTP/1.1 200 OK\r\n".to_vec() } else { Vec::new() };
        received.extend(bytes);
        let (result, _) = fed(&received, step, 50);
        if let Some(Ok(response)) = &result {
            prop_assert!(response.body.len() <= 150);
        }
        prop_assert_eq!(result.is_none(), received.is_empty());
    }

    #[test]
    fn chunked_is_the_same_however_it_is_cut(data in proptest::collection::vec(1usize..40, 0..10), step in 1usize..400, at in 0usize..400) {
        let mut coded = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let head = coded.len();
        let mut plain = String::new();
        for (n, size) in data.iter().enumerate() {
            let letter = char::from(b'a' + u8::try_from(n).unwrap());
            coded.extend(format!("{size:x}\r\n").bytes());
            plain.extend(std::iter::repeat_n(letter, *size));
            coded.extend(std::iter::repeat_n(u8::try_from(letter).unwrap(), *size));
            coded.extend(b"\r\n");
        }
        coded.extend(b"0\r\n\r\n");
        prop_assert_eq!(body(fed(&coded, step, 10_000).0.unwrap()), plain);
        let part = &coded[..(head + at).min(coded.len() - 3)];
        let (cut, taken) = fed(part, step, 10_000);
        prop_assert!(taken.is_none() && matches!(cut, Some(Err(NoReply::Failed(_)))), "{:?}", cut);
    }
}

#[test]
fn what_is_sent_is_as_long_as_it_says() {
    let text = |body| {
        let request = Request { body, ..REQUEST };
        let bytes = encode("h", 1, &request, None, false).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let sent = text(Some("{\"ä\":1}"));
    assert!(sent.starts_with("POST /x?y HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("\r\nContent-Length: 8\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\n{\"ä\":1}"), "{sent}");
    assert!(text(None).starts_with("GET /x?y ") && !text(None).contains("Content-Length"));
}
