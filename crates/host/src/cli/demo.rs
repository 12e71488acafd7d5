//! The whole demonstration on a temporary directory, with the built-in fake proxy: no network, no login.

use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use claude_proxy_supervisor::SecretString;
use claude_proxy_supervisor::control::Request::Status;
use claude_proxy_supervisor::http::{self, HttpResult, NoReply, Reply, Request};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::args::Demo;
use super::failure::{CommandError, FAILED, Failure};
use super::output::{self, Style, Tone};
use super::supervisor_client::ask;
use crate::component::types::Problem;
use crate::state::StateDir;

const TIMEOUT_MS: u32 = 20_000;
const TIMEOUT: Duration = Duration::from_millis(TIMEOUT_MS as u64);
/// A configuration as somebody may have it: another vendor's model is the default.
const BEFORE: &str = r#"{
  // My own settings stay as they are.
  agents: { defaults: { model: "openai/gpt-6" } },
}
"#;

pub(super) fn run(args: &Demo) -> Result<u8, CommandError> {
    let mut demonstration = Demonstration::begin()?;
    let played = demonstration.play();
    let kept = demonstration.end(args.keep);
    played?;
    if let Some(dir) = kept {
        writeln!(
            output::stdout(),
            "\nEverything is left in {}.",
            dir.display()
        )?;
    }
    Ok(0)
}

struct Demonstration {
    style: Style,
    program: PathBuf,
    dir: TempDir,
    port: u16,
    state: StateDir,
    supervisor: Option<Child>,
}

fn broken(what: &str, found: impl std::fmt::Display) -> Failure {
    Failure::new(
        FAILED,
        format!("the demonstration stopped: {what}"),
        Problem::new(
            "demo",
            "demo",
            found.to_string(),
            "the result that this step of the demo expects",
            "Report this, with the lines above.",
        ),
    )
}

impl Demonstration {
    fn begin() -> Result<Self, Failure> {
        let program =
            std::env::current_exe().map_err(|why| broken("this program is not found", why))?;
        let dir = tempfile::Builder::new()
            .prefix("claude-proxy-demo-")
            .tempdir()
            .map_err(|why| broken("no temporary directory", why))?;
        // Given back at once; the proxy takes it some milliseconds later.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|why| broken("no free port", why))?
            .port();
        Ok(Self {
            style: Style::of_stdout(),
            state: StateDir::at(dir.path().join("claude-proxy")),
            program,
            dir,
            port,
            supervisor: None,
        })
    }

    /// Removes everything; with `keep`, names the directory instead.
    fn end(mut self, keep: bool) -> Option<PathBuf> {
        if let Some(mut supervisor) = self.supervisor.take() {
            // It may have ended by itself.
            let _ = kill_process(Pid::from_child(&supervisor), Signal::TERM);
            let _ = supervisor.wait();
        }
        keep.then(|| self.dir.keep())
    }

    fn heading(&self, title: &str) -> io::Result<()> {
        writeln!(
            output::stdout(),
            "\n{}",
            self.style.paint(Tone::Strong, &format!("# {title}"))
        )
    }

    fn line(&self, text: &str) -> io::Result<()> {
        writeln!(output::stdout(), "  {text}")
    }

    /// This program with its own home; nothing of the user's OpenClaw is seen.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .arg("--config")
            .arg(self.dir.path().join("openclaw.json"))
            .arg("--state-dir")
            .arg(self.state.path())
            .env("HOME", self.dir.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OPENCLAW_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs a command of this program and shows what it prints.
    fn show(&self, arguments: &[&str]) -> Result<i32, CommandError> {
        let shown = arguments.join(" ");
        writeln!(
            output::stdout(),
            "{}",
            self.style
                .paint(Tone::Faint, &format!("$ claude-proxy {shown}"))
        )?;
        let ended = self
            .command(arguments)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|why| broken("a command could not be started", why))?;
        for line in String::from_utf8_lossy(&ended.stdout).lines() {
            self.line(line)?;
        }
        Ok(ended.status.code().unwrap_or(-1))
    }

    fn expect(&self, arguments: &[&str], code: i32) -> Result<(), CommandError> {
        match self.show(arguments)? {
            found if found == code => Ok(()),
            found => Err(broken(
                &format!("`claude-proxy {}`", arguments.join(" ")),
                format!("exit code {found}, not {code}"),
            )
            .into()),
        }
    }

    fn play(&mut self) -> Result<(), CommandError> {
        let config = self.dir.path().join("openclaw.json");
        fs::write(&config, BEFORE).map_err(|why| broken("no configuration", why))?;

        self.heading("A configuration that sends prompts elsewhere")?;
        self.expect(&["audit"], 1)?;

        self.heading("Setup registers the provider and closes every route")?;
        let port = self.port.to_string();
        let setup = ["setup", "--yes", "--set-default", "--port", &port];
        self.expect(&setup, 0)?;
        self.expect(&["audit"], 0)?;

        self.heading("The supervisor starts the proxy and makes sure that it is the proxy")?;
        self.supervise()?;
        let pid = self.ready(None)?;
        self.line(&format!("ready: process {pid} on 127.0.0.1:{port}"))?;

        self.heading("A message goes through, with the access key only")?;
        let key = self
            .state
            .key(self.port)
            .map_err(|why| broken("no access key", why))?
            .ok_or_else(|| broken("no access key", "no file"))?;
        self.answered(&key)?;
        match self.message(None) {
            Ok(answer) if answer.status == 401 => {
                self.line("without the key: HTTP 401, refused")?
            }
            other => return Err(broken("the key is not asked for", format!("{other:?}")).into()),
        }

        self.heading("The proxy is killed, and comes back by itself")?;
        let begun = Instant::now();
        i32::try_from(pid)
            .ok()
            .and_then(Pid::from_raw)
            .and_then(|pid| kill_process(pid, Signal::KILL).ok())
            .ok_or_else(|| broken("the proxy could not be killed", pid))?;
        let again = self.ready(Some(pid))?;
        let took = begun.elapsed().as_millis();
        self.line(&format!("ready again after {took} ms: process {again}"))?;
        self.answered(&key)?;
        self.expect(&["status"], 0)?;

        self.heading("The proxy is stopped: now messages fail, and go nowhere else")?;
        self.expect(&["stop"], 0)?;
        wait_for("the proxy still answers", || {
            match self.message(Some(&key)) {
                Err(NoReply::Refused) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })?;
        self.line(&format!(
            "127.0.0.1:{port}: connection refused, nothing was sent"
        ))?;
        self.show(&["status"])?;
        Ok(())
    }

    fn supervise(&mut self) -> Result<(), CommandError> {
        let parent = std::process::id().to_string();
        let events =
            fs::File::create(self.events()).map_err(|why| broken("no file for events", why))?;
        let supervisor = self
            .command(&["supervise", "--parent", &parent])
            .arg("--")
            .arg(&self.program)
            .arg("fake-proxy")
            .stdout(events)
            .spawn()
            .map_err(|why| broken("the supervisor could not be started", why))?;
        self.supervisor = Some(supervisor);
        Ok(())
    }

    /// Where the supervisor writes what happens.
    fn events(&self) -> PathBuf {
        self.dir.path().join("events.jsonl")
    }

    /// Waits for the proxy to be ready and gives its process id, another one than before.
    fn ready(&mut self, before: Option<u64>) -> Result<u64, Failure> {
        let socket = self.state.socket_path(self.port);
        let supervisor = &mut self.supervisor;
        let outcome: Result<u64, ExitStatus> = wait_for("the proxy does not become ready", || {
            let ended = supervisor.as_mut().map(Child::try_wait).transpose();
            if let Some(exit) = ended.map_err(|why| why.to_string())?.flatten() {
                return Ok(Err(exit));
            }
            let status = ask(&socket, Status).map_err(|why| why.headline)?;
            let status = &status.unwrap_or_default();
            match status["pid"].as_u64() {
                Some(pid) if status["state"] == "ready" && before != Some(pid) => Ok(Ok(pid)),
                _ => Err(status.to_string()),
            }
        })?;
        outcome.map_err(|exit| {
            // Its id may be another process's from now on.
            self.supervisor = None;
            let said = fs::read_to_string(self.events()).unwrap_or_default();
            let last = said.lines().last().unwrap_or("nothing");
            broken(
                "the supervisor ended",
                format!("{exit}; its last words: {last}"),
            )
        })
    }

    fn answered(&self, key: &SecretString) -> Result<(), CommandError> {
        match self.message(Some(key)) {
            Ok(Reply {
                status: 200, body, ..
            }) => {
                let text = serde_json::from_str::<Value>(&body)
                    .ok()
                    .and_then(|body| Some(body.pointer("/content/0/text")?.as_str()?.to_owned()))
                    .ok_or_else(|| broken("the answer cannot be read", body))?;
                self.line(&format!("with the key: HTTP 200, \"{text}\""))?;
                Ok(())
            }
            other => Err(broken("a message got no answer", format!("{other:?}")).into()),
        }
    }

    fn message(&self, key: Option<&SecretString>) -> HttpResult {
        let body = json!({
            "model": "claude-opus-4-6",
            "max_tokens": 64,
            "messages": [{ "role": "user", "content": "Are you there?" }],
        })
        .to_string();
        let request = Request {
            path: "/v1/messages",
            headers: &[("content-type".to_owned(), "application/json".to_owned())],
            body: Some(&body),
            with_key: true,
            timeout_ms: TIMEOUT_MS,
            max_body: 1 << 20,
        };
        let address = (Ipv4Addr::LOCALHOST, self.port).into();
        http::send(address, "127.0.0.1", &request, key).result
    }
}

/// Tries until it succeeds, for so long; what was found instead is part of the failure.
fn wait_for<T>(
    failure: &str,
    mut attempt: impl FnMut() -> Result<T, String>,
) -> Result<T, Failure> {
    let until = Instant::now() + TIMEOUT;
    loop {
        match attempt() {
            Ok(result) => return Ok(result),
            Err(found) if Instant::now() > until => return Err(broken(failure, found)),
            #[expect(
                clippy::disallowed_methods,
                reason = "between two checks, up to a deadline"
            )]
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
