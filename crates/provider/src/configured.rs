//! The settings in force, read from a whole OpenClaw configuration.

use crate::audit::{self, AuditInput, Code, EffectiveConfig, PROVIDER};
use crate::document::{self, Value, path};
use crate::problem::ErrorKind;
use crate::settings::{self, SETTINGS_PATH, Settings};
use crate::{Error, ID, Problem};

pub use crate::wit::config::Merged;

/// Reads the settings in force: those of the plugin, else those of the provider entry, else the defaults. An empty text means that there
/// is no file.
///
/// # Errors
/// `ErrorKind::Unreadable` if the text is not JSON5, or if an included file may hold the settings; `ErrorKind::InvalidSettings` with all
/// problems at once.
pub fn settings(text: &str) -> Result<Settings, Error> {
    if text.trim().is_empty() {
        return Ok(Settings::default());
    }
    let document = document::parse(text).map_err(Error::unreadable)?;
    let config = value_or_include(&document.root, &["plugins", "entries", ID, "config"])?;
    let provider = value_or_include(&document.root, &["models", "providers", ID])?;
    settings::from_parts(config, provider)
}

/// Replaces the includes and variables of a document as OpenClaw does, for [`settings()`]. An empty text means that there is no file.
/// Questions are only asked for what the settings depend on.
///
/// # Errors
/// `ErrorKind::Unreadable` if the text is not JSON5, or if an included file that may hold the settings cannot be read;
/// `ErrorKind::InvalidSettings` if a setting has a variable without a value.
pub fn merge(input: &AuditInput) -> Result<Merged, Error> {
    let root = if input.document.trim().is_empty() {
        Value::Object(Vec::new())
    } else {
        document::parse(&input.document)
            .map_err(Error::unreadable)?
            .root
    };
    let config = audit::effective_config(root, input);
    if !config.questions.is_empty() {
        return Ok(Merged::Needs(config.questions));
    }
    ensure_readable(&config, input)?;
    let open = unresolved(&config, |_| true);
    if !open.is_empty() {
        return Err(Error::invalid_settings(open));
    }
    Ok(Merged::Document(config.root.json()))
}

/// The settings in force, if all questions of the audit have been answered.
///
/// # Errors
/// As [`merge`] and [`settings()`]; `ErrorKind::Other` if a question has not been answered.
pub(crate) fn effective_settings(input: &AuditInput) -> Result<Settings, Error> {
    match merge(input)? {
        Merged::Document(text) => settings(&text),
        Merged::Needs(questions) => Err(unanswered_error(questions.len())),
    }
}

/// Whether OpenClaw lets the guard see runs.
fn has_permission(root: &Value) -> bool {
    root.bool_at(&["plugins", "entries", ID, "hooks", "allowConversationAccess"]) == Some(true)
}

/// Whether the guard's permission stands in the file or what it includes; what cannot be known is not permitted.
pub(crate) fn is_guard_permitted(input: &AuditInput) -> bool {
    document::parse(&input.document).is_ok_and(|document| {
        let config = audit::effective_config(document.root, input);
        config.questions.is_empty() && has_permission(&config.root)
    })
}

/// The command that gives the guard its permission.
pub(crate) fn permit_command() -> String {
    format!(
        "openclaw config set plugins.entries.{ID}.hooks.allowConversationAccess true --strict-json"
    )
}

/// Why OpenClaw hides runs from the guard, with what to do; `None` where it has its permission. The document is one of [`merge`].
pub fn guard_off(document: &str) -> Option<String> {
    let permitted = document::parse(document).is_ok_and(|document| has_permission(&document.root));
    (!permitted).then(|| {
        format!(
            "the guard is OFF: OpenClaw does not let this plugin see runs, so one that leads elsewhere is not stopped. Allow it: {}",
            permit_command()
        )
    })
}

/// The effective configuration of a document that is being edited. Variables without a value are reported by [`unresolved`].
///
/// # Errors
/// As [`effective_settings`].
pub(crate) fn effective_config(root: &Value, input: &AuditInput) -> Result<EffectiveConfig, Error> {
    let config = audit::effective_config(root.clone(), input);
    if !config.questions.is_empty() {
        return Err(unanswered_error(config.questions.len()));
    }
    ensure_readable(&config, input)?;
    Ok(config)
}

/// The error for questions that have not been answered.
pub(crate) fn unanswered_error(count: usize) -> Error {
    Error::of(
        ErrorKind::Other,
        Problem::new(
            "unanswered",
            "the document",
            format!("{count} open questions about included files and variables"),
            "answers to every question of the audit",
            "Audit the document first, and give the same answers to the edit.",
        ),
    )
}

/// Problems for the settings with a variable without a value, at the places that count.
pub(crate) fn unresolved(config: &EffectiveConfig, counts: impl Fn(&str) -> bool) -> Vec<Problem> {
    let open = config.unresolved.iter().filter(|(place, _)| counts(place));
    open.map(|(place, name)| {
        Problem::new(
            "unresolved-variable",
            place.clone(),
            format!("`${{{name}}}`, a variable without a value"),
            "a value, or a variable that has one",
            format!("Set {name} where OpenClaw runs and here, or in env.vars, or write the value itself."),
        )
    })
    .collect()
}

/// Refuses a document if an included file that may hold the settings could not be read.
fn ensure_readable(config: &EffectiveConfig, input: &AuditInput) -> Result<(), Error> {
    let blocking = [Code::IncludeUnreadable, Code::TooLarge, Code::TooDeep];
    let missing = config.findings.iter().find(|finding| {
        let place = finding.path.split("$include").next().unwrap_or_default();
        let place = place.trim_end_matches('.');
        let holds = |ours: &str| {
            place.is_empty() || path::is_within(ours, place) || path::is_within(place, ours)
        };
        blocking.iter().any(|code| code.text() == finding.code)
            && (holds(SETTINGS_PATH) || holds(PROVIDER))
    });
    let Some(finding) = missing else {
        return Ok(());
    };
    let files: Vec<&str> = input
        .files
        .iter()
        .filter(|file| file.text.is_none())
        .map(|file| file.path.as_str())
        .collect();
    let found = match files.as_slice() {
        [] => finding.message.trim_end_matches('.').to_owned(),
        files => format!("`{}`, which cannot be read", files.join("`, `")),
    };
    Err(Error::unreadable(Problem::new(
        "include-unreadable",
        finding.path.clone(),
        found,
        "an included file that can be read, since it may hold the plugin's settings",
        format!(
            "Put the file there, readable and in the configuration's own folder, or write {SETTINGS_PATH} and {PROVIDER} into the main file."
        ),
    )))
}

/// The value at a path, if there is one. It is an error if an included file may hold it.
fn value_or_include<'a>(root: &'a Value, keys: &[&str]) -> Result<Option<&'a Value>, Error> {
    let mut at = root;
    let mut walked: Vec<&str> = Vec::new();
    for key in keys {
        if at.get("$include").is_some() && at.get(key).is_none() {
            return Err(Error::unreadable(Problem::new(
                "settings-included",
                if walked.is_empty() {
                    "$include".to_owned()
                } else {
                    format!("{}.$include", walked.join("."))
                },
                "an include that may hold the plugin's settings",
                format!(
                    "a document with its includes replaced, or {SETTINGS_PATH} and {PROVIDER} in the main file"
                ),
                "Merge the document first, or move these two entries into the main file.",
            )));
        }
        match at.get(key) {
            Some(value) => at = value,
            None => return Ok(None),
        }
        walked.push(key);
    }
    Ok(Some(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{FileText, Question, Variable};
    use crate::settings::GuardMode;

    #[test]
    fn a_whole_configuration_gives_the_settings() {
        let text = "{ // mine\n models: {providers: {'anthropic-claude-proxy': {baseUrl: 'http://127.0.0.1:9999'}}},\n\
                    plugins: {entries: {'anthropic-claude-proxy': {enabled: true, config: {restartDelayMs: 1e3}}}} }";
        let settings = super::settings(text).unwrap();
        assert_eq!((settings.port, settings.restart_delay_ms), (9999, 1000));
        assert_eq!(super::settings("").unwrap(), Settings::default());
        assert_eq!(super::settings("{}").unwrap(), Settings::default());
    }

    /// A document with one included file, and the address of the proxy.
    fn input(document: &str, path: &str, text: Option<&str>, url: Option<&str>) -> AuditInput {
        AuditInput {
            files: vec![FileText {
                path: path.to_owned(),
                text: text.map(str::to_owned),
            }],
            variables: vec![Variable {
                name: "PROXY_URL".to_owned(),
                value: url.map(str::to_owned),
            }],
            ..AuditInput::of(document)
        }
    }

    const ELSEWHERE: &str =
        r#"{"$include": "./base.json5", "models": {"providers": {}}, "plugins": {}}"#;
    const BASE: &str = "{plugins: {entries: {'anthropic-claude-proxy': {config: {port: 4567, guard: 'strict', command:                         ['x', '$${HOME}']}}}}}";
    const BY_VARIABLE: &str = "{models: {providers: {'anthropic-claude-proxy': {baseUrl: '${PROXY_URL}', apiKey: '${SECRET}'}}}}";

    #[test]
    fn an_include_and_a_variable_give_the_values_that_openclaw_sees() {
        let config = effective_settings(&input(ELSEWHERE, "base.json5", Some(BASE), None)).unwrap();
        assert_eq!((config.port, config.guard), (4567, GuardMode::Strict));
        assert_eq!(config.command, ["x", "${HOME}"]);
        let by = effective_settings(&input(BY_VARIABLE, "", None, Some("http://127.0.0.1:4568")))
            .unwrap();
        assert_eq!(by.port, 4568);
        assert_eq!(
            effective_settings(&AuditInput::default()).unwrap(),
            Settings::default()
        );
    }

    #[test]
    fn only_a_permission_that_stands_there_switches_the_guard_on() {
        let entry = |hooks: &str| {
            format!("{{plugins: {{entries: {{'anthropic-claude-proxy': {{hooks: {hooks}}}}}}}}}")
        };
        assert_eq!(guard_off(&entry("{allowConversationAccess: true}")), None);
        for hooks in ["{allowConversationAccess: 'true'}", "{}", "true"] {
            let why = guard_off(&entry(hooks)).unwrap();
            assert!(why.contains("guard is OFF"), "{why}");
            assert!(why.ends_with(&permit_command()), "{why}");
        }
        assert!(guard_off("{").is_some());
        // In an included file it counts where the file is known.
        let included = entry("{$include: './hooks.json5'}");
        let granted = Some("{allowConversationAccess: true}");
        assert!(is_guard_permitted(&input(
            &included,
            "hooks.json5",
            granted,
            None
        )));
        assert!(!is_guard_permitted(&AuditInput::of(included)));
    }

    #[test]
    fn what_is_not_known_is_asked_for_and_no_more() {
        for (document, question) in [
            (ELSEWHERE, Question::File("base.json5".to_owned())),
            (BY_VARIABLE, Question::Variable("PROXY_URL".to_owned())),
        ] {
            let merged = merge(&AuditInput::of(document)).unwrap();
            assert_eq!(merged, Merged::Needs(vec![question]));
        }
    }

    #[test]
    fn what_cannot_be_decided_names_its_place_and_the_next_step() {
        const PART: &str = "{plugins: {$include: 'p.json5'}}";
        const ADDRESS: &str = "models.providers.anthropic-claude-proxy.baseUrl PROXY_URL";
        for (input, code, expected) in [
            (
                input(ELSEWHERE, "base.json5", None, None),
                "include-unreadable",
                "$include `base.json5`",
            ),
            (
                input(PART, "p.json5", Some("{"), None),
                "include-unreadable",
                "plugins.$include cannot be read",
            ),
            (
                input(BY_VARIABLE, "", None, None),
                "unresolved-variable",
                ADDRESS,
            ),
        ] {
            let (place, found) = expected.split_once(' ').unwrap();
            let error = effective_settings(&input).unwrap_err();
            let problem = &error.problems[0];
            let at = (problem.code.as_str(), problem.path.as_str());
            assert_eq!(at, (code, place));
            assert!(problem.found.contains(found), "{problem:?}");
            assert!(!problem.next.is_empty());
        }
        // An include at another place does not matter for the settings.
        let document = "{channels: {$include: './c.json5'}}";
        let elsewhere = input(document, "c.json5", None, None);
        assert_eq!(effective_settings(&elsewhere).unwrap(), Settings::default());
    }

    #[test]
    fn what_may_be_elsewhere_is_not_a_default() {
        for text in [
            "{$include: './x.json'}",
            "{plugins: {$include: './p.json'}}",
        ] {
            let error = super::settings(text).unwrap_err();
            assert_eq!(error.problems[0].code, "settings-included", "{text}");
        }
        let error = super::settings("{").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreadable);
    }
}
