//! Places without a row in the inventory: keys that OpenClaw does not know, and objects that its schema leaves open. A value there
//! that looks like a route is reported as unproven.

use super::names::{Meaning, ResolveOptions, folded, trimmed};
use super::walk::last_key;
use super::{Auditor, Location, message, vendors};
use crate::ID;
use crate::address;
use crate::document::Value;

/// Whether a text looks like a network address.
pub(super) fn is_address(text: &str) -> bool {
    let text = trimmed(text);
    ["http://", "https://", "ws://", "wss://", "grpc://", "unix:"]
        .iter()
        .any(|scheme| {
            text.get(..scheme.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        })
}

/// Whether a key looks as if it chose a model, a provider or an address.
fn is_route_key(key: &str) -> bool {
    const ENDS: &str =
        "model models modelid fallback fallbacks baseurl urlbase endpoint providerid modelprovider";
    let lower = key.to_ascii_lowercase();
    ENDS.split(' ').any(|end| lower.ends_with(end))
        || lower.starts_with("modelby")
        || matches!(lower.as_str(), "provider" | "llm")
}

/// Whether OpenClaw's schema accepts any value at this place.
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
    /// Checks a value whose place has no row in the inventory.
    pub(super) fn check_unlisted(&mut self, value: &Value, location: Location<'_>, keys: &[&str]) {
        let Some(text) = value.as_str().map(trimmed).filter(|text| !text.is_empty()) else {
            return;
        };
        let named = is_route_key(last_key(keys));
        let open = is_open_object(keys);
        if !named && !open {
            return;
        }
        if text.contains("${") {
            if named {
                self.has_open_variable(text, location);
            }
            return;
        }
        if is_address(text) {
            let address = address::decide(text);
            if !address.is_loopback() {
                self.report(message::UNPROVEN, location, address.leads_to(), &[]);
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
                    self.report(message::UNPROVEN, location, text, &[]);
                }
            }
            _ if named && !self.is_ours(text) => {
                self.report(message::UNPROVEN, location, text, &[])
            }
            _ => {}
        }
    }

    /// Whether a text without a slash means the proxy: its id, or an alias of one of its models.
    fn is_ours(&self, text: &str) -> bool {
        let options = ResolveOptions {
            aliases: true,
            bare_is_default: false,
        };
        text == ID || matches!(self.names.meaning(text, "", options), Meaning::Ours(_))
    }
}
