//! The second judge: OpenClaw's own code in a Node process, asked over pipes (`tests/prove/judge.mjs`).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use harness::places;
use serde::{Deserialize, Serialize};

use crate::document::Text;

/// A document, and how much is asked of it.
#[derive(Serialize)]
struct Request<'a> {
    text: &'a str,
    files: &'a BTreeMap<String, String>,
    stored: &'a BTreeMap<String, String>,
    scope: Scope,
}

/// How much is asked of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    /// Every slot.
    All,
    /// Every slot, until one leads elsewhere.
    ToTheFirst,
    /// Whether it is accepted.
    Quick,
}

/// A slot that leads elsewhere: its name, where, of which agent.
pub(crate) type Lead = (String, String, String);

/// Where OpenClaw leads a document.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Answer {
    /// Whether OpenClaw accepts the document.
    pub(crate) valid: bool,
    /// Why not.
    pub(crate) why: String,
    /// Slots that lead elsewhere.
    pub(crate) leads: Vec<Lead>,
    /// Slots that could not be asked: slot, message.
    pub(crate) errors: Vec<(String, String)>,
}

/// Its first line.
#[derive(Deserialize)]
struct Greeting {
    unasked: Vec<String>,
}

/// One process.
pub(crate) struct Judge {
    child: Child,
    /// Where documents are sent.
    pub(crate) requests: Requests,
    /// Answers come from here, in order.
    pub(crate) answers: Answers,
    /// Slots that this version cannot be asked for.
    pub(crate) unasked: Vec<String>,
}

/// Its standard input.
pub(crate) struct Requests(Option<ChildStdin>);

/// Its standard output.
pub(crate) struct Answers(BufReader<ChildStdout>);

impl Judge {
    /// Starts one over a package of OpenClaw, with a folder of its own to write in.
    pub(crate) fn start(package: &Path, scratch: &Path) -> Result<Self> {
        let mut command = Command::new(places::node_folder()?.join("node"));
        command
            .arg(places::root().join("tests/prove/judge.mjs"))
            .args([package, scratch])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot run Node")?;
        let requests = Requests(child.stdin.take());
        let mut answers = Answers(BufReader::new(child.stdout.take().context("no output")?));
        let greeting = answers
            .line()
            .with_context(|| format!("{} cannot be loaded", package.display()))?;
        let Greeting { unasked } = serde_json::from_str(&greeting)?;
        Ok(Self {
            child,
            requests,
            answers,
            unasked,
        })
    }

    /// Sends a document and waits for the answer.
    pub(crate) fn ask(
        &mut self,
        text: &Text,
        stored: &BTreeMap<String, String>,
        scope: Scope,
    ) -> Result<Answer> {
        self.requests.send(text, stored, scope)?;
        self.answers.next()
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        // It ends when its input does.
        self.requests.0 = None;
        let _ended = self.child.wait();
    }
}

impl Requests {
    /// Sends a document.
    pub(crate) fn send(
        &mut self,
        text: &Text,
        stored: &BTreeMap<String, String>,
        scope: Scope,
    ) -> Result<()> {
        let request = Request {
            text: &text.main,
            files: &text.files,
            stored,
            scope,
        };
        let mut line = serde_json::to_vec(&request)?;
        line.push(b'\n');
        let input = self.0.as_mut().context("the judge was stopped")?;
        input.write_all(&line).context("the judge ended")
    }

    /// Ends the process once it has answered everything.
    pub(crate) fn close(&mut self) {
        self.0 = None;
    }
}

impl Answers {
    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the judge ended");
        Ok(line)
    }

    /// The next answer.
    pub(crate) fn next(&mut self) -> Result<Answer> {
        Ok(serde_json::from_str(&self.line()?)?)
    }
}
