//! The doctor: gathers facts; the component judges them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use claude_proxy_supervisor::control::Request;
use serde_json::{Value, json};

use super::args::Doctor;
use super::context::Context;
use super::elsewhere;
use super::failure::{CANNOT_TELL, COULD_NOT, Failure, Halt};
use super::health::key_name;
use super::launch;
use super::output::{self, Style, Tone};
use super::probe::Look;
use super::setup::{self, Edit};
use super::status::{login_name, prober};
use super::timeout::{self, Answer};
use super::{models, turn};
use crate::audit::{self, Audited, Openclaw};
use crate::component::config::{ApplyRequest, Finding, Report, Severity};
use crate::component::doctor::{Check, Fact, Status};
use crate::component::{ClaudeProxy, auth, chat, health, types};
use crate::key_file;

/// Longest time that a program may take to say its version.
const VERSION_PATIENCE: Duration = Duration::from_secs(5);
/// Longest time that the Claude CLI may take to look at its login.
const LOGIN_PATIENCE: Duration = Duration::from_secs(15);
/// Longest time that OpenClaw may take to say its version: it loads much before that.
const OPENCLAW_PATIENCE: Duration = Duration::from_secs(15);
/// Findings that the component is told of; it shows the first.
const SHOWN: usize = 3;
const PLUGIN: &str = "plugins.entries.anthropic-claude-proxy";

pub(super) fn run(context: &Context, wanted: &Doctor) -> Result<u8, Halt> {
    let mut component = context.component(CANNOT_TELL)?;
    let port = wanted.look.port.as_deref();
    // Whoever is asked is asked before the look, which takes a while.
    let turn = match wanted.turn {
        true => {
            // Looked at anew after what --fix writes.
            let settings = context.again().settings_for(&mut component, port)?;
            turn::agreed(&mut component, &settings, wanted)?.then_some(settings)
        }
        false => None,
    };
    if wanted.fix {
        fix(context, &mut component, wanted, port)?;
    }
    let facts = Gathered::all(context, &mut component, port).facts;
    let mut checks = component
        .examine(&facts)
        .map_err(|why| Failure::component(CANNOT_TELL, &why, None))?;
    if let Some(settings) = turn {
        checks.extend(turn::checks(context, &mut component, &settings)?);
    }
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

/// Applies what is safe: a private state directory, a closed configuration with the provider entry of this version, the
/// guard's permission.
fn fix(
    context: &Context,
    component: &mut ClaudeProxy,
    wanted: &Doctor,
    port: Option<&str>,
) -> Result<(), Halt> {
    let json = wanted.look.json;
    context
        .state(CANNOT_TELL)?
        .prepare()
        .map_err(|why| Failure::state(COULD_NOT, &why))?;
    let path = context.config_path(CANNOT_TELL)?;
    if !path.exists() {
        return Ok(());
    }
    let edit = Edit {
        request: ApplyRequest {
            fix: true,
            grant_hooks: true,
            listed: listed(context, component, port),
            ..as_it_should_be()
        },
        dry_run: false,
        json,
        asking: setup::can_ask(wanted.yes || json),
    };
    let written = setup::write(context, component, &edit, Style::of_stdout())?;
    if let (Some(_), false) = (&written.replaced, json) {
        writeln!(output::stdout(), "Written: {}\n", written.path.display())?;
    }
    Ok(())
}

/// What the running proxy lists, for the figures of the models; nothing where none answers.
fn listed(
    context: &Context,
    component: &mut ClaudeProxy,
    port: Option<&str>,
) -> Vec<types::ListedModel> {
    let found = context.settings_for(component, port).and_then(|settings| {
        Ok(look(context, component, &settings)?.0.verdict).map(|verdict| (settings, verdict))
    });
    let Ok((settings, verdict)) = found else {
        return Vec::new();
    };
    match models_of(context, component, &settings, &verdict) {
        Ok(chat::Listing::Models(models)) => models,
        Ok(chat::Listing::None(_)) | Err(_) => Vec::new(),
    }
}

/// Who answers, and whether the supervisor says that it is ours.
fn look(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Result<(Look, Option<bool>), Failure> {
    let state = context.state(CANNOT_TELL)?;
    let supervised = super::control::ask(&state.socket_path(settings.port), Request::Status);
    let ours = supervised
        .ok()
        .flatten()
        .as_ref()
        .and_then(|status| status.pointer("/owner/ours"))
        .and_then(Value::as_bool);
    let look = prober(settings, &state)?.look(component, settings, ours)?;
    Ok((look, ours))
}

/// The models of a proxy that may be used.
fn models_of(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    verdict: &health::Verdict,
) -> Result<chat::Listing, String> {
    if verdict.readiness != health::Readiness::Ready {
        return Err("no proxy answers".to_owned());
    }
    let prober = context
        .state(CANNOT_TELL)
        .and_then(|state| prober(settings, &state))
        .map_err(|failure| first_problem(&failure))?;
    models::listing(component, &prober).map_err(|_| "it cannot be asked".to_owned())
}

/// The edit that a login would make without changing address or models.
fn as_it_should_be() -> ApplyRequest {
    ApplyRequest {
        host: None,
        port: None,
        models: None,
        command: None,
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

/// One line a check, and what to do below it.
pub(super) fn show(checks: &[Check], style: Style, out: &mut dyn Write) -> io::Result<()> {
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
    pub(super) fn new(context: &Context, component: &mut ClaudeProxy) -> Self {
        let inherit = component
            .parse_settings("{}")
            .and_then(|settings| component.launch(&settings, &context.variable_names()))
            .map(|plan| plan.inherit)
            .unwrap_or_default();
        let environment = inherit
            .into_iter()
            .filter_map(|name| {
                let value = context.variable(&name)?.into_string().ok()?;
                Some((name, value))
            })
            .collect();
        let search = context.variable("PATH").unwrap_or_default();
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
        timeout::run(program, arguments, &self.environment, deadline)
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

fn as_fact(finding: &Finding) -> Value {
    json!({
        "code": finding.code,
        "path": finding.path,
        "leadsTo": finding.leads_to,
        "message": finding.message,
        "fix": finding.fix,
    })
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
    fn all(context: &Context, component: &mut ClaudeProxy, port: Option<&str>) -> Self {
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
            Ok(match setup::token(context) {
                auth::TokenState::Absent => "absent",
                auth::TokenState::Present => "present",
                auth::TokenState::Malformed => "malformed",
            }
            .to_owned()),
        );
        facts.programs(context, component);
        facts.configuration(context, component);
        match context.settings_for(component, port) {
            Ok(settings) => {
                facts.command(context, component, &settings);
                facts.proxy(context, component, &settings);
            }
            Err(failure) => {
                let why = first_problem(&failure);
                for name in [
                    "proxy-program",
                    "proxy-elsewhere",
                    "proxy-command",
                    "proxy-pinned",
                    "port",
                    "port-owner",
                    "health",
                    "identity",
                    "access-key",
                    "login",
                    "proxy-kind",
                    "key-file",
                    "models-listed",
                ] {
                    facts.set(name, Err(why.clone()));
                }
            }
        }
        facts.place(context);
        facts
    }

    /// Programs of others, asked at the same time.
    fn programs(&mut self, context: &Context, component: &mut ClaudeProxy) {
        let claude = ClaudeCli::new(context, component);
        let search = context.variable("PATH").unwrap_or_default();
        let asked = |name: &str, patience: Duration| -> Result<Answer, String> {
            let program =
                launch::find(name, &search).ok_or_else(|| launch::not_found(name, &search))?;
            timeout::run(&program, &["--version"], &claude.environment, patience)
        };
        let version = |name: &str| asked(name, VERSION_PATIENCE).and_then(|said| first_line(&said));
        let (claude_version, auth_status, bun, node, openclaw) = std::thread::scope(|scope| {
            let claude_version = scope.spawn(|| {
                claude
                    .run(&["--version"], VERSION_PATIENCE)
                    .and_then(|answer| first_line(&answer))
            });
            let auth_status = scope.spawn(|| claude.auth_status());
            let bun = scope.spawn(|| version("bun"));
            let node = scope.spawn(|| version("node"));
            let openclaw = scope.spawn(|| {
                asked("openclaw", OPENCLAW_PATIENCE).and_then(|said| openclaw_version(&said))
            });
            (
                joined(claude_version),
                joined(auth_status),
                joined(bun),
                joined(node),
                joined(openclaw),
            )
        });
        let home = context.variable("HOME");
        let elsewhere = |names: &[&str]| -> Found {
            let found = names
                .iter()
                .find_map(|name| elsewhere::find(name, home.as_deref()));
            found
                .map(|path| path.display().to_string())
                .ok_or_else(|| "it is in no usual place".to_owned())
        };
        self.set("claude-elsewhere", elsewhere(&["claude"]));
        self.set("runtime-elsewhere", elsewhere(&["bun", "node"]));
        self.set("claude-version", claude_version);
        self.set(
            "claude-auth-status",
            auth_status.map(|answer| format!("{} {}", answer.code, answer.output)),
        );
        self.set("bun-version", bun);
        self.set("node-version", node);
        // Who runs this command may know better than a search of PATH.
        let named = context.openclaw().host.as_ref();
        let openclaw = named.map_or(openclaw, |host| Ok(host.version.clone()));
        self.openclaw = openclaw.as_ref().ok().cloned();
        self.set("openclaw-version", openclaw);
    }

    fn configuration(&mut self, context: &Context, component: &mut ClaudeProxy) {
        let audited = context
            .document(CANNOT_TELL)
            .map_err(|failure| first_problem(&failure))
            .and_then(|document| {
                let lookup = |name: &str| context.variable(name);
                let mut openclaw = context.openclaw().clone();
                if let (None, Some(version)) = (&openclaw.host, &self.openclaw) {
                    openclaw = Openclaw::of_version(version);
                }
                audit::audit(component, document, &lookup, &openclaw).map_err(|why| why.to_string())
            });
        let audited = match audited {
            Ok(audited) => audited,
            Err(why) => {
                for name in [
                    "config-audit",
                    "config-findings",
                    "config-unread",
                    "config-fix",
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
        self.open_places(component, &audited);
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
            }
            Err(why) => {
                for name in ["plugin-enabled", "hooks-permission"] {
                    self.set(name, Err(why.to_string()));
                }
            }
        }
        let found = context
            .document(CANNOT_TELL)
            .map_err(|failure| first_problem(&failure))
            .and_then(|document| {
                audit::whole(component, document, &|name| context.variable(name))
                    .map_err(|why| why.to_string())
            })
            .and_then(|whole| alias(component, &whole));
        self.set("model-alias", found);
    }

    /// What keeps the configuration open, as far as a line shows it, and whether the audit's fix closes any of it.
    fn open_places(&mut self, component: &mut ClaudeProxy, audited: &Audited) {
        let open = |report: &Report| -> Vec<Value> {
            let is_open = |finding: &&Finding| {
                matches!(finding.severity, Severity::Leak | Severity::Undecided)
            };
            let findings = report.findings.iter().filter(is_open);
            findings.map(as_fact).collect()
        };
        let mut before = open(&audited.report);
        let fix = ApplyRequest {
            fix: true,
            ..as_it_should_be()
        };
        let helps = !before.is_empty()
            && component
                .apply(&audited.input, &fix)
                .is_ok_and(|applied| open(&applied.report).len() < before.len());
        self.set(
            "config-fix",
            Ok(if helps { "yes" } else { "no" }.to_owned()),
        );
        before.truncate(SHOWN);
        self.set("config-findings", Ok(Value::Array(before).to_string()));
        let files = audited.input.files.iter();
        let unread: Vec<&str> = files
            .filter(|file| file.text.is_none())
            .map(|file| file.path.as_str())
            .collect();
        self.set("config-unread", Ok(unread.join(", ")));
    }

    fn command(
        &mut self,
        context: &Context,
        component: &mut ClaudeProxy,
        settings: &types::Settings,
    ) {
        let plan = match component.launch(settings, &context.variable_names()) {
            Ok(plan) => plan,
            Err(why) => {
                for name in [
                    "proxy-program",
                    "proxy-elsewhere",
                    "proxy-command",
                    "proxy-pinned",
                ] {
                    self.set(name, Err(why.to_string()));
                }
                return;
            }
        };
        let search = context.variable("PATH").unwrap_or_default();
        let program = plan.command.first().cloned().unwrap_or_default();
        self.set(
            "proxy-program",
            launch::find(&program, &search)
                .map(|path| path.display().to_string())
                .ok_or_else(|| launch::not_found(&program, &search)),
        );
        let home = context.variable("HOME");
        let elsewhere = match launch::find(&program, &search) {
            Some(_) => None,
            None => elsewhere::find(&program, home.as_deref()),
        };
        self.set(
            "proxy-elsewhere",
            elsewhere
                .map(|path| {
                    let mut command = plan.command.clone();
                    if let Some(first) = command.first_mut() {
                        *first = path.display().to_string();
                    }
                    json!(command).to_string()
                })
                .ok_or_else(|| "it is in no usual place".to_owned()),
        );
        self.set("proxy-command", Ok(plan.command.join(" ")));
        if !plan.local {
            self.set("proxy-host", Ok(plan.host));
        }
        let pinned = if plan.pinned { "yes" } else { "no" };
        self.set("proxy-pinned", Ok(pinned.to_owned()));
    }

    fn proxy(
        &mut self,
        context: &Context,
        component: &mut ClaudeProxy,
        settings: &types::Settings,
    ) {
        self.set("port", Ok(settings.port.to_string()));
        self.key_file(settings);
        let looked = look(context, component, settings);
        let (look, ours) = match looked {
            Ok(looked) => looked,
            Err(failure) => {
                let why = first_problem(&failure);
                for name in [
                    "port-owner",
                    "health",
                    "identity",
                    "access-key",
                    "login",
                    "proxy-kind",
                    "models-listed",
                ] {
                    self.set(name, Err(why.clone()));
                }
                return;
            }
        };
        self.models(context, component, settings, &look);
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
        self.kind(verdict);
    }

    /// What the verdict says of the kind of proxy.
    fn kind(&mut self, verdict: &health::Verdict) {
        let kind = verdict.name.as_deref().unwrap_or("none");
        self.set("proxy-kind", Ok(kind.to_owned()));
        if let Some(version) = &verdict.version {
            self.set("proxy-version", Ok(version.clone()));
        }
        let tools = match verdict.own_tools {
            Some(true) => "on",
            Some(false) => "off",
            None => "unknown",
        };
        self.set("own-tools", Ok(tools.to_owned()));
        let fix = verdict.command.clone().unwrap_or_default();
        self.set("proxy-fix", Ok(fix));
    }

    /// Whether the key of the user's own proxy can be read.
    fn key_file(&mut self, settings: &types::Settings) {
        let path = settings.key_file.clone().unwrap_or_default();
        let read = settings
            .key_file
            .as_ref()
            .map(|path| key_file::read(Path::new(path)));
        self.set("key-file", Ok(path));
        let (trouble, fix) = match read {
            Some(Err(why)) => (why.to_string(), why.next()),
            Some(Ok(_)) | None => (String::new(), String::new()),
        };
        self.set("key-file-trouble", Ok(trouble));
        self.set("key-file-fix", Ok(fix));
    }

    /// What the running proxy lists.
    fn models(
        &mut self,
        context: &Context,
        component: &mut ClaudeProxy,
        settings: &types::Settings,
        look: &Look,
    ) {
        let found = models_of(context, component, settings, &look.verdict);
        let ids = match found {
            Ok(chat::Listing::Models(models)) => {
                let ids: Vec<String> = models.into_iter().map(|model| model.id).collect();
                Ok(json!(ids).to_string())
            }
            Ok(chat::Listing::None(why)) | Err(why) => Err(why),
        };
        self.set("models-listed", ids);
    }

    fn place(&mut self, context: &Context) {
        let state = context.state(CANNOT_TELL);
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
        self.set("clock-written", written(context));
    }
}

/// When the configuration was written, as Unix time.
fn written(context: &Context) -> Found {
    let path = context
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
        (code, _) => Err(match answer.last_error() {
            Some(line) => format!("it ended with exit code {code}: {line}"),
            None => format!("it ended with exit code {code}"),
        }),
    }
}

fn first_problem(failure: &Failure) -> String {
    failure.problems.first().map_or_else(
        || failure.headline.clone(),
        |problem| format!("{}: {}", problem.path, problem.found),
    )
}

/// Where the alias leads in a whole document; `own ALIAS` where the first model has another one.
fn alias(component: &mut ClaudeProxy, whole: &str) -> Found {
    let describe = component.describe().map_err(|why| why.to_string())?;
    let settings = component
        .settings_from_config(whole)
        .map_err(|why| why.to_string())?;
    let first = settings.models.first().map_or("", String::as_str);
    let whole: Value = serde_json::from_str(whole).map_err(|why| why.to_string())?;
    alias_in(
        &whole,
        &describe.model_alias,
        &format!("{}/{first}", describe.id),
    )
}

fn alias_in(whole: &Value, wanted: &str, first: &str) -> Found {
    let of = |model: &Value| {
        model
            .get("alias")?
            .as_str()
            .map(|alias| alias.trim().to_owned())
    };
    let agents = whole.get("agents");
    let listed = agents.and_then(|agents| agents.get("list")?.as_array());
    let named = agents.and_then(|agents| agents.get("entries")?.as_object());
    let defaults = agents.and_then(|agents| agents.get("defaults"));
    let owners = defaults
        .into_iter()
        .chain(named.into_iter().flat_map(|all| all.values()))
        .chain(listed.into_iter().flatten());
    let models: Vec<(&String, String)> = owners
        .filter_map(|owner| owner.get("models")?.as_object())
        .flatten()
        .filter_map(|(key, model)| Some((key, of(model)?)))
        .collect();
    let is_ours = |alias: &str| alias.eq_ignore_ascii_case(wanted);
    if let Some((key, _)) = models.iter().find(|(_, alias)| is_ours(alias)) {
        return Ok((*key).clone());
    }
    match models.iter().find(|(key, _)| *key == first) {
        Some((_, alias)) if !alias.is_empty() => Ok(format!("own {alias}")),
        _ => Err("it is not set".to_owned()),
    }
}

/// The version in what OpenClaw says of itself, `OpenClaw 2026.9.6 (1234567)` or the number alone. A wrapper may say more.
fn openclaw_version(answer: &Answer) -> Found {
    let is_version = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_digit())
            && word.split('.').count() >= 3
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
    };
    let words = answer
        .output
        .split_whitespace()
        .map(|word| word.trim_start_matches('v').trim_end_matches(','));
    match words.into_iter().find(is_version) {
        Some(version) if answer.code == 0 => Ok(version.to_owned()),
        _ if answer.code == 0 => Err("`openclaw --version` names none".to_owned()),
        _ => Err(format!(
            "`openclaw --version` ended with exit code {}",
            answer.code
        )),
    }
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

    #[test]
    fn the_alias_is_read_off_the_whole_document() {
        let first = "anthropic-claude-proxy/a";
        for (document, found) in [
            (json!({}), None),
            (
                json!({"agents": {"defaults": {"models": {first: {}}}}}),
                None,
            ),
            (
                json!({"agents": {"defaults": {"models": {first: {"alias": "x-proxy"}}}}}),
                Some(first),
            ),
            (
                json!({"agents": {"defaults": {"models": {"openai/gpt-6": {"alias": " X-Proxy "}}}}}),
                Some("openai/gpt-6"),
            ),
            (
                json!({"agents": {"list": [{"models": {"openai/gpt-6": {"alias": "x-proxy"}}}]}}),
                Some("openai/gpt-6"),
            ),
            (
                json!({"agents": {"defaults": {"models": {first: {"alias": "opus"}}}}}),
                Some("own opus"),
            ),
        ] {
            assert_eq!(
                alias_in(&document, "x-proxy", first).ok().as_deref(),
                found,
                "{document}"
            );
        }
    }

    #[test]
    fn the_version_of_openclaw_is_what_it_says() {
        for (code, output, version) in [
            (0, "2026.9.6\n", Some("2026.9.6")),
            (0, "OpenClaw 2026.9.6 (1234567)\n", Some("2026.9.6")),
            (
                0,
                "starting 1 container\nv2026.9.6-beta.1\n",
                Some("2026.9.6-beta.1"),
            ),
            (0, "hello\n", None),
            (1, "2026.9.6\n", None),
        ] {
            let answer = Answer {
                code,
                output: output.to_owned(),
                errors: String::new(),
            };
            assert_eq!(
                openclaw_version(&answer).ok().as_deref(),
                version,
                "{output}"
            );
        }
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
