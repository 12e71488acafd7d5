//! The proxy's own entry: that everything that resolves to it stays on this machine, or goes where the user said.

use std::net::IpAddr;

use super::finding::{Code, set, shown, unset};
use super::names::{folded, provider_entries};
use super::{Auditor, Where};
use crate::ID;
use crate::address::{self, Address};
use crate::document::{Value, path};
use crate::quote;
use crate::report::Severity;
use crate::settings::{DEFAULT_HOST, DEFAULT_PORT, SETTINGS_PATH, base_url};

/// Adapters that were seen to use the entry's address and nothing else. Some go to their vendor, and
/// `azure-openai-responses` asks `AZURE_OPENAI_BASE_URL` first.
const APIS: &[&str] = &[
    "anthropic-messages",
    "openai-completions",
    "openai-responses",
];

/// Whether a host can only be one of the user's own network. Only such a one is offered for `remoteHosts`: the advice on a
/// vendor's address must not be to accept it.
fn is_of_own_network(host: &str) -> bool {
    const NAMES: &[&str] = &[".local", ".lan", ".internal", ".home.arpa"];
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_private(),
        Ok(IpAddr::V6(address)) => address.is_unique_local(),
        Err(_) => !bare.contains('.') || NAMES.iter().any(|end| bare.ends_with(end)),
    }
}

/// The address of a proxy on this machine, with port and path of one elsewhere.
fn here(text: &str, origin: &str) -> String {
    let port = origin
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok())
        .unwrap_or(DEFAULT_PORT);
    let path = if text.trim_end_matches('/').ends_with("/v1") {
        "/v1"
    } else {
        ""
    };
    base_url(DEFAULT_HOST, port) + path
}

/// A fix, and what to do instead where the proxy really is elsewhere.
fn or_listed(fix: &str, host: &str) -> String {
    format!(
        "{fix}   (or, if your proxy runs on {}, list that host in {SETTINGS_PATH}.remoteHosts)",
        shown(host)
    )
}

impl Auditor<'_> {
    /// Judges every entry whose key means the proxy, and what stands between OpenClaw and it.
    pub(super) fn judge_proxy(&mut self, used: bool) {
        let root = self.root;
        let spelled: Vec<(&str, &Value)> = provider_entries(root)
            .filter(|(key, _)| folded(key) == ID)
            .collect();
        let exact = spelled.iter().position(|(key, _)| *key == ID);
        if spelled.is_empty() {
            let at = format!("models.providers.{ID}");
            if used {
                self.found.undecided(
                    Code::ProxyEntryMissing,
                    &at,
                    "references name the proxy, and the file has no entry that says where it is",
                );
            }
        }
        for (n, (key, entry)) in spelled.iter().enumerate() {
            let at = path::key("models.providers", key);
            if *key == ID {
                self.judge_entry(entry, &at, true);
                continue;
            }
            // With the exact key present a case variant loses; one with white space wins if it comes first. Alone, a
            // variant is the proxy.
            let blank = key.to_ascii_lowercase() != ID;
            let counts = match exact {
                None => true,
                Some(exact) => blank && n < exact,
            };
            self.judge_entry(entry, &at, counts);
            // Which of two entries is taken differs between OpenClaw's own readers, in either order.
            let twice = exact.is_some();
            if twice {
                self.found.route(&at, key, false);
            }
            self.found.add(
                if twice { Severity::Undecided } else { Severity::Exposure },
                Code::ProxyKeySpelling,
                &at,
                "",
                if counts {
                    format!("OpenClaw takes this key for {ID}, although it is spelled in another way.")
                } else {
                    format!("This key also means {ID}. The exactly spelled one counts now; that depends on the order of keys.")
                },
                if exact.is_some() { unset(&at) } else { format!("Rename {at} to models.providers.{ID} in the file.") },
            );
        }
        self.judge_managed_proxy();
    }

    /// The addresses that requests to the proxy go to, as far as they can be read.
    pub(super) fn proxy_origins(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (_, entry) in provider_entries(self.root).filter(|(key, _)| folded(key) == ID) {
            let rows = entry.get("models").and_then(Value::as_array);
            for holder in std::iter::once(entry).chain(rows.unwrap_or_default()) {
                if let Some(Value::String(text)) = holder.get("baseUrl") {
                    out.push(address::decide(text).leads_to().to_owned());
                }
            }
        }
        out
    }

    /// One entry; `counts` where OpenClaw uses it, otherwise what is wrong there is an exposure.
    fn judge_entry(&mut self, entry: &Value, at: &str, counts: bool) {
        let place = Where { off: !counts };
        let base = path::key(at, "baseUrl");
        let mut https = false;
        match entry.get("baseUrl") {
            Some(Value::String(text)) => https = self.judge_address(text, &base, place),
            None if counts => self.found.undecided(
                Code::ProxyAddressMissing,
                &base,
                "the entry does not say where the proxy is",
            ),
            None => {}
            Some(_) => self
                .found
                .undecided(Code::UnknownShape, &base, "an address must be text"),
        }
        self.judge_api(entry, at, place);
        if counts && entry.get("api").is_none() {
            self.found.exposure(
Code::ProxyApiMissing,
                &path::key(at, "api"),
                "",
                "Without an api on the entry, an alias whose text equals a reference to the proxy is taken before the reference.".to_owned(),
                set(&path::key(at, "api"), "\"anthropic-messages\""),
            );
        }
        let rows = path::key(at, "models");
        for (n, row) in entry
            .get("models")
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .enumerate()
        {
            let row_at = path::index(&rows, n);
            match row.get("baseUrl") {
                None => {}
                Some(Value::String(text)) => {
                    https |= self.judge_address(text, &path::key(&row_at, "baseUrl"), place)
                }
                Some(_) => self.found.undecided(
                    Code::UnknownShape,
                    &path::key(&row_at, "baseUrl"),
                    "an address must be text",
                ),
            }
            self.judge_api(row, &row_at, place);
        }
        self.judge_request_proxy(entry, at, https, place);
        if entry.at(&["localService", "command"]).is_some() {
            self.found.exposure(
Code::LocalService,
                &path::key(&path::key(at, "localService"), "command"),
                "",
                "OpenClaw starts this process before it asks the proxy. What then answers on the port is for the health check to prove.".to_owned(),
                unset(&path::key(at, "localService")),
            );
        }
    }

    /// Whether an address of the proxy is https; judged on the way.
    fn judge_address(&mut self, text: &str, at: &str, place: Where) -> bool {
        if self.is_open_question(text, at, place) {
            return false;
        }
        let fix = set(at, "\"http://127.0.0.1:3456\"");
        let address = address::decide(text);
        match &address {
            Address::Loopback { origin, canonical } => {
                self.closed(at, origin, place);
                if !canonical {
                    self.found.exposure(
                        Code::ProxyAddressSpelling,
                        at,
                        origin,
                        format!("This is {origin}, in a spelling that is easy to misread."),
                        set(at, &quote::quoted(origin)),
                    );
                }
                origin.starts_with("https:")
            }
            Address::Elsewhere { host, origin } if self.is_remote_host(host) => {
                self.remote_proxy(at, origin, &here(text, origin), place);
                origin.starts_with("https:")
            }
            Address::Elsewhere { host, origin } => {
                let fix = if origin.starts_with("http") && is_of_own_network(host) {
                    or_listed(&fix, host)
                } else {
                    fix
                };
                self.outside(
                    Code::ProxyAddressOutside,
                    at,
                    origin,
                    format!("The proxy's requests go to {origin}, which is not this machine."),
                    fix,
                    place,
                );
                origin.starts_with("https:")
            }
            Address::Unprovable(why) => {
                self.outside(
                    Code::ProxyAddressOutside,
                    at,
                    address.leads_to(),
                    format!("The proxy's requests go to an address that is not provably this machine: {why}."),
                    fix,
                    place,
                );
                false
            }
        }
    }

    /// A host that is listed is as it was wished: nothing has to change. `back` is the way to a proxy on this machine.
    fn remote_proxy(&mut self, at: &str, origin: &str, back: &str, place: Where) {
        self.closed(at, origin, place);
        let back = format!(
            "Nothing, if the proxy is to run there. For one on this machine: {}",
            set(at, &quote::quoted(back))
        );
        self.found.exposure(
Code::RemoteProxy,
            at,
            origin,
            format!("The proxy is on another machine, {origin}. You listed that host in remoteHosts, so this counts as closed; prompts leave this machine on the way there."),
            back,
        );
    }

    /// Whether the user listed a host as a place where the proxy may be.
    fn is_remote_host(&self, host: &str) -> bool {
        let bare = |host: &str| {
            folded(host)
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned()
        };
        self.root
            .at(&["plugins", "entries", ID, "config", "remoteHosts"])
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
            .any(|listed| bare(listed) == bare(host))
    }

    /// `host` of this plugin.
    pub(super) fn own_host(&mut self, text: &str, at: &str, place: Where) {
        if self.is_open_question(text, at, place) {
            return;
        }
        match address::decide_host(text) {
            Address::Loopback { origin, .. } => self.closed(at, &origin, place),
            Address::Elsewhere { host, origin } if self.is_remote_host(&host) => self.remote_proxy(at, &origin, DEFAULT_HOST, place),
            address => self.outside(
                Code::ProxyAddressOutside,
                at,
                address.leads_to(),
                "The proxy would listen, or be looked for, on an address that is not this machine alone.".to_owned(),
                match &address {
                    Address::Elsewhere { host, .. } if is_of_own_network(host) => {
                        or_listed(&set(at, "\"127.0.0.1\""), host)
                    }
                    _ => set(at, "\"127.0.0.1\""),
                },
                place,
            ),
        }
    }

    fn judge_api(&mut self, entry: &Value, at: &str, place: Where) {
        let Some(api) = entry.get("api").and_then(Value::as_str) else {
            return;
        };
        let at = path::key(at, "api");
        if self.is_open_question(api, &at, place) {
            return;
        }
        if !APIS.contains(&folded(api).as_str()) {
            self.outside(
                Code::ProxyApiElsewhere,
                &at,
                api,
                format!(
                    "The adapter {api} was not seen to use only the entry's address; it may go to its vendor."
                ),
                set(&at, "\"anthropic-messages\""),
                place,
            );
        }
    }

    /// A proxy before the proxy. OpenClaw refuses one for http, and for https to this machine unless private networks are
    /// allowed; with both, the connection is made from the other proxy's machine.
    fn judge_request_proxy(&mut self, entry: &Value, at: &str, https: bool, place: Where) {
        let Some(proxy) = entry.at(&["request", "proxy"]) else {
            return;
        };
        let at = path::key(&path::key(at, "request"), "proxy");
        let mode = proxy
            .get("mode")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let url = path::key(&at, "url");
        let target = proxy
            .get("url")
            .and_then(Value::as_str)
            .map(address::decide);
        let leads_to = target.as_ref().map_or("", Address::leads_to).to_owned();
        let allowed = entry
            .at(&["request", "allowPrivateNetwork"])
            .and_then(Value::as_bool)
            == Some(true);
        if self.is_open_question(mode, &path::key(&at, "mode"), place) {
            return;
        }
        let place_at = if target.is_some() {
            url
        } else {
            path::key(&at, "mode")
        };
        if mode != "env-proxy" && https && allowed {
            self.outside(
                Code::RequestProxy,
                &place_at,
                &leads_to,
                "Requests to the proxy are tunnelled through another proxy, whose 127.0.0.1 is another machine.".to_owned(),
                unset(&at),
                place,
            );
        } else {
            self.found.exposure(
Code::RequestProxy,
                &place_at,
                &leads_to,
                "A proxy is configured for requests to the proxy. OpenClaw does not use it for this address, or refuses the request.".to_owned(),
                unset(&at),
            );
        }
    }

    /// OpenClaw's own egress proxy.
    fn judge_managed_proxy(&mut self) {
        let Some(proxy) = self.root.get("proxy") else {
            return;
        };
        let place = Where {
            off: proxy.get("enabled").and_then(Value::as_bool) == Some(false),
        };
        let url = proxy
            .get("proxyUrl")
            .and_then(Value::as_str)
            .map(address::decide);
        let leads_to = url
            .as_ref()
            .map_or("the proxy in the environment", Address::leads_to)
            .to_owned();
        let mode = proxy
            .get("loopbackMode")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let at = "proxy.loopbackMode";
        if !self.is_open_question(mode, at, place) && !matches!(mode, "" | "gateway-only" | "block")
        {
            self.outside(
                Code::RequestProxy,
                at,
                &leads_to,
                format!("Requests to 127.0.0.1 are sent to {leads_to}, so the proxy's own address leads there."),
                set(at, "\"gateway-only\""),
                place,
            );
        }
        if mode == "block" {
            self.found.add(
                Severity::Note,
                Code::RequestProxy,
                at,
                "",
                "Requests to this machine are blocked, so the proxy cannot be reached at all."
                    .to_owned(),
                set(at, "\"gateway-only\""),
            );
        }
        if url.is_some() {
            self.found.exposure(
Code::RequestProxy,
                "proxy.proxyUrl",
                &leads_to,
                format!("OpenClaw's other requests go through {leads_to}. Requests to {} do so only with loopbackMode proxy.", shown("this machine")),
                unset("proxy.proxyUrl"),
            );
        }
    }
}
