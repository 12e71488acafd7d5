//! Places that the inventory does not name: keys that OpenClaw does not know, and objects whose schema is open. What looks
//! like a route there is unproven.

use super::finding::{Code, unset};
use super::names::{Meaning, Reading, folded, trimmed};
use super::vendors;
use super::{Auditor, Where};
use crate::ID;
use crate::address;
use crate::document::Value;

/// Whether a text is an address of something on a network.
pub(super) fn is_address(text: &str) -> bool {
    let text = trimmed(text);
    ["http://", "https://", "ws://", "wss://", "grpc://", "unix:"]
        .iter()
        .any(|scheme| {
            text.get(..scheme.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        })
}

/// Whether a key is named as if it chose a model, provider or endpoint.
fn is_route_key(key: &str) -> bool {
    const ENDS: &str =
        "model models modelid fallback fallbacks baseurl urlbase endpoint providerid modelprovider";
    let lower = key.to_ascii_lowercase();
    ENDS.split(' ').any(|end| lower.ends_with(end))
        || lower.starts_with("modelby")
        || matches!(lower.as_str(), "provider" | "llm")
}

/// Whether OpenClaw's schema leaves the place open, so that any value there may mean anything.
fn is_open_object(keys: &[&str]) -> bool {
    matches!(
        keys,
        ["hooks", "internal", "entries", _, _, ..]
            | ["plugins", "entries", _, "config", ..]
            | ["skills", "entries", _, "config", ..]
            | ["cloudWorkers", "profiles", _, "settings", ..]
            | ["tools", "web", "search", ..]
    )
}

impl Auditor<'_> {
    /// A value that no row names.
    pub(super) fn scan(&mut self, value: &Value, at: &str, keys: &[&str], place: Where) {
        let Some(text) = value.as_str().map(trimmed).filter(|text| !text.is_empty()) else {
            return;
        };
        let key = keys
            .iter()
            .rev()
            .find(|key| !key.is_empty())
            .copied()
            .unwrap_or_default();
        let named = is_route_key(key);
        let open = is_open_object(keys);
        if !named && !open {
            return;
        }
        if text.contains("${") {
            if named {
                self.is_open_question(text, at, place);
            }
            return;
        }
        if is_address(text) {
            let address = address::decide(text);
            if !address.is_loopback() {
                let leads_to = address.leads_to().to_owned();
                self.unproven(at, &leads_to, place);
            }
            return;
        }
        let provider = text
            .split_once('/')
            .map(|(provider, model)| (folded(provider), model));
        match provider {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
                let known = self.names.providers.contains(&provider)
                    || vendors::is_vendor(self.version, &provider);
                if provider != ID && (named || known) && !provider.starts_with('.') {
                    self.unproven(at, text, place);
                }
            }
            _ if named && !self.is_ours(text) => self.unproven(at, text, place),
            _ => {}
        }
    }

    /// Whether a text without a slash means the proxy to everyone: its id, or an alias.
    fn is_ours(&self, text: &str) -> bool {
        let reading = Reading {
            aliases: true,
            bare_is_default: false,
        };
        text == ID || matches!(self.names.meaning(text, "", reading), Meaning::Ours(_))
    }

    fn unproven(&mut self, at: &str, leads_to: &str, place: Where) {
        if self.found.is_full(place.off) {
            self.found.skip(place.off);
            return;
        }
        self.uncertain(
            Code::Unproven,
            at,
            leads_to,
            "This looks like a choice of model or endpoint in a place whose meaning OpenClaw's schema does not define, so it counts as open.".to_owned(),
            unset(at),
            place,
        );
    }
}
