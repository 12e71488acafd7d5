//! The provider entry of the proxy: whether its requests stay on this machine or go to a host that the user listed.

use std::net::IpAddr;

use super::code::Code;
use super::names::{folded, provider_entries};
use super::shell::{set, unset};
use super::{Auditor, Location, message};
use crate::ID;
use crate::address::{self, Address};
use crate::document::{Value, path};
use crate::settings::{DEFAULT_ADDRESS, DEFAULT_PORT, SETTINGS_PATH, base_url};
use crate::strings::quoted;
use crate::wit::config::Severity;

/// Adapters that were seen to use only the entry's address. Some others go to their vendor, and `azure-openai-responses` reads
/// `AZURE_OPENAI_BASE_URL` first.
const APIS: &[&str] = &[
    "anthropic-messages",
    "openai-completions",
    "openai-responses",
];

/// Whether a host can only be in the user's own network. Only such a host is suggested for `remoteHosts`: nobody should be advised to
/// accept a vendor's address.
fn is_private(host: &str) -> bool {
    const NAMES: &[&str] = &[".local", ".lan", ".internal", ".home.arpa"];
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_private(),
        Ok(IpAddr::V6(address)) => address.is_unique_local(),
        Err(_) => !bare.contains('.') || NAMES.iter().any(|end| bare.ends_with(end)),
    }
}

/// The base URL of a proxy on this machine with the port and the path of this address.
fn loopback_url(text: &str, origin: &str) -> String {
    let port = origin
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok())
        .unwrap_or(DEFAULT_PORT);
    let path = match text.trim_end_matches('/').ends_with("/v1") {
        true => "/v1",
        false => "",
    };
    base_url(DEFAULT_ADDRESS, port) + path
}

/// A fix, with the alternative to allow the host if it is in the user's own network.
fn or_allow_host(fix: String, host: &str) -> String {
    match is_private(host) {
        true => format!(
            "{fix}   (or, if your proxy runs on {host}, list that host in {SETTINGS_PATH}.remoteHosts)"
        ),
        false => fix,
    }
}

impl Auditor<'_> {
    /// Checks every entry whose key means the proxy, and the network proxies in front of it. `is_used` says that a reference names the
    /// proxy.
    pub(super) fn check_proxy_entries(&mut self, is_used: bool) {
        let entries: Vec<(&str, &Value)> = provider_entries(self.root)
            .filter(|(key, _)| folded(key) == ID)
            .collect();
        let exact = entries.iter().position(|(key, _)| *key == ID);
        if entries.is_empty() && is_used {
            let at = path::key("models.providers", ID);
            let why = "references name the proxy, and the file has no entry that says where it is";
            self.found.undecided(Code::ProxyEntryMissing, &at, why);
        }
        for (n, (key, entry)) in entries.iter().enumerate() {
            let at = path::key("models.providers", key);
            if *key == ID {
                self.check_entry(entry, &at, true);
                continue;
            }
            // Another spelling counts if the exact key is missing. Otherwise only one with white space counts, if it comes first.
            let is_blank = key.to_ascii_lowercase() != ID;
            let counts = exact.is_none_or(|exact| is_blank && n < exact);
            self.check_entry(entry, &at, counts);
            let message = match counts {
                true => message::KEY_SPELLING_USED,
                false => message::KEY_SPELLING_UNUSED,
            };
            if exact.is_some() {
                // The parts of OpenClaw differ in which of two entries they take, whatever their order.
                self.found.route(&at, key, false);
                let fix = unset(&at);
                self.found
                    .add_as(Severity::Undecided, message, &at, "", &[&fix]);
            } else {
                let fix = format!("Rename {at} to models.providers.{ID} in the file.");
                self.found.add(message, &at, "", &[&fix]);
            }
        }
        self.check_egress_proxy();
    }

    /// The addresses of the proxy that can be read.
    pub(super) fn proxy_origins(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (_, entry) in provider_entries(self.root).filter(|(key, _)| folded(key) == ID) {
            let rows = entry.items_at(&["models"]);
            for holder in std::iter::once(entry).chain(rows) {
                if let Some(Value::String(text)) = holder.get("baseUrl") {
                    out.push(address::decide(text).leads_to().to_owned());
                }
            }
        }
        out
    }

    /// Checks one entry. `counts` says whether OpenClaw uses it; if not, what is wrong there is only an exposure.
    fn check_entry(&mut self, entry: &Value, at: &str, counts: bool) {
        if counts && entry.get("baseUrl").is_none() {
            let why = "the entry does not say where the proxy is";
            let base = path::key(at, "baseUrl");
            self.found.undecided(Code::ProxyAddressMissing, &base, why);
        }
        let mut is_https = self.check_target(entry, at, !counts);
        if counts && entry.get("api").is_none() {
            let api = path::key(at, "api");
            self.found.add(message::API_MISSING, &api, "", &[]);
        }
        let rows = path::key(at, "models");
        let models = entry.items_at(&["models"]);
        for (n, row) in models.iter().enumerate() {
            is_https |= self.check_target(row, &path::index(&rows, n), !counts);
        }
        self.check_request_proxy(entry, at, is_https, !counts);
        if entry.at(&["localService", "command"]).is_some() {
            let service = path::key(at, "localService");
            let command = path::key(&service, "command");
            let fix = unset(&service);
            self.found
                .add(message::LOCAL_SERVICE, &command, "", &[&fix]);
        }
    }

    /// Checks the address and the adapter of an entry or of one of its rows. Returns whether the address is https.
    fn check_target(&mut self, holder: &Value, at: &str, disabled: bool) -> bool {
        let url = path::key(at, "baseUrl");
        let is_https = match holder.get("baseUrl") {
            Some(Value::String(text)) => {
                let path = url.as_str();
                self.check_address(text, Location { path, disabled })
            }
            Some(_) => {
                let why = "an address must be text";
                self.found.undecided(Code::UnknownShape, &url, why);
                false
            }
            None => false,
        };
        let path = path::key(at, "api");
        let location = Location {
            path: &path,
            disabled,
        };
        if let Some(api) = holder.str_at(&["api"])
            && !self.has_open_variable(api, location)
            && !APIS.contains(&folded(api).as_str())
        {
            self.report(message::API_ELSEWHERE, location, api, &[]);
        }
        is_https
    }

    /// Checks an address of the proxy. Returns whether it is https.
    fn check_address(&mut self, text: &str, location: Location<'_>) -> bool {
        if self.has_open_variable(text, location) {
            return false;
        }
        let at = location.path;
        let address = address::decide(text);
        let leads_to = address.leads_to();
        match &address {
            Address::Loopback { canonical, .. } => {
                self.add_closed(location, leads_to);
                if !canonical {
                    let fix = set(at, &quoted(leads_to));
                    self.found
                        .add(message::ADDRESS_SPELLING, at, leads_to, &[&fix]);
                }
            }
            Address::Elsewhere { host, .. } if self.is_remote_host(host) => {
                self.remote_proxy(location, leads_to, &loopback_url(text, leads_to));
            }
            Address::Elsewhere { host, .. } => {
                let fix = set(at, "\"http://127.0.0.1:3456\"");
                let fix = match leads_to.starts_with("http") {
                    true => or_allow_host(fix, host),
                    false => fix,
                };
                self.report(message::ADDRESS_OUTSIDE, location, leads_to, &[&fix]);
            }
            Address::Unprovable(why) => {
                self.report(message::ADDRESS_UNPROVEN, location, leads_to, &[why]);
            }
        }
        leads_to.starts_with("https:")
    }

    /// Reports an address on a host that the user listed, which is closed. `loopback` is the value for a proxy on this machine.
    fn remote_proxy(&mut self, location: Location<'_>, leads_to: &str, loopback: &str) {
        self.add_closed(location, leads_to);
        let at = location.path;
        let fix = set(at, &quoted(loopback));
        self.found.add(message::REMOTE_PROXY, at, leads_to, &[&fix]);
    }

    /// Whether the user listed a host in `remoteHosts`.
    fn is_remote_host(&self, host: &str) -> bool {
        let bare = |host: &str| folded(host).trim_matches(['[', ']']).to_owned();
        let listed = ["plugins", "entries", ID, "config", "remoteHosts"];
        let listed = self.root.items_at(&listed);
        let mut listed = listed.iter().filter_map(Value::as_str);
        listed.any(|listed| bare(listed) == bare(host))
    }

    /// Checks the setting `host` of this plugin.
    pub(super) fn check_own_host(&mut self, text: &str, location: Location<'_>) {
        let address = address::decide_host(text);
        let leads_to = address.leads_to();
        match &address {
            Address::Loopback { .. } => self.add_closed(location, leads_to),
            Address::Elsewhere { host, .. } if self.is_remote_host(host) => {
                self.remote_proxy(location, leads_to, DEFAULT_ADDRESS);
            }
            address => {
                let fix = set(location.path, "\"127.0.0.1\"");
                let fix = match address {
                    Address::Elsewhere { host, .. } => or_allow_host(fix, host),
                    _ => fix,
                };
                self.report(message::HOST_OUTSIDE, location, leads_to, &[&fix]);
            }
        }
    }

    /// Checks a network proxy for requests to our proxy. OpenClaw refuses one for http, and for https to this machine unless private
    /// networks are allowed. With https and that permission, the connection is made from the machine of the network proxy.
    fn check_request_proxy(&mut self, entry: &Value, at: &str, is_https: bool, disabled: bool) {
        let Some(proxy) = entry.at(&["request", "proxy"]) else {
            return;
        };
        let at = path::key(&path::key(at, "request"), "proxy");
        let text = |key: &str| proxy.str_at(&[key]);
        let mode = text("mode").unwrap_or_default();
        let mode_at = path::key(&at, "mode");
        let location = Location {
            path: &mode_at,
            disabled,
        };
        if self.has_open_variable(mode, location) {
            return;
        }
        let target = text("url").map(address::decide);
        let leads_to = target.as_ref().map_or("", Address::leads_to);
        let path = match target {
            Some(_) => path::key(&at, "url"),
            None => mode_at,
        };
        let allowed = entry.bool_at(&["request", "allowPrivateNetwork"]) == Some(true);
        let fix = unset(&at);
        if mode != "env-proxy" && is_https && allowed {
            let path = path.as_str();
            let location = Location { path, disabled };
            self.report(message::TUNNELED, location, leads_to, &[&fix]);
        } else {
            self.found
                .add(message::UNUSED_PROXY, &path, leads_to, &[&fix]);
        }
    }

    /// Checks the network proxy for all of OpenClaw's requests.
    fn check_egress_proxy(&mut self) {
        let Some(proxy) = self.root.get("proxy") else {
            return;
        };
        let text = |key: &str| proxy.str_at(&[key]);
        let url = text("proxyUrl").map(address::decide);
        let leads_to = url.as_ref();
        let leads_to = leads_to.map_or("the proxy in the environment", Address::leads_to);
        let mode = text("loopbackMode").unwrap_or_default();
        let at = "proxy.loopbackMode";
        let location = Location {
            path: at,
            disabled: proxy.bool_at(&["enabled"]) == Some(false),
        };
        match mode {
            "" | "gateway-only" => {}
            "block" => self.found.add(message::BLOCKED_LOOPBACK, at, "", &[]),
            mode if self.has_open_variable(mode, location) => {}
            _ => self.report(message::PROXIED_LOOPBACK, location, leads_to, &[]),
        }
        if url.is_some() {
            let at = "proxy.proxyUrl";
            self.found.add(message::OTHER_REQUESTS, at, leads_to, &[]);
        }
    }
}
