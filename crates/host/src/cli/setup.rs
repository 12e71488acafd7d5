//! The auth flow without OpenClaw's command line.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use claude_proxy_supervisor::Secret;
use serde_json::json;

use super::args::Setup;
use super::context::Context;
use super::failure::{COULD_NOT, Failure, Halt, Problem, REFUSED};
use super::output::{self, Style, Tone};
use super::probe::Prober;
use super::secret;
use super::{diff, elsewhere, prompt, turn};
use crate::audit::Audited;
use crate::component::{ClaudeProxy, Error, auth, config, types};
use crate::store::{Document, Replaced, Store, StoreError};

/// How often an edit begins again when another program wrote to the file in between.
const TRIES: usize = 3;
/// Beginning of a token that `claude setup-token` makes.
const TOKEN_PREFIX: &str = "sk-ant-oat";
/// Shorter than any token.
const TOKEN_SHORTEST: usize = 40;

pub(super) fn run(context: &Context, wanted: &Setup) -> Result<u8, Halt> {
    let style = Style::of_stdout();
    let mut component = context.component(COULD_NOT)?;
    let document = context.document(COULD_NOT)?;
    if !wanted.dry_run {
        // Before anybody answers questions in vain.
        context
            .store()
            .check_writable(document)
            .map_err(|why| Failure::store(COULD_NOT, &why))?;
    }
    let asking = can_ask(wanted.yes || wanted.json);
    let audited = audit(context, &mut component, document)?;
    let options = auth::FlowOptions {
        input: audited.input,
        interactive: asking,
        accept_defaults: wanted.yes || wanted.json,
        supplied: supplied(wanted),
        set_default: wanted.set_default,
        headless: headless(context),
        token: token(context),
    };
    let claude = super::doctor::ClaudeCli::new(context, &mut component);
    let result = flow(context, &mut component, &options, style, &claude, wanted)?;
    let request = config::ApplyRequest {
        harden: wanted.harden,
        unharden: wanted.unharden,
        ..result.request
    };
    let edit = Edit {
        request,
        dry_run: wanted.dry_run,
        json: wanted.json,
        asking,
    };
    let written = write(context, &mut component, &edit, style)?;
    let code = report(&written, &result.default_model, &result.notes, &edit, style)?;
    if asking && !wanted.dry_run {
        let now = context.again();
        let settings = now.settings_for(&mut component, None)?;
        turn::offer(&now, &mut component, &settings)?;
    }
    Ok(code)
}

/// Whether somebody is there who can be asked, and is not to be spared.
pub(super) fn can_ask(spared: bool) -> bool {
    !spared && io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn supplied(wanted: &Setup) -> Vec<(String, String)> {
    [
        ("host", &wanted.host),
        ("port", &wanted.port),
        ("models", &wanted.models),
    ]
    .into_iter()
    .filter_map(|(id, value)| Some((id.to_owned(), value.clone()?)))
    .collect()
}

/// No browser is at hand: a container, or a login from elsewhere.
fn headless(context: &Context) -> bool {
    let set = |name| context.variable(name).is_some_and(|v| !v.is_empty());
    let display = set("DISPLAY") || set("WAYLAND_DISPLAY") || cfg!(target_os = "macos");
    set("SSH_CONNECTION")
        || set("SSH_TTY")
        || set("container")
        || set("KUBERNETES_SERVICE_HOST")
        || ["/.dockerenv", "/run/.containerenv"]
            .iter()
            .any(|path| Path::new(path).exists())
        || !display
}

/// What can be seen of the headless token; its value goes nowhere from here.
pub(super) fn token(context: &Context) -> auth::TokenState {
    match context.variable("CLAUDE_CODE_OAUTH_TOKEN") {
        None => auth::TokenState::Absent,
        Some(value) if value.is_empty() => auth::TokenState::Absent,
        Some(value) => match value.to_str() {
            Some(text)
                if text.starts_with(TOKEN_PREFIX)
                    && text.len() >= TOKEN_SHORTEST
                    && text.bytes().all(|b| b.is_ascii_graphic()) =>
            {
                auth::TokenState::Present
            }
            _ => auth::TokenState::Malformed,
        },
    }
}

fn audit(
    context: &Context,
    component: &mut ClaudeProxy,
    document: &Document,
) -> Result<Audited, Failure> {
    context
        .audit(component, document)
        .map_err(|why| Failure::component(COULD_NOT, &why, Some(document.target())))
}

/// Drives the flow to its end: shows, asks, looks.
fn flow(
    context: &Context,
    component: &mut ClaudeProxy,
    options: &auth::FlowOptions,
    style: Style,
    claude: &super::doctor::ClaudeCli,
    wanted: &Setup,
) -> Result<auth::AuthResult, Halt> {
    let document = context.document(COULD_NOT)?.target();
    let settings = context.settings(component, COULD_NOT)?;
    let mut flow = component
        .flow(options)
        .map_err(|why| Failure::component(COULD_NOT, &why, None))?;
    let mut step = advance(flow.next(&auth::Answer::Begin), document)?;
    loop {
        let answer = match &step {
            auth::Step::Text(asked) => prompt::text(style, asked)?,
            auth::Step::Choose(asked) => prompt::choose(style, asked)?,
            auth::Step::Confirm(asked) => {
                auth::Answer::Yes(prompt::confirm(style, &asked.message, asked.initial)?)
            }
            auth::Step::Note(note) => {
                if !wanted.json {
                    show_note(note, style)?;
                }
                auth::Answer::Shown
            }
            auth::Step::Probe(request) => {
                auth::Answer::Observed(look(context, &settings, request)?)
            }
            auth::Step::LoginStatus => auth::Answer::Login(claude.login()),
            auth::Step::FindPrograms(names) => {
                auth::Answer::Programs(elsewhere::all(context, names))
            }
            auth::Step::Done(result) => return Ok(result.clone()),
        };
        step = match flow.next(&answer) {
            Err(Error::Input(types::Error::UnexpectedAnswer(problem)))
                if asked_for(&step) == Some(problem.path.as_str()) =>
            {
                writeln!(
                    output::stdout(),
                    "{} {} is not accepted. Accepted: {}. {}",
                    style.paint(Tone::Warn, "!"),
                    problem.found,
                    problem.accepted,
                    problem.next
                )?;
                step
            }
            other => advance(other, document)?,
        };
    }
}

/// The question that a person was just asked.
fn asked_for(step: &auth::Step) -> Option<&str> {
    match step {
        auth::Step::Text(prompt) => Some(&prompt.id),
        auth::Step::Choose(prompt) => Some(&prompt.id),
        auth::Step::Confirm(prompt) => Some(&prompt.id),
        auth::Step::Note(_)
        | auth::Step::Probe(_)
        | auth::Step::LoginStatus
        | auth::Step::FindPrograms(_)
        | auth::Step::Done(_) => None,
    }
}

/// An answer given by a flag is named by its flag.
fn advance(next: Result<auth::Step, Error>, document: &Path) -> Result<auth::Step, Halt> {
    next.map_err(|why| {
        let mut failure = Failure::component(COULD_NOT, &why, Some(document));
        if let Error::Input(types::Error::UnexpectedAnswer(_)) = why {
            for problem in &mut failure.problems {
                if ["host", "port", "models"].contains(&problem.path.as_str()) {
                    problem.path = format!("--{}", problem.path);
                }
            }
        }
        failure.into()
    })
}

fn show_note(note: &auth::Note, style: Style) -> io::Result<()> {
    let mut out = output::stdout();
    writeln!(out, "\n{}", style.paint(Tone::Strong, &note.title))?;
    for line in note.body.lines() {
        writeln!(out, "  {}", style.wrap(2, line))?;
    }
    writeln!(out)
}

/// Asks the address, with its key where there is one: a proxy that asks for it lists its models to nobody else.
fn look(
    context: &Context,
    settings: &types::Settings,
    request: &auth::ProbeRequest,
) -> Result<Vec<types::Observation>, Failure> {
    let (host, port) = split_url(&request.base_url);
    let key = match (context.state(COULD_NOT), &settings.key_file) {
        (Ok(state), Some(_)) => secret::in_use_at(settings, port, &state, COULD_NOT)?,
        // The login goes on without it: what is wrong there is the doctor's to say.
        (Ok(state), None) => secret::in_use_at(settings, port, &state, COULD_NOT)
            .ok()
            .flatten(),
        (Err(_), _) => None,
    };
    let key = key.map(|(key, _)| Secret::new(key.expose()));
    Ok(match Prober::new(host, port, key) {
        Ok(prober) => prober.ask(&request.probes),
        // A name that cannot be looked up is an observation too: nobody is there.
        Err(failure) => request
            .probes
            .iter()
            .map(|probe| types::Observation {
                id: probe.id.clone(),
                outcome: types::Outcome::Failed(failure.headline.clone()),
                elapsed_ms: 0,
            })
            .collect(),
    })
}

/// Host and port of `http://host:port`, as the component writes it.
fn split_url(url: &str) -> (&str, u16) {
    let address = url.strip_prefix("http://").unwrap_or(url);
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (host, port.parse().unwrap_or(0))
}

/// An edit of the configuration.
pub(super) struct Edit {
    pub(super) request: config::ApplyRequest,
    pub(super) dry_run: bool,
    pub(super) json: bool,
    /// Ask before writing.
    pub(super) asking: bool,
}

/// What became of an edit.
pub(super) struct Written {
    pub(super) path: PathBuf,
    pub(super) applied: config::Applied,
    /// What was written; `None` where nothing was.
    pub(super) replaced: Option<Replaced>,
    /// Copies that OpenClaw may restore, and that were brought up to date, or would be.
    pub(super) copies: Vec<PathBuf>,
    /// The audit of what is there now, or would be.
    pub(super) report: config::Report,
}

/// Applies an edit: shows it, asks where somebody can be asked, writes, and looks again.
pub(super) fn write(
    context: &Context,
    component: &mut ClaudeProxy,
    edit: &Edit,
    style: Style,
) -> Result<Written, Halt> {
    let store = context.store();
    let path = context.config_path(COULD_NOT)?;
    let mut tries = 0;
    loop {
        tries += 1;
        let document = store
            .read(&path)
            .map_err(|why| Failure::store(COULD_NOT, &why))?;
        let input = audit(context, component, &document)?.input;
        let applied = component
            .apply(&input, &edit.request)
            .map_err(|why| Failure::component(COULD_NOT, &why, Some(document.target())))?;
        let changed = !applied.changes.is_empty() || applied.text != document.text();
        let replaced = if changed {
            match write_one(&store, &document, &applied, edit, style) {
                Ok(replaced) => replaced,
                // Begin again with what the other program wrote.
                Err(Unwritten::Store(StoreError::Changed { kept: None, .. })) if tries < TRIES => {
                    continue;
                }
                Err(Unwritten::Store(why)) => return Err(Failure::store(COULD_NOT, &why).into()),
                Err(Unwritten::Halt(halt)) => return Err(halt),
            }
        } else {
            None
        };
        let copies = if edit.request.fix {
            close_copies(context, component, &document, edit)?
        } else {
            Vec::new()
        };
        let report = if edit.dry_run {
            applied.report.clone()
        } else {
            // What was promised is what is there: read again, not remembered.
            let now = store
                .read(&path)
                .map_err(|why| Failure::store(COULD_NOT, &why))?;
            audit(context, component, &now)?.report
        };
        return Ok(Written {
            path: document.target().to_owned(),
            applied,
            replaced,
            copies,
            report,
        });
    }
}

enum Unwritten {
    Store(StoreError),
    Halt(Halt),
}

impl<E: Into<Halt>> From<E> for Unwritten {
    fn from(why: E) -> Self {
        Self::Halt(why.into())
    }
}

fn write_one(
    store: &Store,
    document: &Document,
    applied: &config::Applied,
    edit: &Edit,
    style: Style,
) -> Result<Option<Replaced>, Unwritten> {
    if !edit.json {
        let mut out = output::stdout();
        let title = style.paint(Tone::Strong, "Change of");
        writeln!(out, "{title} {}", document.target().display())?;
        diff::show(
            &mut out,
            style,
            document.text(),
            &applied.text,
            &applied.changes,
        )?;
        writeln!(out)?;
    }
    if edit.dry_run {
        return Ok(None);
    }
    if edit.asking && !prompt::confirm(style, "Write this?", true).map_err(Unwritten::Halt)? {
        return Err(Failure::new(
            REFUSED,
            "nothing was changed",
            Problem {
                code: "declined".to_owned(),
                path: document.target().display().to_string(),
                found: "the answer no".to_owned(),
                accepted: "yes".to_owned(),
                next: "Run it again when you want the change.".to_owned(),
            },
        )
        .into());
    }
    store
        .replace(document, &applied.text)
        .map(Some)
        .map_err(Unwritten::Store)
}

/// Closes the copies that OpenClaw may put in place of the file by itself, as far as they can be closed: the report
/// names the others.
fn close_copies(
    context: &Context,
    component: &mut ClaudeProxy,
    document: &Document,
    edit: &Edit,
) -> Result<Vec<PathBuf>, Failure> {
    let store = context.store();
    let mut closed = Vec::new();
    // Where they cannot be listed the audit says so.
    for path in document.host_copies().unwrap_or_default() {
        let Ok(copy) = store.read(&path) else {
            continue;
        };
        let audited = audit(context, component, &copy)?;
        if audited.report.closed {
            continue;
        }
        let request = config::ApplyRequest {
            host: None,
            port: None,
            models: None,
            command: None,
            listed: Vec::new(),
            set_default: false,
            grant_hooks: edit.request.grant_hooks,
            fix: true,
            harden: false,
            unharden: false,
        };
        let Ok(applied) = component.apply(&audited.input, &request) else {
            continue;
        };
        if applied.report.closed && (edit.dry_run || store.replace(&copy, &applied.text).is_ok()) {
            closed.push(path);
        }
    }
    Ok(closed)
}

fn report(
    written: &Written,
    default_model: &str,
    notes: &[String],
    edit: &Edit,
    style: Style,
) -> Result<u8, Halt> {
    let report = &written.report;
    if edit.json {
        output::json(&json!({
            "path": written.path.display().to_string(),
            "written": written.replaced.is_some(),
            "backup": backup(written),
            "copies": copies(written),
            "changes": changes(&written.applied.changes),
            "defaultModel": default_model,
            "closed": report.closed,
            "decided": report.decided,
            "notes": notes,
        }))?;
        return Ok(0);
    }
    let mut out = output::stdout();
    match (&written.replaced, edit.dry_run) {
        (Some(_), _) => writeln!(out, "Written: {}", written.path.display())?,
        (None, true) => writeln!(out, "Nothing was written (--dry-run).")?,
        (None, false) => writeln!(
            out,
            "{} is as it should be; nothing was written.",
            written.path.display()
        )?,
    }
    if let Some(backup) = backup(written) {
        writeln!(out, "Before:  {backup}")?;
    }
    for copy in copies(written) {
        writeln!(out, "Copy:    {copy}")?;
    }
    if report.closed {
        let word = style.paint(Tone::Good, "Closed");
        writeln!(out, "{word}: every route leads to the proxy.")?;
    } else {
        let word = style.paint(Tone::Bad, "Open");
        writeln!(
            out,
            "{word}: see `claude-proxy audit`; close it with `claude-proxy audit --fix`."
        )?;
    }
    for note in notes {
        writeln!(out, "{}", style.wrap(0, note))?;
    }
    Ok(0)
}

pub(super) fn backup(written: &Written) -> Option<String> {
    let path = written.replaced.as_ref()?.backup.as_ref()?;
    Some(path.display().to_string())
}

pub(super) fn copies(written: &Written) -> Vec<String> {
    written
        .copies
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}

/// Changes as JSON.
pub(super) fn changes(changes: &[config::Change]) -> Vec<serde_json::Value> {
    changes
        .iter()
        .map(|change| {
            json!({
                "path": change.path,
                "before": change.before,
                "after": change.after,
                "why": change.why,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        assert_eq!(split_url("http://127.0.0.1:3456"), ("127.0.0.1", 3456));
        assert_eq!(split_url("http://[::1]:1"), ("::1", 1));
    }
}
