//! The health policy: whether what listens on the port is the proxy and whether it is ours, what login it claims, and why a process
//! ended.
//!
//! A round of probes does no I/O: [`judge`] is called with all observations so far, and returns further probes or the verdict. What
//! differs between kinds of proxies is in [`crate::proxy_kind`].

use crate::document::{self, Value};
use crate::proxy_kind::{self, KeyProbe, OwnTools, ProxyKind};
use crate::settings::{AccessKeyMode, Settings};

mod exit;
mod next_steps;
mod outcome;
pub mod renewal;
mod verdict;

pub use crate::wit::health::{
    Diagnosis, Exit, Judgment, KeyCheck, ListenerOwner, Readiness, SpawnError, Verdict,
};
pub use crate::wit::types::{Login, Observation, Outcome, Probe, Response};
pub use exit::{diagnose, diagnose_spawn};
pub use next_steps::{LOGIN_NEXT, login_next};
use next_steps::{check_listener_step, keyed_titles, remote_key_step, unknown_owner_step};
pub(crate) use next_steps::{check_login_step, other_port_step};
use verdict::{Round, is_chosen, speaks_dialect};

const ROOT: &str = "root";
const HEALTH: &str = "health";
const WITHOUT_KEY: &str = "without-key";
const WITH_KEY: &str = "with-key";
const WITH_KEY_AGAIN: &str = "with-key-models";
const API: &str = "api";

/// Longest version that is shown, in bytes.
const MAX_VERSION: usize = 40;

/// The id of the probe for the list of models.
pub const MODELS_ID: &str = "models";

/// A probe that asks for JSON. `max_body` is in bytes.
pub(crate) fn probe(id: &str, path: &str, with_key: bool, timeout_ms: u32, max_body: u32) -> Probe {
    Probe {
        id: id.to_owned(),
        path: path.to_owned(),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        with_key,
        timeout_ms,
        max_body,
    }
}

/// The cheap probe whose answer, whatever it is, shows that the process still works. (For `/` no proxy asks the Claude CLI.)
pub fn liveness() -> Probe {
    probe(ROOT, "/", false, 2_000, 4_096)
}

/// The probe for the proxy's list of models. A list of some thousand models has a megabyte.
pub fn models_probe() -> Probe {
    probe(MODELS_ID, "/v1/models", true, 8_000, 4 << 20)
}

/// The name in a verdict for a program of no known kind.
const UNRECOGNIZED: &str = "unrecognized";

/// The outcome of a probe.
pub(crate) fn find<'a>(seen: &'a [Observation], id: &str) -> Option<&'a Outcome> {
    seen.iter().find(|o| o.id == id).map(|o| &o.outcome)
}

fn status(seen: &[Observation], id: &str) -> Option<u16> {
    Some(find(seen, id)?.response().ok()?.status)
}

fn json(response: &Response) -> Option<Value> {
    document::parse(&response.body).ok().map(|read| read.root)
}

fn text<'a>(value: Option<&'a Value>, key: &str) -> Option<&'a str> {
    value.and_then(|v| v.get(key)).and_then(Value::as_str)
}

/// Judges a round, or asks for more probes. Of a stranger the verdict is clear without any.
pub fn judge_owned(settings: &Settings, owner: &ListenerOwner, seen: &[Observation]) -> Judgment {
    let owned = match owner {
        ListenerOwner::Unknown => None,
        ListenerOwner::Unvouched => return judge_unvouched(settings, seen),
        ListenerOwner::Ours => Some(true),
        ListenerOwner::Other => Some(false),
        ListenerOwner::Stranger(user) => {
            return Judgment::Judged(stranger(settings, user.as_deref()));
        }
    };
    judge(settings, owned, seen)
}

/// Of a listener that nobody vouches for: no probe shows it the key, so none is missed.
fn judge_unvouched(settings: &Settings, seen: &[Observation]) -> Judgment {
    let keyless = Settings {
        access_key: AccessKeyMode::Off,
        key_file: None,
        ..settings.clone()
    };
    match judge(&keyless, None, seen) {
        Judgment::Ask(mut probes) => {
            for probe in &mut probes {
                probe.with_key = false;
            }
            Judgment::Ask(probes)
        }
        judged => judged,
    }
}

/// Returns the verdict on a round, or asks for more probes. `owned` says whether the host has seen in the kernel's tables that the
/// listener belongs to the process that it started; `None` if it does not know.
pub fn judge(settings: &Settings, owned: Option<bool>, seen: &[Observation]) -> Judgment {
    let root = match find(seen, ROOT) {
        None => return Judgment::Ask(vec![liveness()]),
        Some(outcome) => match root_response(settings, outcome) {
            Ok(response) => response,
            Err(verdict) => return Judgment::Judged(*verdict),
        },
    };
    if root.status >= 500 {
        let detail = format!("The proxy answers with HTTP {}.", root.status);
        let next = Some(check_listener_step(settings));
        return Judgment::Judged(verdict(Readiness::Unhealthy, "server-error", detail, next));
    }
    let by_root = proxy_kind::recognize_root(root.status, &root.body);
    // A kind that is only an API cannot be recognized; it counts if the user has named it.
    let chosen = proxy_kind::by_name(&settings.proxy).filter(|kind| kind.is_generic());
    let known = by_root.or(chosen);
    let health_path = match known {
        Some(kind) => kind.login_probe.as_ref().map(|login| login.path),
        None => Some("/health"),
    };
    let mut probes = Vec::new();
    if let (Some(path), None) = (health_path, find(seen, HEALTH)) {
        probes.push(probe(HEALTH, path, false, 8_000, 65_536));
    }
    let keyed = |kind: &'static ProxyKind| key_probe(settings, kind, owned);
    if find(seen, WITHOUT_KEY).is_none() {
        match known.and_then(keyed) {
            Some(key) => probes.splice(0..0, key_probes(key)).for_each(drop),
            // Finds out whether a proxy that has to be named first asks for a key, or whether an unknown program has a list of models.
            None if known
                .is_some_and(|kind| kind.is_generic() || !is_chosen(settings, kind, owned)) =>
            {
                let key = known.and_then(|kind| kind.key_probe.as_ref());
                let path = key.map_or("/v1/models", |key| key.without);
                probes.push(probe(WITHOUT_KEY, path, false, 2_000, 4_096));
            }
            None => {}
        }
    }
    if !probes.is_empty() {
        return Judgment::Ask(probes);
    }
    let health = find(seen, HEALTH).and_then(|outcome| outcome.response().ok());
    let health_json = health.and_then(json);
    let kind = known.or_else(|| proxy_kind::recognize_health(health_json.as_ref()));
    let key = match kind.and_then(keyed) {
        None => KeyCheck::Unchecked,
        Some(key) if find(seen, WITHOUT_KEY).is_none() => return Judgment::Ask(key_probes(key)),
        Some(key) => match key_check(key, seen) {
            Ok(check) => check,
            Err(probes) => return Judgment::Ask(probes),
        },
    };
    let round = Round {
        settings,
        owned,
        kind,
        key,
        health,
        health_json: health_json.as_ref(),
        asks_for_a_key: matches!(status(seen, WITHOUT_KEY), Some(401 | 403)),
    };
    if kind.is_some_and(ProxyKind::is_generic) {
        match speaks_dialect(settings, health, seen) {
            Ok(true) => {}
            Ok(false) => return Judgment::Judged(round.without_dialect()),
            Err(probes) => return Judgment::Ask(probes),
        }
    }
    let verdict = round.conclude();
    Judgment::Judged(renewal::with_renewal(
        settings,
        verdict,
        health_json.as_ref(),
    ))
}

/// The verdict on a program that may not be shown the access key: it belongs to this other user, or the system does not tell whose it
/// is. Without the key no response shows that it is the proxy.
fn stranger(settings: &Settings, user: Option<&str>) -> Verdict {
    let Settings {
        listen_address: address,
        port,
        ..
    } = settings;
    let (code, detail, next) = match user {
        Some(user) => (
            "other-user",
            format!(
                "What answers on {address}:{port} belongs to another user ({user}); it was not shown the access key."
            ),
            format!(
                "Have that program stopped, or choose another port than {port} (run the login again)."
            ),
        ),
        None => (
            "owner-unknown",
            format!(
                "The owner of the program that answers on {address}:{port} is unknown, so it was not shown the access key."
            ),
            unknown_owner_step(),
        ),
    };
    verdict(Readiness::Foreign, code, detail, Some(next))
}

/// The probe for the key of this kind, if a key is used. The key is not sent to a program that was not chosen.
fn key_probe(
    settings: &Settings,
    kind: &'static ProxyKind,
    owned: Option<bool>,
) -> Option<&'static KeyProbe> {
    let key = kind.key_probe.as_ref();
    key.filter(|_| {
        settings.access_key == AccessKeyMode::Generated && is_chosen(settings, kind, owned)
    })
}

fn key_probes(key: &KeyProbe) -> Vec<Probe> {
    let with = key.with.first().copied().unwrap_or(key.without);
    vec![
        probe(WITHOUT_KEY, key.without, false, 2_000, 4_096),
        probe(WITH_KEY, with, true, 2_000, 4_096),
    ]
}

/// The response to the first probe, or the verdict if there is none.
fn root_response<'a>(
    settings: &Settings,
    outcome: &'a Outcome,
) -> Result<&'a Response, Box<Verdict>> {
    let at = format!("{}:{}", settings.listen_address, settings.port);
    let (readiness, code, detail, next) = match outcome {
        Outcome::Response(response) => return Ok(response),
        Outcome::Refused => (
            Readiness::Starting,
            "refused",
            format!("Nothing listens on {at}."),
            (!settings.is_local())
                .then(|| format!("Start the proxy on {}.", settings.listen_address)),
        ),
        Outcome::TimedOut => (
            Readiness::Unhealthy,
            "no-answer",
            format!("Something listens on {at} but does not answer."),
            Some(check_listener_step(settings)),
        ),
        Outcome::NotHttp(_) => (
            Readiness::Foreign,
            "not-http",
            format!("What listens on {at} does not speak HTTP."),
            Some(other_port_step(settings)),
        ),
        Outcome::Tls => (
            Readiness::Foreign,
            "tls",
            format!("What listens on {at} speaks TLS; the proxy speaks plain HTTP."),
            Some(other_port_step(settings)),
        ),
        Outcome::Failed(why) => (
            Readiness::Unhealthy,
            "transport",
            format!("{at} could not be asked: {why}."),
            Some(check_listener_step(settings)),
        ),
    };
    Err(Box::new(verdict(readiness, code, detail, next)))
}

/// A verdict without any further knowledge.
pub(crate) fn verdict(
    readiness: Readiness,
    code: &str,
    detail: String,
    next: Option<String>,
) -> Verdict {
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

/// The result of the probes for the key, or further probes.
fn key_check(key: &KeyProbe, seen: &[Observation]) -> Result<KeyCheck, Vec<Probe>> {
    let without = status(seen, WITHOUT_KEY);
    if without == Some(200) {
        return Ok(KeyCheck::NotEnforced);
    }
    let with = match (status(seen, WITH_KEY), key.with.get(1)) {
        (Some(404), Some(second)) => match find(seen, WITH_KEY_AGAIN) {
            None => return Err(vec![probe(WITH_KEY_AGAIN, second, true, 8_000, 65_536)]),
            Some(_) => status(seen, WITH_KEY_AGAIN),
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
    let Some(probe) = &kind.login_probe else {
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

/// Whether the CLI may run its own tools; `None` if that is not known.
fn own_tools(settings: &Settings, kind: &ProxyKind, body: Option<&Value>) -> Option<bool> {
    match kind.own_tools {
        OwnTools::Nothing => Some(false),
        OwnTools::Always => Some(true),
        OwnTools::Unknown => None,
        // Requests of this API have the header that switches them off.
        OwnTools::SwitchedOff { .. } if settings.api == kind.api() => Some(false),
        OwnTools::SwitchedOff {
            reported_in, off, ..
        } => (text(body, reported_in) == Some(off)).then_some(false),
    }
}

/// The version in an answer, if it looks like one. Any program may listen there, and the version is shown to people.
fn version(body: Option<&Value>) -> Option<String> {
    let is_plausible = |text: &&str| {
        (1..=MAX_VERSION).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b'_'))
    };
    text(body, "version")
        .filter(is_plausible)
        .map(str::to_owned)
}

/// The same for the login, which also asks for the list of models. A proxy on another machine may get its key only after the login, so
/// no key is expected there. Only a usable proxy is asked for its models, because that probe carries the key.
pub fn judge_with_models(settings: &Settings, seen: &[Observation]) -> Judgment {
    let owner = match !settings.is_local() && settings.key_file.is_none() {
        true => ListenerOwner::Unvouched,
        false => ListenerOwner::Unknown,
    };
    match judge_owned(settings, &owner, seen) {
        Judgment::Judged(verdict)
            if verdict.readiness == Readiness::Ready && find(seen, MODELS_ID).is_none() =>
        {
            Judgment::Ask(vec![models_probe()])
        }
        asks => asks,
    }
}

/// The verdict on a round that was not finished.
pub(crate) fn incomplete() -> Verdict {
    verdict(
        Readiness::Unhealthy,
        "incomplete",
        "The check did not finish.".to_owned(),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_may_not_get_the_key_is_foreign_whatever_it_answers() {
        let answers = [Observation::answered(ROOT, 200, "{}")];
        for (user, code, says) in [
            (Some("eve"), "other-user", "another user (eve)"),
            (None, "owner-unknown", "is unknown"),
        ] {
            let owner = ListenerOwner::Stranger(user.map(str::to_owned));
            let Judgment::Judged(verdict) = judge_owned(&Settings::default(), &owner, &answers)
            else {
                panic!("{owner:?}");
            };
            assert_eq!(verdict.readiness, Readiness::Foreign);
            assert_eq!(verdict.code, code);
            assert!(verdict.detail.contains(says), "{}", verdict.detail);
            assert!(verdict.next.is_some());
        }
        let owned = judge_owned(&Settings::default(), &ListenerOwner::Ours, &answers);
        assert_eq!(owned, judge(&Settings::default(), Some(true), &answers));
    }

    #[test]
    fn no_probe_shows_the_key_to_a_listener_that_nobody_vouches_for() {
        for proxy in ["auto", "anthropic-messages"] {
            let settings = crate::settings::parse(&format!(r#"{{"proxy": "{proxy}"}}"#)).unwrap();
            let mut seen = Vec::new();
            let verdict = loop {
                match judge_owned(&settings, &ListenerOwner::Unvouched, &seen) {
                    Judgment::Judged(verdict) => break verdict,
                    Judgment::Ask(probes) => seen.extend(probes.into_iter().map(|probe| {
                        assert!(!probe.with_key, "{}", probe.path);
                        let status = if probe.path == "/" { 200 } else { 404 };
                        Observation::answered(&probe.id, status, "{}")
                    })),
                }
            };
            assert_eq!(verdict.key, KeyCheck::Unchecked, "{}", verdict.detail);
        }
    }
}
