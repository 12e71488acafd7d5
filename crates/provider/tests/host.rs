//! Data of OpenClaw beside the file: the answers of its own resolvers, what it has stored, and its schema.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use claude_proxy_provider::audit::{
    AuditInput, FileKind, Finding, ListKind, OpenclawVersion, Report, Severity, StoredEntry,
    StoredFile, StoredList, audit_with, unknown_paths,
};
use claude_proxy_provider::document::parse;
use serde_json::{Value, json};

/// A closed file.
fn base() -> Value {
    let rules = parse(include_str!("rules.json5")).unwrap().root.json();
    serde_json::from_str::<Value>(&rules).unwrap()["base"].clone()
}

/// OpenClaw's own answers: slots with their providers, and what was not asked.
fn resolved(answers: &[(&str, &str)], not_asked: &[&str]) -> AuditInput {
    let resolution = |&(path, provider): &(&str, &str)| StoredEntry {
        name: path.to_owned(),
        agent: "main".to_owned(),
        provider: provider.to_owned(),
        model: "m".to_owned(),
        fallbacks: Vec::new(),
    };
    AuditInput {
        stored_lists: vec![StoredList {
            kind: ListKind::Resolutions,
            name: "OpenClaw's resolvers".to_owned(),
            entries: Some(answers.iter().map(resolution).collect()),
        }],
        not_asked: not_asked.iter().map(|&what| what.to_owned()).collect(),
        ..AuditInput::default()
    }
}

/// A slot that OpenClaw itself leads elsewhere is not closed, for known and unknown versions.
#[test]
fn where_the_host_leads_elsewhere_nothing_is_closed() {
    let ours = ("agents.defaults.model", "anthropic-claude-proxy");
    let outside = ("agents.defaults.model", "openai");
    let session = ("stored sessions: agent:main:x", "openai");
    let gap = ["stored sessions: this OpenClaw has no resolveSessionModelRef"];
    for (version, answers, not_asked, closed) in [
        ("2026.9.6", &[][..], &[][..], true),
        ("2026.9.6", &[ours], &[], true),
        ("2026.9.6", &[ours], &gap, true),
        ("2026.9.6", &[ours, outside], &[], false),
        ("2026.9.6", &[session], &[], false),
        ("2026.9.7", &[], &[], false),
        ("2026.9.7", &[ours], &[], true),
        ("2026.9.7", &[ours], &gap, false),
        ("2026.9.7", &[outside], &[], false),
    ] {
        let report = judged(&base(), version, resolved(answers, not_asked));
        assert_eq!(report.closed, closed, "{version} {answers:?} {not_asked:?}");
        let said = report
            .findings
            .iter()
            .find(|f| f.code == "resolved-elsewhere");
        let elsewhere = answers.iter().any(|(_, provider)| *provider == "openai");
        assert_eq!(said.is_some(), elsewhere);
        if let Some(said) = said.filter(|said| said.path == "agents.defaults.model") {
            assert!(said.message.contains("openai/m"), "{said:?}");
            assert!(said.message.contains("anthropic-claude-proxy/"), "{said:?}");
        }
        let named = |text: &String| text.contains("this OpenClaw has no");
        assert_eq!(report.not_examined.iter().any(named), !not_asked.is_empty());
    }
    // Nobody asked: the audit's own word counts, for a version that it knows.
    assert!(judged(&base(), "2026.9.6", AuditInput::default()).closed);
    assert!(!judged(&base(), "2026.9.7", AuditInput::default()).closed);
}

/// A schema is compared with the newest inventory, so it does not vouch for a version with the other layout.
#[test]
fn a_host_of_the_other_layout_is_not_vouched_for() {
    let ours = [("agents.defaults.model", "anthropic-claude-proxy")];
    for (version, severity) in [
        ("2026.6.35", Severity::Undecided),
        ("2026.7.36", Severity::Undecided),
        ("2026.8.1", Severity::Undecided),
        ("2026.8.3", Severity::Exposure),
        ("2026.9.5", Severity::Exposure),
        ("2026.10.1", Severity::Exposure),
    ] {
        let report = judged(&base(), version, resolved(&ours, &[]));
        let mut all = report.findings.iter();
        let said = all.find(|one| one.code == "unverified-host").unwrap();
        assert_eq!(said.severity, severity, "{version}");
    }
}

/// The report for an OpenClaw whose schema is known.
fn judged(document: &Value, version: &str, beside: AuditInput) -> Report {
    let input = AuditInput {
        document: document.to_string(),
        openclaw: Some(OpenclawVersion {
            version: version.to_owned(),
            schema_known: true,
        }),
        ..beside
    };
    report_on(&input)
}

/// The report where no file and no variable is there.
fn report_on(input: &AuditInput) -> Report {
    audit_with(input, |_| None, |_| None).unwrap()
}

/// An open place has one finding, whatever OpenClaw answers.
#[test]
fn two_judges_that_agree_on_a_leak_report_it_once() {
    let mut tree = base();
    tree["agents"]["defaults"]["model"] = json!("openai/m");
    for provider in ["openai", "anthropic-claude-proxy"] {
        let answers = resolved(&[("agents.defaults.model", provider)], &[]);
        let report = judged(&tree, "2026.9.6", answers);
        assert!(!report.closed);
        let here = |finding: &&Finding| finding.path == "agents.defaults.model";
        assert_eq!(report.findings.iter().filter(here).count(), 1);
    }
}

/// What is stored is no value of the file: its fix is a command of OpenClaw for it, or says which line of which file.
#[test]
fn what_is_stored_is_mended_where_it_is_stored() {
    let table = parse(include_str!("stored.json5")).unwrap().root.json();
    let table: Vec<(Value, Value, String, usize)> = serde_json::from_str(&table).unwrap();
    for (kind, content, fix, commands) in table {
        let case = format!("{kind} {content}");
        let file = json!({"kind": kind, "path": "there", "text": content});
        let list = json!({"kind": kind, "name": "there", "entries": content});
        let input = AuditInput {
            stored_files: serde_json::from_value(file).into_iter().collect(),
            stored_lists: serde_json::from_value(list).into_iter().collect(),
            ..AuditInput::of(base().to_string())
        };
        assert_eq!(input.stored_files.len() + input.stored_lists.len(), 1);
        let report = report_on(&input);
        assert_eq!(report.closed, fix.is_empty(), "{case}");
        assert_eq!(report.commands.len(), commands, "{case}");
        if fix.is_empty() {
            continue;
        }
        let mut findings = report.findings.iter();
        let found = findings.find(|finding| finding.path.starts_with("there"));
        let found = found.unwrap_or_else(|| panic!("{case}"));
        let start = found.fix.split("   (or pin").next().unwrap();
        let start = start.split("   (or: openclaw config").next().unwrap();
        assert_eq!(start, fix, "{case}");
        if let Some([first, second, ..]) = report.commands.first().map(Vec::as_slice) {
            assert!(found.fix.starts_with(&format!("openclaw {first} {second}")));
        }
    }
}

/// `.env` files are read as OpenClaw's own reader does, and go before `env.vars`.
#[test]
fn an_environment_file_arms_redirects_and_replaces() {
    let closed = |environment: &str, change: fn(&mut Value)| {
        let mut document = base();
        change(&mut document);
        let beside = AuditInput {
            stored_files: vec![StoredFile {
                kind: FileKind::Environment,
                path: "there".to_owned(),
                text: Some(environment.to_owned()),
            }],
            ..AuditInput::default()
        };
        judged(&document, "2026.9.6", beside).closed
    };
    for text in [
        "OPENAI_API_KEY: k",
        "export\tOPENAI_API_KEY=k",
        "\u{feff}OPENAI_API_KEY=k",
        "A=b\rOPENAI_API_KEY=k",
        "# a\u{2028}OPENAI_API_KEY=k",
        "HTTP_PROXY=http://gate.example:8080",
        "http_proxy=http://127.0.0.1:8080",
        "ALL_PROXY=http://gate.example:8080",
        "HTTP_PROXY=http://gate.example:8080\nNO_PROXY=127.0.0.1\nno_proxy=.example",
        "HTTP_PROXY=http://gate.example:8080\nNO_PROXY=127.0.0.2,localhost",
        "OPENCLAW_CONFIG_PATH=/elsewhere/openclaw.json",
        "OPENCLAW_TTS_PREFS=/elsewhere/tts.json",
    ] {
        assert!(!closed(text, |_| {}), "{text:?}");
    }
    for text in [
        "",
        "OPENAI_API_KEY=''",
        "HTTP_PROXY=",
        "HTTPS_PROXY=http://gate.example:8080",
        "HTTP_PROXY=http://gate.example:8080\nNO_PROXY=\"localhost, 127.0.0.1\"",
        "OPENCLAW_GATEWAY_TOKEN=t\nTELEGRAM_BOT_TOKEN=t",
    ] {
        assert!(closed(text, |_| {}), "{text:?}");
    }
    let variable = |document: &mut Value| {
        document["models"]["providers"]["anthropic-claude-proxy"]["baseUrl"] = json!("${ADDRESS}");
        document["env"] = json!({ "vars": { "ADDRESS": "http://127.0.0.1:3456" } });
    };
    assert!(closed("OTHER=x", variable));
    assert!(!closed("ADDRESS=https://x.example", variable));
    let setting = |document: &mut Value| {
        document["env"] = json!({ "vars": { "OPENCLAW_TTS_PREFS": "/elsewhere/tts.json" } });
    };
    assert!(!closed("", setting));
}

/// The tools whose slot a file leaves open: those of the inventory, and none of a hardened file.
#[test]
fn a_report_names_the_tools_that_choose_by_themselves() {
    let report = report_on(&AuditInput::of(base().to_string()));
    assert!(report.closed);
    for tool in [
        "pdf",
        "web_search",
        "image_generate",
        "video_generate",
        "music_generate",
        "x_search",
        "code_execution",
    ] {
        assert!(report.open_tools.iter().any(|open| open == tool), "{tool}");
    }
    // A model that sees images gets them itself.
    let sees = |input: Value| {
        let mut tree = base();
        let rows = tree["models"]["providers"]["anthropic-claude-proxy"]["models"]
            .as_array_mut()
            .unwrap();
        for row in rows {
            row["input"] = input.clone();
        }
        report_on(&AuditInput::of(tree.to_string())).open_tools
    };
    assert!(!sees(json!(["text", "image"])).contains(&"view_image".to_owned()));
    assert!(sees(json!(["text"])).contains(&"view_image".to_owned()));
}

/// The guard uses this list, so all tools are in it if nothing is known.
#[test]
fn without_a_report_every_tool_is_open() {
    let mut unknown = base();
    unknown["meta"] = json!({ "lastTouchedVersion": "2031.1.1" });
    for document in ["{", "[]", &unknown.to_string()] {
        let report = report_on(&AuditInput::of(document));
        for tool in ["pdf", "web_search", "tts"] {
            let open = report.open_tools.iter().any(|open| open == tool);
            assert!(open, "{document}: {tool}");
        }
    }
}

/// Paths that the inventory lacks are found in the schema of another version.
#[test]
fn a_schema_with_a_path_that_the_inventory_lacks_is_noticed() {
    let text = json!({ "type": "string" });
    let schema = |more: &[(&str, Value)]| {
        let mut defaults = json!({ "model": text });
        for (key, value) in more {
            defaults[*key] = value.clone();
        }
        json!({ "properties": {
            "agents": { "properties": { "defaults": { "properties": defaults } } },
            "models": { "type": "object", "properties": { "providers": { "type": "object", "additionalProperties": { "type": "object", "properties": { "baseUrl": text } } } } },
        }})
        .to_string()
    };
    assert_eq!(unknown_paths(&schema(&[])).unwrap(), Vec::<String>::new());
    assert_eq!(
        unknown_paths(&schema(&[
            ("poetryModel", text.clone()),
            ("workspace", text.clone())
        ]))
        .unwrap(),
        ["agents.defaults.poetryModel"]
    );
    let lost = schema(&[("plugin", json!({ "$ref": "#/somewhere/else" }))]);
    for nonsense in ["", "{", "{}", "[]", "null", r#"{"properties": {}}"#, &lost] {
        assert!(unknown_paths(nonsense).is_none(), "{nonsense}");
    }
}
