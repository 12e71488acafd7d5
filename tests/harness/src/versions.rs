//! The versions of OpenClaw that tests run in, and their differences. Tests are written for the newest; only this file
//! knows what an older one lacks, which tests it therefore cannot run, and how its configuration is spelled.

use std::env;

use serde_json::{Value, json};

/// Names the version of OpenClaw that tests run in; the pinned one without it.
pub const TESTED: &str = "CLAUDE_PROXY_TEST_OPENCLAW";

/// Every version that the audit has an inventory of, oldest first; the last is the pinned one.
pub const ALL: &[&str] = include!("../../../crates/provider/data/versions.rs");

/// The steps of the story that runs in each version.
pub const STEPS: [&str; 9] = [
    "install",
    "login",
    "auto-start",
    "turn",
    "guard",
    "gate",
    "audit",
    "doctor",
    "uninstall",
];

/// Begins a line that reports a complete step.
pub const STEP: &str = "step: ";

/// Something that OpenClaw has not always had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Agents are a map with an owner, memory search a member of its own.
    Layout,
    /// A second question of the installation, and the flag that answers it.
    Capabilities,
    /// A run that a guard stops is an error.
    StopIsError,
    /// RPC `models.probe`.
    Probe,
    /// RPC `sessions.companion.ask`.
    Companion,
    /// RPC `memory.search`.
    MemorySearch,
    /// The name of a memory file can be asked of another model than the session's turns.
    Slug,
    /// A request whose answer broke off is sent again.
    SendsAgain,
    /// The words of a provider are shown beside the beginning of an answer.
    WordsBesideText,
    /// Every run asks the hooks of every plugin, whoever provides its model.
    HooksInEachRun,
    /// `infer image describe` beside several agents.
    ImageCommand,
    /// The end of a stream is known by its last event.
    LastEvent,
    /// RPC `sessions.title.prepare`.
    Titles,
    /// RPC `sessions.activitySummary.ensure`.
    Recaps,
    /// RPC `plugins.reload`.
    Reload,
    /// The samples of the audit are in its words.
    Samples,
    /// The recorded first run is of it.
    FirstRun,
}

/// A difference between versions of OpenClaw.
#[derive(Debug)]
pub struct Difference {
    /// What it is about.
    pub feature: Feature,
    /// The first version of [`ALL`] that has it.
    pub since: &'static str,
    /// The first that lacks it, where older ones have it.
    pub lost: Option<&'static str>,
    /// What the versions before it do.
    pub before: &'static str,
    /// The tests that are nothing without it.
    pub tests: &'static [&'static str],
}

/// A difference that no test depends on and no later version lost.
const fn before(feature: Feature, since: &'static str, before: &'static str) -> Difference {
    Difference {
        feature,
        since,
        lost: None,
        before,
        tests: &[],
    }
}

/// What is different.
pub const DIFFERENCES: &[Difference] = &[
    before(
        Feature::Layout,
        "2026.8.2",
        "`agents.list`, `memorySearch`, `messages.tts` and models like `videoGenerationModel` in place of `agents.entries`, `memory.search`, `tts` and `mediaModels`; nobody owns agents",
    ),
    before(
        Feature::Capabilities,
        "2026.8.2",
        "the installation asks one question, and knows no `--accept-capabilities`",
    ),
    before(
        Feature::StopIsError,
        "2026.8.2",
        "a run that the guard stops is answered with the guard's words, and HTTP status 200",
    ),
    before(
        Feature::Probe,
        "2026.8.2",
        "no probe of a credential by RPC (`models.probe`)",
    ),
    before(
        Feature::Companion,
        "2026.8.2",
        "no questions about a session (`sessions.companion.ask`)",
    ),
    before(
        Feature::MemorySearch,
        "2026.8.2",
        "no search of the memory by RPC (`memory.search`)",
    ),
    before(
        Feature::WordsBesideText,
        "2026.8.2",
        "of an answer that broke off the user reads its beginning and `LLM request failed.`; the log and `claude-proxy status` say what happened",
    ),
    before(
        Feature::SendsAgain,
        "2026.9.1",
        "a request whose answer broke off is not sent again by itself; the user is told at once",
    ),
    before(
        Feature::Titles,
        "2026.9.1",
        "no titles of sessions (`sessions.title.prepare`)",
    ),
    before(
        Feature::Slug,
        "2026.9.6",
        "the name of a memory file (`llmSlug`) is asked of the default agent's model (2026.7), or a model that is chosen in a session is written into the file as its agent's",
    ),
    Difference {
        lost: Some("2026.8.2"),
        ..before(
            Feature::ImageCommand,
            "2026.9.6",
            "`infer image describe` is refused where there are several agents, whatever its `--agent` says (2026.8.2, 2026.9.1)",
        )
    },
    Difference {
        lost: Some("2026.8.2"),
        ..before(
            Feature::HooksInEachRun,
            "2026.9.6",
            "a run over HTTP that names another provider's model, and `openclaw agent --local`, ask no hook of this plugin, so the guard does not see them; `guard: \"strict\"` stops what the Gateway sends (2026.8.2, 2026.9.1)",
        )
    },
    before(
        Feature::LastEvent,
        "2026.9.6",
        "an answer whose stream ends without its last event counts as a whole one",
    ),
    before(
        Feature::Recaps,
        "2026.9.6",
        "no recaps by RPC (`sessions.activitySummary.ensure`)",
    ),
    before(
        Feature::Reload,
        "2026.9.6",
        "no `plugins.reload`: a changed package wants another start of the Gateway",
    ),
    Difference {
        tests: &["sample_edits::"],
        ..before(
            Feature::Samples,
            "2026.9.6",
            "another schema than that in whose words the samples of the audit are written",
        )
    },
    Difference {
        tests: &["first_run::"],
        ..before(
            Feature::FirstRun,
            "2026.9.6",
            "other screens than the recorded ones; the story of each version goes the same way",
        )
    },
];

/// Tests that ask nothing of OpenClaw: they are the same with every version.
pub const WITHOUT: &[&str] = &[
    "samples::",
    "minimal_system::",
    "the_shipped_helper",
    "the_real_claude",
];

/// Rewrites a configuration in the newest version's words into those of another version.
pub fn translate(config: &mut Value, version: &str) {
    if !has(version, Feature::Layout) {
        to_former_layout(config);
    }
}

/// Rewrites a configuration into the layout of the versions without [`Feature::Layout`]; what they do not know is left out.
pub fn to_former_layout(config: &mut Value) {
    let Some(config) = config.as_object_mut() else {
        return;
    };
    let memory = config.remove("memory");
    if let Some(speech) = config.remove("tts") {
        let messages = config.entry("messages").or_insert_with(|| json!({}));
        messages["tts"] = speech;
    }
    if let Some(Value::Object(gateway)) = config.get_mut("gateway") {
        gateway.remove("cliAgents");
    }
    if memory.is_some() {
        config.entry("agents").or_insert_with(|| json!({}));
    }
    let Some(agents) = config.get_mut("agents").and_then(Value::as_object_mut) else {
        return;
    };
    agents.remove("ownership");
    if let Some(Value::Object(entries)) = agents.remove("entries") {
        let list = entries.into_iter().map(|(id, mut agent)| {
            if let Some(agent) = agent.as_object_mut() {
                if id == "main" {
                    agent.insert("default".to_owned(), json!(true));
                }
                agent.insert("id".to_owned(), json!(id));
                agent.remove("modelPolicy");
                move_search(agent.remove("memory"), agent);
            }
            agent
        });
        agents.insert("list".to_owned(), list.collect());
    }
    if memory.is_some() && !agents.contains_key("defaults") {
        agents.insert("defaults".to_owned(), json!({}));
    }
    let Some(Value::Object(defaults)) = agents.get_mut("defaults") else {
        return;
    };
    move_search(memory, defaults);
    for unknown in [
        "systemAgent",
        "modelPolicy",
        "decisionModel",
        "embeddedAgent",
    ] {
        defaults.remove(unknown);
    }
    if let Some(Value::Object(models)) = defaults.remove("mediaModels") {
        let former = models
            .into_iter()
            .map(|(kind, model)| (format!("{kind}GenerationModel"), model));
        defaults.extend(former);
    }
    if let Some(Value::Object(heartbeat)) = defaults.get_mut("heartbeat") {
        heartbeat.remove("agentId");
    }
}

/// Puts `search` of a `memory` where the former layout has it.
fn move_search(memory: Option<Value>, into: &mut serde_json::Map<String, Value>) {
    if let Some(Value::Object(mut memory)) = memory
        && let Some(search) = memory.remove("search")
    {
        into.insert("memorySearch".to_owned(), search);
    }
}

/// The version that tests run in.
#[must_use]
pub fn tested() -> String {
    env::var(TESTED)
        .ok()
        .filter(|version| !version.is_empty())
        .unwrap_or_else(|| pinned().to_owned())
}

/// The version that is pinned, which tests are written for.
#[must_use]
pub fn pinned() -> &'static str {
    ALL.last().copied().unwrap_or_default()
}

/// The differences of a version from the pinned one.
pub fn missing_in(version: &str) -> impl Iterator<Item = &'static Difference> {
    let version = numbers(version);
    DIFFERENCES.iter().filter(move |one| {
        let had = one.lost.is_some_and(|lost| version < numbers(lost));
        version < numbers(one.since) && !had
    })
}

/// Whether a version has it.
#[must_use]
pub fn has(version: &str, feature: Feature) -> bool {
    !missing_in(version).any(|one| one.feature == feature)
}

/// The numbers of a version, for comparison; a part that is no number counts as 0.
#[must_use]
pub fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or_default())
        .collect()
}
