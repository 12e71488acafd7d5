//! A machine without faults, and the means to break it.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use super::LOGGED_IN;
use crate::support::{Ended, Home, PROGRAM, ended, free_port};

/// A home in which all is well: the programs are there, Claude claims a login, the configuration is closed.
pub(super) struct Machine {
    pub(super) home: Home,
    pub(super) port: u16,
    /// Set for every program that is run.
    pub(super) environment: Vec<(&'static str, String)>,
}

impl Machine {
    pub(super) fn well() -> Self {
        let machine = Self {
            home: Home::new(),
            port: free_port(),
            environment: Vec::new(),
        };
        machine.home.set_up(machine.port);
        machine.claude(LOGGED_IN, 0);
        machine.program("bun", "echo 1.3.0");
        machine.program("node", "echo v24.0.0");
        machine.program("bunx", "exec claude-proxy fake-proxy");
        symlink(PROGRAM, machine.home.path("bin/claude-proxy")).unwrap();
        // A wrapper, with no package beside it.
        machine.program("openclaw", "echo 'OpenClaw 2026.9.6 (0123456)'");
        machine
    }

    pub(super) fn program(&self, name: &str, script: &str) {
        self.home.program(name, script);
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.home.path("bin").join(name)).unwrap();
    }

    /// Installs a Claude CLI that says this of its login.
    pub(super) fn claude(&self, login: &str, code: u8) {
        self.program(
            "claude",
            &format!(
                "case $1 in --version) echo '2.1.4 (Claude Code)';; *) echo '{login}'; exit {code};; esac"
            ),
        );
    }

    /// Replaces a text of the configuration that is there exactly once.
    pub(super) fn edit(&self, from: &str, to: &str) {
        let text = self.home.read_config();
        assert_eq!(text.matches(from).count(), 1, "{from}: {text}");
        self.home.write_config(&text.replace(from, to));
    }

    pub(super) fn setting(&self, name: &str, value: &str) {
        let place = "\"anthropic-claude-proxy\": {";
        let text = self.home.read_config();
        let (before, after) = text.rsplit_once(place).unwrap();
        let text = match after.split_once("\"config\": {") {
            Some((between, rest)) => {
                format!("{before}{place}{between}\"config\": {{\"{name}\": \"{value}\", {rest}")
            }
            None => {
                format!("{before}{place}\"config\": {{\"{name}\": \"{value}\"}}, {after}")
            }
        };
        self.home.write_config(&text);
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = self.home.command(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        ended(&mut command)
    }

    /// Runs a command as it is shown to the user.
    pub(super) fn shell(&self, line: &str) {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", line])
            .env_clear()
            .env("HOME", self.home.path(""))
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.home.path("bin").display()),
            )
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
    }

    /// The doctor's lines with these titles; no other check is allowed to complain.
    pub(super) fn doctor(&self, titles: &[&str]) -> String {
        let out = self.run(&["doctor"]).out;
        let mut kept = String::new();
        let mut keep = false;
        for line in out.lines() {
            if !line.starts_with(' ') {
                keep = titles.iter().any(|title| {
                    line[line.find(' ').unwrap() + 1..].starts_with(&format!("{title}:"))
                });
                assert!(
                    keep || !line.starts_with('✗'),
                    "more than {titles:?}: {out}"
                );
            }
            if keep {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        assert_eq!(
            kept.lines().filter(|line| !line.starts_with(' ')).count(),
            titles.len(),
            "{out}"
        );
        kept
    }

    /// The doctor does not complain of these checks any more.
    pub(super) fn passes(&self, titles: &[&str]) {
        for line in self.doctor(titles).lines() {
            assert!(line.starts_with('✓'), "{line}");
        }
    }

    /// What was said, without what differs from run to run.
    pub(super) fn same_every_time(&self, text: &str, process: Option<u32>) -> String {
        let mut text = text
            .replace(&format!("--port {}", self.port + 1), "--port 3457")
            .replace(&self.port.to_string(), "3456")
            .replace(PROGRAM, "claude-proxy")
            .replace(
                self.home.path("").to_str().unwrap().trim_end_matches('/'),
                "~",
            );
        if let Some(process) = process {
            // Whole words: the number may be short.
            text = text
                .replace(&format!("held by {process} "), "held by 4711 ")
                .replace(&format!("kill {process}`"), "kill 4711`");
        }
        let lines = text.lines().map(|line| match line.split_once("Z ") {
            // The time of a line of the log.
            Some((time, rest)) if time.starts_with("20") => rest.trim_end(),
            _ => line.trim_end(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// `supervise` for this process, with `bunx` as in the settings, which is given these flags.
pub(super) fn supervised(machine: &Machine, flags: &[&str]) -> Command {
    if !flags.is_empty() {
        machine.program(
            "bunx",
            &format!("exec claude-proxy fake-proxy {}", flags.join(" ")),
        );
    }
    machine.home.supervise(None, &[])
}

/// What `status` shows, without durations and process ids.
pub(super) fn status(machine: &Machine, code: i32) -> String {
    let ended = machine.run(&["status"]);
    ended.ends(code);
    let lines = ended.out.lines().map(|line| {
        let (name, rest) = line.split_at(line.len().min(10));
        match name.trim_end() {
            "proxy" => format!("{name}{}", rest.split(" for ").next().unwrap_or(rest)),
            "process" => format!("{name}4711"),
            _ => line.to_owned(),
        }
    });
    machine.same_every_time(&lines.collect::<Vec<_>>().join("\n"), None)
}

pub(super) fn the_end(log: &str) -> String {
    log.lines().last().unwrap_or_default().to_owned()
}
