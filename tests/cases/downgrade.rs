//! Another version of OpenClaw on the state directory of the pinned one, down and up again: nothing leaks, and the
//! helper's doctor says what that version does with the plugin.
//!
//! An OpenClaw that is older than its state refuses to start, which is all that most people will see. What is left to fear
//! is the way around: the state's database moved away and the stamp of the version taken out of the file.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::home::Home;
use harness::versions::Feature;
use harness::{places, ports, versions};
use serde_json::Value;

use crate::scene::{FOREIGN, ID, Scene, TIMEOUT, ensure_answered};

/// The version that is not the pinned one, and whether it is too old for the package.
fn other_version() -> Option<(String, bool)> {
    let version = versions::tested();
    let below = versions::numbers(&version) < versions::numbers(versions::ALL[0]);
    (version != versions::pinned()).then_some((version, below))
}

/// The helper's checks of the plugin in the OpenClaw that is in `PATH`.
fn plugin_checks(home: &Home) -> Result<[Value; 2]> {
    Ok([
        home.doctor_check("plugin-enabled")?,
        home.doctor_check("hooks-permission")?,
    ])
}

/// Takes away what an older OpenClaw does not read: its databases, the identity in them, the stamps of the file.
fn remove_newer_state(home: &Home) -> Result<()> {
    for folder in ["state", "identity", "agents"] {
        fs::remove_dir_all(home.state().join(folder)).ok();
    }
    home.edit(|config| {
        config.as_object_mut().map(|config| config.remove("meta"));
    })
}

#[test]
fn down_to_another_version_and_up_again() -> Result<()> {
    let Some((version, below)) = other_version() else {
        eprintln!(
            "not run: there is no other version; `cargo xtask test --openclaw VERSION` names one"
        );
        return Ok(());
    };
    let mut home = Home::new()?;
    if below {
        // Refused honestly, and nothing is left of it.
        let package = places::package().to_string_lossy().into_owned();
        let refused = home.openclaw(["plugins", "install", "--force", &package])?;
        refused.failure(&[versions::ALL[0]])?;
        ensure!(!home.state().join("extensions").join(ID).exists());
        remove_newer_state(&home)?;
    }
    home.run_version(versions::pinned())?;
    let mut scene = Scene::installed(home)?;
    scene.add_vendor()?;
    scene.home.set_up(scene.port)?;
    scene.home.helper(["audit", "--fix"])?.success()?;
    {
        let gateway = Gateway::start(&scene.home)?;
        scene.wait_for(&["ready"])?;
        ensure_answered(&gateway)?;
        gateway.stop(TIMEOUT)?;
    }

    // Down. The older one does not start on a newer state.
    scene.home.run_version(&version)?;
    let refused = scene.home.openclaw(["gateway", "run"])?;
    refused.failure(&["older"])?;
    remove_newer_state(&scene.home)?;
    let checks = plugin_checks(&scene.home)?;
    {
        let gateway = Gateway::start(&scene.home)?;
        let elsewhere = [("x-openclaw-model", FOREIGN)];
        if below {
            // Skipped, which both checks report; our own model leads nowhere, and a vendor's has no key.
            let skips = format!("{version} skips this plugin");
            for one in &checks {
                let says = one["detail"].to_string().contains(&skips);
                ensure!(one["status"] == "fail" && says, "{checks:#?}");
            }
            let reply = gateway.turn("Anybody?")?;
            ensure!(reply.status != 200, "{reply:?}");
            let started = ports::is_listening(scene.port);
            ensure!(!started, "somebody started the proxy");
        } else {
            let guard = match scene.home.has(Feature::HooksInEachRun) {
                true => "pass",
                false => "warn",
            };
            let statuses = checks.each_ref().map(|check| &check["status"]);
            ensure!(statuses[0] == "pass" && statuses[1] == guard, "{checks:#?}");
            scene.wait_for(&["ready"])?;
            ensure_answered(&gateway)?;
        }
        gateway.turn_with("openclaw", "Go elsewhere.", &elsewhere)?;
        scene.ensure_nothing_leaked()?;
        gateway.stop(TIMEOUT)?;
    }

    // Up again, with what the older one left.
    fs::remove_dir_all(scene.home.state().join("identity")).ok();
    scene.home.run_version(versions::pinned())?;
    let gateway = Gateway::start(&scene.home)?;
    scene.wait_for(&["ready"])?;
    ensure_answered(&gateway).context("after the way up")?;
    let checks = plugin_checks(&scene.home)?;
    ensure!(
        checks.iter().all(|check| check["status"] == "pass"),
        "{checks:#?}"
    );
    scene.ensure_nothing_leaked()?;
    gateway.stop(TIMEOUT)?;
    ports::wait_until_free(scene.port, TIMEOUT)
}
