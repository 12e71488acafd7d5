//! Keys that OpenClaw refuses to load, with what it says to do about them: it rewrites them into places that are routes.

use super::Auditor;
use super::finding::Code;
use crate::document::Value;
use crate::report::Severity;

/// Keys of older versions, and whether they look like a route. OpenClaw 2026.9.6 refuses a file that has one
/// (`openclaw config validate`); `openclaw doctor --fix` moves them.
const REFUSED: &[(&[&str], bool)] = &[
    (&["agent"], true),
    (&["providers"], true),
    (&["audio"], true),
    (&["models", "default"], true),
    (&["models", "bedrockDiscovery"], true),
    (&["messages", "tts"], true),
    (&["agents", "defaults", "memorySearch"], true),
    (&["agents", "defaults", "cliBackends"], true),
    (&["agents", "defaults", "embeddedHarness"], true),
    (&["agents", "defaults", "agentRuntime"], true),
    (&["agents", "defaults", "imageGenerationModel"], true),
    (&["tools", "media", "image", "models"], true),
    (&["tools", "media", "audio", "models"], true),
    (&["tools", "media", "video", "models"], true),
    (&["cron", "jobs"], true),
    (&["memory", "backend"], false),
];

impl Auditor<'_> {
    /// Reports keys that OpenClaw refuses.
    pub(super) fn refused_keys(&mut self) {
        for (keys, route) in REFUSED {
            if self.root.at(keys).is_none_or(|value| *value == Value::Null) {
                continue;
            }
            let at = keys.join(".");
            let severity = if *route {
                self.found.route(&at, "", false);
                Severity::Undecided
            } else {
                Severity::Exposure
            };
            self.found.add(
                severity,
                Code::RefusedKey,
                &at,
                "",
                "OpenClaw refuses a file with this key, and its doctor may move it to where it selects a model; so what it does cannot be told.".to_owned(),
                "openclaw doctor --fix   (then audit again)".to_owned(),
            );
        }
    }
}
