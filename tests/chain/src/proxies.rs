//! The proxies that the chain runs with, and the checks that each is known to fail.

use anyhow::Result;
use harness::places;
use serde_json::{Value, json};

/// A check that is known to fail, and why.
pub(crate) struct Gap {
    /// The check's name.
    pub(crate) check: &'static str,
    /// Why nothing can be done about it from outside.
    pub(crate) why: &'static str,
}

/// A proxy as the plugin's settings name it.
pub(crate) struct Proxy {
    /// Shown.
    pub(crate) name: String,
    /// The plugin's settings.
    pub(crate) settings: Value,
    /// What it loses.
    pub(crate) gaps: &'static [Gap],
}

const fn gap(check: &'static str, why: &'static str) -> Gap {
    Gap { check, why }
}

/// Seen with claude-max-api-proxy 1.0.0.
const MAX_API: &[Gap] = &[
    gap(
        "own tools",
        "it starts the CLI with the CLI's own tools, which run on this machine past OpenClaw's policy",
    ),
    gap("tool", "the client's tools are not passed on"),
    gap("image", "a list of parts becomes `[object Object]`"),
    gap(
        "default id",
        "every id but its own three becomes the newest Opus",
    ),
    gap("model switch", "the same"),
    gap("login ended", "it says `internal error`"),
    gap("overloaded", "it says `internal error`"),
    gap("limit", "it says `internal error`"),
    gap("subagent", "the client's tools are not passed on"),
];

/// The pinned proxy from the npm registry.
///
/// # Errors
/// If it was not fetched.
pub(crate) fn pinned() -> Result<Proxy> {
    let program = places::peers("max-api")
        .join("node_modules/claude-max-api-proxy/dist/server/standalone.js");
    let program = places::present(program, "fetch")?;
    Ok(Proxy {
        name: "claude-max-api-proxy 1.0.0".to_owned(),
        settings: json!({
            "command": [places::node_folder()?.join("node"), program, "{port}"],
            "api": "openai-completions",
        }),
        gaps: MAX_API,
    })
}

/// A proxy of the user's, from which everything is expected.
pub(crate) fn given(command: &[String], api: Option<&str>) -> Proxy {
    let mut settings = json!({ "command": command });
    if let (Some(api), Some(members)) = (api, settings.as_object_mut()) {
        members.insert("api".to_owned(), json!(api));
    }
    Proxy {
        name: command.join(" "),
        settings,
        gaps: &[],
    }
}
