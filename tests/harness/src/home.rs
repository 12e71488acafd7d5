//! A throw-away home folder in which OpenClaw runs, and everything that is started from it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{self, Outcome};
use crate::processes::Process;
use crate::versions::{self, Feature};
use crate::{interrupt, places, ports, processes};

/// How long a command line of OpenClaw may take on a busy machine.
const COMMAND: Duration = Duration::from_secs(300);
/// The plugin and the provider.
pub const ID: &str = "anthropic-claude-proxy";
/// The token of every Gateway here; it protects nothing.
pub const GATEWAY_TOKEN: &str = "throw-away-gateway-token";

/// A home folder. Dropping it kills every process that belongs to it and removes it.
pub struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
    gateway_port: u16,
    version: String,
}

impl Home {
    /// A new one with a minimal configuration of OpenClaw: a Gateway on the loopback address with a token.
    ///
    /// # Errors
    /// If the folder cannot be made, or the peers were not fetched.
    pub fn new() -> Result<Self> {
        places::openclaw()?;
        interrupt::ensure_not_interrupted()?;
        let folder = tempfile::Builder::new()
            .prefix("openclaw-home-")
            .tempdir()?;
        interrupt::register(folder.path())?;
        let home = Self {
            folder,
            variables: Vec::new(),
            gateway_port: ports::free()?,
            version: versions::tested(),
        };
        for name in [".openclaw", "tmp", "bin", "workspace"] {
            fs::create_dir(home.path().join(name))?;
        }
        home.write(&json!({
            // Its log would otherwise go to a folder that every home on the machine shares.
            "logging": { "file": home.path().join("openclaw.log") },
            "gateway": {
                "mode": "local", "bind": "loopback", "port": home.gateway_port,
                "auth": { "mode": "token", "token": GATEWAY_TOKEN },
                "http": { "endpoints": { "chatCompletions": { "enabled": true } } },
            },
            "agents": { "defaults": { "workspace": home.path().join("workspace"), "skipBootstrap": true } },
        }))?;
        Ok(home)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// OpenClaw's state folder in it.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.path().join(".openclaw")
    }

    /// OpenClaw's configuration file.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        self.state().join("openclaw.json")
    }

    /// The port of its Gateway.
    #[must_use]
    pub fn gateway_port(&self) -> u16 {
        self.gateway_port
    }

    /// The version of OpenClaw that runs in it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Another version of OpenClaw for everything that is started from here later; its `openclaw` is in `PATH`, too.
    ///
    /// # Errors
    /// If it was not fetched.
    pub fn run_version(&mut self, version: &str) -> Result<()> {
        let link = self.path().join("bin/openclaw");
        fs::remove_file(&link).ok();
        symlink(places::openclaw_of(version)?, link)?;
        version.clone_into(&mut self.version);
        Ok(())
    }

    /// Whether its OpenClaw has this.
    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        versions::has(&self.version, feature)
    }

    /// Whether its configuration has an entry for this agent.
    ///
    /// # Errors
    /// As [`Home::config`].
    pub fn has_agent(&self, id: &str) -> Result<bool> {
        let config = self.config()?;
        let entry = config.pointer(&format!("/agents/entries/{id}"));
        let list = config.pointer("/agents/list").and_then(Value::as_array);
        let mut listed = list.into_iter().flatten().filter_map(|one| one.get("id"));
        Ok(entry.is_some() || listed.any(|one| one == id))
    }

    /// Sets an environment variable for everything that is started from here later.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    /// The configuration.
    ///
    /// # Errors
    /// If the file cannot be read, or is not plain JSON (which OpenClaw writes).
    pub fn config(&self) -> Result<Value> {
        let text = fs::read_to_string(self.config_path())?;
        serde_json::from_str(&text).with_context(|| format!("not JSON:\n{text}"))
    }

    /// Changes the configuration as somebody with an editor does: the file is replaced in one step. What is written in the
    /// newest version's words is put into those of the version that runs.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn edit(&self, change: impl FnOnce(&mut Value)) -> Result<()> {
        let mut config = self.config()?;
        change(&mut config);
        versions::translate(&mut config, &self.version);
        self.write(&config)
    }

    fn write(&self, config: &Value) -> Result<()> {
        let beside = self.state().join("openclaw.json.edited");
        fs::write(&beside, serde_json::to_string_pretty(config)?)?;
        fs::rename(beside, self.config_path())?;
        Ok(())
    }

    /// Puts a program into the first folder of `PATH`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_program(&self, name: &str, script: &str) -> Result<PathBuf> {
        let path = self.path().join("bin").join(name);
        fs::write(&path, script)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(path)
    }

    /// A program with this home's environment, and nothing of the outer one.
    ///
    /// # Errors
    /// If the peers were not fetched.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Result<Command> {
        interrupt::ensure_not_interrupted()?;
        let mut folders = vec![
            self.path().join("bin"),
            places::node_folder()?,
            "/usr/bin".into(),
            "/bin".into(),
        ];
        folders.extend(npm_folder());
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("TMPDIR", self.path().join("tmp"))
            .env("PATH", env::join_paths(folders)?)
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm-256color")
            .env("NO_COLOR", "1")
            .env(
                "NODE_COMPILE_CACHE",
                places::target().join("peers/compile-cache"),
            )
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// A command line of OpenClaw.
    ///
    /// # Errors
    /// If the peers were not fetched.
    pub fn openclaw_command<I: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = I>,
    ) -> Result<Command> {
        let mut command = self.command(places::node_folder()?.join("node"))?;
        command
            .arg(places::openclaw_of(&self.version)?)
            .args(arguments);
        Ok(command)
    }

    /// Runs OpenClaw to its end.
    ///
    /// # Errors
    /// If it cannot be started or does not end in time. A bad exit code is no error here.
    pub fn openclaw<I: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = I>,
    ) -> Result<Outcome> {
        command::run(&mut self.openclaw_command(arguments)?, COMMAND)
    }

    /// A turn of the main agent at the command line, to its end.
    ///
    /// # Errors
    /// As [`Home::openclaw`].
    pub fn turn(&self, message: &str, flags: &[&str]) -> Result<Outcome> {
        let line = ["agent", "--agent", "main", "--message", message];
        self.openclaw(line.iter().chain(flags))
    }

    /// Runs the packaged helper to its end.
    ///
    /// # Errors
    /// As [`Home::openclaw`].
    pub fn helper<I: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = I>,
    ) -> Result<Outcome> {
        command::run(self.command(places::helper()?)?.args(arguments), COMMAND)
    }

    /// Installs the package as a user does, from any of the accepted sources.
    ///
    /// # Errors
    /// If OpenClaw refuses it.
    pub fn install(&self, source: impl AsRef<OsStr>) -> Result<Outcome> {
        let mut line = ["plugins", "install", "--force"].map(OsStr::new).to_vec();
        if self.has(Feature::Capabilities) {
            line.push("--accept-capabilities".as_ref());
        }
        line.push(source.as_ref());
        self.openclaw(line)?.success()
    }

    /// One check of the helper's doctor; `null` if there is none of this id.
    ///
    /// # Errors
    /// As [`Home::openclaw`].
    pub fn doctor_check(&self, id: &str) -> Result<Value> {
        let doctor = self.helper(["doctor", "--json"])?.json()?;
        let checks = doctor.get("checks").and_then(Value::as_array);
        let named = |one: &&Value| one.get("id").is_some_and(|name| name == id);
        let check = checks.into_iter().flatten().find(named);
        Ok(check.cloned().unwrap_or_default())
    }

    /// Puts the plugin into the configuration, linked to the package and with these settings.
    ///
    /// # Errors
    /// As [`Home::edit`].
    pub fn link(&self, settings: &Value) -> Result<()> {
        self.edit(|config| {
            config["plugins"] = json!({
                "load": { "paths": [places::package()] },
                "entries": { ID: { "enabled": true, "config": settings } },
            });
        })
    }

    /// The login without OpenClaw's help.
    ///
    /// # Errors
    /// If the helper refuses it.
    pub fn set_up(&self, port: u16) -> Result<()> {
        let port = port.to_string();
        let line = ["setup", "--yes", "--set-default", "--port", &port];
        self.helper(line)?.success().map(drop)
    }

    /// The helper's status of the proxy on a port.
    ///
    /// # Errors
    /// As [`Home::openclaw`].
    pub fn status(&self, port: u16) -> Result<Value> {
        let line = ["status", "--json", "--port", &port.to_string()];
        self.helper(line)?.json()
    }

    /// The process that the status of a port names as the proxy.
    ///
    /// # Errors
    /// If there is none.
    pub fn proxy(&self, port: u16) -> Result<Process> {
        let status = self.status(port)?;
        let pid = status.get("pid").and_then(Value::as_u64);
        let pid = pid.with_context(|| format!("no proxy runs: {status:#}"))?;
        let mut all = self.processes().into_iter();
        let found = all.find(|one| u64::from(one.pid) == pid);
        found.context("the proxy's process is gone")
    }

    /// The processes that belong to this home.
    #[must_use]
    pub fn processes(&self) -> Vec<Process> {
        processes::of_folder(self.path())
    }

    /// Kills every process that belongs to this home.
    ///
    /// # Errors
    /// If one does not go away; they are named.
    pub fn kill_processes(&self) -> Result<()> {
        processes::kill_all(self.path())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(why) = self.kill_processes() {
            eprintln!("{why:#}");
        }
        interrupt::unregister(self.path());
    }
}

/// Merges JSON as RFC 7396 says: members of objects deeply, and `null` takes one out.
pub fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        patch.clone_into(into);
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in members {
        match into.as_object_mut() {
            Some(object) if value.is_null() => drop(object.remove(key)),
            _ => merge(&mut into[key], value),
        }
    }
}

/// The folder of the system's npm, which `openclaw plugins install npm-pack:` runs.
fn npm_folder() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).find(|folder| folder.join("npm").is_file())
}
