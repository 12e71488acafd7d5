//! Edits as folders of files: `before.json5`, `request.json` and, for includes and variables, `files.json` and `variables.json`; and the
//! expected result, `after.json5` with `changes.json`, or `refused.json`. `EDIT_CASES=write` writes the results, to be reviewed and
//! committed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use claude_proxy_provider::ID;
use claude_proxy_provider::audit::{
    AuditInput, FileText, ListKind, StoredEntry, StoredList, Variable,
};
use claude_proxy_provider::edit::{ApplyRequest, apply};

const OUTCOMES: &[&str] = &["after.json5", "changes.json", "refused.json"];

/// The outcome, by file name.
fn run(case: &Path) -> BTreeMap<&'static str, String> {
    let read = |name| fs::read_to_string(case.join(name)).ok();
    let request: ApplyRequest = serde_json::from_str(&read("request.json").unwrap()).unwrap();
    let files: BTreeMap<String, String> =
        serde_json::from_str(&read("files.json").unwrap_or("{}".to_owned())).unwrap();
    let mut input = AuditInput::of(read("before.json5").unwrap());
    input.files = files
        .into_iter()
        .map(|(path, text)| FileText {
            path,
            text: Some(text),
        })
        .collect();
    let variables: BTreeMap<String, Option<String>> =
        serde_json::from_str(&read("variables.json").unwrap_or("{}".to_owned())).unwrap();
    input.variables = variables
        .into_iter()
        .map(|(name, value)| Variable { name, value })
        .collect();
    match apply(&input, &request) {
        Ok(applied) => {
            input.document.clone_from(&applied.text);
            let again = apply(&input, &request).unwrap();
            assert_eq!(
                again.text, applied.text,
                "{case:?}: a second time changes the text"
            );
            assert_eq!(
                again.changes,
                [],
                "{case:?}: a second time says that it changes"
            );
            let changes = serde_json::to_string_pretty(&applied.changes).unwrap();
            BTreeMap::from([
                ("after.json5", applied.text),
                ("changes.json", changes + "\n"),
            ])
        }
        Err(error) => {
            let error = serde_json::to_string_pretty(&error).unwrap();
            BTreeMap::from([("refused.json", error + "\n")])
        }
    }
}

#[test]
fn cases() {
    let write = std::env::var("EDIT_CASES").is_ok_and(|value| value == "write");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/edit-cases");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() > 30, "the cases are there");
    for case in cases {
        let outcome = run(&case);
        for name in OUTCOMES {
            let file = case.join(name);
            if write {
                match outcome.get(name) {
                    Some(text) => fs::write(&file, text).unwrap(),
                    None => drop(fs::remove_file(&file)),
                }
            }
            let expected = fs::read_to_string(&file).ok();
            assert_eq!(outcome.get(name), expected.as_ref(), "{}", file.display());
        }
    }
}

/// The sample cases of the audit that are closed and consist of one file.
fn closed_samples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let samples = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    samples
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            let is_sample = name.starts_with("closed-") && !name.ends_with(".expect.json");
            (is_sample && path.is_file()).then(|| (name, fs::read_to_string(&path).unwrap()))
        })
        .collect()
}

#[test]
fn what_is_closed_is_hardened_and_stays_closed() {
    let request = ApplyRequest {
        harden: true,
        grant_hooks: true,
        ..ApplyRequest::default()
    };
    let samples = closed_samples();
    assert!(samples.len() >= 7, "the samples are there");
    for (name, document) in samples {
        for set_default in [false, true] {
            let request = ApplyRequest {
                set_default,
                ..request.clone()
            };
            let applied = apply(&AuditInput::of(&document), &request)
                .unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert!(applied.report.closed, "{name}: {:#?}", applied.report);
            let again = apply(&AuditInput::of(&applied.text), &request).unwrap();
            assert_eq!(again.changes, [], "{name}: a second time changes it");
            // What was ours before is no former default to go back to.
            assert!(!applied.text.contains("previousDefault"), "{name}");
        }
    }
}

fn refusal(document: &str, request: &ApplyRequest) -> String {
    let error = apply(&AuditInput::of(document), request).unwrap_err();
    error.problems[0].code.clone()
}

#[test]
fn a_route_that_the_edit_would_open_is_refused() {
    // The bare id names our model because its row is there; without the row it names another provider's.
    let document = r#"{
        "agents": {"defaults": {"model": "claude-haiku-4"}},
        "models": {"providers": {"anthropic-claude-proxy": {
            "baseUrl": "http://127.0.0.1:3456", "api": "anthropic-messages", "apiKey": "x",
            "models": [{"id": "claude-haiku-4", "name": "x"}]
        }}}
    }"#;
    let request = |set_default| ApplyRequest {
        models: Some(vec!["claude-opus-4.6".to_owned()]),
        set_default,
        ..ApplyRequest::default()
    };
    assert_eq!(refusal(document, &request(false)), "would-open");
    assert!(
        apply(&AuditInput::of(document), &request(true))
            .unwrap()
            .report
            .closed
    );
}

#[test]
fn half_of_a_file_is_never_lost_in_one_step() {
    let headers: String = (0..100).map(|n| format!(r#""x-{n}": "v","#)).collect();
    let document = format!(
        r#"{{"models": {{"providers": {{"{ID}": {{}}, "Anthropic-Claude-Proxy": {{"headers": {{{headers}}}, "params": {{{headers}}}}}}}}}}}"#
    );
    let fix = ApplyRequest {
        fix: true,
        models: Some(vec!["claude-opus-4.6".to_owned()]),
        ..ApplyRequest::default()
    };
    assert_eq!(refusal(&document, &fix), "would-shrink");
}

#[test]
fn questions_of_the_audit_come_first() {
    let document = "{ channels: { $include: './channels.json5' } }";
    assert_eq!(refusal(document, &ApplyRequest::default()), "unanswered");
}

#[test]
fn secrets_are_not_shown() {
    let document = r#"{
        "models": {"providers": {
            "openai": {"baseUrl": "https://user:hunter2@x.example", "apiKey": "sk-hunter2", "models": []},
            "anthropic-claude-proxy": {"headers": {"x-secret": "hunter2"}, "models": []}
        }},
        "env": {"vars": {"OPENAI_API_KEY": "hunter2"}},
        "agents": {"$include": "./agents.json5"}
    }"#;
    let harden = ApplyRequest {
        harden: true,
        ..ApplyRequest::default()
    };
    let mut included = AuditInput::of(document);
    included.files = vec![FileText {
        path: "agents.json5".to_owned(),
        text: Some("{}".to_owned()),
    }];
    let shown = format!("{:?}", apply(&included, &harden).unwrap_err());
    assert!(
        shown.contains("include-on-path") && !shown.contains("hunter2"),
        "{shown}"
    );
    let plain = document.replace(r#""$include": "./agents.json5""#, "");
    let applied = apply(&AuditInput::of(&plain), &harden).unwrap();
    let shown = format!("{:?}", applied.changes);
    assert!(
        shown.contains("openai") && !shown.contains("hunter2"),
        "{shown}"
    );
    assert!(
        applied.text.contains("sk-hunter2"),
        "the record keeps the value itself"
    );
}

#[test]
fn a_model_that_a_session_has_chosen_stays_registered() {
    let ask = |models: &[&str]| ApplyRequest {
        address: Some("127.0.0.1".to_owned()),
        port: Some(3456),
        models: Some(models.iter().map(|&id| id.to_owned()).collect()),
        ..ApplyRequest::default()
    };
    let first = apply(
        &AuditInput::of(""),
        &ask(&["claude-opus-4.6", "claude-haiku-4"]),
    )
    .unwrap();
    let mut second = AuditInput::of(&first.text);
    let session = StoredEntry {
        name: "agent:main:main".to_owned(),
        provider: ID.to_owned(),
        model: "claude-haiku-4".to_owned(),
        ..StoredEntry::default()
    };
    second.stored_lists = vec![StoredList {
        kind: ListKind::Sessions,
        name: "stored sessions".to_owned(),
        entries: Some(vec![session]),
    }];
    let request = ask(&["claude-opus-4.6", "claude-haiku-4-5"]);
    let applied = apply(&second, &request).unwrap();
    assert!(
        applied.text.contains("\"claude-haiku-4\""),
        "{}",
        applied.text
    );
    second.document = applied.text;
    assert_eq!(apply(&second, &request).unwrap().changes, []);
    // Without the choice the model goes.
    let applied = apply(&AuditInput::of(&first.text), &request).unwrap();
    assert!(!applied.text.contains("\"claude-haiku-4\""));
}

/// The next login closes it, and so does `doctor --fix`. The written files are among the cases.
#[test]
fn a_file_with_an_entry_of_an_older_version_is_closed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/edit-cases");
    for case in ["old-entry", "old-entry-fixed"] {
        let read = |name| fs::read_to_string(folder.join(case).join(name)).unwrap();
        let request: ApplyRequest = serde_json::from_str(&read("request.json")).unwrap();
        let mut before = AuditInput::of(read("before.json5"));
        before.openclaw = Some(claude_proxy_provider::audit::OpenclawVersion {
            version: "2026.9.6".to_owned(),
            schema_known: true,
        });
        let applied = apply(&before, &request).unwrap();
        let findings = &applied.report.findings;
        assert!(applied.report.closed, "{case}: {findings:#?}");
    }
}
