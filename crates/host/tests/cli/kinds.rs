//! Proxies that the user runs, of every kind that asks for a key: attached with the user's key, and with no other.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::support::{Home, PROGRAM, Supervised, check, free_port, has, own_proxy, private, says};

const KEY: &str = "sk-own-of-the-user";

fn configure(home: &Home, mut settings: Value, port: u16) {
    settings["port"] = json!(port);
    home.configure(&settings);
}

fn key_file(home: &Home, key: &str, mode: u32) -> String {
    let path = home.path("its-key");
    private(&path, key, mode);
    path.to_str().unwrap().to_owned()
}

fn watch(home: &Home) -> Supervised {
    Supervised::start(home.supervise(None, &[]))
}

#[test]
fn each_kind_is_attached_with_the_users_key() {
    for service in &claude_proxy_fake_proxy::keyed_services() {
        let home = Home::new();
        let port = free_port();
        let file = key_file(&home, &format!("{KEY}\n"), 0o600);
        configure(&home, json!({ "proxy": service, "keyFile": file }), port);
        let _own = own_proxy(port, &["--service", service], KEY);
        let running = watch(&home);
        let attached = running.state("attached");
        has(&attached["status"], json!({ "keyFile": file }));
        assert!(!attached.to_string().contains(KEY), "{service}");
        let looked = home.run(&["health", "--json"]).ends(0).json();
        has(&looked, json!({ "accessKey": "enforced" }));
        let doctor = home.run(&["doctor", "--json"]);
        assert!(!doctor.out.contains(KEY) && !doctor.err.contains(KEY));
        assert_eq!(home.run(&["key", "path"]).out.trim(), file);
        home.run(&["key", "rotate"]).ends(4).says(&[&file]);
        assert_eq!(fs::read_to_string(&file).unwrap().trim(), KEY);
    }
}

#[test]
fn a_proxy_with_another_key_is_reported_and_not_attached() {
    for service in &claude_proxy_fake_proxy::keyed_services() {
        let home = Home::new();
        let port = free_port();
        let file = key_file(&home, "sk-of-yesterday", 0o600);
        configure(&home, json!({ "proxy": service, "keyFile": file }), port);
        let _own = own_proxy(port, &["--service", service], KEY);
        let running = watch(&home);
        let blocked = running.until("blocked", |event| {
            assert_ne!(event["status"]["state"], "attached", "{event}");
            let status = &event["status"];
            status["state"] == "blocked" && status["detail"].to_string().contains(&file)
        });
        let status = home.run(&["status", "--json"]).json();
        for text in [&blocked["status"], &status] {
            let said = format!("{} {}", text["detail"], text["next"]);
            says(&said, &[&file, "claude-proxy setup --port"]);
            let unwanted = ["kill", "sk-of-yesterday"].map(|word| said.contains(word));
            assert_eq!(unwanted, [false, false], "{said}");
        }
    }
}

#[test]
fn a_key_file_that_others_could_read_is_not_used() {
    let home = Home::new();
    let port = free_port();
    let good = key_file(&home, KEY, 0o600);
    symlink(&good, home.path("link")).unwrap();
    private(&home.path("open"), KEY, 0o644);
    // Every other fault of a key file is in the unit test of `key_file`.
    for (name, fault) in [
        ("link", "is a link"),
        ("open", "is open to other users (mode 644)"),
    ] {
        let file = home.path(name).display().to_string();
        configure(&home, json!({ "keyFile": file }), port);
        let before = home.read_config();
        let text = port.to_string();
        for command in [
            &["run", "--", "nothing"][..],
            &["status"],
            &["health"],
            &["models"],
            &["setup", "--yes", "--port", &text],
        ] {
            let ended = home.run(command);
            assert_ne!(ended.code, 0, "{command:?}");
            let found = |line: &&str| line.trim_start().starts_with("found ");
            let told: Vec<_> = ended.err.lines().filter(found).collect();
            assert_eq!(told.len(), 1, "{command:?}: {}", ended.err);
            let named = told[0].contains(fault) && told[0].contains(&file);
            assert!(named && !ended.err.contains(KEY), "{}", ended.err);
        }
        let check = home.checked("key-file");
        assert_eq!(check["status"], "fail");
        assert!(check["detail"].as_str().unwrap().contains(fault), "{check}");
        assert!(check["fix"].is_string(), "{check}");
        assert_eq!(home.read_config(), before, "nothing is lost");
        assert_eq!(fs::read_to_string(&good).unwrap(), KEY);
    }
}

#[test]
fn a_known_program_on_the_port_is_named_with_how_to_use_it() {
    for (service, config) in [
        ("litellm", "config.proxy litellm"),
        ("claude-code-router", "config.proxy claude-code-router"),
        ("cliproxyapi", "config.proxy cliproxyapi"),
        ("meridian", "config.keyFile /full/path/of/its/key"),
        ("openai", "config.api openai-completions"),
    ] {
        let home = Home::new();
        let port = free_port();
        configure(&home, json!({}), port);
        let _own = own_proxy(port, &["--service", service], KEY);
        let text = port.to_string();
        let before = home.read_config();
        let status = home.run(&["status", "--json"]);
        let doctor = home.run(&["doctor", "--json"]);
        let mut said = vec![
            status.json()["next"].to_string(),
            failed(&doctor.json(), "port"),
        ];
        let setup = home.run(&["setup", "--yes", "--port", &text]);
        setup.ends(4);
        assert_eq!(home.read_config(), before);
        said.push(setup.err);
        // Nor is it sent a message: what is not used unasked is not tried out either.
        let turn = home.run(&["doctor", "--turn", "--yes", "--json"]);
        let turn = failed(&turn.json(), "turn-answer");
        assert!(turn.contains("nothing was sent"), "{service}: {turn}");
        let other = format!("setup --port {}", port + 1);
        for said in said {
            says(said, &[config, &other]);
        }
    }
}

fn failed(doctor: &Value, id: &str) -> String {
    let check = check(doctor, id);
    assert_eq!(check["status"], "fail", "{check}");
    format!("{} {}", check["detail"], check["fix"])
}

#[test]
fn a_started_forwarding_proxy_is_used_with_a_warning() {
    let home = Home::new();
    let port = free_port();
    home.program(
        "litellm",
        &format!("exec '{PROGRAM}' fake-proxy --service litellm"),
    );
    configure(&home, json!({ "command": ["litellm"] }), port);
    let running = watch(&home);
    let ready = running.event("ready");
    assert!(ready["status"]["keyFile"].is_string(), "{ready}");
    let looked = home.run(&["health", "--json"]).json();
    assert_eq!(looked["accessKey"], "enforced", "{looked}");
    let kind = home.checked("proxy-kind");
    assert_eq!(kind["status"], "warn");
    says(&kind["detail"], &["closedness ends at the proxy"]);
}

#[test]
fn doctor_fix_registers_the_figures_that_the_proxy_lists() {
    let home = Home::new();
    let port = free_port();
    let file = key_file(&home, KEY, 0o600);
    configure(&home, json!({ "keyFile": file }), port);
    let _own = own_proxy(port, &["--service", "meridian"], KEY);
    let fixed = home.run(&["doctor", "--fix", "--json"]);
    let written: Value = serde_json::from_str(&home.read_config()).unwrap();
    let rows = &written["models"]["providers"]["anthropic-claude-proxy"]["models"];
    assert_eq!(rows[0]["id"], "claude-opus-4.6", "{}", fixed.err);
    // The catalog has 200,000.
    assert_eq!(rows[0]["contextWindow"], 1_000_000, "{rows}");
}
