//! Plugins that the file turns on and that ask past the proxy without any slot.

use super::finding::{Code, Findings, set};
use crate::document::{Value, path};
use crate::report::Severity;

/// Plugins that ask past the proxy without any slot: harnesses, and those with tools of their own.
const PLUGINS: &str = "acpx codex codex-supervisor copilot firecrawl tavily";

/// Judges the plugins that the file turns on. An entry that does not say so does, and OpenClaw fetches what it names.
pub(super) fn plugins(root: &Value, found: &mut Findings) {
    let entries = root.at(&["plugins", "entries"]).and_then(Value::as_object);
    let is_off = |value: Option<&Value>| value.and_then(Value::as_bool) == Some(false);
    for (id, entry) in entries.unwrap_or_default() {
        if !PLUGINS.split(' ').any(|known| known == id)
            || is_off(entry.get("enabled"))
            || (id == "acpx" && is_off(root.at(&["acp", "enabled"])))
        {
            continue;
        }
        let at = path::key("plugins.entries", id);
        found.route(&at, id, false);
        found.add(
            Severity::Undecided,
            Code::ExternalProgram,
            &at,
            id,
            "This plugin, which OpenClaw fetches by itself, offers turns another service or program than the proxy; whether one uses it is the model's choice, so this counts as open.".to_owned(),
            set(&path::key(&at, "enabled"), "false"),
        );
    }
}
