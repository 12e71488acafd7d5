//! `run`, `supervise` and everything that looks at a proxy, with the built-in fake proxy behind it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;

use crate::hostile::stranger;
use crate::support::{
    Ended, Home, PROGRAM, Supervised, check, ended, expect_true, free_port, has, own_proxy, pid,
    says, signal,
};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Starts `supervise` for this test process, with the fake proxy.
pub(crate) fn supervise(home: &Home, port: u16, switches: &[&str]) -> Supervised {
    let mut command = home.supervise(Some(port), &[PROGRAM, "fake-proxy"]);
    command.args(switches);
    Supervised::start(command)
}

pub(crate) fn get(port: u16, path: &str, key: Option<&str>) -> std::io::Result<u16> {
    #[expect(clippy::disallowed_methods, reason = "a client like any other")]
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let key = key.map_or_else(String::new, |key| format!("x-api-key: {key}\r\n"));
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{key}\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.split(' ').nth(1).unwrap().parse().unwrap())
}

/// Every documented key of the status is there.
fn has_status_keys(status: &Value) {
    let keys =
        "state sinceMs pid restarts lastExit listen owner login closed next baseUrl keyFile detail";
    for key in keys.split(' ') {
        assert!(status.get(key).is_some(), "{key} is missing in {status}");
    }
}

#[test]
fn a_supervised_proxy_is_ready_watched_and_stopped() {
    let home = Home::new();
    let port = free_port();
    home.set_up(port);
    let mut running = supervise(&home, port, &[]);
    let ready = running.event("ready");
    let status = &ready["status"];
    has_status_keys(status);
    let key_file = home.state(&format!("access-key-{port}"));
    has(
        status,
        json!({
            "state": "ready", "baseUrl": format!("http://127.0.0.1:{port}"), "login": "claimed",
            "owner": { "ours": true }, "keyFile": key_file,
        }),
    );
    let key = home.key(port);
    assert_eq!(get(port, "/v1/models", Some(&key)).unwrap(), 200);
    assert_eq!(get(port, "/v1/models", None).unwrap(), 401);
    assert!(!ready.to_string().contains(&key), "the key is in no event");

    let status = home.run(&["status", "--json"]).ends(0).json();
    has_status_keys(&status);
    has(
        &status,
        json!({ "closed": true, "next": null, "restarts": 0 }),
    );

    let health = home.run(&["health", "--json"]).ends(0).json();
    has(
        &health,
        json!({
            "ready": true, "proxy": { "name": "meridian", "loggedIn": true }, "owner": { "ours": true },
            "accessKey": "enforced",
        }),
    );
    assert!(health["latencyMs"].is_u64());

    let models = home.run(&["models", "--json"]).json();
    assert!(models["proxyListed"].is_array(), "{models}");

    let logs = home.run(&["logs"]);
    logs.ends(0);
    assert!(!logs.out.is_empty() && !logs.out.contains(&key));
    let lines = home.run(&["logs", "--json", "-n", "1"]).json();
    assert_eq!(lines["lines"].as_array().unwrap().len(), 1);

    home.run(&["key", "rotate"]).ends(4);
    assert_eq!(home.key(port), key);

    for name in [
        "",
        &format!("proxy-{port}.log"),
        &format!("control-{port}.sock"),
    ] {
        let mode = fs::symlink_metadata(home.state(name)).unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }

    home.run(&["stop"]).ends(0);
    assert_eq!(home.run(&["status", "--json"]).json()["state"], "stopped");
    assert!(get(port, "/", None).is_err());
    home.run(&["start"]).ends(0);
    home.run(&["status"]).ends(0);
    home.run(&["stop", "--supervisor"]).ends(0);
    assert_eq!(running.end(), 0);
    home.run(&["stop"]).ends(1);
}

#[test]
fn status_watch_follows_changes() {
    let home = Home::new();
    let port = free_port();
    let mut running = supervise(&home, port, &[]);
    let first = pid(&running.event("ready"));
    let port = port.to_string();
    let mut watching = Supervised::start(home.command(&["status", "--watch", "--port", &port]));
    watching.line(" ready: ");
    signal(first, Signal::KILL);
    watching.line(" ready: ");
    home.run(&["stop", "--port", &port]).ends(0);
    watching.line(" stopped: ");
    running.signal(Signal::TERM);
    running.end();
    assert_eq!(watching.end(), 1, "it ends with the supervisor");
}

#[test]
fn logs_follow_shows_new_lines() {
    let home = Home::new();
    let port = free_port();
    let running = supervise(&home, port, &[]);
    let first = pid(&running.event("ready"));
    let port = port.to_string();
    let following = Supervised::start(home.command(&["logs", "-f", "--port", &port]));
    // What was there is shown first, so that whatever comes after this line is new.
    following.line("[supervisor] ready");
    signal(first, Signal::KILL);
    following.line("Meridian");
    following.line("[supervisor] ready");
}

#[test]
fn a_supervisor_ends_when_nobody_reads_its_output() {
    let home = Home::new();
    let port = free_port();
    let mut command = home.supervise(Some(port), &[PROGRAM, "fake-proxy"]);
    let mut process = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    expect_true("the proxy answers", || get(port, "/", None).is_ok());
    drop(process.stdout.take());
    expect_true("the supervisor ends", || {
        process.try_wait().unwrap().is_some()
    });
    assert!(get(port, "/", None).is_err());
}

#[test]
fn a_stranger_on_the_port_is_named_and_left_alone() {
    let home = Home::new();
    let (port, _) = stranger(0);
    let text = port.to_string();
    let status = home.run(&["status", "--json", "--port", &text]);
    let status = status.ends(1).json();
    has_status_keys(&status);
    let owner = json!({ "pid": std::process::id(), "ours": false });
    has(&status, json!({ "state": "blocked", "owner": owner }));
    assert!(status["next"].is_string());
    let health = home.run(&["health", "--json", "--port", &text]);
    assert_eq!(health.ends(1).json()["ready"], false);

    let running = supervise(&home, port, &[]);
    has(&running.state("blocked")["status"]["owner"], owner);
}

#[test]
fn status_without_a_supervisor_looks_at_the_port() {
    let home = Home::new();
    let port = free_port().to_string();
    let status = home.run(&["status", "--json", "--port", &port]);
    let status = status.ends(1).json();
    has_status_keys(&status);
    // Without a configuration OpenClaw's default is elsewhere.
    has(&status, json!({ "state": "stopped", "closed": false }));
    says(&status["next"], &["openclaw gateway run"]);
    let text = home.run(&["status", "--port", &port]);
    assert!(text.out.starts_with("proxy     stopped\n"), "{}", text.out);
    home.run(&["logs", "--port", &port]).ends(1);
}

#[test]
fn run_ends_as_it_is_told() {
    let home = Home::new();
    let port = free_port();
    let text = port.to_string();
    let run = ["run", "--port", &text, "--", PROGRAM, "fake-proxy"];
    let mut command = home.command(&run);
    let process = command.stderr(Stdio::piped()).spawn().unwrap();
    expect_true("the proxy is ready", || {
        home.run(&["status", "--port", &text]).code == 0
    });
    home.run(&run).ends(1).says(&["another supervisor"]);
    signal(process.id(), Signal::TERM);
    let ended = Ended::from(process.wait_with_output().unwrap());
    ended.ends(0).says(&["starting proxy", "proxy is ready"]);
    assert!(get(port, "/", None).is_err());
}

#[test]
fn failures_that_a_retry_cannot_help_exit_with_78() {
    let home = Home::new();
    let port = free_port().to_string();
    let run = |line: &[&str]| home.run(&[&["run", "--port", &port, "--"], line].concat());
    let missing = ["no-such-program", "accepted", "hint"];
    run(&["no-such-program"]).ends(78).says(&missing);
    let logged_out = run(&[PROGRAM, "fake-proxy", "--login", "at-start"]);
    logged_out.ends(78).says(&["not logged in"]);
}

#[test]
fn a_program_that_is_installed_later_is_found_by_restart() {
    let home = Home::new();
    let port = free_port();
    let running = Supervised::start(home.supervise(Some(port), &["late-proxy"]));
    says(
        &running.state("failed")["status"]["detail"],
        &["late-proxy"],
    );
    home.program("late-proxy", &format!("exec '{PROGRAM}' fake-proxy"));
    home.run(&["restart", "--port", &port.to_string()]).ends(0);
    running.event("ready");
}

#[test]
fn with_auto_start_off_the_users_own_proxy_is_used() {
    let home = Home::new();
    let port = free_port();
    home.configure(&json!({ "autoStart": false, "port": port }));
    let running = Supervised::start(home.supervise(None, &[]));
    running.event("state");
    assert!(get(port, "/", None).is_err(), "nothing was started");
    let mut own = own_proxy(port, &[], "");
    let owner = json!({ "pid": own.id() });
    has(
        &running.state("attached")["status"],
        json!({ "pid": null, "owner": owner }),
    );
    drop(running);
    let ended = own.try_wait().unwrap();
    assert_eq!(ended, None, "what is attached is never signaled");
}

#[test]
fn supervise_only_watches_beside_the_users_own_run() {
    let home = Home::new();
    let port = free_port();
    home.configure(&json!({ "autoStart": false, "port": port }));
    let watch = || Supervised::start(home.supervise(None, &[]));
    // Whoever comes first, the place is left to the one that starts the proxy.
    let early = watch();
    early.event("state");
    let mut own = Supervised::start(home.command(&["run", "--", PROGRAM, "fake-proxy"]));
    let late = watch();
    for watcher in [&early, &late] {
        let attached = watcher.state("attached");
        assert_eq!(attached["status"]["login"], "claimed", "{attached}");
    }
    drop((early, late));
    home.run(&["status"]).ends(0);
    let early = watch();
    early.state("attached");
    home.run(&["stop", "--supervisor"]).ends(0);
    assert_eq!(own.end(), 0);
    early.until("an end of the attachment", |event| {
        event["status"]["state"] != "attached"
    });
}

#[test]
fn the_environment_of_the_proxy_is_an_allow_list() {
    let home = Home::new();
    let seen = home.path("seen");
    home.program(
        "spy",
        &format!("export > '{}'\nexec '{PROGRAM}' fake-proxy", seen.display()),
    );
    let mut command = home.supervise(Some(free_port()), &["spy"]);
    let token = "sk-ant-oat01-passed-on-to-the-proxy-only-0123456789";
    command.env("CLAUDE_CODE_OAUTH_TOKEN", token);
    command.env("ANTHROPIC_API_KEY", "hidden").env("OTHER", "x");
    let running = Supervised::start(command);
    let stripped = json!({ "strippedVariables": ["ANTHROPIC_API_KEY"] });
    has(&running.event("ready")["status"], stripped);
    let seen = fs::read_to_string(seen).unwrap();
    for (name, there) in [
        ("ANTHROPIC_API_KEY", false),
        ("OTHER", false),
        ("CLAUDE_CODE_OAUTH_TOKEN", true),
        ("MERIDIAN_API_KEY", true),
        ("MERIDIAN_PORT", true),
        ("HOME", true),
    ] {
        assert_eq!(seen.contains(&format!("{name}=")), there, "{name}: {seen}");
    }
    // It works in a folder of its own.
    says(seen, &["claude-proxy/work"]);
}

#[test]
fn doctor_fix_does_what_is_safe() {
    let home = Home::new();
    home.write_config("{ agents: { defaults: { model: \"openai/gpt-6\" } } }");
    assert_eq!(home.checked("config-closed")["status"], "fail");
    let after = home.run(&["doctor", "--fix", "--json"]).json();
    // Nobody said which OpenClaw reads the file.
    let closed = check(&after, "config-closed");
    assert_eq!(closed["status"], "unknown", "{closed}");
    let permission = check(&after, "hooks-permission");
    assert_eq!(permission["status"], "pass", "{permission}");
    let known = home.run(&["doctor", "--json", "--openclaw", "2026.9.6"]);
    let closed = check(&known.json(), "config-closed").clone();
    assert_eq!(closed["status"], "pass", "{closed}");
}

#[test]
fn the_demonstration_tells_its_story() {
    let home = Home::new();
    let ended = ended(home.command(&["demo"]).env("TMPDIR", home.path("")));
    ended
        .ends(0)
        .says(&["leak", "closed", "HTTP 200", "HTTP 401"]);
    ended.says(&["ready again after", "connection refused"]);
    let mut left = fs::read_dir(home.path("")).unwrap().flatten();
    let left = left.find(|entry| {
        entry
            .path()
            .display()
            .to_string()
            .contains("claude-proxy-demo")
    });
    assert!(left.is_none(), "{left:?}");
}
