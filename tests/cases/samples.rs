//! The samples in `docs/samples`: validated by the programs that know their formats, then run as systemd or a container
//! host would run them, with a fake proxy.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use harness::home::Home;
use harness::processes::signal;
use harness::{command, namespace, places, ports, wait};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::scene::TIMEOUT;

/// The helper's path in the unit.
const INSTALLED: &str = "/usr/local/bin/claude-proxy";

fn sample(name: &str) -> PathBuf {
    places::root().join("docs/samples").join(name)
}

/// A program of the pinned validators.
fn validator(name: &str) -> Result<PathBuf> {
    places::present(places::peers("samples").join("bin").join(name), "fetch")
}

/// A home with the fake proxy as the proxy, and the programs of the samples in its `PATH`.
struct Machine {
    home: Home,
}

impl Machine {
    fn new() -> Result<Self> {
        let home = Home::new()?;
        for (name, program) in [
            ("claude-proxy", places::helper()?),
            ("claude-max-proxy", places::fake_proxy()?),
        ] {
            let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", program.display());
            home.write_program(name, &script)?;
        }
        home.link(&json!({
            "command": ["claude-max-proxy"], "port": ports::free()?, "autoStart": false,
        }))?;
        Ok(Self { home })
    }

    /// A command line of a sample, whose program is in the first folder of `PATH`.
    fn command(&self, words: &[String]) -> Result<Command> {
        let (program, arguments) = words.split_first().context("an empty command")?;
        let program = self.home.path().join("bin").join(program);
        let mut command = self.home.command(program)?;
        command.args(arguments);
        Ok(command)
    }

    /// Runs it to its end.
    fn exit_code(&self, words: &[String]) -> Result<Option<i32>> {
        Ok(command::run(&mut self.command(words)?, TIMEOUT)?.code)
    }
}

/// Starts it in the background, without input and output.
fn start(command: &mut Command) -> Result<Child> {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    Ok(quiet.stderr(Stdio::null()).spawn()?)
}

fn wait_for_exit(child: &mut Child, limit: Duration) -> Result<Option<i32>> {
    Ok(wait::until("it ends", limit, || Ok(child.try_wait()?))?.code())
}

/// A YAML file, read by the library of the pinned validators.
fn yaml(name: &str) -> Result<Value> {
    let read = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let mut python = Command::new(validator("python")?);
    python.args(["-c", read]).arg(sample(name));
    command::run(&mut python, TIMEOUT)?.success()?.json()
}

fn argv(value: &Value) -> Result<Vec<String>> {
    serde_json::from_value(value.clone()).with_context(|| format!("not a command: {value}"))
}

/// The settings of a unit's section; systemd itself has checked that it is well formed.
struct Unit(String);

impl Unit {
    fn get(&self, name: &str) -> Result<&str> {
        let mut values = self
            .0
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        values.next().with_context(|| format!("no {name}="))
    }

    /// A time such as `30` or `6min`.
    fn time(&self, name: &str) -> Result<Duration> {
        let text = self.get(name)?;
        let (number, unit) = match text.strip_suffix("min") {
            Some(number) => (number, 60),
            None => (text, 1),
        };
        Ok(Duration::from_secs(number.parse::<u64>()? * unit))
    }
}

#[test]
fn systemd_accepts_the_unit() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let unit = folder.path().join("claude-proxy.service");
    let helper = places::helper()?.display().to_string();
    let text = fs::read_to_string(sample("claude-proxy.service"))?;
    fs::write(&unit, text.replace(INSTALLED, &helper))?;
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]).arg(&unit);
    let outcome = command::run(&mut verify, TIMEOUT)
        .context("systemd-analyze is missing? `apt-get install systemd`")?;
    // What it does not know is only a warning to it.
    let warns = outcome.text().contains("claude-proxy.service");
    ensure!(outcome.code == Some(0) && !warns, "{outcome:?}");
    Ok(())
}

#[test]
fn the_unit_starts_notifies_and_stops_as_declared() -> Result<()> {
    let machine = Machine::new()?;
    let unit = Unit(fs::read_to_string(sample("claude-proxy.service"))?);
    ensure!(unit.get("Type")? == "notify" && unit.get("NotifyAccess")? == "main");
    let allowed = unit.time("WatchdogSec")?;
    let line = unit.get("ExecStart")?.replace(INSTALLED, "claude-proxy");
    let line: Vec<String> = line.split(' ').map(str::to_owned).collect();

    let address = machine.home.path().join("notify");
    let manager = UnixDatagram::bind(&address)?;
    let receive = |wanted: &str, limit: Duration| -> Result<String> {
        let end = Instant::now() + limit;
        let mut message = [0; 4096];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero(), "no {wanted} within {limit:?}");
            manager.set_read_timeout(Some(left))?;
            let Ok(length) = manager.recv(&mut message) else {
                bail!("no {wanted} within {limit:?}");
            };
            let text = String::from_utf8_lossy(&message[..length]);
            if text.lines().any(|one| one == wanted) {
                return Ok(text.into_owned());
            }
        }
    };
    let mut service = machine.command(&line)?;
    service.env("NOTIFY_SOCKET", &address);
    service.env("WATCHDOG_USEC", allowed.as_micros().to_string());
    let mut service = start(&mut service)?;
    let ready = receive("READY=1", unit.time("TimeoutStartSec")?)?;
    ensure!(ready.contains("STATUS=ready"), "{ready}");
    // Ready means verified, for everybody who asks.
    let health = ["claude-proxy", "health"].map(str::to_owned);
    ensure!(machine.exit_code(&health)? == Some(0));
    receive("WATCHDOG=1", allowed)?;
    signal(service.id(), Signal::TERM);
    let stop = unit.time("TimeoutStopSec")?;
    receive("STOPPING=1", stop)?;
    ensure!(wait_for_exit(&mut service, stop)? == Some(0));
    ensure!(machine.exit_code(&health)? != Some(0));

    // The unit tells systemd not to retry what a retry cannot help.
    fs::remove_file(machine.home.path().join("bin/claude-max-proxy"))?;
    let final_code: i32 = unit.get("RestartPreventExitStatus")?.parse()?;
    ensure!(machine.exit_code(&line)? == Some(final_code));
    Ok(())
}

#[test]
fn the_manifests_fit_their_schemas() -> Result<()> {
    let mut kubernetes = Command::new(validator("kubernetes-validate")?);
    kubernetes.arg("--strict").arg(sample("kubernetes.yaml"));
    command::run(&mut kubernetes, TIMEOUT)?.success()?;
    let mut compose = Command::new(validator("check-jsonschema")?);
    compose
        .args(["--builtin-schema", "vendor.compose-spec"])
        .arg(sample("compose.yaml"));
    command::run(&mut compose, TIMEOUT)?.success()?;
    Ok(())
}

#[test]
fn the_container_runs_as_process_one_and_its_probes_work() -> Result<()> {
    let machine = Machine::new()?;
    let file = fs::read_to_string(sample("Dockerfile"))?;
    let instruction = |name: &str| {
        let mut lines = file.lines().filter(|line| line.starts_with(name));
        lines.next().with_context(|| format!("no {name}"))
    };
    let list = |line: &str| -> Result<Vec<String>> {
        let start = line.find('[').context("not the form without a shell")?;
        Ok(serde_json::from_str(&line[start..])?)
    };
    let entry = list(instruction("ENTRYPOINT")?)?;
    ensure!(instruction("STOPSIGNAL")? == "STOPSIGNAL SIGTERM");
    let compose = yaml("compose.yaml")?;
    let service = &compose["services"]["claude-proxy"];
    let pod = yaml("kubernetes.yaml")?["spec"]["template"]["spec"].take();
    let sidecar = &pod["initContainers"][0];
    let probes = [
        list(instruction("HEALTHCHECK")?)?,
        argv(&sidecar["startupProbe"]["exec"]["command"])?,
        argv(&sidecar["readinessProbe"]["exec"]["command"])?,
    ];

    // Both hosts start the image's own entry point, with the login in a variable that reaches the proxy.
    ensure!(service["command"].is_null() && sidecar["command"].is_null());
    let login = "CLAUDE_CODE_OAUTH_TOKEN";
    ensure!(service["environment"][login].is_string() && sidecar["env"][0]["name"] == login);
    // Access key and settings are shared: the same folder at the same place, for the same user.
    let state = "openclaw:/home/node/.openclaw";
    for name in ["gateway", "claude-proxy"] {
        ensure!(
            compose["services"][name]["volumes"] == json!([state]),
            "{name}"
        );
    }
    let mount = &sidecar["volumeMounts"];
    ensure!(mount[0]["mountPath"] == "/home/node/.openclaw");
    ensure!(*mount == pod["containers"][0]["volumeMounts"]);

    let unshare = machine.home.command("unshare")?;
    let Some(mut container) = namespace::of_processes(unshare, &machine.command(&entry)?)? else {
        ensure!(std::env::var_os("CI").is_none(), "no PID namespaces here");
        eprintln!("not run: this user may not make a PID namespace");
        return Ok(());
    };
    let none_passes = |when: &str| -> Result<()> {
        for probe in &probes {
            let code = machine.exit_code(probe)?;
            ensure!(code != Some(0), "{probe:?} {when}");
        }
        Ok(())
    };
    none_passes("before the start")?;
    let mut container = start(container.env(login, "a-token-for-the-proxy"))?;
    let first = namespace::first_process(container.id())?;
    wait::until_true("it is healthy", TIMEOUT, || {
        Ok(machine.exit_code(&probes[0])? == Some(0))
    })?;
    // As the hosts do it: inside, where only these processes exist.
    for probe in &probes {
        let mut inside = machine.home.command("nsenter")?;
        let line = machine.command(probe)?;
        inside
            .args(["--target", &first.to_string(), "--pid", "--mount"])
            .arg(line.get_program())
            .args(line.get_args());
        command::run(&mut inside, TIMEOUT)?.success()?;
    }
    let mut processes = machine.home.processes().into_iter();
    let proxy = processes.find(|one| one.command.contains("/fake-proxy"));
    let proxy = proxy.context("no proxy")?;
    let environment = fs::read_to_string(format!("/proc/{}/environ", proxy.pid))?;
    ensure!(environment.contains(&format!("{login}=a-token-for-the-proxy")));

    // TERM ends the whole container in order.
    signal(first, Signal::TERM);
    let grace = service["stop_grace_period"].as_str().context("no grace")?;
    let grace: u64 = grace.trim_end_matches('s').parse()?;
    ensure!(wait_for_exit(&mut container, Duration::from_secs(grace))? == Some(0));
    let left = machine.home.processes();
    ensure!(left.is_empty(), "{left:?}");
    none_passes("after the stop")
}
