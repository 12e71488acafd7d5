//! A Gateway whose proxy does not work, in every way that a user can meet: the turn fails within seconds, with a line that
//! says what to do, and nothing else is contacted. And the settings that decide when it is started again.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::{check, ports, wait};
use rustix::process::Signal;
use serde_json::json;

use crate::scene::{ID, Scene, TIMEOUT, ensure_answered};

/// The longest that a turn may take until it fails on a busy machine. It takes about one second; OpenClaw's own retries,
/// which this must not be, take eighty and more.
const FAILS_WITHIN: Duration = Duration::from_secs(70);

/// A turn that must fail: over HTTP for the time it takes, at the command line for what the user reads.
fn failing_turn(scene: &Scene, gateway: &Gateway<'_>) -> Result<String> {
    let chats = scene.chats()?.len();
    let reply = gateway.turn("Anybody?")?;
    ensure!(
        reply.status != 200 && reply.took < FAILS_WITHIN,
        "{reply:?}"
    );
    let output = scene.home.turn("Anybody?", &[])?;
    ensure!(output.code == Some(1), "{output:?}");
    let text = output.text();
    let line = text.lines().find(|line| line.contains("nothing was sent"));
    let line = line.with_context(|| format!("no line for the user:\n{text}"))?;
    let sent = scene.chats()?.split_off(chats);
    ensure!(sent.is_empty(), "sent: {sent:?}");
    scene.ensure_nothing_leaked()?;
    Ok(line.to_owned())
}

#[test]
fn a_turn_fails_at_once_and_says_what_to_do() -> Result<()> {
    let scene = Scene::new(&json!({ "autoRestart": false }))?;
    let gateway = Gateway::start(&scene.home)?;

    // autoRestart off: a crash is final, until a restart is asked for.
    scene.kill_proxy()?;
    let line = failing_turn(&scene, &gateway)?;
    ensure!(line.contains("openclaw claude-proxy "), "{line}");
    let restart = ["claude-proxy", "restart"];
    scene.home.openclaw(restart)?.success()?;
    scene.wait_for(&["ready"])?;
    ensure_answered(&gateway)?;

    // A program that does not exist.
    scene.apply_settings(
        &gateway,
        &json!({ "command": ["no-such-program"], "autoRestart": null }),
    )?;
    scene.wait_for(&["failed"])?;
    let line = failing_turn(&scene, &gateway)?;
    ensure!(line.contains("no-such-program"), "{line}");

    // A package that the registry does not have: the real npx, and a fake proxy, which answers 404 where it knows no route.
    let port = ports::free()?;
    let registry = scene.start_unsupervised(port, &[])?;
    let flag = format!("--registry=http://127.0.0.1:{port}");
    let cache = format!("--cache={}", scene.home.path().join("tmp/npm").display());
    scene.apply_settings(
        &gateway,
        &json!({ "command": ["npx", &flag, &cache, "--yes", "no-such-package"] }),
    )?;
    // The failure of the former program stands until the service has followed.
    wait::until_true("the package was looked for", TIMEOUT, || {
        let status = scene.status()?;
        Ok(status["state"] == "failed" && !status.to_string().contains("no-such-program"))
    })?;
    let line = failing_turn(&scene, &gateway)?;
    check::says(&line, &["package", "does not exist"])?;
    drop(registry);

    // A stranger on the port: named, and sent nothing.
    let stranger = TcpListener::bind(("127.0.0.1", 0))?;
    let taken = stranger.local_addr()?.port();
    let command = scene.fake_proxy(&[])?;
    scene.apply_settings(&gateway, &json!({ "command": command, "port": taken }))?;
    let status = wait::until("the port is blocked", TIMEOUT, || {
        Ok(Some(scene.home.status(taken)?).filter(|status| status["state"] == "blocked"))
    })?;
    let owner = json!({ "pid": std::process::id(), "ours": false });
    check::has(&status["owner"], &owner)?;
    let line = failing_turn(&scene, &gateway)?;
    ensure!(line.contains(&taken.to_string()), "{line}");
    drop(stranger);

    // Settings that are not accepted: the Gateway keeps those it had, and names the one that is wrong.
    let mark = gateway.mark();
    scene.settings(&json!({ "port": 99999 }))?;
    let line = gateway.line_after(mark, "config reload skipped", TIMEOUT)?;
    let wrong = format!("plugins.entries.{ID}.config.port");
    check::says(&line, &[&wrong])?;

    gateway.stop(TIMEOUT)?;
    let left = scene.supervisor();
    ensure!(left.is_none(), "{left:?}");
    Ok(())
}

#[test]
fn the_settings_do_what_they_say() -> Result<()> {
    let mut scene = Scene::new(&json!({ "autoStart": false }))?;
    let gateway = Gateway::start(&scene.home)?;

    // What OpenClaw does once, on the first turn of all, must not count for the time a failure takes.
    gateway.turn("Warm up.")?;

    // autoStart off, and no proxy: refused, and the reason is the setting.
    gateway.line("autoStart is off", TIMEOUT)?;
    let line = failing_turn(&scene, &gateway)?;
    ensure!(line.contains("autoStart"), "{line}");
    let started = ports::is_listening(scene.port);
    ensure!(!started, "it was started although autoStart is off");

    // restartDelayMs: the first restart is immediate, the second in a row waits.
    let delay = Duration::from_millis(1500);
    let delayed = json!({ "autoStart": true, "restartDelayMs": 1500 });
    scene.apply_settings(&gateway, &delayed)?;
    scene.wait_for(&["ready"])?;
    ensure_answered(&gateway)?;
    scene.proxy()?.signal(Signal::KILL);
    scene.wait_for(&["ready"])?;
    let since = Instant::now();
    scene.crash()?;
    let took = since.elapsed();
    ensure!(took >= delay, "the second restart came after {took:?}");

    // host, port and command.
    scene.port = ports::free()?;
    let command = scene.fake_proxy(&["--say", "started by its command"])?;
    let listen = json!({ "host": "::1", "port": scene.port });
    let mut settings = listen.clone();
    settings["command"] = json!(command);
    scene.apply_settings(&gateway, &settings)?;
    let status = scene.wait_for(&["ready"])?;
    ensure!(status["listen"] == listen, "{status:#}");
    ensure_answered(&gateway)?;
    let port = scene.port.to_string();
    let logs = scene.home.helper(["logs", "--port", &port])?.success()?;
    logs.says(&["started by its command"])?;
    scene.ensure_nothing_leaked()
}
