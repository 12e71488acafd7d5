//! Every fact, as its value or as the reason why there is none.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{first_problem, message, programs, proxy};
use crate::audit::{self, Openclaw};
use crate::cli::context::{Context, ENVIRONMENT};
use crate::cli::failure::UNKNOWN;
use crate::component::ClaudeProxy;
use crate::component::config::AuditInput;
use crate::component::doctor::Facts;

pub(super) fn gather(context: &Context, component: &mut ClaudeProxy, port: Option<&str>) -> Facts {
    let (programs, openclaw_version) =
        programs::ask(context, component).unwrap_or_else(|why| (Vec::new(), Err(message(why))));
    let configuration = configuration(context, component, openclaw_version.as_deref().ok());
    let settings = context.settings_for(component, port).map_err(first_problem);
    let settings = settings.as_ref().map_err(Clone::clone);
    let state = context.state(UNKNOWN).map_err(first_problem);
    Facts {
        platform: Ok(format!(
            "{}-{}",
            std::env::consts::OS,
            std::env::consts::ARCH
        )),
        oauth_token: context.token(component).map_err(message),
        programs,
        openclaw_version,
        proxy: settings
            .clone()
            .map(|settings| proxy::facts(component, settings)),
        port_check: settings.and_then(|settings| proxy::listener(context, component, settings)),
        configuration,
        state_dir: state
            .as_ref()
            .map(|state| state.inspect().err().map(message))
            .map_err(Clone::clone),
        disk_free: state.and_then(|state| free_bytes(state.path())),
        now: unix_seconds(SystemTime::now()),
        config_modified: written(context),
    }
}

/// The audit's input, for the OpenClaw that was named, else for the one that is installed.
fn configuration(
    context: &Context,
    component: &mut ClaudeProxy,
    installed: Option<&str>,
) -> Result<AuditInput, String> {
    let document = context.document(UNKNOWN).map_err(first_problem)?;
    let mut openclaw = context.openclaw().clone();
    if let (None, Some(version)) = (&openclaw.version, installed) {
        openclaw = Openclaw::of_version(version);
    }
    let audited = audit::audit(component, document, ENVIRONMENT, &openclaw);
    audited.map(|audited| audited.input).map_err(message)
}

fn written(context: &Context) -> Option<u64> {
    let path = context.config_path(UNKNOWN).ok()?;
    let modified = std::fs::metadata(&path).and_then(|found| found.modified());
    modified.ok().map(unix_seconds)
}

fn unix_seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}

/// Bytes that this user may still write where a directory is, or would be.
fn free_bytes(path: &Path) -> Result<u64, String> {
    let there = path
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    rustix::fs::statvfs(there)
        .map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize))
        .map_err(message)
}
