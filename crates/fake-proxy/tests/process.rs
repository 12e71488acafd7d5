//! The fake proxy as a process: what goes over the wire, and every fault that a supervisor must survive.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use harness::{free_port, run, start, text, until};
use rustix::process::Signal;
use serde_json::Value;

const CHAT: &str = r#"{"model":"m","messages":[{"role":"user","content":"Hello"}]}"#;
const STREAM: &str =
    r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;

fn records(path: &std::path::Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_connection_is_kept_and_bodies_come_in_every_framing() {
    let proxy = start(&[], &[]);
    let mut stream = proxy.connect();
    let chunked = format!(
        "{:x}\r\n{}\r\n{:x};ext=1\r\n{}\r\n0\r\n\r\n",
        10,
        &CHAT[..10],
        CHAT.len() - 10,
        &CHAT[10..]
    );
    let requests = [
        format!(
            "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{CHAT}",
            CHAT.len()
        ),
        format!(
            "POST /v1/messages HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"
        ),
        format!(
            "POST /v1/messages HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n{CHAT}",
            CHAT.len()
        ),
    ];
    // All at once: the answers come in order, each complete.
    stream.write_all(requests.concat().as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(
        answer.matches("Fake reply to: Hello").count(),
        3,
        "{answer}"
    );
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3);
    assert_eq!(answer.matches("Keep-Alive: timeout=120").count(), 2);
    assert_eq!(
        answer
            .matches("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
            .count(),
        1
    );
}

#[test]
fn a_stream_is_chunked_and_arrives_piece_by_piece() {
    let proxy = start(&["--slow-messages-ms", "600"], &[]);
    let begun = Instant::now();
    let mut stream = proxy.connect();
    let head = "POST /v1/messages HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
    write!(
        stream,
        "{head}Content-Length: {}\r\n\r\n{STREAM}",
        STREAM.len()
    )
    .unwrap();
    let mut seen = Vec::new();
    let mut first = None;
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..count]);
        if first.is_none() && seen.windows(13).any(|bytes| bytes == b"message_start") {
            first = Some(begun.elapsed());
        }
    }
    let whole = begun.elapsed();
    assert!(
        whole >= Duration::from_millis(500) && first.unwrap() < whole / 2,
        "{first:?} of {whole:?}"
    );

    let seen = String::from_utf8(seen).unwrap();
    let (head, mut rest) = seen.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains("Content-Type: text/event-stream")
            && head.contains("Transfer-Encoding: chunked"),
        "{head}"
    );
    let mut events = String::new();
    loop {
        let (size, after) = rest.split_once("\r\n").unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        events.push_str(&after[..size]);
        rest = after[size..].strip_prefix("\r\n").unwrap();
        if size == 0 {
            break;
        }
    }
    assert!(
        events.starts_with("event: message_start\n")
            && events.ends_with("{\"type\":\"message_stop\"}\n\n")
    );

    // HTTP/1.0 has no chunks: the end of the connection is the end of the stream.
    let mut stream = proxy.connect();
    write!(
        stream,
        "POST /v1/messages HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: {}\r\n\r\n{STREAM}",
        STREAM.len()
    )
    .unwrap();
    let mut seen = String::new();
    stream.read_to_string(&mut seen).unwrap();
    let second = seen.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(second, events.replace("msg_fake000001", "msg_fake000002"));
}

#[test]
fn the_key_is_enforced_and_the_record_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests");
    let environment = [
        ("MERIDIAN_API_KEY", "hush-hush"),
        ("FAKE_PROXY_REQUESTS", file.to_str().unwrap()),
        ("MERIDIAN_PASSTHROUGH", "1"),
    ];
    let proxy = start(&[], &environment);
    let status =
        |headers: &[&str]| proxy.ask("GET", "/v1/models", headers, "").unwrap()[9..12].to_owned();
    assert_eq!(status(&[]), "401");
    assert_eq!(status(&["x-api-key: hush"]), "401");
    assert_eq!(status(&["Authorization: Bearer hush-hush"]), "200");
    assert!(
        proxy
            .get("/health")
            .unwrap()
            .contains(r#""mode":"passthrough""#)
    );
    let seen: Vec<(Value, Value)> = records(&file)
        .iter()
        .map(|line| (line["keyIn"].clone(), line["keyMatched"].clone()))
        .collect();
    let expected = [
        (Value::Null, false.into()),
        ("x-api-key".into(), false.into()),
        ("authorization".into(), true.into()),
        (Value::Null, false.into()),
    ];
    assert_eq!(seen, expected);
    assert!(!fs::read_to_string(&file).unwrap().contains("hush"));
}

#[test]
fn a_taken_port_ends_it_in_the_words_of_the_real_one() {
    let holder = start(&[], &[]);
    let port = holder.port.to_string();
    let (status, stdout, stderr) = run(&[], &[("MERIDIAN_PORT", &port)]);
    assert_eq!(status.code(), Some(1));
    assert_eq!(stdout, "");
    assert_eq!(stderr.lines().count(), 9, "{stderr}");
    assert_eq!(
        stderr.lines().nth(1),
        Some(format!("Error: Port {port} is already in use.").as_str())
    );

    let (status, _, stderr) = run(&["--service", "openai", &port], &[]);
    assert_eq!(status.code(), Some(1));
    assert!(stderr.starts_with("Failed to start server"), "{stderr}");
}

#[test]
fn an_unusable_address_ends_it_with_0_as_the_real_one() {
    let (status, _, stderr) = run(&[], &[("MERIDIAN_PORT", "seventy")]);
    assert_eq!(status.code(), Some(0));
    assert!(
        stderr.contains("options.port should be >= 0 and < 65536."),
        "{stderr}"
    );
    // A documentation address, which no machine has.
    let (status, stdout, stderr) = run(&["--port", "0"], &[("MERIDIAN_HOST", "192.0.2.1")]);
    assert_eq!(
        (status.code(), stdout.as_str(), stderr.as_str()),
        (Some(0), "", "")
    );
    let (status, _, stderr) = run(&["--service", "openai", "0"], &[]);
    assert_eq!(
        (status.code(), stderr.as_str()),
        (Some(1), "Invalid port: 0\n")
    );
    let (status, _, stderr) = run(&["--login", "maybe"], &[]);
    assert_eq!(status.code(), Some(2));
    assert!(stderr.contains("FAKE_PROXY_LOGIN"), "{stderr}");
}

#[test]
fn a_start_can_be_slow_or_fail() {
    let begun = Instant::now();
    let _slow = start(&["--slow-start-ms", "300"], &[]);
    assert!(begun.elapsed() >= Duration::from_millis(300));

    let (status, stdout, stderr) = run(
        &["--exit-at-start", "0", "--say", "npm error code E404"],
        &[],
    );
    assert_eq!(
        (status.code(), stdout.as_str(), stderr.as_str()),
        (Some(0), "", "npm error code E404\n")
    );
    let (status, stdout, stderr) = run(&["--login", "at-start"], &[]);
    assert_eq!((status.code(), stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("Not logged in to Claude."), "{stderr}");
}

#[test]
fn a_hang_is_silent_from_the_start_or_from_a_signal() {
    assert!(start(&["--hang"], &[]).is_silent());
    let proxy = start(&[], &[]);
    assert!(proxy.get("/").is_ok());
    proxy.signal(Signal::USR1);
    until("silence", || proxy.is_silent());
}

#[test]
fn slow_health_leaves_the_root_quick() {
    let proxy = start(&["--slow-health-ms", "400"], &[]);
    let mut health = proxy.connect();
    let begun = Instant::now();
    health
        .write_all(b"GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        .unwrap();
    assert!(proxy.get("/").is_ok());
    let root = begun.elapsed();
    health.read_to_end(&mut Vec::new()).unwrap();
    let health = begun.elapsed();
    assert!(
        root < health && health >= Duration::from_millis(400),
        "{root:?} {health:?}"
    );
}

#[test]
fn something_else_may_speak_on_the_port() {
    let first_bytes = |service| {
        let other = start(&["--service", service], &[]);
        let mut stream = other.connect();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut bytes = Vec::new();
        // A connection with unread bytes may end in a reset, after the bytes that matter.
        let _ = stream.read_to_end(&mut bytes);
        bytes
    };
    assert!(
        String::from_utf8(first_bytes("html"))
            .unwrap()
            .contains("<title>Some other program</title>")
    );
    assert!(first_bytes("garbage").starts_with(b"\x00\x01\xfe\xff"));
    assert_eq!(first_bytes("tls"), b"\x15\x03\x03\x00\x02\x02\x0a");
}

#[test]
fn the_other_proxy_ends_gracefully_and_dies_of_a_dead_login() {
    let port = free_port().to_string();
    let mut idle = start(&["--service", "openai", &port], &[]);
    assert!(idle.get("/health").unwrap().contains("claude-code-cli"));
    idle.signal(Signal::TERM);
    assert_eq!(idle.wait().code(), Some(0));

    let port = free_port().to_string();
    let mut busy = start(
        &["--service", "openai", "--slow-messages-ms", "500", &port],
        &[],
    );
    let mut stream = busy.connect();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
    write!(
        stream,
        "{head}Content-Length: {}\r\n\r\n{STREAM}",
        STREAM.len()
    )
    .unwrap();
    // The first bytes show that the answer is under way.
    stream.read_exact(&mut [0; 12]).unwrap();
    busy.signal(Signal::TERM);
    busy.signal(Signal::TERM);
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("data: [DONE]"), "{rest}");
    assert_eq!(busy.wait().code(), Some(0));

    let port = free_port().to_string();
    let mut dead = start(&["--service", "openai", "--login", "rejected", &port], &[]);
    assert!(dead.ask("POST", "/v1/chat/completions", &[], CHAT).is_err());
    assert_eq!(dead.wait().code(), Some(1));
    assert!(text(&dead.stderr).contains("TypeError"));
}

#[test]
fn the_outside_records_whatever_touches_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests");
    let outside = start(
        &[
            "listener",
            "--requests",
            file.to_str().unwrap(),
            "--record-bodies",
        ],
        &[],
    );
    let kinds = || -> Vec<String> {
        records(&file)
            .iter()
            .map(|line| line["kind"].as_str().unwrap().to_owned())
            .collect()
    };

    drop(outside.connect());
    until("the bare connection", || kinds() == ["connection"]);

    let answer = outside
        .ask(
            "POST",
            "/v1/messages",
            &["Authorization: Bearer t0ken"],
            CHAT,
        )
        .unwrap();
    assert!(answer.contains("Reply from outside"), "{answer}");
    let request = records(&file).pop().unwrap();
    assert_eq!(request["path"], "/v1/messages");
    assert_eq!(request["body"], CHAT);
    assert_eq!(request["keyIn"], "authorization");
    assert!(!request.to_string().contains("t0ken"));

    // As a forward proxy: the tunnel, and the TLS greeting through it.
    let mut tunnel = outside.connect();
    tunnel
        .write_all(b"CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n")
        .unwrap();
    tunnel.read_exact(&mut [0; 15]).unwrap();
    tunnel.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
    until("the greeting", || {
        kinds().last().is_some_and(|kind| kind == "tls")
    });
    let lines = records(&file);
    assert_eq!(lines[lines.len() - 2]["path"], "api.example:443");
    assert_eq!(lines[lines.len() - 1]["first"], "160301020001");
}
