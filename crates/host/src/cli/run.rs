//! Keeps the proxy running, for people (`run`) and for a host program (`supervise`).

use std::io::{self, Write};

use claude_proxy_supervisor::{
    Exit, LogSpec, Options, SetupError, State, Supervisor, monitor, port, resolve,
};
use serde_json::{Value, json};

use super::args::{Run, Supervise};
use super::context::{Context, LIMITS, with_flag, with_port};
use super::failure::{CommandError, FAILED, Failure, PERMANENT};
use super::install_dirs;
use super::launch::{self, Launch};
use super::log;
use super::output::Style;
use super::search_path;
use super::status;
use crate::component::health::SpawnError;
use crate::component::types::Problem;
use crate::component::{ClaudeProxy, case, types};
use crate::health_policy::{ComponentPolicy, Explain, Judged, NotFound};
use crate::memory::release_code_pages;
use crate::state::StateDir;

type Event = claude_proxy_supervisor::Event<Judged>;
type Status = claude_proxy_supervisor::Status<Judged>;

/// Bytes that the proxy's log and its predecessor may take together.
const LOG_DISK: u64 = 8 << 20;

enum Role {
    Person,
    Program { parent: u32 },
}

pub(super) fn run(context: &Context, args: &Run) -> Result<u8, CommandError> {
    start(context, args, Role::Person)
}

pub(super) fn supervise(context: &Context, args: &Supervise) -> Result<u8, CommandError> {
    let parent = args.parent;
    start(context, &args.run, Role::Program { parent })
}

fn start(context: &Context, args: &Run, role: Role) -> Result<u8, CommandError> {
    // Before there is a thread, and before the component is loaded in both halves.
    let monitor = monitor::split(release_code_pages).map_err(|why| system(&why))?;
    let state = context.state(PERMANENT)?;
    state
        .prepare()
        .map_err(|why| Failure::state(PERMANENT, &why))?;

    let mut component = context.component(PERMANENT)?;
    let settings = settings(context, &mut component, args)?;
    let mut launch = launch::prepare(&mut component, &settings, &state)?;
    let mut trampoline = false;
    let mut attach_only = !launch.plan.local;
    match role {
        Role::Person => {
            if launch.program.is_none() && !attach_only {
                if !held(&launch) {
                    return Err(program_missing(&mut component, &settings, &launch).into());
                }
                // Somebody's own proxy may be there already.
                attach_only = true;
            }
        }
        Role::Program { .. } => {
            attach_only |= !launch.plan.auto_start;
            launch.spec.cwd = Some(state.work_path());
            if launch.program.is_none()
                && let Some(argv) = launch::trampoline_command(&launch.plan.command)
            {
                launch.spec.argv = argv;
                trampoline = true;
            }
        }
    }
    if attach_only {
        launch.spec.argv.clear();
    }
    let explain = trampoline.then(|| -> Explain {
        let program = launch.plan.command.first().cloned().unwrap_or_default();
        Box::new(move |exit| not_found(&program, exit))
    });
    let verified = verified_states(&mut component, &settings)?;
    let policy = ComponentPolicy::new(component, settings, LIMITS, explain)
        .map_err(|why| Failure::component(FAILED, &why, None))?;
    // Socket, log and the lock on both are left to the one that starts the proxy: a `run` of the user's, which may come
    // later than the program that only watches.
    let only_watches = attach_only && matches!(role, Role::Program { .. });
    let options = Options {
        control: (!only_watches).then(|| state.socket_path(launch.plan.port)),
        log: (!only_watches).then(|| LogSpec {
            path: state.log_path(launch.plan.port),
            disk: LOG_DISK,
        }),
        redaction: std::mem::take(&mut launch.redaction),
        parent: match role {
            Role::Person => None,
            Role::Program { parent } => Some(parent),
        },
        end_with_stdout: matches!(role, Role::Program { .. }),
        exit_on_failed: matches!(role, Role::Person),
    };
    let spec = launch.spec.clone();
    let mut reporter = Reporter::new(role, &launch, verified);
    let supervisor = Supervisor::new(
        spec,
        options,
        monitor,
        policy,
        move |event: &Event, status: &Status| {
            reporter.report(event, status);
        },
    )
    .map_err(|why| setup_failure(&why, &state, &launch))?;
    Ok(supervisor.run().exit_code())
}

/// The states in which the proxy is verified, so that its address may be handed on: the component's word.
fn verified_states(
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Result<Vec<State>, Failure> {
    let mut verified = Vec::new();
    for &state in State::ALL {
        let now = status::snapshot(case::parse(state.as_str()));
        if component
            .assess(settings, &now, &status::file_state(None))?
            .up
        {
            verified.push(state);
        }
    }
    Ok(verified)
}

/// The settings in force, with the overrides of the command line.
fn settings(
    context: &Context,
    component: &mut ClaudeProxy,
    Run { address, command }: &Run,
) -> Result<types::Settings, Failure> {
    let mut settings = context.settings(component, PERMANENT)?;
    if let Some(text) = &address.port {
        settings = with_port(component, &settings, text)?;
    }
    let overrides = [
        (
            "--host",
            "host",
            address.host.as_ref().map(|host| json!(host)),
        ),
        ("--api", "api", address.api.as_ref().map(|api| json!(api))),
        (
            "COMMAND",
            "command",
            (!command.is_empty()).then(|| json!(command)),
        ),
    ];
    for (flag, name, value) in overrides {
        if let Some(value) = value {
            settings = with_flag(component, &settings, flag, name, value)?;
        }
    }
    Ok(settings)
}

fn held(launch: &Launch) -> bool {
    resolve(&launch.plan.address, launch.plan.port)
        .is_ok_and(|address| port::availability(address) == port::Availability::Held)
}

fn program_missing(
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    launch: &Launch,
) -> Failure {
    let program = launch.plan.command.first().cloned().unwrap_or_default();
    let search = std::env::var_os("PATH").unwrap_or_default();
    let detail = search_path::why_missing(&program, &search).to_string();
    let kind = if program.contains('/') && std::path::Path::new(&program).is_file() {
        SpawnError::NotExecutable
    } else {
        SpawnError::NotFound
    };
    let usual_place = install_dirs::find(&program, std::env::var_os("HOME").as_deref());
    match component.diagnose_spawn(settings, kind, &detail) {
        Ok(diagnosis) => Failure::new(
            PERMANENT,
            diagnosis.reason,
            Problem::new(
                diagnosis.code,
                "command",
                detail,
                "a program that is installed, by its name or by its whole path",
                match usual_place {
                    Some(path) => format!(
                        "It is at `{}`: name it so in `command`, or add its directory to PATH where this runs.",
                        path.display()
                    ),
                    None => diagnosis
                        .next
                        .unwrap_or_else(|| "Install it, or change `command`.".to_owned()),
                },
            ),
        ),
        Err(why) => Failure::component(PERMANENT, &why, None),
    }
}

fn system(why: &io::Error) -> Failure {
    Failure::new(
        FAILED,
        "the supervisor cannot start",
        Problem::new(
            "system",
            "this process",
            why.to_string(),
            "processes, descriptors and memory to work with",
            "Check the limits of this user or container.",
        ),
    )
}

fn setup_failure(why: &SetupError, state: &StateDir, launch: &Launch) -> Failure {
    let (exit, code, path, accepted, next) = match why {
        SetupError::AlreadyRunning => (
            FAILED,
            "already-running",
            state.socket_path(launch.plan.port).display().to_string(),
            "one supervisor a port",
            "Look at it with `claude-proxy status`; end it with `claude-proxy stop --supervisor`.",
        ),
        SetupError::Address(address) => (
            PERMANENT,
            "host-unknown",
            format!("`{address}`"),
            "an address, or a name that this machine can look up",
            "Correct the name; for a proxy on this machine use 127.0.0.1.",
        ),
        SetupError::Control(_) => (
            PERMANENT,
            "control-socket",
            state.socket_path(launch.plan.port).display().to_string(),
            "a path of at most 100 bytes in a directory of yours",
            "Name a shorter directory with `--state-dir`.",
        ),
        SetupError::Log(_) => (
            PERMANENT,
            "log-file",
            state.log_path(launch.plan.port).display().to_string(),
            "a regular file of yours",
            "Remove what lies there, or name another directory with `--state-dir`.",
        ),
        SetupError::ParentGone => (
            FAILED,
            "parent-gone",
            "--parent".to_owned(),
            "the id of a running process",
            "Give the id of the process to end with.",
        ),
        SetupError::System(why) => return system(why),
    };
    Failure::new(
        exit,
        why.to_string(),
        Problem::new(code, path, why.to_string(), accepted, next),
    )
}

/// What the exit of the trampoline for this program means.
fn not_found(program: &str, exit: &Exit) -> Option<NotFound> {
    if exit.code != Some(launch::NOT_FOUND.into()) || exit.was_ready {
        return None;
    }
    // The process inherited the search path.
    let search = std::env::var_os("PATH").unwrap_or_default();
    let home = std::env::var_os("HOME");
    Some(NotFound {
        detail: search_path::why_missing(program, &search).to_string(),
        next: install_dirs::find(program, home.as_deref())
            .map(|path| format!("Set `command` to `{}`, where it is.", path.display())),
    })
}

/// Reports events to people or to a program.
struct Reporter {
    role: Role,
    /// The states in which the address may be handed on.
    verified: Vec<State>,
    base_url: String,
    key_file: Option<String>,
    stripped_variables: Vec<String>,
}

impl Reporter {
    fn new(role: Role, launch: &Launch, verified: Vec<State>) -> Self {
        let reporter = Self {
            role,
            verified,
            base_url: launch.plan.base_url.clone(),
            key_file: launch
                .key_path
                .as_ref()
                .map(|path| path.display().to_string()),
            stripped_variables: launch.plan.stripped_variables.clone(),
        };
        if matches!(reporter.role, Role::Person) {
            if launch.spec.argv.is_empty() {
                log::info(format_args!(
                    "using the proxy on {} (not managed)",
                    reporter.base_url
                ));
            } else {
                log::info(format_args!(
                    "starting proxy: {}",
                    launch.plan.command.join(" ")
                ));
            }
            if !reporter.stripped_variables.is_empty() {
                log::info(format_args!(
                    "environment variables not forwarded (would bypass the login): {}",
                    reporter.stripped_variables.join(", ")
                ));
            }
        }
        reporter
    }

    fn report(&mut self, event: &Event, status: &Status) {
        match self.role {
            Role::Person => log_event(event),
            Role::Program { .. } => self.print(event, status),
        }
        if matches!(event, Event::Ready { .. }) {
            release_code_pages();
        }
    }

    /// One line of JSON. A reader that is gone is noticed by the supervisor itself.
    fn print(&self, event: &Event, status: &Status) {
        let (Ok(Value::Object(mut line)), Ok(Value::Object(mut object))) =
            (serde_json::to_value(event), serde_json::to_value(status))
        else {
            return;
        };
        let base_url = self.verified.contains(&status.state);
        let base_url = base_url.then_some(&self.base_url);
        object.insert("closed".to_owned(), Value::Null);
        object.insert("baseUrl".to_owned(), json!(base_url));
        object.insert("keyFile".to_owned(), json!(self.key_file));
        object.insert(
            "strippedVariables".to_owned(),
            json!(self.stripped_variables),
        );
        line.insert("status".to_owned(), Value::Object(object));
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        let mut out = io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

fn log_event(event: &Event) {
    match event {
        Event::State {
            state,
            detail,
            next,
            ..
        } => {
            let mut line = format!("proxy is {}: {detail}", state.as_str());
            if let Some(next) = next {
                line.push(' ');
                line.push_str(&Style::plain(None).hint(0, next));
            }
            match state {
                State::Failed | State::Blocked | State::Unhealthy => log::error(line),
                State::Backoff => log::warn(line),
                State::Stopped
                | State::Starting
                | State::Ready
                | State::Stopping
                | State::Attached => log::info(line),
            }
        }
        Event::Started { pid, .. } => log::info(format_args!("started process {pid}")),
        Event::Ready { after_ms, .. } => log::info(format_args!("ready after {after_ms} ms")),
        Event::Progress { last_output_line } => {
            log::info(format_args!("last output line: {last_output_line}"))
        }
        Event::Exited(exit) => log::warn(format_args!("process ended: {}", exit.why.reason)),
        Event::Warning { message } => log::warn(format_args!("{message}")),
        Event::PortHeld { .. } | Event::Verdict(_) => {}
    }
}
