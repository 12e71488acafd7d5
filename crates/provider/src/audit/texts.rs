//! Texts of the tree that name a provider, a program, an address or a runtime.

use super::finding::{Code, parent, set, unset};
use super::names::{folded, trimmed};
use super::rules::Spot;
use super::table::{Check, Row};
use super::{Auditor, Where};
use crate::ID;
use crate::address::{self, Address};
use crate::document::Value;
use crate::quote;
use crate::report::Severity;
use crate::words::capitalised;

/// Runtimes that stay in OpenClaw's own process.
const OWN_RUNTIMES: &[&str] = &["", "auto", "openclaw", "embedded"];

impl Auditor<'_> {
    pub(super) fn check_text(&mut self, row: &Row, text: &str, spot: &Spot<'_>) {
        let Spot {
            at,
            keys,
            holder,
            place,
        } = *spot;
        let id = folded(text);
        match row.check {
            Check::Primary
            | Check::Fallback
            | Check::Model
            | Check::Exact
            | Check::ModelOpenai
            | Check::Image
            | Check::Split => {
                self.reference(row, text, spot);
            }
            Check::Speech => self.speech_provider(row, text, at, place),
            Check::SpeechAuto => self.speech_auto(text, at),
            Check::Entry => {
                // A provider next to it is judged by itself; without one the entry is whatever OpenClaw finds.
                let named = holder.get("provider").is_some() || holder.get("command").is_some();
                if !named {
                    self.reference(row, text, spot);
                }
            }
            Check::Owned => self.outside(
                Code::OtherProvider,
                at,
                text,
                format!("A model of another service is chosen here ({}).", row.note),
                unset(at),
                place,
            ),
            Check::Preferred => {
                if let Some(provider) = text.trim().strip_prefix("provider:") {
                    self.provider(row, provider, at, place);
                } else if let Some(command) = text.trim().strip_prefix("cli:") {
                    self.program(row, command, at, place);
                } else if matches!(keys, ["tools", "media", "audio" | "video", _])
                    && self.names.is_row(text)
                {
                    // The proxy neither listens nor watches, and the other services are tried.
                    self.unshown(at, text, place);
                } else {
                    self.reference(row, text, spot);
                }
            }
            Check::Grant => self.grant(row, text, spot),
            Check::Provider => self.provider(row, text, at, place),
            Check::Embedding => self.embedding(row, text, at, place),
            Check::Search => self.search_provider(row, text, at, place),
            Check::Url => self.url(row, text, at, place),
            Check::Command => self.program(row, text, at, place),
            Check::Acp => self.outside(
                Code::ExternalHarness,
                at,
                text,
                format!(
                    "An external agent, {text}, would get the conversation and call its own model."
                ),
                format!("{}   (and {})", unset(at), set("acp.enabled", "false")),
                place,
            ),
            Check::Harness => {
                if id != "embedded" && !id.is_empty() {
                    self.outside(
                        Code::ExternalHarness,
                        at,
                        text,
                        format!("This agent's turns are run by {text}, outside OpenClaw."),
                        set(at, "\"embedded\""),
                        place,
                    );
                }
            }
            Check::ModelRun => self.model_runtime(row, text, at, keys, place),
            Check::ProvRun => {
                let ours = keys.get(2).is_some_and(|key| folded(key) == ID);
                self.runtime(row, text, at, ours, place);
            }
            Check::Plugin => {
                let own = matches!(
                    id.as_str(),
                    "" | "none" | "legacy" | "default" | "memory-core"
                );
                // The backend of the former layout is no plugin.
                if !own && (keys, text) != (&["memory", "backend"], "builtin") {
                    let severity = if place.off {
                        Severity::Exposure
                    } else {
                        Severity::Undecided
                    };
                    self.found.add(
                        severity,
                        Code::PluginSlot,
                        at,
                        text,
                        format!("The plugin {text} takes over here ({}), which this audit cannot look into.", row.note),
                        unset(at),
                    );
                }
            }
            Check::Mode => {
                if id == "remote" {
                    self.outside(
                        Code::RemoteGateway,
                        at,
                        "another gateway",
                        "Conversations are run by another gateway, whose routes are not in this file.".to_owned(),
                        set(at, "\"local\""),
                        place,
                    );
                }
            }
            Check::Remote => {
                let remote = self
                    .root
                    .at(&["gateway", "mode"])
                    .and_then(Value::as_str)
                    .map(folded);
                let address = address::decide(text);
                self.outside(
                    Code::RemoteGateway,
                    at,
                    address.leads_to(),
                    "Another gateway is named here; in remote mode it runs the conversations."
                        .to_owned(),
                    set("gateway.mode", "\"local\""),
                    Where {
                        off: place.off || remote.as_deref() != Some("remote"),
                    },
                );
            }
            Check::OwnHost => self.own_host(text, at, place),
            Check::Nothing
            | Check::Switch
            | Check::Inbound
            | Check::Bounded
            | Check::Arming
            | Check::SpeechOn
            | Check::Secret
            | Check::Content
            | Check::Params
            | Check::Vendor => {}
        }
    }

    /// Whether a setting elsewhere switches a place off.
    pub(super) fn is_dormant(&self, row: &Row, keys: &[&str]) -> bool {
        let off = |keys: &[&str]| self.root.at(keys).and_then(Value::as_bool) == Some(false);
        match (row.check, keys) {
            (Check::Acp, ["agents", "entries", id, ..]) => {
                let own = self.root.at(&["agents", "entries", id, "runtime", "type"]);
                off(&["acp", "enabled"]) || own.and_then(Value::as_str) != Some("acp")
            }
            (Check::Acp, _) => off(&["acp", "enabled"]),
            (Check::Switch, ["acp", ..]) => off(&["acp", "enabled"]),
            (_, ["agents", "defaults", "embeddedAgent", "cyberFailover", ..]) => {
                self.root
                    .at(&[
                        "agents",
                        "defaults",
                        "embeddedAgent",
                        "cyberFailover",
                        "mode",
                    ])
                    .and_then(Value::as_str)
                    == Some("off")
            }
            (Check::Url | Check::Embedding, _)
                if self
                    .version
                    .layout()
                    .shared_search(keys)
                    .is_some_and(|key| key != "provider") =>
            {
                let layout = self.version.layout();
                let provider = |search: Option<&'_ Value>| {
                    let provider = search.and_then(|search| search.get("provider"));
                    provider.map(|provider| provider.as_str().map(folded))
                };
                provider(self.root.at(layout.search)) == Some(Some("none".to_owned()))
                    && !super::agents(self.root)
                        .any(|(_, _, entry)| provider(entry.at(layout.own_search)).is_some())
            }
            _ => false,
        }
    }

    pub(super) fn provider(&mut self, row: &Row, text: &str, at: &str, place: Where) {
        let id = folded(text);
        if id.is_empty() {
            return;
        }
        if id == ID {
            return self.closed(at, ID, place);
        }
        self.outside(
            Code::OtherProvider,
            at,
            &id,
            format!(
                "{} is handled by {id}, past the proxy.",
                capitalised(row.note)
            ),
            unset(at),
            place,
        );
    }

    pub(super) fn program(&mut self, row: &Row, command: &str, at: &str, place: Where) {
        self.outside(
            Code::ExternalProgram,
            at,
            command.trim(),
            format!(
                "The program {} gets content and may ask any model ({}).",
                quote::quoted(command.trim()),
                row.note
            ),
            unset(&parent(at)),
            place,
        );
    }

    /// An endpoint of a slot: closed only where it is the proxy's own.
    pub(super) fn url(&mut self, row: &Row, text: &str, at: &str, place: Where) {
        if trimmed(text).is_empty() {
            return;
        }
        let address = address::decide(text);
        let own = self
            .root
            .at(&["models", "providers", ID, "baseUrl"])
            .and_then(Value::as_str)
            .map(address::decide);
        if let (Address::Loopback { origin, .. }, Some(Address::Loopback { origin: own, .. })) =
            (&address, &own)
            && origin == own
        {
            return self.closed(at, origin, place);
        }
        let leads_to = address.leads_to().to_owned();
        self.outside(
            Code::OtherEndpoint,
            at,
            &leads_to,
            format!(
                "Content goes to {leads_to}, which is not the proxy ({}).",
                row.note
            ),
            unset(at),
            place,
        );
    }

    pub(super) fn content(&mut self, row: &Row, text: &str, at: &str) {
        let address = address::decide(text);
        self.found.exposure(
            Code::ContentEndpoint,
            at,
            address.leads_to(),
            format!(
                "Content may leave to {}, but not as a model request ({}).",
                address.leads_to(),
                row.note
            ),
            format!("Remove {at} if you do not want that."),
        );
    }

    /// A runtime under a model map key: what counts is whose model the key is.
    pub(super) fn model_runtime(
        &mut self,
        row: &Row,
        text: &str,
        at: &str,
        keys: &[&str],
        place: Where,
    ) {
        let key = match keys {
            ["agents", "defaults", "models", key, ..]
            | ["agents", "entries", _, "models", key, ..] => key,
            ["agents", "list", _, "models", key, ..] => key,
            _ => "",
        };
        let ours = match key.strip_suffix("/*") {
            Some(provider) => folded(provider) == ID,
            None => self.names.is_row(key),
        };
        self.runtime(row, text, at, ours, place);
    }

    pub(super) fn runtime(&mut self, row: &Row, text: &str, at: &str, ours: bool, place: Where) {
        let id = folded(text);
        if OWN_RUNTIMES.contains(&id.as_str()) {
            return;
        }
        if ours {
            self.found.exposure(
                Code::DeadRuntime,
                at,
                &id,
                format!(
                    "OpenClaw refuses the runtime {id} for this provider, so such a turn fails."
                ),
                unset(at),
            );
            return;
        }
        self.outside(
            Code::ExternalRuntime,
            at,
            &id,
            format!(
                "The program behind {id} runs these turns, past the proxy ({}).",
                row.note
            ),
            unset(at),
            place,
        );
    }
}
