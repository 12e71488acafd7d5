//! A server with switches for everything that goes wrong with servers; the tests supervise it.
//!
//! With `--memory-mb` it is no server, but a process of that size with a few more threads, which end when its standard input
//! does. A file named by `CHILD_HANGS` makes it silent as long as it exists, and what it is asked is added to one named by
//! `CHILD_RECORDS`. It listens on 127.0.0.1, or on `CHILD_LISTENS`.
#![allow(
    clippy::disallowed_methods,
    reason = "a server that is slow on purpose"
)]

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Parser;

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

#[derive(Parser)]
struct Arguments {
    #[arg(default_value_t)]
    port: u16,
    /// What it answers
    #[arg(long, default_value_t = 200)]
    status: u16,
    /// How long it takes until it listens
    #[arg(long, default_value_t)]
    delay_ms: u64,
    /// Ends with this code instead
    #[arg(long)]
    exit: Option<u8>,
    #[arg(long)]
    ignore_term: bool,
    /// Waits for the real server and hands nothing on, as package runners do
    #[arg(long)]
    wrap: bool,
    /// Leaves session and group
    #[arg(long)]
    leave: bool,
    /// So many megabytes of output
    #[arg(long)]
    flood: Option<u32>,
    #[arg(long)]
    say: Option<String>,
    /// Says something each time
    #[arg(long)]
    chatter_ms: Option<u64>,
    #[arg(long)]
    memory_mb: Option<usize>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { port, status, .. } = arguments;
    let (ignore, leave) = (arguments.ignore_term, arguments.leave);
    if let Some(megabytes) = arguments.memory_mb {
        return be_big(megabytes);
    }
    if let Some(pause) = arguments.chatter_ms {
        std::thread::spawn(move || {
            for step in 1.. {
                eprintln!("fetching part {step}");
                std::thread::sleep(Duration::from_millis(pause));
            }
        });
    }
    if let Some(text) = arguments.say {
        eprintln!("{text}");
    }
    if let Some(code) = arguments.exit {
        return ExitCode::from(code);
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
    if arguments.wrap {
        let own = std::env::args().skip(1).filter(|word| word != "--wrap");
        let me = std::env::current_exe().unwrap_or_default();
        let done = Command::new(me).args(own).status();
        return ExitCode::from(u8::from(!done.is_ok_and(|status| status.success())));
    }
    if leave && rustix::process::setsid().is_err() {
        return ExitCode::from(71);
    }
    std::thread::sleep(Duration::from_millis(arguments.delay_ms));
    let address = std::env::var("CHILD_LISTENS").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let Ok(listener) = TcpListener::bind((address, port)) else {
        eprintln!("Error: Port {port} is already in use");
        return ExitCode::from(1);
    };
    println!("listening on {port}");
    if let Some(megabytes) = arguments.flood {
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
            let file = File::options().create(true).append(true).open(path);
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
