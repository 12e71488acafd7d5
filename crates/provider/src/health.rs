//! What answers and ends mean: whether a listener is the proxy, whether it is ours, what its login claims, and why a
//! process ended.
//!
//! A round is sans-I/O: [`judge`] is called with everything seen so far and says what to ask next, or the verdict.
//! What tells one proxy from another stands in [`crate::proxy_kind`].

use crate::document::{self, Value};
use crate::proxy_kind::{self, KeyProbe, OwnTools, ProxyKind, advice};
use crate::renewal;
use crate::settings::{AccessKeyMode, SETTINGS_PATH, Settings};
use serde::{Deserialize, Serialize};

mod verdict;

use verdict::{Round, Speaks, is_chosen, speaks};

/// What is known of the Claude login. A claim is not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// The proxy says that there is one.
    Claimed,
    /// There is none.
    None,
    /// Unknown.
    Unknown,
}

/// One HTTP question for the host to ask: GET, no redirects, no proxy variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Identifies the answer; opaque to the host.
    pub id: String,
    /// Path on the proxy's address.
    pub path: String,
    /// Extra request headers.
    pub headers: Vec<(String, String)>,
    /// Send the access key, in `x-api-key` and as a bearer in `authorization`.
    pub with_key: bool,
    /// Give up after this many milliseconds.
    pub timeout_ms: u32,
    /// Read at most this many bytes of the body.
    pub max_body: u32,
}

/// An HTTP response, cut to the probe's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header names in lower case.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Body as text.
    #[serde(default)]
    pub body: String,
}

/// What came back for a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Outcome {
    /// A complete HTTP response.
    Response(Response),
    /// Nobody listens.
    Refused,
    /// No complete response in time.
    TimedOut,
    /// Bytes that are not HTTP; their printable beginning.
    NotHttp(String),
    /// A TLS record on a plain port.
    Tls,
    /// Any other transport error.
    Failed(String),
}

/// A probe and what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Observation {
    /// The probe's id.
    pub id: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    #[serde(default)]
    pub elapsed_ms: u32,
}

/// Whether the proxy can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// A usable proxy, as far as its identity could be asked for.
    Ready,
    /// Nothing useful yet; ask again.
    Starting,
    /// It answers, but not as it should.
    Unhealthy,
    /// Another program.
    Foreign,
}

/// How the access key fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyCheck {
    /// Accepted with the key, refused without.
    Enforced,
    /// Accepted without the key: the proxy does not ask for it.
    NotEnforced,
    /// Refused with our key: it is not the proxy that was given it.
    Rejected,
    /// Not asked.
    Unchecked,
}

/// A judgment of one round of probes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether it can be used.
    pub readiness: Readiness,
    /// Stable identifier of the case.
    pub code: String,
    /// One sentence for people.
    pub detail: String,
    /// The next step; `None` when all is well.
    pub next: Option<String>,
    /// A command line to paste that takes the next step; `None` where none does.
    pub command: Option<String>,
    /// What answered: the name of its kind ([`ProxyKind::name`]), or `unrecognized`.
    pub name: Option<String>,
    /// Its version where it says so.
    pub version: Option<String>,
    /// Whether it claims a login.
    pub login: Login,
    /// Whether the access key is enforced.
    pub key: KeyCheck,
    /// Whether the Claude CLI behind it may run tools of its own, past the host's policy; `None` where that is not known.
    pub own_tools: Option<bool>,
}

/// The next step of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Step {
    /// Ask these as well, then call again with all observations of the round.
    Ask(Vec<Probe>),
    /// The judgment.
    Judged(Verdict),
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exit {
    /// Exit code, where it ended by itself.
    pub code: Option<i32>,
    /// Signal number, where a signal ended it.
    pub signal: Option<i32>,
    /// How long it ran, in milliseconds.
    pub ran_ms: u64,
    /// Whether it had been ready.
    pub was_ready: bool,
    /// The last lines of its output, oldest first.
    pub output: Vec<String>,
}

/// Why a process ended and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// Stable identifier.
    pub code: String,
    /// One sentence for people.
    pub reason: String,
    /// The next step; `None` when nothing is to be done.
    pub next: Option<String>,
    /// Whether starting again can help.
    pub retry: bool,
}

const ROOT: &str = "root";
const HEALTH: &str = "health";
const WITHOUT_KEY: &str = "without-key";
const WITH_KEY: &str = "with-key";
const WITH_KEY_AGAIN: &str = "with-key-models";
const API: &str = "api";

/// Longest version that is shown, in bytes.
const LONGEST_VERSION: usize = 40;

/// Identifies the model list among the answers of a first look.
pub const LIVE_MODELS: &str = "models";

/// What a user who is not logged in has to do.
pub const LOGIN_NEXT: &str = "Run `claude auth login`, or on a machine without a browser `claude setup-token` and set CLAUDE_CODE_OAUTH_TOKEN.";

/// What a user who is not logged in has to do, where the proxy is.
pub fn login_next(settings: &Settings) -> String {
    if settings.is_local() {
        LOGIN_NEXT.to_owned()
    } else {
        format!("On {}: {LOGIN_NEXT}", settings.host)
    }
}

fn probe(id: &str, path: &str, with_key: bool, timeout_ms: u32, max_body: u32) -> Probe {
    Probe {
        id: id.to_owned(),
        path: path.to_owned(),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        with_key,
        timeout_ms,
        max_body,
    }
}

/// The cheap question whose answer, whatever it is, shows that the process still works: `/` never asks the Claude CLI.
pub fn liveness() -> Probe {
    probe(ROOT, "/", false, 2_000, 4_096)
}

/// The first questions of a look at an address, for the auth flow: who is there, and which models does it list. What is
/// asked next depends on who it is ([`judge_look`]).
pub fn look() -> Vec<Probe> {
    vec![liveness(), live_models()]
}

/// The question for the proxy's list of models. A list of thousands has a megabyte.
pub fn live_models() -> Probe {
    probe(LIVE_MODELS, "/v1/models", true, 8_000, 4 << 20)
}

/// What a verdict calls a program of no kind that is known.
const UNRECOGNISED: &str = "unrecognized";

fn find<'a>(seen: &'a [Observation], id: &str) -> Option<&'a Outcome> {
    seen.iter().find(|o| o.id == id).map(|o| &o.outcome)
}

fn json(response: &Response) -> Option<Value> {
    document::parse(&response.body).ok().map(|read| read.root)
}

fn text<'a>(value: Option<&'a Value>, key: &str) -> Option<&'a str> {
    value.and_then(|v| v.get(key)).and_then(Value::as_str)
}

/// Judges a round, or asks on. `owned` says whether the host has seen in the kernel's tables that the listener belongs
/// to the process it started.
pub fn judge(settings: &Settings, owned: Option<bool>, seen: &[Observation]) -> Step {
    let root = match find(seen, ROOT) {
        None => return Step::Ask(vec![liveness()]),
        Some(outcome) => match transport(settings, outcome) {
            Ok(response) => response,
            Err(verdict) => return Step::Judged(*verdict),
        },
    };
    if root.status >= 500 {
        return judged(
            Readiness::Unhealthy,
            "server-error",
            format!("The proxy answers with HTTP {}.", root.status),
            Some(look_after(settings)),
        );
    }
    let at_root = proxy_kind::of_root(root.status, &root.body);
    // A dialect is a kind that only its user vouches for.
    let chosen = proxy_kind::named(&settings.proxy).filter(|kind| kind.is_generic());
    let known = at_root.or(chosen);
    let health_path = match known {
        Some(kind) => kind.probes.login.as_ref().map(|login| login.path),
        None => Some("/health"),
    };
    let mut questions = Vec::new();
    if let (Some(path), None) = (health_path, find(seen, HEALTH)) {
        questions.push(probe(HEALTH, path, false, 8_000, 65_536));
    }
    let keyed = |kind: &'static ProxyKind| asked_key(settings, kind, owned);
    if find(seen, WITHOUT_KEY).is_none() {
        match known.and_then(keyed) {
            Some(key) => questions.splice(0..0, key_questions(key)).for_each(drop),
            // Whether one asks for a key that is to be chosen first, and whether a dialect's has a list of models.
            None if known
                .is_some_and(|kind| kind.is_generic() || !is_chosen(settings, kind, owned)) =>
            {
                let key = known.and_then(|kind| kind.probes.key.as_ref());
                let path = key.map_or("/v1/models", |key| key.without);
                questions.push(probe(WITHOUT_KEY, path, false, 2_000, 4_096));
            }
            None => {}
        }
    }
    if !questions.is_empty() {
        return Step::Ask(questions);
    }
    let health = find(seen, HEALTH).and_then(|outcome| match outcome {
        Outcome::Response(response) => Some(response),
        Outcome::Refused
        | Outcome::TimedOut
        | Outcome::NotHttp(_)
        | Outcome::Tls
        | Outcome::Failed(_) => None,
    });
    let health_json = health.and_then(json);
    let kind = known.or_else(|| proxy_kind::of_health(health_json.as_ref()));
    let key = match kind.and_then(keyed) {
        None => KeyCheck::Unchecked,
        Some(key) if find(seen, WITHOUT_KEY).is_none() => return Step::Ask(key_questions(key)),
        Some(key) => match key_check(key, seen) {
            Ok(check) => check,
            Err(questions) => return Step::Ask(questions),
        },
    };
    let round = Round {
        settings,
        owned,
        kind,
        key,
        health,
        health_json: health_json.as_ref(),
        asks_for_a_key: matches!(
            find(seen, WITHOUT_KEY),
            Some(Outcome::Response(response)) if response.status == 401 || response.status == 403
        ),
    };
    if kind.is_some_and(ProxyKind::is_generic) {
        match speaks(settings, health, seen) {
            Speaks::Yes => {}
            Speaks::No => return Step::Judged(round.speechless()),
            Speaks::Ask(question) => return Step::Ask(vec![question]),
        }
    }
    let verdict = round.conclude();
    Step::Judged(renewal::told(settings, verdict, health_json.as_ref()))
}

/// How the key of this kind is asked for, where one is in use. A program that nobody chose is not shown it.
fn asked_key(
    settings: &Settings,
    kind: &'static ProxyKind,
    owned: Option<bool>,
) -> Option<&'static KeyProbe> {
    let key = kind.probes.key.as_ref();
    key.filter(|_| {
        settings.access_key == AccessKeyMode::Generated && is_chosen(settings, kind, owned)
    })
}

fn key_questions(key: &KeyProbe) -> Vec<Probe> {
    let with = key.with.first().copied().unwrap_or(key.without);
    vec![
        probe(WITHOUT_KEY, key.without, false, 2_000, 4_096),
        probe(WITH_KEY, with, true, 2_000, 4_096),
    ]
}

/// The response to the first question, or what its absence means.
fn transport<'a>(settings: &Settings, outcome: &'a Outcome) -> Result<&'a Response, Box<Verdict>> {
    let at = format!("{}:{}", settings.host, settings.port);
    let (readiness, code, detail, next) = match outcome {
        Outcome::Response(response) => return Ok(response),
        Outcome::Refused => (
            Readiness::Starting,
            "refused",
            format!("Nothing listens on {at}."),
            (!settings.is_local()).then(|| format!("Start the proxy on {}.", settings.host)),
        ),
        Outcome::TimedOut => (
            Readiness::Unhealthy,
            "no-answer",
            format!("Something listens on {at} but does not answer."),
            Some(look_after(settings)),
        ),
        Outcome::NotHttp(_) => (
            Readiness::Foreign,
            "not-http",
            format!("What listens on {at} does not speak HTTP."),
            Some(other_port(settings)),
        ),
        Outcome::Tls => (
            Readiness::Foreign,
            "tls",
            format!("What listens on {at} speaks TLS; the proxy speaks plain HTTP."),
            Some(other_port(settings)),
        ),
        Outcome::Failed(why) => (
            Readiness::Unhealthy,
            "transport",
            format!("{at} could not be asked: {why}."),
            Some(look_after(settings)),
        ),
    };
    Err(Box::new(verdict(readiness, code, detail, next)))
}

fn other_port(settings: &Settings) -> String {
    if !settings.is_local() {
        return format!(
            "See on {} what listens on port {}; or correct host and port (run the login again).",
            settings.host, settings.port
        );
    }
    format!(
        "Move to another port: `{}`; or stop that program.",
        advice::move_away(settings.port)
    )
}

/// How a proxy that is not started from here comes to know the key.
fn key_there(settings: &Settings, kind: &ProxyKind) -> String {
    match kind.launch.key_place {
        Some(place) => format!(
            "Start it on {} with the access key of this machine in {place} (`claude-proxy key path` names the file), set {SETTINGS_PATH}.keyFile to a file with its own key, or {SETTINGS_PATH}.accessKey to \"off\".",
            settings.host
        ),
        None => format!(
            "It knows no access key: take {} on {}, or set {SETTINGS_PATH}.accessKey to \"off\".",
            keyed_titles(),
            settings.host
        ),
    }
}

/// The proxies that know an access key and answer by a Claude login alone.
fn keyed_titles() -> String {
    let keyed = proxy_kind::ROWS
        .iter()
        .filter(|kind| kind.is_used_unnamed() && kind.probes.key.is_some());
    let titles: Vec<&str> = keyed.map(|kind| kind.title).collect();
    titles.join(" or ")
}

/// The step after an answer that is none, when it is not told who gave it.
fn look_after(settings: &Settings) -> String {
    if !settings.is_local() {
        return format!(
            "See on {} whether the proxy runs, and restart it there.",
            settings.host
        );
    }
    format!(
        "See who listens with `claude-proxy status`; if it is the proxy, restart it and look at `claude-proxy logs`, else choose another port than {}.",
        settings.port
    )
}

fn verdict(readiness: Readiness, code: &str, detail: String, next: Option<String>) -> Verdict {
    Verdict {
        readiness,
        code: code.to_owned(),
        detail,
        next,
        command: None,
        name: None,
        version: None,
        login: Login::Unknown,
        key: KeyCheck::Unchecked,
        own_tools: None,
    }
}

fn judged(readiness: Readiness, code: &str, detail: String, next: Option<String>) -> Step {
    Step::Judged(verdict(readiness, code, detail, next))
}

/// How the key fared, or what must be asked to know.
fn key_check(key: &KeyProbe, seen: &[Observation]) -> Result<KeyCheck, Vec<Probe>> {
    let status = |id| match find(seen, id) {
        Some(Outcome::Response(response)) => Some(response.status),
        _ => None,
    };
    let without = status(WITHOUT_KEY);
    if without == Some(200) {
        return Ok(KeyCheck::NotEnforced);
    }
    let with = match (status(WITH_KEY), key.with.get(1)) {
        (Some(404), Some(second)) => match find(seen, WITH_KEY_AGAIN) {
            None => return Err(vec![probe(WITH_KEY_AGAIN, second, true, 8_000, 65_536)]),
            Some(_) => status(WITH_KEY_AGAIN),
        },
        (other, _) => other,
    };
    let is_refusal = |status: Option<u16>| status.is_some_and(|s| key.refused.contains(&s));
    Ok(match with {
        Some(200) if is_refusal(without) => KeyCheck::Enforced,
        with if is_refusal(with) => KeyCheck::Rejected,
        _ => KeyCheck::Unchecked,
    })
}

fn login(kind: &ProxyKind, response: Option<&Response>, body: Option<&Value>) -> Login {
    let Some(probe) = &kind.probes.login else {
        return Login::Unknown;
    };
    let logged_in = body
        .and_then(|v| v.at(probe.logged_in))
        .and_then(Value::as_bool);
    match (response.map(|r| r.status), logged_in, text(body, "status")) {
        (Some(503), _, _) | (_, Some(false), _) => Login::None,
        (Some(200), _, Some(status)) if status == probe.claimed => Login::Claimed,
        _ => Login::Unknown,
    }
}

/// Whether the CLI may run tools of its own.
fn own_tools(settings: &Settings, kind: &ProxyKind, body: Option<&Value>) -> Option<bool> {
    match kind.own_tools {
        OwnTools::Nothing => Some(false),
        OwnTools::Always => Some(true),
        OwnTools::Unknown => None,
        // Requests of this dialect carry the header that keeps them off.
        OwnTools::SwitchedOff { .. } if settings.api == kind.api() => Some(false),
        OwnTools::SwitchedOff { told_in, off, .. } => {
            (text(body, told_in) == Some(off)).then_some(false)
        }
    }
}

/// The version that the proxy names, if it looks like one: whatever listens there can send anything, and this is shown.
fn version(body: Option<&Value>) -> Option<String> {
    let looks_so = |text: &&str| {
        (1..=LONGEST_VERSION).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b'_'))
    };
    text(body, "version").filter(looks_so).map(str::to_owned)
}

/// What a look found so far, for the auth flow. A proxy on another machine may only be given the key after the login.
pub fn judge_look(settings: &Settings, seen: &[Observation]) -> Step {
    if settings.is_local() || settings.key_file.is_some() {
        return judge(settings, None, seen);
    }
    let keyless = Settings {
        access_key: AccessKeyMode::Off,
        ..settings.clone()
    };
    judge(&keyless, None, seen)
}

/// The verdict of a look that was not finished.
pub(crate) fn incomplete() -> Verdict {
    verdict(
        Readiness::Unhealthy,
        "incomplete",
        "The look was not finished.".to_owned(),
        None,
    )
}

/// A sign in the output, what it means, and whether another start can help.
struct Sign {
    texts: &'static [&'static str],
    code: &'static str,
    reason: &'static str,
    next: &'static str,
    retry: bool,
}

/// Checked in order; the first that occurs in the last lines, upper and lower case alike, is the reason.
const SIGNS: &[Sign] = &[
    Sign {
        texts: &["already in use", "eaddrinuse"],
        code: "port-in-use",
        reason: "The port is taken by another program.",
        next: "See who holds it with `claude-proxy status`, then stop that program or choose another port.",
        retry: true,
    },
    Sign {
        texts: &["not logged in"],
        code: "not-logged-in",
        reason: "Claude is not logged in.",
        next: LOGIN_NEXT,
        retry: false,
    },
    Sign {
        texts: &[
            "could not find claude",
            "claude executable not found",
            "claude code executable not found",
            "claude cli not found",
        ],
        code: "claude-cli-missing",
        reason: "The proxy does not find the Claude CLI.",
        next: "Install it: `npm install -g @anthropic-ai/claude-code`, then `claude auth login`.",
        retry: false,
    },
    Sign {
        texts: &[
            "claude cli returned non-zero",
            "claude native binary not installed",
            "claude code native binary not found",
            "could not find native binary",
            // Its installer, run by a package runner as the proxy starts.
            "failed to place binary",
            "failed to execute native binary",
        ],
        code: "claude-cli-broken",
        reason: "The Claude CLI that the proxy finds does not run.",
        next: "Try `claude --version`; if it complains, install it again: `npm install -g @anthropic-ai/claude-code`.",
        retry: false,
    },
    Sign {
        texts: &["enoexec", "exec format error"],
        code: "wrong-binary",
        reason: "A program that is needed is broken, or is not made for this kind of machine.",
        next: "Its last lines (`claude-proxy logs`) name it: install that one again on this machine; for the Claude CLI `npm install -g @anthropic-ai/claude-code`.",
        retry: false,
    },
    Sign {
        texts: &["script not found"],
        code: "script-not-found",
        reason: "The runner of the `command` setting finds no program of that name.",
        next: "Correct the name in `command`, or install the proxy and name its program there, with its full path.",
        retry: false,
    },
    Sign {
        texts: &["options.port", "invalid port"],
        code: "bad-port",
        reason: "The proxy does not accept the port.",
        next: "Set a port from 1 to 65535 and leave no variable for it in the command.",
        retry: false,
    },
    Sign {
        texts: &[
            "e404",
            "- 404",
            "404 not found - get",
            "no matching version",
            "etarget",
        ],
        code: "package-not-found",
        reason: "The package of the `command` setting does not exist.",
        next: "Correct the package name in `command`, or install the proxy and name its program there.",
        retry: false,
    },
    Sign {
        texts: &[
            "downloading package manifest",
            "downloading tarball",
            "eai_again",
            "econnreset",
            "econnrefused",
            "enotfound",
            "self_signed_cert",
            "etimedout",
            "connectionrefused",
            "failed to resolve",
        ],
        code: "registry-unreachable",
        reason: "The package could not be downloaded.",
        next: "Check the network, or install the proxy and name its program in `command` so that no download is needed.",
        retry: true,
    },
    Sign {
        texts: &[
            "module not found",
            "cannot find module",
            "err_module_not_found",
            "no such file or directory",
        ],
        code: "program-incomplete",
        reason: "The program of the `command` setting lacks a file.",
        next: "Check the path in `command`, or install the proxy again.",
        retry: false,
    },
    Sign {
        texts: &[
            "unsupported engine",
            "ebadengine",
            "unexpected token",
            "err_unknown_file_extension",
            "requires node",
            "requires bun",
        ],
        code: "wrong-runtime",
        reason: "This version of Node.js or Bun cannot run the proxy.",
        next: "Install a current Bun or Node.js and check that `command` starts that one.",
        retry: false,
    },
    Sign {
        texts: &["permission denied", "eacces"],
        code: "permission-denied",
        reason: "The proxy was refused a file or port.",
        next: "Check the file's owner, or choose a port above 1023.",
        retry: false,
    },
];

/// Why a process ended. The last lines of its output decide; an end without a sign is named by code and time.
pub fn diagnose(settings: &Settings, exit: &Exit) -> Diagnosis {
    if !exit.was_ready {
        let output = exit.output.join("\n").to_ascii_lowercase();
        if let Some(sign) = SIGNS
            .iter()
            .find(|sign| sign.texts.iter().any(|text| output.contains(text)))
        {
            return Diagnosis {
                code: sign.code.to_owned(),
                reason: sign.reason.to_owned(),
                next: Some(sign.next.to_owned()),
                retry: sign.retry,
            };
        }
    }
    let how = match (exit.code, exit.signal) {
        (_, Some(signal)) => format!("was ended by signal {signal}"),
        (Some(code), None) => format!("ended with code {code}"),
        (None, None) => "ended".to_owned(),
    };
    let ran = Seconds(exit.ran_ms);
    let program = settings.command.first().map_or("", String::as_str);
    if exit.was_ready {
        Diagnosis {
            code: "crashed".to_owned(),
            reason: format!("The proxy {how} after {ran}."),
            next: None,
            retry: true,
        }
    } else {
        Diagnosis {
            code: "start-failed".to_owned(),
            reason: format!("`{program}` {how} after {ran}, before it answered."),
            next: Some("Look at its last lines with `claude-proxy logs`.".to_owned()),
            retry: true,
        }
    }
}

/// Milliseconds, for people.
struct Seconds(u64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            ms @ 0..10_000 => write!(f, "{}.{} s", ms / 1000, ms % 1000 / 100),
            ms @ 10_000..120_000 => write!(f, "{} s", ms / 1000),
            ms => write!(f, "{} min", ms / 60_000),
        }
    }
}

/// Why a program could not be started at all. `kind` is `not-found`, `not-executable` or `other`.
pub fn diagnose_spawn(settings: &Settings, kind: &str, detail: &str) -> Diagnosis {
    let program = settings.command.first().map_or("", String::as_str);
    let install = match program.rsplit('/').next().unwrap_or(program) {
        "bunx" | "bun" => {
            "Install Bun (see bun.sh), or set `command` to a proxy program that is installed, with its full path."
        }
        "npx" | "npm" | "node" => {
            "Install Node.js, or set `command` to a proxy program that is installed, with its full path."
        }
        _ => {
            "Install it, or correct `command`; the Gateway's PATH may be shorter than your shell's, so prefer a full path."
        }
    };
    match kind {
        "not-found" => Diagnosis {
            code: "program-not-found".to_owned(),
            reason: format!("`{program}` was not found."),
            next: Some(install.to_owned()),
            retry: false,
        },
        "not-executable" if detail.to_ascii_lowercase().contains("exec format error") => {
            Diagnosis {
                code: "wrong-binary".to_owned(),
                reason: format!("`{program}` is broken, or is not made for this kind of machine."),
                next: Some(install.to_owned()),
                retry: false,
            }
        }
        "not-executable" => Diagnosis {
            code: "program-not-executable".to_owned(),
            reason: format!("`{program}` may not be executed."),
            next: Some(format!("Check its permissions: `ls -l {program}`.")),
            retry: false,
        },
        _ => Diagnosis {
            code: "spawn-failed".to_owned(),
            reason: format!("`{program}` could not be started: {detail}."),
            next: None,
            retry: true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Api;

    fn answer(id: &str, status: u16, body: &str) -> Observation {
        Observation {
            id: id.to_owned(),
            outcome: Outcome::Response(Response {
                status,
                headers: Vec::new(),
                body: body.to_owned(),
            }),
            elapsed_ms: 1,
        }
    }

    const MERIDIAN_ROOT: &str = r#"{"status":"ok","service":"meridian","format":"anthropic"}"#;
    const HEALTHY: &str = r#"{"status":"healthy","version":"1.43.0","auth":{"loggedIn":true}}"#;
    const DEGRADED: &str =
        r#"{"status":"degraded","version":"1.43.0","error":"Could not verify auth status"}"#;
    const LOGGED_OUT: &str =
        r#"{"status":"unhealthy","version":"1.43.0","auth":{"loggedIn":false}}"#;

    /// A whole round against a table of answers; what is not in the table is a 404.
    fn round(settings: &Settings, owned: Option<bool>, table: &[(&str, u16, &str)]) -> Verdict {
        let mut seen = Vec::new();
        for _ in 0..5 {
            match judge(settings, owned, &seen) {
                Step::Judged(verdict) => return verdict,
                Step::Ask(probes) => {
                    for probe in probes {
                        let (_, status, body) = table
                            .iter()
                            .find(|(id, _, _)| *id == probe.id)
                            .copied()
                            .unwrap_or(("", 404, ""));
                        seen.push(answer(&probe.id, status, body));
                    }
                }
            }
        }
        panic!("the round does not end");
    }

    #[test]
    fn a_proxy_of_the_other_dialect_is_ready_where_that_was_configured() {
        let openai = Settings {
            api: Api::OpenaiCompletions,
            ..Settings::default()
        };
        let table = [
            (ROOT, 404, "{}"),
            (
                HEALTH,
                200,
                r#"{"status":"ok","provider":"claude-code-cli"}"#,
            ),
        ];
        for owned in [Some(true), Some(false)] {
            let verdict = round(&openai, owned, &table);
            assert_eq!(verdict.readiness, Readiness::Ready);
            assert_eq!(verdict.code, "ready-key-not-enforced");
        }
        // Meridian answers in both.
        let table = [(ROOT, 200, MERIDIAN_ROOT), (HEALTH, 200, HEALTHY)];
        assert_eq!(
            round(&openai, Some(true), &table).readiness,
            Readiness::Ready
        );
    }

    #[test]
    fn every_shape_has_its_own_verdict() {
        let keyed = [(WITHOUT_KEY, 401, ""), (WITH_KEY, 200, "meridian_x 1")];
        let with = |health: (u16, &'static str), keys: &[(&'static str, u16, &'static str)]| {
            let mut table = vec![(ROOT, 200, MERIDIAN_ROOT), (HEALTH, health.0, health.1)];
            table.extend_from_slice(keys);
            table
        };
        for (name, table, owned, readiness, code, login, key) in [
            (
                "ours",
                with((200, HEALTHY), &keyed),
                Some(true),
                Readiness::Ready,
                "ready",
                Login::Claimed,
                KeyCheck::Enforced,
            ),
            (
                "ours, seen from elsewhere",
                with((200, HEALTHY), &keyed),
                None,
                Readiness::Ready,
                "ready",
                Login::Claimed,
                KeyCheck::Enforced,
            ),
            (
                "degraded",
                with((200, DEGRADED), &keyed),
                Some(true),
                Readiness::Ready,
                "ready",
                Login::Unknown,
                KeyCheck::Enforced,
            ),
            (
                "logged out",
                with((503, LOGGED_OUT), &keyed),
                Some(true),
                Readiness::Ready,
                "logged-out",
                Login::None,
                KeyCheck::Enforced,
            ),
            (
                "old, keyed model list",
                with(
                    (200, HEALTHY),
                    &[
                        (WITHOUT_KEY, 401, ""),
                        (WITH_KEY, 404, ""),
                        (WITH_KEY_AGAIN, 200, "{}"),
                    ],
                ),
                Some(true),
                Readiness::Ready,
                "ready",
                Login::Claimed,
                KeyCheck::Enforced,
            ),
            (
                "no key asked",
                with(
                    (200, HEALTHY),
                    &[(WITHOUT_KEY, 200, "{}"), (WITH_KEY, 200, "")],
                ),
                Some(true),
                Readiness::Ready,
                "ready-key-not-enforced",
                Login::Claimed,
                KeyCheck::NotEnforced,
            ),
            (
                "somebody else's",
                with(
                    (200, HEALTHY),
                    &[(WITHOUT_KEY, 401, ""), (WITH_KEY, 401, "")],
                ),
                Some(false),
                Readiness::Foreign,
                "key-rejected",
                Login::Claimed,
                KeyCheck::Rejected,
            ),
            (
                "ours with a lost key",
                with(
                    (200, HEALTHY),
                    &[(WITHOUT_KEY, 401, ""), (WITH_KEY, 401, "")],
                ),
                Some(true),
                Readiness::Unhealthy,
                "key-rejected",
                Login::Claimed,
                KeyCheck::Rejected,
            ),
            (
                "openai only",
                vec![
                    (ROOT, 404, "{}"),
                    (
                        HEALTH,
                        200,
                        r#"{"status":"ok","provider":"claude-code-cli"}"#,
                    ),
                ],
                Some(true),
                Readiness::Unhealthy,
                "wrong-api",
                Login::Unknown,
                KeyCheck::Unchecked,
            ),
            (
                "a web server",
                vec![(ROOT, 200, "<html>"), (HEALTH, 404, "")],
                Some(false),
                Readiness::Foreign,
                "wrong-service",
                Login::Unknown,
                KeyCheck::Unchecked,
            ),
            (
                "a web server of ours",
                vec![(ROOT, 404, "<html>"), (HEALTH, 404, "")],
                Some(true),
                Readiness::Unhealthy,
                "wrong-service",
                Login::Unknown,
                KeyCheck::Unchecked,
            ),
            (
                "an unknown program of ours",
                vec![(ROOT, 200, "ok"), (HEALTH, 200, "{}")],
                Some(true),
                Readiness::Ready,
                "ready-unrecognized",
                Login::Unknown,
                KeyCheck::Unchecked,
            ),
            (
                "ours, whose /health fails",
                with((500, "busy"), &keyed),
                Some(true),
                Readiness::Ready,
                "ready",
                Login::Unknown,
                KeyCheck::Enforced,
            ),
            (
                "its older name",
                {
                    let mut table = with((200, HEALTHY), &keyed);
                    table[0].2 = r#"{"status":"ok","service":"claude-max-proxy"}"#;
                    table
                },
                Some(true),
                Readiness::Ready,
                "ready",
                Login::Claimed,
                KeyCheck::Enforced,
            ),
            (
                "logged out, by 200",
                with((200, LOGGED_OUT), &keyed),
                Some(true),
                Readiness::Ready,
                "logged-out",
                Login::None,
                KeyCheck::Enforced,
            ),
            (
                "openai only, the user's own",
                vec![
                    (ROOT, 404, "{}"),
                    (
                        HEALTH,
                        200,
                        r#"{"status":"ok","provider":"claude-code-cli"}"#,
                    ),
                ],
                Some(false),
                Readiness::Foreign,
                "wrong-api",
                Login::Unknown,
                KeyCheck::Unchecked,
            ),
            (
                "broken",
                vec![(ROOT, 500, "")],
                Some(true),
                Readiness::Unhealthy,
                "server-error",
                Login::Unknown,
                KeyCheck::Unchecked,
            ),
        ] {
            let verdict = round(&Settings::default(), owned, &table);
            assert_eq!(
                (
                    verdict.readiness,
                    verdict.code.as_str(),
                    verdict.login,
                    verdict.key
                ),
                (readiness, code, login, key),
                "{name}"
            );
            assert!(!verdict.detail.is_empty(), "{name}");
            assert!(
                matches!(verdict.code.as_str(), "ready" | "ready-unrecognized")
                    || verdict.next.is_some(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_version_that_is_none_is_not_shown() {
        let long = "9".repeat(LONGEST_VERSION + 1);
        for (said, shown) in [
            ("1.43.0-rc.1+x", Some("1.43.0-rc.1+x")),
            ("\u{1b}]0;title\u{7}1", None),
            ("1\n2", None),
            ("", None),
            (&long, None),
        ] {
            let body = format!("{}", serde_json::json!({ "version": said }));
            let body = document::parse(&body).unwrap().root;
            assert_eq!(version(Some(&body)).as_deref(), shown, "{said:?}");
        }
    }

    #[test]
    fn a_transport_that_fails_is_named() {
        let mut said = Vec::new();
        for (outcome, readiness, code) in [
            (Outcome::Refused, Readiness::Starting, "refused"),
            (Outcome::TimedOut, Readiness::Unhealthy, "no-answer"),
            (
                Outcome::NotHttp("SSH-2.0".to_owned()),
                Readiness::Foreign,
                "not-http",
            ),
            (Outcome::Tls, Readiness::Foreign, "tls"),
            (
                Outcome::Failed("reset".to_owned()),
                Readiness::Unhealthy,
                "transport",
            ),
        ] {
            let seen = [Observation {
                id: ROOT.to_owned(),
                outcome,
                elapsed_ms: 0,
            }];
            let Step::Judged(verdict) = judge(&Settings::default(), None, &seen) else {
                panic!("{code}")
            };
            assert_eq!(
                (verdict.readiness, verdict.code.as_str()),
                (readiness, code)
            );
            assert!(verdict.detail.contains("127.0.0.1:3456"), "{verdict:?}");
            assert!(
                verdict.next.is_some() || readiness == Readiness::Starting,
                "{verdict:?}"
            );
            assert!(!said.contains(&verdict.detail), "{verdict:?}");
            said.push(verdict.detail);
        }
    }

    #[test]
    fn without_keys_nothing_is_asked_with_one() {
        let settings = Settings {
            access_key: AccessKeyMode::Off,
            ..Settings::default()
        };
        let Step::Ask(probes) = judge(&settings, None, &[answer(ROOT, 200, MERIDIAN_ROOT)]) else {
            panic!()
        };
        assert!(probes.iter().all(|probe| !probe.with_key));
        let verdict = round(
            &settings,
            None,
            &[(ROOT, 200, MERIDIAN_ROOT), (HEALTH, 200, HEALTHY)],
        );
        assert_eq!((verdict.code.as_str(), verdict.next), ("ready", None));
    }

    #[test]
    fn ends_are_diagnosed_from_what_was_printed() {
        for (output, code, retry) in [
            ("Error: Port 3456 is already in use", "port-in-use", true),
            ("Not logged in. Run: claude login", "not-logged-in", false),
            (
                "Could not find Claude Code executable",
                "claude-cli-missing",
                false,
            ),
            // claude-max-api-proxy 1.0.0, without a CLI and with one whose native part is missing.
            (
                "Error: Claude CLI not found. Install with: npm install -g @anthropic-ai/claude-code",
                "claude-cli-missing",
                false,
            ),
            (
                "Checking Claude CLI...\nError: Claude CLI returned non-zero exit code",
                "claude-cli-broken",
                false,
            ),
            ("RangeError: options.port should be >= 0", "bad-port", false),
            ("npm error code E404", "package-not-found", false),
            (
                "error: GET https://registry/x - 404",
                "package-not-found",
                false,
            ),
            (
                "error: ConnectionRefused downloading package manifest x",
                "registry-unreachable",
                true,
            ),
            ("npm error code EAI_AGAIN", "registry-unreachable", true),
            (
                "npm error code ECONNRESET\nnpm error network read ECONNRESET",
                "registry-unreachable",
                true,
            ),
            (
                "error: ConnectionReset downloading tarball @rynfar/meridian@1.43.0",
                "registry-unreachable",
                true,
            ),
            (
                "error: Script not found \"meridian\"",
                "script-not-found",
                false,
            ),
            (
                "Error: spawn /usr/bin/claude ENOEXEC",
                "wrong-binary",
                false,
            ),
            ("sh: 1: meridian: Exec format error", "wrong-binary", false),
            (
                "[@anthropic-ai/claude-code postinstall] Failed to place binary: EACCES: permission denied, copyfile",
                "claude-cli-broken",
                false,
            ),
            (
                "ReferenceError: Claude Code native binary not found at /home/u/.local/bin/claude.",
                "claude-cli-broken",
                false,
            ),
            (
                "Error: Cannot find module '/x/cli.js'",
                "program-incomplete",
                false,
            ),
            ("something else", "start-failed", true),
        ] {
            let exit = Exit {
                code: Some(1),
                signal: None,
                ran_ms: 300,
                was_ready: false,
                output: vec![output.to_owned()],
            };
            let diagnosis = diagnose(&Settings::default(), &exit);
            assert_eq!(
                (diagnosis.code.as_str(), diagnosis.retry),
                (code, retry),
                "{output}"
            );
            assert!(diagnosis.next.is_some(), "{output}");
            let later = diagnose(
                &Settings::default(),
                &Exit {
                    was_ready: true,
                    ..exit
                },
            );
            assert_eq!(
                (later.code.as_str(), later.retry),
                ("crashed", true),
                "a log line of a working proxy is no reason"
            );
        }
        let zero = diagnose(
            &Settings::default(),
            &Exit {
                code: Some(0),
                signal: None,
                ran_ms: 250,
                was_ready: false,
                output: vec![],
            },
        );
        assert_eq!(
            zero.reason,
            "`bunx` ended with code 0 after 0.2 s, before it answered."
        );
    }

    #[test]
    fn a_missing_program_is_not_tried_again() {
        let diagnosis = diagnose_spawn(&Settings::default(), "not-found", "");
        assert!(!diagnosis.retry && diagnosis.next.unwrap().contains("Bun"));
        assert!(diagnose_spawn(&Settings::default(), "other", "EAGAIN").retry);
        for (detail, code) in [
            (
                "/x/bunx: Permission denied (os error 13)",
                "program-not-executable",
            ),
            ("/x/bunx: Exec format error (os error 8)", "wrong-binary"),
        ] {
            let diagnosis = diagnose_spawn(&Settings::default(), "not-executable", detail);
            assert_eq!((diagnosis.code.as_str(), diagnosis.retry), (code, false));
            assert!(diagnosis.next.is_some());
        }
    }
}
