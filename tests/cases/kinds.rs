//! Every kind of traffic on which OpenClaw sends a prompt to a model, each led outside by its own model, and what starts
//! each of them.

use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::rpc::Rpc;
use harness::versions::Feature;
use harness::{command, versions, wait};
use serde_json::{Value, json};

use crate::scene::{ID, PATIENCE, Scene};

/// A kind of traffic. A request outside is of this kind if it names its model.
pub(crate) struct Kind {
    /// As the documentation names it.
    pub(crate) title: &'static str,
    /// The model of the outside that it is led to; also the agent where it needs one of its own.
    pub(crate) model: &'static str,
    /// What starts it.
    pub(crate) how: &'static str,
    /// Whether the guard stops it; otherwise only the configuration closes it.
    pub(crate) guarded: bool,
    pub(crate) start: Start,
}

/// How it is started.
pub(crate) enum Start {
    /// In a Gateway.
    Gateway(fn(&mut Stage<'_>, &Kind) -> Result<()>),
    /// In the Gateway, once our own proxy is gone.
    ProxyGone(fn(&mut Stage<'_>, &Kind) -> Result<()>),
    /// By a command line, without a Gateway.
    Command(&'static [&'static str]),
}

use Start::{Command, ProxyGone};

/// A running Gateway.
pub(crate) struct Stage<'s> {
    pub(crate) scene: &'s Scene,
    pub(crate) gateway: &'s Gateway<'s>,
    pub(crate) rpc: Rpc,
    /// Sessions and jobs of this Gateway only.
    pub(crate) name: &'static str,
    /// Where each kind is led to.
    pub(crate) to: To,
}

/// Where the traffic is led to, as far as what starts it says so.
#[derive(Clone, Copy)]
pub(crate) enum To {
    /// The outside, each kind to a model of its own.
    Outside,
    /// Our own provider.
    Ours,
}

/// All of them, in the newest OpenClaw.
const KINDS: &[Kind] = &[
    Kind {
        title: "turn on the default model",
        model: "primary",
        how: "RPC `agent`",
        guarded: true,
        start: Start::Gateway(|stage, kind| stage.run(kind, &json!({}))),
    },
    Kind {
        title: "turn on an agent's model",
        model: "agent",
        how: "RPC `agent`",
        guarded: true,
        start: Start::Gateway(|stage, kind| stage.run(kind, &json!({}))),
    },
    Kind {
        title: "model named by the caller",
        model: "named",
        how: "RPC `agent` with `model`, as `openclaw agent --model`",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            stage.run(kind, &json!({ "model": stage.reference(kind) }))
        }),
    },
    Kind {
        title: "bare prompt through the Gateway",
        model: "bare",
        how: "RPC `agent` with `modelRun`, as `openclaw infer model run --gateway`",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            let bare =
                json!({ "model": stage.reference(kind), "modelRun": true, "promptMode": "none" });
            stage.run(kind, &bare)
        }),
    },
    Kind {
        title: "model named in a header",
        model: "header",
        how: "HTTP chat completions with `x-openclaw-model`",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            let header = [("x-openclaw-model", &*stage.reference(kind))];
            let reply = stage.gateway.turn_of("main", "Hello.", &header)?;
            ensure!(reply.status == 200, "{reply:?}");
            Ok(())
        }),
    },
    Kind {
        title: "model chosen in the chat",
        model: "chat",
        how: "`/model`, then a message",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            let session = stage.session("main", kind);
            stage.say(&session, &format!("/model {}", stage.reference(kind)))?;
            stage.say(&session, "Hello.")
        }),
    },
    Kind {
        title: "model set on a session",
        model: "patched",
        how: "RPC `sessions.patch`, then a message",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            let session = stage.session("main", kind);
            let patch = json!({ "key": session, "model": stage.reference(kind) });
            stage.rpc.call("sessions.patch", &patch)?;
            stage.say(&session, "Hello.")
        }),
    },
    Kind {
        title: "fallback of an own model",
        model: "fallback",
        how: "a turn while the proxy refuses or is gone",
        guarded: true,
        start: ProxyGone(|stage, kind| stage.run(kind, &json!({}))),
    },
    Kind {
        title: "subagent",
        model: "subagent",
        how: "tool `sessions_spawn`, `agents.defaults.subagents.model`",
        guarded: true,
        start: Start::Gateway(|stage, _| stage.spawn(json!({ "task": "Say hello." }))),
    },
    Kind {
        title: "subagent with a model of its own",
        model: "spawned",
        how: "tool `sessions_spawn` with `model`",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            stage.spawn(json!({ "task": "Say hello.", "model": stage.reference(kind) }))
        }),
    },
    Kind {
        title: "heartbeat",
        model: "heartbeat",
        how: "RPC `wake`",
        guarded: true,
        start: Start::Gateway(|stage, _| {
            let before = stage.rpc.call("last-heartbeat", &json!({}))?;
            let wake = json!({ "mode": "now", "text": "Wake up.", "agentId": "main" });
            stage.rpc.call("wake", &wake)?;
            wait::until("the heartbeat is over", PATIENCE, || {
                let now = stage.rpc.call("last-heartbeat", &json!({}))?;
                Ok((now["ts"] != before["ts"]).then_some(()))
            })
        }),
    },
    Kind {
        title: "scheduled job",
        model: "cron",
        how: "RPC `cron.add` with `model`, `cron.run`",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            let job = json!({
                "name": stage.name, "agentId": "main", "sessionTarget": "isolated", "wakeMode": "now",
                "schedule": { "kind": "every", "everyMs": 86_400_000 },
                "payload": { "kind": "agentTurn", "message": "Hello.", "model": stage.reference(kind) },
            });
            let id = stage.rpc.call("cron.add", &job)?["id"].clone();
            stage
                .rpc
                .call("cron.run", &json!({ "id": id, "mode": "force" }))?;
            wait::until("the job is over", PATIENCE, || {
                let runs = stage.rpc.call("cron.runs", &json!({ "id": id }))?;
                Ok((runs["total"] != 0).then_some(()))
            })
        }),
    },
    Kind {
        title: "name of a memory file",
        model: "slug",
        how: "hook `session-memory` with `llmSlug`, on `/new`",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            let session = stage.session(&stage.agent(kind)?, kind);
            let ours = json!({ "key": session, "model": ours() });
            stage.rpc.call("sessions.patch", &ours)?;
            stage.say(&session, "Please remember the birthday of my sister.")?;
            stage.say(&session, "/new")
        }),
    },
    Kind {
        title: "question about a session",
        model: "companion",
        how: "RPC `sessions.companion.ask`",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            stage.run(kind, &json!({}))?;
            let session = stage.session(&stage.agent(kind)?, kind);
            let question = json!({ "sessionKey": session, "question": "What is it?" });
            stage
                .rpc
                .call("sessions.companion.ask", &question)
                .map(drop)
        }),
    },
    Kind {
        title: "turn without a Gateway",
        model: "local",
        how: "`openclaw agent --local`",
        guarded: true,
        start: Command(&[
            "agent",
            "--local",
            "--agent",
            "main",
            "--message",
            "Hello.",
            "--model",
        ]),
    },
    Kind {
        title: "compaction",
        model: "compaction",
        how: "RPC `sessions.compact`",
        guarded: false,
        start: Start::Gateway(|stage, kind| {
            let session = stage.session("main", kind);
            stage.say(&session, &"A long story. ".repeat(1000))?;
            // The run that was answered may not have ended.
            wait::until("the session is compacted", PATIENCE, || {
                let told = stage
                    .rpc
                    .call("sessions.compact", &json!({ "key": session }));
                match told {
                    Err(why) if format!("{why:#}").contains("active run") => Ok(None),
                    told => told.map(|_| Some(())),
                }
            })
        }),
    },
    Kind {
        title: "recap of what was done",
        model: "recap",
        how: "follows a turn; RPC `sessions.activitySummary.ensure`",
        guarded: false,
        start: Start::Gateway(|stage, kind| {
            stage.run(kind, &json!({}))?;
            let session = stage.session(&stage.agent(kind)?, kind);
            let sessions = json!({ "sessions": [{ "key": session }] });
            stage
                .rpc
                .call("sessions.activitySummary.ensure", &sessions)
                .map(drop)
        }),
    },
    Kind {
        title: "title of a session",
        model: "title",
        how: "RPC `sessions.title.prepare`",
        guarded: false,
        start: Start::Gateway(|stage, kind| {
            let message = json!({ "agentId": stage.agent(kind)?, "message": "Help me to plan a birthday party for my sister." });
            stage.rpc.call("sessions.title.prepare", &message).map(drop)
        }),
    },
    Kind {
        title: "probe of a credential",
        model: "probe",
        how: "RPC `models.probe`, as `openclaw models status --probe`",
        guarded: false,
        start: Start::Gateway(|stage, _| {
            let provider = match stage.to {
                To::Outside => "anthropic",
                To::Ours => ID,
            };
            let probe = json!({ "provider": provider, "agentId": "main" });
            stage.rpc.call("models.probe", &probe).map(drop)
        }),
    },
    Kind {
        title: "embeddings of the memory",
        model: "embeddings",
        how: "RPC `memory.search`",
        guarded: false,
        start: Start::Gateway(|stage, _| {
            let query = json!({ "query": "birthday", "agentId": "main" });
            stage.rpc.call("memory.search", &query).map(drop)
        }),
    },
    Kind {
        title: "bare prompt without a Gateway",
        model: "bare-local",
        how: "`openclaw infer model run --local`",
        guarded: false,
        start: Command(&[
            "infer", "model", "run", "--local", "--prompt", "Hello.", "--model",
        ]),
    },
    Kind {
        title: "description of an image",
        model: "image",
        how: "`openclaw infer image describe`",
        guarded: false,
        start: Command(&[
            "infer",
            "image",
            "describe",
            "--file",
            "image.png",
            "--model",
        ]),
    },
];

/// One of our own models.
pub(crate) fn ours() -> String {
    format!("{ID}/claude-opus-4-6")
}

/// Those that the tested OpenClaw has.
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

    fn led(&self, to: To) -> String {
        match to {
            To::Outside => format!("anthropic/{}", self.model),
            To::Ours => ours(),
        }
    }

    /// Whether a request outside is of this kind.
    pub(crate) fn is(&self, request: &Value) -> bool {
        let holds = |key: &str, text| {
            request[key]
                .as_str()
                .is_some_and(|value| value.contains(text))
        };
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

impl<'s> Stage<'s> {
    /// A Gateway that is ready, with a connection to it.
    pub(crate) fn new(
        scene: &'s Scene,
        gateway: &'s Gateway<'s>,
        name: &'static str,
        to: To,
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
        kind.led(self.to)
    }

    /// The agent that bears the kind's name, or else the main one.
    fn agent(&self, kind: &Kind) -> Result<String> {
        let own = self.scene.home.has_agent(kind.model)?;
        Ok(if own { kind.model } else { "main" }.to_owned())
    }

    /// A run of the kind's agent, to its end.
    fn run(&mut self, kind: &Kind, with: &Value) -> Result<()> {
        let agent = self.agent(kind)?;
        let session = self.session(&agent, kind);
        let mut params = json!({ "message": "Hello.", "agentId": agent, "sessionKey": session, "idempotencyKey": session });
        for (key, value) in with.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        let run = self.rpc.call("agent", &params)?;
        self.ended(&run["runId"])
    }

    /// A message in a session, answered.
    fn say(&mut self, session: &str, message: &str) -> Result<()> {
        self.say_with(session, message, &json!([]))
    }

    /// The same with files.
    pub(crate) fn say_with(&mut self, session: &str, message: &str, files: &Value) -> Result<()> {
        let key = format!("{session} {}", message.len());
        let params = json!({ "sessionKey": session, "message": message, "attachments": files, "idempotencyKey": key });
        let run = self.rpc.call("chat.send", &params)?;
        self.ended(&run["runId"])
    }

    fn spawn(&mut self, arguments: Value) -> Result<()> {
        let params =
            json!({ "name": "sessions_spawn", "args": arguments, "sessionKey": "agent:main:main" });
        let said = self.rpc.call("tools.invoke", &params)?;
        let text = said["output"]["content"][0]["text"].as_str();
        let run: Value = serde_json::from_str(text.with_context(|| said.to_string())?)?;
        self.ended(&run["runId"])
    }

    /// Waits until a run is over, well or not.
    fn ended(&mut self, run: &Value) -> Result<()> {
        ensure!(run.is_string(), "no run: {run}");
        wait::until("the run is over", PATIENCE, || {
            let params = json!({ "runId": run, "timeoutMs": 30_000 });
            let now = self.rpc.call("agent.wait", &params)?;
            Ok((now["status"] != "timeout").then_some(()))
        })
    }
}

/// Starts those kinds that need a Gateway; what was refused, by kind. `proxy_gone` is called before those that need that.
pub(crate) fn in_gateway(
    stage: &mut Stage<'_>,
    kinds: &[&'static Kind],
    proxy_gone: impl FnOnce(&Stage<'_>) -> Result<()>,
) -> Result<Vec<(&'static str, String)>> {
    let mut refused = Vec::new();
    let mut begin = |stage: &mut Stage<'_>,
                     kind: &'static Kind,
                     start: fn(&mut Stage<'_>, &Kind) -> Result<()>| {
        let since = Instant::now();
        if let Err(why) = start(stage, kind) {
            refused.push((kind.model, format!("{why:#}")));
        }
        println!("{}: {}: {:?}", stage.name, kind.model, since.elapsed());
    };
    for kind in kinds {
        if let Start::Gateway(start) = kind.start {
            begin(stage, kind, start);
        }
    }
    proxy_gone(stage)?;
    for kind in kinds {
        if let ProxyGone(start) = kind.start {
            begin(stage, kind, start);
        }
    }
    Ok(refused)
}

/// Runs every kind that is a command, side by side and beside a Gateway. What leads outside has a state folder of its own
/// each, because OpenClaw gives one to one process. How each one ends does not matter.
pub(crate) fn commands(scene: &Scene, to: To) -> Result<()> {
    thread::scope(|scope| {
        let mut running = Vec::new();
        for kind in kinds() {
            let Command(line) = kind.start else { continue };
            let mut command = scene
                .home
                .openclaw_command(line.iter().copied().chain([&*kind.led(to)]))?;
            let state = match to {
                To::Outside => scene.home.path().join(format!("beside-{}", kind.model)),
                // The supervisor's, which knows whose proxy it is.
                To::Ours => scene.home.state(),
            };
            command
                .env("OPENCLAW_STATE_DIR", state)
                .env("OPENCLAW_CONFIG_PATH", scene.home.config_path());
            running.push((
                kind,
                scope.spawn(move || command::run(&mut command, PATIENCE)),
            ));
        }
        for (kind, one) in running {
            let outcome = one.join().ok().context("a command panicked")??;
            println!("{}: {:?}: {}", kind.model, outcome.code, outcome.text());
        }
        Ok(())
    })
}
