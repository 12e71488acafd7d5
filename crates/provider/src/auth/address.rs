//! The proxy's address: the questions about host and port, and the probes of what answers there.

use super::{Flow, HOST, PORT, ProbeRequest, Prompt, Stage};
use crate::health::{self, Login, Observation, Probe, Readiness};
use crate::listing::{self, Listing};
use crate::model_id::ListedModel;
use crate::settings::{self, Settings};
use crate::{Error, Problem, proxy_kind};

impl Flow {
    pub(super) fn take_address(&mut self, text: &str) -> Result<Prompt, Error> {
        let host = settings::parse_address(HOST, text).map_err(Error::unexpected_answer)?;
        let mut remote_hosts = self.settings.remote_hosts.iter();
        let is_known = remote_hosts.any(|known| known.eq_ignore_ascii_case(&host));
        if !settings::is_loopback_host(&host) && !is_known {
            return Err(Error::unexpected_answer(Problem::new(
                "host-not-local",
                HOST,
                format!("`{host}`"),
                "this machine (`127.0.0.1`, `::1`, `localhost`), or a host listed in the `remoteHosts` setting",
                format!(
                    "Use 127.0.0.1; if your proxy really runs on `{host}`, first add it to {}.remoteHosts.",
                    settings::SETTINGS_PATH
                ),
            )));
        }
        self.settings.listen_address = host;
        self.stage = Stage::Port;
        let port = self.settings.port.to_string();
        Ok(Prompt::text(PORT, "Proxy port", port))
    }

    /// Goes on with the verdict on what answers, or asks for more probes.
    pub(super) fn judge(&mut self) -> Result<Prompt, Error> {
        let verdict = match health::judge_with_models(&self.settings, &self.seen) {
            health::Judgment::Judged(verdict) => verdict,
            // A host may leave a probe without an answer; it is not sent again.
            health::Judgment::Ask(probes)
                if probes.iter().any(|probe| self.asked.contains(&probe.id)) =>
            {
                health::incomplete()
            }
            health::Judgment::Ask(probes) => return Ok(self.ask(probes)),
        };
        self.listing = listed_models(&verdict, &self.seen);
        self.login = verdict.login;
        if verdict.readiness == Readiness::Foreign && self.options.accept_defaults {
            return Err(port_taken(&self.settings, &verdict));
        }
        self.verdict = Some(verdict);
        if self.login == Login::Claimed {
            return Ok(self.show_summary());
        }
        self.stage = Stage::Login;
        Ok(Prompt::LoginStatus)
    }

    pub(super) fn ask(&mut self, probes: Vec<Probe>) -> Prompt {
        self.asked
            .extend(probes.iter().map(|probe| probe.id.clone()));
        Prompt::Probe(ProbeRequest {
            base_url: self.settings.base_url(),
            probes,
        })
    }
}

/// The models that the proxy lists. If it may forward to other vendors, only the models with `claude` in their names are kept.
fn listed_models(verdict: &health::Verdict, seen: &[Observation]) -> Listing {
    let Some(kind) = verdict.name.as_deref().and_then(proxy_kind::by_name) else {
        return listing::read(seen);
    };
    if kind.models_path.is_none() {
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

/// The error for a port that another program holds, if nobody can be asked for another port.
fn port_taken(settings: &Settings, verdict: &health::Verdict) -> Error {
    Error::refused(Problem::new(
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
