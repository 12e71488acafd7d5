//! The auth flow without OpenClaw's command line.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, json};

use super::args::Setup;
use super::claude_cli::ClaudeCli;
use super::context::Context;
use super::edit::{Edit, Written, audit, write};
use super::failure::{COULD_NOT, Failure, Halt};
use super::output::{self, Style, Tone};
use super::probe::Prober;
use super::{elsewhere, prompt, secret, turn};
use crate::component::{ClaudeProxy, Error, auth, config, types};

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
    let asking = prompt::can_ask(wanted.yes || wanted.json);
    let audited = audit(context, &mut component, document)?;
    let options = auth::FlowOptions {
        input: audited.input,
        interactive: asking,
        accept_defaults: wanted.yes || wanted.json,
        supplied: auth::SuppliedAnswers {
            host: wanted.host.clone(),
            port: wanted.port.clone(),
            models: wanted.models.clone(),
            close: None,
            grant: None,
        },
        set_default: wanted.set_default,
        headless: headless(context),
        token: context
            .token(&mut component)
            .map_err(|why| Failure::component(COULD_NOT, &why, None))?,
    };
    let claude = ClaudeCli::new(context, &mut component);
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

/// Drives the flow to its end: shows, asks, looks.
fn flow(
    context: &Context,
    component: &mut ClaudeProxy,
    options: &auth::FlowOptions,
    style: Style,
    claude: &ClaudeCli,
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
            auth::Step::LoginStatus => auth::Answer::Login(claude.auth_status()),
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
        (Ok(state), Some(_)) => secret::in_use(settings, port, &state, COULD_NOT)?,
        // The login goes on without it: what is wrong there is the doctor's to say.
        (Ok(state), None) => secret::in_use(settings, port, &state, COULD_NOT)
            .ok()
            .flatten(),
        (Err(_), _) => None,
    };
    Ok(match Prober::new(host, port, key.map(|(key, _)| key)) {
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

fn report(
    written: &Written,
    default_model: &str,
    notes: &[String],
    edit: &Edit,
    style: Style,
) -> Result<u8, Halt> {
    let report = &written.report;
    if edit.json {
        let mut object = Map::new();
        written.tell(&mut object);
        for (key, value) in [
            ("path", json!(written.path.display().to_string())),
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
    match (&written.replaced, edit.dry_run) {
        (Some(_), _) => {}
        (None, true) => writeln!(out, "Nothing was written (--dry-run).")?,
        (None, false) => writeln!(
            out,
            "{} is as it should be; nothing was written.",
            written.path.display()
        )?,
    }
    written.show(&mut out)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        assert_eq!(split_url("http://127.0.0.1:3456"), ("127.0.0.1", 3456));
        assert_eq!(split_url("http://[::1]:1"), ("::1", 1));
    }
}
