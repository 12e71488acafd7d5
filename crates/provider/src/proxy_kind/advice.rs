//! What is said about a proxy of a kind: how to use the one that holds the port, how to make room for another, and what a
//! user must know of it.

use super::{AUTO, ProxyKind};
use crate::ID;
use crate::settings::{SETTINGS_PATH, Settings};

/// Where a command has to be completed with the place of a key.
const KEY_PLACE: &str = "/full/path/of/its/key";

/// The command that makes the settings fit a proxy that runs already, ending with a login. `keyed` says that it asks for a
/// key that it was not shown.
pub fn use_it(settings: &Settings, kind: &ProxyKind, keyed: bool) -> String {
    let mut words = Vec::new();
    let mut set = |name: &str, value: &str| {
        words.push(format!(
            "openclaw config set {SETTINGS_PATH}.{name} {value}"
        ));
    };
    if settings.proxy != kind.name && (!kind.is_used_unnamed() || settings.proxy != AUTO) {
        set("proxy", kind.name);
    }
    if !kind.speaks(settings.api) {
        set("api", kind.api().name());
    }
    if keyed {
        set("keyFile", settings.key_file.as_deref().unwrap_or(KEY_PLACE));
    }
    words.push(format!("openclaw models auth login --provider {ID}"));
    words.join(" && ")
}

/// The command that leaves a port to whoever has it.
pub fn move_away(port: u16) -> String {
    let other = port.checked_add(1).unwrap_or(port - 1);
    format!("claude-proxy setup --port {other}")
}

/// What closedness does not reach.
pub fn forwards(kind: &ProxyKind) -> String {
    format!(
        "which vendor answers is decided in the configuration of {}: closedness ends at the proxy",
        kind.title
    )
}

/// What tools of the CLI's own mean.
pub const OWN_TOOLS: &str = "Claude runs the CLI's own tools (Bash, Edit, Write) on the proxy's machine, past OpenClaw's tool \
                             policy, and nothing switches that off";

/// What a user must know of a kind that answers, a sentence a line.
pub fn warnings(kind: &ProxyKind, own_tools: Option<bool>) -> Vec<String> {
    let mut lines = Vec::new();
    if own_tools == Some(true) {
        lines.push(format!("Take care: {OWN_TOOLS}."));
    }
    if kind.forwards {
        lines.push(format!("Take care: {}.", forwards(kind)));
    }
    let faults = kind.faults.iter();
    lines.extend(faults.map(|fault| format!("Known of it, {fault}.")));
    lines
}
