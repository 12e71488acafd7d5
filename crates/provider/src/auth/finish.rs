//! The end of the login: the edit request, and the notes that are shown with it.

use super::{AuthResult, Flow, GRANT, Prompt, Stage, programs};
use crate::audit::{Code, Finding, Report, Severity};
use crate::configured::is_guard_permitted;
use crate::edit::ApplyRequest;
use crate::{Error, ID, catalog, edit, model_id};

impl Flow {
    pub(super) fn ask_grant(&mut self) -> Result<Prompt, Error> {
        if is_guard_permitted(&self.options.input) {
            self.grant = true;
            return self.finish();
        }
        self.stage = Stage::Grant;
        let message = "Let the plugin stop runs that would go to another provider? (OpenClaw calls this permission \
                       hooks.allowConversationAccess; without it only the configuration protects you)";
        Ok(Prompt::confirm(GRANT, message))
    }

    pub(super) fn request(&self, fix: bool) -> ApplyRequest {
        ApplyRequest {
            address: Some(self.settings.listen_address.clone()),
            port: Some(self.settings.port),
            models: Some(self.settings.models.clone()),
            command: self.command.clone(),
            listed: self.listing.models().to_vec(),
            set_default: self.options.set_default,
            grant_hooks: self.grant && !is_guard_permitted(&self.options.input),
            fix,
            ..ApplyRequest::default()
        }
    }

    pub(super) fn finish(&mut self) -> Result<Prompt, Error> {
        self.stage = Stage::Done;
        let request = self.request(self.close);
        let applied = edit::apply(&self.options.input, &request)?;
        let patch = edit::merge_patch(&self.options.input, &request)?;
        let default_model = format!(
            "{ID}/{}",
            self.settings.models.first().map_or("", String::as_str)
        );
        let open = open_routes(&applied.report).len();
        let mut notes = Vec::new();
        if let Some(why) = unverified(&applied.report) {
            notes.push(format!("NOT known to be closed: {why}"));
        } else if open == 0 {
            let to = self.settings.proxy_name();
            notes.push(format!(
                "Fail-closed: every configured route leads to {to}."
            ));
        }
        if open > 0 {
            notes.push(format!(
                "NOT closed: {open} route(s) still lead past the proxy. See `openclaw claude-proxy audit`."
            ));
        }
        if !self.grant {
            notes.push(
                "The run-time guard is off: runs on other providers are not stopped. Run the login again to allow it."
                    .to_owned(),
            );
        }
        notes.extend(
            self.settings
                .models
                .iter()
                .filter_map(|id| self.model_note(id)),
        );
        if self.no_program_found {
            notes.push(programs::not_found_note(&self.settings));
        }
        notes.push(
            "If the Gateway is running it follows by itself; otherwise: `openclaw gateway run`."
                .to_owned(),
        );
        Ok(Prompt::Done(AuthResult {
            request,
            default_model,
            patch,
            notes,
        }))
    }

    /// A note about a registered model that the user should know of.
    fn model_note(&self, id: &str) -> Option<String> {
        let listed = self.listing.models();
        let row = catalog::row_as_listed(id, listed);
        let is_listed = listed.is_empty() || model_id::wire(id, listed).listed;
        match row.successor {
            _ if !is_listed => Some(format!(
                "{id} is not listed by the proxy; requests for it may be refused."
            )),
            Some(next) => Some(format!("{} is retired; use {next}.", row.id)),
            None if !row.known => {
                Some(format!("{}; it is registered with these limits.", row.name))
            }
            None => None,
        }
    }
}

/// Why the report may not hold for the OpenClaw that reads the file. No edit can change that.
fn unverified(report: &Report) -> Option<&str> {
    let of_host = |f: &&Finding| f.code == Code::UnverifiedHost.text();
    let finding = report.findings.iter().find(of_host)?;
    (finding.severity == Severity::Undecided).then_some(finding.message.as_str())
}

/// The places of the file that are not closed, one line each.
pub(super) fn open_routes(report: &Report) -> Vec<String> {
    report
        .open()
        .filter(|f| f.code != Code::UnverifiedHost.text())
        .map(|f| {
            if f.leads_to.is_empty() {
                format!("{}: {}", f.path, f.message)
            } else {
                format!("{} -> {}", f.path, f.leads_to)
            }
        })
        .collect()
}
