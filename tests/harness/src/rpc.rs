//! A connection to a Gateway that stays open: an RPC call takes milliseconds instead of the seconds that OpenClaw's
//! command line needs to start.

use std::io::Write as _;
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::child::{self, KillOnDrop};
use crate::home::{GATEWAY_TOKEN, Home};
use crate::places;

/// How long an answer may take. Some methods answer after a model has.
const ANSWER: Duration = Duration::from_secs(150);

/// A connection. Dropping it ends it.
pub struct Rpc {
    _child: KillOnDrop,
    input: ChildStdin,
    answers: Receiver<Vec<u8>>,
    calls: u32,
}

/// What comes back for a call.
#[derive(Deserialize)]
struct Frame {
    id: String,
    ok: bool,
    #[serde(default)]
    payload: Value,
    #[serde(default)]
    error: Value,
}

impl Rpc {
    /// Connects to the Gateway of a home, which must be ready.
    ///
    /// # Errors
    /// If the peers were not fetched, or the Gateway does not accept it.
    pub fn connect(home: &Home) -> Result<Self> {
        let child = home
            .command(places::node_folder()?.join("node"))?
            .arg(places::root().join("tests/harness/rpc.mjs"))
            .args([&home.gateway_port().to_string(), GATEWAY_TOKEN])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start Node")?;
        let mut child = KillOnDrop(child);
        let input = child.stdin.take().context("no input")?;
        let output = child.stdout.take().context("no output")?;
        let connection = Self {
            _child: child,
            input,
            answers: child::lines(output),
            calls: 0,
        };
        connection.answer("connect").context("connect")?;
        Ok(connection)
    }

    /// Calls a method; its payload.
    ///
    /// # Errors
    /// If the Gateway refuses it or gives no answer; with the error.
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        self.calls += 1;
        let id = format!("call-{}", self.calls);
        let line = json!({ "id": id, "method": method, "params": params });
        writeln!(self.input, "{line}").context("the connection is gone")?;
        self.answer(&id)
            .with_context(|| format!("{method} {params}"))
    }

    fn answer(&self, id: &str) -> Result<Value> {
        loop {
            let line = self.answers.recv_timeout(ANSWER);
            let line = line.context("no answer from the Gateway")?;
            match serde_json::from_slice::<Frame>(&line) {
                Ok(frame) if frame.id == id && frame.ok => return Ok(frame.payload),
                Ok(frame) if frame.id == id => bail!("{}", frame.error),
                _ => {}
            }
        }
    }
}
