//! The checks of the inventory: what is reported for the value at a place.

use super::code::Code;
use super::inventory::{Check, Row};
use super::names::{folded, trimmed};
use super::shell::{parent, unset};
use super::unlisted::is_address;
use super::walk::Cursor;
use super::{Auditor, Location, message};
use crate::address::{self, Address};
use crate::document::Value;
use crate::strings::capitalize;
use crate::wit::config::Severity;
use crate::{ID, strings};

/// Runtimes that run turns in OpenClaw's own process.
const OWN_RUNTIMES: &[&str] = &["", "auto", "openclaw", "embedded"];

impl Auditor<'_> {
    /// Does the check of the row that a value matches.
    pub(super) fn check(&mut self, value: &Value, cursor: Cursor<'_>) {
        let Cursor { row, keys, .. } = cursor;
        let disabled = cursor.location.disabled || self.is_dormant(row, keys);
        let location = Location {
            disabled,
            ..cursor.location
        };
        let cursor = &Cursor { location, ..cursor };
        let (at, note) = (location.path, row.note);
        match row.check {
            Check::Nothing => {}
            Check::RouteSwitch => match value.as_bool() {
                Some(true) => {
                    self.report(
                        message::EXTERNAL_SWITCH,
                        location,
                        "an external agent",
                        &[note],
                    );
                }
                Some(false) => {}
                None => self.wrong_shape(value, at),
            },
            Check::InboundSwitch => {
                if value.as_bool() == Some(true) {
                    self.found.add(message::INBOUND_MODEL, at, "", &[]);
                }
            }
            Check::AllowAnyModel => self.check_bounded(value, cursor),
            Check::ArmingCredential => self.check_arming(cursor),
            Check::SpeechSwitch => match value.as_bool() {
                Some(true) => self.report_speech(at, "false"),
                Some(false) => {}
                None => self.wrong_shape(value, at),
            },
            Check::OtherCredential => self.found.add(message::SETTING_CREDENTIAL, at, "", &[note]),
            Check::ContentEndpoint | Check::RequestParams => {
                let address = value.as_str().filter(|text| is_address(text));
                if let Some(address) = address.map(address::decide)
                    && (row.check == Check::ContentEndpoint || !address.is_loopback())
                {
                    let leads_to = address.leads_to();
                    self.found
                        .add(message::CONTENT_ENDPOINT, at, leads_to, &[note]);
                }
            }
            Check::VendorSetting => self.check_vendor(value, cursor),
            // Every other check reads text; `check_text` names them.
            _ => match value.as_str() {
                None => self.wrong_shape(value, at),
                Some(text) if self.has_open_variable(text, location) => {}
                Some(text) => self.check_text(text, cursor),
            },
        }
    }

    /// Checks text at a place: as a reference, unless the row says otherwise.
    fn check_text(&mut self, text: &str, cursor: &Cursor<'_>) {
        let Cursor {
            row,
            location,
            keys,
            holder,
        } = *cursor;
        let id = folded(text);
        match row.check {
            Check::SpeechProvider => self.check_speech_provider(text, cursor),
            Check::SpeechMode if text == "off" => {}
            Check::SpeechMode => self.report_speech(location.path, "'\"off\"'"),
            // If a provider or a program is named next to it, that one is checked. Otherwise OpenClaw looks for a service.
            Check::MediaModel
                if holder.get("provider").is_some() || holder.get("command").is_some() => {}
            Check::ServiceModel => self.report(message::OWNED_MODEL, location, text, &[row.note]),
            Check::MediaPreference => {
                if let Some(provider) = text.trim().strip_prefix("provider:") {
                    self.check_provider(provider, cursor);
                } else if let Some(command) = text.trim().strip_prefix("cli:") {
                    self.report_program(command, cursor);
                } else if matches!(keys, ["tools", "media", "audio" | "video", _])
                    && self.names.is_row(text)
                {
                    // The proxy takes neither audio nor video, so OpenClaw tries the other services.
                    self.unclear_service(text, cursor);
                } else {
                    self.check_reference(text, cursor);
                }
            }
            Check::AllowedModel => self.check_grant(text, cursor),
            Check::Provider => self.check_provider(text, cursor),
            Check::EmbeddingProvider => self.check_embedding(text, cursor),
            // The proxy offers no web search.
            Check::SearchProvider if id == ID => self.unclear_service(text, cursor),
            Check::SearchProvider => self.check_provider(text, cursor),
            Check::Endpoint => self.check_url(text, cursor),
            Check::Program => self.report_program(text, cursor),
            Check::ExternalAgent => self.report(message::EXTERNAL_AGENT, location, text, &[]),
            Check::AgentRuntime if id == "embedded" || id.is_empty() => {}
            Check::AgentRuntime => self.report(message::EXTERNAL_HARNESS, location, text, &[]),
            Check::ModelRuntime => {
                // It matters whose model the key of the map names.
                let key = match keys {
                    ["agents", "defaults", "models", key, ..]
                    | ["agents", "entries" | "list", _, "models", key, ..] => key,
                    _ => "",
                };
                let is_ours = match key.strip_suffix("/*") {
                    Some(provider) => folded(provider) == ID,
                    None => self.names.is_row(key),
                };
                self.check_runtime(&id, is_ours, cursor);
            }
            Check::ProviderRuntime => {
                let is_ours = keys.get(2).is_some_and(|key| folded(key) == ID);
                self.check_runtime(&id, is_ours, cursor);
            }
            Check::SlotPlugin => {
                let is_own = matches!(
                    id.as_str(),
                    "" | "none" | "legacy" | "default" | "memory-core"
                );
                // In the former layout this key names a backend, which is no plugin.
                if !is_own && (keys, text) != (&["memory", "backend"], "builtin") {
                    let severity = match location.disabled {
                        true => Severity::Exposure,
                        false => Severity::Undecided,
                    };
                    let (at, args) = (location.path, [row.note]);
                    self.found
                        .add_as(severity, message::PLUGIN_SLOT, at, text, &args);
                }
            }
            Check::GatewayMode if id != "remote" => {}
            Check::GatewayMode => {
                self.report(message::REMOTE_MODE, location, "another gateway", &[])
            }
            Check::GatewayUrl => {
                let mode = self.root.str_at(&["gateway", "mode"]);
                let is_remote = mode.is_some_and(|mode| folded(mode) == "remote");
                let location = Location {
                    disabled: location.disabled || !is_remote,
                    ..location
                };
                let address = address::decide(text);
                self.report(message::REMOTE_GATEWAY, location, address.leads_to(), &[]);
            }
            Check::ProxyHost => self.check_own_host(text, location),
            // A media model without a provider next to it is a reference too.
            Check::Primary
            | Check::Fallback
            | Check::Model
            | Check::FullReference
            | Check::BareIsOpenai
            | Check::ImageModel
            | Check::ModelBesideProvider
            | Check::MediaModel => self.check_reference(text, cursor),
            // `check` has done these; were it not so, they would be reported as references.
            Check::Nothing
            | Check::RouteSwitch
            | Check::InboundSwitch
            | Check::AllowAnyModel
            | Check::ArmingCredential
            | Check::SpeechSwitch
            | Check::OtherCredential
            | Check::ContentEndpoint
            | Check::RequestParams
            | Check::VendorSetting => self.check_reference(text, cursor),
        }
    }

    /// Reports a value of a kind that OpenClaw does not accept there.
    pub(super) fn wrong_shape(&mut self, value: &Value, at: &str) {
        let why = format!(
            "{} stands where OpenClaw accepts something else",
            value.kind()
        );
        self.found.undecided(Code::UnknownShape, at, &why);
    }

    /// Whether a setting elsewhere switches this place off.
    fn is_dormant(&self, row: &Row, keys: &[&str]) -> bool {
        let off = |keys: &[&str]| self.root.bool_at(keys) == Some(false);
        match (row.check, keys) {
            (Check::ExternalAgent, ["agents", "entries", id, ..]) => {
                let own = self
                    .root
                    .str_at(&["agents", "entries", id, "runtime", "type"]);
                off(&["acp", "enabled"]) || own != Some("acp")
            }
            (Check::ExternalAgent, _) => off(&["acp", "enabled"]),
            (Check::RouteSwitch, ["acp", ..]) => off(&["acp", "enabled"]),
            (_, ["agents", "defaults", "embeddedAgent", "cyberFailover", ..]) => {
                let at = [
                    "agents",
                    "defaults",
                    "embeddedAgent",
                    "cyberFailover",
                    "mode",
                ];
                self.root.str_at(&at) == Some("off")
            }
            (Check::Endpoint | Check::EmbeddingProvider, _)
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

    /// Checks the id of a provider.
    pub(super) fn check_provider(&mut self, text: &str, cursor: &Cursor<'_>) {
        let id = folded(text);
        if id == ID {
            self.add_closed(cursor.location, ID);
        } else if !id.is_empty() {
            let note = capitalize(cursor.row.note);
            self.report(message::OTHER_PROVIDER, cursor.location, &id, &[&note]);
        }
    }

    fn report_program(&mut self, command: &str, cursor: &Cursor<'_>) {
        let Cursor { row, location, .. } = *cursor;
        let command = command.trim();
        let args = [
            &strings::quoted(command),
            row.note,
            &unset(&parent(location.path)),
        ];
        self.report(message::EXTERNAL_PROGRAM, location, command, &args);
    }

    /// Checks the endpoint of a slot, which is closed only if it is the address of the proxy.
    fn check_url(&mut self, text: &str, cursor: &Cursor<'_>) {
        if trimmed(text).is_empty() {
            return;
        }
        let own = self
            .root
            .str_at(&["models", "providers", ID, "baseUrl"])
            .map(address::decide);
        let address = address::decide(text);
        if let (Address::Loopback { origin, .. }, Some(Address::Loopback { origin: own, .. })) =
            (&address, &own)
            && origin == own
        {
            return self.add_closed(cursor.location, origin);
        }
        let (leads_to, args) = (address.leads_to(), [cursor.row.note]);
        self.report(message::OTHER_ENDPOINT, cursor.location, leads_to, &args);
    }

    /// Checks the runtime of a model or a provider.
    fn check_runtime(&mut self, id: &str, is_ours: bool, cursor: &Cursor<'_>) {
        let Cursor { row, location, .. } = *cursor;
        if OWN_RUNTIMES.contains(&id) {
        } else if is_ours {
            self.found
                .add(message::DEAD_RUNTIME, location.path, id, &[]);
        } else {
            self.report(message::EXTERNAL_RUNTIME, location, id, &[row.note]);
        }
    }
}
