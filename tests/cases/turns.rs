//! A running Gateway with a working proxy: turns, status, the headless token, an opened configuration, and a kill. What
//! every version of OpenClaw must do is in `every_version`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::{check, ports, processes, wait};
use rustix::process::Signal;
use serde_json::{Value, json};

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
    let ours =
        |chat: &Value| chat["model"] == "claude-opus-4-6" || chat["model"] == "claude-opus-4.6";
    ensure!(chats.iter().all(ours), "{chats:?}");
    let config = scene.home.config()?.to_string();
    ensure!(!config.contains("sk-"), "a key got into {config}");

    // Its status and audit, for programs; what the command line shows is in `every_version`.
    let status = gateway.call("claude-proxy.status")?;
    let listen = json!({ "host": "127.0.0.1", "port": scene.port });
    check::has(&status, &json!({ "closed": true, "next": null }))?;
    ensure!(status["listen"] == listen, "{status:#}");
    let audit = gateway.call("claude-proxy.audit")?;
    check::has(&audit, &json!({ "closed": true, "decided": true }))?;
    scene.home.openclaw(["claude-proxy", "audit"])?.success()?;

    // The token came to the proxy, and is in no file, command line or log.
    let given = processes::with_variable(&format!("CLAUDE_CODE_OAUTH_TOKEN={token}"));
    let given = given.contains(&scene.proxy()?.pid);
    ensure!(given, "the proxy was not given the token");
    let known = scene.home.doctor_check("oauth-token")?;
    ensure!(known["status"] == "pass", "{known:#}");
    for process in scene.home.processes() {
        ensure!(!process.command.contains(&token), "{process:?}");
    }
    let holding = files_with(scene.home.path(), &token)?;
    ensure!(holding.is_empty(), "the token is in {holding:?}");

    // Somebody opens the file: the log says so, and a run on the direct provider is stopped before a byte leaves.
    let ours = scene.home.config()?["agents"]["defaults"]["model"]["primary"].clone();
    let set_default = |model: &Value| {
        let mark = gateway.mark();
        let change = |config: &mut Value| {
            config["agents"]["defaults"]["model"]["primary"] = model.clone();
        };
        scene.home.edit(change)?;
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
        .skip_while(|word| *word != "--parent");
    let watched: u32 = words.nth(1).context("it watches nobody")?.parse()?;
    // Only a process of this home may be killed: the id may be another's by now.
    let mut of_home = scene.home.processes().into_iter();
    let victim = of_home.find(|one| one.pid == watched);
    let victim = victim.context("the Gateway is gone already")?;
    let since = Instant::now();
    victim.signal(Signal::KILL);
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

/// The files in a folder that hold a text. One that is gone by now holds nothing; one that cannot be read is an error.
fn files_with(folder: &Path, text: &str) -> Result<Vec<PathBuf>> {
    let mut holding = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Some(entries) =
            unless_gone(fs::read_dir(&folder)).with_context(|| format!("{folder:?}"))?
        else {
            continue;
        };
        for entry in entries {
            let Some(entry) = unless_gone(entry)? else {
                continue;
            };
            let path = entry.path();
            let Some(kind) = unless_gone(entry.file_type())? else {
                continue;
            };
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let bytes = unless_gone(fs::read(&path)).with_context(|| format!("{path:?}"))?;
                let mut windows = bytes.as_deref().unwrap_or_default().windows(text.len());
                if windows.any(|window| window == text.as_bytes()) {
                    holding.push(path);
                }
            }
        }
    }
    Ok(holding)
}

fn unless_gone<T>(found: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why),
    }
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
    let asked = !scene.vendor.requests()?.is_empty();
    ensure!(asked, "the chosen fallback was not asked");
    let audit = scene.home.helper(["audit", "--json"])?.json()?;
    check::has(&audit, &json!({ "closed": false }))?;
    check::says(&audit["findings"].to_string(), &["chosen-fallback"])
}
