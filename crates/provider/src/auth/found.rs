//! What a look at the address found, for people, and which models the proxy there lists.

use super::step::{Step, TokenState};
use super::{At, Flow, MOST_OFFERED, PORT};
use crate::health::{self, Login, Observation, Readiness};
use crate::listing::{self, Listing};
use crate::model_id::ListedModel;
use crate::settings::Settings;
use crate::{Error, Problem};
use crate::{advice, proxy_kind};

impl Flow {
    pub(super) fn tell_what_was_found(&mut self) -> Step {
        self.at = At::Found;
        let mut lines = Vec::new();
        let address = self.settings.base_url();
        match &self.found {
            Some(verdict) if verdict.readiness == Readiness::Ready => {
                let kind = verdict.name.as_deref().and_then(proxy_kind::named);
                let name = kind.map_or("a program that is not known here", |kind| kind.title);
                let version = verdict
                    .version
                    .as_deref()
                    .map(|v| format!(" {v}"))
                    .unwrap_or_default();
                lines.push(format!("Proxy: {name}{version} answers on {address}."));
                if let Some(kind) = kind {
                    lines.extend(advice::warnings(kind, verdict.own_tools));
                }
            }
            Some(verdict) if verdict.code == "refused" => {
                lines.push(if self.settings.auto_start && self.settings.is_local() {
                    format!(
                        "Proxy: nothing listens on {address} yet. The Gateway will start it with `{}`.",
                        self.settings.command.join(" ")
                    )
                } else if self.settings.is_local() {
                    format!("Proxy: nothing listens on {address} yet. Start it before the first message.")
                } else {
                    format!(
                        "Proxy: nothing listens on {address} yet. Start it on {} before the first message.",
                        self.settings.host
                    )
                });
            }
            Some(verdict) => {
                lines.push(format!("Proxy: {}", verdict.detail));
                lines.extend(verdict.next.iter().map(|next| format!("  Next: {next}")));
            }
            None => {}
        }
        let login_next = if self.options.headless {
            "run `claude setup-token` on a machine with a browser and set CLAUDE_CODE_OAUTH_TOKEN where the Gateway runs"
        } else {
            "run `claude auth login` (without a browser: `claude setup-token` and CLAUDE_CODE_OAUTH_TOKEN)"
        };
        lines.push(match self.login {
            Login::Claimed => "Claude login: claimed (only a real answer proves it).".to_owned(),
            Login::None => format!("Claude login: none; {login_next}."),
            Login::Unknown => {
                format!("Claude login: unknown; if it is missing, {login_next}.")
            }
        });
        match self.options.token {
            TokenState::Absent => {}
            TokenState::Present => lines.push(
                "CLAUDE_CODE_OAUTH_TOKEN is set; it is passed to the proxy only and stored nowhere.".to_owned(),
            ),
            TokenState::Malformed => lines.push(
                "CLAUDE_CODE_OAUTH_TOKEN is set but does not look like a token of `claude setup-token`.".to_owned(),
            ),
        }
        let answers = self
            .found
            .as_ref()
            .is_some_and(|verdict| verdict.readiness == Readiness::Ready);
        match &self.listing {
            Listing::Models(models) => {
                let named = listing::named(models, MOST_OFFERED, str::to_owned);
                lines.push(format!("The proxy lists: {named}."));
            }
            Listing::None(why) if answers => lines.push(format!("Models: {why}.")),
            Listing::None(_) => {}
        }
        Step::note("What was found".to_owned(), &lines)
    }
}

/// The models that the proxy lists. Of one that may forward to other vendors only those that are Claude by their names.
pub(super) fn listed(verdict: &health::Verdict, seen: &[Observation]) -> Listing {
    let Some(kind) = verdict.name.as_deref().and_then(proxy_kind::named) else {
        return listing::read(seen);
    };
    if kind.probes.models.is_none() {
        return Listing::None(format!(
            "{} lists none; its own configuration decides which one answers",
            kind.title
        ));
    }
    match listing::read(seen) {
        Listing::Models(models) if kind.forwards => {
            let is_claude = |model: &ListedModel| model.id.to_ascii_lowercase().contains("claude");
            let models: Vec<_> = models.into_iter().filter(is_claude).collect();
            if models.is_empty() {
                Listing::None(format!(
                    "{} lists none with `claude` in its name",
                    kind.title
                ))
            } else {
                Listing::Models(models)
            }
        }
        other => other,
    }
}

/// Nobody is there to be asked whether a port that another program holds is the right one.
pub(super) fn taken(settings: &Settings, verdict: &health::Verdict) -> Error {
    Error::Refused(Problem::new(
        "port-taken",
        PORT,
        format!(
            "{} ({})",
            settings.port,
            verdict.detail.trim_end_matches('.')
        ),
        "a free port, or one on which your proxy listens",
        verdict
            .next
            .clone()
            .unwrap_or_else(|| format!("Choose another one with --{PORT}.")),
    ))
}
