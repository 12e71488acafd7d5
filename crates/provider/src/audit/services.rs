//! Settings and credentials of other vendors' services.

use super::finding::{Code, set, unset};
use super::names::{folded, trimmed};
use super::slot::Slot;
use super::table::Row;
use super::{Auditor, Where};
use crate::ID;
use crate::address::{self, Address};
use crate::document::Value;

impl Auditor<'_> {
    pub(super) fn arming(&mut self, row: &Row, at: &str, keys: &[&str], place: Where) {
        let slot = if keys.contains(&"webSearch") {
            Slot::Search
        } else {
            Slot::Speech
        };
        let name = match keys {
            ["plugins", "entries", id, ..] => (*id).to_owned(),
            _ => keys
                .iter()
                .rev()
                .nth(1)
                .map_or_else(String::new, |id| (*id).to_owned()),
        };
        if !self.slots.is_closed(slot) {
            self.outside(
                Code::ArmedSlot,
                at,
                &name,
                format!(
                    "With this credential OpenClaw by itself uses {name} for {} ({}).",
                    slot.what(),
                    row.note
                ),
                format!(
                    "{}   (or: {})",
                    unset(at),
                    slot.pin(self.version, &self.suggested_model())
                ),
                place,
            );
        } else {
            self.found.exposure(
Code::UnusedCredential,
                at,
                &name,
                format!("A credential of {name} is in the file. The slot that it could arm is pinned or off."),
                unset(at),
            );
        }
    }

    /// Settings of another vendor's service: the values that choose or arm it.
    pub(super) fn vendor(
        &mut self,
        row: &Row,
        value: &Value,
        at: &str,
        keys: &[&str],
        place: Where,
    ) {
        let key = keys
            .iter()
            .rev()
            .find(|key| !key.is_empty())
            .copied()
            .unwrap_or_default();
        let lower = key.to_ascii_lowercase();
        let chooses = match value {
            Value::Bool(on) => *on && lower == "enabled",
            Value::String(text) if trimmed(text).is_empty() => false,
            Value::String(text) => {
                [
                    "model", "url", "endpoint", "provider", "command", "apikey", "region", "host",
                ]
                .iter()
                .any(|word| lower.contains(word))
                    || super::scan::is_address(text)
            }
            // A reference to a secret.
            Value::Object(_) => true,
            _ => false,
        };
        if !chooses {
            return;
        }
        let text = value.as_str().unwrap_or_default();
        if self.is_open_question(text, at, place) {
            return;
        }
        let secret = lower.contains("key");
        let leads_to = match address::decide(text) {
            address @ (Address::Loopback { .. } | Address::Elsewhere { .. }) => {
                address.leads_to().to_owned()
            }
            Address::Unprovable(_) if secret || text.is_empty() => {
                "another vendor's service".to_owned()
            }
            Address::Unprovable(_) => address::without_userinfo(text),
        };
        self.outside(
            Code::OtherProvider,
            at,
            &leads_to,
            format!(
                "Another vendor's service is set up here ({}), and gets content when it is used.",
                row.note
            ),
            unset(at),
            place,
        );
    }

    /// A speech provider. There is none of the proxy's: naming it selects nothing, and the others are tried.
    pub(super) fn speech_provider(&mut self, row: &Row, text: &str, at: &str, place: Where) {
        let id = folded(text);
        if id.is_empty() {
            return;
        }
        if id != ID {
            self.provider(row, text, at, place);
            return;
        }
        let place = Where {
            off: place.off || self.slots.is_closed(Slot::Speech),
        };
        self.outside(
            Code::OtherProvider,
            at,
            "any speech service",
            "The proxy does not speak, so this selects nothing, and OpenClaw tries every other service.".to_owned(),
            unset(at),
            place,
        );
    }

    /// When replies are spoken by themselves. The service that does it is judged where it is set up.
    pub(super) fn speech_auto(&mut self, text: &str, at: &str) {
        if text == "off" || self.slots.is_closed(Slot::Speech) {
            return;
        }
        self.spoken(at);
    }

    pub(super) fn speech_on(&mut self, value: &Value, at: &str) {
        match value.as_bool() {
            Some(true) if !self.slots.is_closed(Slot::Speech) => self.spoken(at),
            Some(_) => {}
            None => self.shape(value, at),
        }
    }

    fn spoken(&mut self, at: &str) {
        self.outside(
            Code::OtherProvider,
            at,
            "any speech service",
            "Replies are spoken by themselves, by a service that the proxy is not; one of them needs no key.".to_owned(),
            set(at, if at.ends_with("enabled") { "false" } else { "\"off\"" }),
            Where { off: false },
        );
    }

    /// A provider of embeddings. The proxy has none: only `none` closes the slot.
    pub(super) fn embedding(&mut self, row: &Row, text: &str, at: &str, place: Where) {
        match folded(text).as_str() {
            "" => {}
            "none" if text == "none" => {}
            "auto" => self.provider(row, super::names::DEFAULT_PROVIDER, at, place),
            id if id == ID || id == "none" => self.unshown(at, text, place),
            _ => self.provider(row, text, at, place),
        }
    }

    /// A provider of web search. The proxy is none.
    pub(super) fn search_provider(&mut self, row: &Row, text: &str, at: &str, place: Where) {
        if folded(text) == ID {
            self.unshown(at, text, place);
        } else {
            self.provider(row, text, at, place);
        }
    }

    /// A value that looks as if it closed a slot, and was not seen to.
    pub(super) fn unshown(&mut self, at: &str, text: &str, place: Where) {
        self.uncertain(
            Code::UnclearModel,
            at,
            text,
            "The proxy has no such service, and what OpenClaw does with this value was not seen, so this counts as open.".to_owned(),
            unset(at),
            place,
        );
    }
}
