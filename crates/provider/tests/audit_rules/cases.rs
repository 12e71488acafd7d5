//! The cases in `tests/cases`: configurations, and the expected reports.
#![allow(clippy::disallowed_methods)]

use std::fs::{read_dir, read_to_string};
use std::path::Path;

use claude_proxy_provider::audit::{AuditInput, Severity, audit_with};
use serde_json::Value;

use super::{paths, texts};

#[test]
fn every_case_is_judged_as_the_rules_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".expect.json") {
            continue;
        }
        count += 1;
        let expect: Value =
            serde_json::from_str(&read_to_string(folder.join(&name)).unwrap()).unwrap();
        assert!(
            expect["leaks"].is_array() && expect["warns"].is_array(),
            "{name}"
        );
        let path = folder.join(expect["file"].as_str().unwrap());
        let included = |name: &str| read_to_string(path.parent().unwrap().join(name)).ok();
        let input = AuditInput::of(read_to_string(&path).unwrap());
        let report = audit_with(&input, included, |_| None).unwrap();
        let open = paths(&report, &[Severity::Leak, Severity::Undecided]);
        let warned = paths(&report, &[Severity::Exposure, Severity::Note]);
        let mut say = |what: String| wrong.push(format!("{name}: {what}"));
        if report.closed != expect["closed"].as_bool().unwrap() {
            say(format!("closed is {}; open: {open:?}", report.closed));
        }
        for path in texts(&expect["leaks"])
            .iter()
            .filter(|path| !open.contains(path))
        {
            say(format!("no leak at {path}; open: {open:?}"));
        }
        for path in texts(&expect["warns"])
            .iter()
            .filter(|path| !warned.contains(path))
        {
            say(format!("no warning at {path}; warned: {warned:?}"));
        }
        if report.routes.iter().any(|route| !route.closed) == report.closed && report.decided {
            say("routes and closed disagree".to_owned());
        }
    }
    assert!(count >= 26, "only {count} cases found");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
