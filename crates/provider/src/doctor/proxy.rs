//! Checks of the kind of proxy (whether it may forward to other vendors, and whose tools may run) and of the key file of the user's own
//! proxy.

use super::{CheckResult, Installation, fail, pass, warn};
use crate::advice;
use crate::proxy_kind::{self, OwnTools};
use crate::settings::SETTINGS_PATH;

/// What the user must know of the kind of proxy that answers.
pub(super) fn kind(f: &Installation<'_>) -> CheckResult {
    let verdict = &f.port_check.as_ref()?.verdict;
    let Some(name) = &verdict.name else {
        return pass("none answers");
    };
    let Some(kind) = proxy_kind::by_name(name) else {
        return match f.is_ready() {
            true => warn(
                "not known here: who answers behind it and whose tools it runs is unknown",
                format!(
                    "If you vouch for it, set {SETTINGS_PATH}.proxy to the dialect that it speaks."
                ),
            ),
            false => pass("not known here, and not used"),
        };
    };
    let version = verdict.version.as_ref();
    let version = version.map_or_else(String::new, |version| format!(" {version}"));
    let title = format!("{}{version}", kind.title);
    match verdict.own_tools {
        _ if !f.is_ready() => pass(format!("{title}, not used")),
        Some(true) => warn(
            format!("{title}: {}", advice::OWN_TOOLS_RUN),
            "Take a proxy that can switch them off (docs/proxies.md), or run this one as a user who may do no harm.",
        ),
        _ if kind.forwards => warn(
            format!("{title}: {}", advice::forwarding_note(kind)),
            "See in its configuration where each model leads.",
        ),
        Some(false) => pass(format!("{title}; no tools but OpenClaw's run")),
        None => warn(
            format!("{title}: {}", advice::OWN_TOOLS_UNKNOWN),
            match kind.own_tools {
                OwnTools::SwitchedOff { by, .. } => format!("Start it with {by}."),
                _ => "See in its configuration whether it passes the client's tools through."
                    .to_owned(),
            },
        ),
    }
}

/// Whether the file with the key of the user's own proxy can be used.
pub(super) fn key_file(f: &Installation<'_>) -> CheckResult {
    let file = &f.proxy.as_ref()?.key_file;
    match file.as_ref().map(|file| (&file.path, &file.error)) {
        None => pass("none is set; the generated key is used"),
        Some((path, None)) => pass(path),
        Some((_, Some(error))) => {
            let fix = error.fix.as_deref();
            fail(&error.reason, fix.unwrap_or("Put its key there, mode 600."))
        }
    }
}
