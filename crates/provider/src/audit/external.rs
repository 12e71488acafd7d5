//! Vendors whose plugins do not come with OpenClaw. Where one's key or entry is there, OpenClaw fetches its plugin by itself
//! when the Gateway starts, and turns it on (`collectConfiguredPluginIds`; seen: 2026.7.1 to 2026.9.6).

/// The variables and the provider ids in `official-external-*-catalog` of any known version.
const NAMES: &str = include_str!("../../data/external.txt");

/// Whether OpenClaw fetches a plugin for a variable, or for a folded provider id.
pub(super) fn has_plugin(name: &str) -> bool {
    NAMES.split_ascii_whitespace().any(|known| known == name)
}

/// Whether a credential is one of a plugin with tools of its own (`tavily_search`, `firecrawl_scrape`), or of one that
/// fetches pages, which no slot closes.
pub(super) fn has_tools(at: &str) -> bool {
    at.ends_with("TAVILY_API_KEY") || at.ends_with("FIRECRAWL_API_KEY")
}
