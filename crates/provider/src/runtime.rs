//! Decisions of the moment a prompt would leave: the gate says whether our own proxy may be used, the guard whether a
//! run may begin at all.

use crate::answer::AnswerKind;
use crate::audit::{Slot, Version};
use crate::catalog::canonical;
use crate::health::{self, Login};
use crate::proxy_kind::advice;
use crate::settings::{GuardMode, Settings, shown};
use crate::{ID, MODEL_ALIAS};
use serde::{Deserialize, Serialize};

/// How long a turn waits for a proxy that is on its way, in milliseconds.
const PATIENCE_MS: u32 = 20_000;
/// How long to wait before the next look, in milliseconds.
const LOOK_AGAIN_MS: u32 = 100;

/// The supervisor's states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not wanted, not there.
    Stopped,
    /// Started, not ready yet.
    Starting,
    /// Verified.
    Ready,
    /// It stopped answering as it should.
    Unhealthy,
    /// Told to end.
    Stopping,
    /// Ended; will be started again.
    Backoff,
    /// Given up.
    Failed,
    /// The user's own proxy, verified.
    Attached,
    /// A stranger holds the port.
    Blocked,
}

/// What came back from the model last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LastAnswer {
    /// What kind it was.
    pub kind: AnswerKind,
    /// What the user read of a failure.
    pub line: Option<String>,
    /// The model that was asked, in the user's spelling.
    pub model: String,
    /// How long ago it was, in milliseconds.
    pub age_ms: u64,
    /// How long until a limit ends, in milliseconds, where that is known; 0 once it has.
    pub ends_in_ms: Option<u64>,
}

/// What is known of the proxy when a turn wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// The supervisor's state; `None` where no supervisor runs.
    pub state: Option<State>,
    /// Address that was verified.
    pub base_url: Option<String>,
    /// The login it claims.
    pub login: Login,
    /// The supervisor's own sentence about its state.
    pub detail: String,
    /// How long this turn has waited, in milliseconds.
    pub waited_ms: u32,
    /// Whether the settings have changed and the service is about to follow.
    pub reloading: bool,
    /// What came back from the model last; `None` where nothing did.
    #[serde(default)]
    pub answer: Option<LastAnswer>,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum GateDecision {
    /// Use the proxy at this address, which has the form that the configured API wants.
    Open(String),
    /// Look again in so many milliseconds.
    Wait(u32),
    /// Refuse with this sentence.
    Refuse(String),
}

/// A run that is about to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// Provider that the host resolved; `None` where it did not say.
    pub provider: Option<String>,
    /// Model that the host resolved.
    pub model: Option<String>,
    /// What started the run.
    pub trigger: String,
    /// Where the run came from.
    pub origin: String,
}

/// A tool call that is about to be made. Nothing else of its arguments is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToolCall {
    /// Name of the tool.
    pub tool: String,
    /// Its argument `model`, where that is a text.
    pub model: Option<String>,
    /// Its argument `provider`, where that is a text.
    pub provider: Option<String>,
    /// `open_tools` of the last report; `None` where there is none yet.
    #[serde(default)]
    pub open_tools: Option<Vec<String>>,
}

/// What the guard says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum GuardDecision {
    /// Let it go on.
    Allow,
    /// Stop it with this sentence.
    Block(String),
}

/// May a turn of our own provider use the proxy now? While it is on its way the turn waits, bounded, rather than fail.
///
/// A limit whose end is known is not tried against again and again: heartbeats and channels would ask every few seconds.
/// Once a minute a turn of the same model goes out all the same, since the user may have made room in the meantime.
pub fn gate(settings: &Settings, now: &Snapshot, model: Option<&str>) -> GateDecision {
    let at = format!("{}:{}", settings.host, settings.port);
    let patient = |why: &str| {
        if now.waited_ms < PATIENCE_MS {
            GateDecision::Wait(LOOK_AGAIN_MS)
        } else {
            refuse(
                why,
                &now.detail,
                "See `openclaw claude-proxy status`; then send your message again.",
            )
        }
    };
    match now.state {
        Some(State::Ready | State::Attached) => match (&now.base_url, now.login) {
            (_, Login::None) => {
                refuse("Claude is not logged in", "", &health::login_next(settings))
            }
            (Some(url), Login::Claimed | Login::Unknown) => match at_limit(now, model) {
                None => GateDecision::Open(settings.api.endpoint(url)),
                Some(line) => {
                    GateDecision::Refuse(line.replacen(ID, &format!("{ID}: nothing was sent"), 1))
                }
            },
            (None, _) => refuse(
                "the proxy's address was not verified",
                &now.detail,
                &match settings.is_local() {
                    true => "Run `openclaw claude-proxy restart`.".to_owned(),
                    false => elsewhere(settings, now.state),
                },
            ),
        },
        Some(State::Starting) => patient("the proxy is still starting"),
        Some(State::Backoff) if settings.auto_restart => {
            patient("the proxy ended and is being started again")
        }
        Some(State::Unhealthy) => patient("the proxy does not answer"),
        Some(State::Stopping) => patient("the proxy is being stopped"),
        Some(State::Blocked | State::Stopped | State::Failed) | None if !settings.is_local() => {
            refuse(
                &match now.state {
                    Some(State::Blocked) => format!("what answers on {at} is not used"),
                    Some(_) => format!("no proxy answers on {at}"),
                    None => "no supervisor watches the proxy in this process".to_owned(),
                },
                &now.detail,
                &elsewhere(settings, now.state),
            )
        }
        Some(State::Backoff | State::Failed) => refuse(
            "the proxy could not be kept running",
            &now.detail,
            "Run `openclaw claude-proxy doctor`.",
        ),
        Some(State::Blocked) => refuse(
            &format!("port {} is held by another program", settings.port),
            &now.detail,
            "Stop that program or choose another port, then run `openclaw claude-proxy restart`.",
        ),
        Some(State::Stopped) if !settings.auto_start => refuse(
            &format!("no proxy answers on {at} and autoStart is off"),
            "",
            "Start your proxy, or set autoStart to true.",
        ),
        _ if now.reloading => patient("the proxy is being started"),
        Some(State::Stopped) => refuse(
            "the proxy is stopped",
            &now.detail,
            "Run `openclaw claude-proxy restart`.",
        ),
        None => refuse(
            "no supervisor watches the proxy in this process",
            &now.detail,
            "Start the Gateway: `openclaw gateway run`.",
        ),
    }
}

/// A limit is tried against again after this long, in milliseconds.
const LIMIT_AGAIN_MS: u64 = 60_000;

/// What the user read of a limit that still holds for this model.
fn at_limit<'n>(now: &'n Snapshot, model: Option<&str>) -> Option<&'n str> {
    let answer = now.answer.as_ref()?;
    let holds = answer.kind == AnswerKind::Limit
        && answer.ends_in_ms.is_some_and(|ms| ms > 0)
        && answer.age_ms < LIMIT_AGAIN_MS
        && model.is_none_or(|model| model == answer.model);
    answer.line.as_deref().filter(|_| holds)
}

fn refuse(why: &str, detail: &str, next: &str) -> GateDecision {
    let detail = if detail.is_empty() {
        String::new()
    } else {
        format!(" ({})", detail.trim_end_matches('.'))
    };
    GateDecision::Refuse(format!("{ID}: nothing was sent: {why}{detail}. {next}"))
}

/// May this run begin? Only on our provider, or on a model that the user allowed as a fallback on purpose.
pub fn guard(settings: &Settings, run: &Run) -> GuardDecision {
    if settings.guard == GuardMode::Off {
        return GuardDecision::Allow;
    }
    let Some(provider) = run.provider.as_deref() else {
        return GuardDecision::Block(format!(
            "{ID}: nothing was sent: OpenClaw did not say which provider this run would use. Report this, and set \
             plugins.entries.{ID}.config.guard to \"off\" only if you accept runs on other providers."
        ));
    };
    let model = run.model.as_deref().unwrap_or("");
    if is_ours(provider) || is_allowed(settings, &format!("{provider}/{model}")) {
        return GuardDecision::Allow;
    }
    let origin = match (run.trigger.as_str(), run.origin.as_str()) {
        ("", "") => String::new(),
        (trigger, "") => format!(" (started by {trigger})"),
        ("", origin) => format!(" ({origin})"),
        (trigger, origin) => format!(" (started by {trigger}, {origin})"),
    };
    GuardDecision::Block(format!(
        "{ID}: nothing was sent: this run{origin} would go to {provider}/{model}, outside {}. \
         Find the route with `openclaw claude-proxy audit` and close it with `openclaw claude-proxy audit --fix`.",
        settings.called()
    ))
}

fn is_ours(provider: &str) -> bool {
    provider.trim().eq_ignore_ascii_case(ID)
}

fn is_allowed(settings: &Settings, reference: &str) -> bool {
    settings
        .allowed_fallbacks
        .iter()
        .any(|r| r.eq_ignore_ascii_case(reference))
}

/// May a tool be called? A `model` argument that leads elsewhere, or that cannot be told not to, is refused; and so is a tool
/// that chooses a service by itself, where its slot is not shown to be closed.
pub fn guard_tool(settings: &Settings, call: &ToolCall) -> GuardDecision {
    if settings.guard == GuardMode::Off {
        return GuardDecision::Allow;
    }
    let model = call.model.as_deref().unwrap_or("").trim();
    let provider = call.provider.as_deref().unwrap_or("").trim();
    let model_ours = match model.split_once('/') {
        Some((provider, _)) => is_ours(provider) || is_allowed(settings, model),
        None => {
            model.is_empty()
                || model == "default"
                || model.eq_ignore_ascii_case(MODEL_ALIAS)
                || settings
                    .models
                    .iter()
                    .any(|m| canonical(m) == canonical(model))
        }
    };
    let first = settings.models.first().map_or("MODEL", String::as_str);
    // `provider` means many things in tools; it names a model's provider only beside a model.
    let provider_ours = model.is_empty() || provider.is_empty() || is_ours(provider);
    if !(model_ours && provider_ours) {
        return GuardDecision::Block(format!(
            "{ID}: the call of {} was stopped: its model `{}` may lead outside {}. Use {ID}/{first}.",
            shown(&call.tool),
            shown(model),
            settings.called(),
        ));
    }
    let Some(slot) = Slot::of_tool(&call.tool) else {
        return GuardDecision::Allow;
    };
    let why = match &call.open_tools {
        Some(open)
            if open
                .iter()
                .any(|tool| tool.eq_ignore_ascii_case(call.tool.trim())) =>
        {
            "the configuration does not close that"
        }
        Some(_) => return GuardDecision::Allow,
        None => "there is no verdict on the configuration yet",
    };
    GuardDecision::Block(format!(
        "{ID}: the call of {} was stopped: OpenClaw chooses by itself which service gets it, and {why}. Close it and call again: {}",
        shown(&call.tool),
        slot.pin(Version::newest(), first)
    ))
}

/// What the last answer asks of the user; nothing once its cause is over.
fn failed(settings: &Settings, now: &Snapshot) -> Option<String> {
    let answer = now.answer.as_ref()?;
    let fixed = |text: &str| Some(text.to_owned());
    match answer.kind {
        AnswerKind::Answered | AnswerKind::TooLong | AnswerKind::Other => None,
        AnswerKind::RefusedLogin => Some(health::login_next(settings)),
        AnswerKind::RefusedKey => Some(
            advice::right_key(settings)
                .unwrap_or_else(|| "Start it again: `claude-proxy restart`.".to_owned()),
        ),
        AnswerKind::Limit if answer.ends_in_ms == Some(0) => None,
        AnswerKind::Limit => fixed("Wait until the limit resets, or choose another model."),
        AnswerKind::ExtraUsage => {
            fixed("Switch extra usage on in your Claude account, or choose another model.")
        }
        AnswerKind::UnknownModel => {
            fixed("Choose a model that the proxy lists (`claude-proxy models`).")
        }
        // They pass by themselves.
        AnswerKind::Overloaded | AnswerKind::ServerError if answer.age_ms > PASSES_MS => None,
        AnswerKind::Overloaded | AnswerKind::ServerError => fixed("Wait a few minutes."),
    }
}

/// The vendor's own trouble is old news after this long, in milliseconds.
const PASSES_MS: u64 = 600_000;

/// What to do about a proxy that cannot be started, stopped or looked after from here.
fn elsewhere(settings: &Settings, state: Option<State>) -> String {
    let Settings { host, port, .. } = settings;
    match state {
        Some(State::Blocked) => format!(
            "See on {host} what listens on port {port}; or correct host and port (run the login again)."
        ),
        Some(_) => format!("Start it on {host}."),
        None => format!(
            "Start the Gateway with `openclaw gateway run`, and the proxy on {host} if it does not run there."
        ),
    }
}

/// The one thing to do now; `None` when all is well. `closed` is the audit's verdict where there is one.
pub fn next_step(settings: &Settings, now: &Snapshot, closed: Option<bool>) -> Option<String> {
    let fixed = |text: &str| Some(text.to_owned());
    match now.state {
        Some(State::Blocked | State::Stopped | State::Failed) | None if !settings.is_local() => {
            Some(elsewhere(settings, now.state))
        }
        Some(State::Ready | State::Attached) if now.login == Login::None => {
            Some(health::login_next(settings))
        }
        Some(State::Blocked) => fixed(
            "Stop the program that holds the port, or choose another port; then `claude-proxy restart`.",
        ),
        Some(State::Failed) => fixed("Run `claude-proxy doctor`, then `claude-proxy restart`."),
        Some(State::Ready | State::Attached) if failed(settings, now).is_some() => {
            failed(settings, now)
        }
        Some(State::Ready | State::Attached) if closed == Some(false) => {
            fixed("Close the open routes: `claude-proxy audit --fix`.")
        }
        Some(State::Ready | State::Attached) => None,
        Some(State::Starting | State::Backoff | State::Unhealthy | State::Stopping) => {
            fixed("Wait a moment, then look again.")
        }
        Some(State::Stopped) if !settings.auto_start => {
            fixed("Start your proxy, or set autoStart to true.")
        }
        Some(State::Stopped) => fixed("Start it again: `claude-proxy restart`."),
        None => fixed(
            "Start the Gateway with `openclaw gateway run`, or the proxy alone with `claude-proxy run`.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(state: Option<State>) -> Snapshot {
        Snapshot {
            state,
            base_url: Some("http://127.0.0.1:3456".to_owned()),
            login: Login::Claimed,
            detail: "Why.".to_owned(),
            waited_ms: 0,
            reloading: false,
            answer: None,
        }
    }

    #[test]
    fn the_gate_opens_only_for_a_verified_proxy() {
        use State::*;
        for state in [
            None,
            Some(Stopped),
            Some(Starting),
            Some(Ready),
            Some(Unhealthy),
            Some(Stopping),
            Some(Backoff),
            Some(Failed),
            Some(Attached),
            Some(Blocked),
        ] {
            for login in [Login::Claimed, Login::Unknown, Login::None] {
                for waited_ms in [0, PATIENCE_MS] {
                    let now = Snapshot {
                        login,
                        waited_ms,
                        ..snapshot(state)
                    };
                    let decision = gate(&Settings::default(), &now, None);
                    let may_open = matches!(state, Some(Ready | Attached)) && login != Login::None;
                    assert_eq!(
                        matches!(decision, GateDecision::Open(_)),
                        may_open,
                        "{now:?}"
                    );
                    if let GateDecision::Refuse(text) = &decision {
                        assert!(
                            text.contains("nothing was sent") && !text.contains('\n'),
                            "{text}"
                        );
                    }
                    let waits = matches!(state, Some(Starting | Unhealthy | Stopping | Backoff))
                        && waited_ms == 0;
                    assert_eq!(matches!(decision, GateDecision::Wait(_)), waits, "{now:?}");
                }
            }
        }
    }

    #[test]
    fn a_limit_holds_for_its_model_and_is_tried_again() {
        let answered = |kind, age_ms, ends_in_ms| LastAnswer {
            kind,
            line: Some(format!("{ID}: the limit is reached; it resets 3pm (UTC).")),
            model: "claude-opus-4.6".to_owned(),
            age_ms,
            ends_in_ms,
        };
        for (answer, model, open, next) in [
            (
                answered(AnswerKind::Limit, 5, Some(9)),
                Some("claude-opus-4.6"),
                false,
                true,
            ),
            (answered(AnswerKind::Limit, 5, Some(9)), None, false, true),
            (
                answered(AnswerKind::Limit, 5, Some(9)),
                Some("claude-haiku-4"),
                true,
                true,
            ),
            (
                answered(AnswerKind::Limit, 60_000, Some(9)),
                None,
                true,
                true,
            ),
            (answered(AnswerKind::Limit, 5, Some(0)), None, true, false),
            (answered(AnswerKind::Limit, 5, None), None, true, true),
            // The next turn shows whether the user has logged in.
            (
                answered(AnswerKind::RefusedLogin, 5, None),
                None,
                true,
                true,
            ),
            (answered(AnswerKind::Overloaded, 5, None), None, true, true),
            (
                answered(AnswerKind::Overloaded, 700_000, None),
                None,
                true,
                false,
            ),
            (answered(AnswerKind::Answered, 5, None), None, true, false),
        ] {
            let now = Snapshot {
                answer: Some(answer.clone()),
                ..snapshot(Some(State::Ready))
            };
            let decision = gate(&Settings::default(), &now, model);
            assert_eq!(
                matches!(decision, GateDecision::Open(_)),
                open,
                "{answer:?}"
            );
            if let GateDecision::Refuse(text) = decision {
                assert!(
                    text.starts_with(&format!("{ID}: nothing was sent: the limit")),
                    "{text}"
                );
            }
            let step = next_step(&Settings::default(), &now, Some(true));
            assert_eq!(step.is_some(), next, "{answer:?}");
        }
    }

    #[test]
    fn waiting_ends() {
        let mut now = snapshot(Some(State::Starting));
        let mut looks = 0;
        while let GateDecision::Wait(ms) = gate(&Settings::default(), &now, None) {
            now.waited_ms += ms;
            looks += 1;
            assert!(looks < 1000);
        }
        assert!(now.waited_ms <= PATIENCE_MS + LOOK_AGAIN_MS);
    }

    #[test]
    fn the_guard_lets_nothing_else_through() {
        let run = |provider: Option<&str>, model: &str| Run {
            provider: provider.map(str::to_owned),
            model: Some(model.to_owned()),
            trigger: "cron".to_owned(),
            origin: String::new(),
        };
        let settings = Settings {
            allowed_fallbacks: vec!["openai-codex/gpt-5.3-codex".to_owned()],
            ..Settings::default()
        };
        for (provider, model, allowed) in [
            (Some(ID), "claude-opus-4.6", true),
            (Some("Anthropic-Claude-Proxy"), "x", true),
            (Some("anthropic"), "claude-opus-4.6", false),
            (Some("anthropic-claude-proxy2"), "x", false),
            (Some("openai-codex"), "gpt-5.3-codex", true),
            (Some("openai-codex"), "gpt-5.4", false),
            (None, "x", false),
        ] {
            let decision = guard(&settings, &run(provider, model));
            assert_eq!(
                decision == GuardDecision::Allow,
                allowed,
                "{provider:?}/{model}"
            );
        }
        let off = Settings {
            guard: GuardMode::Off,
            ..Settings::default()
        };
        assert_eq!(
            guard(&off, &run(Some("anthropic"), "x")),
            GuardDecision::Allow
        );
    }

    #[test]
    fn a_tool_may_not_name_a_foreign_model() {
        for (provider, model, allowed) in [
            (None, None, true),
            (None, Some("anthropic-claude-proxy/claude-opus-4.6"), true),
            (None, Some("claude-opus-4-6"), true),
            (None, Some("claude-max-proxy"), true),
            (None, Some("openai/gpt-6"), false),
            (None, Some("gpt-6"), false),
            (None, Some("\u{fffd}"), false),
            (Some("openai"), Some("claude-opus-4.6"), false),
            (Some("brave"), None, true),
            (Some("brave"), Some(" "), true),
        ] {
            let call = ToolCall {
                tool: "sessions_spawn".to_owned(),
                model: model.map(str::to_owned),
                provider: provider.map(str::to_owned),
                open_tools: None,
            };
            let decision = guard_tool(&Settings::default(), &call);
            assert_eq!(decision == GuardDecision::Allow, allowed, "{call:?}");
        }
    }

    #[test]
    fn a_tool_that_chooses_a_service_needs_a_closed_slot() {
        let open = |tools: &[&str]| Some(tools.iter().map(|&tool| tool.to_owned()).collect());
        for (tool, open_tools, allowed) in [
            ("pdf", None, false),
            ("pdf", open(&["pdf"]), false),
            (" PDF ", open(&["pdf"]), false),
            ("pdf", open(&["tts"]), true),
            ("pdf", open(&[]), true),
            ("read", None, true),
            ("read", open(&["pdf"]), true),
        ] {
            let call = ToolCall {
                tool: tool.to_owned(),
                model: None,
                // Whatever a call says of a service, its slot decides.
                provider: Some(ID.to_owned()),
                open_tools,
            };
            let decision = guard_tool(&Settings::default(), &call);
            assert_eq!(decision == GuardDecision::Allow, allowed, "{call:?}");
            if let GuardDecision::Block(text) = decision {
                assert!(text.contains("agents.defaults.pdfModel"), "{text}");
            }
        }
    }

    #[test]
    fn there_is_nothing_to_do_only_when_all_is_well() {
        let settings = Settings::default();
        assert_eq!(
            next_step(&settings, &snapshot(Some(State::Ready)), Some(true)),
            None
        );
        assert!(
            next_step(&settings, &snapshot(Some(State::Ready)), Some(false))
                .unwrap()
                .contains("audit")
        );
        assert!(next_step(&settings, &snapshot(Some(State::Blocked)), None).is_some());
        let out = Snapshot {
            login: Login::None,
            ..snapshot(Some(State::Ready))
        };
        assert!(
            next_step(&settings, &out, Some(true))
                .unwrap()
                .contains("claude auth login")
        );
    }
}
