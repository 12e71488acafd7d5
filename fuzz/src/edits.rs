//! The input of the targets `edit` and `audit`: a request in the first line, then the document.

use claude_proxy_provider::audit::{AuditInput, FileText, Report, Variable, audit_with};
use claude_proxy_provider::document::{self, Value, path};
use claude_proxy_provider::edit::{ApplyRequest, Change};

/// Content of an included file where the document asks for one.
const INCLUDED: &str = "{ model: 'anthropic-claude-proxy/claude-opus-4.6', fallbacks: [] }";

/// The request that the first characters of an input stand for, up to the first line end, and the document after it.
/// A letter switches something on, so that a seed can be read.
pub fn parse_request(text: &str) -> Option<(ApplyRequest, &str)> {
    let (letters, document) = text.split_once('\n')?;
    let mut request = ApplyRequest::default();
    for letter in letters.chars() {
        match letter {
            'd' => request.set_default = true,
            'g' => request.grant_hooks = true,
            'f' => request.fix = true,
            'h' => request.harden = true,
            'u' => request.unharden = true,
            'm' => request.models = Some(vec!["claude-opus-4.6".to_owned()]),
            'n' => {
                request.models = Some(vec!["claude-haiku-4".to_owned(), "unheard-of".to_owned()]);
            }
            'p' => request.port = Some(9999),
            'o' => request.address = Some("::1".to_owned()),
            'r' => request.address = Some("proxy.example".to_owned()),
            _ => return None,
        }
    }
    Some((request, document))
}

/// The input of an edit, with every question of the audit answered: includes with a closed one, variables with nothing.
pub fn audit_input(document: &str) -> Option<AuditInput> {
    let mut input = AuditInput {
        document: document.to_owned(),
        ..AuditInput::default()
    };
    let mut files: Vec<FileText> = Vec::new();
    let mut variables: Vec<Variable> = Vec::new();
    audit_with(
        &input.clone(),
        |name| {
            files.push(FileText {
                path: name.to_owned(),
                text: Some(INCLUDED.to_owned()),
            });
            Some(INCLUDED.to_owned())
        },
        |name| {
            variables.push(Variable {
                name: name.to_owned(),
                value: None,
            });
            None
        },
    )
    .ok()?;
    input.files = files;
    input.variables = variables;
    Some(input)
}

/// The report, with the same answers.
pub fn audit(input: &AuditInput, document: &str) -> Report {
    let input = AuditInput {
        document: document.to_owned(),
        ..input.clone()
    };
    audit_with(&input, |_| None, |_| None).expect("an audit always comes to an end")
}

/// The first place whose value differs though no change was announced there.
pub fn unannounced_change(before: &str, after: &str, changes: &[Change]) -> Option<String> {
    let read = |text: &str| {
        if text.trim_start_matches('\u{feff}').trim().is_empty() {
            return Value::Object(Vec::new());
        }
        document::parse(text).expect("it was read before").root
    };
    differs(&read(before), &read(after), String::new(), changes)
}

fn within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer)
        .is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
}

fn differs(before: &Value, after: &Value, at: String, changes: &[Change]) -> Option<String> {
    if before == after || changes.iter().any(|change| within(&at, &change.path)) {
        return None;
    }
    let announced = |at: &str| changes.iter().any(|change| within(&change.path, at));
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let mut there = new
                .iter()
                .map(|(key, _)| key)
                .filter(|key| before.get(key).is_some());
            let mut order = old
                .iter()
                .map(|(key, _)| key)
                .filter(|key| after.get(key).is_some());
            if !there.by_ref().eq(order.by_ref()) {
                return Some(format!("the order of keys at {at}"));
            }
            let keys = old
                .iter()
                .chain(new.iter().filter(|(key, _)| before.get(key).is_none()));
            for (key, _) in keys {
                let at = path::key(&at, key);
                let found = match (before.get(key), after.get(key)) {
                    (Some(before), Some(after)) => differs(before, after, at, changes),
                    _ => (!announced(&at)
                        && !changes.iter().any(|change| within(&at, &change.path)))
                    .then_some(at),
                };
                if found.is_some() {
                    return found;
                }
            }
            None
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .enumerate()
            .find_map(|(n, (old, new))| differs(old, new, path::index(&at, n), changes)),
        // Positions move when an item goes.
        (Value::Array(_), Value::Array(_)) if announced(&at) => None,
        _ => Some(at),
    }
}
