//! The login and the watched status at a real pseudo-terminal.

use std::process::ExitStatus;

use harness::terminal::{ENTER, INTERRUPT, Terminal};

use crate::process::supervise;
use crate::support::{Home, TIMEOUT, expect_true, free_port};

/// What ends the input.
const END: &str = "\x04";

fn start(home: &Home, arguments: &[&str]) -> Terminal {
    let mut command = home.command(arguments);
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    Terminal::start(&command).unwrap()
}

/// Answers questions as they come; how it ended, and the screen.
fn answered(terminal: Terminal, answers: &[(&str, &str)]) -> (ExitStatus, String) {
    terminal.answer(answers, TIMEOUT).unwrap();
    terminal.finish(TIMEOUT).unwrap()
}

#[test]
fn enter_takes_the_default_in_brackets() {
    let home = Home::new();
    let port = free_port();
    let (status, seen) = answered(
        start(&home, &["setup", "--set-default"]),
        &[
            ("Proxy host [127.0.0.1]:", ENTER),
            ("Proxy port [3456]:", "70000\r"),
            ("is not accepted", &format!("{port}\r")),
            ("Model IDs", ENTER),
            ("[Y/n]:", ENTER),
            ("Write this? [Y/n]:", "y\r"),
        ],
    );
    assert_eq!(status.code(), Some(0), "{seen}");
    assert_eq!(seen.matches("Proxy port [3456]:").count(), 2, "{seen}");
    let text = home.read_config();
    assert!(text.contains(&format!("127.0.0.1:{port}")), "{text}");
    assert!(text.contains("allowConversationAccess"), "{text}");

    // The second time the present values are offered.
    let (status, seen) = answered(
        start(&home, &["setup"]),
        &[
            ("Proxy host [127.0.0.1]:", ENTER),
            (&format!("Proxy port [{port}]:"), END),
        ],
    );
    assert_eq!(status.code(), Some(4), "{seen}");
    assert_eq!(home.read_config(), text);
}

#[test]
fn ctrl_c_and_no_change_nothing() {
    let home = Home::new();
    let before = "{ agents: { defaults: { model: \"openai/gpt-6\" } } }\n";
    home.write_config(before);
    let (status, _) = answered(
        start(&home, &["setup"]),
        &[("Proxy host [127.0.0.1]:", INTERRUPT)],
    );
    assert_eq!(status.code(), None, "ended by the signal");
    assert_eq!(home.read_config(), before);

    let answers = "--host 127.0.0.1 --port 1 --models claude-haiku-4";
    let setup: Vec<&str> = std::iter::once("setup").chain(answers.split(' ')).collect();
    let (status, seen) = answered(
        start(&home, &setup),
        &[
            ("Close these routes now?", ENTER),
            ("Let the plugin stop runs", ENTER),
            ("Write this? [Y/n]:", "n\r"),
        ],
    );
    assert_eq!(status.code(), Some(4), "{seen}");
    assert_eq!(home.read_config(), before);
}

#[test]
fn a_watched_status_is_one_screen_that_is_redrawn() {
    let home = Home::new();
    let port = free_port();
    let running = supervise(&home, port, &[]);
    running.event("ready");
    let terminal = start(&home, &["status", "--watch", "--port", &port.to_string()]);
    // A bar for each look.
    expect_true("a second look", || {
        let screen = terminal.screen();
        let latency = screen.lines().find(|line| line.starts_with("latency"));
        latency.is_some_and(|line| line.chars().filter(|c| !c.is_ascii()).count() >= 2)
    });
    let screen = terminal.screen();
    assert_eq!(screen.matches("proxy     ready").count(), 1, "{screen}");
    let (status, _) = answered(terminal, &[("latency", INTERRUPT)]);
    assert_eq!(status.code(), None, "ended by the signal");
}
