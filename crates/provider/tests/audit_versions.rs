//! The audit and its edits for every known version of OpenClaw, and for versions between, before and after them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use claude_proxy_provider::audit::{
    AuditInput, Finding, KNOWN, OpenclawVersion, Report, Severity, Slot, Version, audit_with,
    bundled,
};
use claude_proxy_provider::document::{Value, parse};
use claude_proxy_provider::edit::{Applied, ApplyRequest, apply};

/// The known versions from this one on.
fn since(first: &str) -> &'static [&'static str] {
    let at = KNOWN.iter().position(|version| *version == first);
    &KNOWN[at.unwrap()..]
}

fn newest() -> &'static str {
    KNOWN.last().unwrap()
}

/// The versions before 2026.8, which keep agents, memory search and speech at other paths.
const FORMER: &[&str] = &["2026.7.1", "2026.7.35"];

fn input(version: &str, document: &str) -> AuditInput {
    AuditInput {
        openclaw: Some(OpenclawVersion {
            version: version.to_owned(),
            schema_known: false,
        }),
        ..AuditInput::of(document)
    }
}

fn report(version: &str, document: &str) -> Report {
    audit_with(&input(version, document), |_| None, |_| None).unwrap()
}

/// A login with these options.
fn login(version: &str, document: &str, harden: bool) -> Applied {
    let request = ApplyRequest {
        set_default: true,
        grant_hooks: true,
        fix: true,
        harden,
        ..ApplyRequest::default()
    };
    apply(&input(version, document), &request).unwrap()
}

/// A file with further members.
fn with(file: &str, more: &str) -> String {
    let end = file.rfind('}').unwrap();
    format!("{},{more}}}", file[..end].trim_end())
}

fn open(report: &Report) -> Vec<String> {
    let open = |severity| matches!(severity, Severity::Leak | Severity::Undecided);
    let all = report.findings.iter().filter(|one| open(one.severity));
    all.map(|one| format!("{} at {}", one.code, one.path))
        .collect()
}

#[test]
fn the_first_logins_file_is_closed_on_every_known_version() {
    for version in KNOWN {
        for harden in [false, true] {
            let applied = login(version, "", harden);
            assert_eq!(open(&applied.report), Vec::<String>::new(), "{version}");
            assert!(applied.report.closed && applied.report.decided);
            let mut all = applied.report.findings.iter();
            assert!(
                all.all(|one| one.code != "refused-key"),
                "{version} refuses what was written: {}",
                applied.text
            );
            assert_eq!(applied.report.judged_version.as_deref(), Some(*version));
            // Closed without the host naming the version, as OpenClaw stamps it.
            let stamp = format!("\"meta\": {{\"lastTouchedVersion\": \"{version}\"}}");
            let text = applied.text.replacen('{', &format!("{{{stamp},"), 1);
            let stamped = audit_with(&AuditInput::of(text), |_| None, |_| None);
            assert!(stamped.unwrap().closed);
            let unpinned = |report: &Report| {
                let mut all = report.findings.iter();
                all.any(|one| one.code == "unpinned-slots")
            };
            assert_eq!(unpinned(&applied.report), !harden, "{version}");
        }
    }
}

/// The cases are keys that edits write, with the versions that have them in their schema (`openclaw config schema`).
#[test]
fn an_edit_writes_only_what_the_versions_schema_takes() {
    let cases: [(&[&str], &[&str]); 5] = [
        (&["agents", "defaults", "modelPolicy"], since("2026.8.2")),
        (&["agents", "defaults", "decisionModel"], since("2026.9.6")),
        (
            &["agents", "defaults", "embeddedAgent", "cyberFailover"],
            since("2026.9.6"),
        ),
        (&["memory", "search"], since("2026.8.2")),
        (&["agents", "defaults", "memorySearch"], FORMER),
    ];
    // Between two, as the older one; past the newest, as that one.
    let around = [
        ("2026.7.2", "2026.7.1"),
        ("2026.8.1", "2026.7.35"),
        ("2026.9.5", "2026.9.1"),
        ("2099.1.1", newest()),
        ("2026.6.35", "2026.7.1"),
        ("nonsense", newest()),
    ];
    let known = KNOWN.iter().map(|version| (*version, *version));
    for (version, like) in known.chain(around) {
        let applied = login(version, "", true);
        let root = parse(&applied.text).unwrap().root;
        for (keys, versions) in cases {
            assert_eq!(
                root.at(keys).is_some(),
                versions.contains(&like),
                "{version}: {keys:?}"
            );
        }
        let request = ApplyRequest {
            unharden: true,
            ..ApplyRequest::default()
        };
        let back = apply(&input(version, &applied.text), &request).unwrap();
        let root = parse(&back.text).unwrap().root;
        assert!(
            cases.iter().all(|(keys, _)| root.at(keys).is_none()),
            "{version}: {}",
            back.text
        );
    }
}

#[test]
fn hardening_denies_every_plugin_of_a_vendor_that_the_version_ships() {
    for name in KNOWN {
        let applied = login(name, "", true);
        let root = parse(&applied.text).unwrap().root;
        let denied = root
            .at(&["plugins", "deny"])
            .and_then(Value::as_array)
            .unwrap();
        let mut expected: Vec<&str> = bundled(Version::named(name).unwrap())
            .map(|vendor| vendor.plugin)
            .filter(|plugin| !plugin.is_empty())
            .collect();
        expected.dedup();
        assert!(expected.len() > 25, "{name}: {expected:?}");
        let denied: Vec<_> = denied.iter().filter_map(Value::as_str).collect();
        assert_eq!(denied, expected, "{name}");
    }
}

#[test]
fn what_a_former_version_keeps_elsewhere_is_judged_there() {
    // Whether the file stays closed, and what is put into it: into the whole, its agents or their defaults. A list of allowed
    // plugins turns the service on again that needs no key; keys of another version OpenClaw refuses; a blank key is one to
    // these versions; the proxy makes no videos, and a model that is named keeps the others away.
    const CASES: &str = r#"
        open root "messages": {"tts": {"auto": "always", "provider": "openai"}}
        open root "messages": {"tts": {"provider": "openai"}}
        open defaults "memorySearch": {"provider": "openai"}
        closed defaults "memorySearch": {"provider": "none"}
        open defaults "imageGenerationModel": {"primary": "openai/gpt-image-1"}
        open agents "list": [{"id": "ops", "model": "openai/gpt-5"}]
        open agents "list": [{"id": "ops", "memorySearch": {"provider": "openai"}}]
        open agents "list": [{"id": "ops", "tts": {"provider": "openai"}}]
        closed agents "list": [{"id": "ops", "name": "x"}]
        open root "audio": {"transcription": {"command": ["whisper"]}}
        open root "memory": {"backend": "qmd"}
        closed root "memory": {"backend": "builtin"}
        open root "tools": {"media": {"audio": {"models": [{"provider": "deepgram"}]}}}
        open root "tools": {"web": {"search": {"apiKey": "k"}}}
        open root ALLOW
        closed root ALLOW, "tools": {"deny": ["tts"]}
        open root "memory": {"search": {"provider": "openai"}}
        open root "tts": {"provider": "openai"}
        open defaults "memorySearch": {"remote": {"apiKey": " "}}
        closed root "env": {"vars": {"RUNWAY_API_KEY": "k"}} & defaults "videoGenerationModel": OURS
        closed root "env": {"vars": {"RUNWAY_API_KEY": "k"}}, "tools": {"deny": ["video_generate"]}"#;
    // The last of two keys counts.
    const ALLOW: &str = r#""plugins": {"allow": ["memory-core", "anthropic-claude-proxy"], "deny": ["microsoft"], "entries": {"microsoft": {"enabled": false}, "anthropic-claude-proxy": {"enabled": true, "hooks": {"allowConversationAccess": true}}}}"#;
    let root = parse(&login("2026.7.1", "", false).text).unwrap().root;
    let ours = root.at(&["agents", "defaults", "model", "primary"]);
    let cases = CASES
        .replace("OURS", &ours.unwrap().json())
        .replace("ALLOW", ALLOW);
    let cases = cases.lines().filter_map(|line| line.trim().split_once(' '));
    for (version, (verdict, parts)) in FORMER
        .iter()
        .flat_map(|version| cases.clone().map(move |case| (version, case)))
    {
        let mut text = login(version, "", false).text;
        for part in parts.split(" & ") {
            let (place, more) = part.split_once(' ').unwrap();
            text = match place {
                "root" => with(&text, more),
                place => {
                    let start = format!("\"{place}\": {{");
                    text.replacen(&start, &format!("{start}{more},"), 1)
                }
            };
        }
        let report = report(version, &text);
        let context = format!("{version}: {parts}: {:?}\n{text}", open(&report));
        assert_eq!(report.closed, verdict == "closed", "{context}");
        // What `--fix` writes there it closes, wherever it can.
        let fixed = login(version, &text, false);
        let root = parse(&fixed.text).unwrap().root;
        let shared = root.at(&["memory", "search"]);
        assert!(
            shared.is_none() || parts.contains("\"search\""),
            "{context}"
        );
    }
}

#[test]
fn a_key_that_a_version_does_not_know_is_told_and_one_like_a_route_is_undecided() {
    for version in KNOWN {
        let own = match FORMER.contains(version) {
            true => r#""agents":{"list":[{"id":"ops",KEY}]}"#,
            false => r#""agents":{"entries":{"ops":{KEY}}}"#,
        };
        let objects = [
            "agents", "gateway", "memory", "messages", "tools", "cron", "models",
        ];
        let objects = objects.map(|object| format!(r#""{object}":{{KEY}}"#));
        let more = [
            "KEY",
            own,
            r#""agents":{"defaults":{KEY}}"#,
            r#""agents":{"defaults":{"heartbeat":{"activeHours":{KEY}}}}"#,
            r#""tools":{"exec":{KEY}}"#,
            r#""channels":{"telegram":{"accounts":{"a":{KEY}}}}"#,
            r#""bindings":[{"match":{"peer":{KEY}}}]"#,
            r#""plugins":{"entries":{"memory-core":{"config":{"dreaming":{KEY}}}}}"#,
        ]
        .map(str::to_owned);
        for place in objects.iter().chain(&more) {
            for (key, expected) in [
                (r#""bogus":1"#, Severity::Exposure),
                (r#""bogusModel":"x""#, Severity::Undecided),
            ] {
                let file = format!("{{{}}}", place.replace("KEY", key));
                let report = login(version, &file, false).report;
                let is_it =
                    |one: &&Finding| one.code == "refused-key" && one.path.contains("bogus");
                let finding = report.findings.iter().find(is_it);
                let finding = finding.unwrap_or_else(|| panic!("{version}: {file}: no finding"));
                assert_eq!(finding.severity, expected, "{version}: {file}");
                assert!(
                    finding.fix.starts_with("openclaw doctor --fix"),
                    "{}",
                    finding.fix
                );
                assert_eq!(
                    report.closed,
                    expected == Severity::Exposure,
                    "{version}: {file}"
                );
            }
        }
    }
}

#[test]
fn a_newer_host_is_never_told_to_go_back() {
    let install = format!("npm install -g openclaw@{}", newest());
    for (version, forward) in [
        ("2099.1.1-beta", "openclaw plugins update"),
        ("2099.1.1", "openclaw plugins update"),
        ("nonsense", "openclaw plugins update"),
        ("", "openclaw plugins update"),
        ("2026.9.5", &*install),
        ("2026.6.35", &*install),
    ] {
        let report = report(version, &login(newest(), "", false).text);
        assert!(!report.closed, "{version}");
        let all = report.findings.iter();
        let findings: Vec<_> = all.filter(|one| one.code == "unverified-host").collect();
        assert!(
            findings.iter().all(|one| one.fix.starts_with(forward)),
            "{version}: {findings:?}"
        );
        assert_eq!(findings.len(), 1);
    }
}

#[test]
fn a_key_of_an_official_plugin_arms_what_the_plugin_fills() {
    let key = |name: &str, more: &str| format!(r#""env": {{"vars": {{"{name}": "k"}}}}{more}"#);
    for version in KNOWN {
        let file = login(version, "", false).text;
        for name in ["GROQ_API_KEY", "BRAVE_API_KEY", "DEEPINFRA_API_KEY"] {
            let report = report(version, &with(&file, &key(name, "")));
            let at = format!("armed-slot at env.vars.{name}");
            assert_eq!(open(&report), [at], "{version}");
        }
        // Its search is off, and it has tools of its own.
        let off = r#","tools": {"web": {"search": {"enabled": false}}}"#;
        let pinned = with(&file, &key("TAVILY_API_KEY", off));
        assert_eq!(
            open(&report(version, &pinned)),
            ["armed-slot at env.vars.TAVILY_API_KEY"],
            "{version}"
        );
        let fix = ApplyRequest {
            fix: true,
            ..ApplyRequest::default()
        };
        let fixed = apply(&input(version, &pinned), &fix).unwrap().text;
        assert_eq!(open(&report(version, &fixed)), [""; 0], "{version}");
    }
}

/// Before 2026.8 OpenClaw loads the bundled speech services although they are off, if all of them are.
#[test]
fn a_service_of_speech_that_is_off_with_all_others_speaks_until_2026_7() {
    for version in KNOWN {
        let former = FORMER.contains(version);
        let of = |name: &&str| bundled(Version::named(name).unwrap());
        let speaks = of(version).filter(|vendor| vendor.slots.contains(&Slot::Speech));
        let mut all: Vec<String> = speaks
            .map(|vendor| format!("{:?}", vendor.plugin))
            .collect();
        let file = login(version, "", false).text;
        let with_all = with(
            &file,
            &format!(r#""plugins": {{"deny": [{}]}}"#, all.join(",")),
        );
        let expected: &[&str] = match former {
            true => &["keyless-service at plugins.entries.microsoft"],
            false => &[],
        };
        let judged = report(version, &with_all);
        assert_eq!(open(&judged), expected, "{version}");
        let mut findings = judged.findings.iter();
        assert!(
            findings.all(|one| !one.fix.contains("microsoft.enabled")),
            "{version}: what is off already is no fix"
        );
        all.retain(|id| id != "\"openrouter\"");
        let with_one = with(
            &file,
            &format!(r#""plugins": {{"deny": [{}]}}"#, all.join(",")),
        );
        assert_eq!(open(&report(version, &with_one)), [""; 0], "{version}");
    }
}

/// Until 2026.9.1 a sticker goes to any model that takes images if the proxy's models do not, whatever `imageModel` says.
#[test]
fn a_sticker_of_telegram_is_shown_to_whoever_sees_images_until_2026_9_1() {
    let pinned = |input: &str, rest: &str| {
        format!(
            r#"{{"agents": {{"defaults": {{"model": "anthropic-claude-proxy/m", "imageModel": "anthropic-claude-proxy/m", "pdfModel": "anthropic-claude-proxy/m"}}}},
            "models": {{"providers": {{"anthropic-claude-proxy": {{"baseUrl": "http://127.0.0.1:3456", "apiKey": "k", "api": "anthropic-messages", "models": [{{"id": "m", "name": "m", "input": {input}}}]}},
            "outside": {{"baseUrl": "https://x.example", "apiKey": "k", "api": "openai-completions", "models": [{{"id": "m1", "name": "m1", "input": ["text", "image"]}}]}}}}}},
            "plugins": {{"entries": {{"microsoft": {{"enabled": false}}}}}}, {rest}}}"#
        )
    };
    let on = r#""channels": {"telegram": {"botToken": "x"}}"#;
    let off = r#""channels": {"telegram": {"botToken": "x", "enabled": false}}"#;
    for version in KNOWN {
        let gap = !since("2026.9.6").contains(version);
        for (input, rest, closed) in [
            (r#"["text"]"#, on, !gap),
            (r#"["text"]"#, off, true),
            (r#"["text", "image"]"#, on, true),
        ] {
            let report = report(version, &pinned(input, rest));
            assert_eq!(
                report.closed,
                closed,
                "{version} {input} {rest} {:?}",
                open(&report)
            );
        }
    }
}

#[test]
fn an_alias_with_the_id_of_a_model_of_the_proxy_captures_it_until_2026_7() {
    for version in KNOWN {
        for (models, id, at) in [
            (
                r#"{"outside/m1":{"alias":"Claude-Opus-4.6"}}"#,
                "claude-opus-4.6",
                r#"agents.defaults.models["outside/m1"].alias"#,
            ),
            (
                r#"{"anthropic/claude-sonnet-5":{}}"#,
                "sonnet",
                "agents.defaults.models.",
            ),
        ] {
            let document = format!(
                r#"{{"agents":{{"defaults":{{"model":{{"primary":"anthropic-claude-proxy/{id}","fallbacks":[]}},"models":{models}}}}},
                "models":{{"providers":{{"anthropic-claude-proxy":{{"baseUrl":"http://127.0.0.1:3456","api":"anthropic-messages","apiKey":"k",
                "models":[{{"id":"{id}","name":"n","input":["text","image"]}}]}}}}}}}}"#
            );
            let open = open(&report(version, &document));
            let captured = open.iter().any(|one| {
                one.starts_with("alias-capture at ") && one.contains(at.trim_end_matches('.'))
            });
            assert_eq!(
                captured,
                FORMER.contains(version),
                "{version} {id}: {open:?}"
            );
        }
    }
}

#[test]
fn without_a_primary_an_entry_of_openai_may_be_the_default() {
    for version in KNOWN {
        for openai in [r#"{"apiKey":"k"}"#, r#"{"models":[{"id":"gpt-5.6-sol"}]}"#] {
            let document = format!(
                r#"{{"models":{{"providers":{{"anthropic-claude-proxy":{{"baseUrl":"http://127.0.0.1:3456","api":"anthropic-messages","apiKey":"k",
                "models":[{{"id":"m","name":"m","input":["text","image"]}}]}},"openai":{openai}}}}}}}"#
            );
            let open = open(&report(version, &document));
            let unclear = "unclear-model at agents.defaults.model".to_owned();
            assert!(open.contains(&unclear), "{version} {openai}: {open:?}");
        }
    }
}

/// OpenClaw moves them to the entries before it validates them (`openclaw config validate`, 2026.9.6).
#[test]
fn keys_of_the_old_list_of_agents_are_refused_as_those_of_entries() {
    let document =
        r#"{"agents":{"list":[{"id":"ops","name":"x","unheard":1,"heartbeat":{"unheard":1}}]}}"#;
    for version in KNOWN.iter().filter(|version| !FORMER.contains(version)) {
        let findings = report(version, document).findings;
        let refused = findings.iter().filter(|one| one.code == "refused-key");
        let refused: Vec<_> = refused.map(|one| one.path.as_str()).collect();
        let want = [
            "agents.list",
            "agents.list[0].unheard",
            "agents.list[0].heartbeat.unheard",
        ];
        assert_eq!(refused, want, "{version}");
    }
}
