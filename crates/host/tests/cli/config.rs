//! `setup`, `audit`, `models`, `key` and `path` as a user types them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Stdio;

use crate::support::{Ended, Home, free_port, has, says};
use serde_json::{Value, json};

const OPEN: &str = "{\n  // mine\n  agents: { defaults: { model: \"openai/gpt-6\" } },\n}\n";

/// The keys of an object, sorted.
fn keys(value: &Value) -> Vec<&str> {
    let members = value.as_object().unwrap();
    let mut keys: Vec<&str> = members.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn an_audit_says_closed_open_or_undecided() {
    let home = Home::new();
    home.write_config(OPEN);
    let report = home.run(&["audit", "--json"]).ends(1).json();
    assert_eq!(
        keys(&report).join(" "),
        "closed commands decided findings judgedVersion knownVersions notExamined openTools routes summary"
    );
    assert_eq!(report["closed"], false);
    let leak = &report["findings"][0];
    assert_eq!(
        keys(leak).join(" "),
        "code fix leadsTo message path severity"
    );
    has(
        leak,
        json!({ "severity": "leak", "path": "agents.defaults.model", "leadsTo": "openai/gpt-6" }),
    );
    assert_eq!(keys(&report["routes"][0]).join(" "), "closed leadsTo path");

    home.set_up(3456);
    let closed = home.run(&["audit", "--json"]).ends(0).json();
    assert_eq!(closed["closed"], true);

    home.write_config("{ agents: ");
    let broken = home.run(&["audit", "--json"]).ends(2).json();
    assert_eq!(broken["decided"], false);
}

#[test]
fn settings_from_includes_and_variables_are_used() {
    let home = Home::new();
    let listen = |ended: &Ended| ended.json()["listen"]["port"].clone();
    home.write_config(
        r#"{"$include": "./base.json5", "models": {"providers": {}}, "plugins": {}}"#,
    );
    let base = home.path(".openclaw/base.json5");
    let port = free_port();
    fs::write(
        &base,
        format!("{{plugins: {{entries: {{'anthropic-claude-proxy': {{config: {{port: {port}, guard: 'strict'}}}}}}}}}}"),
    )
    .unwrap();
    assert_eq!(listen(&home.run(&["status", "--json"])), port);
    // Where it cannot be decided, nothing is guessed.
    fs::remove_file(&base).unwrap();
    home.run(&["status"])
        .ends(2)
        .says(&["$include", "base.json5"]);

    // An edit that cannot know them is refused, with the file's name.
    let ended = home.run(&["setup", "--yes"]);
    assert_ne!(ended.code, 0, "{}", ended.out);
    ended.says(&["openclaw.json"]);
    fs::remove_file(home.config()).unwrap();
    home.set_up(port);
    let text = home.read_config();
    home.write_config(&text.replace(&format!("http://127.0.0.1:{port}"), "${PROXY_URL}"));
    let url = format!("http://127.0.0.1:{port}");
    let with = |run: &[&str]| home.run_with("PROXY_URL", &url, run);
    with(&["audit"]).ends(0);
    assert_eq!(listen(&with(&["status", "--json"])), port);
    with(&["setup", "--yes"]).ends(0);
    assert!(home.read_config().contains("${PROXY_URL}"));
    home.run(&["status"]).ends(2).says(&["PROXY_URL"]);
}

#[test]
fn the_audit_answers_its_questions_from_disk_and_environment() {
    let home = Home::new();
    home.set_up(3456);
    let closed = home.read_config();
    home.write_config(&closed.replacen('{', "{ \"$include\": \"./more.json5\",", 1));
    home.run(&["audit"]).ends(2);
    let more = home.path(".openclaw/more.json5");
    fs::write(&more, "{ logging: {} }").unwrap();
    home.run(&["audit"]).ends(0);
    fs::write(
        &more,
        r#"{ agents: { defaults: { imageModel: "${ELSEWHERE}" } } }"#,
    )
    .unwrap();
    home.run(&["audit"]).ends(2);
    let known = home.run_with("ELSEWHERE", "openai/gpt-6", &["audit", "--json"]);
    let report = known.ends(1).json();
    assert_eq!(report["findings"][0]["leadsTo"], "openai/gpt-6");
}

#[test]
fn a_copy_that_openclaw_may_restore_is_an_exposure() {
    let home = Home::new();
    home.set_up(3456);
    fs::write(home.path(".openclaw/openclaw.json.bak"), OPEN).unwrap();
    let audit = home.run(&["audit", "--json"]);
    audit.ends(0);
    audit.says(&["backup-open"]);
    let fixed = home.run(&["audit", "--fix", "--json"]);
    let report = fixed.ends(0).json();
    assert!(!fixed.out.contains("backup-open"), "{}", fixed.out);
    assert_eq!(report["written"], false, "the file itself was closed");
    let copy = home.path(".openclaw/openclaw.json.bak");
    assert_eq!(report["copies"], json!([copy]));
    assert!(fs::read_to_string(copy).unwrap().contains("// mine"));
}

#[test]
fn audit_fix_closes_the_leak_and_keeps_everything_else() {
    let home = Home::new();
    home.write_config(OPEN);
    let dry = home.run(&["audit", "--fix", "--dry-run"]);
    assert_eq!(home.read_config(), OPEN, "{}", dry.out);
    let report = home.run(&["audit", "--fix", "--json"]).ends(0).json();
    has(&report, json!({ "closed": true, "written": true }));
    assert!(home.read_config().contains("// mine"));
    let backup = report["backup"].as_str().unwrap();
    assert_eq!(fs::read_to_string(backup).unwrap(), OPEN);
    let again = home.run(&["audit", "--fix", "--json"]).json();
    assert_eq!(again["written"], false, "nothing to do the second time");
}

#[test]
fn a_change_is_shown_without_the_secrets_around_it() {
    let home = Home::new();
    home.write_config(
        r#"{
  "models": {
    "providers": {
      "other": {
        "headers": { "Cookie": "session=hunter2-a" } // once hunter2-b
      }
    }
  },
  "env": { "vars": { "MY_PAT": "ghp_hunter2-c", /* hunter2-d */ "SECOND":
    "hunter2-e" } }
}
"#,
    );
    let dry = home.run(&["setup", "--yes", "--dry-run"]);
    dry.ends(0).says(&["+ ", "\"Cookie\": ", "\"MY_PAT\": "]);
    assert!(!dry.out.contains("hunter2"), "{}", dry.out);
}

#[test]
fn setup_writes_what_it_shows() {
    let home = Home::new();
    home.run(&["setup", "--yes", "--set-default", "--dry-run"])
        .ends(0)
        .says(&["+ "]);
    assert!(!home.config().exists());

    let setup = ["setup", "--yes", "--set-default", "--port", "4567"];
    let models = ["--models", "claude-haiku-4, claude-opus-4.6"];
    home.run(&[&setup[..], &models].concat()).ends(0);
    let text = home.read_config();
    let default = "anthropic-claude-proxy/claude-haiku-4";
    says(&text, &["127.0.0.1:4567", default]);
    assert_eq!(fs::metadata(home.config()).unwrap().mode() & 0o777, 0o600);
    assert!(!home.state("").exists(), "a login alone makes no state");

    let again = ["setup", "--yes", "--set-default", "--json"];
    let result = home.run(&again).ends(0).json();
    has(
        &result,
        json!({ "written": false, "closed": true, "defaultModel": default }),
    );
    assert_eq!(home.read_config(), text, "a second run changes nothing");
}

#[test]
fn unharden_restores_the_file() {
    let home = Home::new();
    home.set_up(free_port());
    let before = home.read_config();
    home.run(&["setup", "--yes", "--harden"]).ends(0);
    let hard = home.read_config();
    assert!(hard.contains("\"modelPolicy\""), "{hard}");
    home.run_with("OPENAI_API_KEY", "x", &["audit"]).ends(0);
    home.run(&["setup", "--yes", "--unharden"]).ends(0);
    assert_eq!(home.read_config(), before);
}

/// Each error names the place, what was found, what is accepted and the next step, and changes nothing.
#[test]
fn bad_input_is_explained() {
    for (name, value, found) in [
        ("port", json!(70000), "70000"),
        ("port", json!("x"), "\"x\""),
        ("autoStart", json!(1), "1"),
        ("command", json!([]), "a list of 0"),
        ("models", json!([]), "an empty list"),
        ("hots", json!("a"), ""),
        ("restartDelayMs", json!(-1), "-1"),
        ("host", json!("a b"), "a b"),
        ("host", json!("example.com"), "example.com"),
    ] {
        let home = Home::new();
        home.configure(&json!({ name: value }));
        let text = home.read_config();
        let path = format!("plugins.entries.anthropic-claude-proxy.config.{name}");
        for (arguments, code) in [
            (&["status"][..], 2),
            (&["run"], 78),
            (&["setup", "--yes"], 1),
        ] {
            let words = [&path, found, "accepted", "hint"];
            home.run(arguments).ends(code).says(&words);
            assert_eq!(home.read_config(), text);
        }
    }
}

#[test]
fn wrong_flags_are_explained() {
    let home = Home::new();
    for (arguments, place) in [
        (&["setup", "--yes", "--port", "0"][..], "--port"),
        (&["setup", "--yes", "--port", "x"], "--port"),
        (&["setup", "--yes", "--host", ""], "--host"),
        (&["setup", "--yes", "--host", "http://a"], "--host"),
        (&["setup", "--yes", "--models", ","], "--models"),
        (&["status", "--port", "99999"], "--port"),
        (&["run", "--port", "-1"], "--port"),
        (&["run", "--host", "0.0.0.0"], "--host"),
        (&["audit", "--dry-run"], "--fix"),
        (&["nonsense"], "nonsense"),
        (&["supervise", "--parent", "0"], "--parent"),
    ] {
        home.run(arguments).ends(2).says(&[place]);
        assert!(!home.config().exists(), "{arguments:?}");
    }
}

#[test]
fn an_error_is_json_where_json_was_asked_for() {
    let home = Home::new();
    home.configure(&json!({ "port": 0 }));
    let ended = home.run(&["status", "--json"]);
    let error = &ended.ends(2).json()["error"];
    assert_eq!(keys(error), ["accepted", "code", "found", "next", "path"]);
    assert_eq!(ended.err, "");
}

#[test]
fn a_refusal_changes_nothing_and_has_its_own_code() {
    let home = Home::new();
    home.write_config(OPEN);
    fs::set_permissions(home.config(), fs::Permissions::from_mode(0o400)).unwrap();
    for arguments in [&["setup", "--yes"][..], &["audit", "--fix"]] {
        home.run(arguments).ends(4).says(&["read-only"]);
        assert_eq!(home.read_config(), OPEN);
    }
    fs::set_permissions(home.config(), fs::Permissions::from_mode(0o600)).unwrap();
    home.run_with("OPENCLAW_NIX_MODE", "1", &["setup", "--yes"])
        .ends(4)
        .says(&["OPENCLAW_NIX_MODE"]);
    assert_eq!(home.read_config(), OPEN);
}

#[test]
fn the_configuration_is_found_where_openclaw_finds_it() {
    let home = Home::new();
    let elsewhere = home.path("elsewhere.json");
    fs::write(&elsewhere, OPEN).unwrap();
    let state = home.path("state");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("openclaw.json"), OPEN).unwrap();
    let audit = |name, value| home.run_with(name, value, &["audit"]).ends(1).code;
    audit("OPENCLAW_CONFIG_PATH", &elsewhere);
    audit("OPENCLAW_STATE_DIR", &state);
    home.run(&["audit", "--config", elsewhere.to_str().unwrap()])
        .ends(1);
}

#[test]
fn models_have_labels_and_limits() {
    let home = Home::new();
    let models = home.run(&["models", "--json"]).ends(0).json();
    assert_eq!(models["models"].as_array().unwrap().len(), 5);
    // What no proxy lists is not known.
    let first = json!({ "id": "claude-opus-4.6", "configured": true, "listed": null });
    has(&models["models"][0], first);
    let all = home.run(&["models", "--all", "--json"]).json();
    assert!(all["models"].as_array().unwrap().len() > 5);
}

#[test]
fn a_key_is_made_on_request_and_never_shown() {
    let home = Home::new();
    let none = home.run(&["key", "path"]);
    none.ends(1);
    let path = home.state("access-key-3456");
    assert_eq!(none.out.trim(), path.to_str().unwrap());
    let made = home.run(&["key", "rotate"]);
    made.ends(0);
    let first = fs::read_to_string(&path).unwrap();
    assert!(!made.out.contains(first.trim()));
    home.run(&["key", "path"]).ends(0);
    home.run(&["key", "rotate"]);
    assert_ne!(fs::read_to_string(&path).unwrap(), first);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    home.run(&["key", "path"])
        .ends(2)
        .says(&["open to other users"]);
}

#[test]
fn path_names_every_place() {
    let home = Home::new();
    let places = home.run(&["path", "--json"]).json();
    assert_eq!(
        keys(&places),
        ["config", "key", "log", "program", "socket", "stateDir"]
    );
    assert_eq!(places["config"], home.config().to_str().unwrap());
    assert!(places["log"].as_str().unwrap().ends_with("proxy-3456.log"));
}

#[test]
fn a_closed_output_pipe_changes_neither_the_work_nor_the_exit_code() {
    let unread = |home: &Home, arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = home
            .command(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8(ended.stderr).unwrap(),
            "",
            "{arguments:?}"
        );
        ended.status.code()
    };
    for arguments in [
        &["setup", "--yes", "--set-default"][..],
        &["setup", "--json", "--set-default"],
    ] {
        let (home, read) = (Home::new(), Home::new());
        read.run(arguments).ends(0);
        assert_eq!(unread(&home, arguments), Some(0), "{arguments:?}");
        assert_eq!(home.read_config(), read.read_config());
        assert_eq!(unread(&home, &["audit"]), Some(0));
        assert_eq!(unread(&home, &["models", "--all"]), Some(0));
        let port = free_port().to_string();
        assert_eq!(unread(&home, &["status", "--port", &port]), Some(1));
        assert_eq!(unread(&home, &["health", "--port", &port]), Some(1));
        assert_eq!(unread(&home, &["key", "path"]), Some(1));
        assert_eq!(unread(&home, &["key", "rotate"]), Some(0));
        assert_eq!(unread(&home, &["key", "path"]), Some(0));
    }
    let home = Home::new();
    home.write_config(OPEN);
    for arguments in [&["audit"][..], &["audit", "--json"]] {
        assert_eq!(unread(&home, arguments), Some(1), "{arguments:?}");
    }
    assert_eq!(unread(&home, &["audit", "--fix", "--dry-run"]), Some(0));
    assert_eq!(home.read_config(), OPEN);
    assert_eq!(unread(&home, &["audit", "--fix"]), Some(0));
    assert_ne!(home.read_config(), OPEN);
    home.run(&["audit"]).ends(0);
}

#[test]
fn help_and_version_are_asked_for() {
    let home = Home::new();
    for arguments in [&["--help"][..], &["--version"], &["help", "setup"]] {
        let ended = home.run(arguments);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{arguments:?}");
        assert!(
            !ended.out.contains("fake-proxy"),
            "internal commands are hidden"
        );
    }
}

#[test]
fn openclaws_own_resolutions_count_in_the_audit() {
    use std::io::Write;
    let home = Home::new();
    home.set_up(3456);
    let told = |text: &str| {
        let mut audit = home
            .command(&["audit", "--json", "--openclaw", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = audit.stdin.take().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        Ended::from(audit.wait_with_output().unwrap())
    };
    let resolved = |provider: &str, session: &str| {
        json!({
            "version": "2026.9.6",
            "schemaKnown": false,
            "storedFiles": [],
            "storedLists": [{
                "kind": "resolutions", "name": "answers",
                "entries": [{"name": "agents.defaults.model.primary", "agent": "main", "provider": provider, "model": "m", "fallbacks": []}],
            }, {
                "kind": "sessions", "name": "stored sessions",
                "entries": [{"name": "agent:main:main", "agent": "", "provider": "", "model": session, "fallbacks": []}],
            }],
            "notAsked": ["stored jobs: this OpenClaw has no loadCronStore"],
        })
        .to_string()
    };
    let closed = told(&resolved("anthropic-claude-proxy", "claude-max-proxy"));
    closed.ends(0);
    let unexamined = closed.json()["notExamined"].to_string();
    assert!(unexamined.contains("no loadCronStore"), "{unexamined}");
    assert!(!unexamined.contains("stored sessions"), "{unexamined}");

    let elsewhere = told(&resolved("openai", "claude-max-proxy"));
    elsewhere.ends(1);
    assert_eq!(
        elsewhere.json()["findings"][0]["code"],
        "resolved-elsewhere"
    );

    let session = told(&resolved("anthropic-claude-proxy", "bare"));
    session.ends(2);
    let report = session.json();
    let fix = report["findings"][0]["fix"].as_str().unwrap();
    let patches = fix.starts_with("openclaw gateway call sessions.patch ");
    assert!(patches, "{fix}");
    assert_eq!(report["commands"][0][2], "sessions.patch");

    for nonsense in [
        "",
        "{",
        "[]",
        "{\"version\": 1}",
        r#"{"version": "1", "schemaKnown": true, "storedFiles": [], "storedLists": [], "notAsked": [], "x": 1}"#,
        r#"{"version": "1", "schemaKnown": true, "storedFiles": [], "notAsked": [], "storedLists": [{"kind": "job", "name": "x"}]}"#,
        r#"{"version": "1", "schemaKnown": true, "storedFiles": [], "notAsked": [], "storedLists": [{"kind": "jobs", "name": "x", "entries": [1]}]}"#,
    ] {
        told(nonsense).ends(2).says(&["--openclaw"]);
    }
}

#[test]
fn commands_for_a_remote_proxy_point_to_its_machine() {
    let home = Home::new();
    home.configure(&json!({ "host": "proxy.example", "remoteHosts": ["proxy.example"] }));
    for command in ["logs", "start", "restart", "stop"] {
        let ended = home.run(&[command]);
        let next = "and the proxy on proxy.example if it does not run there";
        ended.ends(1).says(&[next]);
        assert!(!ended.err.contains("claude-proxy run"), "{}", ended.err);
    }
}
