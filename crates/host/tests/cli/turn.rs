//! `doctor --turn`, quota, and a login that ends soon, with the fake proxy behind the real program.

use serde_json::Value;

use crate::support::{Home, PROGRAM, Supervised, check, free_port, says};

/// A home whose proxy is ready, with these switches.
fn ready(switches: &[&str]) -> (Home, Supervised) {
    let home = Home::new();
    home.set_up(free_port());
    let program = [&[PROGRAM, "fake-proxy"], switches].concat();
    let supervised = Supervised::start(home.supervise(None, &program));
    supervised.state("ready");
    (home, supervised)
}

fn turn_checks(home: &Home) -> Vec<(String, String, Value)> {
    let doctor = home.run(&["doctor", "--turn", "--yes", "--json"]).json();
    let checks = doctor["checks"].as_array().unwrap();
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    checks
        .iter()
        .filter(|check| check["id"].as_str().unwrap().starts_with("turn-"))
        .map(|check| (text(check, "id"), text(check, "status"), check.clone()))
        .collect()
}

#[test]
fn a_turn_passes_through_a_proxy_that_loses_nothing() {
    let (home, _proxy) = ready(&[]);
    let checks = turn_checks(&home);
    assert_eq!(checks.len(), 6, "{checks:#?}");
    assert!(
        checks.iter().all(|(_, status, _)| status == "pass"),
        "{checks:#?}"
    );
}

#[test]
fn each_fault_fails_its_own_turn_check() {
    for (switches, id) in [
        (&["--drop-messages"][..], "turn-continuity"),
        (&["--login", "rejected"], "turn-login"),
        (&["--api-refusal", "429"], "turn-answer"),
        (&["--api-refusal", "429-bare"], "turn-answer"),
    ] {
        let (home, _proxy) = ready(switches);
        let checks = turn_checks(&home);
        let failed: Vec<&str> = checks
            .iter()
            .filter(|(_, status, _)| status == "fail")
            .map(|(id, _, _)| id.as_str())
            .collect();
        assert_eq!(failed, [id], "{switches:?} {checks:#?}");
        for (_, status, check) in &checks {
            assert!(status != "fail" || check["fix"].is_string(), "{check}");
        }
    }
}

#[test]
fn doctor_turn_sends_nothing_without_consent() {
    let home = Home::new();
    home.set_up(free_port());
    let refused = home.run(&["doctor", "--turn"]);
    refused.ends(4);
    assert!(
        refused.err.contains("--yes") && refused.err.contains("three small requests"),
        "{}",
        refused.err
    );
    // Nobody is there who could answer.
    let checks = turn_checks(&home);
    let answer = checks
        .iter()
        .find(|(id, _, _)| id == "turn-answer")
        .unwrap();
    assert_eq!(answer.1, "fail", "{checks:#?}");
}

#[test]
fn quota_and_the_end_of_a_login_are_in_the_status() {
    let (home, _proxy) = ready(&["--quota", "42", "--renewal-days", "3"]);
    let status = home.run(&["status", "--json"]).json();
    let windows = &status["quota"]["windows"];
    assert_eq!(windows[0]["id"], "five_hour", "{status:#}");
    assert_eq!(windows[0]["usedPercent"], 42);
    assert!(windows[0]["resetsAtMs"].as_u64().is_some());
    assert_eq!(windows[1]["usedPercent"], 21);
    says(&status["next"], &["claude auth login"]);
    says(&status["detail"], &["ends in 3 days"]);
    let text = home.run(&["status"]).out;
    says(&text, &["quota     5h 42 % used, resets in 2 h"]);
    let doctor = home.run(&["doctor", "--json"]).json();
    let health = check(&doctor, "health")["detail"].to_string();
    assert!(health.contains("ends in 3 days"), "{health}");
    // Whoever asks often is spared.
    assert_eq!(
        home.run(&["status", "--json", "--no-quota"]).json()["quota"],
        Value::Null
    );
}

#[test]
fn an_unknown_quota_is_null() {
    let (home, _proxy) = ready(&[]);
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["quota"], Value::Null, "{status:#}");
    assert!(!home.run(&["status"]).out.contains("quota"));
}

/// One line each, and nothing is lost.
#[test]
fn a_bad_model_list_is_reported_in_one_line() {
    for (list, words) in [("none", "lists no model"), ("rubbish", ""), ("many", "")] {
        let (home, _proxy) = ready(&["--models", list]);
        home.run(&["models"]).ends(0).says(&[words]);
        let doctor = home.run(&["doctor", "--json"]).json();
        let default = check(&doctor, "default-model");
        let detail = default["detail"].as_str().unwrap();
        assert!(!detail.contains('\n') && detail.len() < 400, "{default}");
    }
}

#[test]
fn doctor_fails_a_default_model_that_the_proxy_does_not_list() {
    let home = Home::new();
    let port = free_port().to_string();
    let models = "claude-opus-4-1,claude-opus-4-6";
    let setup = [
        "setup",
        "--yes",
        "--set-default",
        "--models",
        models,
        "--port",
        &port,
    ];
    home.run(&setup).ends(0);
    let proxy = Supervised::start(home.supervise(None, &[PROGRAM, "fake-proxy"]));
    proxy.state("ready");
    let doctor = home.run(&["doctor", "--json"]).json();
    let default = check(&doctor, "default-model");
    assert_eq!(default["status"], "fail", "{default}");
    let detail = default["detail"].as_str().unwrap();
    assert!(detail.contains("claude-opus-4-8"), "{default}");
}
