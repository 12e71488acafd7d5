//! `doctor --turn`, quota, and a login that ends soon, with the fake proxy behind the real program.

use serde_json::{Value, json};

use crate::support::{Home, PROGRAM, Supervised, free_port, has, says};

/// A home whose proxy is ready, with these switches.
fn ready(switches: &[&str]) -> (Home, Supervised) {
    let home = Home::new();
    home.set_up(free_port());
    let program = [&[PROGRAM, "fake-proxy"], switches].concat();
    let supervised = Supervised::start(home.supervise(None, &program));
    supervised.state("ready");
    (home, supervised)
}

/// What a turn shows: the ids of its checks with their status. What fails has a fix.
fn turn_checks(home: &Home) -> Vec<(String, String)> {
    let doctor = home.run(&["doctor", "--turn", "--yes", "--json"]).json();
    let checks = doctor["checks"].as_array().unwrap().iter();
    let of_the_turn = checks.filter_map(|check| {
        let (id, status) = (check["id"].as_str()?, check["status"].as_str()?);
        assert!(status != "fail" || check["fix"].is_string(), "{check}");
        let it = (id.to_owned(), status.to_owned());
        id.starts_with("turn-").then_some(it)
    });
    of_the_turn.collect()
}

#[test]
fn a_turn_passes_through_a_proxy_that_loses_nothing() {
    let (home, _proxy) = ready(&[]);
    let checks = turn_checks(&home);
    assert_eq!(checks.len(), 6, "{checks:#?}");
    let passed = checks.iter().all(|(_, status)| status == "pass");
    assert!(passed, "{checks:#?}");
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
        let failed = checks.iter().filter(|(_, status)| status == "fail");
        let failed: Vec<&str> = failed.map(|(id, _)| id.as_str()).collect();
        assert_eq!(failed, [id], "{switches:?} {checks:#?}");
    }
}

#[test]
fn doctor_turn_sends_nothing_without_consent() {
    let home = Home::new();
    home.set_up(free_port());
    let refused = home.run(&["doctor", "--turn"]);
    refused.ends(4).says(&["--yes", "three small requests"]);
    // Nobody is there who could answer.
    let checks = turn_checks(&home);
    let failed = |(id, status): &(String, String)| id == "turn-answer" && status == "fail";
    assert!(checks.iter().any(failed), "{checks:#?}");
}

#[test]
fn quota_and_the_end_of_a_login_are_in_the_status() {
    let (home, _proxy) = ready(&["--quota", "42", "--renewal-days", "3"]);
    let status = home.run(&["status", "--json"]).json();
    let windows = &status["quota"]["windows"];
    has(&windows[0], json!({ "id": "five_hour", "usedPercent": 42 }));
    assert!(windows[0]["resetsAtMs"].is_u64());
    assert_eq!(windows[1]["usedPercent"], 21);
    says(&status["next"], &["claude auth login"]);
    says(&status["detail"], &["ends in 3 days"]);
    let text = home.run(&["status"]).out;
    says(&text, &["quota     5h 42 % used, resets in 2 h"]);
    says(&home.checked("health")["detail"], &["ends in 3 days"]);
    // Whoever asks often is spared.
    let spared = home.run(&["status", "--json", "--no-quota"]).json();
    has(&spared, json!({ "quota": null }));
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
        let default = home.checked("default-model");
        let detail = default["detail"].as_str().unwrap();
        assert!(!detail.contains('\n') && detail.len() < 400, "{default}");
    }
}

#[test]
fn doctor_fails_a_default_model_that_the_proxy_does_not_list() {
    let home = Home::new();
    let port = free_port().to_string();
    let models = "claude-opus-4-1,claude-opus-4-6";
    let setup = ["setup", "--yes", "--set-default", "--port", &port];
    home.run(&[&setup[..], &["--models", models]].concat())
        .ends(0);
    let proxy = Supervised::start(home.supervise(None, &[PROGRAM, "fake-proxy"]));
    proxy.state("ready");
    let default = home.checked("default-model");
    assert_eq!(default["status"], "fail", "{default}");
    says(&default["detail"], &["claude-opus-4-8"]);
}
