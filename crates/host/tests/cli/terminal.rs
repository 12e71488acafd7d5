//! The login at a real pseudo-terminal.

use std::process::ExitStatus;

use harness::terminal::{ENTER, INTERRUPT, Terminal};

use crate::process::supervise;
use crate::support::{Home, PATIENCE, free_port, wait_until};

/// The program in a terminal, and how much of its screen was read.
struct Session {
    terminal: Terminal,
    read: usize,
}

impl Session {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut command = home.command(arguments);
        command.env("TERM", "xterm").env("NO_COLOR", "1");
        let terminal = Terminal::start(&command).unwrap();
        Self { terminal, read: 0 }
    }

    /// Waits until the text appears below what was read before.
    #[track_caller]
    fn wait_for(&mut self, text: &str) {
        wait_until(&format!("{text:?} in {}", self.terminal.screen()), || {
            let screen = self.terminal.screen();
            let at = screen.get(self.read..).and_then(|rest| rest.find(text));
            if let Some(at) = at {
                self.read += at + text.len();
            }
            at.is_some()
        });
    }

    fn answer(&self, keys: &str) {
        self.terminal.press(keys).unwrap();
    }

    fn end(self) -> (ExitStatus, String) {
        self.terminal.finish(PATIENCE).unwrap()
    }
}

#[test]
fn enter_takes_what_is_in_brackets() {
    let home = Home::new();
    let port = free_port();
    let mut session = Session::start(&home, &["setup", "--set-default"]);
    for (asked, answer) in [
        ("Proxy host [127.0.0.1]:", ENTER),
        ("Proxy port [3456]:", "70000\r"),
        ("is not accepted", ""),
        ("Proxy port [3456]:", &format!("{port}\r")),
        ("Model IDs", ENTER),
        ("[Y/n]:", ENTER),
        ("Write this? [Y/n]:", "y\r"),
    ] {
        session.wait_for(asked);
        session.answer(answer);
    }
    let (status, seen) = session.end();
    assert_eq!(status.code(), Some(0), "{seen}");
    let text = home.read_config();
    assert!(text.contains(&format!("127.0.0.1:{port}")), "{text}");
    assert!(text.contains("allowConversationAccess"), "{text}");

    // The second time the present values are offered.
    let mut again = Session::start(&home, &["setup"]);
    again.wait_for("Proxy host [127.0.0.1]:");
    again.answer(ENTER);
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
    let mut session = Session::start(&home, &["setup"]);
    session.wait_for("Proxy host [127.0.0.1]:");
    session.answer(INTERRUPT);
    let (status, _) = session.end();
    assert_eq!(status.code(), None, "ended by the signal");
    assert_eq!(home.read_config(), before);

    let answers = "--host 127.0.0.1 --port 1 --models claude-haiku-4";
    let setup: Vec<&str> = std::iter::once("setup").chain(answers.split(' ')).collect();
    let mut declined = Session::start(&home, &setup);
    loop {
        declined.wait_for("[Y/n]:");
        if declined.terminal.screen()[..declined.read].ends_with("Write this? [Y/n]:") {
            declined.answer("n\r");
            break;
        }
        declined.answer(ENTER);
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
    let watch = ["status", "--watch", "--port", &port.to_string()];
    let mut session = Session::start(&home, &watch);
    session.wait_for("proxy     ready");
    session.wait_for("latency");
    let before = session.terminal.screen();
    wait_until("it is drawn again", || session.terminal.screen() != before);
    let screen = session.terminal.screen();
    assert_eq!(screen.matches("proxy     ready").count(), 1, "{screen}");
    session.answer(INTERRUPT);
    let (status, _) = session.end();
    assert_eq!(status.code(), None, "ended by the signal");
}
