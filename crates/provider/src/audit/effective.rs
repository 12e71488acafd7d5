//! The effective configuration: a document with its includes and variables replaced, as OpenClaw uses it.

use super::finding::Findings;
use super::include::Merger;
use super::variables::{Questions, Variables};
use crate::ID;
use crate::document::{Value, path};
use crate::settings::SETTINGS_PATH;
use crate::wit::config::Finding;
use crate::wit::config::{AuditInput, Question};

/// Path of our provider entry.
pub(crate) const PROVIDER: &str = "models.providers.anthropic-claude-proxy";

/// The paths of the objects that include a file, and the files.
type Sources = Vec<(String, String)>;

/// Replaces the includes of a tree. Also returns where files are included.
pub(super) fn merge_includes(
    root: Value,
    input: &AuditInput,
    questions: &mut Questions,
    found: &mut Findings,
) -> (Value, Sources) {
    let mut merger = Merger::new(&input.files, found);
    let root = merger.merge(root, 0);
    questions.append(merger.questions);
    (root, merger.sources)
}

/// A document with its includes and variables replaced.
pub(crate) struct EffectiveConfig {
    /// Its tree.
    pub(crate) root: Value,
    /// The questions that must be answered first.
    pub(crate) questions: Vec<Question>,
    /// Findings about files that could not be included.
    pub(crate) findings: Vec<Finding>,
    /// Texts of settings with a variable that has no value: the path, and the variable.
    pub(crate) unresolved: Vec<(String, String)>,
}

/// Replaces includes and variables as the audit does.
pub(crate) fn effective_config(root: Value, input: &AuditInput) -> EffectiveConfig {
    let mut questions = Questions::default();
    let mut found = Findings::default();
    let (mut root, _) = merge_includes(root, input, &mut questions, &mut found);
    let mut variables = Variables::new(&root, input);
    let mut unresolved = Vec::new();
    for (place, text) in settings_texts(&root) {
        if !variables.ask(&text, &mut questions)
            && let Some(name) = variables.without_value(&text)
        {
            unresolved.push((place, name.to_owned()));
        }
    }
    variables.substitute(&mut root);
    EffectiveConfig {
        root,
        questions: questions.into_vec(),
        findings: found.report(&[]).findings,
        unresolved,
    }
}

/// The texts in the settings, with their paths.
pub(super) fn settings_texts(root: &Value) -> Vec<(String, String)> {
    /// Records of former values, which are no settings.
    const RECORDS: &[&str] = &["hardened", "previousDefault"];
    fn add(value: &Value, at: &str, out: &mut Vec<(String, String)>) {
        match value {
            Value::String(text) => out.push((at.to_owned(), text.clone())),
            Value::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    add(item, &path::index(at, n), out);
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    let own = root.members_at(&["plugins", "entries", ID, "config"]);
    for (name, value) in own {
        if !RECORDS.contains(&name.as_str()) {
            add(value, &path::key(SETTINGS_PATH, name), &mut out);
        }
    }
    if let Some(entry) = root.at(&["models", "providers", ID]) {
        for name in ["baseUrl", "api"] {
            if let Some(value) = entry.get(name) {
                add(value, &path::key(PROVIDER, name), &mut out);
            }
        }
        let rows = path::key(PROVIDER, "models");
        let models = entry.items_at(&["models"]);
        for (n, row) in models.iter().enumerate() {
            if let Some(id) = row.get("id") {
                add(id, &path::key(&path::index(&rows, n), "id"), &mut out);
            }
        }
    }
    out
}
