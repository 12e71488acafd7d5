use super::*;
use proptest::prelude::*;
use std::io::{Read, Write};
use std::net::TcpListener;

fn probe(max_body: u32) -> Probe {
    Probe {
        id: "p".to_owned(),
        path: "/x?y".to_owned(),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        with_key: true,
        timeout_ms: 2_000,
        max_body,
    }
}

/// Asks a server that answers every request with `pieces`, one after the other; what it was asked, and the outcome.
fn ask(pieces: &[&[u8]], max_body: u32, key: Option<&Secret>) -> (String, Outcome) {
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
        let seen = fetch(addr, "127.0.0.1", addr.port(), &probe(max_body), key);
        assert_eq!(seen.id, "p");
        (server.join().unwrap(), seen.outcome)
    })
}

fn body(outcome: Outcome) -> String {
    match outcome {
        Outcome::Response(response) => response.body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_request_is_plain_and_carries_the_key_only_when_asked() {
    let key = Secret::new("secret-key");
    let (request, outcome) = ask(
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
    assert!(request.contains("\r\nConnection: close\r\n"));
    let Outcome::Response(response) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(response.status, 200);
    assert!(
        response
            .headers
            .contains(&("x-a".to_owned(), "b".to_owned()))
    );
    let (request, _) = ask(&[b"HTTP/1.1 204 No\r\n\r\n"], 100, None);
    assert!(!request.contains("x-api-key"));
}

#[test]
fn bodies_of_every_framing() {
    let cases: [(&[&[u8]], &str); 7] = [
        (
            &[
                b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
                b"lo and more",
            ],
            "hello",
        ),
        (
            &[b"HTTP/1.0 200 OK\r\n\r\nuntil", b" the end"],
            "until the end",
        ),
        (
            &[
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                b"lo\r\n1;x=y\r\n!\r\n0\r\n\r\n",
            ],
            "hello!",
        ),
        (&[b"HTTP/1.1 204 No Content\r\n\r\n"], ""),
        (
            &[
                b"HTTP/1.1 100 Continue\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            ],
            "x",
        ),
        (
            &[b"HTTP/1.1 301 Moved\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"],
            "",
        ),
        (
            &[b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe"],
            "\u{fffd}\u{fffd}",
        ),
    ];
    for (pieces, wanted) in cases {
        assert_eq!(body(ask(pieces, 1_000, None).1), wanted);
    }
}

#[test]
fn a_body_is_cut_at_its_limit_however_it_is_framed() {
    let long = "x".repeat(100_000);
    let fixed = format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{long}");
    let open = format!("HTTP/1.1 200 OK\r\n\r\n{long}");
    let chunk = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n{long}\r\n0\r\n\r\n"
    );
    for answer in [fixed, open, chunk] {
        assert_eq!(body(ask(&[answer.as_bytes()], 10, None).1).len(), 10);
    }
}

#[test]
fn what_is_not_http_is_told_apart() {
    let text = |outcome| match outcome {
        Outcome::NotHttp(text) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        text(ask(&[b"SSH-2.0-OpenSSH_9.2\r\n\x07\x1b[2J"], 10, None).1),
        "SSH-2.0-OpenSSH_9.2[2J"
    );
    assert!(
        text(ask(&["\u{e9}".repeat(4_000).as_bytes()], 10, None).1)
            .chars()
            .count()
            <= EXCERPT
    );
    assert_eq!(
        ask(&[b"\x15\x03\x01\x00\x02\x02\x46"], 10, None).1,
        Outcome::Tls
    );
    assert_eq!(
        ask(&[b"\x15", b"\x03\x01\x00\x02\x02\x46"], 10, None).1,
        Outcome::Tls
    );
    assert_eq!(
        text(ask(&[b"HTTP/1.1 020 OK\r\n\r\nx"], 10, None).1),
        "HTTP/1.1 020 OKx"
    );
    assert!(matches!(ask(&[], 10, None).1, Outcome::Failed(_)));
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(MAX_HEAD + 10));
    assert!(matches!(
        ask(&[endless.as_bytes()], 10, None).1,
        Outcome::NotHttp(_)
    ));
    assert!(matches!(
        ask(
            &[b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"],
            10,
            None
        )
        .1,
        Outcome::Failed(_)
    ));
}

#[test]
fn nobody_there_is_refused_and_at_once() {
    let addr = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let seen = fetch(addr, "127.0.0.1", addr.port(), &probe(10), None);
    assert_eq!(seen.outcome, Outcome::Refused);
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
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
            }
            // Until the client gives up.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let probe = Probe {
            timeout_ms: 60,
            ..probe(10)
        };
        let seen = fetch(addr, "127.0.0.1", addr.port(), &probe, None);
        assert_eq!(seen.outcome, Outcome::TimedOut);
        assert!(
            (60..1_000).contains(&seen.elapsed_ms),
            "{}",
            seen.elapsed_ms
        );
        server.join().unwrap();
    }
}

#[test]
fn a_question_that_would_smuggle_is_not_sent() {
    let bad = [
        Probe {
            path: "/a b".to_owned(),
            ..probe(1)
        },
        Probe {
            path: "x".to_owned(),
            ..probe(1)
        },
        Probe {
            path: "/a\r\nX: y".to_owned(),
            ..probe(1)
        },
        Probe {
            headers: vec![("a".to_owned(), "b\r\nX: y".to_owned())],
            ..probe(1)
        },
        Probe {
            headers: vec![("a: b".to_owned(), String::new())],
            ..probe(1)
        },
    ];
    for probe in bad {
        assert!(request("h", 1, &probe, None, false).is_err(), "{probe:?}");
    }
    assert!(request("h", 1, &probe(1), Some(&Secret::new("a\nb")), false).is_err());
}

/// Asks on a kept connection.
fn again(addr: SocketAddr, idle: Option<OwnedFd>) -> (Outcome, Option<OwnedFd>) {
    let mut exchange = Exchange::resume(addr, "h", addr.port(), &probe(100), None, idle);
    loop {
        if let Some(seen) = exchange.advance() {
            return (seen.outcome, exchange.take_idle());
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
    // The server closed it after that; the question is asked on a new one.
    let (third, idle) = again(addr, idle);
    assert_eq!(body(third), "2");
    assert!(idle.is_none(), "the server said that it closes");
    assert_eq!(body(again(addr, idle).0), "3");
    server.join().unwrap();
}

proptest! {
    #[test]
    fn any_bytes_lead_to_an_outcome(bytes in proptest::collection::vec(any::<u8>(), 0..300), http in any::<bool>()) {
        let mut received = if http { b"HTTP/1.1 200 OK\r\n".to_vec() } else { Vec::new() };
        received.extend(bytes);
        let exchange = Exchange {
            id: String::new(), fd: None, request: Vec::new(), sent: 0, received, max_body: 50,
            started: Instant::now(), deadline: Instant::now(), settled: None, addr: ([127, 0, 0, 1], 1).into(), keep: false, reused: false,
        };
        if let Some(Outcome::Response(response)) = exchange.parse(true) {
            prop_assert!(response.body.len() <= 150);
        }
        exchange.parse(false);
    }

    #[test]
    fn chunked_is_the_same_however_it_is_cut(data in proptest::collection::vec(1usize..40, 0..10), at in 0usize..400) {
        let mut coded = Vec::new();
        let mut plain = Vec::new();
        for (n, size) in data.iter().enumerate() {
            let byte = b'a' + u8::try_from(n).unwrap();
            coded.extend(format!("{size:x}\r\n").bytes());
            coded.extend(vec![byte; *size]);
            coded.extend(b"\r\n");
            plain.extend(vec![byte; *size]);
        }
        coded.extend(b"0\r\n\r\n");
        prop_assert_eq!(chunked(&coded, 10_000, false), Some(Ok(plain)));
        let part = &coded[..at.min(coded.len() - 3)];
        prop_assert_eq!(chunked(part, 10_000, false).is_some_and(|r| r.is_err()), false);
    }
}
