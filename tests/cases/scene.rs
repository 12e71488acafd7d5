//! A home with the plugin and its configuration, a fake proxy, and a fake vendor.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use harness::child::KillOnDrop;
use harness::gateway::{Gateway, Reply};
pub(crate) use harness::home::ID;
use harness::home::{Home, merge};
use harness::processes::Process;
use harness::vendor::FakeVendor;
use harness::versions::Feature;
use harness::{check, places, ports, wait};
use rustix::process::Signal;
use serde_json::{Value, json};

/// How long something may take on a busy machine: only a failing test waits so long.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(240);
/// What the fake proxy answers begins with this.
pub(crate) const REPLY: &str = "Fake reply to:";

pub(crate) struct Scene {
    pub(crate) home: Home,
    pub(crate) vendor: FakeVendor,
    pub(crate) port: u16,
}

impl Scene {
    /// Plugin linked, logged in without OpenClaw's help, the fake proxy as the proxy's command; `settings` come on top.
    pub(crate) fn new(settings: &Value) -> Result<Self> {
        let scene = Self::in_home(Home::new()?)?;
        scene
            .home
            .link(&json!({ "command": scene.fake_proxy(&[])? }))?;
        scene.settings(settings)?;
        scene.add_vendor()?;
        scene.home.set_up(scene.port)?;
        Ok(scene)
    }

    /// Installed with OpenClaw's plugin manager, and nothing else.
    pub(crate) fn installed(home: Home) -> Result<Self> {
        home.install(places::package())?;
        let scene = Self::in_home(home)?;
        scene.settings(&json!({ "command": scene.fake_proxy(&[])? }))?;
        Ok(scene)
    }

    fn in_home(home: Home) -> Result<Self> {
        let vendor = FakeVendor::start(&home)?;
        let port = ports::free()?;
        Ok(Self { home, vendor, port })
    }

    /// The direct way out: with it a prompt that is not stopped arrives at the listener.
    pub(crate) fn add_vendor(&self) -> Result<()> {
        self.home
            .edit(|config| config["models"]["providers"]["anthropic"] = self.vendor.provider())
    }

    /// The fake proxy as a command, with switches; it records what it is asked.
    pub(crate) fn fake_proxy(&self, switches: &[&str]) -> Result<Vec<String>> {
        let program = places::fake_proxy()?.to_string_lossy().into_owned();
        let mut command = vec![program, format!("--requests={}", self.record())];
        command.extend(switches.iter().map(|&switch| switch.to_owned()));
        Ok(command)
    }

    /// A fake proxy that nobody supervises. Dropping it ends it.
    pub(crate) fn start_unsupervised(&self, port: u16, switches: &[&str]) -> Result<KillOnDrop> {
        let line = self.fake_proxy(switches)?;
        let (program, arguments) = line.split_first().context("no program")?;
        let mut command = self.home.command(program)?;
        command.args(arguments).args(["--port", &port.to_string()]);
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        let proxy = KillOnDrop(quiet.stdin(Stdio::null()).spawn()?);
        wait::until_true("the fake proxy listens", TIMEOUT, || {
            Ok(ports::is_listening(port))
        })?;
        Ok(proxy)
    }

    fn record(&self) -> String {
        self.home.path().join("proxy.jsonl").display().to_string()
    }

    /// The chats that reached a fake proxy.
    pub(crate) fn chats(&self) -> Result<Vec<Value>> {
        let text = fs::read_to_string(self.record()).unwrap_or_default();
        let all: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
        let mut chats = all?;
        chats.retain(|one| one["method"] == "POST");
        Ok(chats)
    }

    /// Changes the plugin's settings in the file.
    pub(crate) fn settings(&self, change: &Value) -> Result<()> {
        self.home
            .edit(|config| merge(&mut config["plugins"]["entries"][ID]["config"], change))
    }

    /// Changes settings of the running Gateway and waits until it has taken them.
    pub(crate) fn apply_settings(&self, gateway: &Gateway<'_>, change: &Value) -> Result<()> {
        let mark = gateway.mark();
        self.settings(change)?;
        gateway.line_after(mark, "config hot reload applied", TIMEOUT)?;
        Ok(())
    }

    /// The helper's status of the proxy.
    pub(crate) fn status(&self) -> Result<Value> {
        self.home.status(self.port)
    }

    /// Waits until the proxy is in one of these states; its status then.
    pub(crate) fn wait_for(&self, states: &[&str]) -> Result<Value> {
        let mut last = Value::Null;
        wait::until_true(&format!("the proxy is {states:?}"), TIMEOUT, || {
            last = self.status()?;
            Ok(states.iter().any(|state| last["state"] == *state))
        })
        .with_context(|| last.to_string())?;
        Ok(last)
    }

    /// The process that listens for the proxy.
    pub(crate) fn proxy(&self) -> Result<Process> {
        self.wait_for(&["ready", "attached"])?;
        self.home.proxy(self.port)
    }

    /// Kills the proxy and waits until another process took its place.
    pub(crate) fn crash(&self) -> Result<()> {
        let victim = self.proxy()?;
        victim.signal(Signal::KILL);
        wait::until("another process took its place", TIMEOUT, || {
            Ok(self.proxy().ok().filter(|proxy| proxy.pid != victim.pid))
        })?;
        Ok(())
    }

    /// Kills the proxy, which is not started again.
    pub(crate) fn kill_proxy(&self) -> Result<()> {
        self.proxy()?.signal(Signal::KILL);
        self.wait_for(&["stopped", "failed"])?;
        Ok(())
    }

    /// Writes the port into the file, and waits until the running Gateway has followed.
    pub(crate) fn change_port(&self) -> Result<()> {
        let url = format!("http://127.0.0.1:{}", self.port);
        self.home
            .edit(|config| config["models"]["providers"][ID]["baseUrl"] = json!(url))?;
        self.wait_for(&["ready"])?;
        Ok(())
    }

    /// Checks the commands that the README names for a look at a healthy installation.
    pub(crate) fn check_reports(&self, gateway: &Gateway<'_>) -> Result<()> {
        let status = gateway.call("claude-proxy.status")?;
        let healthy = json!({ "state": "ready", "guard": { "permitted": true } });
        check::has(&status, &healthy)?;
        let claude_proxy = |words: &[&str]| self.home.openclaw([&["claude-proxy"], words].concat());
        let shown = claude_proxy(&["status", "--json"])?.success()?.json()?;
        let same = json!({ "state": "ready", "pid": status["pid"] });
        check::has(&shown, &same)?;
        let logs = claude_proxy(&["logs"])?.success()?;
        logs.says(&["[supervisor] ready"])?;
        let path = claude_proxy(&["path"])?.success()?.stdout;
        ensure!(Path::new(path.trim()).is_file(), "{path}");
        // It may complain: of the machine, not of the proxy.
        let doctor = claude_proxy(&["doctor"])?.text();
        let guard = match self.home.has(Feature::HooksInEachRun) {
            true => "✓ Guard has its permission",
            false => "! Guard has its permission",
        };
        let good = ["✓ Access key enforced", "✓ Plugin enabled", guard];
        check::says(&doctor, &good)
    }

    /// The guard stopped a turn, which not every OpenClaw calls an error.
    pub(crate) fn ensure_stopped(&self, reply: &Reply) -> Result<()> {
        let says_so = reply.text.contains("nothing was sent");
        ensure!(
            reply.status != 200 || says_so && !self.home.has(Feature::StopIsError),
            "{reply:?}"
        );
        Ok(())
    }

    /// Every chat so far came with the key that only OpenClaw and the proxy know.
    pub(crate) fn chats_with_key(&self) -> Result<Vec<Value>> {
        let chats = self.chats()?;
        let keyed = chats.iter().all(|chat| chat["keyMatched"] == true);
        ensure!(!chats.is_empty() && keyed, "{chats:?}");
        Ok(chats)
    }

    /// The helper that keeps the proxy running.
    pub(crate) fn supervisor(&self) -> Option<Process> {
        let mut all = self.home.processes().into_iter();
        all.find(|one| one.command.contains(" supervise "))
    }

    /// Nothing has reached the fake vendor.
    pub(crate) fn ensure_nothing_leaked(&self) -> Result<()> {
        let seen = self.vendor.requests()?;
        ensure!(seen.is_empty(), "the fake vendor received {seen:?}");
        Ok(())
    }
}

/// The model of the direct way out.
pub(crate) const FOREIGN: &str = "anthropic/claude-opus-4-8";

/// A turn works, through the fake proxy.
pub(crate) fn ensure_answered(gateway: &Gateway<'_>) -> Result<()> {
    let reply = gateway.turn("Are you there?")?;
    ensure!(
        reply.status == 200 && reply.text.contains(REPLY),
        "{reply:?}\n{}",
        gateway.log()
    );
    Ok(())
}
