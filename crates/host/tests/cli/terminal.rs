//! The login at a real pseudo-terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Instant;

use crate::process::supervise;
use crate::support::{Home, PATIENCE, free_port};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

struct Terminal {
    master: File,
    output: Receiver<String>,
    seen: String,
    read: usize,
    child: Child,
}

impl Terminal {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let master = openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let open = || -> OwnedFd {
            rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap()
        };
        let (input, output, errors) = (open(), open(), open());
        let mut command = home.command(arguments);
        command
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(errors));
        // SAFETY: only system calls that may be made between fork and exec.
        unsafe {
            command.pre_exec(|| {
                rustix::process::setsid()?;
                rustix::process::ioctl_tiocsctty(std::io::stdin())?;
                Ok(())
            });
        }
        let child = command.spawn().unwrap();
        drop(command);
        let master = File::from(master);
        let mut reader = master.try_clone().unwrap();
        let (sender, output) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // A pseudo-terminal whose other side is closed gives an error.
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                if sender.send(text).is_err() {
                    return;
                }
            }
        });
        Self {
            master,
            output,
            seen: String::new(),
            read: 0,
            child,
        }
    }

    /// Reads until the text appears after what was seen before.
    fn wait_for(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen[self.read..].find(text) {
                self.read += at + text.len();
                return;
            }
            let left = until.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(more) => self.seen.push_str(&more),
                Err(why) => panic!("no {text:?} ({why}) in {}", self.seen),
            }
        }
    }

    fn answer(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    /// Reads to the end and gives the exit status.
    fn end(mut self) -> (std::process::ExitStatus, String) {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(more) => self.seen.push_str(&more),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().unwrap();
                    panic!("it does not end: {}", self.seen);
                }
            }
        }
        let seen = std::mem::take(&mut self.seen);
        (self.child.wait().unwrap(), seen)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Ended already, unless a test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn enter_takes_what_is_in_brackets() {
    let home = Home::new();
    let port = free_port();
    let mut terminal = Terminal::start(&home, &["setup", "--set-default"]);
    terminal.wait_for("Proxy host [127.0.0.1]:");
    terminal.answer("\n");
    terminal.wait_for("Proxy port [3456]:");
    terminal.answer("70000\n");
    terminal.wait_for("is not accepted");
    terminal.wait_for("Proxy port [3456]:");
    terminal.answer(&format!("{port}\n"));
    terminal.wait_for("Model IDs");
    terminal.answer("\n");
    terminal.wait_for("[Y/n]:");
    terminal.answer("\n");
    terminal.wait_for("Write this? [Y/n]:");
    terminal.answer("y\n");
    let (status, seen) = terminal.end();
    assert_eq!(status.code(), Some(0), "{seen}");
    let text = home.read_config();
    assert!(text.contains(&format!("127.0.0.1:{port}")), "{text}");
    assert!(text.contains("allowConversationAccess"), "{text}");

    // The second time the present values are offered.
    let mut again = Terminal::start(&home, &["setup"]);
    again.wait_for("Proxy host [127.0.0.1]:");
    again.answer("\n");
    again.wait_for(&format!("Proxy port [{port}]:"));
    again.answer("\x04");
    let (status, seen) = again.end();
    assert_eq!(status.code(), Some(4), "{seen}");
    assert_eq!(home.read_config(), text);
}

#[test]
fn ctrl_c_and_no_leave_everything_as_it_was() {
    let home = Home::new();
    let before = "{ agents: { defaults: { model: \"openai/gpt-6\" } } }\n";
    home.write_config(before);
    let mut terminal = Terminal::start(&home, &["setup"]);
    terminal.wait_for("Proxy host [127.0.0.1]:");
    terminal.answer("\x03");
    let (status, _) = terminal.end();
    assert_eq!(status.code(), None, "ended by the signal");
    assert_eq!(home.read_config(), before);

    let answers = "--host 127.0.0.1 --port 1 --models claude-haiku-4";
    let setup: Vec<&str> = std::iter::once("setup").chain(answers.split(' ')).collect();
    let mut declined = Terminal::start(&home, &setup);
    loop {
        declined.wait_for("[Y/n]:");
        if declined.seen[..declined.read].ends_with("Write this? [Y/n]:") {
            declined.answer("n\n");
            break;
        }
        declined.answer("\n");
    }
    let (status, seen) = declined.end();
    assert_eq!(status.code(), Some(4), "{seen}");
    assert_eq!(home.read_config(), before);
}

#[test]
fn a_watched_status_is_one_screen_that_is_redrawn() {
    let home = Home::new();
    let port = free_port();
    let running = supervise(&home, port, &[]);
    running.event("ready");
    let mut terminal = Terminal::start(&home, &["status", "--watch", "--port", &port.to_string()]);
    terminal.wait_for("proxy     ready");
    terminal.wait_for("latency");
    // Up and clear, then the same again.
    terminal.wait_for("\x1b[J");
    terminal.wait_for("proxy     ready");
    terminal.answer("\x03");
    let (status, _) = terminal.end();
    assert_eq!(status.code(), None, "ended by the signal");
}
