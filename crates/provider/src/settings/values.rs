//! Checks the values of settings as people write them: hosts, ports, models.

use std::collections::BTreeMap;

use crate::catalog::canonical;
use crate::document::Value;
use crate::model_id::own_model;
use crate::{Problem, strings};

/// `http://host:port`, with brackets around an IPv6 address.
pub fn base_url(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("http://[{host}]:{port}")
    } else {
        format!("http://{host}:{port}")
    }
}

/// Whether a host in the settings can only be this machine.
pub fn is_loopback_host(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// `the local proxy`, or `the proxy on HOST`.
pub(crate) fn proxy_name(host: &str) -> String {
    if is_loopback_host(host) {
        "the local proxy".to_owned()
    } else {
        format!("the proxy on {host}")
    }
}

/// Checks a host that a user typed, and returns it as the settings hold it: trimmed and without brackets.
///
/// # Errors
/// What is wrong with it, at `path`.
pub fn parse_address(path: &str, text: &str) -> Result<String, Problem> {
    const ACCEPTED: &str =
        "a host name or an IP address, such as `127.0.0.1`, without scheme, port or path";
    let text = text.trim();
    let problem = |code: &str, next: &str| {
        Problem::new(code, path, format!("`{}`", excerpt(text)), ACCEPTED, next)
    };
    if text.is_empty() {
        return Err(problem(
            "host-empty",
            "An empty host would make the proxy listen on all interfaces; use 127.0.0.1.",
        ));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    if let Ok(ip) = bare.parse::<std::net::IpAddr>() {
        if ip.is_unspecified() {
            return Err(problem(
                "host-unspecified",
                "That address means all interfaces; use 127.0.0.1 (or ::1).",
            ));
        }
        return Ok(bare.to_owned());
    }
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    // Every URL parser reads a name with a numeric last label (`127.1`, `2130706433`, `0x7f.1`) as an IPv4 address, so it must be
    // written as one.
    let last_is_numeric = text
        .rsplit('.')
        .next()
        .is_some_and(|label| label.bytes().next().is_some_and(|b| b.is_ascii_digit()));
    if text.len() > 253 || !text.split('.').all(label_ok) || last_is_numeric {
        return Err(problem(
            "host-invalid",
            "Write the host alone, for example 127.0.0.1.",
        ));
    }
    Ok(text.to_owned())
}

/// Checks a port that a user typed.
///
/// # Errors
/// What is wrong with it, at `path`.
pub fn parse_port(path: &str, text: &str) -> Result<u16, Problem> {
    match text.trim().parse::<u16>() {
        Ok(port) if port > 0 && text.trim().bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err(Problem::new(
            "port-out-of-range",
            path,
            format!("`{}`", excerpt(text.trim())),
            "a whole number from 1 to 65535",
            "Choose a free port, for example 3456.",
        )),
    }
}

/// Checks a model id, and returns it trimmed.
///
/// # Errors
/// What is wrong with it, at `path`.
pub fn parse_model_id(path: &str, text: &str) -> Result<String, Problem> {
    let id = text.trim();
    let bad = |code: &str, next: String| {
        Err(Problem::new(
            code,
            path,
            format!("`{}`", excerpt(id)),
            "a model id such as `claude-opus-4.6`, without spaces, commas or slashes",
            next,
        ))
    };
    if id.is_empty() {
        return bad(
            "model-empty",
            "Name at least one model, for example claude-opus-4.6.".to_owned(),
        );
    }
    if let Some(rest) = own_model(id) {
        return bad(
            "model-with-provider",
            format!("Leave the provider out: {}", excerpt(rest)),
        );
    }
    if id.len() > 128
        || !id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._:[]@".contains(&b))
    {
        return bad(
            "model-invalid",
            "Write the id as the proxy lists it.".to_owned(),
        );
    }
    Ok(id.to_owned())
}

/// Checks a list of models: it must not be empty, nor have a model twice, even in two spellings.
///
/// # Errors
/// Every problem, at `path` with the item's index.
pub fn parse_models(path: &str, ids: &[String]) -> Result<Vec<String>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut models: Vec<String> = Vec::new();
    let mut known = BTreeMap::new();
    if ids.is_empty() {
        problems.push(Problem::new(
            "models-empty",
            path,
            "an empty list",
            "at least one model id",
            "Name at least one model, or remove the setting to get the default list.",
        ));
    }
    for (n, id) in ids.iter().enumerate() {
        match parse_model_id(&format!("{path}[{n}]"), id) {
            Err(problem) => problems.push(problem),
            Ok(id) => match known.get(&canonical(&id)).and_then(|n| models.get(*n)) {
                Some(twin) => problems.push(Problem::new(
                    "model-twice",
                    format!("{path}[{n}]"),
                    format!("`{id}`"),
                    "each model once",
                    format!("It names the same model as `{twin}`; keep one of them."),
                )),
                None => {
                    known.insert(canonical(&id), models.len());
                    models.push(id);
                }
            },
        }
    }
    if problems.is_empty() {
        Ok(models)
    } else {
        Err(problems)
    }
}

/// At most 60 characters of a user's text for messages, with control characters escaped.
pub(crate) fn excerpt(text: &str) -> String {
    let head = strings::head(text, 60);
    let mut out = strings::escape_invisible(head);
    if head.len() < text.len() {
        out.push('…');
    }
    out
}

/// A value in a message. Of lists and objects only the size is shown, because they may hold secrets.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(source) => excerpt(source),
        Value::String(s) => format!("the text \"{}\"", excerpt(s)),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(members) => format!("an object of {}", members.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_taken_as_people_write_them() {
        for (text, host) in [
            ("localhost", "localhost"),
            (" 127.0.0.1 ", "127.0.0.1"),
            ("[::1]", "::1"),
            ("::1", "::1"),
        ] {
            assert_eq!(parse_address("host", text).unwrap(), host);
        }
        assert_eq!(base_url("::1", 1), "http://[::1]:1");
    }
}
