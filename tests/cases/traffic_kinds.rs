//! Every kind of request that OpenClaw sends to a model, what starts it, and the model by which it is recognized at the
//! fake vendor.

use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::home::merge;
use harness::rpc::Rpc;
use harness::versions::Feature;
use harness::{command, versions, wait};
use serde_json::{Value, json};

use crate::scene::{ID, Scene, TIMEOUT};

/// A kind of traffic. A request at the fake vendor is of this kind if it names its model.
pub(crate) struct Kind {
    /// As the documentation names it.
    pub(crate) title: &'static str,
    /// The vendor's model that it is led to; also the agent where it needs one of its own.
    pub(crate) model: &'static str,
    /// What starts it.
    pub(crate) how: &'static str,
    /// Whether the guard stops it; otherwise only the configuration closes it.
    pub(crate) guarded: bool,
    pub(crate) start: Start,
}

/// Starts a kind of traffic in a Gateway.
type StartInGateway = fn(&mut Client<'_>, &Kind) -> Result<()>;

/// A kind that is not started yet.
pub(crate) const fn kind(title: &'static str, model: &'static str, how: &'static str) -> Kind {
    Kind {
        title,
        model,
        how,
        guarded: false,
        start: Command(""),
    }
}

impl Kind {
    const fn with(self, guarded: bool, start: Start) -> Self {
        Self {
            guarded,
            start,
            ..self
        }
    }

    /// One in a Gateway that the guard stops.
    pub(crate) const fn guarded(self, start: StartInGateway) -> Self {
        self.with(true, Start::Gateway(start))
    }

    /// One in a Gateway that only the configuration closes.
    pub(crate) const fn unguarded(self, start: StartInGateway) -> Self {
        self.with(false, Start::Gateway(start))
    }

    /// A command line, to which the model is added.
    const fn command(self, guarded: bool, line: &'static str) -> Self {
        self.with(guarded, Command(line))
    }
}

/// How it is started.
pub(crate) enum Start {
    /// In a Gateway.
    Gateway(StartInGateway),
    /// In the Gateway, once our own proxy is gone.
    ProxyGone(StartInGateway),
    /// By a command line, without a Gateway.
    Command(&'static str),
}

use Start::{Command, ProxyGone};

/// A running Gateway.
pub(crate) struct Client<'s> {
    pub(crate) scene: &'s Scene,
    pub(crate) gateway: &'s Gateway<'s>,
    pub(crate) rpc: Rpc,
    /// Sessions and jobs of this Gateway only.
    pub(crate) name: &'static str,
    /// Where each kind is led to.
    pub(crate) to: Destination,
}

/// Where the traffic is led to, as far as whatever starts it names a model.
#[derive(Clone, Copy)]
pub(crate) enum Destination {
    /// The fake vendor, each kind to a model of its own.
    Vendor,
    /// Our own provider.
    Ours,
}

/// All of them, in the newest OpenClaw.
const KINDS: &[Kind] = &[
    kind("turn on the default model", "primary", "RPC `agent`")
        .guarded(|client, kind| client.run(kind, &json!({}))),
    kind("turn on an agent's model", "agent", "RPC `agent`")
        .guarded(|client, kind| client.run(kind, &json!({}))),
    kind(
        "model named by the caller",
        "named",
        "RPC `agent` with `model`, as `openclaw agent --model`",
    )
    .guarded(|client, kind| client.run(kind, &json!({ "model": client.reference(kind) }))),
    kind(
        "bare prompt through the Gateway",
        "bare",
        "RPC `agent` with `modelRun`, as `openclaw infer model run --gateway`",
    )
    .guarded(|client, kind| {
        let model = client.reference(kind);
        let bare = json!({ "model": model, "modelRun": true, "promptMode": "none" });
        client.run(kind, &bare)
    }),
    kind(
        "model named in a header",
        "header",
        "HTTP chat completions with `x-openclaw-model`",
    )
    .guarded(|client, kind| {
        let header = [("x-openclaw-model", &*client.reference(kind))];
        let turn = client.gateway.turn_with("openclaw/main", "Hello.", &header);
        let reply = turn?;
        ensure!(reply.status == 200, "{reply:?}");
        Ok(())
    }),
    kind(
        "model chosen in the chat",
        "chat",
        "`/model`, then a message",
    )
    .guarded(|client, kind| {
        let session = client.session("main", kind);
        client.say(&session, &format!("/model {}", client.reference(kind)))?;
        client.say(&session, "Hello.")
    }),
    kind(
        "model set on a session",
        "patched",
        "RPC `sessions.patch`, then a message",
    )
    .guarded(|client, kind| {
        let session = client.session("main", kind);
        let patch = json!({ "key": session, "model": client.reference(kind) });
        client.ask("sessions.patch", &patch)?;
        client.say(&session, "Hello.")
    }),
    kind(
        "fallback of an own model",
        "fallback",
        "a turn while the proxy refuses or is gone",
    )
    .with(true, ProxyGone(|client, kind| client.run(kind, &json!({})))),
    kind(
        "subagent",
        "subagent",
        "tool `sessions_spawn`, `agents.defaults.subagents.model`",
    )
    .guarded(|client, _| client.spawn(json!({ "task": "Say hello." }))),
    kind(
        "subagent with a model of its own",
        "spawned",
        "tool `sessions_spawn` with `model`",
    )
    .guarded(|client, kind| {
        client.spawn(json!({ "task": "Say hello.", "model": client.reference(kind) }))
    }),
    kind("heartbeat", "heartbeat", "RPC `wake`").guarded(|client, _| {
        let before = client.rpc.call("last-heartbeat", &json!({}))?;
        let wake = json!({ "mode": "now", "text": "Wake up.", "agentId": "main" });
        client.ask("wake", &wake)?;
        wait::until_true("the heartbeat is over", TIMEOUT, || {
            let now = client.rpc.call("last-heartbeat", &json!({}))?;
            Ok(now["ts"] != before["ts"])
        })
    }),
    kind(
        "scheduled job",
        "cron",
        "RPC `cron.add` with `model`, `cron.run`",
    )
    .guarded(|client, kind| {
        let model = client.reference(kind);
        let job = json!({
            "name": client.name, "agentId": "main", "sessionTarget": "isolated",
            "wakeMode": "now", "schedule": { "kind": "every", "everyMs": 86_400_000 },
            "payload": { "kind": "agentTurn", "message": "Hello.", "model": model },
        });
        let id = client.rpc.call("cron.add", &job)?["id"].clone();
        client.ask("cron.run", &json!({ "id": id, "mode": "force" }))?;
        wait::until_true("the job is over", TIMEOUT, || {
            let runs = client.rpc.call("cron.runs", &json!({ "id": id }))?;
            Ok(runs["total"] != 0)
        })
    }),
    kind(
        "name of a memory file",
        "slug",
        "hook `session-memory` with `llmSlug`, on `/new`",
    )
    .guarded(|client, kind| {
        let session = client.session(&client.agent(kind)?, kind);
        let ours = json!({ "key": session, "model": ours() });
        client.ask("sessions.patch", &ours)?;
        client.say(&session, "Please remember the birthday of my sister.")?;
        client.say(&session, "/new")
    }),
    kind(
        "question about a session",
        "companion",
        "RPC `sessions.companion.ask`",
    )
    .guarded(|client, kind| {
        client.run(kind, &json!({}))?;
        let session = client.session(&client.agent(kind)?, kind);
        let question = json!({ "sessionKey": session, "question": "What is it?" });
        client.ask("sessions.companion.ask", &question)
    }),
    kind(
        "turn without a Gateway",
        "local",
        "`openclaw agent --local`",
    )
    .command(true, "agent --local --agent main --message Hello. --model"),
    kind("compaction", "compaction", "RPC `sessions.compact`").unguarded(|client, kind| {
        let session = client.session("main", kind);
        client.say(&session, &"A long story. ".repeat(1000))?;
        // The run that was answered may not have ended.
        wait::until("the session is compacted", TIMEOUT, || {
            match client.ask("sessions.compact", &json!({ "key": session })) {
                Err(why) if format!("{why:#}").contains("active run") => Ok(None),
                reply => reply.map(Some),
            }
        })
    }),
    kind(
        "recap of what was done",
        "recap",
        "follows a turn; RPC `sessions.activitySummary.ensure`",
    )
    .unguarded(|client, kind| {
        client.run(kind, &json!({}))?;
        let session = client.session(&client.agent(kind)?, kind);
        let sessions = json!({ "sessions": [{ "key": session }] });
        client.ask("sessions.activitySummary.ensure", &sessions)
    }),
    kind(
        "title of a session",
        "title",
        "RPC `sessions.title.prepare`",
    )
    .unguarded(|client, kind| {
        let words = "Help me to plan a birthday party for my sister.";
        let message = json!({ "agentId": client.agent(kind)?, "message": words });
        client.ask("sessions.title.prepare", &message)
    }),
    kind(
        "probe of a credential",
        "probe",
        "RPC `models.probe`, as `openclaw models status --probe`",
    )
    .unguarded(|client, _| {
        let provider = match client.to {
            Destination::Vendor => "anthropic",
            Destination::Ours => ID,
        };
        let probe = json!({ "provider": provider, "agentId": "main" });
        client.ask("models.probe", &probe)
    }),
    kind(
        "embeddings of the memory",
        "embeddings",
        "RPC `memory.search`",
    )
    .unguarded(|client, _| {
        let query = json!({ "query": "birthday", "agentId": "main" });
        client.ask("memory.search", &query)
    }),
    kind(
        "bare prompt without a Gateway",
        "bare-local",
        "`openclaw infer model run --local`",
    )
    .command(false, "infer model run --local --prompt Hello. --model"),
    kind(
        "description of an image",
        "image",
        "`openclaw infer image describe`",
    )
    .command(false, "infer image describe --file image.png --model"),
];

/// One of our own models.
pub(crate) fn ours() -> String {
    format!("{ID}/claude-opus-4-6")
}

/// The kinds that the tested version of OpenClaw has.
pub(crate) fn kinds() -> impl Iterator<Item = &'static Kind> {
    let version = versions::tested();
    let has = move |feature| versions::has(&version, feature);
    KINDS
        .iter()
        .filter(move |kind| kind.needs().is_none_or(&has))
}

impl Kind {
    /// What not every OpenClaw has.
    fn needs(&self) -> Option<Feature> {
        Some(match self.model {
            "companion" => Feature::Companion,
            "embeddings" => Feature::MemorySearch,
            "image" => Feature::ImageCommand,
            "probe" => Feature::Probe,
            "recap" => Feature::Recaps,
            "slug" => Feature::Slug,
            "title" => Feature::Titles,
            _ => return None,
        })
    }

    /// Whether the guard stops it in the tested version.
    pub(crate) fn is_guarded(&self) -> bool {
        let is_seen = !["header", "local"].contains(&self.model)
            || versions::has(&versions::tested(), Feature::HooksInEachRun);
        self.guarded && is_seen
    }

    fn model_at(&self, to: Destination) -> String {
        match to {
            Destination::Vendor => format!("anthropic/{}", self.model),
            Destination::Ours => ours(),
        }
    }

    /// Whether a request at the fake vendor is of this kind.
    pub(crate) fn matches(&self, request: &Value) -> bool {
        let holds = |key: &str, text| request[key].to_string().contains(text);
        // Where another kind uses the same model, OpenClaw's own words tell them apart.
        let probes = holds("body", "Reply with OK. Do not use tools.");
        let speaks = holds("path", "/audio/speech");
        match self.model {
            "embeddings" => holds("path", "/embeddings"),
            "probe" => probes,
            "companion" => holds("body", "<private-session-reference>"),
            "filmed" => holds("path", "/videos"),
            "played" => holds("path", "/models/played"),
            "heard" => holds("path", "/audio/transcriptions"),
            "told" | "converted" => speaks && holds("body", self.model),
            "spoken" => speaks && !holds("body", "told") && !holds("body", "converted"),
            model => request["model"] == model && !probes,
        }
    }
}

impl<'s> Client<'s> {
    /// A Gateway that is ready, with a connection to it.
    pub(crate) fn new(
        scene: &'s Scene,
        gateway: &'s Gateway<'s>,
        name: &'static str,
        to: Destination,
    ) -> Result<Self> {
        Ok(Self {
            scene,
            gateway,
            rpc: Rpc::connect(&scene.home)?,
            name,
            to,
        })
    }

    /// Starts a kind in the Gateway, if it is one that is started there.
    pub(crate) fn start(&mut self, kind: &Kind) -> Option<Result<()>> {
        match kind.start {
            Start::Gateway(start) => Some(start(self, kind)),
            ProxyGone(_) | Command(_) => None,
        }
    }

    pub(crate) fn session(&self, agent: &str, kind: &Kind) -> String {
        format!("agent:{agent}:{}-{}", self.name, kind.model)
    }

    /// The model that a caller names.
    fn reference(&self, kind: &Kind) -> String {
        kind.model_at(self.to)
    }

    /// The agent that bears the kind's name, or else the main one.
    fn agent(&self, kind: &Kind) -> Result<String> {
        let own = self.scene.home.has_agent(kind.model)?;
        Ok(if own { kind.model } else { "main" }.to_owned())
    }

    /// Calls a method whose answer does not matter.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Result<()> {
        self.rpc.call(method, params).map(drop)
    }

    /// A run of the kind's agent, to its end.
    fn run(&mut self, kind: &Kind, with: &Value) -> Result<()> {
        let agent = self.agent(kind)?;
        let session = self.session(&agent, kind);
        let mut params = json!({ "message": "Hello.", "agentId": agent, "sessionKey": session, "idempotencyKey": session });
        merge(&mut params, with);
        let run = self.rpc.call("agent", &params)?;
        self.wait_for_run(&run["runId"])
    }

    /// A message in a session, answered.
    fn say(&mut self, session: &str, message: &str) -> Result<()> {
        self.say_with(session, message, &json!([]))
    }

    /// Sends a message with attachments, and waits for the end of the run.
    pub(crate) fn say_with(&mut self, session: &str, message: &str, files: &Value) -> Result<()> {
        let key = format!("{session} {}", message.len());
        let params = json!({ "sessionKey": session, "message": message, "attachments": files, "idempotencyKey": key });
        let run = self.rpc.call("chat.send", &params)?;
        self.wait_for_run(&run["runId"])
    }

    fn spawn(&mut self, arguments: Value) -> Result<()> {
        let params =
            json!({ "name": "sessions_spawn", "args": arguments, "sessionKey": "agent:main:main" });
        let answer = self.rpc.call("tools.invoke", &params)?;
        let text = answer["output"]["content"][0]["text"].as_str();
        let run: Value = serde_json::from_str(text.with_context(|| answer.to_string())?)?;
        self.wait_for_run(&run["runId"])
    }

    /// Waits until a run is over, well or not.
    fn wait_for_run(&mut self, run: &Value) -> Result<()> {
        ensure!(run.is_string(), "no run: {run}");
        wait::until_true("the run is over", TIMEOUT, || {
            let params = json!({ "runId": run, "timeoutMs": 30_000 });
            let now = self.rpc.call("agent.wait", &params)?;
            Ok(now["status"] != "timeout")
        })
    }
}

/// Starts those kinds that need a Gateway; what was refused, by kind. `proxy_gone` is called before those that need that.
pub(crate) fn start_in_gateway(
    client: &mut Client<'_>,
    kinds: &[&'static Kind],
    proxy_gone: impl FnOnce(&Client<'_>) -> Result<()>,
) -> Result<Vec<(&'static str, String)>> {
    let mut refused = Vec::new();
    let mut begin = |client: &mut Client<'_>, kind: &'static Kind, start: StartInGateway| {
        let since = Instant::now();
        if let Err(why) = start(client, kind) {
            refused.push((kind.model, format!("{why:#}")));
        }
        println!("{}: {}: {:?}", client.name, kind.model, since.elapsed());
    };
    for kind in kinds {
        if let Start::Gateway(start) = kind.start {
            begin(client, kind, start);
        }
    }
    proxy_gone(client)?;
    for kind in kinds {
        if let ProxyGone(start) = kind.start {
            begin(client, kind, start);
        }
    }
    Ok(refused)
}

/// Runs every kind that is a command, side by side and beside a Gateway. What leads to the vendor has a state folder of its own
/// each, because OpenClaw gives one to one process. How each one ends does not matter.
pub(crate) fn run_commands(scene: &Scene, to: Destination) -> Result<()> {
    thread::scope(|scope| {
        let mut running = Vec::new();
        for kind in kinds() {
            let Command(line) = kind.start else { continue };
            let model = kind.model_at(to);
            let line = line.split(' ').chain([&*model]);
            let mut command = scene.home.openclaw_command(line)?;
            let state = match to {
                Destination::Vendor => scene.home.path().join(format!("beside-{}", kind.model)),
                // The supervisor's, which knows whose proxy it is.
                Destination::Ours => scene.home.state(),
            };
            command
                .env("OPENCLAW_STATE_DIR", state)
                .env("OPENCLAW_CONFIG_PATH", scene.home.config_path());
            let one = scope.spawn(move || command::run(&mut command, TIMEOUT));
            running.push((kind, one));
        }
        for (kind, one) in running {
            let outcome = one.join().ok().context("a command panicked")??;
            println!("{}: {:?}: {}", kind.model, outcome.code, outcome.text());
        }
        Ok(())
    })
}
