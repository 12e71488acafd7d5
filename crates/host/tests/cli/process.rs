//! `run`, `supervise` and everything that looks at a proxy, with the built-in fake proxy behind it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;

use crate::hostile::stranger;
use crate::support::{
    Ended, Home, PROGRAM, Supervised, check, ended, expect_true, free_port, own_proxy, says, signal,
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

/// Every key of the status, in the documented order.
const STATUS_KEYS: [&str; 10] = [
    "state", "sinceMs", "pid", "restarts", "lastExit", "listen", "owner", "login", "closed", "next",
];

fn has_status_keys(status: &Value) {
    for key in STATUS_KEYS {
        assert!(status.get(key).is_some(), "{key} is missing in {status}");
    }
    for key in ["baseUrl", "keyFile", "detail"] {
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
    assert_eq!(status["state"], "ready");
    assert_eq!(status["baseUrl"], format!("http://127.0.0.1:{port}"));
    assert_eq!(status["login"], "claimed");
    assert_eq!(status["owner"]["ours"], true);
    let key_file = status["keyFile"].as_str().unwrap();
    assert_eq!(
        key_file,
        home.state(&format!("access-key-{port}")).to_str().unwrap()
    );
    let key = fs::read_to_string(key_file).unwrap();
    assert_eq!(get(port, "/v1/models", Some(key.trim())).unwrap(), 200);
    assert_eq!(get(port, "/v1/models", None).unwrap(), 401);
    assert!(
        !ready.to_string().contains(key.trim()),
        "the key is in no event"
    );

    let status = home.run(&["status", "--json"]).ends(0).json();
    has_status_keys(&status);
    assert_eq!(status["closed"], true);
    assert_eq!(status["next"], Value::Null);
    assert_eq!(status["restarts"], 0);

    let health = home.run(&["health", "--json"]).ends(0).json();
    assert_eq!(health["ready"], true);
    assert_eq!(health["proxy"]["name"], "meridian");
    assert_eq!(health["proxy"]["loggedIn"], true);
    assert_eq!(health["owner"]["ours"], true);
    assert_eq!(health["accessKey"], "enforced");
    assert!(health["latencyMs"].is_u64());

    let models = home.run(&["models", "--json"]).json();
    assert!(models["proxyListed"].is_array(), "{models}");

    let logs = home.run(&["logs"]);
    logs.ends(0);
    assert!(!logs.out.is_empty());
    assert!(!logs.out.contains(key.trim()));
    let lines = home.run(&["logs", "--json", "-n", "1"]).json();
    assert_eq!(lines["lines"].as_array().unwrap().len(), 1);

    home.run(&["key", "rotate"]).ends(4);
    assert_eq!(fs::read_to_string(key_file).unwrap(), key);

    for name in [
        "",
        &format!("proxy-{port}.log"),
        &format!("control-{port}.sock"),
    ] {
        let mode = fs::symlink_metadata(home.state(name)).unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }

    let stopped = home.run(&["stop"]);
    stopped.ends(0);
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
    let first = running.event("ready")["pid"].as_u64().unwrap();
    let port = port.to_string();
    let mut watching = Supervised::start(home.command(&["status", "--watch", "--port", &port]));
    let line = |part: &str| {
        watching.until(part, |line| {
            line.as_str().is_some_and(|line| line.contains(part))
        })
    };
    line(" ready: ");
    signal(u32::try_from(first).unwrap(), Signal::KILL);
    line(" ready: ");
    home.run(&["stop", "--port", &port]).ends(0);
    line(" stopped: ");
    running.signal(Signal::TERM);
    running.end();
    assert_eq!(watching.end(), 1, "it ends with the supervisor");
}

#[test]
fn logs_follow_shows_new_lines() {
    let home = Home::new();
    let port = free_port();
    let running = supervise(&home, port, &[]);
    let first = running.event("ready")["pid"].as_u64().unwrap();
    let port = port.to_string();
    let following = Supervised::start(home.command(&["logs", "-f", "--port", &port]));
    let shows = |what: &'static str| {
        following.until(what, |line| {
            line.as_str().is_some_and(|line| line.contains(what))
        });
    };
    // What was there is shown first, so that whatever comes after this line is new.
    shows("[supervisor] ready");
    signal(u32::try_from(first).unwrap(), Signal::KILL);
    shows("Meridian");
    shows("[supervisor] ready");
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
    let status = home
        .run(&["status", "--json", "--port", &text])
        .ends(1)
        .json();
    has_status_keys(&status);
    assert_eq!(status["state"], "blocked");
    assert_eq!(status["owner"]["pid"], std::process::id());
    assert_eq!(status["owner"]["ours"], false);
    assert!(status["next"].is_string());
    let health = home.run(&["health", "--json", "--port", &text]);
    assert_eq!((health.code, &health.json()["ready"]), (1, &false.into()));

    let running = supervise(&home, port, &[]);
    let blocked = running.state("blocked");
    assert_eq!(blocked["status"]["owner"]["pid"], std::process::id());
}

#[test]
fn status_without_a_supervisor_looks_at_the_port() {
    let home = Home::new();
    let port = free_port().to_string();
    let status = home
        .run(&["status", "--json", "--port", &port])
        .ends(1)
        .json();
    has_status_keys(&status);
    assert_eq!(status["state"], "stopped");
    assert_eq!(
        status["closed"], false,
        "no configuration: OpenClaw's default is elsewhere"
    );
    assert!(
        status["next"]
            .as_str()
            .unwrap()
            .contains("openclaw gateway run")
    );
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
    command.stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    expect_true("the proxy is ready", || {
        home.run(&["status", "--port", &text]).code == 0
    });
    let second = home.run(&run);
    second.ends(1);
    assert!(second.err.contains("already-running") || second.err.contains("another supervisor"));
    signal(process.id(), Signal::TERM);
    let ended = process.wait().unwrap();
    assert_eq!(ended.code(), Some(0));
    let mut log = String::new();
    let mut stderr = process.stderr.take().unwrap();
    stderr.read_to_string(&mut log).unwrap();
    assert!(log.contains("starting proxy"), "{log}");
    assert!(log.contains("proxy is ready"), "{log}");
    assert!(get(port, "/", None).is_err());
}

#[test]
fn failures_that_a_retry_cannot_help_exit_with_78() {
    let home = Home::new();
    let port = free_port().to_string();
    let missing = home.run(&["run", "--port", &port, "--", "no-such-program"]);
    missing.ends(78);
    missing.says(&["no-such-program", "accepted", "hint"]);
    let run = ["run", "--port", &port, "--", PROGRAM, "fake-proxy"];
    let logged_out = home.run(&[&run[..], &["--login", "at-start"]].concat());
    logged_out.ends(78);
    let said = logged_out.err;
    assert!(said.contains("not logged in"), "{said}");
}

#[test]
fn a_program_that_is_installed_later_is_found_by_restart() {
    let home = Home::new();
    let port = free_port();
    let running = Supervised::start(home.supervise(Some(port), &["late-proxy"]));
    let failed = running.state("failed");
    let detail = failed["status"]["detail"].as_str().unwrap();
    assert!(detail.contains("late-proxy"), "{failed}");
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
    let attached = running.state("attached");
    assert_eq!(attached["status"]["pid"], Value::Null);
    assert_eq!(attached["status"]["owner"]["pid"], own.id());
    drop(running);
    assert!(
        own.try_wait().unwrap().is_none(),
        "what is attached is never signaled"
    );
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
    command
        .env("ANTHROPIC_API_KEY", "hidden")
        .env(
            "CLAUDE_CODE_OAUTH_TOKEN",
            "sk-ant-oat01-passed-on-to-the-proxy-only-0123456789",
        )
        .env("OTHER", "x");
    let running = Supervised::start(command);
    let ready = running.event("ready");
    assert_eq!(
        ready["status"]["strippedVariables"],
        json!(["ANTHROPIC_API_KEY"])
    );
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
    assert!(
        seen.contains("claude-proxy/work"),
        "it works in a folder of its own"
    );
}

const KNOWN: &str = "2026.9.6";

#[test]
fn doctor_fix_does_what_is_safe() {
    let home = Home::new();
    home.write_config("{ agents: { defaults: { model: \"openai/gpt-6\" } } }");
    let status = |ended: &Ended, id: &str| check(&ended.json(), id)["status"].clone();
    let before = home.run(&["doctor", "--json"]);
    assert_eq!(status(&before, "config-closed"), "fail");
    let after = home.run(&["doctor", "--fix", "--json"]);
    assert_eq!(
        status(&after, "config-closed"),
        "unknown",
        "nobody said which OpenClaw reads the file: {}",
        after.out
    );
    let known = home.run(&["doctor", "--json", "--openclaw", KNOWN]);
    assert_eq!(status(&known, "config-closed"), "pass", "{}", known.out);
    assert_eq!(status(&after, "hooks-permission"), "pass", "{}", after.out);
}

#[test]
fn the_demonstration_tells_its_story() {
    let home = Home::new();
    let ended = ended(home.command(&["demo"]).env("TMPDIR", home.path("")));
    ended.ends(0);
    let out = ended.out;
    says(
        &out,
        &[
            "leak",
            "closed",
            "HTTP 200",
            "HTTP 401",
            "ready again after",
            "connection refused",
        ],
    );
    let left: Vec<_> = fs::read_dir(home.path(""))
        .unwrap()
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with("claude-proxy-demo")
        })
        .collect();
    assert!(left.is_empty());
}
