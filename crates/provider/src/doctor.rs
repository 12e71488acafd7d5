//! Checks of a whole installation: the host gathers facts, this module judges them, one line a check.

mod calendar;
mod claude;
mod command;
mod config;
mod configuration;
mod default_model;
mod facts;
mod listener;
mod proxy;
mod version;

use serde::{Deserialize, Serialize};

use crate::health::Readiness;
use configuration::Configuration;

pub use facts::{Command, Facts, KeyFile, Listener, Look, ProgramTrouble, Proxy};
pub use version::{OPENCLAW_OLDEST, OPENCLAW_VERSION};

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

/// Below this, a log of the proxy may fail: 50 MB.
const DISK_LEAST: u64 = 50_000_000;

/// The facts, and what the configuration among them comes to.
struct Known<'f> {
    facts: &'f Facts,
    configuration: Result<Configuration, String>,
}

impl std::ops::Deref for Known<'_> {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        self.facts
    }
}

impl Known<'_> {
    /// The machine of the proxy, where it is another one: what must be done is done there.
    fn elsewhere(&self) -> Option<&str> {
        self.proxy.as_ref().ok()?.elsewhere.as_deref()
    }

    /// The look at the port, where there was one.
    fn looked(&self) -> Option<&Look> {
        self.look.as_ref().ok()
    }

    /// Whether the running proxy answers as it should.
    fn is_up(&self) -> bool {
        self.looked()
            .is_some_and(|look| look.verdict.readiness == Readiness::Ready)
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

/// What the proxy needs where it runs, which this machine does not tell.
fn there(host: &str) -> Judgment {
    pass(format!("not looked at: the proxy runs on {host}"))
}

/// One check: its id, its title, and the judgment.
type Rule = (&'static str, &'static str, fn(&Known<'_>) -> Judgment);

const RULES: &[Rule] = &[
    ("platform", "Helper runs on this machine", |f| {
        match &f.platform {
            Ok(platform) => pass(platform),
            Err(why) => unknown(why),
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
    ("state-dir", "State directory", |f| match &f.state_dir {
        Ok(None) => pass("private to you"),
        Ok(Some(wrong)) => fail(
            wrong,
            "chmod 700 on the directory, 600 on its files; remove links",
        ),
        Err(why) => unknown(why),
    }),
    ("disk", "Disk", |f| match f.disk_free {
        Ok(free) if free < DISK_LEAST => fail(
            format!("{} MB free", free / 1_000_000),
            "Free some space: the proxy's log and the configuration's backups need it.",
        ),
        Ok(free) => pass(format!("{} MB free", free / 1_000_000)),
        Err(ref why) => unknown(why),
    }),
    ("clock", "Clock", calendar::clock),
];

/// Judges the facts, one check for each known id, in a fixed order.
pub fn examine(facts: &Facts) -> Vec<Check> {
    let input = facts.configuration.as_ref().map_err(Clone::clone);
    judged(&Known {
        facts,
        configuration: input.and_then(Configuration::of),
    })
}

fn judged(known: &Known<'_>) -> Vec<Check> {
    RULES
        .iter()
        .map(|(id, title, judge)| {
            let (status, detail, fix) = judge(known);
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
mod tests;
