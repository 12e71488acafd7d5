//! A running OpenClaw Gateway.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::child::KillOnDrop;
use crate::home::{GATEWAY_TOKEN, Home};
use crate::rpc::Rpc;
use crate::{processes, wait};

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(300);
/// OpenClaw's error where it gave up because of its own lease, for which it takes five seconds: a busy machine does not
/// keep them, and it can be started again.
const BUSY: &str = "heartbeat did not become ready";
/// How long a turn may take. OpenClaw retries a dead provider for up to two minutes, which a test must see as a failure.
const TURN: Duration = Duration::from_secs(180);
/// How long a reload of the plugin may take.
const RELOAD: Duration = Duration::from_secs(30);

/// A Gateway. Dropping it kills it; what it started goes with its home.
pub struct Gateway<'h> {
    home: &'h Home,
    child: KillOnDrop,
    log: PathBuf,
    /// How long it took until it was ready.
    pub took: Duration,
}

/// The answer to a turn.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The text of the assistant; the whole body of an error.
    pub text: String,
    /// How long it took.
    pub took: Duration,
}

impl<'h> Gateway<'h> {
    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// If it ends, or is not ready in time; with its log.
    pub fn start(home: &'h Home) -> Result<Self> {
        let since = Instant::now();
        let mut gateway = Self::launch(home)?;
        let url = gateway.url("readyz");
        let mut mark = 0;
        wait::until_true("the Gateway is ready", START, || {
            if let Some(status) = gateway.child.try_wait()? {
                let log = gateway.log();
                let last = log.get(mark..).unwrap_or_default();
                ensure!(last.contains(BUSY), "the Gateway ended: {status}\n{log}");
                mark = log.len();
                gateway = Self::launch(home)?;
            }
            Ok(ureq::get(&url).call().is_ok())
        })
        .with_context(|| gateway.log())?;
        gateway.took = since.elapsed();
        Ok(gateway)
    }

    /// Starts it and waits for nothing.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn launch(home: &'h Home) -> Result<Self> {
        let log = home.path().join("gateway.log");
        let file = File::options().create(true).append(true).open(&log)?;
        let child = home
            .openclaw_command(["gateway", "run", "--verbose"])?
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            // A Ctrl-C at the terminal is for the program that started it.
            .process_group(0)
            .spawn()
            .context("cannot start the Gateway")?;
        Ok(Self {
            home,
            child: KillOnDrop(child),
            log,
            took: Duration::ZERO,
        })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its log so far; empty if that cannot be read.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The first line of the log that holds this text, once there is one.
    ///
    /// # Errors
    /// If there is none within `limit`; with the log.
    pub fn line(&self, text: &str, limit: Duration) -> Result<String> {
        self.line_after(0, text, limit)
    }

    /// The first line that holds this text after the first `mark` bytes of the log (see [`Gateway::mark`]).
    ///
    /// # Errors
    /// As [`Gateway::line`].
    pub fn line_after(&self, mark: usize, text: &str, limit: Duration) -> Result<String> {
        wait::until(&format!("{text:?} in the Gateway's log"), limit, || {
            let log = self.log();
            let rest = log.get(mark..).unwrap_or_default();
            Ok(rest
                .lines()
                .find(|line| line.contains(text))
                .map(str::to_owned))
        })
        .with_context(|| self.log())
    }

    /// Where the log ends now.
    #[must_use]
    pub fn mark(&self) -> usize {
        self.log().len()
    }

    /// One turn of the main agent.
    ///
    /// # Errors
    /// If the Gateway gives no answer in time. A failed turn is an answer.
    pub fn turn(&self, prompt: &str) -> Result<Reply> {
        self.turn_with("openclaw", prompt, &[])
    }

    /// One turn of a model (`openclaw`, `openclaw/AGENT`) with further HTTP headers. The content is a text or a list of parts.
    ///
    /// # Errors
    /// As [`Gateway::turn`].
    pub fn turn_with(
        &self,
        model: &str,
        content: impl Into<Value>,
        headers: &[(&str, &str)],
    ) -> Result<Reply> {
        let since = Instant::now();
        let body =
            json!({ "model": model, "messages": [{ "role": "user", "content": content.into() }] });
        let (status, body) = self
            .post("v1/chat/completions", headers, &body)
            .context("the turn got no answer")?;
        let answer: Option<Value> = serde_json::from_str(&body).ok();
        let text = answer
            .as_ref()
            .and_then(|answer| answer.pointer("/choices/0/message/content"))
            .and_then(Value::as_str)
            .map_or(body.clone(), str::to_owned);
        Ok(Reply {
            status,
            text,
            took: since.elapsed(),
        })
    }

    /// One request of a caller: status and body.
    ///
    /// # Errors
    /// If there is no answer in time.
    pub fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<(u16, String)> {
        let mut request = ureq::post(self.url(path))
            .config()
            .http_status_as_error(false)
            .timeout_global(Some(TURN))
            .build()
            .header("authorization", format!("Bearer {GATEWAY_TOKEN}"))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(body.to_string())?;
        let body = response.body_mut().read_to_string()?;
        Ok((response.status().as_u16(), body))
    }

    /// Asks one of its RPC methods, which costs a tenth of a second; `openclaw gateway call` costs several. While the Gateway
    /// reloads the plugin it has nobody who answers, and is asked again.
    ///
    /// # Errors
    /// If the call fails.
    pub fn call(&self, method: &str) -> Result<Value> {
        wait::until("the plugin is loaded", RELOAD, || {
            match Rpc::connect(self.home)?.call(method, &json!({})) {
                Err(why) if format!("{why:#}").contains("PluginInstanceUnavailable") => Ok(None),
                answer => answer.map(Some),
            }
        })
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// If it does not end within `limit`; with its log.
    pub fn stop(mut self, limit: Duration) -> Result<ExitStatus> {
        self.signal(Signal::TERM);
        self.ended(limit)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        processes::signal(self.child.id(), signal);
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// If it does not within `limit`; with its log.
    pub fn ended(&mut self, limit: Duration) -> Result<ExitStatus> {
        let child = &mut self.child;
        wait::until("the Gateway ends", limit, || Ok(child.try_wait()?)).with_context(|| self.log())
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.home.gateway_port())
    }
}
