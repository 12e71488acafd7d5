//! `cargo xtask prove --run K`: closed documents in the real Gateway. Every kind of traffic is started, every name of another
//! machine is written down and refused, and one that OpenClaw does not dial for itself is a failure.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use claude_proxy_provider::ID;
use harness::gateway::Gateway;
use harness::home::{Home, merge};
use harness::rpc::Rpc;
use harness::{media, places, ports, versions};
use serde_json::{Value, json};

use crate::document::{Document, Text};
use crate::judge::{Judge, Scope};
use crate::name_server::{self, NameServer};
use crate::target::Target;
use crate::{Options, generate};

/// What OpenClaw dials for itself, whatever the file says of models; `docs/fail-closed.md` says how each is turned off.
const OWN: &[&str] = &[
    "telemetry.openclaw.ai",
    "catalog.openclaw.ai",
    "registry.npmjs.org",
    "clawhub.ai",
];

/// Hosts that only versions until 2026.7 dial for themselves: prices of models.
const FORMER: &[&str] = &["openrouter.ai", "raw.githubusercontent.com"];

impl Target {
    /// Whether OpenClaw dials a host for itself.
    fn is_own(&self, name: &str) -> bool {
        OWN.contains(&name) || (self.former && FORMER.contains(&name))
    }
}

/// How `record-lookups.mjs` begins the line of a vendor that OpenClaw asked for its list of models, with its key and no content. It
/// does so while `models.mode` is not `replace`.
const LIST: &str = "list of models: ";

/// Tools that ask a service by themselves, with what they are given.
const TOOLS: &[(&str, &str)] = &[
    ("image_generate", r#"{"prompt": "A gray square."}"#),
    ("video_generate", r#"{"prompt": "A gray square."}"#),
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

/// The least that is a PDF.
const PDF: &[u8] = b"%PDF-1.1\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n";

/// Runs closed documents.
///
/// # Errors
/// If one of them has a vendor's name looked up, or no Gateway starts with it.
pub(crate) fn prove(target: &Target, options: &Options, count: u64) -> Result<()> {
    let manifest = places::openclaw()?.with_file_name("package.json");
    ensure!(
        fs::read_to_string(manifest)?.contains(&format!("\"version\": \"{}\"", target.version)),
        "the Gateway of the tests is another OpenClaw; {}={} names the one to run",
        versions::TESTED,
        target.version
    );
    if name_server::wants_namespace() {
        return name_server::run_in_namespace(options, &target.package, count);
    }
    let folder = tempfile::tempdir()?;
    let name_server = NameServer::start(folder.path())?;
    let mut judge = Judge::start(&target.package, &folder.path().join("judge"))?;
    let since = Instant::now();
    let mut own: BTreeMap<String, u64> = BTreeMap::new();
    let mut calls = CallCount::default();
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
                let document = target.grammar.document(options.seed, number - 1)?;
                (format!("{} of seed {}", number - 1, options.seed), document)
            }
        };
        // No Gateway starts with what OpenClaw refuses.
        if !target.report(&document).closed
            || !judge
                .ask(&target.text(&document), &document.state, Scope::Quick)?
                .valid
        {
            continue;
        }
        let Some(installation) = Installation::new(target, &document, true)? else {
            continue;
        };
        let config = installation.home.config()?;
        if config["proxy"]["enabled"] == true {
            println!(
                "document {name}: not run, since its own proxy for requests would hide the names behind it"
            );
            continue;
        }
        let began = Instant::now();
        turned += u64::from(installation.start_traffic(&mut calls)?);
        done += 1;
        let mut names = installation.names()?;
        names.extend(name_server.iter().flat_map(NameServer::take));
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
fn control(target: &Target) -> Result<BTreeSet<String>> {
    let document = target.grammar.open()?;
    let installation = Installation::new(target, &document, false)?.context("no control")?;
    installation.start_traffic(&mut CallCount::default())?;
    let mut names = installation.names()?;
    names.retain(|name| !target.is_own(name));
    ensure!(
        !names.is_empty(),
        "an open document had no vendor looked up, so nothing would be shown by closed ones"
    );
    Ok(names)
}

/// Calls of a Gateway's methods.
struct Calls<'a> {
    rpc: Rpc,
    count: &'a mut CallCount,
}

/// How many calls were made, and how many OpenClaw refused.
#[derive(Default)]
struct CallCount {
    all: u64,
    refused: u64,
}

impl Calls<'_> {
    /// Calls a method; its answer, or nothing where OpenClaw refuses.
    fn call(&mut self, name: &str, params: &Value) -> Option<Value> {
        let answer = self.rpc.call(name, params);
        self.count.all += 1;
        self.count.refused += u64::from(answer.is_err());
        answer.ok()
    }

    /// Calls a method that starts a run, and waits for its end.
    fn run(&mut self, name: &str, params: &Value) {
        if let Some(run) = self.call(name, params) {
            let wait = json!({ "runId": run["runId"], "timeoutMs": 20_000 });
            self.call("agent.wait", &wait);
        }
    }
}

/// A home with a document.
struct Installation {
    home: Home,
    agents: Vec<String>,
}

impl Installation {
    /// Writes a document into a home, with the plugin and a fake proxy at its address; nothing where a closed one is wanted
    /// and it is open with these. An open one has no guard.
    fn new(target: &Target, document: &Document, closed: bool) -> Result<Option<Self>> {
        let text = target.text(document);
        let port = ports::free()?.to_string();
        let main: Value = serde_json::from_str(&text.main.replace("3456", &port))?;
        let mut home = Home::new()?;
        let hook = places::root().join("tests/prove/record-lookups.mjs");
        home.set("NODE_OPTIONS", format!("--import={}", hook.display()));
        let record = home.path().join("names.txt");
        home.set("PROVE_NAMES", record.to_string_lossy());
        // OpenClaw has npm look for the plugin of a key that it knows, and there is no registry here.
        home.set("npm_config_fetch_retries", "0");
        let workspace = home.path().join("workspace");
        fs::write(workspace.join("image.png"), media::IMAGE)?;
        fs::write(workspace.join("page.pdf"), PDF)?;
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
        if closed && !target.report_of(whole, &document.state).closed {
            return Ok(None);
        }
        let agents = match &config["agents"]["entries"] {
            Value::Object(entries) if !entries.is_empty() => entries.keys().cloned().collect(),
            _ => vec!["main".to_owned()],
        };
        Ok(Some(Self { home, agents }))
    }

    /// Starts everything that asks a model or a service; whether a turn was answered.
    fn start_traffic(&self, count: &mut CallCount) -> Result<bool> {
        let gateway = Gateway::start(&self.home)?;
        let rpc = Rpc::connect(&self.home)?;
        let mut calls = Calls { rpc, count };
        let reply = gateway.turn("Hello.")?;
        let embeddings = json!({ "model": "openclaw", "input": "Hello." });
        let _answer = gateway.post("v1/embeddings", &[], &embeddings);
        let workspace = self.home.path().join("workspace");
        let path = |file| workspace.join(file).to_string_lossy().into_owned();
        let (image, pdf) = (path("image.png"), path("page.pdf"));
        for (n, agent) in self.agents.iter().enumerate() {
            let session = format!("agent:{agent}:prove-{n}");
            let turn = |message: &str, key: &str| json!({ "message": message, "agentId": agent, "sessionKey": session, "idempotencyKey": key });
            calls.run("agent", &turn("Hello.", &session));
            for (name, arguments) in TOOLS {
                let arguments = arguments.replace("IMAGE", &image).replace("PDF", &pdf);
                if OF_A_TURN.contains(name) {
                    let message = format!("FAKE:tool={name} {arguments}");
                    calls.run("agent", &turn(&message, &format!("{session}-{name}")));
                    continue;
                }
                let arguments: Value = serde_json::from_str(&arguments)?;
                let params = json!({ "name": name, "args": arguments, "sessionKey": session });
                calls.call("tools.invoke", &params);
            }
            for (name, params) in [
                (
                    "memory.search",
                    json!({ "query": "birthday", "agentId": agent }),
                ),
                (
                    "sessions.title.prepare",
                    json!({ "agentId": agent, "message": "Help me to plan a birthday party for my sister." }),
                ),
                ("sessions.compact", json!({ "key": session })),
                (
                    "wake",
                    json!({ "mode": "now", "text": "Wake up.", "agentId": agent }),
                ),
            ] {
                calls.call(name, &params);
            }
            let sound = media::sound_base64();
            for (kind, content) in [("image/png", media::IMAGE_BASE64), ("audio/wav", &sound)] {
                let attachment = json!({ "type": kind.split('/').next(), "mimeType": kind, "fileName": "it", "content": content });
                let params = json!({ "sessionKey": session, "message": "What is it?", "attachments": [attachment], "idempotencyKey": format!("{session}-{kind}") });
                calls.run("chat.send", &params);
            }
        }
        Ok(reply.status == 200)
    }

    /// Names that Node processes looked up.
    fn names(&self) -> Result<BTreeSet<String>> {
        let path = self.home.path().join("names.txt");
        if !path.exists() {
            return Ok(BTreeSet::new());
        }
        let names = fs::read_to_string(path)?;
        Ok(names.lines().map(str::to_owned).collect())
    }
}
