//! Keys that OpenClaw refuses to load, with what it says to do about them: it rewrites some of them into places that are
//! routes.

use super::Auditor;
use super::finding::Code;
use crate::document::{Value, path};
use crate::report::Severity;

/// What a key of another version has in its name, or inside it, where it chose a model, a provider or a program.
const ROUTE_WORDS: &[&str] = &[
    "model",
    "provider",
    "backend",
    "harness",
    "runtime",
    "search",
    "endpoint",
    "url",
    "llm",
    "fallback",
    "agent",
    "tts",
    "audio",
    "default",
    "command",
    "jobs",
    "bedrockdiscovery",
];

/// Objects of OpenClaw 2026.9.6 in which routes have stood under keys of older versions, and every key that its schema
/// takes there (`*` is any key). It refuses a file that has another one (`openclaw config validate`), and
/// `openclaw doctor --fix` moves those that it remembers.
#[allow(unreachable_pub, reason = "the feature coverage shows it to its test")]
pub const KNOWN: &[(&[&str], &[&str])] = &[
    (
        &[],
        &[
            "$schema",
            "accessGroups",
            "acp",
            "agents",
            "approvals",
            "attachments",
            "auth",
            "bindings",
            "broadcast",
            "browser",
            "channels",
            "cloudWorkers",
            "commands",
            "cron",
            "desktop",
            "diagnostics",
            "discovery",
            "env",
            "gateway",
            "hooks",
            "logging",
            "mcp",
            "memory",
            "messages",
            "meta",
            "models",
            "nodeHost",
            "plugins",
            "proxy",
            "secrets",
            "security",
            "session",
            "skills",
            "surfaces",
            "talk",
            "telemetry",
            "tools",
            "transcripts",
            "tts",
            "ui",
            "update",
            "wizard",
            "worktreeAcceleration",
            "worktreeRoot",
        ],
    ),
    (&["agents"], &["defaults", "entries", "ownership"]),
    (
        &["agents", "defaults"],
        &[
            "authInheritance",
            "blockStreamingBreak",
            "blockStreamingChunk",
            "blockStreamingCoalesce",
            "blockStreamingDefault",
            "bootstrapMaxChars",
            "bootstrapTotalMaxChars",
            "compaction",
            "contextInjection",
            "contextLimits",
            "contextPruning",
            "cwd",
            "decisionModel",
            "elevatedDefault",
            "embeddedAgent",
            "experimental",
            "fastModeDefault",
            "heartbeat",
            "humanDelay",
            "imageMaxDimensionPx",
            "imageModel",
            "imageQuality",
            "maxConcurrent",
            "mediaMaxMb",
            "mediaModels",
            "model",
            "modelPolicy",
            "modelSelectionScope",
            "models",
            "params",
            "pdfMaxMb",
            "pdfMaxPages",
            "pdfModel",
            "reasoningDefault",
            "repoRoot",
            "sandbox",
            "sessionStore",
            "silentReply",
            "skills",
            "skipBootstrap",
            "skipOptionalBootstrapFiles",
            "startupContext",
            "subagents",
            "systemAgent",
            "thinkingDefault",
            "timeoutSeconds",
            "toolProgressDetail",
            "typingIntervalSeconds",
            "typingMode",
            "userTimezone",
            "utilityModel",
            "verboseDefault",
            "voiceModel",
            "workspace",
        ],
    ),
    (
        &["agents", "entries", "*"],
        &[
            "agentDir",
            "bootstrapMaxChars",
            "bootstrapTotalMaxChars",
            "contextInjection",
            "contextLimits",
            "cwd",
            "decisionModel",
            "default",
            "description",
            "embeddedAgent",
            "experimental",
            "fastModeDefault",
            "groupChat",
            "heartbeat",
            "humanDelay",
            "identity",
            "memory",
            "model",
            "modelPolicy",
            "models",
            "name",
            "params",
            "reasoningDefault",
            "runtime",
            "sandbox",
            "skills",
            "skillsLimits",
            "subagents",
            "thinkingDefault",
            "toolProgressDetail",
            "tools",
            "tts",
            "typingMode",
            "utilityModel",
            "verboseDefault",
            "workspace",
        ],
    ),
    (
        &["cron"],
        &[
            "enabled",
            "failureAlert",
            "sessionRetention",
            "skipMissedJobs",
            "triggers",
            "webhookSsrfPolicy",
            "webhookToken",
        ],
    ),
    (&["memory"], &["citations", "search"]),
    (
        &["messages"],
        &[
            "ackReaction",
            "ackReactionScope",
            "groupChat",
            "inbound",
            "queue",
            "responsePrefix",
            "responseUsage",
            "statusReactions",
            "usageTemplate",
            "visibleReplies",
        ],
    ),
    (&["models"], &["catalogRefresh", "mode", "providers"]),
    (
        &["tools"],
        &[
            "agentToAgent",
            "allow",
            "alsoAllow",
            "byProvider",
            "codeMode",
            "deny",
            "elevated",
            "exec",
            "fs",
            "github",
            "links",
            "loopDetection",
            "media",
            "message",
            "profile",
            "sandbox",
            "sessions",
            "sessions_spawn",
            "subagents",
            "swarm",
            "toolSearch",
            "toolsBySender",
            "updatePlan",
            "web",
        ],
    ),
];

impl Auditor<'_> {
    /// Reports keys that OpenClaw refuses.
    pub(super) fn refused_keys(&mut self) {
        for (place, known) in KNOWN {
            for (at, object) in places(self.root, place) {
                let entries = object.as_object().unwrap_or_default();
                for (key, value) in entries {
                    let is_known = known.contains(&key.as_str()) || key == "$include";
                    if !is_known && *value != Value::Null {
                        self.refused_key(&path::key(&at, key), key, value);
                    }
                }
            }
        }
        for kind in ["image", "audio", "video"] {
            if let Some(value) = self.root.at(&["tools", "media", kind, "models"]) {
                self.refused_key(&format!("tools.media.{kind}.models"), "models", value);
            }
        }
    }

    fn refused_key(&mut self, at: &str, key: &str, value: &Value) {
        // The old list of agents is read as the entries are; what no row knows there is looked at below.
        let is_read = at == "agents.list";
        let route = !is_read && is_route(key, value);
        let severity = if route {
            self.found.route(at, "", false);
            Severity::Undecided
        } else {
            Severity::Exposure
        };
        self.found.add(
            severity,
            Code::RefusedKey,
            at,
            "",
            if route {
                "OpenClaw refuses a file with this key, and its doctor may move it to where it selects a model; so what it does cannot be told."
            } else {
                "OpenClaw does not know this key, and refuses a file that has it."
            }
            .to_owned(),
            "openclaw doctor --fix   (then audit again)".to_owned(),
        );
        for (n, entry) in value.as_array().unwrap_or_default().iter().enumerate() {
            let Some((_, known)) = KNOWN
                .iter()
                .find(|(place, _)| is_read && place.last() == Some(&"*"))
            else {
                break;
            };
            for (key, value) in entry.as_object().unwrap_or_default() {
                if key != "id" && !known.contains(&key.as_str()) && is_route(key, value) {
                    self.refused_key(&path::key(&path::index(at, n), key), key, value);
                }
            }
        }
    }
}

/// Whether a key, or one inside its value, is named like a route. Nesting is bounded by the reader.
fn is_route(key: &str, value: &Value) -> bool {
    let lower = key.to_ascii_lowercase();
    ROUTE_WORDS.iter().any(|word| lower.contains(word))
        || match value {
            Value::Object(entries) => entries.iter().any(|(key, value)| is_route(key, value)),
            Value::Array(items) => items.iter().any(|item| is_route("", item)),
            _ => false,
        }
}

/// Where a pattern leads, with what is there.
fn places<'v>(root: &'v Value, pattern: &[&str]) -> Vec<(String, &'v Value)> {
    pattern
        .iter()
        .fold(vec![(String::new(), root)], |found, step| {
            found
                .into_iter()
                .flat_map(|(at, value)| {
                    value
                        .as_object()
                        .unwrap_or_default()
                        .iter()
                        .filter(move |(key, _)| *step == "*" || key == step)
                        .map(move |(key, value)| (path::key(&at, key), value))
                })
                .collect()
        })
}
