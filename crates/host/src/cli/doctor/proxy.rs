//! What answers where the proxy should.

use std::path::Path;

use claude_proxy_supervisor::Owner;
use claude_proxy_supervisor::control::Request;
use serde_json::{Value, json};

use super::facts::{Facts, first_problem};
use super::programs::COMMAND;
use crate::cli::context::Context;
use crate::cli::failure::{CANNOT_TELL, Failure};
use crate::cli::probe::{Look, Prober};
use crate::cli::status::prober;
use crate::cli::{control, models};
use crate::component::{ClaudeProxy, chat, health, types};
use crate::health_policy::{key_name, login_name};
use crate::key_file;

/// The facts of this file that a look at the port gives.
const NAMES: &[&str] = &[
    "port",
    "port-owner",
    "health",
    "identity",
    "access-key",
    "login",
    "proxy-kind",
    "key-file",
    "models-listed",
];

impl Facts<'_> {
    /// What the settings lead to: the command, and what answers.
    pub(super) fn settings(&mut self, port: Option<&str>) {
        let looked = match self.context.settings_for(self.component, port) {
            Ok(settings) => {
                self.command(&settings);
                self.set("port", Ok(settings.port.to_string()));
                self.key_file(&settings);
                self.proxy(&settings)
            }
            Err(why) => Err(why),
        };
        if let Err(why) = looked {
            let why = first_problem(why);
            self.lack(COMMAND, &why);
            self.lack(NAMES, &why);
        }
    }

    fn proxy(&mut self, settings: &types::Settings) -> Result<(), Failure> {
        let (prober, look, ours) = look(self.context, self.component, settings)?;
        let listed = models_of(self.component, &prober, &look).map(|models| {
            let ids: Vec<String> = models.into_iter().map(|model| model.id).collect();
            json!(ids).to_string()
        });
        self.set("models-listed", listed);
        let verdict = &look.verdict;
        let free = verdict.code == "refused";
        let who = look.owner.as_ref().map_or_else(
            || "? a process that cannot be seen from here".to_owned(),
            shown,
        );
        self.set(
            "port-owner",
            Ok(match (free, ours, verdict.readiness) {
                (true, _, _) => "free".to_owned(),
                (false, Some(true), _) => format!("ours {who}"),
                (false, _, health::Readiness::Ready) => format!("attached {who}"),
                (false, _, _) => format!("stranger {who}"),
            }),
        );
        let readiness = match verdict.readiness {
            health::Readiness::Ready => "ready",
            health::Readiness::Starting => "starting",
            health::Readiness::Unhealthy => "unhealthy",
            health::Readiness::Foreign => "foreign",
        };
        self.set(
            "health",
            Ok(format!("{readiness} {} {}", verdict.code, verdict.detail)),
        );
        self.set(
            "identity",
            Ok(match verdict.readiness {
                _ if free => "none".to_owned(),
                health::Readiness::Foreign => verdict.detail.clone(),
                health::Readiness::Unhealthy if verdict.name.is_none() => verdict.detail.clone(),
                health::Readiness::Ready
                | health::Readiness::Starting
                | health::Readiness::Unhealthy => "yes".to_owned(),
            }),
        );
        let key = match settings.access_key {
            types::AccessKeyMode::Off => "off",
            types::AccessKeyMode::Generated => key_name(verdict.key),
        };
        self.set("access-key", Ok(key.to_owned()));
        self.set("login", Ok(login_name(verdict.login).to_owned()));
        self.kind(verdict);
        Ok(())
    }

    /// What the verdict says of the kind of proxy.
    fn kind(&mut self, verdict: &health::Verdict) {
        let kind = verdict.name.as_deref().unwrap_or("none");
        self.set("proxy-kind", Ok(kind.to_owned()));
        if let Some(version) = &verdict.version {
            self.set("proxy-version", Ok(version.clone()));
        }
        let tools = match verdict.own_tools {
            Some(true) => "on",
            Some(false) => "off",
            None => "unknown",
        };
        self.set("own-tools", Ok(tools.to_owned()));
        let fix = verdict.command.clone().unwrap_or_default();
        self.set("proxy-fix", Ok(fix));
    }

    /// Whether the key of the user's own proxy can be read.
    fn key_file(&mut self, settings: &types::Settings) {
        let path = settings.key_file.clone().unwrap_or_default();
        let read = settings
            .key_file
            .as_ref()
            .map(|path| key_file::read(Path::new(path)));
        self.set("key-file", Ok(path));
        let (trouble, fix) = match read {
            Some(Err(why)) => (why.to_string(), why.next()),
            Some(Ok(_)) | None => (String::new(), String::new()),
        };
        self.set("key-file-trouble", Ok(trouble));
        self.set("key-file-fix", Ok(fix));
    }
}

/// What the running proxy lists, for the figures of the models that `--fix` registers; nothing where none answers.
pub(super) fn listed(
    context: &Context,
    component: &mut ClaudeProxy,
    port: Option<&str>,
) -> Vec<types::ListedModel> {
    // The configuration is looked at anew after what `--fix` writes.
    let looked = context
        .again()
        .settings_for(component, port)
        .and_then(|settings| look(context, component, &settings));
    looked.map_or_else(
        |_| Vec::new(),
        |(prober, look, _)| models_of(component, &prober, &look).unwrap_or_default(),
    )
}

/// Who answers, and whether the supervisor says that it is ours.
fn look(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Result<(Prober, Look, Option<bool>), Failure> {
    let state = context.state(CANNOT_TELL)?;
    // Without a supervisor nobody vouches for it.
    let supervised = control::ask(&state.socket_path(settings.port), Request::Status);
    let ours = supervised.ok().flatten().and_then(|status| {
        let ours = status.pointer("/owner/ours");
        ours.and_then(Value::as_bool)
    });
    let prober = prober(settings, &state)?;
    let look = prober.look(component, settings, ours)?;
    Ok((prober, look, ours))
}

/// The models of a proxy that may be used; else why there are none.
fn models_of(
    component: &mut ClaudeProxy,
    prober: &Prober,
    look: &Look,
) -> Result<Vec<types::ListedModel>, String> {
    if look.verdict.readiness != health::Readiness::Ready {
        return Err("no proxy answers".to_owned());
    }
    match models::listing(component, prober) {
        Ok(chat::Listing::Models(models)) => Ok(models),
        Ok(chat::Listing::None(why)) => Err(why),
        Err(_) => Err("it cannot be asked".to_owned()),
    }
}

/// A process, as far as it is known.
fn shown(owner: &Owner) -> String {
    let pid = owner.pid.map(|pid| pid.to_string());
    format!(
        "{} {}",
        pid.as_deref().unwrap_or("?"),
        owner.command.as_deref().unwrap_or("?")
    )
}
