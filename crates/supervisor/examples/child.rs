//! A server with switches for everything that goes wrong with servers; the tests supervise it.
//!
//! `child PORT [--status N] [--delay-ms N] [--exit N] [--ignore-term] [--wrap] [--leave]
//! [--flood MB] [--say TEXT] [--chatter-ms N] [--memory-mb N]`. With `--memory-mb` it is no server, but a process of that size with a few
//! more threads, which end when its standard input does. A file named by `CHILD_HANGS` makes it silent as long as it
//! exists, and what it is asked is added to one named by `CHILD_RECORDS`. It listens on 127.0.0.1, or on `CHILD_LISTENS`.
#![allow(
    clippy::disallowed_methods,
    reason = "a server that is slow on purpose"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Fills memory and says `big`. Its threads wait for the end of standard input, the first one for ever.
fn be_big(megabytes: usize) -> ExitCode {
    let memory = vec![1u8; megabytes << 20];
    for _ in 0..4 {
        std::thread::spawn(|| std::io::stdin().read(&mut [0; 1]));
    }
    println!("big");
    loop {
        std::thread::park();
        std::hint::black_box(&memory);
    }
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| {
        let found = arguments.iter().position(|a| a == name);
        found.map(|at| arguments.remove(at)).is_some()
    };
    let (ignore, wrap, leave) = (flag("--ignore-term"), flag("--wrap"), flag("--leave"));
    let mut value = |name: &str| {
        let at = arguments.iter().position(|a| a == name)?;
        arguments.remove(at);
        (at < arguments.len()).then(|| arguments.remove(at))
    };
    let say = value("--say");
    let mut number = |name: &str| value(name).and_then(|text| text.parse::<u64>().ok());
    let (status, delay) = (
        number("--status").unwrap_or(200),
        number("--delay-ms").unwrap_or(0),
    );
    if let Some(megabytes) = number("--memory-mb") {
        return be_big(usize::try_from(megabytes).unwrap_or(usize::MAX));
    }
    if let Some(pause) = number("--chatter-ms") {
        std::thread::spawn(move || {
            for step in 1.. {
                eprintln!("fetching part {step}");
                std::thread::sleep(Duration::from_millis(pause));
            }
        });
    }
    let (exit, flood) = (number("--exit"), number("--flood"));
    if let Some(text) = say {
        eprintln!("{text}");
    }
    if let Some(code) = exit {
        return ExitCode::from(u8::try_from(code).unwrap_or(255));
    }
    if ignore
        && signal_hook::flag::register(
            signal_hook::consts::SIGTERM,
            Arc::new(AtomicBool::new(false)),
        )
        .is_err()
    {
        return ExitCode::from(70);
    }
    if wrap {
        // Waits for the real server and hands nothing on, as package runners do.
        let me = std::env::current_exe().unwrap_or_default();
        let mut inner: Vec<String> = arguments;
        inner.extend(ignore.then(|| "--ignore-term".to_owned()));
        inner.extend(leave.then(|| "--leave".to_owned()));
        inner.extend(["--status".to_owned(), status.to_string()]);
        let done = Command::new(me).args(inner).status();
        return ExitCode::from(if done.is_ok_and(|s| s.success()) {
            0
        } else {
            1
        });
    }
    if leave && rustix::process::setsid().is_err() {
        return ExitCode::from(71);
    }
    std::thread::sleep(Duration::from_millis(delay));
    let port: u16 = arguments
        .first()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let address = std::env::var("CHILD_LISTENS").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let Ok(listener) = TcpListener::bind((address, port)) else {
        eprintln!("Error: Port {port} is already in use");
        return ExitCode::from(1);
    };
    println!("listening on {port}");
    if let Some(megabytes) = flood {
        let line = format!("{}\n", "x".repeat(99));
        let block = line.repeat(100);
        let mut out = std::io::stdout().lock();
        for _ in 0..megabytes * 100 {
            if out.write_all(block.as_bytes()).is_err() {
                break;
            }
        }
        let _ = out.write_all(b"end of the flood\n");
    }
    let hangs = std::env::var_os("CHILD_HANGS").map(std::path::PathBuf::from);
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { continue };
        let mut request = [0; 2048];
        let length = stream.read(&mut request).unwrap_or(0);
        if let Some(path) = std::env::var_os("CHILD_RECORDS") {
            let file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path);
            let received = request.get(..length).unwrap_or_default();
            let _ = file.and_then(|mut file| file.write_all(received));
        }
        if hangs.as_ref().is_some_and(|path| path.exists()) {
            std::mem::forget(stream);
            continue;
        }
        let body = format!("{{\"pid\":{}}}", std::process::id());
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
    }
    ExitCode::SUCCESS
}
