//! Edits of configuration texts, as files: `before.json5`, `request.json`, and what comes out of them, `after.json5` with
//! `changes.json`, or `refused.json`. `EDIT_CASES=write` writes the outcome, to be read and committed.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use claude_proxy_provider::edit::apply;
use claude_proxy_provider::report::{ApplyRequest, AuditInput};

fn input(document: &str) -> AuditInput {
    AuditInput {
        document: document.to_owned(),
        ..AuditInput::default()
    }
}

/// The outcome, by file name.
fn run(case: &Path) -> Vec<(&'static str, String)> {
    let before = fs::read_to_string(case.join("before.json5")).unwrap();
    let request = fs::read_to_string(case.join("request.json")).unwrap();
    let request: ApplyRequest = serde_json::from_str(&request).unwrap();
    match apply(&input(&before), &request) {
        Ok(applied) => {
            let again = apply(&input(&applied.text), &request).unwrap();
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
            vec![
                ("after.json5", applied.text),
                ("changes.json", changes + "\n"),
            ]
        }
        Err(error) => {
            vec![(
                "refused.json",
                serde_json::to_string_pretty(&error).unwrap() + "\n",
            )]
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
    assert!(cases.len() > 10, "the cases are there");
    for case in cases {
        for (name, text) in run(&case) {
            let file = case.join(name);
            if write {
                fs::write(&file, &text).unwrap();
            }
            let expected = fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(text, expected, "{}", file.display());
        }
    }
}
