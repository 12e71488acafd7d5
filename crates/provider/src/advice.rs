//! Next steps and warnings about a kind of proxy: how to use the one that holds the port, how to move to another port, and what a user
//! must know of it.

use crate::ID;
use crate::proxy_kind::{AUTO, OwnTools, ProxyKind};
use crate::settings::{SETTINGS_PATH, Settings};

/// What closes routes that are open.
pub const CLOSE_ROUTES: &str = "Close the open routes: `claude-proxy audit --fix`.";
/// The next step, as every message writes it.
pub fn hint(next: &str) -> String {
    format!("hint: {next}")
}

/// The placeholder for the path of a key file in a command.
const KEY_FILE_PLACEHOLDER: &str = "/full/path/of/its/key";

/// The command that changes the settings for a proxy that runs already, and logs in. `keyed` says that it asks for a key that we do not
/// have.
pub fn use_command(settings: &Settings, kind: &ProxyKind, keyed: bool) -> String {
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
        set(
            "keyFile",
            settings.key_file.as_deref().unwrap_or(KEY_FILE_PLACEHOLDER),
        );
    }
    words.push(format!("openclaw models auth login --provider {ID}"));
    words.join(" && ")
}

/// The command that moves our proxy to another port.
pub fn other_port_command(port: u16) -> String {
    let other = port.checked_add(1).unwrap_or(port - 1);
    format!("claude-proxy setup --port {other}")
}

/// What to do if the proxy asks for another key than the one it was sent; `None` if a restart on this machine helps.
pub fn key_step(settings: &Settings) -> Option<String> {
    match (&settings.key_file, settings.is_local()) {
        (Some(_), _) => {
            Some("Put the key that it asks for into the file that `keyFile` names.".to_owned())
        }
        (None, true) if settings.auto_start => None,
        (None, true) => Some(start_with_key("")),
        (None, false) => Some(start_remote_with_key(&settings.listen_address)),
    }
}

/// How to make a proxy on another machine ask for the right key.
pub(crate) fn start_remote_with_key(host: &str) -> String {
    start_with_key(&format!(" on {host}"))
}

fn start_with_key(place: &str) -> String {
    format!(
        "Start it{place} with the key of this machine (`claude-proxy key path` names the file), or set `keyFile` to a file with its own."
    )
}

/// What a proxy that may forward means for the audit.
pub fn forwarding_note(kind: &ProxyKind) -> String {
    format!(
        "which vendor answers is decided in the configuration of {}: closedness ends at the proxy",
        kind.title
    )
}

/// What it means that the CLI's own tools run.
pub const OWN_TOOLS_RUN: &str = "Claude runs the CLI's own tools (Bash, Edit, Write) on the proxy's machine, past OpenClaw's tool \
                             policy, and nothing switches that off";

/// The words if it is not known whether they run.
pub const OWN_TOOLS_UNKNOWN: &str = "whether tools of its own run is unknown";

/// What a user must know of the kind of proxy that answers, one sentence in each line.
pub fn warnings(kind: &ProxyKind, own_tools: Option<bool>) -> Vec<String> {
    let mut lines = Vec::new();
    match (own_tools, kind.own_tools) {
        (Some(true), _) => lines.push(format!("warning: {OWN_TOOLS_RUN}.")),
        (None, OwnTools::SwitchedOff { by, .. }) => lines.push(format!(
            "warning: {OWN_TOOLS_UNKNOWN}. Start it with {by}, which keeps them off."
        )),
        _ => {}
    }
    if kind.forwards {
        lines.push(format!("warning: {}.", forwarding_note(kind)));
    }
    let faults = kind.faults.iter();
    lines.extend(faults.map(|fault| format!("Known issue, {fault}.")));
    lines
}
