//! Slots that choose a provider by themselves where nothing pins them, and the credentials in the file that arm them.

use super::finding::{Code, Findings, set, unset};
use super::refs::{Shared, folded, provider_entries, trimmed};
use crate::ID;
use crate::document::{Value, path};
use crate::report::Severity;

/// A slot that OpenClaw fills by itself from what has a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Memory embeddings.
    Memory,
    /// The `pdf` tool.
    Pdf,
    /// The `image` tool and image understanding.
    Image,
    /// Transcription.
    Audio,
    /// Video understanding.
    Video,
    /// The `web_search` tool.
    Search,
    /// The `image_generate` tool.
    MakeImage,
    /// The `video_generate` tool.
    MakeVideo,
    /// The `music_generate` tool.
    MakeMusic,
    /// The `tts` tool.
    Speech,
    /// The `x_search` and `code_execution` tools.
    XTools,
}

/// A vendor that OpenClaw ships.
#[derive(Debug, Clone, Copy)]
pub struct Vendor {
    /// Id of the plugin.
    pub plugin: &'static str,
    /// Provider ids, folded.
    pub providers: &'static [&'static str],
    /// Environment variables that hold its credential.
    pub variables: &'static [&'static str],
    /// Slots that its credential arms.
    pub slots: &'static [Slot],
    /// Hosts that it dials for these slots without any credential.
    pub keyless: &'static [&'static str],
}

macro_rules! vendors {
    ($($plugin:literal [$($provider:literal)*] [$($variable:literal)*] [$($slot:ident)*] [$($host:literal)*];)*) => {
        &[$(Vendor {
            plugin: $plugin,
            providers: &[$($provider),*],
            variables: &[$($variable),*],
            slots: &[$(Slot::$slot),*],
            keyless: &[$($host),*],
        }),*]
    };
}

/// Every vendor.
pub const VENDORS: &[Vendor] = include!("../../data/vendors-2026.9.6.rs");

impl Slot {
    /// Every slot.
    pub const ALL: &[Self] = &[
        Self::Memory,
        Self::Pdf,
        Self::Image,
        Self::Audio,
        Self::Video,
        Self::Search,
        Self::MakeImage,
        Self::MakeVideo,
        Self::MakeMusic,
        Self::Speech,
        Self::XTools,
    ];

    /// What it does, for people.
    pub fn what(self) -> &'static str {
        match self {
            Self::Memory => "memory embeddings",
            Self::Pdf => "the pdf tool",
            Self::Image => "image understanding",
            Self::Audio => "transcription",
            Self::Video => "video understanding",
            Self::Search => "web search",
            Self::MakeImage => "image generation",
            Self::MakeVideo => "video generation",
            Self::MakeMusic => "music generation",
            Self::Speech => "the tts tool",
            Self::XTools => "the x_search and code_execution tools",
        }
    }

    /// A command that pins it or turns it off.
    pub fn pin(self, model: &str) -> String {
        let reference = format!("\"{ID}/{model}\"");
        match self {
            Self::Memory => set("memory.search.provider", "\"none\""),
            Self::Pdf => set("agents.defaults.pdfModel", &reference),
            Self::Image => set("agents.defaults.imageModel", &reference),
            Self::Audio => set("tools.media.audio.enabled", "false"),
            Self::Video => set("tools.media.video.enabled", "false"),
            Self::Search => set("tools.web.search.enabled", "false"),
            Self::MakeImage => "Add \"image_generate\" to tools.deny.".to_owned(),
            Self::MakeVideo => "Add \"video_generate\" to tools.deny.".to_owned(),
            Self::MakeMusic => "Add \"music_generate\" to tools.deny.".to_owned(),
            Self::Speech => "Add \"tts\" to tools.deny.".to_owned(),
            Self::XTools => "Add \"x_search\" and \"code_execution\" to tools.deny.".to_owned(),
        }
    }
}

/// Whether every slot is pinned or off, and which are not.
pub(super) fn unpinned(root: &Value) -> Vec<Slot> {
    Slot::ALL
        .iter()
        .copied()
        .filter(|slot| !is_pinned(root, *slot))
        .collect()
}

fn is_set(root: &Value, keys: &[&str]) -> bool {
    match root.at(keys) {
        Some(Value::String(text)) => !trimmed(text).is_empty(),
        Some(Value::Object(_)) => ["primary", "fallbacks"].iter().any(|key| {
            match root.at(keys).and_then(|value| value.get(key)) {
                Some(Value::String(text)) => !trimmed(text).is_empty(),
                Some(Value::Array(items)) => !items.is_empty(),
                _ => false,
            }
        }),
        _ => false,
    }
}

fn is_off(root: &Value, keys: &[&str]) -> bool {
    root.at(keys).and_then(Value::as_bool) == Some(false)
}

fn denied(root: &Value, tool: &str) -> bool {
    root.at(&["tools", "deny"])
        .and_then(Value::as_array)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .any(|name| matches!(folded(name).as_str(), "*") || folded(name) == tool)
}

fn is_pinned(root: &Value, slot: Slot) -> bool {
    match slot {
        Slot::Memory => memory_is_pinned(root),
        Slot::Image => {
            is_set(root, &["agents", "defaults", "imageModel"])
                || (denied(root, "image") && is_off(root, &["tools", "media", "image", "enabled"]))
        }
        Slot::Pdf => {
            is_set(root, &["agents", "defaults", "pdfModel"])
                || is_set(root, &["agents", "defaults", "imageModel"])
                || denied(root, "pdf")
        }
        Slot::Audio => media_is_pinned(root, "audio"),
        Slot::Video => media_is_pinned(root, "video"),
        Slot::Search => {
            is_off(root, &["tools", "web", "search", "enabled"])
                || is_set(root, &["tools", "web", "search", "provider"])
                || denied(root, "web_search")
        }
        Slot::MakeImage => {
            is_set(root, &["agents", "defaults", "mediaModels", "image"])
                || denied(root, "image_generate")
        }
        Slot::MakeVideo => {
            is_set(root, &["agents", "defaults", "mediaModels", "video"])
                || denied(root, "video_generate")
        }
        Slot::MakeMusic => {
            is_set(root, &["agents", "defaults", "mediaModels", "music"])
                || denied(root, "music_generate")
        }
        Slot::Speech => is_set(root, &["tts", "provider"]) || denied(root, "tts"),
        Slot::XTools => {
            (denied(root, "x_search") && denied(root, "code_execution"))
                || plugin_is_off(root, "xai")
        }
    }
}

fn media_is_pinned(root: &Value, capability: &str) -> bool {
    is_off(root, &["tools", "media", capability, "enabled"])
        || is_set(root, &["tools", "media", capability, "preferredModel"])
}

/// Memory search is on for every agent whose entry does not say otherwise, with `openai` unless a provider is set.
fn memory_is_pinned(root: &Value) -> bool {
    if root
        .at(&["plugins", "slots", "memory"])
        .and_then(Value::as_str)
        .map(folded)
        .as_deref()
        == Some("none")
    {
        return true;
    }
    let pinned = |agent: Option<&Value>| {
        let shared = root.at(&["memory", "search"]);
        let of = |key: &str| {
            agent
                .and_then(|agent| agent.at(&["memory", "search"]))
                .and_then(|search| search.get(key))
                .or_else(|| shared.and_then(|search| search.get(key)))
        };
        of("enabled").and_then(Value::as_bool) == Some(false)
            || of("provider")
                .and_then(Value::as_str)
                .is_some_and(|id| !matches!(folded(id).as_str(), "" | "auto"))
    };
    pinned(None) && super::agents(root).all(|(_, _, entry)| pinned(Some(entry)))
}

/// Whether a plugin is turned off in the file.
pub(super) fn plugin_is_off(root: &Value, id: &str) -> bool {
    let listed = |key: &str| {
        root.at(&["plugins", key])
            .and_then(Value::as_array)
            .map(|list| {
                list.iter()
                    .filter_map(Value::as_str)
                    .any(|name| folded(name) == id)
            })
    };
    is_off(root, &["plugins", "enabled"])
        || is_off(root, &["plugins", "entries", id, "enabled"])
        || listed("deny") == Some(true)
}

/// A credential in the file.
struct Credential {
    path: String,
    vendor: &'static Vendor,
    /// Whether the vendor has an entry under `models.providers`, which works without its plugin.
    has_entry: bool,
}

/// Judges every credential and provider entry that is not the proxy's.
pub(super) fn judge(root: &Value, shared: &Shared<'_>, model: &str, found: &mut Findings) {
    let open = unpinned(root);
    for credential in credentials(root, shared) {
        let works = credential.has_entry || !plugin_is_off(root, credential.vendor.plugin);
        let armed: Vec<Slot> = credential
            .vendor
            .slots
            .iter()
            .copied()
            .filter(|slot| works && open.contains(slot))
            .collect();
        let name = credential
            .vendor
            .providers
            .first()
            .copied()
            .unwrap_or_default();
        let Some(first) = armed.first() else {
            found.add(
                Severity::Exposure,
                Code::UnusedCredential,
                &credential.path,
                name,
                format!("A credential of {name} is in the file. Nothing selects {name} now: every slot that it could arm is pinned or off."),
                unset(&credential.path),
            );
            continue;
        };
        let what: Vec<_> = armed.iter().map(|slot| slot.what()).collect();
        found.route(&credential.path, name, false);
        found.add(
            Severity::Leak,
            Code::ArmedSlot,
            &credential.path,
            name,
            format!(
                "With this credential OpenClaw by itself uses {name} for {}, because nothing says otherwise.",
                what.join(", ")
            ),
            if armed.len() == 1 {
                format!("{}   (or: {})", unset(&credential.path), first.pin(model))
            } else {
                format!("{}   (or pin every slot: claude-proxy setup --harden)", unset(&credential.path))
            },
        );
    }
    other_credentials(root, found);
    for (key, entry) in provider_entries(root) {
        if folded(key) != ID {
            outside_entry(key, entry, found);
        }
    }
    if root
        .at(&["env", "shellEnv", "enabled"])
        .and_then(Value::as_bool)
        == Some(true)
    {
        found.add(
            Severity::Exposure,
            Code::ShellEnvironment,
            "env.shellEnv.enabled",
            "",
            "The login shell's variables are imported; a vendor's key there arms every slot that nothing pins.".to_owned(),
            set("env.shellEnv.enabled", "false"),
        );
    }
    if !open.is_empty() {
        let what: Vec<_> = open.iter().map(|slot| slot.what()).collect();
        found.add(
            Severity::Note,
            Code::UnpinnedSlots,
            "",
            "",
            format!(
                "A vendor's key in the environment or the credential store would arm: {}.",
                what.join(", ")
            ),
            "claude-proxy setup --harden".to_owned(),
        );
    }
}

fn credentials(root: &Value, shared: &Shared<'_>) -> Vec<Credential> {
    let mut out = Vec::new();
    let has_entry = |vendor: &Vendor| {
        vendor
            .providers
            .iter()
            .any(|id| shared.providers.contains(*id))
    };
    for place in ["vars", ""] {
        let keys: &[&str] = if place.is_empty() {
            &["env"]
        } else {
            &["env", "vars"]
        };
        let at = if place.is_empty() { "env" } else { "env.vars" };
        for (name, value) in root.at(keys).and_then(Value::as_object).unwrap_or_default() {
            if value.as_str().is_none_or(|text| trimmed(text).is_empty()) {
                continue;
            }
            for vendor in VENDORS
                .iter()
                .filter(|vendor| vendor.variables.contains(&trimmed(name)))
            {
                out.push(Credential {
                    path: path::key(at, name),
                    vendor,
                    has_entry: has_entry(vendor),
                });
            }
        }
    }
    for (key, entry) in provider_entries(root) {
        let id = folded(key);
        let Some(vendor) = VENDORS
            .iter()
            .find(|vendor| vendor.providers.contains(&id.as_str()))
        else {
            continue;
        };
        let at = path::key("models.providers", key);
        let has_key = entry
            .get("apiKey")
            .is_some_and(|value| value.as_str() != Some(""));
        out.push(Credential {
            path: if has_key {
                path::key(&at, "apiKey")
            } else {
                at
            },
            vendor,
            has_entry: true,
        });
    }
    out
}

/// Credentials and addresses in the environment that arm nothing known, and metadata of stored profiles.
fn other_credentials(root: &Value, found: &mut Findings) {
    for (name, _) in root
        .at(&["env", "vars"])
        .and_then(Value::as_object)
        .unwrap_or_default()
    {
        let upper = trimmed(name).to_ascii_uppercase();
        if VENDORS
            .iter()
            .any(|vendor| vendor.variables.contains(&upper.as_str()))
        {
            continue;
        }
        let at = path::key("env.vars", name);
        if ["_BASE_URL", "_ENDPOINT", "_PROXY"]
            .iter()
            .any(|end| upper.ends_with(end))
        {
            found.add(
                Severity::Exposure,
                Code::EnvironmentAddress,
                &at,
                "",
                "Some plugins and programs take their address from this variable. It does not move the proxy's own endpoint, and it does not make another provider safe.".to_owned(),
                unset(&at),
            );
        } else if ["_API_KEY", "_TOKEN", "_API_SECRET"]
            .iter()
            .any(|end| upper.ends_with(end))
        {
            found.add(
                Severity::Exposure,
                Code::UnusedCredential,
                &at,
                "",
                "This looks like a credential. No slot that this audit knows is armed by it."
                    .to_owned(),
                unset(&at),
            );
        }
    }
    for (name, profile) in root
        .at(&["auth", "profiles"])
        .and_then(Value::as_object)
        .unwrap_or_default()
    {
        let Some(provider) = profile.get("provider").and_then(Value::as_str) else {
            continue;
        };
        if folded(provider) != ID {
            let at = path::key(&path::key("auth.profiles", name), "provider");
            profile_exposure(&at, provider, found);
        }
    }
    for (provider, _) in root
        .at(&["auth", "order"])
        .and_then(Value::as_object)
        .unwrap_or_default()
    {
        if folded(provider) != ID {
            profile_exposure(&path::key("auth.order", provider), provider, found);
        }
    }
}

fn profile_exposure(at: &str, provider: &str, found: &mut Findings) {
    found.add(
        Severity::Exposure,
        Code::UnusedCredential,
        at,
        provider,
        format!("The file knows a stored login of {provider}. The credential store itself was not examined; a login there arms slots that nothing pins."),
        unset(at),
    );
}

fn outside_entry(key: &str, entry: &Value, found: &mut Findings) {
    let at = path::key("models.providers", key);
    let name = trimmed(key);
    found.add(
        Severity::Exposure,
        Code::OutsideProvider,
        &at,
        name,
        format!("Provider {name} is configured. Nothing in the file selects it, but a user can with /model, and the image and pdf tools may fall back to its image models unless agents.defaults.imageModel is set."),
        unset(&at),
    );
    let vendor = VENDORS
        .iter()
        .any(|vendor| vendor.providers.contains(&folded(key).as_str()));
    if !vendor
        && entry
            .get("apiKey")
            .is_some_and(|value| value.as_str() != Some(""))
    {
        let at = path::key(&at, "apiKey");
        found.add(
            Severity::Exposure,
            Code::UnusedCredential,
            &at,
            name,
            format!("A credential of {name} is in the file. Nothing selects {name} now."),
            unset(&at),
        );
    }
}

/// Whether a slot that a vendor's settings would arm is open.
pub(super) fn is_open(root: &Value, slot: Slot) -> bool {
    !is_pinned(root, slot)
}

/// Whether an id is a vendor's, for recognising references.
pub(super) fn is_vendor(id: &str) -> bool {
    VENDORS.iter().any(|vendor| vendor.providers.contains(&id))
}
