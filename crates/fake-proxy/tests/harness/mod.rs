//! Starts the program, reads what it prints, speaks HTTP with it. Whatever happens, nothing is left running.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use ::harness::child::{ended, lines};
use rustix::process::{Pid, Signal};

pub(crate) use ::harness::wait::{PATIENCE as DEADLINE, so as until};

pub(crate) fn free_port() -> u16 {
    ::harness::ports::free().unwrap()
}

/// A running fake proxy, in a process group of its own.
pub(crate) struct FakeProxy {
    pub(crate) child: Child,
    pub(crate) port: u16,
    /// Whole stdout, then whole stderr, line by line, line ends kept.
    pub(crate) stdout: Receiver<Vec<u8>>,
    pub(crate) stderr: Receiver<Vec<u8>>,
}

/// The program with nothing of this process's environment.
pub(crate) fn command(args: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fake-proxy"));
    command
        .args(args)
        .env_clear()
        .envs(environment.iter().copied());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str], environment: &[(&str, &str)]) -> (ExitStatus, String, String) {
    let mut fake_proxy = spawn(args, environment);
    let status = fake_proxy.wait();
    (status, text(&fake_proxy.stdout), text(&fake_proxy.stderr))
}

/// Starts the program and waits for the line that names its port.
pub(crate) fn start(args: &[&str], environment: &[(&str, &str)]) -> FakeProxy {
    let mut all = vec!["--port", "0"];
    if args.first() == Some(&"listener") {
        all.clear();
    }
    if args.contains(&"openai") {
        all.clear();
    }
    all.extend(args);
    let mut fake_proxy = spawn(&all, environment);
    loop {
        let line = fake_proxy
            .stdout
            .recv_timeout(DEADLINE)
            .expect("no line with an address");
        let line = String::from_utf8(line).unwrap();
        if let Some((_, port)) = line.trim_end().split_once("http://127.0.0.1:") {
            fake_proxy.port = port.parse().unwrap();
            return fake_proxy;
        }
    }
}

fn spawn(args: &[&str], environment: &[(&str, &str)]) -> FakeProxy {
    let mut child = command(args, environment).spawn().unwrap();
    let stdout = lines(child.stdout.take().unwrap());
    let stderr = lines(child.stderr.take().unwrap());
    FakeProxy {
        child,
        port: 0,
        stdout,
        stderr,
    }
}

/// Everything up to the end of the stream.
pub(crate) fn text(lines: &Receiver<Vec<u8>>) -> String {
    let mut all = Vec::new();
    while let Ok(line) = lines.recv_timeout(DEADLINE) {
        all.extend(line);
    }
    String::from_utf8_lossy(&all).into_owned()
}

impl FakeProxy {
    /// The exit status, waited for.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        ended(&mut self.child)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// Sends a request and returns the whole answer; the connection is closed after it.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &str,
    ) -> io::Result<String> {
        let mut stream = self.connect();
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
        for header in headers {
            request.push_str(&format!("{header}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        if answer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    pub(crate) fn get(&self, path: &str) -> io::Result<String> {
        self.ask("GET", path, &["Accept: application/json"], "")
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Whether a request stays unanswered for a while.
    pub(crate) fn is_silent(&self) -> bool {
        let mut stream = self.connect();
        stream
            .set_read_timeout(Some(Duration::from_millis(150)))
            .unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            .unwrap();
        stream
            .read(&mut [0; 1])
            .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Drop for FakeProxy {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.wait();
    }
}
