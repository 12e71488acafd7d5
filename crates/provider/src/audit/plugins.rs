//! Plugins that send requests past the proxy without filling a slot.

use super::{Auditor, Location, message};
use crate::document::{Value, path};
use crate::strings::has_word;

/// Plugins that run agents, and plugins with their own tools.
const PLUGINS: &str = "acpx codex codex-supervisor copilot firecrawl tavily";

impl Auditor<'_> {
    /// Reports such plugins that are on. An entry without `enabled` turns its plugin on, and OpenClaw fetches the plugin if necessary.
    pub(super) fn check_plugins(&mut self) {
        let entries = self.root.members_at(&["plugins", "entries"]);
        let is_off = |value: Option<&Value>| value.and_then(Value::as_bool) == Some(false);
        for (id, entry) in entries {
            if !has_word(PLUGINS, id)
                || is_off(entry.get("enabled"))
                || (id == "acpx" && is_off(self.root.at(&["acp", "enabled"])))
            {
                continue;
            }
            let at = path::key("plugins.entries", id);
            self.report(message::EXTERNAL_PLUGIN, Location::enabled(&at), id, &[]);
        }
    }
}
