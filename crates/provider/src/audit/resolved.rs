//! The second judge: where OpenClaw itself leads each slot, against what this audit says of it.

use super::Auditor;
use super::finding::Code;
use super::names::folded;
use crate::ID;
use crate::document::{self, Value};
use crate::report::{Severity, Stored, StoredKind};

/// Most answers that are compared.
const MOST: usize = 100_000;

impl Auditor<'_> {
    /// Compares OpenClaw's own answers with the routes found so far: where it leads elsewhere what is closed here, that is
    /// not closed. What is open here stays open, whatever OpenClaw says. What was not asked is added to `not_examined`.
    ///
    /// Whether everything was asked, and nothing led elsewhere.
    pub(super) fn compare(&mut self, stored: &[Stored], not_examined: &mut Vec<String>) -> bool {
        let answers = stored
            .iter()
            .find(|stored| stored.kind == StoredKind::Resolved);
        let Some(text) = answers.and_then(|answers| answers.text.as_ref()) else {
            return false;
        };
        let parsed = document::parse(text).ok();
        let list = |key: &str| {
            parsed
                .as_ref()
                .and_then(|answers| answers.root.get(key)?.as_array())
        };
        let (Some(resolutions), Some(not_asked)) = (list("resolutions"), list("notAsked")) else {
            self.found.undecided(
                Code::StoredUnreadable,
                "",
                "what OpenClaw's resolvers say is not of the form that this audit reads",
            );
            return false;
        };
        let names = not_asked.iter().filter_map(Value::as_str);
        not_examined.extend(names.map(|what| format!("OpenClaw's own answer: {what}")));
        let mut agree =
            not_asked.is_empty() && !resolutions.is_empty() && resolutions.len() <= MOST;
        for answer in resolutions.iter().take(MOST) {
            let of = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
            if folded(of("provider")) != ID {
                agree = false;
                self.led_elsewhere(
                    of("path"),
                    &format!("{}/{}", of("provider"), of("model")),
                    of("agent"),
                );
            }
        }
        agree
    }

    fn led_elsewhere(&mut self, at: &str, leads_to: &str, agent: &str) {
        if self.found.routes_at(at).any(|route| !route.closed) {
            return;
        }
        let found = self.found.routes_at(at).next();
        let found = found.map_or("nowhere", |route| route.leads_to.as_str());
        let message = format!(
            "Two answers: this audit leads it to {found}, OpenClaw itself leads it to {leads_to} (agent {agent}). What OpenClaw does counts."
        );
        self.found.route(at, leads_to, false);
        self.found.add(
            Severity::Leak,
            Code::ResolvedElsewhere,
            at,
            leads_to,
            message,
            "Report this with what `openclaw config get agents` prints; until then take the value out, and restart the Gateway.".to_owned(),
        );
    }
}
