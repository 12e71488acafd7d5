//! OpenClaw puts an old copy of its configuration back without asking when the file lost too much. What that copy says
//! then decides where prompts go.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use harness::check;
use harness::gateway::Gateway;
use serde_json::{Value, json};

use crate::scene::{FOREIGN, ID, Scene, TIMEOUT, ensure_answered};

/// The copy that OpenClaw restores.
fn backup_path(scene: &Scene) -> PathBuf {
    scene.home.state().join("openclaw.json.bak")
}

/// Somebody's editor saves a file of which most is gone.
fn truncate(scene: &Scene) -> Result<()> {
    scene.home.edit(|config| {
        *config = json!({ "gateway": config["gateway"], "logging": config["logging"] });
    })
}

/// Starts the Gateway, which must find the file too short and restore the copy.
fn start_with_restore(scene: &Scene) -> Result<Gateway<'_>> {
    let gateway = Gateway::start(&scene.home)?;
    gateway.line("Config auto-restored from backup", TIMEOUT)?;
    Ok(gateway)
}

#[test]
fn a_copy_that_openclaw_restores_opens_nothing() -> Result<()> {
    let scene = Scene::new(&json!({}))?;
    let closed = scene.home.config()?;
    // The state before the default model was ours, as OpenClaw's last own write kept it.
    let mut open = closed.clone();
    open["agents"]["defaults"]["model"] = json!({ "primary": FOREIGN });
    // Of this OpenClaw makes a list of models that may be used when it starts.
    let defaults = open["agents"]["defaults"].as_object_mut();
    defaults.context("no defaults")?.remove("models");
    let old = serde_json::to_string_pretty(&open)?;
    // OpenClaw notes the size of a file with which it ran.
    Gateway::start(&scene.home)?.stop(TIMEOUT)?;

    // The audit says so while it is only a copy.
    fs::write(backup_path(&scene), &old)?;
    let audit = |line: &[&str]| {
        let line = [line, &["--json"]].concat();
        scene.home.helper(line)?.success()?.json()
    };
    let named = |report: &Value| {
        let findings = report["findings"].as_array().into_iter().flatten();
        findings.filter(|one| one["code"] == "backup-open").count()
    };
    let report = audit(&["audit"])?;
    ensure!(named(&report) == 1, "{report:#}");
    check::has(&report, &json!({ "closed": true }))?;

    // Restored as it is: the file is open now, which the log says, and the guard stops the run.
    truncate(&scene)?;
    {
        let gateway = start_with_restore(&scene)?;
        let now = scene.home.config()?;
        ensure!(
            now["agents"]["defaults"]["model"] == open["agents"]["defaults"]["model"],
            "another copy was restored: {now:#}\n{}",
            gateway.log()
        );
        gateway.line("configuration is open", TIMEOUT)?;
        let reply = gateway.turn("Anybody?")?;
        scene.ensure_stopped(&reply)?;
        gateway.line(&format!("before_agent_run hook blocked by {ID}"), TIMEOUT)?;
        scene.ensure_nothing_leaked()?;
        gateway.stop(TIMEOUT)?;
    }

    // Brought up to date by the fix: what is restored then is closed, and the turn goes to the proxy.
    fs::write(backup_path(&scene), &old)?;
    let fixed = audit(&["audit", "--fix"])?;
    ensure!(fixed["closed"] == true && named(&fixed) == 0, "{fixed:#}");
    let now: Value = serde_json::from_str(&fs::read_to_string(backup_path(&scene))?)?;
    let default = &now["agents"]["defaults"]["model"]["primary"];
    let default = default.as_str().context("no default model")?;
    ensure!(default.starts_with(ID), "{now:#}");
    truncate(&scene)?;
    let gateway = start_with_restore(&scene)?;
    scene.wait_for(&["ready"])?;
    ensure_answered(&gateway)?;
    scene.ensure_nothing_leaked()
}
