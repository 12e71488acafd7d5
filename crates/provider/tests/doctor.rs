//! The checks of the doctor: rows of facts, each with the result of a check (`doctor.json5`). Checks of the audit's report and of
//! versions are tested beside the code.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use claude_proxy_provider::doctor::{Check, Facts, Status, examine};
use claude_proxy_provider::document::parse;
use claude_proxy_provider::proxy_kind::{KINDS, OwnTools};
use serde_json::{Value, json};

fn table() -> Value {
    let table = parse(include_str!("doctor.json5")).unwrap().root.json();
    serde_json::from_str(&table).unwrap()
}

/// The facts to start from: none, a proxy that was not probed, or one that answers.
fn facts(table: &Value, from: &str) -> Value {
    let mut facts = table["bare"].clone();
    if from != "bare" {
        facts["proxy"] = json!({ "Ok": table["proxy"] });
    }
    if from == "portCheck" {
        facts["portCheck"] = json!({ "Ok": table["portCheck"] });
    }
    facts
}

fn checks(facts: Value) -> Vec<Check> {
    examine(&serde_json::from_value::<Facts>(facts).unwrap())
}

#[test]
fn each_row_has_its_check() {
    type Row = (Value, String, Status, String, Option<String>);
    let table = table();
    for group in table["groups"].as_array().unwrap() {
        let from = group["from"].as_str().unwrap();
        let rows: Vec<Row> = serde_json::from_value(group["rows"].clone()).unwrap();
        for (changes, id, status, detail, fix) in rows {
            let mut facts = facts(&table, from);
            for (place, value) in changes.as_object().unwrap() {
                let (name, member) = place.split_once('.').unwrap();
                let pointer = format!("{}{member}", table["places"][name].as_str().unwrap());
                *facts.pointer_mut(&pointer).unwrap() = value.clone();
            }
            let check = checks(facts).into_iter().find(|check| check.id == id);
            let check = check.unwrap();
            let row = format!("{from} {changes}: {check:?}");
            assert_eq!(check.status, status, "{row}");
            assert!(check.detail.contains(&detail), "{row}");
            assert!(!check.detail.ends_with(".."), "{row}");
            assert_eq!(check.fix.is_some(), fix.is_some(), "{row}");
            let fix = fix.unwrap_or_default();
            assert!(check.fix.unwrap_or_default().contains(&fix), "{row}");
        }
    }
}

#[test]
fn each_kind_has_its_warnings() {
    let table = table();
    for kind in KINDS {
        let own_tools = match kind.own_tools {
            OwnTools::Always => Some(true),
            OwnTools::Unknown => None,
            _ => Some(false),
        };
        let mut facts = facts(&table, "portCheck");
        facts["portCheck"]["Ok"]["verdict"]["name"] = json!(kind.name);
        facts["portCheck"]["Ok"]["verdict"]["ownTools"] = json!(own_tools);
        let checks = checks(facts);
        let check = checks
            .iter()
            .find(|check| check.id == "proxy-kind")
            .unwrap();
        assert!(check.detail.contains(kind.title), "{check:?}");
        assert_eq!(check.status == Status::Warn, check.fix.is_some());
        let warns = kind.forwards || own_tools == Some(true);
        assert_eq!(check.status == Status::Warn, warns, "{check:?}");
        let forwards = check.detail.contains("closedness ends at the proxy");
        assert_eq!(forwards, kind.forwards, "{check:?}");
    }
}

/// The next steps for a proxy on another machine name that machine.
#[test]
fn nobody_is_sent_after_a_program_of_this_machine() {
    let table = table();
    for (readiness, code, key, login) in [
        ("starting", "refused", "unchecked", "unknown"),
        ("foreign", "wrong-service", "rejected", "unknown"),
        ("unhealthy", "no-answer", "unchecked", "unknown"),
        ("ready", "ready-key-not-enforced", "not-enforced", "none"),
    ] {
        let mut facts = facts(&table, "portCheck");
        facts["proxy"]["Ok"]["remoteAddress"] = json!("box.lan");
        facts["oauthToken"] = json!({ "Ok": "malformed" });
        let verdict = &mut facts["portCheck"]["Ok"]["verdict"];
        verdict["readiness"] = json!(readiness);
        verdict["code"] = json!(code);
        verdict["key"] = json!(key);
        verdict["login"] = json!(login);
        for check in checks(facts) {
            match check.id.as_str() {
                "claude-cli" | "runtime" | "proxy-command" | "proxy-pinned" | "oauth-token" => {
                    assert_eq!(check.status, Status::Pass, "{check:?}");
                }
                "port" | "health" | "identity" | "access-key" | "login" => {
                    let fix = check.fix.unwrap_or("box.lan".to_owned());
                    assert!(fix.contains("box.lan"), "{fix}");
                    let is_local = fix.contains("claude-proxy re") || fix.contains("autoStart");
                    assert!(!is_local, "{fix}");
                }
                _ => {}
            }
        }
    }
}

/// The ids are in the conformance vectors (`tests/conformance/vectors/doctor.json`).
#[test]
fn a_check_without_facts_does_not_pass() {
    let checks = checks(facts(&table(), "bare"));
    assert!(checks.len() > 20);
    for check in checks {
        assert_ne!(check.status, Status::Pass, "{check:?}");
        assert!(
            check.status != Status::Fail || check.fix.is_some(),
            "{check:?}"
        );
    }
}
