//! Checks of a whole installation: the host gathers facts by name, this module judges them, one line a check.

mod default_model;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::audit::{Code, KNOWN};
use crate::document::{self, Value};
use crate::health::LOGIN_NEXT;
use crate::{ID, MODEL_ALIAS, pin, proxy_kind, renewal};

mod proxy;

use proxy::free_the_port;

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

/// How the reason of a [`Fact`] `proxy-program` ends where the file is there and may not be run.
pub const NOT_EXECUTABLE: &str = " is not executable";
/// The OpenClaw version that everything here was verified with.
pub const OPENCLAW_VERSION: &str = "2026.9.6";
/// The oldest OpenClaw that loads the plugin (`package.minHostVersion` of `plugin-manifest.json`); older ones skip it with a
/// warning.
pub const OPENCLAW_OLDEST: &str = "2026.7.1";
/// Below this, a log of the proxy may fail: 50 MB.
const DISK_LEAST: u64 = 50_000_000;
/// Before this build's time a clock is certainly wrong: 2026-01-01.
const CLOCK_LEAST: u64 = 1_767_225_600;
/// A file may lie this far in the future, in seconds: clocks of file servers differ a little.
const CLOCK_SLACK: u64 = 300;
/// A login that ends within this time is told, in seconds: a week.
const LOGIN_SOON: u64 = 7 * DAY;
const DAY: u64 = 86_400;
/// Characters of a version that are shown.
const MAX_VERSION: usize = 64;

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
    ("claude-cli", "Claude CLI", |f| {
        match f.get("claude-version") {
            Err(_) if let Some(host) = elsewhere(f) => there(host),
            Ok(version) => pass(version),
            Err(why) => without_claude(f, why),
        }
    }),
    ("login", "Claude login", |f| ends_soon(f, login(f))),
    ("oauth-token", "Headless token", |f| {
        match f.get("oauth-token") {
            _ if let Some(host) = elsewhere(f) => there(host),
            Ok("present") => pass("CLAUDE_CODE_OAUTH_TOKEN is set"),
            Ok("malformed") => fail(
                "CLAUDE_CODE_OAUTH_TOKEN is set but does not look like a token",
                "claude setup-token",
            ),
            Ok(_)
                if f.get("claude-auth-status")
                    .is_ok_and(|said| said.starts_with("0 ")) =>
            {
                pass("not set; the stored login is used")
            }
            Ok(_) => pass("not set in this shell"),
            Err(why) => unknown(&why),
        }
    }),
    ("runtime", "Bun or Node.js", |f| {
        match (f.get("bun-version"), f.get("node-version")) {
            (Ok(bun), Ok(node)) => pass(format!("Bun {bun}, Node.js {node}")),
            (Ok(bun), Err(_)) => pass(format!("Bun {bun}")),
            (Err(_), Ok(node)) => pass(format!("Node.js {node}")),
            (Err(_), Err(_)) if let Some(host) = elsewhere(f) => there(host),
            (Err(_), Err(_)) => needed(
                f,
                match f.get("runtime-elsewhere") {
                    Ok(path) => format!("neither is in PATH, but `{path}` is there"),
                    Err(_) => "neither was found".to_owned(),
                },
                f.get("runtime-elsewhere")
                    .ok()
                    .and_then(into_path)
                    .unwrap_or_else(|| "Install Bun (see bun.sh) or Node.js 24.".to_owned()),
            ),
        }
    }),
    ("proxy-command", "Proxy command", |f| {
        match (f.get("proxy-program"), f.get("proxy-command")) {
            _ if let Some(host) = elsewhere(f) => {
                pass(format!("not started from here: the proxy runs on {host}"))
            }
            (Ok(path), _) => pass(path),
            (Err(why), Ok(command)) => {
                let elsewhere = f.get("proxy-elsewhere").ok();
                let path = elsewhere.and_then(|text| {
                    let list = document::parse(text).ok()?.root;
                    Some(list.as_array()?.first()?.as_str()?.to_owned())
                });
                let detail = match path {
                    Some(path) => format!("`{command}`: {why}, but `{path}` is there"),
                    None => format!("`{command}`: {why}"),
                };
                let fix = match elsewhere {
                    // It goes between quotes of a shell.
                    Some(list) if !list.contains(['\'', '\n']) => set_command(list),
                    _ => no_program(&why),
                };
                needed(f, detail, fix)
            }
            (Err(why), Err(_)) => unknown(&why),
        }
    }),
    ("proxy-pinned", "Proxy version pinned", |f| {
        match f.get("proxy-pinned") {
            _ if let Some(host) = elsewhere(f) => there(host),
            Ok("yes") => pass("a restart runs the same code"),
            Ok(_) => not_pinned(f),
            Err(why) => unknown(&why),
        }
    }),
    ("port", "Port", port),
    ("health", "Proxy answers", |f| match f.get("health") {
        Ok(text) => {
            let mut words = text.splitn(3, ' ');
            let readiness = words.next().unwrap_or("");
            let code = words.next().unwrap_or("");
            let detail = words.next().unwrap_or("").to_owned();
            match (readiness, code) {
                ("ready", _) => pass(detail),
                ("starting", _) if let Some(host) = elsewhere(f) => {
                    fail(detail, format!("Start the proxy on {host}."))
                }
                ("starting", "refused") => warn(detail, "openclaw gateway run"),
                ("starting", _) => warn(detail, "claude-proxy status --watch"),
                ("foreign", _) => fail(detail, free_the_port(f)),
                _ if let Some(host) = elsewhere(f) => fail(
                    detail,
                    format!("See on {host} whether the proxy runs, and restart it there."),
                ),
                _ => fail(detail, "claude-proxy restart"),
            }
        }
        Err(why) => unknown(&why),
    }),
    ("identity", "Listener is the proxy", |f| {
        match f.get("identity") {
            Ok("yes") => pass("recognized"),
            Ok("none") => pass("nothing listens"),
            Ok(other) => fail(other, free_the_port(f)),
            Err(why) => unknown(&why),
        }
    }),
    ("access-key", "Access key enforced", |f| {
        match f.get("access-key") {
            Ok("enforced") => pass("refused without the key, accepted with it"),
            Ok("off") => warn(
                "keys are turned off: any local program and any web page may use the proxy",
                format!("openclaw config unset plugins.entries.{ID}.config.accessKey"),
            ),
            Ok("not-enforced" | "rejected") if let Some(host) = elsewhere(f) => fail(
                "the proxy does not ask for the key of this machine",
                format!(
                    "Start it on {host} with that key (`claude-proxy key path` names the file), or set keyFile to a file with its own."
                ),
            ),
            Ok("not-enforced") => warn(
                "the proxy does not ask for it: any local program and any web page may use it",
                "Take a proxy, or a version of it, that knows access keys (docs/proxies.md).",
            ),
            Ok("rejected") => fail(
                "the proxy was started with another key",
                match f.get("port-owner") {
                    Ok(owner) if owner.starts_with("stranger ") => free_the_port(f),
                    _ => "claude-proxy restart".to_owned(),
                },
            ),
            Ok(_) => pass("not asked; nothing listens"),
            Err(why) => unknown(&why),
        }
    }),
    ("key-file", "Key of your own proxy", proxy::key_file),
    ("proxy-kind", "Kind of proxy", proxy::kind),
    ("config-closed", "Configuration closed", config_closed),
    ("default-model", "Default model", default_model::judge),
    ("model-alias", "Model alias", |f| {
        match f.get("model-alias") {
            Ok(target) if target.starts_with(&format!("{ID}/")) => {
                pass(format!("{MODEL_ALIAS} -> {target}"))
            }
            Ok(target) if target.starts_with("own ") => pass(format!(
                "{MODEL_ALIAS} is not set: the first model keeps your alias {}",
                target.trim_start_matches("own ")
            )),
            Ok(target) => fail(
                format!("{MODEL_ALIAS} names {target}"),
                format!("openclaw models auth login --provider {ID}"),
            ),
            Err(_) => warn(
                format!("{MODEL_ALIAS} names nothing"),
                format!("openclaw models auth login --provider {ID}"),
            ),
        }
    }),
    ("plugin-enabled", "Plugin enabled", |f| {
        loaded(f, || match f.get("plugin-enabled") {
            Ok("yes") => pass("yes"),
            Ok(_) => fail("no", format!("openclaw plugins enable {ID}")),
            Err(why) => unknown(&why),
        })
    }),
    ("hooks-permission", "Guard has its permission", |f| {
        loaded(f, || match f.get("hooks-permission") {
            Ok("yes") => pass("yes"),
            Ok(_) => fail(
                "no: runs on other providers are not stopped",
                format!(
                    "openclaw config set plugins.entries.{ID}.hooks.allowConversationAccess true --strict-json"
                ),
            ),
            Err(why) => unknown(&why),
        })
    }),
    ("openclaw-version", "OpenClaw version", openclaw_version),
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
    ("clock", "Clock", |f| {
        const FIX: &str = "sudo timedatectl set-ntp true";
        let written = seconds(f, "clock-written");
        match seconds(f, "clock") {
            Some(now) if now < CLOCK_LEAST => fail(format!("{} is in the past", day(now)), FIX),
            Some(now) if written.is_some_and(|at| at > now.saturating_add(CLOCK_SLACK)) => fail(
                format!(
                    "it is {}, but openclaw.json was written on {}",
                    day(now),
                    day(written.unwrap_or(now))
                ),
                FIX,
            ),
            Some(now) => pass(day(now)),
            None => unknown("no figure"),
        }
    }),
];

/// Why a restart may run other code, as far as the command tells.
fn not_pinned(f: &Facts<'_>) -> Judgment {
    let words = f
        .get("proxy-command")
        .unwrap_or_default()
        .split_whitespace();
    let words: Vec<String> = words.map(str::to_owned).collect();
    let program = pin::name(words.first().map_or("", String::as_str));
    let doubt = match program {
        "" | "bunx" | "npx" => None,
        _ => pin::doubt(&words),
    };
    match doubt {
        Some(doubt) => warn(
            format!("{doubt}; a restart may run other code"),
            format!(
                "Name an exact version, or the full path of an installed program, in plugins.entries.{ID}.config.command."
            ),
        ),
        None => warn(
            "each start runs whatever the registry has that day, and none without a network",
            set_command(&pinned_form(&words)),
        ),
    }
}

/// A command that fetches its program, with an exact version to be filled in: as a list in JSON.
fn pinned_form(words: &[String]) -> String {
    let usual = proxy_kind::ROWS.first().map_or(&[][..], |row| row.command);
    let mut words: Vec<String> = match words {
        [_, _, ..] => words.to_vec(),
        _ => usual.iter().map(|&word| word.to_owned()).collect(),
    };
    // The package is the first word after the runner that is no flag.
    if let Some(package) = words.iter_mut().skip(1).find(|word| !word.starts_with('-')) {
        package.push_str("@X.Y.Z");
    }
    let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", words.join(","))
}

/// The version that reads the configuration: the installed one, else the one that the audit judged.
fn version<'a>(f: &'a Facts<'_>) -> Option<&'a str> {
    f.get("openclaw-version")
        .or_else(|_| f.get("judged-version"))
        .ok()
}

fn config_closed(f: &Facts<'_>) -> Judgment {
    let verdict = match f.get("config-audit") {
        Ok(verdict) => verdict,
        Err(why) => return unknown(&why),
    };
    let known = KNOWN.join(", ");
    // Which one wrote the file is the file's own word, and does not say which one reads it.
    let unknown_version = match f.get("openclaw-version") {
        Ok(version) if KNOWN.contains(&version) => None,
        Ok(version) => Some(format!(
            "the verdict is known for OpenClaw {known}, and this is {}",
            shown(version)
        )),
        Err(_) => Some(format!(
            "the verdict is known for OpenClaw {known}, and which one reads the file is not"
        )),
    };
    match (verdict.split_once(' '), unknown_version) {
        (None, Some(why)) if verdict == "closed" => (
            Status::Unknown,
            format!("Every route that is known leads to the proxy, but {why}."),
            None,
        ),
        // Where the version alone is why, no edit of the file decides it.
        (Some(("undecided", count)), Some(why))
            if finding(f).is_none_or(|code| code == Code::UnverifiedHost.text()) =>
        {
            (
                Status::Unknown,
                format!(
                    "{why}; places that could not be decided: {count}; `claude-proxy audit` names each"
                ),
                None,
            )
        }
        _ => open_places(f),
    }
}

/// What holds of the plugin only where OpenClaw loads it. Of a version that nobody knows nothing is held against it.
fn loaded(f: &Facts<'_>, judge: impl Fn() -> Judgment) -> Judgment {
    let Some(version) = version(f) else {
        return judge();
    };
    match compared(version, OPENCLAW_OLDEST) {
        Some(Ordering::Less) => fail(
            format!("OpenClaw {version} skips this plugin: it needs {OPENCLAW_OLDEST} or newer"),
            upgrade(),
        ),
        Some(_) => judge(),
        // OpenClaw skips it as well where it cannot compare its own version.
        None => unknown(&format!(
            "whether OpenClaw {} loads this plugin is not known",
            shown(version)
        )),
    }
}

fn openclaw_version(f: &Facts<'_>) -> Judgment {
    let version = match f.get("openclaw-version") {
        // What the shim tells where OpenClaw does not say it.
        Ok("unknown") => return unknown("OpenClaw does not say it"),
        Ok(version) => version,
        Err(why) => return unknown(&why),
    };
    let differs = format!("{}; verified with {OPENCLAW_VERSION}", shown(version));
    match compared(version, OPENCLAW_VERSION) {
        _ if KNOWN.contains(&version) => pass(version),
        Some(Ordering::Less) if compared(version, OPENCLAW_OLDEST) == Some(Ordering::Less) => fail(
            format!("{version} skips this plugin: it needs {OPENCLAW_OLDEST} or newer"),
            upgrade(),
        ),
        Some(Ordering::Less) => warn(differs, upgrade()),
        // Going back would be worse than a newer plugin.
        _ => warn(differs, format!("openclaw plugins update {ID}")),
    }
}

/// The way to the version that everything was verified with, for older ones.
fn upgrade() -> String {
    format!("npm install -g openclaw@{OPENCLAW_VERSION}")
}

/// As much of a version as a line needs.
fn shown(version: &str) -> String {
    version.chars().take(MAX_VERSION).collect()
}

/// Compares versions as OpenClaw does: `-beta` is before the release and `-1`, a correction, after it. `None` where one is no
/// version.
pub(crate) fn compared(one: &str, other: &str) -> Option<Ordering> {
    let parts = |version: &str| {
        let version = version.split('+').next().unwrap_or_default();
        let (release, suffix) = match version.split_once('-') {
            Some((release, suffix)) => (release, Some(suffix)),
            None => (version, None),
        };
        let numbers: Vec<u64> = release
            .split('.')
            .map(|number| number.parse().ok())
            .collect::<Option<_>>()?;
        let after = match suffix {
            Some("") => return None,
            Some(suffix) => suffix.parse::<u64>().map_or(-1, |n| i64::from(n > 0)),
            None => 0,
        };
        (numbers.len() == 3).then_some((numbers, after))
    };
    Some(parts(one)?.cmp(&parts(other)?))
}

/// A fact that is a Unix time.
fn seconds(f: &Facts<'_>, name: &str) -> Option<u64> {
    f.get(name).ok()?.parse().ok()
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; the months of its year begin in March.
fn days_until(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    days.checked_sub(719_469)
}

/// The day of a Unix time, as `2026-11-29` (UTC).
fn day(seconds: u64) -> String {
    let days = seconds / DAY;
    // At most 366 days a year, so the year is this one or a little later; then the same for the month.
    let mut year = 1970 + days / 366;
    while days_until(year + 1, 1, 1).is_some_and(|next| next <= days) {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_until(year, month + 1, 1).is_some_and(|next| next <= days) {
        month += 1;
    }
    let first = days_until(year, month, 1).unwrap_or(days);
    format!("{year:04}-{month:02}-{:02}", days.saturating_sub(first) + 1)
}

/// Unix time of midnight before a time that is written `2026-11-29T11:36:09.000Z`.
fn day_of(text: &str) -> Option<u64> {
    let mut parts = text
        .split('T')
        .next()?
        .splitn(3, '-')
        .map(str::parse::<u64>);
    let (year, month, day) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    Some(days_until(year, month, day)? * DAY)
}

/// A login that the Claude CLI claims; it knows when some of them end.
fn claimed(f: &Facts<'_>, expires: &str) -> Judgment {
    const AGAIN: &str = "claude auth login";
    match (seconds(f, "clock"), day_of(expires)) {
        (Some(now), Some(end)) if end + DAY <= now => {
            fail(format!("it ended on {}", day(end)), AGAIN)
        }
        (Some(now), Some(end)) if end < now + LOGIN_SOON => {
            warn(format!("claimed; it ends on {}", day(end)), AGAIN)
        }
        (_, Some(end)) => pass(format!(
            "claimed until {} (only a real answer proves it)",
            day(end)
        )),
        (_, None) => pass("claimed (only a real answer proves it)"),
    }
}

/// Whether the running proxy answers as it should.
fn is_up(f: &Facts<'_>) -> bool {
    f.get("health").is_ok_and(|text| text.starts_with("ready "))
}

/// Something that only the next start needs: a fault, but not one of the proxy that runs.
fn needed(f: &Facts<'_>, detail: String, fix: String) -> Judgment {
    if is_up(f) {
        warn(format!("{detail}; the next start needs it"), fix)
    } else {
        fail(detail, fix)
    }
}

/// No Claude CLI in this shell. A proxy may bring its own.
fn without_claude(f: &Facts<'_>, why: String) -> Judgment {
    const INSTALL: &str = "npm install -g @anthropic-ai/claude-code";
    let elsewhere = f.get("claude-elsewhere").ok();
    let why = match elsewhere {
        Some(path) => format!("{why}, but `{path}` is there"),
        None => why,
    };
    let fix = elsewhere
        .and_then(into_path)
        .unwrap_or_else(|| INSTALL.to_owned());
    match (is_up(f), f.get("login")) {
        (true, Ok("claimed")) => pass(format!("{why}; the running proxy has its own")),
        (true, _) => warn(format!("{why}; the running proxy answers without it"), fix),
        (false, _) => fail(why, fix),
    }
}

/// What helps where the command's program was not found.
fn no_program(why: &str) -> String {
    let locked = why
        .strip_prefix('`')
        .and_then(|why| why.strip_suffix(NOT_EXECUTABLE))
        .and_then(|why| why.strip_suffix('`'));
    match locked {
        Some(path)
            if path
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/._-@+".contains(&b)) =>
        {
            format!("chmod +x {path}")
        }
        Some(_) => "Make that file executable, or name another program.".to_owned(),
        None => set_command("[\"/full/path/to/the/proxy\"]"),
    }
}

/// Sets the command, a list as JSON.
fn set_command(list: &str) -> String {
    format!("openclaw config set plugins.entries.{ID}.config.command '{list}' --strict-json")
}

/// Adds a program's directory to `PATH`, at its end, so that nothing that is found now changes.
fn into_path(program: &str) -> Option<String> {
    let (folder, _) = program.rsplit_once('/')?;
    is_plain(folder)
        .then(|| format!("export PATH=\"$PATH:{folder}\" (also where the Gateway runs)"))
}

/// Whether a path needs no quotes in a shell.
fn is_plain(path: &str) -> bool {
    path.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"/._-@+".contains(&b))
}

/// The audit's verdict: the first place by name, and a fix that can help there.
/// The code of the first finding that keeps the file open.
fn finding(f: &Facts<'_>) -> Option<String> {
    let list = document::parse(f.get("config-findings").ok()?).ok()?;
    let first = list.root.as_array()?.first()?;
    first.get("code")?.as_str().map(str::to_owned)
}

fn open_places(f: &Facts<'_>) -> Judgment {
    let (what, count) = match f.get("config-audit") {
        Ok("closed") => return pass("every route leads to the proxy"),
        Ok(text) => match text.split_once(' ') {
            Some(("open", count)) => (format!("routes past the proxy: {count}"), count),
            Some(("undecided", count)) => {
                (format!("places that could not be decided: {count}"), count)
            }
            _ => (text.to_owned(), ""),
        },
        Err(why) => return unknown(&why),
    };
    let findings = f
        .get("config-findings")
        .ok()
        .and_then(|text| document::parse(text).ok());
    let first = findings
        .as_ref()
        .and_then(|list| list.root.as_array())
        .and_then(|list| list.first());
    let text = |key: &str| {
        first
            .and_then(|finding| finding.get(key))
            .and_then(Value::as_str)
            .unwrap_or("")
    };
    let unread = f
        .get("config-unread")
        .ok()
        .filter(|names| !names.is_empty() && text("code") == Code::IncludeUnreadable.text());
    let mut detail = what;
    if first.is_some() {
        detail.push_str(": ");
        match (text("path"), text("leadsTo")) {
            ("", _) => detail.push_str(text("message")),
            (path, "") => detail.push_str(&format!("{path}: {}", text("message"))),
            (path, leads_to) => detail.push_str(&format!("{path} -> {leads_to}")),
        }
        if let Some(names) = unread {
            detail.push_str(&format!(" Not read: {names}."));
        }
    }
    if first.is_none() || !matches!(count, "1" | "") {
        let detail_end = detail.trim_end_matches('.').len();
        detail.truncate(detail_end);
        detail.push_str("; `claude-proxy audit` names each");
    }
    let fix = match (f.get("config-fix"), unread) {
        (Ok("no"), Some(names)) => format!(
            "Put {names} where the include says, readable and in the configuration's own folder, or remove the include."
        ),
        (Ok("no"), None) if text("code") == Code::Unreadable.text() => {
            "Correct openclaw.json there; until then OpenClaw cannot read it either.".to_owned()
        }
        (Ok("no"), None) if !text("fix").is_empty() => text("fix").to_owned(),
        (Ok("no"), None) => "claude-proxy audit".to_owned(),
        _ => "claude-proxy audit --fix".to_owned(),
    };
    fail(detail, fix)
}

/// A login that holds, but not for long, as the running proxy says.
fn ends_soon(f: &Facts<'_>, judged: Judgment) -> Judgment {
    let told = f.get("health").ok().and_then(renewal::in_fact);
    match (judged.0, told) {
        (Status::Pass, Some(sentence)) => {
            let there = elsewhere(f).map_or(String::new(), |host| format!("On {host}: "));
            warn(
                format!("claimed. {sentence}"),
                format!("{there}claude auth login"),
            )
        }
        _ => judged,
    }
}

fn login(f: &Facts<'_>) -> Judgment {
    let from_proxy = f.get("login").ok();
    let status = f.get("claude-auth-status").ok().and_then(|text| {
        let (code, body) = text.split_once(' ')?;
        Some((code == "0", document::parse(body).ok()?.root))
    });
    let text = |key: &str| {
        status
            .as_ref()
            .and_then(|(_, body)| body.get(key))
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let logged_in = status
        .as_ref()
        .map(|(ok, body)| *ok && body.get("loggedIn").and_then(Value::as_bool) == Some(true));
    let fix = "claude auth login";
    match (logged_in, from_proxy) {
        // The CLI of this machine has another login than the one that answers.
        (_, Some("none")) if let Some(host) = elsewhere(f) => {
            fail("none", format!("On {host}: claude auth login"))
        }
        (_, Some("claimed")) if elsewhere(f).is_some() => {
            pass("the proxy claims one (only a real answer proves it)")
        }
        _ if let Some(host) = elsewhere(f) => unknown(&format!("the proxy on {host} does not say")),
        (Some(true), _) if !["", "firstParty"].contains(&text("apiProvider").as_str()) => fail(
            format!(
                "claimed, but through {}: the cloud would answer, not the subscription",
                text("apiProvider")
            ),
            "Remove the cloud switches from Claude Code's settings file and environment.",
        ),
        (Some(true), _)
            if !text("apiKeySource").is_empty() || text("authMethod").starts_with("api_key") =>
        {
            fail(
                "claimed, but by an API key: it would be billed by token",
                "Remove the API key from Claude Code's settings, then: claude auth login",
            )
        }
        // An older CLI.
        (Some(true), _) if text("apiProvider").is_empty() => warn(
            "claimed; this Claude CLI does not say who would answer, the subscription or a cloud",
            "claude update",
        ),
        (Some(true), _) => claimed(f, &text("loginExpiresAt")),
        // The proxy has an environment of its own, with a token perhaps: what it says of itself counts.
        (Some(false), Some("claimed")) => pass(
            "the proxy claims one (only a real answer proves it); the Claude CLI of this shell has none",
        ),
        (Some(false), Some("unknown")) if is_up(f) => warn(
            "the Claude CLI of this shell has none; the running proxy does not say whether it has one",
            fix,
        ),
        (Some(false), _) => fail("none", fix),
        (None, Some("claimed")) => pass("the proxy claims one (only a real answer proves it)"),
        (None, Some("none")) => fail(format!("none. {LOGIN_NEXT}"), fix),
        (None, _) => unknown("neither the Claude CLI nor the proxy says"),
    }
}

fn port(f: &Facts<'_>) -> Judgment {
    let number = f.get("port").unwrap_or("?");
    match f.get("port-owner") {
        Ok(owner) if let Some(host) = elsewhere(f) => match owner.split_once(' ') {
            None => fail(
                format!("nothing listens on {host}:{number}"),
                format!("Start the proxy on {host}."),
            ),
            Some(("attached" | "ours", _)) => pass(format!("{number}: the proxy on {host}")),
            Some(_) => fail(
                format!("another program answers on {host}:{number}"),
                free_the_port(f),
            ),
        },
        Ok("free") => pass(format!("{number} is free")),
        Ok(owner) => match owner.split_once(' ') {
            Some(("ours", who)) => pass(format!("{number}: the proxy ({who})")),
            Some(("attached", who)) => pass(format!("{number}: your own proxy ({who})")),
            Some(("stranger", who)) => fail(proxy::stranger(f, who), free_the_port(f)),
            _ => unknown(owner),
        },
        Err(why) => unknown(&why),
    }
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
    use std::borrow::ToOwned as _;
    use std::string::ToString as _;

    use super::*;

    fn facts(pairs: &[(&str, &str)]) -> Vec<Fact> {
        pairs
            .iter()
            .map(|(name, value)| Fact {
                name: (*name).to_owned(),
                value: Some((*value).to_owned()),
                error: None,
            })
            .collect()
    }

    fn status(pairs: &[(&str, &str)], id: &str) -> (Status, Option<String>) {
        let checks = examine(&facts(pairs));
        let check = checks.into_iter().find(|c| c.id == id).unwrap();
        (check.status, check.fix)
    }

    #[test]
    fn a_login_that_ends_soon_is_told_before_it_does() {
        let soon = "ready renewal-soon The proxy answers on 127.0.0.1:3456. Its Claude login ends in 3 days.";
        let claimed = ("login", "claimed");
        let none = ("claude-auth-status", r#"1 {"loggedIn":false}"#);
        let check = |facts: &[(&str, &str)]| {
            let checks = examine(&super::tests::facts(facts));
            checks
                .into_iter()
                .find(|check| check.id == "login")
                .unwrap()
        };
        let told = check(&[("health", soon), claimed]);
        assert_eq!(told.status, Status::Warn);
        assert_eq!(told.detail, "claimed. Its Claude login ends in 3 days.");
        assert_eq!(told.fix.as_deref(), Some("claude auth login"));
        let there = check(&[("health", soon), claimed, ("proxy-host", "10.0.0.9")]);
        assert_eq!(there.fix.as_deref(), Some("On 10.0.0.9: claude auth login"));
        assert_eq!(
            check(&[("health", "ready ready It answers."), claimed]).status,
            Status::Pass
        );
        assert_eq!(check(&[("health", soon), none]).status, Status::Fail);
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
    fn the_login_is_what_the_cli_says_and_how_it_says_it() {
        let auth = |text: &str| status(&[("claude-auth-status", text)], "login").0;
        assert_eq!(
            auth(r#"0 {"loggedIn":true,"apiProvider":"firstParty","authMethod":"claude.ai"}"#),
            Status::Pass
        );
        assert_eq!(
            auth(r#"1 {"loggedIn":false,"apiProvider":"firstParty"}"#),
            Status::Fail
        );
        assert_eq!(auth(r#"0 {"loggedIn":true}"#), Status::Warn);
        assert_eq!(
            auth(r#"0 {"loggedIn":true,"apiProvider":"bedrock"}"#),
            Status::Fail
        );
        assert_eq!(
            auth(
                r#"0 {"loggedIn":true,"apiProvider":"firstParty","apiKeySource":"ANTHROPIC_API_KEY"}"#
            ),
            Status::Fail
        );
        assert_eq!(status(&[("login", "none")], "login").0, Status::Fail);
        assert_eq!(status(&[("login", "claimed")], "login").0, Status::Pass);
    }

    #[test]
    fn a_login_that_ends_is_told_before() {
        let now = CLOCK_LEAST + 3600;
        let at = |seconds: u64, days: u64| {
            let body = format!(
                r#"0 {{"loggedIn":true,"apiProvider":"firstParty","loginExpiresAt":"{}T01:02:03.000Z"}}"#,
                day(seconds + days * DAY)
            );
            let now = now.to_string();
            status(&[("clock", &now), ("claude-auth-status", &body)], "login").0
        };
        assert_eq!(at(now, 30), Status::Pass);
        assert_eq!(at(now, 3), Status::Warn);
        assert_eq!(at(now, 0), Status::Warn);
        assert_eq!(at(now - 2 * DAY, 0), Status::Fail);
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (CLOCK_LEAST - 1, "2025-12-31"),
            (CLOCK_LEAST, "2026-01-01"),
            (1_795_910_400, "2026-11-29"),
        ] {
            assert_eq!(day(seconds), text);
            assert_eq!(day_of(text), Some(seconds / DAY * DAY), "{text}");
        }
        assert_eq!(day_of("soon"), None);
        assert_eq!(day_of("2026-13-01T"), None);
    }

    #[test]
    fn a_clock_that_went_back_is_told() {
        let now = CLOCK_LEAST + 10 * DAY;
        let with = |now: u64, written: u64| {
            let (now, written) = (now.to_string(), written.to_string());
            status(&[("clock", &now), ("clock-written", &written)], "clock").0
        };
        assert_eq!(with(now, now - 5), Status::Pass);
        assert_eq!(with(now, now + CLOCK_SLACK), Status::Pass);
        assert_eq!(with(now, now + DAY), Status::Fail);
        assert_eq!(with(CLOCK_LEAST - 1, 0), Status::Fail);
        assert_eq!(status(&[], "clock").0, Status::Unknown);
    }

    #[test]
    fn a_stranger_on_the_port_is_left_alone_and_named() {
        // A restart would not help where the listener is not ours.
        let stranger = ("port-owner", "stranger 4312 python3 -m http.server");
        for (fact, id) in [
            (("port", "3456"), "port"),
            (
                ("health", "foreign other Another program answers."),
                "health",
            ),
            (("identity", "Another program answers."), "identity"),
            (("access-key", "rejected"), "access-key"),
        ] {
            let (result, fix) = status(&[("port", "3456"), stranger, fact], id);
            let fix = fix.unwrap();
            assert_eq!(
                (result, fix.as_str()),
                (Status::Fail, "claude-proxy setup --port 3457")
            );
        }
        assert_eq!(
            status(&[("access-key", "rejected")], "access-key")
                .1
                .as_deref(),
            Some("claude-proxy restart")
        );
        assert_eq!(status(&[("port-owner", "free")], "port").0, Status::Pass);
    }

    /// A fact without a value.
    fn missing(name: &str, why: &str) -> Fact {
        Fact {
            name: name.to_owned(),
            value: None,
            error: Some(why.to_owned()),
        }
    }

    #[test]
    fn the_running_proxy_knows_better_than_this_shell() {
        use Status::{Fail, Pass, Warn};
        const NONE: (&str, &str) = ("claude-auth-status", r#"1 {"loggedIn":false}"#);
        const UP: (&str, &str) = ("health", "ready ready It answers.");
        const DOWN: (&str, &str) = ("health", "starting refused Nothing listens.");
        let claude = || missing("claude-version", "`claude` is in no directory of PATH");
        for (known, id, want) in [
            (&[NONE, UP, ("login", "claimed")][..], "login", Pass),
            (&[NONE, UP, ("login", "unknown")], "login", Warn),
            (&[NONE, UP, ("login", "none")], "login", Fail),
            (&[NONE, DOWN, ("login", "unknown")], "login", Fail),
            (&[NONE], "login", Fail),
            (&[UP, ("login", "claimed")], "claude-cli", Pass),
            (&[UP, ("login", "unknown")], "claude-cli", Warn),
            (&[DOWN, ("login", "unknown")], "claude-cli", Fail),
            (&[], "claude-cli", Fail),
            (&[UP], "runtime", Warn),
            (&[DOWN], "runtime", Fail),
            (&[UP, ("proxy-command", "x")], "proxy-command", Warn),
            (&[DOWN, ("proxy-command", "x")], "proxy-command", Fail),
        ] {
            let mut all = facts(known);
            all.push(claude());
            all.push(missing("proxy-program", "`x` is in no directory of PATH"));
            let checks = examine(&all);
            let check = checks.iter().find(|c| c.id == id).unwrap();
            assert_eq!(check.status, want, "{known:?}: {check:?}");
            assert!(check.status == Pass || check.fix.is_some(), "{check:?}");
        }
    }

    #[test]
    fn a_program_that_may_not_be_run_is_made_executable() {
        for (why, fix) in [
            ("`/opt/proxy` is not executable", "chmod +x /opt/proxy"),
            ("`/opt/a b` is not executable", "Make that file executable"),
            ("`/opt/proxy` is not there", "openclaw config set"),
            ("`x` is in no directory of PATH", "openclaw config set"),
        ] {
            let mut all = facts(&[("proxy-command", "x")]);
            all.push(missing("proxy-program", why));
            let checks = examine(&all);
            let check = checks.iter().find(|c| c.id == "proxy-command").unwrap();
            assert!(check.detail.contains(why), "{check:?}");
            assert!(check.fix.as_deref().unwrap().starts_with(fix), "{check:?}");
        }
    }

    #[test]
    fn a_program_in_a_usual_place_is_named_with_its_path() {
        let elsewhere = [
            ("claude-elsewhere", "/home/u/.local/bin/claude"),
            ("runtime-elsewhere", "/home/u/.bun/bin/bun"),
            ("proxy-elsewhere", r#"["/home/u/.bun/bin/bunx","x@1.2.3"]"#),
            ("proxy-command", "bunx x@1.2.3"),
        ];
        let mut all = facts(&elsewhere);
        all.push(missing(
            "claude-version",
            "`claude` is in no directory of PATH",
        ));
        all.push(missing(
            "proxy-program",
            "`bunx` is in no directory of PATH",
        ));
        let checks = examine(&all);
        for (id, detail, fix) in [
            (
                "claude-cli",
                "but `/home/u/.local/bin/claude` is there",
                ":/home/u/.local/bin\"",
            ),
            (
                "runtime",
                "but `/home/u/.bun/bin/bun` is there",
                ":/home/u/.bun/bin\"",
            ),
            (
                "proxy-command",
                "but `/home/u/.bun/bin/bunx` is there",
                r#"command '["/home/u/.bun/bin/bunx","x@1.2.3"]' --strict-json"#,
            ),
        ] {
            let check = checks.iter().find(|c| c.id == id).unwrap();
            assert_eq!(check.status, Status::Fail);
            assert!(check.detail.contains(detail), "{check:?}");
            assert!(check.fix.as_deref().unwrap().contains(fix), "{check:?}");
        }
    }

    #[test]
    fn an_open_configuration_is_told_with_its_place_and_a_fix_that_helps() {
        let finding = |code: &str, path: &str, leads_to: &str, message: &str| {
            format!(
                r#"[{{"code":"{code}","path":"{path}","leadsTo":"{leads_to}","message":"{message}","fix":"Correct it."}}]"#
            )
        };
        let model = finding(
            "other-model",
            "agents.defaults.imageModel",
            "openai/gpt-6",
            "m",
        );
        let broken = finding("unreadable", "", "", "line 2, column 38: found '}'.");
        let include = finding("include-unreadable", "$include", "", "It cannot be read.");
        let open = finding("unproven", "a.b", "", "Unclear.");
        for (audit, findings, more, detail, fix) in [
            (
                "open 1",
                &model,
                &[("config-fix", "yes")][..],
                "routes past the proxy: 1: agents.defaults.imageModel -> openai/gpt-6",
                "claude-proxy audit --fix",
            ),
            (
                "open 3",
                &model,
                &[("config-fix", "yes")],
                "agents.defaults.imageModel -> openai/gpt-6; `claude-proxy audit` names each",
                "claude-proxy audit --fix",
            ),
            (
                "undecided 1",
                &broken,
                &[("config-fix", "no")],
                "line 2, column 38",
                "Correct openclaw.json there",
            ),
            (
                "undecided 1",
                &include,
                &[("config-fix", "no"), ("config-unread", "base.json5")],
                "$include: It cannot be read. Not read: base.json5.",
                "Put base.json5 where the include says",
            ),
            (
                "undecided 1",
                &open,
                &[("config-fix", "no")],
                "a.b: Unclear.",
                "Correct it.",
            ),
        ] {
            let mut known = vec![
                ("config-audit", audit),
                ("config-findings", findings.as_str()),
            ];
            known.extend_from_slice(more);
            let checks = examine(&facts(&known));
            let check = checks.iter().find(|c| c.id == "config-closed").unwrap();
            assert_eq!(check.status, Status::Fail);
            assert!(check.detail.contains(detail), "{check:?}");
            assert!(check.fix.as_deref().unwrap().starts_with(fix), "{check:?}");
        }
    }

    #[test]
    fn a_command_that_is_not_pinned_is_told_why() {
        for (command, what, fix) in [
            ("bunx x", "whatever the registry has", "@X.Y.Z"),
            (
                "env bunx x",
                "`x`, which names no exact version",
                "full path",
            ),
            ("docker run x:latest", "the image `x:latest`", "full path"),
            ("my-launcher", "`my-launcher`", "full path"),
        ] {
            let checks = examine(&facts(&[
                ("proxy-pinned", "no"),
                ("proxy-command", command),
            ]));
            let check = checks.iter().find(|c| c.id == "proxy-pinned").unwrap();
            assert_eq!(check.status, Status::Warn);
            assert!(check.detail.contains(what), "{}", check.detail);
            assert!(
                check.fix.as_deref().unwrap().contains(fix),
                "{:?}",
                check.fix
            );
        }
    }

    #[test]
    fn nothing_is_promised_of_a_version_that_is_not_known() {
        use Status::{Fail, Pass, Unknown, Warn};
        // Installed, judged, verdict; then the configuration, the plugin, and the version.
        let cases = [
            ("2026.9.6", "", "closed", Pass, Pass, Pass),
            ("2026.9.6", "2026.7.35", "closed", Pass, Pass, Pass),
            ("2026.9.6", "", "undecided 1", Fail, Pass, Pass),
            ("", "2026.9.6", "closed", Unknown, Pass, Unknown),
            ("", "", "closed", Unknown, Pass, Unknown),
            ("", "2026.7.35", "closed", Unknown, Pass, Unknown),
            ("", "2026.7.35", "open 1", Fail, Pass, Unknown),
            ("2026.7.1", "", "closed", Pass, Pass, Pass),
            ("2026.7.35", "", "closed", Pass, Pass, Pass),
            ("2026.9.1", "", "closed", Pass, Pass, Pass),
            ("", "2026.8.1", "closed", Unknown, Pass, Unknown),
            ("2026.8.2", "", "closed", Pass, Pass, Pass),
            ("2026.9.5", "", "closed", Unknown, Pass, Warn),
            ("2026.10.1", "", "closed", Unknown, Pass, Warn),
            ("2026.10.1-beta.1", "", "undecided 1", Unknown, Pass, Warn),
            ("2026.9.10", "", "open 2", Fail, Pass, Warn),
            ("2026.7.1", "", "undecided 1", Fail, Pass, Pass),
            ("2026.7.1-2", "", "undecided 1", Unknown, Pass, Warn),
            ("2026.7.1-beta.3", "", "undecided 1", Unknown, Fail, Fail),
            ("2026.6.35", "2026.9.6", "undecided 1", Unknown, Fail, Fail),
            ("", "2026.6.35", "undecided 1", Unknown, Fail, Unknown),
            ("unknown", "", "undecided 1", Unknown, Unknown, Unknown),
            ("2026.9", "2026.9.6", "closed", Unknown, Unknown, Warn),
        ];
        for (installed, judged, verdict, config, plugin, version) in cases {
            let mut known = facts(&[
                ("openclaw-version", installed),
                ("judged-version", judged),
                ("config-audit", verdict),
                ("plugin-enabled", "yes"),
                ("hooks-permission", "yes"),
            ]);
            known.retain(|fact| fact.value.as_deref() != Some(""));
            let checks = examine(&known);
            let check = |id: &str| checks.iter().find(|check| check.id == id).unwrap();
            let case = format!("{installed:?} {judged:?} {verdict}");
            assert_eq!(check("config-closed").status, config, "{case}");
            assert_eq!(check("plugin-enabled").status, plugin, "{case}");
            assert_eq!(check("hooks-permission").status, plugin, "{case}");
            let of_version = check("openclaw-version");
            assert_eq!(of_version.status, version, "{case}");
            let older =
                version != Pass && compared(installed, OPENCLAW_VERSION) == Some(Ordering::Less);
            let fix = of_version.fix.clone().unwrap_or_default();
            assert_eq!(fix.starts_with("npm install"), older, "{case}: {fix}");
        }
    }

    #[test]
    fn the_oldest_host_is_that_of_the_manifest() {
        let manifest = include_str!("../../../plugin-manifest.json");
        for line in [
            format!("\"minHostVersion\": \">={OPENCLAW_OLDEST}\""),
            format!("\"openclawVersion\": \"{OPENCLAW_VERSION}\""),
        ] {
            assert!(manifest.contains(&line), "{line}");
        }
    }

    #[test]
    fn every_wanted_fact_is_used() {
        let source = [
            include_str!("doctor.rs"),
            include_str!("doctor/default_model.rs"),
            include_str!("doctor/proxy.rs"),
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
