//! Compares the answers of OpenClaw's own resolvers with the routes that this audit found.

use super::names::folded;
use super::{Auditor, message};
use crate::ID;
use crate::wit::config::{AuditInput, ListKind, StoredEntry};

/// The highest number of answers that are compared.
const MOST: usize = 100_000;

impl Auditor<'_> {
    /// Compares OpenClaw's own answers with the routes found so far. A slot that OpenClaw leads elsewhere is not closed, whatever this
    /// audit found. An open route stays open, whatever OpenClaw answers. Slots that were not asked for are added to `not_examined`.
    ///
    /// Returns whether everything was asked for and nothing leads elsewhere.
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
