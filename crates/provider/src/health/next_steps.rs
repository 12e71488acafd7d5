//! Next steps of several verdicts.

use crate::advice;
use crate::proxy_kind::{self, ProxyKind};
use crate::settings::{SETTINGS_PATH, Settings};

/// The next step for a user who is not logged in.
pub const LOGIN_NEXT: &str = "Run `claude auth login`, or on a machine without a browser `claude setup-token` and set CLAUDE_CODE_OAUTH_TOKEN.";

/// The next step for a user who is not logged in, with the machine of the proxy.
pub fn login_next(settings: &Settings) -> String {
    at_proxy(settings, LOGIN_NEXT)
}

/// What a user can do who does not know whether there is a login.
pub(crate) fn check_login_step(settings: &Settings) -> String {
    let place = match settings.is_local() {
        true => String::new(),
        false => format!(" on {}", settings.listen_address),
    };
    format!("Check with `claude auth status`{place}.")
}

/// What to do where it is unknown whose program answers.
pub(super) fn unknown_owner_step() -> String {
    format!(
        "Let this process ask the kernel (`sock_diag` on Linux, which some sandboxes forbid; other systems do not tell it), or set {SETTINGS_PATH}.accessKey to \"off\" and run the login again; then any local program can use the proxy."
    )
}

/// A step with the machine of the proxy, if that is another one.
pub(super) fn at_proxy(settings: &Settings, step: &str) -> String {
    match settings.is_local() {
        true => step.to_owned(),
        false => format!("On {}: {step}", settings.listen_address),
    }
}

/// The next step if another program is on the port.
pub(crate) fn other_port_step(settings: &Settings) -> String {
    if !settings.is_local() {
        return format!(
            "See on {} what listens on port {}; or correct host and port (run the login again).",
            settings.listen_address, settings.port
        );
    }
    format!(
        "Move to another port: `{}`; or stop that program.",
        advice::other_port_command(settings.port)
    )
}

/// How to make a proxy on another machine use the right key.
pub(super) fn remote_key_step(settings: &Settings, kind: &ProxyKind) -> String {
    match kind.key_place {
        Some(place) => format!(
            "Start it on {} with the access key of this machine in {place} (`claude-proxy key path` names the file), set {SETTINGS_PATH}.keyFile to a file with its own key, or {SETTINGS_PATH}.accessKey to \"off\".",
            settings.listen_address
        ),
        None => format!(
            "It knows no access key: take {} on {}, or set {SETTINGS_PATH}.accessKey to \"off\".",
            keyed_titles(),
            settings.listen_address
        ),
    }
}

/// The proxies that know access keys and answer only with a Claude login.
pub(super) fn keyed_titles() -> String {
    let keyed = proxy_kind::KINDS
        .iter()
        .filter(|kind| kind.is_used_unnamed() && kind.key_probe.is_some());
    let titles: Vec<&str> = keyed.map(|kind| kind.title).collect();
    titles.join(" or ")
}

/// The next step if an unknown program on the port does not answer as a proxy.
pub(super) fn check_listener_step(settings: &Settings) -> String {
    if !settings.is_local() {
        return format!(
            "See on {} whether the proxy runs, and restart it there.",
            settings.listen_address
        );
    }
    format!(
        "See who listens with `claude-proxy status`; if it is the proxy, restart it and look at `claude-proxy logs`, else choose another port than {}.",
        settings.port
    )
}
