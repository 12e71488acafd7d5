//! `cargo xtask prove --run K`: closed documents in the real Gateway. Every kind of traffic is started, every name of another
//! machine is written down and refused, and one that OpenClaw does not dial for itself is a failure.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use claude_proxy_provider::ID;
use harness::gateway::Gateway;
use harness::home::Home;
use harness::rpc::Rpc;
use harness::{places, ports, versions};
use serde_json::{Value, json};

use super::document::{Document, Text};
use super::judge::Judge;
use super::{Options, Target, alone, generate};

/// What OpenClaw dials for itself, whatever the file says of models; `docs/fail-closed.md` says how each is turned off.
const OWN: &[&str] = &[
    "telemetry.openclaw.ai",
    "catalog.openclaw.ai",
    "registry.npmjs.org",
    "clawhub.ai",
];

/// The same, until 2026.7 only: prices of models.
const FORMER: &[&str] = &["openrouter.ai", "raw.githubusercontent.com"];

impl Target {
    /// Whether OpenClaw dials a host for itself.
    fn is_own(&self, name: &str) -> bool {
        OWN.contains(&name) || (self.former && FORMER.contains(&name))
    }
}

/// How `names.mjs` begins the line of a vendor that OpenClaw asked for its list of models, with its key and no content. It
/// does so while `models.mode` is not `replace`.
const LIST: &str = "list of models: ";

/// Tools that ask a service by themselves, with what they are given.
const TOOLS: &[(&str, &str)] = &[
    ("image_generate", r#"{"prompt": "A grey square."}"#),
    ("video_generate", r#"{"prompt": "A grey square."}"#),
    ("music_generate", r#"{"prompt": "A long note."}"#),
    ("tts", r#"{"text": "Hello."}"#),
    ("web_search", r#"{"query": "weather"}"#),
    ("x_search", r#"{"query": "weather"}"#),
    ("code_execution", r#"{"task": "1 + 1"}"#),
    (
        "view_image",
        r#"{"prompt": "What is it?", "path": "IMAGE"}"#,
    ),
    // Its name until 2026.7.
    ("image", r#"{"prompt": "What is it?", "image": "IMAGE"}"#),
    ("pdf", r#"{"prompt": "What is it?", "pdf": "PDF"}"#),
    ("memory_search", r#"{"query": "birthday"}"#),
    ("sessions_spawn", r#"{"task": "Say hello."}"#),
];

/// Those of them that OpenClaw has for the model of a turn only.
const OF_A_TURN: &[&str] = &["view_image", "image", "pdf"];

/// A grey square, in base64.
const IMAGE: &str = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAD0lEQVR42mNoQAMMI1sAAAUMgAEz48aFAAAAAElFTkSuQmCC";

/// The same as bytes, and the least that is a PDF and a sound.
const FILES: &[(&str, &[u8])] = &[
    ("image.png", b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x00\x00\x00\x00:\x98\xa0\xbd\x00\x00\x00\x0fIDATx\xdach@\x03\x0c#[\x00\x00\x05\x0c\x80\x01\xe33Y\x8a\x00\x00\x00\x00IEND\xaeB`\x82"),
    ("page.pdf", b"%PDF-1.1\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n"),
    ("sound.wav", b"RIFF$\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00@\x1f\x00\x00\x01\x00\x08\x00data\x00\x00\x00\x00"),
];

/// Runs closed documents.
///
/// # Errors
/// If one of them has a vendor's name looked up, or no Gateway starts with it.
pub(super) fn run(target: &Target, options: &Options, count: u64) -> Result<()> {
    let there = places::openclaw()?;
    let there = fs::read_to_string(there.with_file_name("package.json"))?;
    ensure!(
        there.contains(&format!("\"version\": \"{}\"", target.version)),
        "the Gateway of the tests is another OpenClaw; {}={} names the one to run",
        versions::TESTED,
        target.version
    );
    if alone::is_wanted() {
        return alone::enter(options, &target.package, count);
    }
    let folder = tempfile::tempdir()?;
    let outer = alone::Names::serve(folder.path())?;
    let mut judge = Judge::start(&target.package, &folder.path().join("judge"))?;
    let since = Instant::now();
    let mut own: BTreeMap<String, u64> = BTreeMap::new();
    let mut calls = Calls::default();
    // With `--show` the one document of that number.
    let (mut done, mut turned, mut number) = (0, 0, options.show.unwrap_or(0));
    let reached = control(target)?;
    println!("an open document: {reached:?} looked up");
    let mut first = match options.show {
        None => Some(generate::hardened(&target.version)?),
        Some(_) => None,
    };
    while done < count {
        ensure!(
            number < options.documents || options.show.is_some(),
            "only {done} of {number} documents are closed and taken by OpenClaw"
        );
        let (name, document) = match first.take() {
            Some(document) => ("the hardened one".to_owned(), document),
            None => {
                number += 1;
                let document = generate::document(options.seed, number - 1);
                (format!("{} of seed {}", number - 1, options.seed), document)
            }
        };
        // No Gateway starts with what OpenClaw refuses.
        if !target.verdict(&document).closed
            || !judge.quick(&target.text(&document), &document.state)?.valid
        {
            continue;
        }
        let Some(stage) = Stage::new(target, &document, true)? else {
            continue;
        };
        let config = stage.home.config()?;
        if config["proxy"]["enabled"] == true {
            println!(
                "document {name}: not run, since its own proxy for requests would hide the names behind it"
            );
            continue;
        }
        let began = Instant::now();
        turned += u64::from(stage.traffic(&mut calls)?);
        done += 1;
        let mut names = stage.names()?;
        names.extend(outer.iter().flat_map(alone::Names::take));
        names.sort();
        names.dedup();
        println!(
            "document {name}: {names:?} in {:.0} s",
            began.elapsed().as_secs_f64()
        );
        let lists = config["models"]["mode"] != "replace";
        let is_own = |name: &str| target.is_own(name) || (lists && name.starts_with(LIST));
        let vendors: Vec<_> = names.iter().filter(|name| !is_own(name)).collect();
        if !vendors.is_empty() {
            println!("{config:#}");
            bail!("document {name} is called closed, and {vendors:?} was looked up");
        }
        for name in names {
            *own.entry(name).or_default() += 1;
        }
    }
    println!(
        "OpenClaw {}: {done} closed documents in the Gateway in {:.0} s, {turned} of them answered a turn; {} calls, {} of them refused; look-ups of vendors: 0; of OpenClaw's own: {own:?}; by the same traffic with an open document: {reached:?}",
        target.version,
        since.elapsed().as_secs_f64(),
        calls.all,
        calls.refused
    );
    ensure!(turned > 0, "no turn was answered, so nothing was shown");
    Ok(())
}

/// What the same traffic has looked up with a document that leaves everything open: where nothing is, nothing was shown.
fn control(target: &Target) -> Result<Vec<String>> {
    let document = generate::open();
    let stage = Stage::new(target, &document, false)?.context("no control")?;
    stage.traffic(&mut Calls::default())?;
    let mut names = stage.names()?;
    names.retain(|name| !target.is_own(name));
    names.sort();
    names.dedup();
    ensure!(
        !names.is_empty(),
        "an open document had no vendor looked up, so nothing would be shown by closed ones"
    );
    Ok(names)
}

/// How many calls were made, and how many OpenClaw did not take.
#[derive(Default)]
struct Calls {
    all: u64,
    refused: u64,
}

/// A home with a document.
struct Stage {
    home: Home,
    agents: Vec<String>,
}

impl Stage {
    /// Writes a document into a home, with the plugin and a fake proxy at its address; nothing where a closed one is wanted
    /// and it is open with these. An open one has no guard.
    fn new(target: &Target, document: &Document, closed: bool) -> Result<Option<Self>> {
        let text = target.text(document);
        let port = ports::free()?.to_string();
        let main: Value = serde_json::from_str(&text.main.replace("3456", &port))?;
        let mut home = Home::new()?;
        let hook = places::root().join("xtask/prove/names.mjs");
        home.set("NODE_OPTIONS", format!("--import={}", hook.display()));
        let record = home.path().join("names.txt");
        home.set("PROVE_NAMES", record.to_string_lossy());
        // OpenClaw has npm look for the plugin of a key that it knows, and there is no registry here.
        home.set("npm_config_fetch_retries", "0");
        for (name, bytes) in FILES {
            fs::write(home.path().join("workspace").join(name), bytes)?;
        }
        let files = text.files.iter().chain(&document.state);
        for (name, text) in files {
            let path = home.state().join(name);
            fs::create_dir_all(path.parent().context("no folder")?)?;
            fs::write(path, text.replace("3456", &port))?;
        }
        let command = json!([
            places::fake_proxy()?,
            "--requests",
            home.path().join("proxy.jsonl")
        ]);
        home.edit(|config| {
            let base = std::mem::replace(config, main);
            // What the file includes cannot be added to.
            merge(config, &base);
            merge(config, &json!({ "plugins": {
                "load": { "paths": [places::package()] },
                "entries": { ID: { "enabled": true, "hooks": { "allowConversationAccess": true }, "config": { "command": command, "guard": if closed { "on" } else { "off" } } } },
            } }));
        })?;
        let config = home.config()?;
        let whole = Text {
            main: config.to_string(),
            files: text.files,
        };
        if closed && !target.verdict_of(whole, &document.state).closed {
            return Ok(None);
        }
        let agents = match &config["agents"]["entries"] {
            Value::Object(entries) if !entries.is_empty() => entries.keys().cloned().collect(),
            _ => vec!["main".to_owned()],
        };
        Ok(Some(Self { home, agents }))
    }

    /// Starts everything that asks a model or a service; whether a turn was answered.
    fn traffic(&self, calls: &mut Calls) -> Result<bool> {
        let gateway = Gateway::start(&self.home)?;
        let mut rpc = Rpc::connect(&self.home)?;
        let mut call = |name: &str, params: &Value| {
            calls.all += 1;
            let said = rpc.call(name, params);
            calls.refused += u64::from(said.is_err());
            said
        };
        let reply = gateway.turn("Hello.")?;
        let _said = gateway.post(
            "v1/embeddings",
            &[],
            &json!({ "model": "openclaw", "input": "Hello." }),
        );
        for (n, agent) in self.agents.iter().enumerate() {
            let session = format!("agent:{agent}:prove-{n}");
            let params = json!({ "message": "Hello.", "agentId": agent, "sessionKey": session, "idempotencyKey": session });
            if let Ok(run) = call("agent", &params) {
                let _ended = call(
                    "agent.wait",
                    &json!({ "runId": run["runId"], "timeoutMs": 20_000 }),
                );
            }
            for (name, arguments) in TOOLS {
                let workspace = self.home.path().join("workspace");
                let path = |file| workspace.join(file).to_string_lossy().into_owned();
                let arguments = arguments
                    .replace("IMAGE", &path("image.png"))
                    .replace("PDF", &path("page.pdf"));
                if OF_A_TURN.contains(name) {
                    let wish = format!("FAKE:tool={name} {arguments}");
                    let key = format!("{session}-{name}");
                    let params = json!({ "message": wish, "agentId": agent, "sessionKey": session, "idempotencyKey": key });
                    if let Ok(run) = call("agent", &params) {
                        let wait = json!({ "runId": run["runId"], "timeoutMs": 20_000 });
                        let _ended = call("agent.wait", &wait);
                    }
                    continue;
                }
                let arguments: Value = serde_json::from_str(&arguments)?;
                let params = json!({ "name": name, "args": arguments, "sessionKey": session });
                let _said = call("tools.invoke", &params);
            }
            let query = json!({ "query": "birthday", "agentId": agent });
            let _said = call("memory.search", &query);
            let title = json!({ "agentId": agent, "message": "Help me to plan a birthday party for my sister." });
            let _said = call("sessions.title.prepare", &title);
            let _said = call("sessions.compact", &json!({ "key": session }));
            let _said = call(
                "wake",
                &json!({ "mode": "now", "text": "Wake up.", "agentId": agent }),
            );
            let sound = sound();
            for (kind, content) in [("image/png", IMAGE), ("audio/wav", &sound)] {
                let attachment = json!({ "type": kind.split('/').next(), "mimeType": kind, "fileName": "it", "content": content });
                let params = json!({ "sessionKey": session, "message": "What is it?", "attachments": [attachment], "idempotencyKey": format!("{session}-{kind}") });
                if let Ok(run) = call("chat.send", &params) {
                    let _ended = call(
                        "agent.wait",
                        &json!({ "runId": run["runId"], "timeoutMs": 20_000 }),
                    );
                }
            }
        }
        Ok(reply.status == 200)
    }

    /// Names that were looked up.
    fn names(&self) -> Result<Vec<String>> {
        let path = self.home.path().join("names.txt");
        if !path.exists() {
            return Ok(Vec::new());
        }
        let names = fs::read_to_string(path)?
            .lines()
            .map(str::to_owned)
            .collect();
        Ok(names)
    }
}

/// A silent sound, in base64: OpenClaw has nothing of less than a kilobyte transcribed.
fn sound() -> String {
    let head = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAAA";
    [head, &"AAAA".repeat(500)].concat()
}

/// Puts the members of one object into another, deeply.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}
