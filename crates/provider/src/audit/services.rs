//! Checks settings and credentials of other vendors' services.

use super::names::{folded, trimmed};
use super::slot::Slot;
use super::unlisted::is_address;
use super::walk::Cursor;
use super::{Auditor, Location, message};
use crate::ID;
use crate::address::{self, Address};
use crate::document::Value;

impl Auditor<'_> {
    /// Checks a credential that arms speech or web search.
    pub(super) fn check_arming(&mut self, cursor: &Cursor<'_>) {
        let Cursor { keys, location, .. } = *cursor;
        let slot = match keys.contains(&"webSearch") {
            true => Slot::Search,
            false => Slot::Speech,
        };
        let name = match keys {
            ["plugins", "entries", id, ..] | [.., id, _] => *id,
            _ => "",
        };
        if self.slots.is_closed(slot) {
            let at = location.path;
            return self.found.add(message::PINNED_CREDENTIAL, at, name, &[]);
        }
        let fix = slot.fix(self.version, &self.model);
        let args = [slot.description(), cursor.row.note, &fix];
        self.report(message::ARMED_BY_SETTING, location, name, &args);
    }

    /// Checks a setting of another vendor's service, if it chooses or arms the service.
    pub(super) fn check_vendor(&mut self, value: &Value, cursor: &Cursor<'_>) {
        const CHOICES: &str = "model url endpoint provider command apikey region host";
        let key = cursor.last_key().to_ascii_lowercase();
        let chooses = match value {
            Value::Bool(on) => *on && key == "enabled",
            Value::String(text) if trimmed(text).is_empty() => false,
            Value::String(text) => {
                CHOICES.split(' ').any(|word| key.contains(word)) || is_address(text)
            }
            // A reference to a secret.
            Value::Object(_) => true,
            _ => false,
        };
        let text = value.as_str().unwrap_or_default();
        if !chooses || self.has_open_variable(text, cursor.location) {
            return;
        }
        let leads_to = match address::decide(text) {
            address @ (Address::Loopback { .. } | Address::Elsewhere { .. }) => {
                address.leads_to().to_owned()
            }
            Address::Unprovable(_) if key.contains("key") || text.is_empty() => {
                "another vendor's service".to_owned()
            }
            Address::Unprovable(_) => address::without_userinfo(text),
        };
        let args = [cursor.row.note];
        self.report(message::VENDOR_SERVICE, cursor.location, &leads_to, &args);
    }

    /// Checks a speech provider. The proxy cannot speak, so naming it selects nothing, and OpenClaw tries the others.
    pub(super) fn check_speech_provider(&mut self, text: &str, cursor: &Cursor<'_>) {
        if folded(text) != ID {
            return self.check_provider(text, cursor);
        }
        let disabled = cursor.location.disabled || self.slots.is_closed(Slot::Speech);
        let location = Location {
            disabled,
            ..cursor.location
        };
        let leads_to = "any speech service";
        self.report(message::PROXY_CANNOT_SPEAK, location, leads_to, &[]);
    }

    /// Reports that replies are spoken. (The settings of the service are checked too.) `off` is the value that turns it off, as a word
    /// for a shell.
    pub(super) fn report_speech(&mut self, at: &str, off: &str) {
        if !self.slots.is_closed(Slot::Speech) {
            let at = Location::enabled(at);
            self.report(message::SPOKEN_REPLIES, at, "any speech service", &[off]);
        }
    }

    /// Checks the provider of embeddings. The proxy makes none, so only `none` closes the slot.
    pub(super) fn check_embedding(&mut self, text: &str, cursor: &Cursor<'_>) {
        match folded(text).as_str() {
            "none" if text == "none" => {}
            "auto" => self.check_provider(super::names::DEFAULT_PROVIDER, cursor),
            id if id == ID || id == "none" => self.unclear_service(text, cursor),
            _ => self.check_provider(text, cursor),
        }
    }

    /// Reports a value that looks as if it closed a slot, which was never seen.
    pub(super) fn unclear_service(&mut self, text: &str, cursor: &Cursor<'_>) {
        self.report(message::UNCLEAR_SERVICE, cursor.location, text, &[]);
    }
}
