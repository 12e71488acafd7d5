//! From settings to a running program: what the component plans, completed with what only this process knows.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::ExitCode;

use claude_proxy_supervisor::capture::Redaction;
use claude_proxy_supervisor::machine::Timing;
use claude_proxy_supervisor::{SecretString, Spec};

use super::access_key;
use super::context::variable_names;
use super::failure::{Failure, PERMANENT};
use super::search_path;
use crate::component::{ClaudeProxy, provider, types};
use crate::state::StateDir;

/// Hidden command that searches for a program at each start and becomes it.
pub(super) const TRAMPOLINE: &str = "exec";
/// Exit code of a shell that finds no program.
pub(super) const NOT_FOUND: u8 = 127;
/// Exit code of a shell whose program does not run.
const NOT_RUN: u8 = 126;
/// Variable that marks the proxy, and everything that it starts, as started for one control socket.
const MARK: &str = "CLAUDE_PROXY_MARK";
/// Time between TERM and KILL for a process that hangs, and so hardly ends by itself.
const HANG_GRACE_MS: u64 = 250;
/// The same when the program that wanted the proxy is gone, and whatever ends it may end the helper next.
const HURRY_GRACE_MS: u64 = 15;
/// Time between checks of a port that somebody else holds.
const RECHECK_MS: u64 = 2_000;

/// A launch plan and what it takes to carry it out.
pub(super) struct Launch {
    pub(super) plan: provider::LaunchPlan,
    /// Absolute path of the program; `None` where it is not found.
    pub(super) program: Option<PathBuf>,
    pub(super) key_path: Option<PathBuf>,
    pub(super) spec: Spec,
    pub(super) redaction: Redaction,
}

pub(super) fn prepare(
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    state: &StateDir,
) -> Result<Launch, Failure> {
    let plan = component
        .launch(settings, &variable_names())
        .map_err(|why| Failure::component(PERMANENT, &why, None))?;
    let text = |name: &String| {
        std::env::var_os(name)
            .and_then(|value| value.into_string().ok())
            .map(|value| (name.clone(), value))
    };
    let env: Vec<(String, String)> = plan
        .environment
        .iter()
        .cloned()
        .chain(plan.inherit.iter().filter_map(text))
        .collect();
    let search = std::env::var_os("PATH").unwrap_or_default();
    let program = plan
        .command
        .first()
        .and_then(|program| search_path::find(program, &search));
    let (access_key, key_path) =
        match access_key::in_use(settings, settings.port, state, PERMANENT)? {
            Some((key, path)) => (Some(key), Some(path)),
            None if settings.access_key == types::AccessKeyMode::Generated && plan.local => {
                let key = state.key_or_new(plan.port);
                let key = key.map_err(|why| Failure::state(PERMANENT, &why))?;
                (Some(key), Some(state.key_path(plan.port)))
            }
            None => (None, None),
        };
    let redaction = Redaction {
        prefixes: vec![plan.secret_prefix.clone()],
        literals: env
            .iter()
            .filter(|(name, _)| plan.secret_variables.contains(name))
            .map(|(_, value)| SecretString::from(value.as_str()))
            .collect(),
    };
    let mut argv = plan.command.clone();
    if let (Some(first), Some(found)) = (argv.first_mut(), &program) {
        *first = found.to_string_lossy().into_owned();
    }
    let spec = Spec {
        argv,
        env,
        cwd: None,
        address: plan.address.clone(),
        port: plan.port,
        access_key,
        key_variable: plan.key_variable.clone(),
        // Absolute, since two relative ones may be equal and mean different places.
        mark: std::path::absolute(state.socket_path(plan.port))
            .ok()
            .and_then(|path| path.into_os_string().into_string().ok())
            .map(|path| (MARK.to_owned(), path)),
        timing: Timing {
            auto_restart: plan.auto_restart,
            restart_delay: plan.restart_delay_ms.into(),
            restart_max: plan.restart_max_ms.into(),
            stable_after: plan.stable_after_ms.into(),
            start_limit: plan.start_limit,
            retry_failed: plan.retry_failed_ms.into(),
            start_timeout: plan.start_timeout_ms.into(),
            stop_grace: plan.stop_grace_ms.into(),
            hang_grace: HANG_GRACE_MS,
            hurry_grace: HURRY_GRACE_MS,
            liveness_period: plan.liveness_period_ms.into(),
            liveness_failures: plan.liveness_failures,
            login_period: plan.login_period_ms.into(),
            recheck: RECHECK_MS,
        },
    };
    Ok(Launch {
        plan,
        program,
        key_path,
        spec,
        redaction,
    })
}

/// The command with this program in front, which searches for the real one at each start: a program that is installed later
/// is found by the next `restart`.
pub(super) fn trampoline_command(command: &[String]) -> Option<Vec<String>> {
    let own = std::env::current_exe()
        .ok()?
        .into_os_string()
        .into_string()
        .ok()?;
    Some(
        [own, TRAMPOLINE.to_owned()]
            .into_iter()
            .chain(command.iter().cloned())
            .collect(),
    )
}

/// Becomes the program that the arguments name.
pub(super) fn trampoline(arguments: &[OsString]) -> ExitCode {
    let Some((program, rest)) = arguments.split_first() else {
        return ExitCode::from(NOT_FOUND);
    };
    let search = std::env::var_os("PATH").unwrap_or_default();
    if let Some(path) = search_path::find(&program.to_string_lossy(), &search) {
        // Only returns where it failed. In the system's words, which the diagnosis of its output knows.
        let why = std::process::Command::new(&path).args(rest).exec();
        let _ = writeln!(std::io::stderr(), "{}: {why}", path.display());
        return ExitCode::from(NOT_RUN);
    }
    ExitCode::from(NOT_FOUND)
}
