//! A fake vendor: a listener that stands where a vendor would be, and records whatever reaches it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::child::KillOnDrop;
use crate::home::Home;
use crate::places;

/// A listener. Dropping it ends it.
pub struct FakeVendor {
    _child: KillOnDrop,
    record: PathBuf,
    port: u16,
}

impl FakeVendor {
    /// Starts one.
    ///
    /// # Errors
    /// If the fake proxy was not built, or it cannot be started.
    pub fn start(home: &Home) -> Result<Self> {
        let record = home.path().join("vendor.jsonl");
        let child = home
            .command(places::fake_proxy()?)?
            .args(["listener", "--requests"])
            .arg(&record)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the listener")?;
        let mut child = KillOnDrop(child);
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        // The number after the last colon of its first line.
        let digits = line.rsplit(':').next().unwrap_or_default();
        let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
        let port = digits
            .parse()
            .with_context(|| format!("no port in {line:?}"))?;
        Ok(Self {
            _child: child,
            record,
            port,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A provider of OpenClaw with a key and a model, whose address it is: a prompt that goes there is seen.
    #[must_use]
    pub fn provider(&self) -> Value {
        json!({
            "baseUrl": self.url(), "api": "anthropic-messages", "apiKey": "a-vendor-key-that-must-stay-unused",
            "models": [{ "id": "claude-opus-4-8", "name": "Claude, directly" }],
        })
    }

    /// Everything that reached it, connections without a request included.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn requests(&self) -> Result<Vec<Value>> {
        let text = match fs::read_to_string(&self.record) {
            Ok(text) => text,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(why) => return Err(why.into()),
        };
        text.lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    }
}
