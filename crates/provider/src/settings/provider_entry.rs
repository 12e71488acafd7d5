//! Reads settings from the provider entry in OpenClaw's configuration.

use super::reader::Reader;
use super::values::{excerpt, parse_address, parse_port};
use super::{Api, DEFAULT_ADDRESS, DEFAULT_PORT, Settings};
use crate::address::{self, Address};
use crate::document::Value;
use crate::{ID, Problem};

impl Reader {
    /// Reads host, port, API and models. The entry is OpenClaw's and can have many other members.
    pub(super) fn provider_entry(&mut self, value: &Value, into: &mut Settings) {
        let root = format!("models.providers.{ID}");
        if self.object(&root, value).is_none() {
            return;
        }
        if let Some(url) = value.get("baseUrl") {
            let path = format!("{root}.baseUrl");
            match url.as_str().map(|text| split_base_url(&path, text)) {
                Some(Ok((host, port))) => {
                    into.listen_address = host;
                    into.port = port;
                }
                Some(Err(problem)) => self.problems.push(problem),
                None => self.reject(
                    "wrong-type",
                    &path,
                    url,
                    "text such as \"http://127.0.0.1:3456\"",
                    "Write the proxy's address.",
                ),
            }
        }
        // The audit reports another API, and the login replaces it.
        if let Some(api) = value.str_at(&["api"]).and_then(Api::of_name) {
            into.api = api;
        }
        if let Some(Value::Array(rows)) = value.get("models") {
            let ids: Vec<String> = rows
                .iter()
                .filter_map(|row| row.str_at(&["id"]))
                .map(str::to_owned)
                .collect();
            if !ids.is_empty() {
                self.models(&format!("{root}.models"), &ids, &mut into.models);
            }
        }
    }
}

/// Host and port of a base URL without anything else. An unusual spelling of a loopback address is replaced by the usual one, so that
/// every program reads it in the same way.
fn split_base_url(path: &str, text: &str) -> Result<(String, u16), Problem> {
    let problem = || {
        Problem::new(
            "base-url-invalid",
            path,
            format!("\"{}\"", excerpt(&address::without_userinfo(text))),
            "`http://HOST:PORT`, with `/v1` after it for the OpenAI dialect, and nothing more",
            format!("Write it as http://{DEFAULT_ADDRESS}:{DEFAULT_PORT}, with your own port."),
        )
    };
    let canonical = match address::decide(text) {
        Address::Loopback {
            origin,
            canonical: false,
        } if is_bare_origin(text) => origin,
        _ => text.trim().to_owned(),
    };
    let rest = canonical.strip_prefix("http://").ok_or_else(problem)?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    // The login writes the form for the API; the address is the same in both.
    let rest = rest.strip_suffix("/v1").unwrap_or(rest);
    let (host, port) = match rest.strip_prefix('[') {
        Some(v6) => {
            let (host, after) = v6.split_once(']').ok_or_else(problem)?;
            (host, after.strip_prefix(':'))
        }
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let host = parse_address(path, host).map_err(|_| problem())?;
    let port = match port {
        Some(port) => parse_port(path, port).map_err(|_| problem())?,
        None => 80,
    };
    Ok((host, port))
}

/// Whether a URL ends after its host and port.
fn is_bare_origin(text: &str) -> bool {
    let rest = text.trim().split_once("://").map(|(_, rest)| rest);
    rest.is_some_and(|rest| {
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        !rest.contains(['/', '\\', '?', '#'])
    })
}
