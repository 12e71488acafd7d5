//! The fail-closed audit: every place in a configuration that decides where a prompt goes, and whether it can only be the
//! proxy. Pure: files and variables that it needs are returned as questions.
//!
//! Order of work: read, merge includes, substitute variables, then judge the one tree. What cannot be decided is never
//! closed. `docs/fail-closed.md` lists the rules and the evidence.

#[cfg(feature = "coverage")]
pub mod coverage;
mod credentials;
mod endpoint;
mod finding;
mod host;
mod merge;
mod names;
mod references;
mod refused;
mod resolved;
mod rules;
mod scan;
pub mod schema;
mod services;
mod shape;
mod slot;
mod slots;
mod stored;
mod table;
mod texts;
mod variables;
mod vendors;
mod version;
mod whole;

use self::finding::Findings;
use self::names::Names;
use self::slots::Slots;
use self::variables::{Questions, Variables};
use crate::document::{self, Value, path};
use crate::report::{
    AuditInput, AuditOutcome, FileText, Finding, Question, Report, Severity, Stored, StoredKind,
    Variable,
};

pub use finding::Code;
pub use schema::unknown_paths;
pub use slot::Slot;
pub(crate) use stored::choices;
pub use table::{Check, Class, Row, Table, rows};
pub(crate) use vendors::vendors;
pub use vendors::{Vendor, bundled};
pub use version::{KNOWN, Version};

pub(crate) use version::judged;
pub(crate) use whole::{PROVIDER, Whole, whole};

use whole::{include, texts};

/// What a look at the file cannot see: the kind of stored data that shows it, where one does, and its name.
const NOT_EXAMINED: &[(Option<StoredKind>, &str)] = &[
    (
        None,
        "the environment of the Gateway, the login shell and a workspace's .env file",
    ),
    (
        Some(StoredKind::Environment),
        "the .env files of OpenClaw's own folder",
    ),
    (
        Some(StoredKind::Profiles),
        "the credential store (stored logins and keys)",
    ),
    (None, "logins of other programs that OpenClaw takes over"),
    (
        Some(StoredKind::Sessions),
        "stored sessions with a model chosen by /model",
    ),
    (
        Some(StoredKind::Jobs),
        "stored jobs with a model of their own",
    ),
    (
        Some(StoredKind::Models),
        "agents/*/agent/models.json, which adds providers",
    ),
    (
        Some(StoredKind::Speech),
        "the stored speech choice (settings/tts.json)",
    ),
    (
        Some(StoredKind::Folders),
        "agents' folders and speech choices that are kept elsewhere (agentDir, tts.prefsPath)",
    ),
    (None, "code of plugins, hooks and skills"),
];

/// What was not examined: a kind of which the host handed nothing over was not looked at.
fn not_examined(stored: &[Stored]) -> Vec<String> {
    let seen = |kind: StoredKind| stored.iter().any(|stored| stored.kind == kind);
    NOT_EXAMINED
        .iter()
        .filter(|(kind, _)| !kind.is_some_and(seen))
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

/// Audits a document.
///
/// Returns questions first where an include or a variable in a place that matters has not been answered. A document that
/// cannot be read is a report too: not decided, not closed.
pub fn audit(input: &AuditInput) -> AuditOutcome {
    let mut questions = Questions::default();
    let mut report = audit_text(&input.document, input, &mut questions);
    for backup in &input.backups {
        judge_backup(backup, input, &mut questions, &mut report);
    }
    finding::worst_first(&mut report.findings);
    let questions = questions.into_all();
    if questions.is_empty() {
        AuditOutcome::Report(report)
    } else {
        AuditOutcome::Needs(questions)
    }
}

fn judge_backup(
    backup: &FileText,
    input: &AuditInput,
    questions: &mut Questions,
    report: &mut Report,
) {
    let mut found = Findings::default();
    match &backup.text {
        None => found.exposure(
            Code::BackupUnreadable,
            &backup.path,
            "",
            "OpenClaw may restore this copy by itself, and it cannot be read.".to_owned(),
            "Make the file readable, or remove it.".to_owned(),
        ),
        Some(text) => {
            let inside = audit_text(text, input, questions);
            if let Some(first) = inside.findings.first().filter(|_| !inside.closed) {
                found.exposure(
Code::BackupOpen,
                    &backup.path,
                    &first.leads_to,
                    format!(
                        "OpenClaw may restore this copy by itself, without asking, and it is open: {} at {}.",
                        first.code,
                        finding::shown(&first.path)
                    ),
                    "Bring the copy up to date: apply with fix does so where it can; else remove the file.".to_owned(),
                );
            }
        }
    }
    report.findings.extend(found.report(&[]).findings);
}

fn known_versions() -> Vec<String> {
    KNOWN.iter().map(|version| (*version).to_owned()).collect()
}

fn audit_text(text: &str, input: &AuditInput, questions: &mut Questions) -> Report {
    let mut found = Findings::default();
    let mut not_examined = not_examined(&input.stored);
    let document = match document::parse(text) {
        Ok(document) => document,
        Err(problem) => {
            found.undecided(Code::Unreadable, "", &problem.to_string());
            return Report {
                not_examined,
                known_versions: known_versions(),
                open_tools: Slot::every_tool(),
                ..found.report(&[])
            };
        }
    };
    for key in &document.duplicates {
        found.duplicate(key);
    }
    let (mut root, sources) = include(document.root, input, questions, &mut found);
    let mut variables = Variables::new(&root, input);
    // An edit of the same input reads the settings too.
    for (_, text) in texts(&root) {
        variables.ask(&text, questions);
    }
    variables.substitute(&mut root);
    if !matches!(root, Value::Object(_)) {
        found.undecided(Code::UnknownShape, "", "a configuration is an object");
    }
    let version = Version::nearest(version::judged(&root, input.host.as_ref()));
    let names = Names::new(&root, version);
    let slots = Slots::new(&root, &names, version);
    let mut auditor = Auditor {
        root: &root,
        names: &names,
        slots: &slots,
        table: Table::new(version),
        version,
        variables: &variables,
        questions,
        found,
    };
    auditor.run(&input.stored);
    let agree = auditor.compare(&input.stored, &mut not_examined);
    let mut found = auditor.found;
    let judged = host::judge(&root, input.host.as_ref(), agree, &mut found);
    let report = found.report(&sources);
    let unknown = |finding: &Finding| {
        finding.code == Code::UnverifiedHost.text() && finding.severity == Severity::Undecided
    };
    Report {
        not_examined,
        known_versions: known_versions(),
        judged_version: judged,
        // Only a verdict that is known for this file and host narrows it.
        open_tools: match report.findings.iter().any(unknown) {
            true => Slot::every_tool(),
            false => slots.open_tools(),
        },
        ..report
    }
}

/// The agents of a configuration: id, path, entry. The old list form is read as well.
pub(crate) fn agents(root: &Value) -> impl Iterator<Item = (&str, String, &Value)> {
    let entries = root
        .at(&["agents", "entries"])
        .and_then(Value::as_object)
        .unwrap_or_default();
    let list = root
        .at(&["agents", "list"])
        .and_then(Value::as_array)
        .unwrap_or_default();
    entries
        .iter()
        .map(|(id, entry)| (id.as_str(), path::key("agents.entries", id), entry))
        .chain(list.iter().enumerate().map(|(n, entry)| {
            let id = entry.get("id").and_then(Value::as_str).unwrap_or_default();
            (id, path::index("agents.list", n), entry)
        }))
}

/// The maps that give models their aliases: path of the agent whose map it is, empty for that of all; path; the map.
pub(crate) fn model_maps(root: &Value) -> impl Iterator<Item = (String, String, &Value)> {
    let all = root.at(&["agents", "defaults"]);
    let all = all.map(|defaults| (String::new(), "agents.defaults".to_owned(), defaults));
    let own = agents(root).map(|(_, place, entry)| (place.clone(), place, entry));
    all.into_iter()
        .chain(own)
        .filter_map(|(owner, place, holder)| {
            Some((owner, path::key(&place, "models"), holder.get("models")?))
        })
}

/// How a place counts.
#[derive(Debug, Clone, Copy)]
struct Where {
    /// Something around it is switched off, so what would be a leak is an exposure.
    off: bool,
}

/// One audit of one tree.
struct Auditor<'a> {
    root: &'a Value,
    names: &'a Names<'a>,
    slots: &'a Slots<'a>,
    table: Table,
    version: Version,
    variables: &'a Variables,
    questions: &'a mut Questions,
    found: Findings,
}

impl Auditor<'_> {
    fn run(&mut self, stored: &[Stored]) {
        let used = self.implicit_primaries();
        self.walk();
        self.aliases();
        self.refused_keys();
        self.judge_proxy(used);
        let model = self.suggested_model();
        credentials::judge(self.root, self.slots, self.version, &model, &mut self.found);
        self.relocations();
        let open = self.slots.open();
        for stored in stored {
            self.judge_stored(stored, &open, &model);
        }
    }

    /// Whether a text holds a variable without a value: asked for, or reported.
    fn is_open_question(&mut self, text: &str, at: &str, place: Where) -> bool {
        if !text.contains("${") {
            return false;
        }
        if !self.variables.ask(text, self.questions) {
            self.uncertain(
                Code::UnresolvedVariable,
                at,
                text,
                "A variable without a value, or with another one in the environment, decides where requests go, so this counts as open."
                    .to_owned(),
                format!("Write the value itself at {at}, or set the variable in env.vars."),
                place,
            );
        }
        true
    }

    /// Notes a place that leads to the proxy. One that is switched off is no route.
    fn closed(&mut self, at: &str, leads_to: &str, place: Where) {
        if !place.off {
            self.found.route(at, leads_to, true);
        }
    }

    /// Reports a place that cannot be told to lead to the proxy; where it is switched off, as an exposure.
    fn uncertain(
        &mut self,
        code: Code,
        at: &str,
        leads_to: &str,
        message: String,
        fix: String,
        place: Where,
    ) {
        let severity = match place.off {
            true => Severity::Exposure,
            false => Severity::Undecided,
        };
        if !place.off {
            self.found.route(at, leads_to, false);
        }
        self.found.add(severity, code, at, leads_to, message, fix);
    }

    /// Reports a place that leads elsewhere; where it is switched off, as an exposure.
    fn outside(
        &mut self,
        code: Code,
        at: &str,
        leads_to: &str,
        message: String,
        fix: String,
        place: Where,
    ) {
        if place.off {
            self.found.exposure(
                code,
                at,
                leads_to,
                format!("{message} It is switched off now."),
                fix,
            );
        } else {
            self.found.route(at, leads_to, false);
            self.found
                .add(Severity::Leak, code, at, leads_to, message, fix);
        }
    }
}

/// Audits with answers from a lookup, for hosts and tests that have everything at hand.
///
/// # Errors
/// The questions that the lookup left open after ten rounds.
pub fn audit_with(
    input: &AuditInput,
    mut file: impl FnMut(&str) -> Option<String>,
    mut variable: impl FnMut(&str) -> Option<String>,
) -> Result<Report, Vec<Question>> {
    let mut input = input.clone();
    let mut open = Vec::new();
    for _ in 0..=12 {
        match audit(&input) {
            AuditOutcome::Report(report) => return Ok(report),
            AuditOutcome::Needs(questions) => open = questions,
        }
        for question in open.iter().cloned() {
            match question {
                Question::File(path) => {
                    let text = file(&path);
                    input.files.push(FileText { path, text });
                }
                Question::Variable(name) => {
                    let value = variable(&name);
                    input.variables.push(Variable { name, value });
                }
            }
        }
    }
    Err(open)
}
