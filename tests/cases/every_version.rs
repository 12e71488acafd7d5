//! One story, from installation to removal, that must pass in every OpenClaw that the package supports. `cargo xtask
//! test --openclaw VERSION,…` reports its steps in the table of the README.

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::home::Home;
use harness::{check, ports, terminal, versions, wait};
use serde_json::{Value, json};

use crate::scene::{FOREIGN, ID, Scene, TIMEOUT, ensure_answered};

/// Reports that a step of the story is complete.
fn complete(step: &str) -> Result<()> {
    ensure!(
        versions::STEPS.contains(&step),
        "{step} is not one of versions::STEPS"
    );
    println!("{}{step}", versions::STEP);
    Ok(())
}

#[test]
fn from_the_installation_to_the_removal() -> Result<()> {
    let mut home = Home::new()?;
    home.set("NO_COLOR", "");
    let mut scene = Scene::installed(home)?;
    complete("install")?;

    // The login, at a terminal.
    terminal::log_in(&scene.home, scene.port, &["Let the plugin stop runs"])?;
    let status = scene.home.openclaw(["models", "status"])?.success()?;
    status.says(&["anthropic-claude-proxy/claude-opus-4.6"])?;
    complete("login")?;

    // Closed, by the inventory of this version; of a version without one, by that version's own schema.
    let audit = scene.home.openclaw(["claude-proxy", "audit", "--json"])?;
    let audit = audit.success()?.json()?;
    let closed = json!({ "closed": true, "judgedVersion": scene.home.version() });
    check::has(&audit, &closed)?;
    let known = versions::ALL.contains(&scene.home.version());
    let unverified = |one: &Value| one["code"] == "unverified-host";
    let mut findings = audit["findings"].as_array().into_iter().flatten();
    ensure!(findings.any(unverified) != known, "{audit:#}");
    complete("audit")?;

    // The way out, which must stay unused. 2026.7 itself lets nobody ask for a model that is not in this list.
    scene.add_vendor()?;
    scene
        .home
        .edit(|config| config["agents"]["defaults"]["models"][FOREIGN] = json!({}))?;

    // The Gateway starts the proxy, and a turn goes through it with the key.
    let gateway = Gateway::start(&scene.home)?;
    gateway.line("anthropic-claude-proxy: starting proxy...", TIMEOUT)?;
    gateway.line("anthropic-claude-proxy: proxy is ready", TIMEOUT)?;
    complete("auto-start")?;
    ensure_answered(&gateway)?;
    scene.chats_with_key()?;
    complete("turn")?;
    scene.check_reports(&gateway)?;
    complete("doctor")?;

    // The guard: a run elsewhere is stopped before a byte leaves.
    let stopped = scene.home.turn("Go.", &["--model", FOREIGN])?;
    stopped.says(&["outside the local proxy"])?;
    scene.ensure_nothing_leaked()?;
    complete("guard")?;

    // A crash: it comes back. The port is changed in the file; the running Gateway follows.
    scene.crash()?;
    ensure_answered(&gateway)?;
    let old = std::mem::replace(&mut scene.port, ports::free()?);
    scene.change_port()?;
    ensure_answered(&gateway)?;
    ports::wait_until_free(old, TIMEOUT)?;

    // The gate: with the proxy down nothing is sent, here or elsewhere, and the line says so.
    scene.settings(&json!({ "autoRestart": false }))?;
    wait::until_true("the settings are in force", TIMEOUT, || {
        let status = gateway.call("claude-proxy.status")?;
        Ok(status["state"] == "ready" && status["fileInForce"] == true)
    })?;
    scene.kill_proxy()?;
    let before = scene.chats()?.len();
    let refused = scene.home.turn("Go.", &[])?;
    refused.failure(&["nothing was sent"])?;
    ensure!(scene.chats()?.len() == before, "a chat was sent");
    scene.ensure_nothing_leaked()?;
    complete("gate")?;

    // The end of the Gateway leaves nothing, and the plugin can be removed.
    gateway.stop(TIMEOUT).context("the Gateway")?;
    wait::until_true("no helper is left", TIMEOUT, || {
        Ok(scene.supervisor().is_none())
    })?;
    let uninstall = ["plugins", "uninstall", ID, "--force"];
    scene.home.openclaw(uninstall)?.success()?;
    scene.home.openclaw(["config", "validate"])?.success()?;
    complete("uninstall")
}
