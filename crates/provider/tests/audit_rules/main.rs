//! The rules of the audit: a small case for each in `rules.json5`, and properties of every input.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod bounds;
mod cases;
mod properties;
mod reports;

use std::sync::LazyLock;

use claude_proxy_provider::audit::{AuditInput, Code, Report, Severity, audit_with};
use claude_proxy_provider::document::path::{Part, parts};
use claude_proxy_provider::document::{self, parse};
use serde_json::{Value, json};

static RULES: LazyLock<Value> =
    LazyLock::new(|| to_serde(&parse(include_str!("../rules.json5")).unwrap().root));

/// A value as one of serde_json.
fn to_serde(value: &document::Value) -> Value {
    serde_json::from_str(&value.json()).unwrap()
}

/// Sets the value at a path, or removes it with `None`. Objects around it are created.
fn put(at: &mut Value, path: &str, new: Option<&Value>) {
    let mut parts = parts(path).unwrap();
    let last = parts.pop().unwrap();
    let mut at = at;
    for part in parts {
        at = match part {
            Part::Key(key) => {
                if !at.is_object() {
                    *at = json!({});
                }
                at.as_object_mut()
                    .unwrap()
                    .entry(key)
                    .or_insert_with(|| json!({}))
            }
            Part::Index(n) => &mut at[n],
        };
    }
    let Part::Key(key) = last else {
        panic!("{path}")
    };
    match new {
        Some(new) => {
            if !at.is_object() {
                *at = json!({});
            }
            at[key] = new.clone();
        }
        None => {
            at.as_object_mut().unwrap().remove(&key);
        }
    }
}

fn document(rules: &Value, case: &Value) -> String {
    if let Some(text) = case["document"].as_str() {
        return text.to_owned();
    }
    let mut tree = rules["base"].clone();
    for path in case["remove"].as_array().into_iter().flatten() {
        put(&mut tree, path.as_str().unwrap(), None);
    }
    if case["outside"] == true {
        put(
            &mut tree,
            "models.providers.outside",
            Some(&rules["outside"]),
        );
    }
    for (path, new) in case["set"].as_object().into_iter().flatten() {
        put(&mut tree, path, Some(new));
    }
    tree.to_string()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

fn paths(report: &Report, severities: &[Severity]) -> Vec<String> {
    let mut paths: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| severities.contains(&finding.severity))
        .map(|finding| finding.path.clone())
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

#[test]
fn every_rule_holds() {
    let rules = &*RULES;
    let mut wrong = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for case in rules["cases"].as_array().unwrap() {
        let mut asked = Vec::new();
        let report = audit_with(
            &AuditInput::of(document(rules, case)),
            |name| case["files"][name].as_str().map(str::to_owned),
            |name| {
                asked.push(name.to_owned());
                case["env"][name].as_str().map(str::to_owned)
            },
        )
        .unwrap();
        seen.extend(report.findings.iter().map(|finding| finding.code.clone()));
        let mut say = |what: String| wrong.push(format!("{}: {what}", case["name"]));
        let open = paths(&report, &[Severity::Leak, Severity::Undecided]);
        let mut want = texts(&case["open"]);
        want.sort();
        if open != want {
            say(format!("open {open:?}, not {want:?}"));
        }
        if report.closed != want.is_empty() {
            say(format!("closed is {}", report.closed));
        }
        let warned = paths(&report, &[Severity::Exposure, Severity::Note]);
        for path in texts(&case["warn"])
            .iter()
            .filter(|path| !warned.contains(path))
        {
            say(format!("no warning at {path}: {warned:?}"));
        }
        for code in texts(&case["codes"]) {
            if !report.findings.iter().any(|finding| finding.code == code) {
                say(format!("no {code}"));
            }
        }
        for code in texts(&case["not"]) {
            if report.findings.iter().any(|finding| finding.code == code) {
                say(format!("there is a {code}"));
            }
        }
        if asked != texts(&case["asks"]) {
            say(format!("asked {asked:?}"));
        }
        for finding in &report.findings {
            if finding.message.is_empty()
                || finding.fix.is_empty()
                || finding.message.contains("  ")
            {
                say(format!("{finding:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    // Every code has a case, but for those that need large or several inputs (tested below).
    let elsewhere = [
        Code::TooDeep,
        Code::TooLarge,
        Code::BackupOpen,
        Code::BackupUnreadable,
        Code::UnverifiedHost,
        Code::ResolvedElsewhere,
        Code::StoredChoice,
        Code::StoredUnreadable,
    ];
    for code in Code::ALL.iter().filter(|code| !elsewhere.contains(code)) {
        assert!(seen.contains(code.text()), "no case shows {}", code.text());
    }
}

fn report(document: &str) -> Report {
    report_on(&AuditInput::of(document))
}

/// The report where no file and no variable is there.
fn report_on(input: &AuditInput) -> Report {
    audit_with(input, |_| None, |_| None).unwrap()
}

fn minimal() -> String {
    RULES["base"].to_string()
}
