//! A package with a missing or altered file, and a guard without its permission. OpenClaw starts all the same; the
//! plugin stops every run and names the file, or warns where it cannot.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::rpc::Rpc;
use harness::versions::Feature;
use harness::{places, wait};
use serde_json::json;

use crate::scene::{FOREIGN, ID, REPLY, Scene, TIMEOUT};

const CORE: &str = "component/plugin.core.wasm";
const GLUE: &str = "component/plugin.js";
/// An agent with a vendor's model.
const ELSEWHERE: &str = "elsewhere";

/// A copy of the package whose files can be damaged.
struct Package {
    folder: PathBuf,
}

impl Package {
    fn new(scene: &Scene) -> Result<Self> {
        let folder = scene.home.path().join("package");
        places::copy(&places::package(), &folder)?;
        scene
            .home
            .edit(|config| config["plugins"]["load"]["paths"] = json!([folder]))?;
        Ok(Self { folder })
    }

    fn alter(&self, file: &str) -> Result<()> {
        let path = self.folder.join(file);
        let mut bytes = fs::read(&path)?;
        bytes.push(0);
        // Replaced rather than written to: the helper may be running.
        fs::remove_file(&path)?;
        Ok(fs::write(&path, bytes)?)
    }

    fn remove(&self, file: &str) -> Result<()> {
        Ok(fs::remove_file(self.folder.join(file))?)
    }

    fn repair(&self, file: &str) -> Result<()> {
        fs::remove_file(self.folder.join(file)).ok();
        fs::copy(places::package().join(file), self.folder.join(file))?;
        Ok(())
    }
}

/// A turn on our provider and one elsewhere: neither is sent, and the log names the file.
fn ensure_all_stopped(scene: &Scene, gateway: &Gateway<'_>, file: &str, both: bool) -> Result<()> {
    let mark = gateway.mark();
    let chats = scene.chats()?.len();
    let ours = gateway.turn_with("openclaw/main", "Anybody?", &[])?;
    scene.ensure_stopped(&ours)?;
    let find_line = |mark: usize, text: &str, reply: &dyn std::fmt::Debug| {
        gateway
            .line_after(mark, text, Duration::from_secs(30))
            .with_context(|| format!("{reply:?}"))
    };
    find_line(mark, file, &ours)?;
    if both {
        let mark = gateway.mark();
        let elsewhere = gateway.turn_with("openclaw/elsewhere", "Go elsewhere.", &[])?;
        scene.ensure_stopped(&elsewhere)?;
        find_line(mark, file, &elsewhere)?;
        let blocked = format!("before_agent_run hook blocked by {ID}");
        find_line(mark, &blocked, &elsewhere)?;
    }
    ensure!(scene.chats()?.len() == chats, "the proxy was sent a chat");
    scene.ensure_nothing_leaked()
}

/// Has OpenClaw read the package again.
fn reload_plugin<'s>(scene: &'s Scene, gateway: Gateway<'s>) -> Result<Gateway<'s>> {
    if scene.home.has(Feature::Reload) {
        let plugin = json!({ "plugins": [{ "pluginId": ID }] });
        Rpc::connect(&scene.home)?.call("plugins.reload", &plugin)?;
        return Ok(gateway);
    }
    gateway.stop(TIMEOUT)?;
    Gateway::start(&scene.home)
}

#[test]
fn a_damaged_package_stops_every_run_and_a_guard_without_permission_is_reported() -> Result<()> {
    let scene = Scene::new(&json!({}))?;
    let package = Package::new(&scene)?;
    scene.home.edit(|config| {
        let agents = &mut config["agents"];
        agents["ownership"] = json!("explicit");
        agents["defaults"]["systemAgent"] = json!({ "agentId": "main" });
        // Recaps are seen by no hook and would follow the agent's model; here the guard of turns is of interest.
        let recaps = format!("{ID}/claude-haiku-4");
        agents["entries"] =
            json!({ "main": {}, ELSEWHERE: { "model": FOREIGN, "utilityModel": recaps } });
    })?;
    let helper = format!("bin/{}/claude-proxy", places::platform());
    let mut running: Option<Gateway<'_>> = None;
    // In this order, because a process that has the component does not read it again. Without a helper only our own turns stop.
    for (file, damage, stops_all) in [
        (CORE, "altered", true),
        (GLUE, "missing", true),
        (helper.as_str(), "altered", false),
    ] {
        match damage {
            "missing" => package.remove(file)?,
            _ => package.alter(file)?,
        }
        let gateway = match running.take() {
            Some(gateway) => reload_plugin(&scene, gateway)?,
            None => Gateway::start(&scene.home)?,
        };
        let line = format!("{file} of the plugin is {damage}");
        ensure_all_stopped(&scene, &gateway, &line, stops_all)?;
        package.repair(file)?;
        running = Some(gateway);
    }
    let gateway = reload_plugin(&scene, running.context("no Gateway")?)?;
    scene.wait_for(&["ready"])?;
    let reply = gateway.turn_with("openclaw/main", "Are you there?", &[])?;
    ensure!(reply.text.contains(REPLY), "{reply:?}\n{}", gateway.log());

    // The permission is taken away: reported in the log, in the status, and by the doctor, with the command that gives it.
    let status = |gateway: &Gateway<'_>| gateway.call("claude-proxy.status");
    ensure!(status(&gateway)?["guard"]["permitted"] == true);
    let mark = gateway.mark();
    scene.home.edit(|config| {
        config["plugins"]["entries"][ID]["hooks"] = json!({ "allowConversationAccess": false });
    })?;
    let line = gateway.line_after(mark, "the guard is OFF", TIMEOUT)?;
    ensure!(line.contains("openclaw config set"), "{line}");
    wait::until_true("the status says so", TIMEOUT, || {
        Ok(status(&gateway)?["guard"]["permitted"] == false)
    })?;
    let check = scene.home.doctor_check("hooks-permission")?;
    ensure!(check["fix"].is_string(), "{check:#}");
    ensure!(check["status"] == "fail", "{check:#}");
    scene.ensure_nothing_leaked()
}
