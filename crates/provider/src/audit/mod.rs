//! The fail-closed audit: finds every place in a configuration that decides where a prompt goes, and decides whether the prompt can
//! only go to the proxy. It reads no file itself: included files and variables that it needs are returned as questions.
//!
//! It parses the document, merges the included files, replaces the variables, and then checks the one resulting tree. A place that
//! cannot be decided is never closed. `docs/fail-closed.md` lists the rules and the evidence.

mod checks;
mod code;
#[cfg(feature = "coverage")]
pub mod coverage;
mod credentials;
mod cross_check;
mod effective;
mod endpoint;
mod finding;
mod include;
mod inventory;
mod message;
mod names;
mod openclaw;
mod plugins;
mod references;
mod refused_keys;
pub mod schema;
mod services;
mod shape;
mod shell;
mod slot;
mod slots;
mod stored;
mod summary;
mod unlisted;
mod variables;
mod vendors;
mod version;
mod walk;

use self::finding::Findings;
use self::message::Message;
use self::names::Names;
use self::slots::Slots;
use self::variables::{Questions, Variables};
use crate::ID;
use crate::catalog::DEFAULT_MODELS;
use crate::document::{self, Value, path};

pub use crate::wit::config::{
    AuditInput, AuditOutcome, FileKind, FileText, Finding, ListKind, OpenclawVersion, Question,
    Report, Route, Severity, StoredEntry, StoredFile, StoredList, Variable,
};
pub use code::Code;
pub use inventory::{Check, Class, Row, Table, rows};
pub use schema::unknown_paths;
pub use slot::Slot;
pub use vendors::{Vendor, bundled};
pub use version::{KNOWN, Version};

pub(crate) use effective::{EffectiveConfig, PROVIDER, effective_config};
pub(crate) use slot::Closing;
pub(crate) use stored::chosen_models;
pub(crate) use vendors::vendors;
pub(crate) use version::judged_version;

use effective::{merge_includes, settings_texts};

/// What a host may give beside the document.
enum Beside {
    File(FileKind),
    List(ListKind),
}

/// What the document does not show, in words, and what shows it, if something does.
const NOT_EXAMINED: &[(Option<Beside>, &str)] = {
    use Beside::{File, List};
    use FileKind::{Environment, Models, Speech};
    use ListKind::{CredentialProfiles, Folders, Jobs, Sessions};
    const GATEWAY: &str =
        "the environment of the Gateway, the login shell and a workspace's .env file";
    const FOLDERS: &str =
        "agents' folders and speech choices that are kept elsewhere (agentDir, tts.prefsPath)";
    const ENVIRONMENT: &str = "the .env files of OpenClaw's own folder";
    const PROFILES: &str = "the credential store (stored logins and keys)";
    const SESSIONS: &str = "stored sessions with a model chosen by /model";
    const MODELS: &str = "agents/*/agent/models.json, which adds providers";
    const SPEECH: &str = "the stored speech choice (settings/tts.json)";
    &[
        (None, GATEWAY),
        (Some(File(Environment)), ENVIRONMENT),
        (Some(List(CredentialProfiles)), PROFILES),
        (None, "logins of other programs that OpenClaw takes over"),
        (Some(List(Sessions)), SESSIONS),
        (Some(List(Jobs)), "stored jobs with a model of their own"),
        (Some(File(Models)), MODELS),
        (Some(File(Speech)), SPEECH),
        (Some(List(Folders)), FOLDERS),
        (None, "code of plugins, hooks and skills"),
    ]
};

/// What was not examined because the host gave no data of its kind.
fn not_examined(input: &AuditInput) -> Vec<String> {
    let is_given = |beside: &Beside| match beside {
        Beside::File(kind) => input.stored_files.iter().any(|file| file.kind == *kind),
        Beside::List(kind) => input.stored_lists.iter().any(|list| list.kind == *kind),
    };
    NOT_EXAMINED
        .iter()
        .filter(|(beside, _)| !beside.as_ref().is_some_and(is_given))
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

impl AuditInput {
    /// A document without any further data.
    pub fn of(document: impl Into<String>) -> Self {
        Self {
            document: document.into(),
            ..Self::default()
        }
    }
}

/// Audits a document.
///
/// Returns questions as long as an included file or a variable is missing on which a route depends. A document that cannot be
/// parsed gives a report too, which is neither decided nor closed.
pub fn audit(input: &AuditInput) -> AuditOutcome {
    let mut questions = Questions::default();
    let mut report = audit_text(&input.document, input, &mut questions);
    for backup in &input.backups {
        check_backup(backup, input, &mut questions, &mut report);
    }
    finding::sort_worst_first(&mut report.findings);
    report.summary = summary::line(&report);
    let questions = questions.into_vec();
    if questions.is_empty() {
        AuditOutcome::Report(report)
    } else {
        AuditOutcome::Needs(questions)
    }
}

fn check_backup(
    backup: &FileText,
    input: &AuditInput,
    questions: &mut Questions,
    report: &mut Report,
) {
    let mut found = Findings::default();
    match &backup.text {
        None => found.add(message::BACKUP_UNREADABLE, &backup.path, "", &[]),
        Some(text) => {
            let inside = audit_text(text, input, questions);
            if let Some(first) = inside.findings.first().filter(|_| !inside.closed) {
                let at = match first.path.as_str() {
                    "" => "the document",
                    path => path,
                };
                let args = [first.code.as_str(), at];
                found.add(message::BACKUP_OPEN, &backup.path, &first.leads_to, &args);
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
    let mut not_examined = not_examined(input);
    let document = match document::parse(text) {
        Ok(document) => document,
        Err(problem) => {
            match text.trim().is_empty() {
                true => found.add(message::NO_CONFIGURATION, "", "", &[]),
                false => {
                    let args = [
                        &problem.path,
                        &problem.found,
                        &problem.accepted,
                        &problem.next,
                    ];
                    found.add(message::UNREADABLE, "", "", &args.map(String::as_str));
                }
            }
            return Report {
                not_examined,
                known_versions: known_versions(),
                open_tools: Slot::every_tool(),
                ..found.report(&[])
            };
        }
    };
    for key in &document.duplicates {
        found.add(message::DUPLICATE_KEY, key, "", &[]);
    }
    let (mut root, sources) = merge_includes(document.root, input, questions, &mut found);
    let mut variables = Variables::new(&root, input);
    // Also asks for the variables in the settings, which an edit of the same input needs.
    for (_, text) in settings_texts(&root) {
        variables.ask(&text, questions);
    }
    variables.substitute(&mut root);
    if !matches!(root, Value::Object(_)) {
        found.undecided(Code::UnknownShape, "", "a configuration is an object");
    }
    let version = Version::nearest(judged_version(&root, input.openclaw.as_ref()));
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
        model: suggested_reference(&root),
    };
    auditor.run(input);
    let agree = auditor.cross_check(input, &mut not_examined);
    let mut found = auditor.found;
    let judged = openclaw::check_version(&root, input.openclaw.as_ref(), agree, &mut found);
    let report = found.report(&sources);
    let unknown = |finding: &Finding| {
        finding.code == Code::UnverifiedHost.text() && finding.severity == Severity::Undecided
    };
    Report {
        not_examined,
        known_versions: known_versions(),
        judged_version: judged,
        // All tools count as open if this version is not known.
        open_tools: match report.findings.iter().any(unknown) {
            true => Slot::every_tool(),
            false => slots.open_tools(),
        },
        ..report
    }
}

/// The agents of a configuration: id, path and entry. Both forms are read, the map and the former list.
pub(crate) fn agents(root: &Value) -> impl Iterator<Item = (&str, String, &Value)> {
    let entries = root.members_at(&["agents", "entries"]);
    let list = root.items_at(&["agents", "list"]);
    entries
        .iter()
        .map(|(id, entry)| (id.as_str(), path::key("agents.entries", id), entry))
        .chain(list.iter().enumerate().map(|(n, entry)| {
            let id = entry.str_at(&["id"]).unwrap_or_default();
            (id, path::index("agents.list", n), entry)
        }))
}

/// The model reference of a setting that is text, or an object with `primary`.
pub(crate) fn primary(model: &Value) -> Option<&str> {
    model.as_str().or_else(|| model.str_at(&["primary"]))
}

/// The maps that give models their aliases. For each: the path of the agent that owns it (empty for the defaults), the path of the
/// map, and the map.
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

/// A reference to one of the proxy's models, for the texts of fixes.
fn suggested_reference(root: &Value) -> String {
    let rows = root.items_at(&["models", "providers", ID, "models"]);
    let id = rows.first().and_then(|row| row.str_at(&["id"]));
    let id = id.or(DEFAULT_MODELS.first().copied());
    format!("{ID}/{}", id.unwrap_or_default())
}

/// A place in the configuration.
#[derive(Debug, Clone, Copy)]
struct Location<'p> {
    path: &'p str,
    /// Whether an object around it is switched off. Then a route that would be open is only an exposure.
    disabled: bool,
}

impl<'p> Location<'p> {
    /// A place without anything switched off around it.
    fn enabled(path: &'p str) -> Self {
        Self {
            path,
            disabled: false,
        }
    }
}

/// The audit of one tree.
struct Auditor<'a> {
    root: &'a Value,
    names: &'a Names<'a>,
    slots: &'a Slots<'a>,
    table: Table,
    version: Version,
    variables: &'a Variables,
    questions: &'a mut Questions,
    found: Findings,
    /// A reference to one of the proxy's models, for the texts of fixes.
    model: String,
}

impl Auditor<'_> {
    fn run(&mut self, input: &AuditInput) {
        let is_used = self.check_implicit_primary();
        self.walk();
        self.check_aliases();
        self.check_refused_keys();
        self.check_proxy_entries(is_used);
        self.check_credentials();
        self.check_relocations();
        let open = self.slots.open();
        for file in &input.stored_files {
            self.check_stored_file(file, &open);
        }
        for list in &input.stored_lists {
            self.check_stored_list(list, &open);
        }
    }

    /// Whether a text contains a variable without a value. If it does, the variable is asked for, or reported.
    fn has_open_variable(&mut self, text: &str, location: Location<'_>) -> bool {
        if !text.contains("${") {
            return false;
        }
        if !self.variables.ask(text, self.questions) {
            self.report(message::UNRESOLVED_VARIABLE, location, text, &[]);
        }
        true
    }

    /// Adds a route that ends at the proxy, unless the place is disabled.
    fn add_closed(&mut self, location: Location<'_>, leads_to: &str) {
        if !location.disabled {
            self.found.route(location.path, leads_to, true);
        }
    }

    /// Reports a place that is not closed, and adds its route. A disabled place is reported as an exposure without a route.
    fn report<const N: usize>(
        &mut self,
        message: &Message<N>,
        location: Location<'_>,
        leads_to: &str,
        args: &[&str; N],
    ) {
        let Location { path, disabled } = location;
        let severity = match disabled {
            true => Severity::Exposure,
            false => message.0.severity,
        };
        if !disabled && !self.found.is_full(severity) {
            self.found.route(path, leads_to, false);
        }
        self.found.add_as(severity, message, path, leads_to, args);
    }
}

/// Audits with functions that answer the questions, for hosts and tests that have the answers at hand.
///
/// # Errors
/// The questions that are still open after more rounds than files can include each other.
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
