use super::*;
use crate::catalog::canonical;
use crate::health::Outcome;
use crate::report::AuditInput;
use crate::{ID, edit, listing, model_id};

fn options(document: &str) -> FlowOptions {
    FlowOptions {
        input: AuditInput::of(document),
        interactive: true,
        set_default: true,
        ..FlowOptions::default()
    }
}

/// What somebody answers who presses Enter at every question, where the probes give this and these programs are there.
fn enter(step: &Step, seen: &[Observation], found: &[&str]) -> Answer {
    match step {
        Step::Text(prompt) => Answer::Text(prompt.initial.clone()),
        Step::Choose(prompt) => Answer::Chosen(prompt.initial.clone()),
        Step::Confirm(prompt) => Answer::Yes(prompt.initial),
        Step::Note(_) => Answer::Shown,
        Step::Probe(_) => Answer::Observed(seen.to_vec()),
        Step::FindPrograms(names) => {
            assert!(!names.is_empty());
            Answer::Programs(found.iter().map(|&path| path.to_owned()).collect())
        }
        Step::LoginStatus => Answer::Login(cli_says(false)),
        Step::Done(_) => panic!("the end was reached"),
    }
}

/// Begins a flow and goes on to the first step of a kind.
fn begun(
    options: FlowOptions,
    seen: &[Observation],
    found: &[&str],
    is_it: fn(&Step) -> bool,
) -> (Flow, Step) {
    let mut flow = Flow::new(options);
    let mut step = flow.next(Answer::Begin).unwrap();
    while !is_it(&step) {
        step = flow.next(enter(&step, seen, found)).unwrap();
    }
    (flow, step)
}

/// Runs the flow with one kind of world, pressing Enter at every question; gives the ids asked and the result.
fn press_enter(options: FlowOptions, seen: &[Observation]) -> (Vec<String>, AuthResult) {
    let (flow, step) = begun(options, seen, &[], |_| true);
    press_on(flow, step, seen)
}

/// The same from this step on.
fn press_on(mut flow: Flow, mut step: Step, seen: &[Observation]) -> (Vec<String>, AuthResult) {
    let mut asked = Vec::new();
    for _ in 0..30 {
        let answer = match &step {
            Step::Done(result) => return (asked, result.clone()),
            step => enter(step, seen, &[]),
        };
        match step {
            Step::Text(TextPrompt { id, .. })
            | Step::Choose(ChoicePrompt { id, .. })
            | Step::Confirm(ConfirmPrompt { id, .. }) => asked.push(id),
            _ => {}
        }
        step = flow.next(answer).unwrap();
    }
    panic!("the flow does not end");
}

/// What `claude auth status` says with a login and without one.
fn cli_says(logged_in: bool) -> Option<AuthStatus> {
    Some(AuthStatus {
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

/// The flow up to the question about the program, with what was found; to that about models, or the end, where it is not asked.
fn offered(options: FlowOptions, found: &[&str]) -> (Flow, Step) {
    let refused = Observation {
        id: "root".to_owned(),
        outcome: Outcome::Refused,
        elapsed_ms: 1,
    };
    begun(options, &[refused], found, |step| match step {
        Step::Text(prompt) => prompt.id == MODELS,
        step => matches!(step, Step::Confirm(_) | Step::Done(_)),
    })
}

#[test]
fn a_proxy_that_is_installed_is_offered_and_pinned_by_its_path() {
    for (answer, expected) in [
        (true, Some(vec!["/opt/bin/meridian".to_owned()])),
        (false, None),
    ] {
        let (mut flow, step) = offered(options("{}"), &["/opt/bin/meridian"]);
        let Step::Confirm(prompt) = step else {
            panic!("{step:?}")
        };
        assert!(prompt.id == COMMAND && prompt.initial, "{prompt:?}");
        assert!(prompt.message.contains("`/opt/bin/meridian`"), "{prompt:?}");
        let step = flow.next(Answer::Yes(answer)).unwrap();
        let (_, result) = press_on(flow, step, &[]);
        assert_eq!(result.request.command, expected);
        let applied = edit::apply(&options("{}").input, &result.request).unwrap();
        let settings = configured::effective_settings(&AuditInput::of(applied.text));
        let command = expected.unwrap_or_else(|| Settings::default().command);
        assert_eq!(settings.unwrap().command, command);
    }
}

#[test]
fn nothing_is_offered_where_nothing_is_found_or_a_command_is_set() {
    let (_, step) = offered(options("{}"), &[]);
    assert!(matches!(step, Step::Text(_)), "{step:?}");
    let set = format!(
        "{{ plugins: {{ entries: {{ '{ID}': {{ config: {{ command: ['mine'] }} }} }} }} }}"
    );
    let (_, step) = offered(options(&set), &["/opt/bin/meridian"]);
    assert!(matches!(step, Step::Text(_)), "{step:?}");
    let spared = FlowOptions {
        accept_defaults: true,
        ..options("{}")
    };
    let (_, step) = offered(spared, &["/opt/bin/meridian"]);
    let Step::Done(result) = step else {
        panic!("{step:?}")
    };
    assert_eq!(result.request.command, None);
}

#[test]
fn a_runner_that_is_found_is_offered_with_a_package_and_version_that_are_known_to_exist() {
    let openai = format!(
        "{{ plugins: {{ entries: {{ '{ID}': {{ config: {{ api: 'openai-completions' }} }} }} }} }}"
    );
    for (found, command) in [
        (
            &["/usr/bin/npx"][..],
            &["/usr/bin/npx", "-y", "claude-max-api-proxy@1.0.0", "{port}"][..],
        ),
        (
            &["/usr/bin/npx", "/b/bunx"],
            &["/b/bunx", "claude-max-api-proxy@1.0.0", "{port}"],
        ),
        (
            &["/b/bunx", "/opt/claude-max-api"],
            &["/opt/claude-max-api", "{port}"],
        ),
    ] {
        let (mut flow, step) = offered(options(&openai), found);
        assert!(
            matches!(&step, Step::Confirm(prompt) if prompt.id == COMMAND),
            "{step:?}"
        );
        flow.next(Answer::Yes(true)).unwrap();
        let wanted: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(flow.request(false).command, Some(wanted.clone()));
        assert_eq!(crate::pin::doubt(&wanted), None);
    }
    // No registry that was asked has the usual one.
    let (flow, step) = offered(options("{}"), &["/usr/bin/npx", "/b/bunx"]);
    assert!(matches!(step, Step::Text(_)), "{step:?}");
    let (_, result) = press_on(flow, step, &[]);
    let note = result
        .notes
        .iter()
        .find(|note| note.contains("No proxy is installed"));
    assert!(
        note.is_some_and(|note| note.contains("docs/proxies.md")),
        "{:?}",
        result.notes
    );
}

#[test]
fn whatever_a_proxy_lists_is_one_line_and_loses_nothing() {
    let rows: Vec<String> = (0..10_000)
        .map(|n| format!(r#"{{"id":"m-{n}"}}"#))
        .collect();
    let many = format!(r#"{{"data":[{}]}}"#, rows.join(","));
    let own =
        format!("{{ plugins: {{ entries: {{ '{ID}': {{ config: {{ models: ['mine'] }} }} }} }} }}");
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
        (&many, "The proxy lists: m-0", MOST_OFFERED),
    ] {
        for (document, registered) in [("", registered), (&own, 1)] {
            let mut seen = running();
            seen.extend([said(health::LIVE_MODELS, body)]);
            let is_note = |step: &Step| matches!(step, Step::Note(_));
            let (mut flow, step) = begun(options(document), &seen, &[], is_note);
            let Step::Note(Note { body: note, .. }) = step else {
                panic!("{step:?}");
            };
            let lines: Vec<&str> = note.lines().filter(|line| line.contains("ist")).collect();
            assert!(lines.len() == 1 && lines[0].starts_with(says), "{note}");
            assert!(note.len() < 2_000, "{}", note.len());
            let step = flow.next(Answer::Shown).unwrap();
            if let Step::Choose(prompt) = &step {
                assert!(
                    prompt.choices.len() <= MOST_OFFERED + 7,
                    "{}",
                    prompt.choices.len()
                );
            }
            let (_, result) = press_on(flow, step, &[]);
            assert_eq!(
                result.request.models.unwrap().len(),
                registered,
                "{body:.40}"
            );
        }
    }
    // Nothing is said of a model that was not looked at.
    assert!(model_id::wire("m-9999", listing_of(&many).models()).listed);
}

fn listing_of(body: &str) -> Listing {
    listing::read(&[said(health::LIVE_MODELS, body)])
}

fn said(id: &str, body: &str) -> Observation {
    let status = if id == "without-key" { 401 } else { 200 };
    Observation::answered(id, status, body)
}

/// What a proxy that runs answers, but for its models.
fn running() -> Vec<Observation> {
    vec![
        said("without-key", ""),
        said("with-key", ""),
        said("root", r#"{"service":"meridian"}"#),
        said(
            "health",
            r#"{"status":"healthy","version":"1.43.0","auth":{"loggedIn":true}}"#,
        ),
    ]
}

#[test]
fn a_wrong_answer_is_refused_and_may_be_given_again() {
    let mut flow = Flow::new(options(""));
    flow.next(Answer::Begin).unwrap();
    for wrong in ["", "0.0.0.0", "example.com", "http://127.0.0.1"] {
        assert!(
            matches!(
                flow.next(Answer::Text(wrong.to_owned())),
                Err(Error::UnexpectedAnswer(_))
            ),
            "{wrong}"
        );
    }
    flow.next(Answer::Text("localhost".to_owned())).unwrap();
    assert!(flow.next(Answer::Text("70000".to_owned())).is_err());
    assert!(flow.next(Answer::Yes(true)).is_err(), "out of turn");
    assert!(matches!(
        flow.next(Answer::Text("3457".to_owned())).unwrap(),
        Step::Probe(_)
    ));
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
                host: given(known, 0, "127.0.0.1"),
                port: given(known, 1, "3456"),
                models: given(known, 2, "claude-opus-4.6"),
                close: (known > 3).then_some(true),
                grant: None,
            },
            ..options(open)
        });
        let mut answer = Answer::Begin;
        let error = loop {
            answer = match flow.next(answer) {
                Err(error) => break error,
                Ok(step @ (Step::Probe(_) | Step::LoginStatus | Step::Note(_))) => {
                    enter(&step, &[], &[])
                }
                Ok(step) => panic!("{step:?}"),
            };
        };
        let problem = &error.problems()[0];
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
fn only_a_proxy_that_was_recognised_is_asked_what_carries_the_key() {
    let answer = Observation::answered;
    let rounds = |answers: &[Observation]| {
        let is_probe = |step: &Step| matches!(step, Step::Probe(_));
        let (mut flow, mut step) = begun(options(""), &[], &[], is_probe);
        let mut rounds = Vec::new();
        while let Step::Probe(request) = step {
            let probes = request.probes.iter();
            let asked = probes
                .clone()
                .map(|probe| (probe.id.clone(), probe.with_key));
            rounds.push(asked.collect::<Vec<_>>());
            let seen = probes.map(|probe| {
                let given = answers.iter().find(|seen| seen.id == probe.id);
                given.cloned().unwrap_or_else(|| answer(&probe.id, 404, ""))
            });
            step = flow.next(Answer::Observed(seen.collect())).unwrap();
        }
        rounds
    };
    let keyed = |(_, with_key): &(String, bool)| *with_key;
    let stranger = rounds(&[answer("root", 200, "hello")]);
    assert!(!stranger.iter().flatten().any(keyed), "{stranger:?}");
    // One that calls itself a proxy and takes no notice of the key is asked no more with it.
    let other = rounds(&[
        answer("root", 200, r#"{"service":"meridian"}"#),
        answer("without-key", 401, ""),
        answer("with-key", 401, ""),
        answer("with-key-models", 401, ""),
    ]);
    let lists = |(id, _): &(String, bool)| id == health::LIVE_MODELS;
    assert!(!other.iter().flatten().any(lists), "{other:?}");
    let ours = rounds(&[
        answer("root", 200, r#"{"service":"meridian"}"#),
        answer("without-key", 401, ""),
        answer("with-key", 200, ""),
        answer(
            "health",
            200,
            r#"{"status":"healthy","auth":{"loggedIn":true}}"#,
        ),
    ]);
    assert_eq!(ours.first().unwrap(), &[("root".to_owned(), false)]);
    assert_eq!(
        ours.last().unwrap(),
        &[(health::LIVE_MODELS.to_owned(), true)]
    );
}

#[test]
fn a_running_proxy_offers_its_models() {
    let mut seen = running();
    seen.extend([said(
        health::LIVE_MODELS,
        r#"{"data":[{"id":"claude-opus-4-6"},{"id":"claude-new-7"},{"id":"bad id"}]}"#,
    )]);
    let is_note = |step: &Step| matches!(step, Step::Note(_));
    let (mut flow, Step::Note(note)) = begun(options(""), &seen, &[], is_note) else {
        panic!()
    };
    assert!(
        note.body.contains("Meridian 1.43.0") && note.body.contains("claimed"),
        "{}",
        note.body
    );
    let Step::Choose(prompt) = flow.next(Answer::Shown).unwrap() else {
        panic!()
    };
    let values: Vec<&str> = prompt.choices.iter().map(|c| c.value.as_str()).collect();
    assert!(values.contains(&"claude-new-7") && !values.contains(&"bad id"));
    assert_eq!(
        prompt.initial,
        ["claude-opus-4.6", "claude-new-7"],
        "the default first"
    );
    assert_eq!(
        prompt.choices[0].hint,
        "sent as claude-opus-4-6, which the proxy lists"
    );
    assert_eq!(prompt.choices[1].hint, "listed by the proxy");
    assert_eq!(
        values
            .iter()
            .filter(|v| canonical(v) == "claude-opus-4-6")
            .count(),
        1
    );
    let Step::Text(_) = flow.next(Answer::Chosen(vec![OTHER.to_owned()])).unwrap() else {
        panic!()
    };
}

#[test]
fn a_host_that_is_not_known_is_told_and_nobody_is_asked_to_close_it() {
    let mut options = options("");
    options.input.host = Some(crate::report::Host {
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
