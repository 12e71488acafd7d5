//! Compares the answers of OpenClaw's own resolvers with the routes that this audit found.

use super::code::Code;
use super::input::{Stored, StoredKind};
use super::names::folded;
use super::{Auditor, message};
use crate::ID;
use crate::document::{self, Value};

/// The highest number of answers that are compared.
const MOST: usize = 100_000;

impl Auditor<'_> {
    /// Compares OpenClaw's own answers with the routes found so far. A slot that OpenClaw leads elsewhere is not closed, whatever this
    /// audit found. An open route stays open, whatever OpenClaw answers. Slots that were not asked for are added to `not_examined`.
    ///
    /// Returns whether everything was asked for and nothing leads elsewhere.
    pub(super) fn cross_check(
        &mut self,
        stored: &[Stored],
        not_examined: &mut Vec<String>,
    ) -> bool {
        let answers = stored
            .iter()
            .find(|stored| stored.kind == StoredKind::Resolutions);
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
            let why = "what OpenClaw's resolvers say is not of the form that this audit reads";
            self.found.undecided(Code::StoredUnreadable, "", why);
            return false;
        };
        let names = not_asked.iter().filter_map(Value::as_str);
        not_examined.extend(names.map(|what| format!("OpenClaw's own answer: {what}")));
        let mut agree =
            not_asked.is_empty() && !resolutions.is_empty() && resolutions.len() <= MOST;
        for answer in resolutions.iter().take(MOST) {
            let of = |key: &str| answer.str_at(&[key]).unwrap_or_default();
            if folded(of("provider")) != ID {
                agree = false;
                let leads_to = format!("{}/{}", of("provider"), of("model"));
                self.report_disagreement(of("path"), &leads_to, of("agent"));
            }
        }
        agree
    }

    fn report_disagreement(&mut self, path: &str, leads_to: &str, agent: &str) {
        if self.found.routes_at(path).any(|route| !route.closed) {
            return;
        }
        let known = self.found.routes_at(path).next();
        let known = known.map_or("nowhere".to_owned(), |route| route.leads_to.clone());
        self.found.route(path, leads_to, false);
        let args = [known.as_str(), agent];
        self.found
            .add(message::RESOLVED_ELSEWHERE, path, leads_to, &args);
    }
}
