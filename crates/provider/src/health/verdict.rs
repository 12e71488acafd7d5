//! The verdict on a finished round of probes.

use super::{
    API, KeyCheck, Login, Observation, Probe, Readiness, Response, UNRECOGNIZED, Verdict, WITH_KEY,
    WITHOUT_KEY, check_login_step, find, keyed_titles, login, login_next, other_port_step,
    own_tools, probe, remote_key_step, status, verdict, version,
};
use crate::advice;
use crate::document::Value;
use crate::proxy_kind::{self, AUTO, ProxyKind};
use crate::settings::{AccessKeyMode, Api, SETTINGS_PATH, Settings};

/// Everything that is known at the end of a round of probes.
pub(super) struct Round<'r> {
    pub(super) settings: &'r Settings,
    /// Whether the listener belongs to the process that the host started; `None` if that is not known.
    pub(super) owned: Option<bool>,
    /// The kind of what answered; `None` if it is not recognized.
    pub(super) kind: Option<&'static ProxyKind>,
    pub(super) key: KeyCheck,
    /// The answer of `/health`, or of the path where this kind reports its login.
    pub(super) health: Option<&'r Response>,
    pub(super) health_json: Option<&'r Value>,
    /// Whether a probe without the key was refused.
    pub(super) asks_for_a_key: bool,
}

/// Whether a proxy may be used: it forwards to no other vendor, or it is named in the settings, or our command started it.
pub(super) fn is_chosen(settings: &Settings, kind: &ProxyKind, owned: Option<bool>) -> bool {
    let named = proxy_kind::by_name(&settings.proxy).filter(|named| !named.is_generic());
    match named {
        // The settings name another kind.
        Some(named) if named.name != kind.name => owned == Some(true),
        _ => kind.is_used_unnamed() || owned == Some(true) || settings.proxy == kind.name,
    }
}

/// Whether an unknown program speaks the API of the settings, or further probes to find out. These probes cost nothing. (The answer of
/// a model would be a proof, but is not requested.)
pub(super) fn speaks_dialect(
    settings: &Settings,
    health: Option<&Response>,
    seen: &[Observation],
) -> Result<bool, Vec<Probe>> {
    let has_path = |status: u16| status != 404 && status < 500;
    let statuses = [WITHOUT_KEY, WITH_KEY].map(|id| status(seen, id));
    if statuses.into_iter().flatten().any(has_path)
        || health.is_some_and(|response| response.status == 200)
    {
        return Ok(true);
    }
    if find(seen, API).is_some() {
        return Ok(status(seen, API).is_some_and(has_path));
    }
    let path = match settings.api {
        Api::AnthropicMessages => "/v1/messages",
        Api::OpenaiCompletions => "/v1/chat/completions",
    };
    Err(vec![probe(API, path, true, 2_000, 4_096)])
}

impl Round<'_> {
    fn at(&self) -> String {
        format!("{}:{}", self.settings.listen_address, self.settings.port)
    }

    /// A verdict with everything that is known of the program.
    fn verdict(
        &self,
        readiness: Readiness,
        code: &str,
        detail: String,
        next: Option<String>,
    ) -> Verdict {
        let kind = self.kind;
        Verdict {
            name: Some(kind.map_or(UNRECOGNIZED, |kind| kind.name).to_owned()),
            version: version(self.health_json),
            login: kind.map_or(Login::Unknown, |kind| {
                login(kind, self.health, self.health_json)
            }),
            key: self.key,
            own_tools: kind.and_then(|kind| own_tools(self.settings, kind, self.health_json)),
            ..verdict(readiness, code, detail, next)
        }
    }

    /// The verdict on a usable proxy, with what its login means for the user. (A missing login does not make it unusable for the
    /// supervisor.)
    fn ready(&self, code: &str, detail: String, next: Option<String>) -> Verdict {
        let verdict = self.verdict(Readiness::Ready, code, detail, next);
        match verdict.login {
            Login::Claimed => verdict,
            // A proxy that forwards may use other vendors and logins, so Claude's login says nothing.
            Login::Unknown if self.kind.is_some_and(|kind| kind.forwards) => verdict,
            Login::None => Verdict {
                code: "logged-out".to_owned(),
                detail: format!("{} Claude is not logged in.", verdict.detail),
                next: Some(login_next(self.settings)),
                ..verdict
            },
            Login::Unknown => Verdict {
                detail: format!("{} Whether Claude is logged in is unknown.", verdict.detail),
                next: verdict
                    .next
                    .or_else(|| Some(check_login_step(self.settings))),
                ..verdict
            },
        }
    }

    /// The verdict on a program that is not used: our own process is unhealthy, any other program is foreign.
    fn refuse(&self, code: &str, detail: String, next: String) -> Verdict {
        let readiness = match self.owned {
            Some(true) => Readiness::Unhealthy,
            Some(false) | None => Readiness::Foreign,
        };
        self.verdict(readiness, code, detail, Some(next))
    }

    /// The end of a next step: the way to another port.
    fn or_other_port(&self) -> String {
        let command = advice::other_port_command(self.settings.port);
        format!(" Or move to another port: `{command}`.")
    }

    /// The verdict on a running proxy that is not used but could be: how to use it, and the way to another port.
    fn offer(&self, code: &str, kind: &ProxyKind, keyed: bool, detail: String) -> Verdict {
        let command = advice::use_command(self.settings, kind, keyed);
        let mut next = format!("Use it: `{command}`.");
        if self.settings.is_local() {
            next.push_str(&self.or_other_port());
        }
        Verdict {
            command: Some(command),
            ..self.refuse(code, detail, next)
        }
    }

    /// The verdict.
    pub(super) fn conclude(self) -> Verdict {
        let Some(kind) = self.kind else {
            return self.unrecognized();
        };
        let (at, title) = (self.at(), at_start(kind.title));
        let Settings { proxy, api, .. } = self.settings;
        if let Some(other) = proxy_kind::by_name(proxy)
            && other.name != kind.name
            && !other.is_generic()
        {
            let detail = format!(
                "What answers on {at} is {}; `proxy` is set to \"{}\".",
                kind.title, other.name
            );
            let correct = format!("Set {SETTINGS_PATH}.proxy to \"{AUTO}\", or correct `command`.");
            return match self.owned {
                Some(true) => self.refuse("wrong-kind", detail, correct),
                Some(false) | None => self.offer("wrong-kind", kind, false, detail),
            };
        }
        if !kind.speaks(*api) {
            let (spoken, configured) = (kind.api().name(), api.name());
            let detail =
                format!("{title} on {at} speaks only {spoken}; it is configured for {configured}.");
            return self.offer("wrong-api", kind, false, detail);
        }
        if !is_chosen(self.settings, kind, self.owned) {
            let detail = format!(
                "{title} answers on {at}. It may forward to other vendors, so it is used only where `proxy` names it."
            );
            return self.offer("not-chosen", kind, self.asks_for_a_key, detail);
        }
        match self.key {
            KeyCheck::Rejected => self.rejected(kind),
            // Only our own proxy was given this key, so a listener that accepts it is ours.
            KeyCheck::Enforced => {
                let detail = format!("The proxy answers on {at} and asks for the access key.");
                self.ready("ready", detail, None)
            }
            KeyCheck::Unchecked if self.settings.key_file.is_some() && kind.key_probe.is_some() => {
                let detail = format!("{title} on {at} did not say whether it takes the key.");
                let next = "Look again; if it stays so, see what it logs.".to_owned();
                self.verdict(Readiness::Unhealthy, "key-unchecked", detail, Some(next))
            }
            KeyCheck::NotEnforced | KeyCheck::Unchecked => self.keyless(kind),
        }
    }

    fn unrecognized(&self) -> Verdict {
        let at = self.at();
        match (self.owned, self.health.map(|response| response.status)) {
            (Some(true), Some(200)) => self.verdict(
                Readiness::Ready,
                "ready-unrecognized",
                format!(
                    "The started program answers on {at}; it is not a proxy that is known here."
                ),
                None,
            ),
            (Some(true), _) => self.refuse(
                "wrong-service",
                format!(
                    "The started program answers on {at}, but as no proxy that is known here, and it has no /health."
                ),
                format!(
                    "Check the `command` setting; if it is a proxy, set {SETTINGS_PATH}.proxy to \"{}\".",
                    self.settings.api.name()
                ),
            ),
            (Some(false) | None, _) => self.refuse(
                "wrong-service",
                format!("Another program answers on {at}."),
                other_port_step(self.settings),
            ),
        }
    }

    /// The verdict on a program that the user has named and that does not speak the API of the settings.
    pub(super) fn without_dialect(&self) -> Verdict {
        self.refuse(
            "wrong-service",
            format!(
                "What answers on {} has neither a list of models nor the path of {}.",
                self.at(),
                self.settings.api.name()
            ),
            match self.owned {
                Some(true) => "Check the `command` and `api` settings.".to_owned(),
                Some(false) | None => other_port_step(self.settings),
            },
        )
    }

    /// The verdict on a proxy that refuses our key.
    fn rejected(&self, kind: &ProxyKind) -> Verdict {
        let (at, title) = (self.at(), at_start(kind.title));
        let is_local = self.settings.is_local();
        let (detail, next) = match (&self.settings.key_file, self.owned) {
            (Some(file), _) => {
                let place = kind.key_place.unwrap_or("its configuration");
                let mut next = format!(
                    "Put the key that stands in {place} into `{file}`, alone, and start the Gateway again."
                );
                if is_local && self.owned != Some(true) {
                    next.push_str(&self.or_other_port());
                }
                let detail = format!("{title} on {at} refuses the key in `{file}` (`keyFile`).");
                (detail, next)
            }
            (None, Some(true)) if kind.key_variable.is_none() => (
                format!("{title} on {at} asks for a key of its own."),
                format!("Set {SETTINGS_PATH}.keyFile to a file that holds it."),
            ),
            (None, Some(true)) => (
                "The proxy refuses the access key that it was started with.".to_owned(),
                "Restart it: `openclaw claude-proxy restart`.".to_owned(),
            ),
            (None, _) if !is_local => (
                format!("A proxy answers on {at}, but it asks for another access key."),
                remote_key_step(self.settings, kind),
            ),
            (None, _) => {
                let detail = format!(
                    "{title} answers on {at}, but it asks for another access key: it was not started by this plugin."
                );
                return self.offer("key-rejected", kind, true, detail);
            }
        };
        self.refuse("key-rejected", detail, next)
    }

    /// The verdict on a proxy that does not ask for the key.
    fn keyless(&self, kind: &ProxyKind) -> Verdict {
        let at = self.at();
        let is_local = self.settings.is_local();
        if self.settings.access_key == AccessKeyMode::Off {
            let detail = format!("The proxy answers on {at}, asked without an access key.");
            return self.ready("ready", detail, None);
        }
        let others = match is_local {
            true => "other local users and web pages",
            false => "everybody who reaches it",
        };
        let detail = format!(
            "The proxy answers on {at} but does not ask for the access key: {others} can use it."
        );
        let next = match (kind.key_place, self.owned) {
            _ if !is_local => remote_key_step(self.settings, kind),
            (None, _) => format!(
                "It knows no access key: where others use this machine take {}, else set {SETTINGS_PATH}.accessKey to \"off\".",
                keyed_titles()
            ),
            (Some(_), Some(true)) if let Some(variable) = kind.key_variable => {
                format!("Use a version of it that knows {variable}.")
            }
            (Some(place), _) => format!(
                "Give it a key in {place}, and set {SETTINGS_PATH}.keyFile to a file that holds the same; or stop it, and let the plugin start one with a key."
            ),
        };
        self.ready("ready-key-not-enforced", detail, Some(next))
    }
}

/// A title at the beginning of a sentence. (The name of a program keeps its spelling.)
fn at_start(title: &str) -> String {
    match title.strip_prefix("a ") {
        Some(rest) => format!("A {rest}"),
        None => title.to_owned(),
    }
}
