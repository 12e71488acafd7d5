use super::*;
use crate::audit::AuditInput;
use crate::catalog::canonical;
use crate::health::Outcome;
use crate::problem::ErrorKind;
use crate::{ID, edit, listing, model_id};

fn options(document: &str) -> FlowOptions {
    FlowOptions {
        input: AuditInput::of(document),
        interactive: true,
        set_default: true,
        ..FlowOptions::default()
    }
}

/// The answer of somebody who presses Enter, with these outcomes of probes and these installed programs.
fn enter(prompt: &Prompt, seen: &[Observation], found: &[&str]) -> PromptAnswer {
    match prompt {
        Prompt::Text(prompt) => PromptAnswer::Text(prompt.initial.clone()),
        Prompt::Choose(prompt) => PromptAnswer::Chosen(prompt.initial.clone()),
        Prompt::Confirm(prompt) => PromptAnswer::Yes(prompt.initial),
        Prompt::Note(_) => PromptAnswer::Shown,
        Prompt::Probe(_) => PromptAnswer::Observed(seen.to_vec()),
        Prompt::FindPrograms(names) => {
            assert!(!names.is_empty());
            PromptAnswer::Programs(found.iter().map(|&path| path.to_owned()).collect())
        }
        Prompt::LoginStatus => PromptAnswer::Login(cli_says(false)),
        Prompt::Done(_) => panic!("the end was reached"),
    }
}

/// Runs a flow up to the first prompt of a kind.
fn begun(
    options: FlowOptions,
    seen: &[Observation],
    found: &[&str],
    is_it: fn(&Prompt) -> bool,
) -> (Flow, Prompt) {
    let mut flow = Flow::new(options);
    let mut prompt = flow.next(PromptAnswer::Begin).unwrap();
    while !is_it(&prompt) {
        prompt = flow.next(enter(&prompt, seen, found)).unwrap();
    }
    (flow, prompt)
}

/// Runs the flow and presses Enter at every question. Returns the ids of the questions and the result.
fn press_enter(options: FlowOptions, seen: &[Observation]) -> (Vec<String>, AuthResult) {
    let (flow, prompt) = begun(options, seen, &[], |_| true);
    press_on(flow, prompt, seen)
}

/// The same from this prompt on.
fn press_on(mut flow: Flow, mut prompt: Prompt, seen: &[Observation]) -> (Vec<String>, AuthResult) {
    let mut asked = Vec::new();
    for _ in 0..30 {
        let answer = match &prompt {
            Prompt::Done(result) => return (asked, result.clone()),
            prompt => enter(prompt, seen, &[]),
        };
        match prompt {
            Prompt::Text(TextPrompt { id, .. })
            | Prompt::Choose(ChoicePrompt { id, .. })
            | Prompt::Confirm(ConfirmPrompt { id, .. }) => asked.push(id),
            _ => {}
        }
        prompt = flow.next(answer).unwrap();
    }
    panic!("the flow does not end");
}

/// What `claude auth status` says with a login and without one.
fn cli_says(logged_in: bool) -> Option<ProgramOutput> {
    Some(ProgramOutput {
        errors: String::new(),
        code: Some(if logged_in { 0 } else { 1 }),
        output: format!("{{\"loggedIn\": {logged_in}}}"),
    })
}

#[test]
fn enter_at_every_question_gives_the_defaults() {
    let (asked, result) = press_enter(options(""), &[]);
    assert_eq!(asked, ["host", "port", "models", "grant"]);
    assert_eq!(
        result.default_model,
        "anthropic-claude-proxy/claude-opus-4.6"
    );
    assert_eq!(result.request.port, Some(3456));
    assert!(result.request.grant_hooks && result.request.set_default);
    assert!(
        result.notes.iter().any(|n| n.contains("Fail-closed")),
        "{:?}",
        result.notes
    );
}

#[test]
fn the_previous_values_are_offered_again() {
    let first = press_enter(
        FlowOptions {
            supplied: SuppliedAnswers {
                port: Some("9999".to_owned()),
                models: Some("claude-haiku-4".to_owned()),
                ..SuppliedAnswers::default()
            },
            ..options("")
        },
        &[],
    )
    .1;
    let text = edit::apply(&AuditInput::default(), &first.request)
        .unwrap()
        .text;
    let (asked, again) = press_enter(options(&text), &[]);
    assert_eq!(
        asked,
        ["host", "port", "models"],
        "the permission is not asked for twice"
    );
    assert_eq!(
        (again.request.port, again.request.models),
        (Some(9999), Some(vec!["claude-haiku-4".to_owned()]))
    );
}

/// Runs the flow up to the question about the program; if that is not asked, up to the question about models or the end.
fn offered(options: FlowOptions, found: &[&str]) -> (Flow, Prompt) {
    let refused = Observation {
        id: "root".to_owned(),
        outcome: Outcome::Refused,
        elapsed_ms: 1,
    };
    begun(options, &[refused], found, |prompt| match prompt {
        Prompt::Text(prompt) => prompt.id == MODELS,
        prompt => matches!(prompt, Prompt::Confirm(_) | Prompt::Done(_)),
    })
}

/// A document with these settings of the plugin.
fn with_config(config: &str) -> String {
    format!("{{ plugins: {{ entries: {{ '{ID}': {{ config: {config} }} }} }} }}")
}

#[test]
fn the_best_program_that_is_found_is_offered_by_its_full_path() {
    // The settings, what is found, and the command that is offered, if any.
    for row in [
        "{} | /opt/bin/meridian | /opt/bin/meridian",
        "{} | /a/opencode-claude-max-proxy /b/meridian | /b/meridian",
        "{} | /a/opencode-claude-max-proxy | /a/opencode-claude-max-proxy",
        "{} | meridian |",
        "{} | /a/meridian/other |",
        "{} | /a/claude-max-api |",
        "{} | |",
        // No registry that was asked has the usual one.
        "{} | /usr/bin/npx /b/bunx |",
        "{command: ['mine']} | /opt/bin/meridian |",
        "{autoStart: false} | /opt/bin/meridian |",
        "{host: '10.0.0.9', remoteHosts: ['10.0.0.9']} | /opt/bin/meridian |",
        // A package of which a version is known to exist.
        "{api: 'openai-completions'} | /usr/bin/npx | /usr/bin/npx -y claude-max-api-proxy@1.0.0 {port}",
        "{api: 'openai-completions'} | /usr/bin/npx /b/bunx | /b/bunx claude-max-api-proxy@1.0.0 {port}",
        "{api: 'openai-completions'} | /b/bunx /opt/claude-max-api | /opt/claude-max-api {port}",
        "{api: 'openai-completions'} | /opt/bin/meridian |",
    ] {
        let [config, found, command] = row.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let found: Vec<&str> = found.split_whitespace().collect();
        let expected: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let (mut flow, prompt) = offered(options(&with_config(config)), &found);
        if expected.is_empty() {
            assert!(matches!(&prompt, Prompt::Text(_)), "{row}: {prompt:?}");
            let (_, result) = press_on(flow, prompt, &[]);
            assert_eq!(result.request.command, None, "{row}");
            let note = |note: &&String| note.contains("No proxy is installed");
            let note = result.notes.iter().find(note);
            let was_searched = config == "{}" || config.starts_with("{api");
            assert_eq!(note.is_some(), was_searched, "{row}");
            assert!(note.is_none_or(|note| note.contains("docs/proxies.md")));
            continue;
        }
        let Prompt::Confirm(prompt) = &prompt else {
            panic!("{row}: {prompt:?}")
        };
        assert!(prompt.id == COMMAND && prompt.initial, "{prompt:?}");
        assert!(
            prompt.message.contains(&format!("`{command}`")),
            "{prompt:?}"
        );
        let mut refused = flow.clone();
        refused.next(PromptAnswer::Yes(false)).unwrap();
        assert_eq!(refused.request(false).command, None);
        let prompt = flow.next(PromptAnswer::Yes(true)).unwrap();
        let (_, result) = press_on(flow, prompt, &[]);
        assert_eq!(result.request.command.as_ref(), Some(&expected), "{row}");
        assert_eq!(crate::pin::unpinned_reason(&expected), None);
        let applied = edit::apply(&options("").input, &result.request).unwrap();
        let settings = configured::effective_settings(&AuditInput::of(applied.text)).unwrap();
        assert_eq!(settings.command, expected);
    }
    let accepting = FlowOptions {
        accept_defaults: true,
        ..options("{}")
    };
    let (_, prompt) = offered(accepting, &["/opt/bin/meridian"]);
    assert!(matches!(&prompt, Prompt::Done(result) if result.request.command.is_none()));
}

#[test]
fn whatever_a_proxy_lists_is_one_line_and_loses_nothing() {
    let rows: Vec<String> = (0..10_000)
        .map(|n| format!(r#"{{"id":"m-{n}"}}"#))
        .collect();
    let many = format!(r#"{{"data":[{}]}}"#, rows.join(","));
    let own = with_config("{models: ['mine']}");
    for (body, says, registered) in [
        (r#"{"data":[]}"#, "Models: the proxy lists no model.", 5),
        (
            "<html>",
            "Models: the proxy's list of models cannot be read",
            5,
        ),
        (
            r#"{"data":[7,{"id":"a b"}]}"#,
            "Models: the proxy lists no model.",
            5,
        ),
        (&many, "The proxy lists: m-0", MAX_OFFERED),
    ] {
        for (document, registered) in [("", registered), (&own, 1)] {
            let mut seen = running();
            seen.extend([answered(health::MODELS_ID, body)]);
            let is_note = |prompt: &Prompt| matches!(prompt, Prompt::Note(_));
            let (mut flow, prompt) = begun(options(document), &seen, &[], is_note);
            let Prompt::Note(Note { lines, .. }) = prompt else {
                panic!("{prompt:?}");
            };
            let mut listed = lines.iter().filter(|line| line.contains("ist"));
            assert!(listed.next().unwrap().starts_with(says), "{lines:?}");
            assert!(listed.next().is_none(), "{lines:?}");
            assert!(lines.concat().len() < 2_000, "{lines:?}");
            let prompt = flow.next(PromptAnswer::Shown).unwrap();
            if let Prompt::Choose(prompt) = &prompt {
                assert!(prompt.choices.len() <= MAX_OFFERED + 7);
            }
            let (_, result) = press_on(flow, prompt, &[]);
            let models = result.request.models.unwrap();
            assert_eq!(models.len(), registered, "{body:.40}");
        }
    }
    // What is not offered is listed all the same.
    let listing = listing::read(&[answered(health::MODELS_ID, &many)]);
    assert!(model_id::wire("m-9999", listing.models()).listed);
}

fn answered(id: &str, body: &str) -> Observation {
    let status = if id == "without-key" { 401 } else { 200 };
    Observation::answered(id, status, body)
}

/// The outcomes of the probes of a running proxy, without its list of models.
fn running() -> Vec<Observation> {
    vec![
        answered("without-key", ""),
        answered("with-key", ""),
        answered("root", r#"{"service":"meridian"}"#),
        answered(
            "health",
            r#"{"status":"healthy","version":"1.43.0","auth":{"loggedIn":true}}"#,
        ),
    ]
}

#[test]
fn a_wrong_answer_is_refused_and_may_be_given_again() {
    let mut flow = Flow::new(options(""));
    flow.next(PromptAnswer::Begin).unwrap();
    for wrong in ["", "0.0.0.0", "example.com", "http://127.0.0.1"] {
        let error = flow.next(PromptAnswer::Text(wrong.to_owned())).unwrap_err();
        assert_eq!(error.kind, ErrorKind::UnexpectedAnswer, "{wrong}");
    }
    flow.next(PromptAnswer::Text("localhost".to_owned()))
        .unwrap();
    assert!(flow.next(PromptAnswer::Text("70000".to_owned())).is_err());
    assert!(flow.next(PromptAnswer::Yes(true)).is_err(), "out of turn");
    let prompt = flow.next(PromptAnswer::Text("3457".to_owned())).unwrap();
    assert!(matches!(prompt, Prompt::Probe(_)), "{prompt:?}");
}

#[test]
fn every_flag_that_an_error_names_is_one_of_setup() {
    const FLAGS: &[&str] = &["--host", "--port", "--models", "--yes"];
    let open = r#"{"agents":{"defaults":{"imageModel":"openai/gpt-6-astra"}}}"#;
    let given = |known: usize, at: usize, value: &str| (known > at).then(|| value.to_owned());
    for (known, wanted) in ["host", "port", "models", "close", "grant"]
        .into_iter()
        .enumerate()
    {
        let mut flow = Flow::new(FlowOptions {
            interactive: false,
            supplied: SuppliedAnswers {
                address: given(known, 0, "127.0.0.1"),
                port: given(known, 1, "3456"),
                models: given(known, 2, "claude-opus-4.6"),
                close: (known > 3).then_some(true),
                grant: None,
            },
            ..options(open)
        });
        let mut answer = PromptAnswer::Begin;
        let error = loop {
            answer = match flow.next(answer) {
                Err(error) => break error,
                Ok(prompt @ (Prompt::Probe(_) | Prompt::LoginStatus | Prompt::Note(_))) => {
                    enter(&prompt, &[], &[])
                }
                Ok(prompt) => panic!("{prompt:?}"),
            };
        };
        let problem = &error.problems[0];
        assert_eq!(problem.path, wanted);
        let text = format!("{} {}", problem.accepted, problem.next);
        let mut named = text
            .split_whitespace()
            .filter(|word| word.starts_with("--"))
            .map(|word| word.trim_end_matches([',', '.']))
            .peekable();
        assert!(named.peek().is_some(), "{text}");
        assert!(named.all(|flag| FLAGS.contains(&flag)), "{text}");
    }
}

#[test]
fn a_running_proxy_offers_its_models() {
    let list = r#"{"data":[{"id":"claude-opus-4-6"},{"id":"claude-new-7"},{"id":"bad id"}]}"#;
    let mut seen = running();
    seen.push(answered(health::MODELS_ID, list));
    let is_choice = |prompt: &Prompt| matches!(prompt, Prompt::Choose(_));
    let (mut flow, Prompt::Choose(prompt)) = begun(options(""), &seen, &[], is_choice) else {
        panic!()
    };
    // The default first.
    assert_eq!(prompt.initial, ["claude-opus-4.6", "claude-new-7"]);
    let choices = prompt.choices.iter();
    let choices: Vec<_> = choices
        .map(|c| (c.value.as_str(), c.hint.as_str()))
        .collect();
    assert_eq!(
        choices[..2],
        [
            (
                "claude-opus-4.6",
                "sent as claude-opus-4-6, which the proxy lists"
            ),
            ("claude-new-7", "listed by the proxy"),
        ]
    );
    assert!(!choices.iter().any(|(id, _)| *id == "bad id"));
    let opus = choices
        .iter()
        .filter(|(id, _)| canonical(id) == "claude-opus-4-6");
    assert_eq!(opus.count(), 1);
    let prompt = flow
        .next(PromptAnswer::Chosen(vec![OTHER.to_owned()]))
        .unwrap();
    assert!(matches!(prompt, Prompt::Text(_)), "{prompt:?}");
}

#[test]
fn an_openclaw_that_is_not_known_is_noted_and_nothing_is_offered_to_close() {
    let mut options = options("");
    options.input.openclaw = Some(crate::audit::OpenclawVersion {
        version: "2026.8.1".to_owned(),
        schema_known: false,
    });
    let (asked, result) = press_enter(options, &[]);
    assert_eq!(asked, ["host", "port", "models", "grant"]);
    let note = &result.notes[0];
    assert!(
        note.starts_with("NOT known to be closed") && note.contains("2026.8.1"),
        "{note}"
    );
    assert!(!result.notes.iter().any(|note| note.contains("Fail-closed")));
}

#[test]
fn an_open_route_is_shown_and_closed_unless_refused() {
    let text = r#"{"agents":{"defaults":{"imageModel":"openai/gpt-6-astra"}}}"#;
    let (asked, result) = press_enter(options(text), &[]);
    assert_eq!(asked, ["host", "port", "models", "close", "grant"]);
    assert!(result.request.fix);
    let refused = FlowOptions {
        supplied: SuppliedAnswers {
            close: Some(false),
            ..SuppliedAnswers::default()
        },
        ..options(text)
    };
    let (_, result) = press_enter(refused, &[]);
    assert!(
        !result.request.fix && result.notes[0].starts_with("NOT closed"),
        "{:?}",
        result.notes
    );
}
