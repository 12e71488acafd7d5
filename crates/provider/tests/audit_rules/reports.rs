//! What a report contains, and what it never shows.

use claude_proxy_provider::audit::{
    AuditInput, AuditOutcome, FileKind, FileText, KNOWN, ListKind, OpenclawVersion, Report,
    Severity, StoredEntry, StoredFile, StoredList, audit,
};
use serde_json::json;

use super::{RULES, minimal, put, report, report_on};

#[test]
fn an_open_backup_is_an_exposure() {
    let mut input = AuditInput::of(minimal());
    let open = "{agents: {defaults: {model: 'openai/x'}}}".to_owned();
    for (path, text) in [
        ("openclaw.json.bak", Some(open)),
        ("openclaw.json.bak.1", Some(minimal())),
        ("openclaw.json.bak.2", None),
    ] {
        let path = path.to_owned();
        input.backups.push(FileText { path, text });
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

/// A list that OpenClaw gives.
fn list(kind: ListKind, entries: Vec<StoredEntry>) -> StoredList {
    StoredList {
        kind,
        name: "there".to_owned(),
        entries: Some(entries),
    }
}

#[test]
fn a_report_names_the_versions_that_the_audit_knows() {
    let judged = |host: Option<OpenclawVersion>, written: Option<&str>| {
        let mut tree = RULES["base"].clone();
        if let Some(written) = written {
            put(&mut tree, "meta.lastTouchedVersion", Some(&json!(written)));
        }
        let ours = StoredEntry {
            name: "agents.defaults.model".to_owned(),
            provider: "anthropic-claude-proxy".to_owned(),
            ..StoredEntry::default()
        };
        report_on(&AuditInput {
            // OpenClaw's own answers.
            stored_lists: vec![list(ListKind::Resolutions, vec![ours])],
            openclaw: host,
            ..AuditInput::of(tree.to_string())
        })
    };
    let host = |version: &str, agree| {
        Some(OpenclawVersion {
            version: version.to_owned(),
            schema_known: agree,
        })
    };
    let has_version_finding = |report: &Report, severity| {
        let mut all = report.findings.iter();
        all.any(|one| one.code == "unverified-host" && one.severity == severity)
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
        assert!(has_version_finding(&report, Severity::Undecided));
        assert!(report.judged_version.unwrap().len() < 100);
    }
    let vouched = judged(host("2026.10.1", true), None);
    assert!(vouched.closed);
    assert!(has_version_finding(&vouched, Severity::Exposure));
}

#[test]
fn a_report_says_the_exit_code_of_a_command_that_audits() {
    let leak = "agents: {defaults: {model: {primary: 'openai/gpt-6'}}}";
    let undecided = "$include: './missing.json5'";
    for (document, code) in [
        (minimal(), 0),
        (
            format!("{{{leak}, plugins: {{entries: {{microsoft: {{enabled: false}}}}}}}}"),
            1,
        ),
        (minimal().replacen('{', &format!("{{{undecided},"), 1), 2),
        // A leak is certain, whatever else cannot be decided.
        (format!("{{{leak}, {undecided}}}"), 1),
        ("{".to_owned(), 2),
    ] {
        let report = report(&document);
        assert_eq!(report.exit_code, code, "{document}");
        assert_eq!(report.closed, code == 0);
    }
}

#[test]
fn what_was_handed_over_is_not_called_unexamined() {
    let file = |kind, text: &str| AuditInput {
        stored_files: vec![StoredFile {
            kind,
            path: "there".to_owned(),
            text: Some(text.to_owned()),
        }],
        ..AuditInput::default()
    };
    let empty = |kind| AuditInput {
        stored_lists: vec![list(kind, Vec::new())],
        ..AuditInput::default()
    };
    let empty = [
        (file(FileKind::Environment, ""), ".env files"),
        (empty(ListKind::CredentialProfiles), "credential store"),
        (empty(ListKind::Sessions), "stored sessions"),
        (empty(ListKind::Jobs), "stored jobs"),
        (file(FileKind::Models, "{}"), "models.json"),
        (file(FileKind::Speech, "{}"), "settings/tts.json"),
        (empty(ListKind::Folders), "agentDir"),
    ];
    let left = |handed: &[&AuditInput]| {
        let files = handed.iter().flat_map(|one| one.stored_files.clone());
        let lists = handed.iter().flat_map(|one| one.stored_lists.clone());
        let report = report_on(&AuditInput {
            stored_files: files.collect(),
            stored_lists: lists.collect(),
            ..AuditInput::of(minimal())
        });
        assert!(report.closed, "{handed:?}");
        report.not_examined
    };
    assert_eq!(left(&empty.each_ref().map(|(one, _)| one)).len(), 3);
    for (one, shown) in &empty {
        assert!(left(&[]).iter().any(|name| name.contains(shown)));
        let others = left(&[one]);
        assert_eq!(others.len(), 9, "{shown}");
        assert!(!others.iter().any(|name| name.contains(shown)), "{shown}");
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
    let report = report(document);
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
