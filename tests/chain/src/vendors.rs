//! Host names of vendors, which resolve to loopback inside the namespace.

use std::path::Path;

use anyhow::Result;
use harness::namespace;

/// Everything that a Claude CLI or a proxy may want to speak with.
pub(crate) const NAMES: [&str; 11] = [
    "api.anthropic.com",
    "console.anthropic.com",
    "statsig.anthropic.com",
    "mcp-proxy.anthropic.com",
    "platform.claude.com",
    "claude.ai",
    "downloads.claude.ai",
    "code.claude.com",
    "claude.com",
    "api.openai.com",
    "registry.npmjs.org",
];

/// Inside a namespace: lets the names lead to loopback.
///
/// # Errors
/// If the system refuses.
pub(crate) fn set_up(folder: &Path) -> Result<()> {
    let names = NAMES.join(" ");
    let hosts = format!("127.0.0.1 localhost\n::1 localhost\n127.0.0.1 {names}\n");
    namespace::set_up(folder, "hosts", &hosts)
}
