//! The doctor: gathers facts; the component judges them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use claude_proxy_supervisor::control::Request;
use serde_json::{Value, json};

use super::args::Doctor;
use super::bounded::{self, Answer};
use super::failure::{CANNOT_TELL, COULD_NOT, Failure, Halt};
use super::health::key_name;
use super::launch;
use super::output::{self, Style, Tone};
use super::setup::{self, Edit};
use super::status::{login_name, prober};
use super::surroundings::Surroundings;
use crate::audit;
use crate::component::config::{ApplyRequest, Change, Severity};
use crate::component::doctor::{Check, Fact, Status};
use crate::component::{ClaudeProxy, auth, health, types};

/// Longest time that a program may take to say its version.
const VERSION_PATIENCE: Duration = Duration::from_secs(5);
/// Longest time that the Claude CLI may take to look at its login.
const LOGIN_PATIENCE: Duration = Duration::from_secs(15);
/// Folders above a program in which its package may lie.
const PACKAGE_DEPTH: usize = 4;
const PLUGIN: &str = "plugins.entries.anthropic-claude-proxy";

pub(super) fn run(surroundings: &Surroundings, wanted: &Doctor) -> Result<u8, Halt> {
    let mut component = surroundings.component(CANNOT_TELL)?;
    if wanted.fix {
        fix(surroundings, &mut component, wanted.look.json)?;
    }
    let facts = Gathered::all(surroundings, &mut component, wanted.look.port.as_deref()).facts;
    let checks = component
        .examine(&facts)
        .map_err(|why| Failure::component(CANNOT_TELL, &why, None))?;
    let any = |status: Status| checks.iter().any(|check| check.status == status);
    if wanted.look.json {
        let list: Vec<Value> = checks.iter().map(as_json).collect();
        output::json(&json!({ "ok": !any(Status::Fail), "checks": list }))?;
    } else {
        show(&checks, Style::of_stdout(), &mut output::stdout())?;
    }
    Ok(if any(Status::Fail) {
        COULD_NOT
    } else if any(Status::Unknown) {
        CANNOT_TELL
    } else {
        0
    })
}

/// Applies what is safe: a private state directory, a closed configuration, the guard's permission.
fn fix(surroundings: &Surroundings, component: &mut ClaudeProxy, json: bool) -> Result<(), Halt> {
    surroundings
        .state(CANNOT_TELL)?
        .prepare()
        .map_err(|why| Failure::state(COULD_NOT, &why))?;
    let path = surroundings.config_path(CANNOT_TELL)?;
    if !path.exists() {
        return Ok(());
    }
    let edit = Edit {
        request: ApplyRequest {
            fix: true,
            grant_hooks: true,
            ..as_it_should_be()
        },
        dry_run: false,
        json,
        asking: false,
    };
    let written = setup::write(surroundings, component, &edit, Style::of_stdout())?;
    if let (Some(_), false) = (&written.replaced, json) {
        writeln!(output::stdout(), "Written: {}\n", written.path.display())?;
    }
    Ok(())
}

/// The edit that a login would make without changing address or models.
fn as_it_should_be() -> ApplyRequest {
    ApplyRequest {
        host: None,
        port: None,
        models: None,
        listed: Vec::new(),
        set_default: false,
        grant_hooks: false,
        fix: false,
        harden: false,
        unharden: false,
    }
}

fn as_json(check: &Check) -> Value {
    json!({
        "id": check.id,
        "status": match check.status {
            Status::Pass => "pass",
            Status::Warn => "warn",
            Status::Fail => "fail",
            Status::Unknown => "unknown",
        },
        "title": check.title,
        "detail": check.detail,
        "fix": check.fix,
    })
}

fn show(checks: &[Check], style: Style, out: &mut dyn Write) -> io::Result<()> {
    /// Mark and space before the text.
    const INDENT: usize = 2;
    for check in checks {
        let mark = match check.status {
            Status::Pass => style.paint(Tone::Good, "✓"),
            Status::Warn => style.paint(Tone::Warn, "!"),
            Status::Fail => style.paint(Tone::Bad, "✗"),
            Status::Unknown => style.paint(Tone::Faint, "?"),
        };
        let text = format!("{}: {}", check.title, check.detail);
        writeln!(out, "{mark} {}", style.wrap(INDENT, &text))?;
        if let (Status::Fail | Status::Warn, Some(fix)) = (check.status, &check.fix) {
            writeln!(out, "    {}", style.paint(Tone::Strong, fix))?;
        }
    }
    Ok(())
}

/// The Claude CLI, run in the environment that the proxy would get.
pub(super) struct ClaudeCli {
    program: Option<PathBuf>,
    environment: Vec<(String, String)>,
}

impl ClaudeCli {
    pub(super) fn new(surroundings: &Surroundings, component: &mut ClaudeProxy) -> Self {
        let inherit = component
            .parse_settings("{}")
            .and_then(|settings| component.launch(&settings, &surroundings.variable_names()))
            .map(|plan| plan.inherit)
            .unwrap_or_default();
        let environment = inherit
            .into_iter()
            .filter_map(|name| {
                let value = surroundings.variable(&name)?.into_string().ok()?;
                Some((name, value))
            })
            .collect();
        let search = surroundings.variable("PATH").unwrap_or_default();
        Self {
            program: launch::find("claude", &search),
            environment,
        }
    }

    fn run(&self, arguments: &[&str], deadline: Duration) -> Result<Answer, String> {
        let program = self
            .program
            .as_ref()
            .ok_or_else(|| "`claude` is in no directory of PATH".to_owned())?;
        bounded::run(program, arguments, &self.environment, deadline)
    }

    fn auth_status(&self) -> Result<Answer, String> {
        self.run(&["auth", "status"], LOGIN_PATIENCE)
    }

    /// What it claims of the login.
    pub(super) fn login(&self) -> types::Login {
        let Ok(answer) = self.auth_status() else {
            return types::Login::Unknown;
        };
        let logged_in = serde_json::from_str::<Value>(&answer.output)
            .ok()
            .and_then(|body| body.get("loggedIn").and_then(Value::as_bool));
        match (answer.code, logged_in) {
            (0, Some(true)) => types::Login::Claimed,
            (_, Some(false)) => types::Login::None,
            _ => types::Login::Unknown,
        }
    }
}

type Found = Result<String, String>;

struct Gathered {
    facts: Vec<Fact>,
    /// The OpenClaw that was named, or is installed.
    openclaw: Option<String>,
}

impl Gathered {
    fn set(&mut self, name: &str, found: Found) {
        let (value, error) = match found {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(error)),
        };
        self.facts.push(Fact {
            name: name.to_owned(),
            value,
            error,
        });
    }

    /// Every fact; what cannot be had carries its reason.
    fn all(surroundings: &Surroundings, component: &mut ClaudeProxy, port: Option<&str>) -> Self {
        let mut facts = Self {
            facts: Vec::new(),
            openclaw: None,
        };
        facts.set(
            "platform",
            Ok(format!(
                "{}-{}",
                std::env::consts::OS,
                std::env::consts::ARCH
            )),
        );
        facts.set(
            "oauth-token",
            Ok(match setup::token(surroundings) {
                auth::TokenState::Absent => "absent",
                auth::TokenState::Present => "present",
                auth::TokenState::Malformed => "malformed",
            }
            .to_owned()),
        );
        facts.programs(surroundings, component);
        facts.configuration(surroundings, component);
        match surroundings.settings_for(component, port) {
            Ok(settings) => {
                facts.command(surroundings, component, &settings);
                facts.proxy(surroundings, component, &settings);
            }
            Err(failure) => {
                let why = first_problem(&failure);
                for name in [
                    "proxy-program",
                    "proxy-command",
                    "proxy-pinned",
                    "port",
                    "port-owner",
                    "health",
                    "identity",
                    "access-key",
                    "login",
                ] {
                    facts.set(name, Err(why.clone()));
                }
            }
        }
        facts.place(surroundings);
        facts
    }

    /// Programs of others, asked at the same time.
    fn programs(&mut self, surroundings: &Surroundings, component: &mut ClaudeProxy) {
        let claude = ClaudeCli::new(surroundings, component);
        let search = surroundings.variable("PATH").unwrap_or_default();
        let version = |name: &str| -> Found {
            let program =
                launch::find(name, &search).ok_or_else(|| launch::not_found(name, &search))?;
            let answer = bounded::run(
                &program,
                &["--version"],
                &claude.environment,
                VERSION_PATIENCE,
            )?;
            first_line(&answer)
        };
        let (claude_version, auth_status, bun, node) = std::thread::scope(|scope| {
            let claude_version = scope.spawn(|| {
                claude
                    .run(&["--version"], VERSION_PATIENCE)
                    .and_then(|answer| first_line(&answer))
            });
            let auth_status = scope.spawn(|| claude.auth_status());
            let bun = scope.spawn(|| version("bun"));
            let node = scope.spawn(|| version("node"));
            (
                joined(claude_version),
                joined(auth_status),
                joined(bun),
                joined(node),
            )
        });
        self.set("claude-version", claude_version);
        self.set(
            "claude-auth-status",
            auth_status.map(|answer| format!("{} {}", answer.code, answer.output)),
        );
        self.set("bun-version", bun);
        self.set("node-version", node);
        let openclaw = surroundings
            .openclaw()
            .map_or_else(|| openclaw_version(&search), |named| Ok(named.to_owned()));
        self.openclaw = openclaw.as_ref().ok().cloned();
        self.set("openclaw-version", openclaw);
    }

    fn configuration(&mut self, surroundings: &Surroundings, component: &mut ClaudeProxy) {
        let audited = surroundings
            .document(CANNOT_TELL)
            .map_err(|failure| first_problem(&failure))
            .and_then(|document| {
                let lookup = |name: &str| surroundings.variable(name);
                audit::audit(component, document, &lookup, self.openclaw.as_deref())
                    .map_err(|why| why.to_string())
            });
        let audited = match audited {
            Ok(audited) => audited,
            Err(why) => {
                for name in [
                    "config-audit",
                    "judged-version",
                    "default-model",
                    "model-alias",
                    "plugin-enabled",
                    "hooks-permission",
                ] {
                    self.set(name, Err(why.clone()));
                }
                return;
            }
        };
        let report = &audited.report;
        let count = |wanted: Severity| {
            report
                .findings
                .iter()
                .filter(|finding| finding.severity == wanted)
                .count()
        };
        self.set(
            "config-audit",
            Ok(if report.closed {
                "closed".to_owned()
            } else if count(Severity::Leak) > 0 {
                format!("open {}", count(Severity::Leak))
            } else {
                format!("undecided {}", count(Severity::Undecided))
            }),
        );
        self.set(
            "judged-version",
            report
                .judged_version
                .clone()
                .ok_or_else(|| "the file does not say which version wrote it".to_owned()),
        );
        self.set(
            "default-model",
            report
                .routes
                .iter()
                .find(|route| {
                    route.path == "agents.defaults.model.primary"
                        || route.path == "agents.defaults.model"
                })
                .map(|route| route.leads_to.clone())
                .ok_or_else(|| "OpenClaw's own default applies".to_owned()),
        );
        // What a login would change says how things are.
        let request = ApplyRequest {
            grant_hooks: true,
            ..as_it_should_be()
        };
        match component.apply(&audited.input, &request) {
            Ok(applied) => {
                let changes = &applied.changes;
                let changed = |path: &str| changes.iter().any(|change| change.path == path);
                let yes = |missing: bool| Ok(if missing { "no" } else { "yes" }.to_owned());
                self.set(
                    "plugin-enabled",
                    yes(changed(&format!("{PLUGIN}.enabled"))
                        || changed("plugins.deny")
                        || changed("plugins.allow")),
                );
                self.set(
                    "hooks-permission",
                    yes(changed(&format!("{PLUGIN}.hooks.allowConversationAccess"))
                        || changed(&format!("{PLUGIN}.hooks"))),
                );
                let first = component
                    .settings_from_config(&applied.text)
                    .ok()
                    .and_then(|settings| settings.models.into_iter().next())
                    .unwrap_or_default();
                self.set("model-alias", alias(changes, &first));
            }
            Err(why) => {
                for name in ["plugin-enabled", "hooks-permission", "model-alias"] {
                    self.set(name, Err(why.to_string()));
                }
            }
        }
    }

    fn command(
        &mut self,
        surroundings: &Surroundings,
        component: &mut ClaudeProxy,
        settings: &types::Settings,
    ) {
        let plan = match component.launch(settings, &surroundings.variable_names()) {
            Ok(plan) => plan,
            Err(why) => {
                for name in ["proxy-program", "proxy-command", "proxy-pinned"] {
                    self.set(name, Err(why.to_string()));
                }
                return;
            }
        };
        let search = surroundings.variable("PATH").unwrap_or_default();
        let program = plan.command.first().cloned().unwrap_or_default();
        self.set(
            "proxy-program",
            launch::find(&program, &search)
                .map(|path| path.display().to_string())
                .ok_or_else(|| launch::not_found(&program, &search)),
        );
        self.set("proxy-command", Ok(plan.command.join(" ")));
        let pinned = if plan.pinned { "yes" } else { "no" };
        self.set("proxy-pinned", Ok(pinned.to_owned()));
    }

    fn proxy(
        &mut self,
        surroundings: &Surroundings,
        component: &mut ClaudeProxy,
        settings: &types::Settings,
    ) {
        self.set("port", Ok(settings.port.to_string()));
        let looked = surroundings.state(CANNOT_TELL).and_then(|state| {
            let supervised =
                super::control::ask(&state.socket_path(settings.port), Request::Status)
                    .ok()
                    .flatten();
            let ours = supervised
                .as_ref()
                .and_then(|status| status.pointer("/owner/ours"))
                .and_then(Value::as_bool);
            prober(settings, &state)?
                .look(component, settings, ours)
                .map(|look| (look, ours))
        });
        let (look, ours) = match looked {
            Ok(looked) => looked,
            Err(failure) => {
                let why = first_problem(&failure);
                for name in ["port-owner", "health", "identity", "access-key", "login"] {
                    self.set(name, Err(why.clone()));
                }
                return;
            }
        };
        let verdict = &look.verdict;
        let free = verdict.code == "refused";
        let who = look.owner.as_ref().map_or_else(
            || "? a process that cannot be seen from here".to_owned(),
            |owner| {
                let pid = owner
                    .pid
                    .map_or_else(|| "?".to_owned(), |pid| pid.to_string());
                format!("{pid} {}", owner.command.as_deref().unwrap_or("?"))
            },
        );
        self.set(
            "port-owner",
            Ok(match (free, ours, verdict.readiness) {
                (true, _, _) => "free".to_owned(),
                (false, Some(true), _) => format!("ours {who}"),
                (false, _, health::Readiness::Ready) => format!("attached {who}"),
                (false, _, _) => format!("stranger {who}"),
            }),
        );
        let readiness = match verdict.readiness {
            health::Readiness::Ready => "ready",
            health::Readiness::Starting => "starting",
            health::Readiness::Unhealthy => "unhealthy",
            health::Readiness::Foreign => "foreign",
        };
        self.set(
            "health",
            Ok(format!("{readiness} {} {}", verdict.code, verdict.detail)),
        );
        self.set(
            "identity",
            Ok(match verdict.readiness {
                _ if free => "none".to_owned(),
                health::Readiness::Foreign => verdict.detail.clone(),
                health::Readiness::Unhealthy if verdict.name.is_none() => verdict.detail.clone(),
                health::Readiness::Ready
                | health::Readiness::Starting
                | health::Readiness::Unhealthy => "yes".to_owned(),
            }),
        );
        self.set(
            "access-key",
            Ok(match settings.access_key {
                types::AccessKeyMode::Off => "off",
                types::AccessKeyMode::Generated => key_name(verdict.key),
            }
            .to_owned()),
        );
        self.set("login", Ok(login_name(verdict.login).to_owned()));
    }

    fn place(&mut self, surroundings: &Surroundings) {
        let state = surroundings.state(CANNOT_TELL);
        self.set(
            "state-dir",
            match &state {
                Ok(state) => state
                    .inspect()
                    .map(|()| "ok".to_owned())
                    .or_else(|why| Ok(why.to_string())),
                Err(failure) => Err(first_problem(failure)),
            },
        );
        let free = state
            .map_err(|failure| first_problem(&failure))
            .and_then(|state| free_bytes(state.path()));
        self.set("disk-free", free.map(|bytes| bytes.to_string()));
        let clock = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        self.set("clock", Ok(clock.to_string()));
        self.set("clock-written", written(surroundings));
    }
}

/// When the configuration was written, as Unix time.
fn written(surroundings: &Surroundings) -> Found {
    let path = surroundings
        .config_path(CANNOT_TELL)
        .map_err(|failure| first_problem(&failure))?;
    let modified = std::fs::metadata(&path).and_then(|found| found.modified());
    let modified = modified.map_err(|why| why.to_string())?;
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(since.as_secs().to_string())
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T, String>>) -> Result<T, String> {
    thread
        .join()
        .unwrap_or_else(|_| Err("the look at it failed".to_owned()))
}

fn first_line(answer: &Answer) -> Found {
    match (answer.code, answer.first_line()) {
        (0, line) if !line.is_empty() => Ok(line.to_owned()),
        (code, _) => Err(format!("it ended with exit code {code}")),
    }
}

fn first_problem(failure: &Failure) -> String {
    failure.problems.first().map_or_else(
        || failure.headline.clone(),
        |problem| format!("{}: {}", problem.path, problem.found),
    )
}

/// Where the alias leads, seen from what a login would change.
fn alias(changes: &[Change], first: &str) -> Found {
    let aliases = || {
        changes
            .iter()
            .filter(|change| change.path.starts_with("agents.") && change.path.contains(".models["))
    };
    // Taken away from another model: that one has it.
    if let Some(other) = aliases().find(|change| change.after.is_none()) {
        let model = other
            .path
            .split_once("[\"")
            .and_then(|(_, rest)| rest.split_once("\"]"))
            .map_or(other.path.as_str(), |(model, _)| model);
        return Ok(model.to_owned());
    }
    match aliases().next() {
        Some(_) => Err("it is not set".to_owned()),
        None => Ok(format!("anthropic-claude-proxy/{first}")),
    }
}

/// The version of the OpenClaw that would be started, from its package: starting it takes seconds.
fn openclaw_version(search: &std::ffi::OsStr) -> Found {
    let program =
        launch::find("openclaw", search).ok_or_else(|| launch::not_found("openclaw", search))?;
    let real = program.canonicalize().map_err(|why| why.to_string())?;
    for folder in real.ancestors().skip(1).take(PACKAGE_DEPTH) {
        let Ok(text) = std::fs::read_to_string(folder.join("package.json")) else {
            continue;
        };
        if let Ok(package) = serde_json::from_str::<Value>(&text)
            && package.get("name").and_then(Value::as_str) == Some("openclaw")
            && let Some(version) = package.get("version").and_then(Value::as_str)
        {
            return Ok(version.to_owned());
        }
    }
    Err(format!("no package was found around `{}`", real.display()))
}

/// Bytes that this user may still write where a directory is, or would be.
fn free_bytes(path: &Path) -> Result<u64, String> {
    let there = path
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    rustix::fs::statvfs(there)
        .map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize))
        .map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, after: Option<&str>) -> Change {
        Change {
            path: path.to_owned(),
            before: None,
            after: after.map(str::to_owned),
            why: String::new(),
        }
    }

    #[test]
    fn the_alias_is_read_off_a_logins_changes() {
        let ours = r#"agents.defaults.models["anthropic-claude-proxy/claude-opus-4.6"].alias"#;
        let theirs = r#"agents.defaults.models["openai/gpt-6"].alias"#;
        assert_eq!(alias(&[], "a"), Ok("anthropic-claude-proxy/a".to_owned()));
        assert!(alias(&[change(ours, Some("\"claude-max-proxy\""))], "a").is_err());
        assert_eq!(
            alias(
                &[
                    change(theirs, None),
                    change(ours, Some("\"claude-max-proxy\""))
                ],
                "a"
            ),
            Ok("openai/gpt-6".to_owned())
        );
    }

    #[test]
    fn a_screen_has_one_line_a_check_and_the_fix_below() {
        let check = |status, fix: Option<&str>| Check {
            id: "x".to_owned(),
            status,
            title: "Port".to_owned(),
            detail: "3456".to_owned(),
            fix: fix.map(str::to_owned),
        };
        let mut out = Vec::new();
        show(
            &[
                check(Status::Pass, None),
                check(Status::Fail, Some("kill 12")),
            ],
            Style::plain(None),
            &mut out,
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "✓ Port: 3456\n✗ Port: 3456\n    kill 12\n"
        );
    }
}
