//! What holds in every OpenClaw that the package installs on, the oldest included: `cargo xtask test --openclaw VERSION,…`
//! runs this in each. One story, because a Gateway of an older version costs many seconds.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::home::Home;
use harness::outside::Outside;
use harness::terminal::{CLEAR, ENTER, Terminal};
use harness::{places, ports, wait};
use rustix::process::Signal;
use serde_json::json;

use crate::scene::{ID, PATIENCE, Scene, answers};

/// A model that leads elsewhere.
const FOREIGN: &str = "anthropic/claude-opus-4-8";

#[test]
fn from_the_installation_to_the_removal() -> Result<()> {
    // Installed with OpenClaw's plugin manager; the flag for its second question is not in every version.
    let mut home = Home::new()?;
    home.set("NO_COLOR", "");
    home.install_in_any_version(places::package())?;
    let outside = Outside::start(&home)?;
    let port = ports::free()?;
    let mut scene = Scene {
        home,
        outside,
        port,
    };

    // The login, at a terminal.
    let command = scene.fake_proxy(&[])?;
    scene.settings(&json!({ "command": command }))?;
    let line = ["models", "auth", "login", "--provider", ID, "--set-default"];
    let terminal = Terminal::start(&scene.home.openclaw_command(line)?)?;
    let port_typed = format!("{CLEAR}{port}{ENTER}");
    for (question, keys) in [
        ("Proxy host", ENTER),
        ("Proxy port", &port_typed),
        ("Model IDs", ENTER),
        ("Let the plugin stop runs", ENTER),
    ] {
        terminal.expect(question, PATIENCE)?;
        terminal.press(keys)?;
    }
    let (status, screen) = terminal.finish(PATIENCE)?;
    ensure!(status.success(), "{screen}");
    let status = scene.home.openclaw(["models", "status"])?.good()?.text();
    ensure!(
        status.contains(&format!("{ID}/claude-opus-4.6")),
        "{status}"
    );

    // The way out, which must stay unused.
    let url = scene.outside.url();
    scene.home.edit(|config| {
        config["models"]["providers"]["anthropic"] = json!({
            "baseUrl": url, "api": "anthropic-messages", "apiKey": "a-vendor-key-that-must-stay-unused",
            "models": [{ "id": "claude-opus-4-8", "name": "Claude, directly" }],
        });
        // 2026.7 itself lets nobody ask for a model that is not in this list.
        config["agents"]["defaults"]["models"][FOREIGN] = json!({});
    })?;

    // The Gateway starts the proxy, and a turn goes through it with the key.
    let gateway = Gateway::start(&scene.home)?;
    gateway.line("anthropic-claude-proxy: starting proxy...", PATIENCE)?;
    gateway.line("anthropic-claude-proxy: proxy is ready", PATIENCE)?;
    answers(&gateway)?;
    let chats = scene.chats()?;
    ensure!(
        !chats.is_empty() && chats.iter().all(|chat| chat["keyMatched"] == true),
        "{chats:?}"
    );

    // What it says of itself, over RPC and at the command line: whole, with the helper's exit codes.
    let status = gateway.call("claude-proxy.status")?;
    ensure!(
        status["state"] == "ready" && status["guard"]["permitted"] == true,
        "{status:#}"
    );
    let shown = scene
        .home
        .openclaw(["claude-proxy", "status", "--json"])?
        .json()?;
    ensure!(
        shown["state"] == "ready" && shown["pid"] == status["pid"],
        "{shown:#}"
    );
    let audit = scene.home.openclaw(["claude-proxy", "audit", "--json"])?;
    ensure!(audit.json()?["routes"].is_array(), "{}", audit.text());
    let doctor = scene.home.openclaw(["claude-proxy", "doctor"])?.text();
    ensure!(doctor.contains("✓ Access key enforced"), "{doctor}");
    let logs = scene.home.openclaw(["claude-proxy", "logs"])?.good()?;
    ensure!(
        logs.text().contains("[supervisor] ready"),
        "{}",
        logs.text()
    );
    let path = scene
        .home
        .openclaw(["claude-proxy", "path"])?
        .good()?
        .stdout;
    ensure!(Path::new(path.trim()).is_file(), "{path}");

    // The guard: a run elsewhere is stopped before a byte leaves.
    let elsewhere = [
        "agent",
        "--agent",
        "main",
        "--model",
        FOREIGN,
        "--message",
        "Go.",
    ];
    let stopped = scene.home.openclaw(elsewhere)?;
    ensure!(
        stopped.text().contains("outside the local proxy"),
        "{}",
        stopped.text()
    );
    scene.nothing_leaked()?;

    // A crash: it comes back.
    let victim = scene.proxy()?;
    victim.signal(Signal::KILL);
    wait::until("another process took its place", PATIENCE, || {
        Ok(scene.proxy().ok().filter(|proxy| proxy.pid != victim.pid))
    })?;
    answers(&gateway)?;

    // The port is changed in the file; the running Gateway follows.
    scene.port = ports::free()?;
    let url = format!("http://127.0.0.1:{}", scene.port);
    scene
        .home
        .edit(|config| config["models"]["providers"][ID]["baseUrl"] = json!(url))?;
    scene.wait_for(&["ready"])?;
    answers(&gateway)?;

    // The gate: with the proxy down nothing is sent, here or elsewhere, and the line says so.
    scene.settings(&json!({ "autoRestart": false }))?;
    wait::until("the settings are in force", PATIENCE, || {
        let status = gateway.call("claude-proxy.status")?;
        Ok((status["state"] == "ready" && status["fileInForce"] == true).then_some(()))
    })?;
    scene.proxy()?.signal(Signal::KILL);
    scene.wait_for(&["stopped", "failed"])?;
    let before = scene.chats()?.len();
    let refused = scene
        .home
        .openclaw(["agent", "--agent", "main", "--message", "Anybody?"])?;
    ensure!(
        refused.code != Some(0) && refused.text().contains("nothing was sent"),
        "{}",
        refused.text()
    );
    ensure!(scene.chats()?.len() == before, "a chat was sent");
    scene.nothing_leaked()?;

    // The end of the Gateway leaves nothing, and the plugin can be removed.
    gateway.stop(PATIENCE).context("the Gateway")?;
    wait::until("no helper is left", PATIENCE, || {
        let left = scene.home.processes();
        Ok((!left.iter().any(|one| one.command.contains("supervise"))).then_some(()))
    })?;
    scene
        .home
        .openclaw(["plugins", "uninstall", ID, "--force"])?
        .good()?;
    scene.home.openclaw(["config", "validate"])?.good()?;
    Ok(())
}
