//! Checks of a whole installation: the host gathers facts by name, this module judges them, one line a check.

mod calendar;
mod claude;
mod command;
mod config;
mod default_model;
mod listener;
mod proxy;
mod version;

use serde::{Deserialize, Serialize};

pub use command::NOT_EXECUTABLE;
pub use version::{OPENCLAW_OLDEST, OPENCLAW_VERSION};

/// A fact that the host gathered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fact {
    /// Its name, one of [`WANTED`].
    pub name: String,
    /// Its value; `None` where it could not be had or there is none.
    pub value: Option<String>,
    /// Why there is no value.
    pub error: Option<String>,
}

/// The result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// As it should be.
    Pass,
    /// Works, but could be better.
    Warn,
    /// Does not work.
    Fail,
    /// Cannot be told.
    Unknown,
}

/// One line of the doctor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Stable identifier.
    pub id: String,
    /// Result.
    pub status: Status,
    /// What was checked.
    pub title: String,
    /// What was found.
    pub detail: String,
    /// A command line to paste, or a sentence where none exists; never `None` on [`Status::Fail`].
    pub fix: Option<String>,
}

/// The facts that [`examine`] wants. Texts are taken as they are printed; `yes` and `no` where a fact is a question.
pub const WANTED: &[&str] = &[
    // `linux-x86_64` and the like; whether this helper runs is shown by its running.
    "platform",
    // First line of `claude --version`.
    "claude-version",
    // Absolute paths, of a Claude CLI, of Bun or Node.js, in usual places that `PATH` may not have.
    "claude-elsewhere",
    "runtime-elsewhere",
    // Standard output and exit code of `claude auth status`, as `CODE OUTPUT`.
    "claude-auth-status",
    // `absent`, `present` or `malformed`; never the value.
    "oauth-token",
    // First line of `bun --version` and of `node --version`.
    "bun-version",
    "node-version",
    // Absolute path of the command's program.
    "proxy-program",
    // The command with the absolute path of its program, where that is in a usual place and not in `PATH`: a JSON list.
    "proxy-elsewhere",
    // `yes` or `no`, and the command as a list of words.
    "proxy-pinned",
    "proxy-command",
    // `free`, `ours PID COMMAND`, `attached PID COMMAND`, `stranger PID COMMAND`.
    "port-owner",
    "port",
    // The proxy's host where it is another machine, else none.
    "proxy-host",
    // Verdict of a probe: readiness, code and detail, as `READINESS CODE DETAIL`; identity as `yes`, `no`; key as in
    // the `key-check` enum; login as in the `login` enum.
    "health",
    "identity",
    "access-key",
    "login",
    // Of that verdict: the kind (`none` where nothing answers), its version, the tools of its own as `on`, `off`, `unknown`,
    // and the command that takes its next step, empty where none does.
    "proxy-kind",
    "proxy-version",
    "own-tools",
    "proxy-fix",
    // The setting `keyFile`, empty where there is none; what is wrong with the file, empty where nothing is, and what helps.
    "key-file",
    "key-file-trouble",
    "key-file-fix",
    // The audit: `closed`, `open N`, `undecided N`; the first findings that keep the file open, as a JSON list of
    // `{code, path, leadsTo, message, fix}`; the included files that could not be read, commas between; whether
    // `audit --fix` closes any of it, `yes` or `no`.
    "config-audit",
    "config-findings",
    "config-unread",
    "config-fix",
    // The version of OpenClaw that the audit judged.
    "judged-version",
    // Full reference of the default model; the alias's target, or `own ALIAS` where nothing has it because the first
    // model has an alias of the user's; `yes` or `no`.
    "default-model",
    // The ids that the running proxy lists, a JSON list.
    "models-listed",
    "model-alias",
    "plugin-enabled",
    "hooks-permission",
    // Version of the OpenClaw that is installed.
    "openclaw-version",
    // `ok` or what is wrong.
    "state-dir",
    // Free bytes where the log is written.
    "disk-free",
    // Unix time in seconds, and the time at which openclaw.json was written.
    "clock",
    "clock-written",
];

/// Below this, a log of the proxy may fail: 50 MB.
const DISK_LEAST: u64 = 50_000_000;

struct Facts<'a>(&'a [Fact]);

impl Facts<'_> {
    fn get(&self, name: &str) -> Result<&str, String> {
        match self.0.iter().find(|fact| fact.name == name) {
            Some(Fact {
                value: Some(value), ..
            }) => Ok(value.trim()),
            Some(Fact {
                error: Some(error), ..
            }) => Err(error.clone()),
            Some(_) => Err("there is none".to_owned()),
            None => Err("it was not looked at".to_owned()),
        }
    }
}

type Judgment = (Status, String, Option<String>);

fn pass(detail: impl Into<String>) -> Judgment {
    (Status::Pass, detail.into(), None)
}

fn warn(detail: impl Into<String>, fix: impl Into<String>) -> Judgment {
    (Status::Warn, detail.into(), Some(fix.into()))
}

fn fail(detail: impl Into<String>, fix: impl Into<String>) -> Judgment {
    (Status::Fail, detail.into(), Some(fix.into()))
}

fn unknown(why: &str) -> Judgment {
    (Status::Unknown, format!("Could not be told: {why}."), None)
}

/// The machine of the proxy, where it is another one: what must be done is done there.
fn elsewhere<'f>(f: &'f Facts<'_>) -> Option<&'f str> {
    f.get("proxy-host").ok().filter(|host| !host.is_empty())
}

/// What the proxy needs where it runs, which this machine does not tell.
fn there(host: &str) -> Judgment {
    pass(format!("not looked at: the proxy runs on {host}"))
}

/// One check: its id, its title, and the judgment.
type Rule = (&'static str, &'static str, fn(&Facts<'_>) -> Judgment);

const RULES: &[Rule] = &[
    ("platform", "Helper runs on this machine", |f| {
        match f.get("platform") {
            Ok(platform) => pass(platform),
            Err(why) => unknown(&why),
        }
    }),
    ("claude-cli", "Claude CLI", claude::cli),
    ("login", "Claude login", claude::judge),
    ("oauth-token", "Headless token", claude::token),
    ("runtime", "Bun or Node.js", command::runtime),
    ("proxy-command", "Proxy command", command::program),
    ("proxy-pinned", "Proxy version pinned", command::pinned),
    ("port", "Port", listener::port),
    ("health", "Proxy answers", listener::health),
    ("identity", "Listener is the proxy", listener::identity),
    ("access-key", "Access key enforced", listener::access_key),
    ("key-file", "Key of your own proxy", proxy::key_file),
    ("proxy-kind", "Kind of proxy", proxy::kind),
    ("config-closed", "Configuration closed", config::closed),
    ("default-model", "Default model", default_model::judge),
    ("model-alias", "Model alias", config::alias),
    ("plugin-enabled", "Plugin enabled", version::plugin),
    (
        "hooks-permission",
        "Guard has its permission",
        version::hooks,
    ),
    ("openclaw-version", "OpenClaw version", version::judge),
    ("state-dir", "State directory", |f| {
        match f.get("state-dir") {
            Ok("ok") => pass("private to you"),
            Ok(wrong) => fail(
                wrong,
                "chmod 700 on the directory, 600 on its files; remove links",
            ),
            Err(why) => unknown(&why),
        }
    }),
    ("disk", "Disk", |f| {
        match f.get("disk-free").map(str::parse::<u64>) {
            Ok(Ok(free)) if free < DISK_LEAST => fail(
                format!("{} MB free", free / 1_000_000),
                "Free some space: the proxy's log and the configuration's backups need it.",
            ),
            Ok(Ok(free)) => pass(format!("{} MB free", free / 1_000_000)),
            Ok(Err(_)) => unknown("no figure"),
            Err(why) => unknown(&why),
        }
    }),
    ("clock", "Clock", calendar::clock),
];

/// Whether the running proxy answers as it should.
fn is_up(f: &Facts<'_>) -> bool {
    f.get("health").is_ok_and(|text| text.starts_with("ready "))
}

/// Judges the facts, one check for each known id, in a fixed order.
pub fn examine(facts: &[Fact]) -> Vec<Check> {
    let facts = Facts(facts);
    RULES
        .iter()
        .map(|(id, title, judge)| {
            let (status, detail, fix) = judge(&facts);
            Check {
                id: (*id).to_owned(),
                status,
                title: (*title).to_owned(),
                detail,
                fix,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn facts(pairs: &[(&str, &str)]) -> Vec<Fact> {
        pairs
            .iter()
            .map(|(name, value)| Fact {
                name: (*name).to_owned(),
                value: Some((*value).to_owned()),
                error: None,
            })
            .collect()
    }

    pub(super) fn check(facts: &[Fact], id: &str) -> Check {
        examine(facts)
            .into_iter()
            .find(|check| check.id == id)
            .unwrap()
    }

    pub(super) fn status(pairs: &[(&str, &str)], id: &str) -> (Status, Option<String>) {
        let check = check(&facts(pairs), id);
        (check.status, check.fix)
    }

    /// A fact without a value.
    pub(super) fn missing(name: &str, why: &str) -> Fact {
        Fact {
            name: name.to_owned(),
            value: None,
            error: Some(why.to_owned()),
        }
    }

    #[test]
    fn every_id_of_the_contract_is_there() {
        let ids: Vec<String> = examine(&[]).into_iter().map(|c| c.id).collect();
        assert_eq!(
            ids,
            [
                "platform",
                "claude-cli",
                "login",
                "oauth-token",
                "runtime",
                "proxy-command",
                "proxy-pinned",
                "port",
                "health",
                "identity",
                "access-key",
                "key-file",
                "proxy-kind",
                "config-closed",
                "default-model",
                "model-alias",
                "plugin-enabled",
                "hooks-permission",
                "openclaw-version",
                "state-dir",
                "disk",
                "clock"
            ]
        );
    }

    #[test]
    fn what_fails_has_a_fix_and_what_is_not_known_is_not_a_pass() {
        for check in examine(&[]) {
            assert_ne!(check.status, Status::Pass, "{}", check.id);
            assert!(
                check.status != Status::Fail || check.fix.is_some(),
                "{}",
                check.id
            );
        }
    }

    #[test]
    fn every_wanted_fact_is_used() {
        let source = [
            include_str!("doctor.rs"),
            include_str!("doctor/calendar.rs"),
            include_str!("doctor/claude.rs"),
            include_str!("doctor/command.rs"),
            include_str!("doctor/config.rs"),
            include_str!("doctor/default_model.rs"),
            include_str!("doctor/listener.rs"),
            include_str!("doctor/proxy.rs"),
            include_str!("doctor/version.rs"),
        ]
        .concat();
        for name in WANTED {
            assert!(
                ["get(", "seconds(f, "]
                    .iter()
                    .any(|by| source.contains(&format!("{by}\"{name}\")"))),
                "{name}"
            );
        }
    }
}
