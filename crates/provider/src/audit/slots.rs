//! Whether each slot for which OpenClaw chooses a provider by itself is closed in a configuration.

use std::collections::BTreeSet;

use super::names::{Meaning, Names, ResolveOptions, folded};
use super::primary;
use super::slot::Slot;
use super::vendors::{Vendor, bundled, vendors};
use super::version::Version;
use crate::ID;
use crate::collect::collect_unsorted;
use crate::document::Value;

/// The slots of a configuration that are closed whatever credentials there are, and the plugins that are off.
pub(super) struct Slots<'a> {
    root: &'a Value,
    names: &'a Names<'a>,
    version: Version,
    denied: BTreeSet<&'a str>,
    denied_plugins: BTreeSet<&'a str>,
    /// Whether speech starts by itself anywhere.
    pub(super) speaks: bool,
}

impl<'a> Slots<'a> {
    pub(super) fn new(root: &'a Value, names: &'a Names<'a>, version: Version) -> Self {
        let texts = |keys: &[&str]| -> BTreeSet<&'a str> {
            collect_unsorted(root.items_at(keys).iter().filter_map(Value::as_str))
        };
        let mut speaks = enables_speech(root.at(version.layout().speech));
        speaks |= super::agents(root).any(|(_, _, entry)| enables_speech(entry.get("tts")));
        for (_, channel) in root.members_at(&["channels"]) {
            let mut voice = |place: &Value| {
                speaks |=
                    enables_speech(place.get("tts")) || enables_speech(place.at(&["voice", "tts"]));
                speaks |= is_on(Some(channel)) && is_on(place.get("voice"));
            };
            voice(channel);
            for (_, account) in channel.members_at(&["accounts"]) {
                voice(account);
            }
        }
        // Plugins that speak in calls. They are not part of OpenClaw's package.
        for (id, entry) in root.members_at(&["plugins", "entries"]) {
            speaks |= (id.ends_with("voice-call") || id.ends_with("-meet")) && is_on(Some(entry));
        }
        Self {
            root,
            names,
            version,
            denied: texts(&["tools", "deny"]),
            denied_plugins: texts(&["plugins", "deny"]),
            speaks,
        }
    }

    /// Whether a slot is closed whatever credentials there are.
    pub(super) fn is_closed(&self, slot: Slot) -> bool {
        match slot {
            Slot::Memory => self.memory_is_closed(),
            Slot::Image => {
                !self.describes_stickers()
                    && (self.is_ours("imageModel")
                        || (self.denies("image")
                            && self.is_off(&["tools", "media", "image", "enabled"])))
            }
            Slot::Pdf => {
                self.is_ours("pdfModel")
                    || (!self.is_set("pdfModel") && self.is_ours("imageModel"))
                    || self.denies("pdf")
            }
            Slot::Audio => self.is_off(&["tools", "media", "audio", "enabled"]),
            Slot::Video => self.is_off(&["tools", "media", "video", "enabled"]),
            Slot::Search => {
                self.is_off(&["tools", "web", "search", "enabled"]) || self.denies("web_search")
            }
            Slot::MakeImage => self.generates_nothing("image", "image_generate"),
            Slot::MakeVideo => self.generates_nothing("video", "video_generate"),
            Slot::MakeMusic => self.generates_nothing("music", "music_generate"),
            Slot::Speech => (self.denies("tts") && !self.speaks) || self.is_silent(),
            Slot::XTools => {
                (self.denies("x_search") && self.denies("code_execution"))
                    || self.plugin_is_off("xai")
            }
            Slot::OwnTools => slot.tools().iter().all(|tool| self.denies(tool)),
        }
    }

    /// Whether Telegram sends stickers to any model that takes images. Until 2026.9.1 it ignores `imageModel` if the agent's own model
    /// takes no images (`describeStickerImage`; seen: 2026.7.35, 2026.8.2, 2026.9.1).
    fn describes_stickers(&self) -> bool {
        self.version.is_in(0b01111)
            && is_on(self.root.at(&["channels", "telegram"]))
            && !self.all_models_see()
    }

    /// Every slot that is not closed.
    pub(super) fn open(&self) -> Vec<Slot> {
        let all = Slot::ALL.iter().copied();
        all.filter(|slot| !self.is_closed(*slot)).collect()
    }

    /// The tools whose slot is not closed. If all of the proxy's models take images, OpenClaw gives them the images itself, and the
    /// image tool is not used.
    pub(super) fn open_tools(&self) -> Vec<String> {
        let open = self.open().into_iter();
        open.filter(|slot| *slot != Slot::Image || !self.all_models_see())
            .flat_map(Slot::tools)
            .map(|&tool| tool.to_owned())
            .collect()
    }

    /// Whether every model of the proxy takes images.
    fn all_models_see(&self) -> bool {
        let rows = self.root.items_at(&["models", "providers", ID, "models"]);
        let sees = |row: &Value| {
            let input = row.items_at(&["input"]);
            let mut kinds = input.iter();
            kinds.any(|kind| kind.as_str() == Some("image"))
        };
        !rows.is_empty() && rows.iter().all(sees)
    }

    /// Whether every speech service is off, so that no reply can be spoken.
    pub(super) fn is_silent(&self) -> bool {
        !self.version.layout().former && self.is_speech_off(vendors(self.version))
    }

    /// Whether OpenClaw loads its speech services although they are off. Before 2026.8 it does so if all of them are off (seen:
    /// 2026.7.35).
    pub(super) fn reloads_speech(&self) -> bool {
        self.version.layout().former && self.is_speech_off(bundled(self.version))
    }

    /// Whether all of these vendors with a speech service are off.
    fn is_speech_off(&self, all: impl Iterator<Item = &'static Vendor>) -> bool {
        let mut all = all.filter(|vendor| vendor.slots.contains(&Slot::Speech));
        all.all(|vendor| self.is_named_off(vendor.plugin))
    }

    /// The vendors that fill a slot without any credential and whose plugins are on.
    pub(super) fn keyless(&self, slot: Slot) -> impl Iterator<Item = &'static Vendor> {
        let loaded = slot == Slot::Speech && self.reloads_speech();
        vendors(self.version).filter(move |vendor| {
            !vendor.keyless.is_empty()
                && vendor.slots.contains(&slot)
                && (loaded || !self.is_named_off(vendor.plugin))
        })
    }

    /// Whether a bundled service stays off if it is turned off.
    pub(super) fn can_disable_services(&self) -> bool {
        !self.version.layout().former || self.root.at(&["plugins", "allow"]).is_none()
    }

    /// Whether a plugin is turned off by its own name. `plugins.enabled: false` leaves the bundled speech service on (seen: 2026.9.6).
    ///
    /// Before 2026.8 a list of allowed plugins turns the bundled services on again, even denied ones
    /// (`withBundledPluginEnablementCompat`; seen: 2026.7.35).
    fn is_named_off(&self, id: &str) -> bool {
        self.can_disable_services()
            && (self.is_off(&["plugins", "entries", id, "enabled"])
                || self.denied_plugins.contains(id))
    }

    /// Whether a plugin is turned off, by its own name or with all plugins.
    pub(super) fn plugin_is_off(&self, id: &str) -> bool {
        self.is_off(&["plugins", "enabled"]) || self.is_named_off(id)
    }

    fn is_off(&self, keys: &[&str]) -> bool {
        self.root.bool_at(keys) == Some(false)
    }

    /// Whether a tool is denied to every agent. Only its own name and `*` count; groups and other patterns are not read.
    fn denies(&self, tool: &str) -> bool {
        self.denied.contains(tool) || self.denied.contains("*")
    }

    /// Whether a model slot of the defaults names a model.
    fn is_set(&self, key: &str) -> bool {
        let slot = self.root.at(&["agents", "defaults", key]);
        slot.is_some_and(|slot| {
            let named = primary(slot).is_some_and(|text| !folded(text).is_empty());
            named || !slot.items_at(&["fallbacks"]).is_empty()
        })
    }

    /// Whether a model slot of the defaults leads only to the proxy.
    fn is_ours(&self, key: &str) -> bool {
        let slot = self.root.at(&["agents", "defaults", key]);
        slot.is_some_and(|slot| self.all_ours(slot))
    }

    fn all_ours(&self, slot: &Value) -> bool {
        let options = ResolveOptions {
            aliases: false,
            bare_is_default: false,
        };
        let is_ours =
            |text: &str| matches!(self.names.meaning(text, "", options), Meaning::Ours(_));
        let mut fallbacks = slot.items_at(&["fallbacks"]).iter();
        primary(slot).is_some_and(is_ours)
            && fallbacks.all(|fallback| fallback.as_str().is_some_and(is_ours))
    }

    fn generates_nothing(&self, kind: &str, tool: &str) -> bool {
        self.denies(tool)
            || self
                .version
                .layout()
                .generation(self.root, kind)
                .is_some_and(|slot| self.all_ours(slot))
    }

    /// Whether the Gateway serves OpenAI's API. Its `/v1/embeddings` uses the provider of memory search, by default `openai`, even if
    /// memory search is off (seen: 2026.7.35, 2026.9.6).
    pub(super) fn serves_embeddings(&self) -> bool {
        ["chatCompletions", "responses"].iter().any(|name| {
            let on = ["gateway", "http", "endpoints", name, "enabled"];
            let on = self.root.at(&on);
            on.is_some_and(|on| on.as_bool() != Some(false))
        })
    }

    /// Whether memory search is closed for every agent. It is on by default, with `openai` as its default provider. An agent's own
    /// value, even a blank one, replaces the shared one.
    fn memory_is_closed(&self) -> bool {
        let serves = self.serves_embeddings();
        let slot = self.root.str_at(&["plugins", "slots", "memory"]);
        if !serves && slot == Some("none") {
            return true;
        }
        let closed = |agent: Option<&Value>| {
            let layout = self.version.layout();
            let shared = self.root.at(layout.search);
            let of = |key: &str| {
                agent
                    .and_then(|agent| agent.at(layout.own_search)?.get(key))
                    .or_else(|| shared.and_then(|search| search.get(key)))
            };
            (!serves && of("enabled").and_then(Value::as_bool) == Some(false))
                || of("provider").and_then(Value::as_str) == Some("none")
        };
        closed(None) && super::agents(self.root).all(|(_, _, entry)| closed(Some(entry)))
    }
}

/// Whether there is an object that is not switched off.
fn is_on(value: Option<&Value>) -> bool {
    value.is_some_and(|value| {
        value.as_object().is_some() && value.bool_at(&["enabled"]) != Some(false)
    })
}

/// Whether the settings of a place turn speech on.
pub(super) fn enables_speech(tts: Option<&Value>) -> bool {
    let auto = tts.and_then(|tts| tts.get("auto"));
    let enabled = tts.and_then(|tts| tts.get("enabled"));
    auto.is_some_and(|auto| auto.as_str() != Some("off"))
        || enabled.is_some_and(|on| on.as_bool() != Some(false))
}
