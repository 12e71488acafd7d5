//! The audit ends for documents that are too large or too deep or have open questions, and never calls them closed.

use claude_proxy_provider::audit::{
    AuditInput, AuditOutcome, Question, Report, Variable, audit, audit_with,
};

use super::{minimal, report};

#[test]
fn asks_for_files_and_variables_in_rounds() {
    let mut input = AuditInput::of("{$include: './a.json5', agents: {defaults: {model: '${M}'}}}");
    let file = || Question::File("a.json5".to_owned());
    let want = vec![file(), Question::Variable("M".to_owned())];
    assert_eq!(audit(&input), AuditOutcome::Needs(want));
    input.variables.push(Variable {
        name: "M".to_owned(),
        value: Some("openai/x".to_owned()),
    });
    assert_eq!(audit(&input), AuditOutcome::Needs(vec![file()]));
}

#[test]
fn what_is_too_much_is_bounded_and_never_closed() {
    let many = vec!["'openai/x'"; 20_000].join(",");
    let report_of_many = report(&format!(
        "{{plugins:{{deny:['microsoft']}},agents:{{defaults:{{model:{{fallbacks:[{many}]}}}}}}}}"
    ));
    assert!(!report_of_many.closed && report_of_many.decided);
    assert!(report_of_many.findings.len() < 600);
    assert!(has(&report_of_many, "too-large"));
    let warned: String = (0..1000)
        .map(|n| format!("\"F{n}_API_KEY\":\"k\","))
        .collect();
    let warned = format!("{{\"env\":{{\"vars\":{{{warned}}}}},{}", &minimal()[1..]);
    assert!(report(&warned).closed);
    let warned = warned.replacen("\"fallbacks\":[]", "\"fallbacks\":[\"openai/x\"]", 1);
    assert_eq!(
        report(&warned).findings[0].path,
        "agents.defaults.model.fallbacks[0]"
    );
    let deep = |n: usize| format!("{{agents:{}1{}}}", "{a:".repeat(n), "}".repeat(n));
    assert!(!has(&report(&deep(100)), "unreadable"));
    assert_eq!(report(&deep(100_000)).findings[0].code, "unreadable");
    let entries: String = (0..300)
        .map(|n| format!("a{n}:{{model:'anthropic-claude-proxy/a'}},"))
        .collect();
    let agents = report(&minimal().replacen(
        "\"defaults\"",
        &format!("\"entries\":{{{entries}}},\"defaults\""),
        1,
    ));
    assert!(!agents.decided);
    let key = "k".repeat(5000);
    assert!(!report(&format!("{{{key}: {{model: 'x'}}}}")).decided);
}

/// The component has a stack of 1 MiB. The deepest accepted document must need less than half of it, even without optimization.
#[test]
fn the_deepest_document_needs_little_stack() {
    let deep = format!("{}'x'{}", "{a:".repeat(128), "}".repeat(128));
    let judge = move || report(&deep);
    #[expect(clippy::disallowed_types, reason = "a stack of this size")]
    let thread = std::thread::Builder::new()
        .stack_size(512 << 10)
        .spawn(judge)
        .unwrap();
    assert!(!thread.join().unwrap().closed);
}

#[test]
fn files_that_include_each_other_over_and_over_are_bounded() {
    let list = vec!["'./b'"; 1000].join(",");
    let includes = |key: &str, list: &str| format!("{{{key}: {{$include: [{list}]}}}}");
    let input = AuditInput::of(includes("x", &list));
    let file = |_: &str| Some(includes("y", &list.replace('b', "c")));
    assert!(has(
        &audit_with(&input, file, |_| None).unwrap(),
        "too-large"
    ));
}

#[test]
fn deep_includes_are_bounded() {
    let nest = |inner: &str| format!("{}{inner}{}", "{a:".repeat(100), "}".repeat(100));
    let input = AuditInput::of(nest("{$include: './a'}"));
    let report = audit_with(&input, |_| Some(nest("1")), |_| None).unwrap();
    assert!(has(&report, "too-deep"));
}

fn has(report: &Report, code: &str) -> bool {
    report.findings.iter().any(|finding| finding.code == code)
}
