//! A running Gateway with a working proxy: turns, status, the headless token, an opened configuration, and a kill. What
//! every version of OpenClaw must do is in `every_version`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::{ports, wait};
use rustix::process::Signal;
use serde_json::json;

use crate::scene::{FOREIGN, ID, Scene, TIMEOUT, ensure_answered};

#[test]
fn a_gateway_with_its_proxy_from_start_to_a_violent_end() -> Result<()> {
    let mut scene = Scene::new(&json!({}))?;
    // A machine without a browser: the token is where the Gateway runs.
    let token = format!("sk-ant-oat01-{}", "Aa0_-".repeat(19));
    scene.home.set("CLAUDE_CODE_OAUTH_TOKEN", &token);
    let mut gateway = Gateway::start(&scene.home)?;

    gateway.line("anthropic-claude-proxy: proxy is ready", TIMEOUT)?;

    // A turn goes through it, with the key that only OpenClaw and the proxy know.
    ensure_answered(&gateway)?;
    let chats = scene.chats_with_key()?;
    ensure!(
        chats
            .iter()
            .all(|chat| chat["model"] == "claude-opus-4-6" || chat["model"] == "claude-opus-4.6"),
        "{chats:?}"
    );
    ensure!(
        !scene.home.config()?.to_string().contains("sk-"),
        "a key got into the configuration"
    );

    // Its status and audit, for programs; what the command line shows is in `every_version`.
    let status = gateway.call("claude-proxy.status")?;
    ensure!(
        status["closed"] == true && status["next"].is_null(),
        "{status:#}"
    );
    ensure!(
        status["listen"] == json!({ "host": "127.0.0.1", "port": scene.port }),
        "{status:#}"
    );
    let audit = gateway.call("claude-proxy.audit")?;
    ensure!(
        audit["closed"] == true && audit["decided"] == true,
        "{audit:#}"
    );
    scene.home.openclaw(["claude-proxy", "audit"])?.success()?;

    // The token came to the proxy, and is in no file, command line or log.
    let environment = fs::read(format!("/proc/{}/environ", scene.proxy()?.pid))?;
    let variable = format!("CLAUDE_CODE_OAUTH_TOKEN={token}");
    ensure!(
        environment
            .split(|byte| *byte == 0)
            .any(|one| one == variable.as_bytes()),
        "the proxy was not given the token"
    );
    let known = scene.home.doctor_check("oauth-token")?;
    ensure!(known["status"] == "pass", "{known:#}");
    for process in scene.home.processes() {
        ensure!(!process.command.contains(&token), "{process:?}");
    }
    let holding = files_with(scene.home.path(), &token)?;
    ensure!(holding.is_empty(), "the token is in {holding:?}");

    // Somebody opens the file: the log says so, and a run on the direct provider is stopped before a byte leaves.
    let ours = scene.home.config()?["agents"]["defaults"]["model"]["primary"].clone();
    let set_default = |model: &serde_json::Value| {
        let mark = gateway.mark();
        scene
            .home
            .edit(|config| config["agents"]["defaults"]["model"]["primary"] = model.clone())?;
        gateway.line_after(mark, "config hot reload applied", TIMEOUT)?;
        Ok::<usize, anyhow::Error>(mark)
    };
    let mark = set_default(&json!(FOREIGN))?;
    gateway.line_after(mark, "configuration is open", TIMEOUT)?;
    let stopped = gateway.turn("Go elsewhere.")?;
    scene.ensure_stopped(&stopped)?;
    let blocked = format!("before_agent_run hook blocked by {ID}");
    gateway.line_after(mark, &blocked, TIMEOUT)?;
    scene.ensure_nothing_leaked()?;
    set_default(&ours)?;
    ensure_answered(&gateway)?;

    // The Gateway is killed: the whole tree goes with it, and the port is free. What was started is its launcher, so the
    // Gateway itself is the process that the helper was told to watch.
    let helper = scene.supervisor().context("no helper")?;
    let mut words = helper
        .command
        .split(' ')
        .skip_while(|word| *word != "--parent")
        .skip(1);
    let watched: u32 = words.next().context("it watches nobody")?.parse()?;
    let victim = scene
        .home
        .processes()
        .into_iter()
        .find(|one| one.pid == watched);
    let since = Instant::now();
    victim
        .context("the Gateway is gone already")?
        .signal(Signal::KILL);
    ports::wait_until_free(scene.port, TIMEOUT)?;
    println!("port free after {:?}", since.elapsed());
    wait::until_true("the helper is gone", TIMEOUT, || Ok(!helper.is_alive()))?;
    // Unless it is started again, the launcher ends too.
    gateway.signal(Signal::KILL);
    gateway.ended(TIMEOUT)?;
    let left = scene.supervisor();
    ensure!(left.is_none(), "{left:?}");
    Ok(())
}

/// The files in a folder that hold a text.
fn files_with(folder: &Path, text: &str) -> Result<Vec<PathBuf>> {
    let mut holding = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file()
                // One that is gone by now holds nothing.
                && fs::read(entry.path()).is_ok_and(|bytes| {
                    bytes
                        .windows(text.len())
                        .any(|window| window == text.as_bytes())
                })
            {
                holding.push(entry.path());
            }
        }
    }
    Ok(holding)
}

#[test]
fn a_chosen_fallback_is_used_and_reported_as_open() -> Result<()> {
    let scene = Scene::new(&json!({ "autoRestart": false }))?;
    scene
        .home
        .edit(|config| config["agents"]["defaults"]["model"]["fallbacks"] = json!([FOREIGN]))?;
    let gateway = Gateway::start(&scene.home)?;
    scene.kill_proxy()?;

    // In the file alone it is a leak like any other, which the guard stops.
    let stopped = gateway.turn("Anybody?")?;
    scene.ensure_stopped(&stopped)?;
    scene.ensure_nothing_leaked()?;

    // Chosen in the plugin's settings too, it is let through, and the audit says that it was chosen.
    scene.apply_settings(&gateway, &json!({ "allowedFallbacks": [FOREIGN] }))?;
    let reply = gateway.turn("Anybody else?")?;
    ensure!(reply.status == 200, "{reply:?}\n{}", gateway.log());
    ensure!(
        !scene.vendor.requests()?.is_empty(),
        "the chosen fallback was not asked"
    );
    let audit = scene.home.helper(["audit", "--json"])?.json()?;
    ensure!(audit["closed"] == false, "{audit:#}");
    let codes = audit["findings"].to_string();
    ensure!(codes.contains("chosen-fallback"), "{audit:#}");
    Ok(())
}
