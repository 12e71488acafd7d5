//! Every case under `tests/cases`: a configuration and what the verdict rules say about it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::path::Path;

use claude_proxy_provider::audit::audit_with;
use claude_proxy_provider::report::{AuditInput, Report, Severity};
use serde_json::Value;

fn audit(path: &Path) -> Report {
    let folder = path.parent().unwrap();
    let input = AuditInput::of(std::fs::read_to_string(path).unwrap());
    audit_with(
        &input,
        |name| std::fs::read_to_string(folder.join(name)).ok(),
        |_| None,
    )
    .unwrap()
}

fn paths(report: &Report, severities: &[Severity]) -> Vec<String> {
    report
        .findings
        .iter()
        .filter(|finding| severities.contains(&finding.severity))
        .map(|finding| finding.path.clone())
        .collect()
}

#[test]
fn every_case_is_judged_as_the_rules_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".expect.json") {
            continue;
        }
        count += 1;
        let expect: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join(&name)).unwrap()).unwrap();
        let report = audit(&folder.join(expect["file"].as_str().unwrap()));
        let list = |key: &str| -> Vec<String> {
            expect[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|path| path.as_str().unwrap().to_owned())
                .collect()
        };
        let open = paths(&report, &[Severity::Leak, Severity::Undecided]);
        let warned = paths(&report, &[Severity::Exposure, Severity::Note]);
        let mut say = |what: String| wrong.push(format!("{name}: {what}"));
        if report.closed != expect["closed"].as_bool().unwrap() {
            say(format!("closed is {}; open: {open:?}", report.closed));
        }
        for path in list("leaks").iter().filter(|path| !open.contains(path)) {
            say(format!("no leak at {path}; open: {open:?}"));
        }
        for path in list("warns").iter().filter(|path| !warned.contains(path)) {
            say(format!("no warning at {path}; warned: {warned:?}"));
        }
        if report.routes.iter().any(|route| !route.closed) == report.closed && report.decided {
            say("routes and verdict disagree".to_owned());
        }
    }
    assert!(count >= 26, "only {count} cases found");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
