//! What the configuration leads to, and what of it a login would change.

use serde_json::{Value, json};

use super::facts::{Facts, Found, first_problem, text};
use crate::audit::{self, Audited, Openclaw};
use crate::cli::edit::as_it_should_be;
use crate::cli::failure::CANNOT_TELL;
use crate::component::ClaudeProxy;
use crate::component::config::{ApplyRequest, Finding, Report, Severity};

/// Findings that the component is told of; it shows the first.
const SHOWN: usize = 3;
const PLUGIN: &str = "plugins.entries.anthropic-claude-proxy";
/// The facts of this file.
const NAMES: &[&str] = &[
    "config-audit",
    "config-findings",
    "config-unread",
    "config-fix",
    "judged-version",
    "default-model",
    "model-alias",
    "plugin-enabled",
    "hooks-permission",
];

impl Facts<'_> {
    /// Audits it, for the OpenClaw that was named, else for the one that is installed.
    pub(super) fn configuration(&mut self, installed: Option<&str>) {
        if let Err(why) = self.audited(installed) {
            self.lack(NAMES, &why);
        }
    }

    fn audited(&mut self, installed: Option<&str>) -> Result<(), String> {
        let context = self.context;
        let document = context.document(CANNOT_TELL).map_err(first_problem)?;
        let lookup = |name: &str| context.variable(name);
        let mut openclaw = context.openclaw().clone();
        if let (None, Some(version)) = (&openclaw.host, installed) {
            openclaw = Openclaw::of_version(version);
        }
        let audited = audit::audit(self.component, document, &lookup, &openclaw).map_err(text)?;
        self.verdict(&audited);
        self.as_after_a_login(&audited);
        let whole = audit::whole(self.component, document, &lookup).map_err(text);
        let alias = whole.and_then(|whole| alias(self.component, &whole));
        self.set("model-alias", alias);
        Ok(())
    }

    fn verdict(&mut self, audited: &Audited) {
        let report = &audited.report;
        let count = |wanted: Severity| {
            let findings = report.findings.iter();
            findings.filter(|one| one.severity == wanted).count()
        };
        let verdict = match (report.closed, count(Severity::Leak)) {
            (true, _) => "closed".to_owned(),
            (false, 0) => format!("undecided {}", count(Severity::Undecided)),
            (false, leaks) => format!("open {leaks}"),
        };
        self.set("config-audit", Ok(verdict));
        self.open_places(audited);
        let version = report.judged_version.clone();
        self.set(
            "judged-version",
            version.ok_or_else(|| "the file does not say which version wrote it".to_owned()),
        );
        let model = report.routes.iter().find(|route| {
            ["agents.defaults.model.primary", "agents.defaults.model"]
                .contains(&route.path.as_str())
        });
        self.set(
            "default-model",
            model
                .map(|route| route.leads_to.clone())
                .ok_or_else(|| "OpenClaw's own default applies".to_owned()),
        );
    }

    /// What keeps the configuration open, as far as a line shows it, and whether the audit's fix closes any of it.
    fn open_places(&mut self, audited: &Audited) {
        let open = |report: &Report| -> Vec<Value> {
            let is_open = |finding: &&Finding| {
                matches!(finding.severity, Severity::Leak | Severity::Undecided)
            };
            let findings = report.findings.iter().filter(is_open);
            findings.map(as_fact).collect()
        };
        let mut before = open(&audited.report);
        let fix = ApplyRequest {
            fix: true,
            ..as_it_should_be()
        };
        let helps = !before.is_empty()
            && self
                .component
                .apply(&audited.input, &fix)
                .is_ok_and(|applied| open(&applied.report).len() < before.len());
        self.set(
            "config-fix",
            Ok(if helps { "yes" } else { "no" }.to_owned()),
        );
        before.truncate(SHOWN);
        self.set("config-findings", Ok(Value::Array(before).to_string()));
        let files = audited.input.files.iter();
        let unread: Vec<&str> = files
            .filter(|file| file.text.is_none())
            .map(|file| file.path.as_str())
            .collect();
        self.set("config-unread", Ok(unread.join(", ")));
    }

    /// What a login would change says how things are.
    fn as_after_a_login(&mut self, audited: &Audited) {
        let request = ApplyRequest {
            grant_hooks: true,
            ..as_it_should_be()
        };
        let changes = match self.component.apply(&audited.input, &request) {
            Ok(applied) => applied.changes,
            Err(why) => return self.lack(&["plugin-enabled", "hooks-permission"], &text(why)),
        };
        let untouched = |paths: &[String]| {
            let touched = changes.iter().any(|change| paths.contains(&change.path));
            Ok(if touched { "no" } else { "yes" }.to_owned())
        };
        let enabled = untouched(&[
            format!("{PLUGIN}.enabled"),
            "plugins.deny".to_owned(),
            "plugins.allow".to_owned(),
        ]);
        let permitted = untouched(&[
            format!("{PLUGIN}.hooks.allowConversationAccess"),
            format!("{PLUGIN}.hooks"),
        ]);
        self.set("plugin-enabled", enabled);
        self.set("hooks-permission", permitted);
    }
}

fn as_fact(finding: &Finding) -> Value {
    json!({
        "code": finding.code,
        "path": finding.path,
        "leadsTo": finding.leads_to,
        "message": finding.message,
        "fix": finding.fix,
    })
}

/// Where the alias leads in a whole document; `own ALIAS` where the first model has another one.
fn alias(component: &mut ClaudeProxy, whole: &str) -> Found {
    let describe = component.describe().map_err(text)?;
    let settings = component.settings_from_config(whole).map_err(text)?;
    let first = settings.models.first().map_or("", String::as_str);
    let whole: Value = serde_json::from_str(whole).map_err(text)?;
    alias_in(
        &whole,
        &describe.model_alias,
        &format!("{}/{first}", describe.id),
    )
}

fn alias_in(whole: &Value, wanted: &str, first: &str) -> Found {
    let of = |model: &Value| {
        model
            .get("alias")?
            .as_str()
            .map(|alias| alias.trim().to_owned())
    };
    let agents = whole.get("agents");
    let listed = agents.and_then(|agents| agents.get("list")?.as_array());
    let named = agents.and_then(|agents| agents.get("entries")?.as_object());
    let defaults = agents.and_then(|agents| agents.get("defaults"));
    let owners = defaults
        .into_iter()
        .chain(named.into_iter().flat_map(|all| all.values()))
        .chain(listed.into_iter().flatten());
    let models: Vec<(&String, String)> = owners
        .filter_map(|owner| owner.get("models")?.as_object())
        .flatten()
        .filter_map(|(key, model)| Some((key, of(model)?)))
        .collect();
    let is_ours = |alias: &str| alias.eq_ignore_ascii_case(wanted);
    if let Some((key, _)) = models.iter().find(|(_, alias)| is_ours(alias)) {
        return Ok((*key).clone());
    }
    match models.iter().find(|(key, _)| *key == first) {
        Some((_, alias)) if !alias.is_empty() => Ok(format!("own {alias}")),
        _ => Err("it is not set".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alias_is_read_off_the_whole_document() {
        let first = "anthropic-claude-proxy/a";
        for (document, found) in [
            (json!({}), None),
            (
                json!({"agents": {"defaults": {"models": {first: {}}}}}),
                None,
            ),
            (
                json!({"agents": {"defaults": {"models": {first: {"alias": "x-proxy"}}}}}),
                Some(first),
            ),
            (
                json!({"agents": {"defaults": {"models": {"openai/gpt-6": {"alias": " X-Proxy "}}}}}),
                Some("openai/gpt-6"),
            ),
            (
                json!({"agents": {"list": [{"models": {"openai/gpt-6": {"alias": "x-proxy"}}}]}}),
                Some("openai/gpt-6"),
            ),
            (
                json!({"agents": {"defaults": {"models": {first: {"alias": "opus"}}}}}),
                Some("own opus"),
            ),
        ] {
            assert_eq!(
                alias_in(&document, "x-proxy", first).ok().as_deref(),
                found,
                "{document}"
            );
        }
    }
}
