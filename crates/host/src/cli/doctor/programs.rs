//! Programs of others: what they say of themselves, and where they are.

use std::time::Duration;

use serde_json::json;

use super::facts::{Facts, Found, text};
use crate::cli::claude_cli::ClaudeCli;
use crate::cli::timeout::{self, Answer};
use crate::cli::{elsewhere, launch};
use crate::component::types;

/// Longest time that a program may take to say its version.
const VERSION_PATIENCE: Duration = Duration::from_secs(5);
/// Longest time that OpenClaw may take to say its version: it loads much before that.
const OPENCLAW_PATIENCE: Duration = Duration::from_secs(15);
/// The facts of the proxy's command.
pub(super) const COMMAND: &[&str] = &[
    "proxy-program",
    "proxy-elsewhere",
    "proxy-command",
    "proxy-pinned",
];

impl Facts<'_> {
    /// Asks them, all at the same time; gives the version of OpenClaw.
    pub(super) fn programs(&mut self) -> Option<String> {
        let claude = ClaudeCli::new(self.context, self.component);
        let search = self.context.variable("PATH").unwrap_or_default();
        let asked = |name: &str, patience: Duration| -> Result<Answer, String> {
            let program = launch::find_usable(name, &search)?;
            timeout::run(&program, &["--version"], claude.environment(), patience)
        };
        let version = |name: &str| asked(name, VERSION_PATIENCE).and_then(|said| first_line(&said));
        let (claude_version, auth_status, bun, node, openclaw) = std::thread::scope(|scope| {
            let claude_version = scope.spawn(|| version("claude"));
            let auth_status = scope.spawn(|| claude.auth_status());
            let bun = scope.spawn(|| version("bun"));
            let node = scope.spawn(|| version("node"));
            let openclaw = scope.spawn(|| {
                asked("openclaw", OPENCLAW_PATIENCE).and_then(|said| openclaw_version(&said))
            });
            (
                joined(claude_version),
                joined(auth_status),
                joined(bun),
                joined(node),
                joined(openclaw),
            )
        });
        self.set("claude-elsewhere", self.elsewhere(&["claude"]));
        self.set("runtime-elsewhere", self.elsewhere(&["bun", "node"]));
        self.set("claude-version", claude_version);
        self.set(
            "claude-auth-status",
            auth_status.map(|answer| format!("{} {}", answer.code, answer.output)),
        );
        self.set("bun-version", bun);
        self.set("node-version", node);
        // Who runs this command may know better than a search of PATH.
        let named = self.context.openclaw().host.as_ref();
        let openclaw = named.map_or(openclaw, |host| Ok(host.version.clone()));
        self.set("openclaw-version", openclaw.clone());
        openclaw.ok()
    }

    fn elsewhere(&self, names: &[&str]) -> Found {
        let home = self.context.variable("HOME");
        let mut found = names.iter();
        found
            .find_map(|name| elsewhere::find(name, home.as_deref()))
            .map(|path| path.display().to_string())
            .ok_or_else(|| "it is in no usual place".to_owned())
    }

    /// What starts the proxy.
    pub(super) fn command(&mut self, settings: &types::Settings) {
        let names = self.context.variable_names();
        let plan = match self.component.launch(settings, &names) {
            Ok(plan) => plan,
            Err(why) => return self.lack(COMMAND, &text(why)),
        };
        let search = self.context.variable("PATH").unwrap_or_default();
        let (program, rest) = plan.command.split_first().unzip();
        let program = program.map_or("", String::as_str);
        let found = launch::find_usable(program, &search);
        let elsewhere = match &found {
            Ok(_) => Err("it is not needed".to_owned()),
            Err(_) => self.elsewhere(&[program]).map(|path| {
                let command: Vec<&str> = std::iter::once(path.as_str())
                    .chain(rest.into_iter().flatten().map(String::as_str))
                    .collect();
                json!(command).to_string()
            }),
        };
        self.set(
            "proxy-program",
            found.map(|path| path.display().to_string()),
        );
        self.set("proxy-elsewhere", elsewhere);
        self.set("proxy-command", Ok(plan.command.join(" ")));
        if !plan.local {
            self.set("proxy-host", Ok(plan.host));
        }
        let pinned = if plan.pinned { "yes" } else { "no" };
        self.set("proxy-pinned", Ok(pinned.to_owned()));
    }
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T, String>>) -> Result<T, String> {
    thread
        .join()
        .unwrap_or_else(|_| Err("the look at it failed".to_owned()))
}

fn first_line(answer: &Answer) -> Found {
    match (answer.code, answer.first_line()) {
        (0, line) if !line.is_empty() => Ok(line.to_owned()),
        (code, _) => Err(match answer.last_error() {
            Some(line) => format!("it ended with exit code {code}: {line}"),
            None => format!("it ended with exit code {code}"),
        }),
    }
}

/// The version in what OpenClaw says of itself, `OpenClaw 2026.9.6 (1234567)` or the number alone. A wrapper may say more.
fn openclaw_version(answer: &Answer) -> Found {
    let is_version = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_digit())
            && word.split('.').count() >= 3
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
    };
    let words = answer
        .output
        .split_whitespace()
        .map(|word| word.trim_start_matches('v').trim_end_matches(','));
    match words.into_iter().find(is_version) {
        Some(version) if answer.code == 0 => Ok(version.to_owned()),
        _ if answer.code == 0 => Err("`openclaw --version` names none".to_owned()),
        _ => Err(format!(
            "`openclaw --version` ended with exit code {}",
            answer.code
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_openclaw_is_what_it_says() {
        for (code, output, version) in [
            (0, "2026.9.6\n", Some("2026.9.6")),
            (0, "OpenClaw 2026.9.6 (1234567)\n", Some("2026.9.6")),
            (
                0,
                "starting 1 container\nv2026.9.6-beta.1\n",
                Some("2026.9.6-beta.1"),
            ),
            (0, "hello\n", None),
            (1, "2026.9.6\n", None),
        ] {
            let answer = Answer {
                code,
                output: output.to_owned(),
                errors: String::new(),
            };
            assert_eq!(
                openclaw_version(&answer).ok().as_deref(),
                version,
                "{output}"
            );
        }
    }
}
