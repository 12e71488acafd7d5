//! Collects routes and findings, and limits the size of a report.

use super::code::Code;
use super::message::{Message, Template, UNDECIDED, fill};
use crate::document::path;
use crate::strings;
use crate::wit::config::{Finding, Report, Route, Severity};

/// The highest number of findings in a report that keep the file open, and of the others. The summary counts all; a note says how
/// many are not listed.
const MAX_FINDINGS: usize = 500;
/// The highest number of routes in a report. The summary counts all.
const MAX_ROUTES: usize = 100_000;

/// The routes and findings so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    routes: Vec<Route>,
    findings: Vec<Finding>,
    /// The number of listed findings that do not keep the file open, and of those that do.
    kept: [usize; 2],
    /// How many routes and findings are not listed.
    dropped: usize,
    open: bool,
    undecided: bool,
    /// Commands of OpenClaw that close stored choices.
    commands: Vec<Vec<String>>,
}

impl Findings {
    /// Adds a route.
    pub(super) fn route(&mut self, path: &str, leads_to: &str, closed: bool) {
        self.open |= !closed;
        if self.routes.len() < MAX_ROUTES {
            self.routes.push(Route {
                path: path.to_owned(),
                leads_to: leads_to.to_owned(),
                closed,
            });
        } else {
            self.dropped += 1;
        }
    }

    /// Adds a finding with the severity of its message. `args` replace the numbered placeholders of its texts.
    pub(super) fn add<const N: usize>(
        &mut self,
        message: &Message<N>,
        path: &str,
        leads_to: &str,
        args: &[&str; N],
    ) {
        self.add_row(message.0.severity, &message.0, path, leads_to, args);
    }

    /// Adds a finding with this severity.
    pub(super) fn add_as<const N: usize>(
        &mut self,
        severity: Severity,
        message: &Message<N>,
        path: &str,
        leads_to: &str,
        args: &[&str; N],
    ) {
        self.add_row(severity, &message.0, path, leads_to, args);
    }

    /// Adds a finding. A second finding of the same code at the same path is ignored.
    fn add_row(
        &mut self,
        severity: Severity,
        message: &Template,
        path: &str,
        leads_to: &str,
        args: &[&str],
    ) {
        self.open |= severity.is_open();
        self.undecided |= severity == Severity::Undecided;
        if self.is_full(severity) {
            self.dropped += 1;
            return;
        }
        let code = message.code.text();
        if self
            .findings
            .iter()
            .any(|known| known.code == code && known.path == path)
        {
            return;
        }
        if let Some(kept) = self.kept.get_mut(usize::from(severity.is_open())) {
            *kept += 1;
        }
        let mut text = fill(message.text, path, leads_to, args);
        if severity != message.severity && message.severity == Severity::Leak {
            text.push_str(" It is switched off now.");
        }
        self.findings.push(Finding {
            severity,
            code: code.to_owned(),
            path: path.to_owned(),
            leads_to: leads_to.to_owned(),
            message: text,
            fix: fill(message.fix, path, leads_to, args),
        });
    }

    /// Adds a command of OpenClaw that closes a stored choice, unless it is the same as the one before.
    pub(super) fn command(&mut self, words: Vec<String>) {
        if self.commands.len() < MAX_FINDINGS && self.commands.last() != Some(&words) {
            self.commands.push(words);
        }
    }

    /// Whether no more findings like this one are listed.
    pub(super) fn is_full(&self, severity: Severity) -> bool {
        let kept = self.kept.get(usize::from(severity.is_open()));
        kept.is_some_and(|kept| *kept >= MAX_FINDINGS)
    }

    /// The routes at a path, around it and inside it.
    pub(super) fn routes_at<'f>(&'f self, at: &'f str) -> impl Iterator<Item = &'f Route> {
        let meets =
            |route: &&Route| path::is_within(&route.path, at) || path::is_within(at, &route.path);
        self.routes.iter().filter(meets)
    }

    /// The number of findings, for [`Findings::change_code`].
    pub(super) fn len(&self) -> usize {
        self.findings.len()
    }

    /// Gives another code to the leaks from this position on.
    pub(super) fn change_code(&mut self, from: usize, code: Code) {
        for finding in self.findings.iter_mut().skip(from) {
            if finding.severity == Severity::Leak {
                finding.code = code.text().to_owned();
            }
        }
    }

    /// Adds a place that cannot be decided.
    pub(super) fn undecided(&mut self, code: Code, path: &str, why: &str) {
        let message = Message(Template {
            code,
            ..UNDECIDED.0
        });
        self.add(&message, path, "", &[why.trim_end_matches('.')]);
    }

    /// Makes the report. Findings are sorted by severity, worst first; those of one severity keep their order. `sources` are the
    /// places where files are included, each with its file.
    pub(super) fn report(mut self, sources: &[(String, String)]) -> Report {
        for finding in &mut self.findings {
            let holds = |(place, _): &&(String, String)| {
                place.is_empty() || path::is_within(&finding.path, place)
            };
            let source = sources.iter().find(holds);
            if let Some((_, file)) = source.filter(|_| finding.severity.is_open()) {
                finding.message.push_str(&format!(
                    " (This place includes {}; the value may stand there.)",
                    strings::quoted(file)
                ));
            }
        }
        if self.dropped > 0 {
            self.findings.push(Finding {
                severity: Severity::Note,
                code: Code::TooLarge.text().to_owned(),
                path: String::new(),
                leads_to: String::new(),
                message: format!("There is more to say than a report holds; {} more findings and routes are not listed. The summary counts them.", self.dropped),
                fix: "Correct what is listed, then audit again.".to_owned(),
            });
        }
        for finding in &mut self.findings {
            for text in [
                &mut finding.leads_to,
                &mut finding.message,
                &mut finding.fix,
            ] {
                *text = strings::escape_control(text);
            }
        }
        for route in &mut self.routes {
            route.leads_to = strings::escape_control(&route.leads_to);
        }
        sort_worst_first(&mut self.findings);
        Report {
            closed: !self.open,
            decided: !self.undecided,
            exit_code: match self.findings.first() {
                _ if !self.open => 0,
                Some(worst) if worst.severity == Severity::Leak => 1,
                _ => 2,
            },
            routes: self.routes,
            findings: self.findings,
            commands: self.commands,
            ..Report::default()
        }
    }
}

impl Report {
    /// The findings that keep the document from being closed.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|one| one.severity.is_open())
    }
}

impl Severity {
    /// Whether a finding with it keeps the document from being closed.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Leak | Self::Undecided)
    }
}

/// Sorts findings by severity, worst first; those of one severity keep their order.
pub(super) fn sort_worst_first(findings: &mut Vec<Finding>) {
    use Severity::{Exposure, Leak, Note, Undecided};
    let mut sorted = Vec::with_capacity(findings.len());
    for severity in [Leak, Undecided, Exposure, Note] {
        let of_it = findings.iter().filter(|one| one.severity == severity);
        sorted.extend(of_it.cloned());
    }
    *findings = sorted;
}
