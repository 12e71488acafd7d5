//! The audit: it ends, gives the same report twice, is consistent with itself, and finds a leak that was added.
#![no_main]

use claude_proxy_fuzz::edits;
use claude_proxy_provider::audit::Severity;
use claude_proxy_provider::document::{self, Value};
use libfuzzer_sys::fuzz_target;

/// Members that open a route wherever they are added to an object at the root.
const LEAKS: [(&str, &str); 3] = [
    ("agents", "{defaults: {model: 'openai/gpt-6'}}"),
    (
        "agents",
        "{defaults: {model: {primary: 'anthropic/claude-opus-4-6', fallbacks: []}}}",
    ),
    (
        "models",
        "{providers: {'anthropic-claude-proxy': {baseUrl: 'https://proxy.example', models: []}}}",
    ),
];

fuzz_target!(|text: &str| {
    let Some(input) = edits::audit_input(text) else {
        return;
    };
    let report = edits::audit(&input, text);
    assert_eq!(report, edits::audit(&input, text), "the same twice");
    let open = report
        .findings
        .iter()
        .any(|finding| matches!(finding.severity, Severity::Leak | Severity::Undecided));
    let undecided = report
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Undecided);
    assert_eq!(report.closed, !open, "{:?}", report.findings);
    assert_eq!(report.decided, !undecided, "{:?}", report.findings);
    if report.closed {
        assert!(
            report.routes.iter().all(|route| route.closed),
            "closed with an open route: {:?}",
            report.routes
        );
    }
    for finding in &report.findings {
        for said in [&finding.message, &finding.leads_to, &finding.fix] {
            assert!(
                !said.contains(['\u{1b}', '\u{9b}', '\u{7f}']),
                "control characters: {said:?}"
            );
        }
    }
    // White space changes nothing.
    let report_of = |text: &str| edits::audit(&input, text);
    let spaced = format!(" /**/\n{text}\n//");
    if document::parse(text).is_ok() {
        assert_eq!(report.closed, report_of(&spaced).closed, "white space");
    }
    // A later member wins over an earlier one of the same name and is a duplicate then: open either way.
    let Ok(document) = document::parse(text) else {
        assert!(!report.closed, "closed without being read");
        return;
    };
    if let Value::Object(members) = &document.root
        && let Some(end) = text.rfind('}')
    {
        for (name, value) in LEAKS {
            let comma = if members.is_empty() { "" } else { "," };
            for comma in [comma, ""] {
                let (before, after) = text.split_at(end);
                let with = format!("{before}\n{comma}\"{name}\": {value}{after}");
                assert!(!report_of(&with).closed, "overlooked: {with}");
            }
        }
    }
});
