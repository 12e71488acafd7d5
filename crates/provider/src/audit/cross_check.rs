//! Compares where OpenClaw's own resolvers lead each slot with the routes that this audit found.

use super::names::folded;
use super::{Auditor, message};
use crate::ID;
use crate::report::{AuditInput, ListKind, StoredEntry};

/// Most answers that are compared.
const MOST: usize = 100_000;

impl Auditor<'_> {
    /// Compares OpenClaw's own answers with the routes found so far: where it leads elsewhere what is closed here, that is
    /// not closed. What is open here stays open, whatever OpenClaw answers. What was not asked is added to `not_examined`.
    ///
    /// Returns whether everything was asked, and nothing led elsewhere.
    pub(super) fn cross_check(
        &mut self,
        input: &AuditInput,
        not_examined: &mut Vec<String>,
    ) -> bool {
        let mut lists = input.stored_lists.iter();
        let answers = lists.find(|list| list.kind == ListKind::Resolutions);
        let Some(answers) = answers.and_then(|list| list.entries.as_ref()) else {
            return false;
        };
        let not_asked = input.not_asked.iter();
        not_examined.extend(not_asked.map(|what| format!("OpenClaw's own answer: {what}")));
        let mut agree = input.not_asked.is_empty() && !answers.is_empty() && answers.len() <= MOST;
        for answer in answers.iter().take(MOST) {
            if folded(&answer.provider) != ID {
                agree = false;
                self.report_disagreement(answer);
            }
        }
        agree
    }

    fn report_disagreement(&mut self, answer: &StoredEntry) {
        let path = answer.name.as_str();
        if self.found.routes_at(path).any(|route| !route.closed) {
            return;
        }
        let leads_to = [answer.provider.as_str(), &answer.model].join("/");
        let known = self.found.routes_at(path).next();
        let known = known.map_or("nowhere".to_owned(), |route| route.leads_to.clone());
        self.found.route(path, &leads_to, false);
        let args = [known.as_str(), &answer.agent];
        self.found
            .add(message::RESOLVED_ELSEWHERE, path, &leads_to, &args);
    }
}
