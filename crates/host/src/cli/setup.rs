//! The auth flow without OpenClaw's command line.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, json};

use super::args::Setup;
use super::audit::{CLOSE, can_be_closed, show_line};
use super::context::Context;
use super::edit::{Edit, EditResult, write};
use super::failure::{CommandError, FAILED, Failure};
use super::output::{self, Style, Tone};
use super::probe::Prober;
use super::programs::Programs;
use super::{access_key, install_dirs, prompt, turn};
use crate::component::{CallError, ClaudeProxy, auth, config, types};

pub(super) fn run(context: &Context, args: &Setup) -> Result<u8, CommandError> {
    let style = Style::of_stdout();
    let mut component = context.component(FAILED)?;
    let document = context.document(FAILED)?;
    if !args.dry_run {
        // Before questions are asked in vain.
        context
            .store()
            .check_writable(document)
            .map_err(|why| Failure::store(FAILED, &why))?;
    }
    let interactive = prompt::is_interactive(args.yes || args.json);
    let audited = context.audit(&mut component, document, FAILED)?;
    let options = auth::FlowOptions {
        input: audited.input,
        interactive,
        accept_defaults: args.yes || args.json,
        supplied: auth::SuppliedAnswers {
            address: args.host.clone(),
            port: args.port.clone(),
            models: args.models.clone(),
            close: None,
            grant: None,
        },
        set_default: args.set_default,
        headless: headless(),
        token: context
            .token(&mut component)
            .map_err(|why| Failure::component(FAILED, &why, None))?,
    };
    let login = flow(context, &mut component, &options, style, args)?;
    let request = config::ApplyRequest {
        harden: args.harden,
        unharden: args.unharden,
        ..login.request
    };
    let edit = Edit {
        request,
        dry_run: args.dry_run,
        json: args.json,
        interactive,
    };
    let result = write(context, &mut component, &edit, style)?;
    let code = report(&result, &login.default_model, &login.notes, &edit, style)?;
    if interactive && !args.dry_run {
        let now = context.reload();
        let settings = now.settings_for(&mut component, None)?;
        turn::offer(&now, &mut component, &settings)?;
    }
    Ok(code)
}

/// No browser is at hand: a container, or a login from elsewhere.
fn headless() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
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

/// Drives the flow to its end: shows notes, asks, probes.
fn flow(
    context: &Context,
    component: &mut ClaudeProxy,
    options: &auth::FlowOptions,
    style: Style,
    args: &Setup,
) -> Result<auth::AuthResult, CommandError> {
    let document = context.document(FAILED)?.target();
    let settings = context.settings(component, FAILED)?;
    let programs = Programs::new(component);
    // Asked before the flow has the component.
    let questions = component.doctor_questions()?;
    let mut flow = component
        .flow(options)
        .map_err(|why| Failure::component(FAILED, &why, None))?;
    let mut prompt = advance(flow.next(&auth::PromptAnswer::Begin), document)?;
    loop {
        let answer = match &prompt {
            auth::Prompt::Text(prompt) => prompt::text(style, prompt)?,
            auth::Prompt::Choose(prompt) => prompt::choose(style, prompt)?,
            auth::Prompt::Confirm(prompt) => {
                auth::PromptAnswer::Yes(prompt::confirm(style, &prompt.message, prompt.initial)?)
            }
            auth::Prompt::Note(note) => {
                if !args.json {
                    show_note(note, style)?;
                }
                auth::PromptAnswer::Shown
            }
            auth::Prompt::Probe(request) => {
                auth::PromptAnswer::Observed(observe(context, &settings, request)?)
            }
            auth::Prompt::LoginStatus => auth::PromptAnswer::Login(programs.login(&questions)),
            auth::Prompt::FindPrograms(names) => {
                auth::PromptAnswer::Programs(install_dirs::find_all(names))
            }
            auth::Prompt::Done(result) => return Ok(result.clone()),
        };
        prompt = match flow.next(&answer) {
            Err(CallError::Input(types::Error {
                kind: types::ErrorKind::UnexpectedAnswer,
                problems,
            })) if problems
                .iter()
                .any(|problem| asked_for(&prompt) == Some(&problem.path)) =>
            {
                for problem in problems {
                    writeln!(
                        output::stdout(),
                        "{} {} is not accepted. Accepted: {}. {}",
                        style.paint(Tone::Warn, "!"),
                        problem.found,
                        problem.accepted,
                        problem.next
                    )?;
                }
                prompt
            }
            other => advance(other, document)?,
        };
    }
}

/// The prompt that a person has just answered.
fn asked_for(prompt: &auth::Prompt) -> Option<&str> {
    match prompt {
        auth::Prompt::Text(prompt) => Some(&prompt.id),
        auth::Prompt::Choose(prompt) => Some(&prompt.id),
        auth::Prompt::Confirm(prompt) => Some(&prompt.id),
        auth::Prompt::Note(_)
        | auth::Prompt::Probe(_)
        | auth::Prompt::LoginStatus
        | auth::Prompt::FindPrograms(_)
        | auth::Prompt::Done(_) => None,
    }
}

/// An answer given by a flag is named by its flag.
fn advance(
    next: Result<auth::Prompt, CallError>,
    document: &Path,
) -> Result<auth::Prompt, CommandError> {
    next.map_err(|why| {
        let mut failure = Failure::component(FAILED, &why, Some(document));
        if matches!(&why, CallError::Input(error) if error.kind == types::ErrorKind::UnexpectedAnswer) {
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
    for line in &note.lines {
        writeln!(out, "  {}", style.wrap(2, line))?;
    }
    writeln!(out)
}

/// Probes the address, with its key where there is one: a proxy that asks for it lists its models to nobody else.
fn observe(
    context: &Context,
    settings: &types::Settings,
    request: &auth::ProbeRequest,
) -> Result<Vec<types::Observation>, Failure> {
    let (host, port) = split_url(&request.base_url);
    let key = match (context.state(FAILED), &settings.key_file) {
        (Ok(state), Some(_)) => access_key::in_use(settings, port, &state, FAILED)?,
        // The login goes on without it: what is wrong there is the doctor's to say.
        (Ok(state), None) => access_key::in_use(settings, port, &state, FAILED)
            .ok()
            .flatten(),
        (Err(_), _) => None,
    };
    Ok(match Prober::new(host, port, key.map(|(key, _)| key)) {
        Ok(prober) => prober.observe(&request.probes),
        // A name that does not resolve is an observation too: nobody is there.
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

fn report(
    result: &EditResult,
    default_model: &str,
    notes: &[String],
    edit: &Edit,
    style: Style,
) -> Result<u8, CommandError> {
    let report = &result.report;
    if edit.json {
        let mut object = Map::new();
        result.add_to(&mut object);
        for (key, value) in [
            ("path", json!(result.path.display().to_string())),
            ("defaultModel", json!(default_model)),
            ("closed", json!(report.closed)),
            ("decided", json!(report.decided)),
            ("notes", json!(notes)),
        ] {
            object.insert(key.to_owned(), value);
        }
        output::json(&object)?;
        return Ok(0);
    }
    let mut out = output::stdout();
    match (&result.replaced, edit.dry_run) {
        (Some(_), _) => {}
        (None, true) => writeln!(out, "Nothing was written (--dry-run).")?,
        (None, false) => writeln!(
            out,
            "{} is as it should be; nothing was written.",
            result.path.display()
        )?,
    }
    result.show(&mut out)?;
    show_line(report, style, &mut out)?;
    if can_be_closed(report) {
        writeln!(out, "{}", style.hint(0, CLOSE))?;
    }
    for note in notes {
        writeln!(out, "{}", style.wrap(0, note))?;
    }
    Ok(0)
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
