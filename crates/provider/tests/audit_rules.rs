//! `rules.json5`: one small case for every rule, and properties that hold for any input.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::LazyLock;

use claude_proxy_provider::audit::{Code, KNOWN, audit, audit_with};
use claude_proxy_provider::document::path::{Step, steps};
use claude_proxy_provider::document::{Value as Tree, parse};
use claude_proxy_provider::report::{
    AuditInput, AuditOutcome, BackupFile, Host, Question, Report, Severity, Stored, Variable,
};
use proptest::prelude::*;
use serde_json::{Value, json as value};

static RULES: LazyLock<Value> =
    LazyLock::new(|| json(&parse(include_str!("rules.json5")).unwrap().root));

/// A value of the reader as one of serde_json.
fn json(value: &Tree) -> Value {
    serde_json::from_str(&value.json()).unwrap()
}

/// Sets (or, with `None`, removes) the value at a path, making objects on the way.
fn put(at: &mut Value, path: &str, new: Option<&Value>) {
    let mut steps = steps(path).unwrap();
    let last = steps.pop().unwrap();
    let mut at = at;
    for step in steps {
        at = match step {
            Step::Key(key) => {
                if !at.is_object() {
                    *at = value!({});
                }
                at.as_object_mut()
                    .unwrap()
                    .entry(key)
                    .or_insert_with(|| value!({}))
            }
            Step::Index(n) => &mut at[n],
        };
    }
    let Step::Key(key) = last else {
        panic!("{path}")
    };
    match new {
        Some(new) => {
            if !at.is_object() {
                *at = value!({});
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
            &AuditInput {
                document: document(rules, case),
                ..AuditInput::default()
            },
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
    audit_with(
        &AuditInput {
            document: document.to_owned(),
            ..AuditInput::default()
        },
        |_| None,
        |_| None,
    )
    .unwrap()
}

fn minimal() -> String {
    RULES["base"].to_string()
}

#[test]
fn asks_for_files_and_variables_in_rounds() {
    let mut input = AuditInput {
        document: "{$include: './a.json5', agents: {defaults: {model: '${M}'}}}".to_owned(),
        ..AuditInput::default()
    };
    let want = vec![
        Question::File("a.json5".to_owned()),
        Question::Variable("M".to_owned()),
    ];
    assert_eq!(audit(&input), AuditOutcome::Needs(want));
    input.variables.push(Variable {
        name: "M".to_owned(),
        value: Some("openai/x".to_owned()),
    });
    assert_eq!(
        audit(&input),
        AuditOutcome::Needs(vec![Question::File("a.json5".to_owned())])
    );
}

#[test]
fn an_open_backup_is_an_exposure() {
    let mut input = AuditInput {
        document: minimal(),
        ..AuditInput::default()
    };
    for (path, text) in [
        (
            "openclaw.json.bak",
            Some("{agents: {defaults: {model: 'openai/x'}}}".to_owned()),
        ),
        ("openclaw.json.bak.1", Some(minimal())),
        ("openclaw.json.bak.2", None),
    ] {
        input.backups.push(BackupFile {
            path: path.to_owned(),
            text,
        });
    }
    let AuditOutcome::Report(report) = audit(&input) else {
        panic!()
    };
    assert!(report.closed);
    let about = |path: &str| report.findings.iter().find(|finding| finding.path == path);
    assert_eq!(about("openclaw.json.bak").unwrap().code, "backup-open");
    assert_eq!(
        about("openclaw.json.bak").unwrap().severity,
        Severity::Exposure
    );
    assert_eq!(about("openclaw.json.bak.1"), None);
    assert_eq!(
        about("openclaw.json.bak.2").unwrap().code,
        "backup-unreadable"
    );
}

#[test]
fn findings_come_worst_first_and_routes_are_complete() {
    let document = minimal().replace("\"fallbacks\":[]", "\"fallbacks\":[\"openai/x\"]");
    let report = report(&document);
    assert!(report.findings.is_sorted_by_key(|finding| finding.severity));
    let routes: Vec<_> = report
        .routes
        .iter()
        .map(|r| (r.path.as_str(), r.leads_to.as_str(), r.closed))
        .collect();
    assert_eq!(
        routes,
        [
            ("agents.defaults.model.fallbacks[0]", "openai/x", false),
            (
                "agents.defaults.model.primary",
                "anthropic-claude-proxy/claude-opus-4-8",
                true
            ),
            (
                "models.providers.anthropic-claude-proxy.baseUrl",
                "http://127.0.0.1:3456",
                true
            ),
        ]
    );
    assert_eq!(report.not_examined.len(), 10);
}

#[test]
fn what_is_too_much_is_bounded_and_never_closed() {
    let many = (0..20_000)
        .map(|_| "'openai/x'")
        .collect::<Vec<_>>()
        .join(",");
    let report_of_many = report(&format!(
        "{{plugins:{{deny:['microsoft']}},agents:{{defaults:{{model:{{fallbacks:[{many}]}}}}}}}}"
    ));
    assert!(!report_of_many.closed && report_of_many.decided);
    assert!(report_of_many.findings.len() < 600);
    assert!(
        report_of_many
            .findings
            .iter()
            .any(|finding| finding.code == "too-large")
    );
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
    assert!(
        !report(&deep(100))
            .findings
            .iter()
            .any(|f| f.code == "unreadable")
    );
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

/// The component has a stack of 1 MiB; the deepest accepted document must do with half, unoptimised.
#[test]
fn the_deepest_document_needs_little_stack() {
    let deep = format!("{}'x'{}", "{a:".repeat(128), "}".repeat(128));
    let judge = move || report(&deep);
    let thread = std::thread::Builder::new()
        .stack_size(512 << 10)
        .spawn(judge)
        .unwrap();
    assert!(!thread.join().unwrap().closed);
}

#[test]
fn files_that_include_each_other_over_and_over_are_bounded() {
    let list = vec!["'./b'"; 1000].join(",");
    let input = AuditInput {
        document: format!("{{x: {{$include: [{list}]}}}}"),
        ..AuditInput::default()
    };
    let report = audit_with(
        &input,
        |_| Some(format!("{{y: {{$include: [{}]}}}}", list.replace('b', "c"))),
        |_| None,
    );
    let report = report.unwrap();
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.code == "too-large")
    );
}

#[test]
fn deep_includes_are_bounded() {
    let nest = |n: usize| format!("{}{{$include: './a'}}{}", "{a:".repeat(n), "}".repeat(n));
    let input = AuditInput {
        document: nest(100),
        ..AuditInput::default()
    };
    let deep = format!("{}1{}", "{a:".repeat(100), "}".repeat(100));
    let report = audit_with(&input, |_| Some(deep.clone()), |_| None).unwrap();
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.code == "too-deep")
    );
}

/// A tree of the kind that configurations are made of, often at paths that matter.
fn tree() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("openai/x"),
        Just("anthropic-claude-proxy/a"),
        Just("${X}"),
        Just("http://127.0.0.1:1"),
        Just("https://e.example"),
        Just(""),
        Just("*"),
    ]
    .prop_map(|text| value!(text));
    let leaf = prop_oneof![
        text,
        any::<bool>().prop_map(|b| value!(b)),
        Just(Value::Null),
        any::<u8>().prop_map(|n| value!(n))
    ];
    let key = prop_oneof![
        Just("agents"),
        Just("defaults"),
        Just("entries"),
        Just("model"),
        Just("primary"),
        Just("fallbacks"),
        Just("models"),
        Just("providers"),
        Just("anthropic-claude-proxy"),
        Just("openai"),
        Just("baseUrl"),
        Just("alias"),
        Just("plugins"),
        Just("config"),
        Just("memory"),
        Just("search"),
        Just("provider"),
        Just("tools"),
        Just("media"),
        Just("tts"),
        Just("channels"),
        Just("accounts"),
        Just("enabled"),
        Just("env"),
        Just("vars"),
        Just("list"),
        Just("$include"),
        Just("outside/m1"),
        Just("acp"),
        Just("proxy"),
        Just("request"),
        Just("__proto__"),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::btree_map(key.clone(), inner, 0..6).prop_map(|map| map
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_text_gets_a_verdict(text in ".{0,200}") {
        let report = report(&text);
        prop_assert!(!report.closed);
    }

    #[test]
    fn any_tree_gets_a_verdict(tree in tree()) {
        let report = report(&tree.to_string());
        prop_assert!(report.decided || !report.closed);
        prop_assert_eq!(report.closed, !report.findings.iter().any(|f| f.severity <= Severity::Undecided) && report.routes.iter().all(|r| r.closed));
    }

    /// A closed file with a fallback elsewhere is open, whatever else it holds; and nothing that was open becomes closed.
    #[test]
    fn an_outside_fallback_is_never_overlooked(tree in tree()) {
        let mut document = RULES["base"].clone();
        if let Some(map) = tree.as_object() {
            for (key, value) in map {
                if key != "agents" { document[key] = value.clone(); }
            }
        }
        let before = report(&document.to_string());
        document["agents"]["defaults"]["model"]["fallbacks"] = value!(["openai/x"]);
        let after = report(&document.to_string());
        prop_assert!(!after.closed, "{document}");
        let lost = paths(&before, &[Severity::Leak]).into_iter().find(|path| !paths(&after, &[Severity::Leak]).contains(path));
        prop_assert_eq!(lost, None);
    }

    /// Reading and writing a tree keeps it, so verdicts do not depend on spelling.
    #[test]
    fn spelling_does_not_matter(tree in tree()) {
        let compact = tree.to_string();
        let pretty = format!("\u{feff}// comment\n{}", serde_json::to_string_pretty(&tree).unwrap());
        prop_assert_eq!(report(&compact), report(&pretty));
        prop_assert!(!matches!(parse(&compact).unwrap().root, Tree::Null) || tree.is_null());
    }
}

/// JavaScript lower-cases more than ASCII (`K` the Kelvin sign is `k`): what is not ASCII is never shown to be the proxy, and
/// an alias that is not may capture anything.
#[test]
fn what_is_not_ascii_is_never_closed() {
    for (reference, alias) in [
        ("anthropic-claude-proxy/ασ", "x"),
        ("anthropic-claude-proxy/m", "\u{212a}ey"),
        ("\u{212a}ey", "key"),
        ("anthropic\u{2d}claude-proxy/m\u{200b}", "x"),
        ("ａnthropic-claude-proxy/m", "x"),
    ] {
        let mut tree = RULES["base"].clone();
        put(
            &mut tree,
            "models.providers.anthropic-claude-proxy.models",
            Some(&value!([{"id": "m"}, {"id": "ασ"}])),
        );
        put(&mut tree, "agents.defaults.model", Some(&value!(reference)));
        put(
            &mut tree,
            "agents.defaults.models",
            Some(&value!({"outside/m": {"alias": alias}})),
        );
        assert!(!report(&tree.to_string()).closed, "{reference:?} {alias:?}");
    }
}

#[test]
fn a_verdict_names_the_versions_that_it_is_known_for() {
    let judged = |host: Option<Host>, written: Option<&str>| {
        let mut tree = RULES["base"].clone();
        if let Some(written) = written {
            put(&mut tree, "meta.lastTouchedVersion", Some(&value!(written)));
        }
        let input = AuditInput {
            document: tree.to_string(),
            // OpenClaw's own answers.
            stored: vec![Stored {
                kind: "resolved".to_owned(),
                path: "answers".to_owned(),
                text: Some(
                    value!({"resolutions": [{"path": "agents.defaults.model", "provider": "anthropic-claude-proxy"}], "notAsked": []})
                        .to_string(),
                ),
            }],
            host,
            ..AuditInput::default()
        };
        audit_with(&input, |_| None, |_| None).unwrap()
    };
    let host = |version: &str, agree| {
        Some(Host {
            version: version.to_owned(),
            schema_known: agree,
        })
    };
    let unknown = judged(None, None);
    assert!(unknown.closed);
    assert_eq!(unknown.judged_version, None);
    assert_eq!(unknown.known_versions, KNOWN);
    assert!(judged(host("2026.9.6", false), Some("2026.7.35")).closed);
    for (host, written) in [
        (None, Some("2026.8.1")),
        (host("2026.9.5", false), Some("2026.9.6")),
        (host("2026.7.1-beta.3", false), Some("2026.9.6")),
        (host("2026.10.1-beta", false), Some("2026.9.6")),
        (host("", false), None),
        (host(&"9".repeat(10_000), false), None),
    ] {
        let report = judged(host, written);
        assert!(!report.closed && !report.decided);
        assert!(report.judged_version.unwrap().len() < 100);
        assert!(
            report
                .findings
                .iter()
                .any(|finding| finding.code == "unverified-host"
                    && finding.severity == Severity::Undecided)
        );
    }
    let vouched = judged(host("2026.10.1", true), None);
    assert!(vouched.closed);
    assert!(
        vouched
            .findings
            .iter()
            .any(|finding| finding.code == "unverified-host"
                && finding.severity == Severity::Exposure)
    );
}

#[test]
fn what_is_stored_is_judged_as_the_file_is() {
    let cases = [
        ("environment", "OPENAI_API_KEY=sk-x", false),
        (
            "environment",
            "# none\nLANG=C\nOPENAI_API_KEY=\nexport X=1",
            true,
        ),
        ("speech", "{\"tts\": {\"auto\": \"always\"}}", false),
        ("speech", "{\"tts\": {\"auto\": \"off\"}}", true),
        (
            "sessions",
            "[{\"key\": \"s\", \"provider\": \"openai\", \"model\": \"x\"}]",
            false,
        ),
        (
            "sessions",
            "[{\"key\": \"s\", \"provider\": \"anthropic-claude-proxy\", \"model\": \"claude-opus-4-8\"}]",
            true,
        ),
        (
            "jobs",
            "[{\"id\": \"j\", \"fallbacks\": [\"openai/x\"]}]",
            false,
        ),
        ("jobs", "[{\"id\": \"j\"}]", true),
        (
            "profiles",
            "[{\"id\": \"p\", \"provider\": \"openai\"}]",
            false,
        ),
        (
            "profiles",
            "[{\"id\": \"p\", \"provider\": \"nvidia\"}]",
            true,
        ),
        ("models", "{\"providers\": {\"outside\": {}}}", true),
        (
            "models",
            "{\"providers\": {\"anthropic-claude-proxy\": {\"baseUrl\": \"https://x.example\"}}}",
            false,
        ),
        ("sessions", "{", false),
        ("sessions", "{}", false),
        ("something else", "[]", false),
    ];
    for (kind, text, closed) in cases {
        let stored = |text: Option<&str>| {
            let input = AuditInput {
                document: minimal(),
                stored: vec![Stored {
                    kind: kind.to_owned(),
                    path: "there".to_owned(),
                    text: text.map(str::to_owned),
                }],
                ..AuditInput::default()
            };
            audit_with(&input, |_| None, |_| None).unwrap()
        };
        assert_eq!(stored(Some(text)).closed, closed, "{kind}: {text}");
        assert!(!stored(None).closed, "{kind}");
    }
}

#[test]
fn what_was_handed_over_is_not_called_unexamined() {
    let empty = [
        ("environment", "", ".env files"),
        ("profiles", "[]", "credential store"),
        ("sessions", "[]", "stored sessions"),
        ("jobs", "[]", "stored jobs"),
        ("models", "{}", "models.json"),
        ("speech", "{}", "settings/tts.json"),
        ("folders", "[]", "agentDir"),
    ];
    let left = |handed: &[(&str, &str, &str)]| {
        let stored = |&(kind, text, _): &(&str, &str, &str)| Stored {
            kind: kind.to_owned(),
            path: "there".to_owned(),
            text: Some(text.to_owned()),
        };
        let input = AuditInput {
            document: minimal(),
            stored: handed.iter().map(stored).collect(),
            ..AuditInput::default()
        };
        let report = audit_with(&input, |_| None, |_| None).unwrap();
        assert!(report.closed, "{handed:?}");
        report.not_examined
    };
    assert_eq!(left(&empty).len(), 3);
    for one in empty {
        assert!(left(&[]).iter().any(|name| name.contains(one.2)));
        let others = left(&[one]);
        assert_eq!(others.len(), 9, "{}", one.0);
        assert!(!others.iter().any(|name| name.contains(one.2)), "{}", one.0);
    }
}

#[test]
fn no_report_shows_a_password_of_an_address() {
    for address in [
        "https://user:hunter4@a.example:３",
        "https://user:hun@ter4@hôst",
        "grpc://user:hunter4@a\u{7f}.example",
        "https://user:hunter4@[bad",
    ] {
        // Settings of a vendor, and a place that the schema does not know.
        for place in ["tts", "unknown"] {
            let document =
                format!("{{{place}: {{providers: {{openai: {{baseUrl: '{address}'}}}}}}}}");
            let shown = format!("{:?}", report(&document));
            assert!(
                shown.contains("baseUrl") && !shown.contains("ter4"),
                "{shown}"
            );
        }
    }
}

/// A file can hold anything, and what is found in it is shown on terminals.
#[test]
fn control_characters_of_the_file_are_spelled_out() {
    let document =
        r#"{"agents": {"defaults": {"model": "openai/\u001b[31mgpt\u009b\u202e\u007f"}}}"#;
    let input = AuditInput {
        document: document.to_owned(),
        ..AuditInput::default()
    };
    let report = audit_with(&input, |_| None, |_| None).unwrap();
    let shown = format!("{report:#?}");
    assert!(shown.contains("gpt"), "{shown}");
    let texts = report
        .findings
        .iter()
        .flat_map(|finding| [&finding.message, &finding.leads_to, &finding.fix])
        .chain(report.routes.iter().map(|route| &route.leads_to));
    for text in texts {
        assert!(
            !text.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{text:?}"
        );
    }
}
