//! What makes OpenClaw fill a slot by itself ("arms" it): credentials in the file, other providers whose models take images, and
//! services that need no credential.

use super::names::{folded, provider_entries, trimmed};
use super::shell::{set, unset};
use super::slot::Slot;
use super::vendors::{Vendor, of_skill};
use super::version::Version;
use super::{Auditor, Location, message};
use crate::ID;
use crate::document::{Value, path};
use crate::strings::has_word;

/// A credential, in the file or stored beside it.
pub(super) struct Credential {
    /// Its place.
    path: String,
    /// The vendors that accept it.
    vendors: Vec<&'static Vendor>,
    /// The one slot that it arms, if it does not arm all slots of its vendors.
    only: Option<Slot>,
    /// Whether it is unknown which vendors accept it.
    unknown: bool,
    /// A command or a sentence that says how to remove it.
    pub(super) removal: String,
}

impl Credential {
    /// A credential in the file that these vendors accept.
    pub(super) fn new(path: String, vendors: impl IntoIterator<Item = &'static Vendor>) -> Self {
        Self {
            removal: unset(&path),
            path,
            vendors: vendors.into_iter().collect(),
            only: None,
            unknown: false,
        }
    }

    /// The credential in a variable of this name, if vendors accept one there.
    pub(super) fn of_variable(version: Version, path: String, name: &str) -> Option<Self> {
        let credential = Self::new(path, Vendor::of_variable(version, trimmed(name)));
        (!credential.vendors.is_empty()).then_some(credential)
    }
}

impl Auditor<'_> {
    /// Reports everything in the file that arms a slot.
    pub(super) fn check_credentials(&mut self) {
        let open = self.slots.open();
        for credential in credentials(self.root, self.version) {
            self.check_credential(&credential, &open);
        }
        self.check_unknown_credentials();
        for (key, entry) in provider_entries(self.root) {
            if folded(key) != ID {
                self.check_outside_provider(key, entry);
                self.check_vision(key, entry, &open);
            }
        }
        self.check_keyless();
        self.check_plugins();
        let shell = self.root.bool_at(&["env", "shellEnv", "enabled"]);
        if shell == Some(true) {
            let at = "env.shellEnv.enabled";
            self.found.add(message::SHELL_ENVIRONMENT, at, "", &[]);
        }
        if !open.is_empty() {
            let slots = names(&open).join(", ");
            self.found.add(message::UNPINNED_SLOTS, "", "", &[&slots]);
        }
    }

    /// Reports one credential with the open slots that it arms.
    pub(super) fn check_credential(&mut self, credential: &Credential, open: &[Slot]) {
        let at = Location::enabled(&credential.path);
        let removal = credential.removal.as_str();
        if credential.unknown && !open.is_empty() {
            return self.report(message::UNKNOWN_CREDENTIAL, at, "", &[removal]);
        }
        // The vendor counts even if its plugin is off: OpenClaw's image tool still lists it.
        let is_armed = |slot: &Slot| {
            let mut vendors = credential.vendors.iter();
            credential.only.is_none_or(|only| only == *slot)
                && vendors.any(|vendor| vendor.slots.contains(slot))
        };
        let armed: Vec<Slot> = open.iter().copied().filter(is_armed).collect();
        // The vendor that would be used, if there are several.
        let mut vendors = credential.vendors.iter();
        let name = vendors
            .find(|vendor| !vendor.slots.is_empty())
            .or(credential.vendors.first())
            .map_or("", |vendor| vendor.name());
        let slots = names(&armed).join(", ");
        match armed.as_slice() {
            [] => {
                let message = match name {
                    "" => message::ANONYMOUS_CREDENTIAL,
                    _ => message::UNUSED_CREDENTIAL,
                };
                self.found.add(message, &credential.path, name, &[removal]);
            }
            [slot] => {
                let fix = slot.fix(self.version, &self.model);
                self.report(message::ARMED_SLOT, at, name, &[&slots, removal, &fix]);
            }
            _ => self.report(message::ARMED_SLOTS, at, name, &[&slots, removal]),
        }
    }

    /// Reports another provider whose models take images. The image and PDF tools use it: first if the proxy's models take no images,
    /// otherwise after the proxy.
    fn check_vision(&mut self, key: &str, entry: &Value, open: &[Slot]) {
        let mut armed = vec![Slot::Image, Slot::Pdf];
        armed.retain(|slot| open.contains(slot));
        if armed.is_empty() || !accepts_images(self.version, key, entry) {
            return;
        }
        let ours = self.root.at(&["models", "providers", ID]);
        let message = match ours.is_some_and(|ours| accepts_images(self.version, ID, ours)) {
            true => message::VISION_FALLBACK,
            false => message::VISION_FIRST,
        };
        let at = path::key("models.providers", key);
        let fix = Slot::Image.fix(self.version, &self.model);
        let args = [&names(&armed).join(" and "), &fix];
        let args = args.map(String::as_str);
        self.report(message, Location::enabled(&at), trimmed(key), &args);
    }

    /// Reports services that need no credential.
    fn check_keyless(&mut self) {
        let slots = self.slots;
        let off = match slots.can_disable_services() && !slots.reloads_speech() {
            true => None,
            false => Some(
                "Add \"tts\" to tools.deny, and let nothing speak by itself; while plugins.allow is set, or all services of speech are off, this version of OpenClaw turns the plugin on whatever else the file says.",
            ),
        };
        for slot in Slot::ALL {
            for vendor in slots.keyless(*slot) {
                let hosts = vendor.keyless.join(", ");
                let at = path::key("plugins.entries", vendor.plugin);
                let disable = set(&path::key(&at, "enabled"), "false");
                let off = off.unwrap_or(&disable);
                if slots.is_closed(*slot) {
                    let args = [vendor.plugin, off];
                    self.found.add(message::KEYLESS_IDLE, &at, &hosts, &args);
                    continue;
                }
                let at = Location::enabled(&at);
                if slots.speaks {
                    self.report(message::KEYLESS_SPEECH, at, &hosts, &[off]);
                } else {
                    let args = [slot.description(), off];
                    self.report(message::KEYLESS_TOOL, at, &hosts, &args);
                }
            }
        }
    }

    /// Reports a variable with which OpenClaw looks for its files elsewhere, where nothing was examined.
    pub(super) fn check_relocation(&mut self, name: &str, at: &str, fix: &str) {
        if has_word(RELOCATIONS, name) {
            self.report(message::RELOCATED_FILES, Location::enabled(at), "", &[fix]);
        }
    }

    /// Reports such variables in `env.vars`.
    pub(super) fn check_relocations(&mut self) {
        for (name, value) in self.root.members_at(&["env", "vars"]) {
            if is_set(value) {
                let at = path::key("env.vars", name);
                self.check_relocation(trimmed(name), &at, &unset(&at));
            }
        }
    }

    /// Reports credentials and addresses in `env.vars` that arm no known slot, and the names of stored profiles.
    fn check_unknown_credentials(&mut self) {
        for (name, _) in self.root.members_at(&["env", "vars"]) {
            let upper = trimmed(name).to_ascii_uppercase();
            if Vendor::of_variable(self.version, &upper).next().is_some() {
                continue;
            }
            let ends = |ends: &str| ends.split(' ').any(|end| upper.ends_with(end));
            let message = if ends("_BASE_URL _ENDPOINT _PROXY") {
                message::ENVIRONMENT_ADDRESS
            } else if ends("_API_KEY _TOKEN _API_SECRET") {
                message::LIKELY_CREDENTIAL
            } else {
                continue;
            };
            self.found
                .add(message, &path::key("env.vars", name), "", &[]);
        }
        let profiles = self.root.members_at(&["auth", "profiles"]).iter();
        let profiles = profiles.filter_map(|(name, profile)| {
            let at = path::key(&path::key("auth.profiles", name), "provider");
            Some((at, profile.get("provider")?.as_str()?))
        });
        let order = self.root.members_at(&["auth", "order"]).iter();
        let order = order.map(|(name, _)| (path::key("auth.order", name), name.as_str()));
        for (at, provider) in profiles.chain(order) {
            if folded(provider) != ID {
                self.found.add(message::STORED_PROFILE, &at, provider, &[]);
            }
        }
    }

    fn check_outside_provider(&mut self, key: &str, entry: &Value) {
        let at = path::key("models.providers", key);
        let name = trimmed(key);
        self.found.add(message::OUTSIDE_PROVIDER, &at, name, &[]);
        let is_vendor = Vendor::of_provider(self.version, &folded(key)).is_some();
        let has_key = entry
            .get("apiKey")
            .is_some_and(|key| key.as_str() != Some(""));
        if !is_vendor && has_key {
            let at = path::key(&at, "apiKey");
            self.found.add(message::PROVIDER_CREDENTIAL, &at, name, &[]);
        }
    }
}

/// Variables with which OpenClaw looks for its configuration, state, plugins or stored choices elsewhere.
const RELOCATIONS: &str = "OPENCLAW_CONFIG_PATH OPENCLAW_STATE_DIR OPENCLAW_HOME OPENCLAW_PROFILE OPENCLAW_AGENT_DIR PI_CODING_AGENT_DIR \
    OPENCLAW_OAUTH_DIR OPENCLAW_TTS_PREFS OPENCLAW_BUNDLED_PLUGINS_DIR OPENCLAW_GATEWAY_URL OPENCLAW_QA_FORCE_RUNTIME";

/// What slots are for, in words.
fn names(slots: &[Slot]) -> Vec<&'static str> {
    slots.iter().map(|slot| slot.description()).collect()
}

/// Whether a value is set. Blank text is not.
fn is_set(value: &Value) -> bool {
    match value {
        Value::String(text) => !trimmed(text).is_empty(),
        Value::Null => false,
        _ => true,
    }
}

/// Adds the credentials among the variables of an object.
fn add_variables(
    variables: &[(String, Value)],
    at: &str,
    version: Version,
    out: &mut Vec<Credential>,
) {
    for (name, _) in variables.iter().filter(|(_, value)| is_set(value)) {
        out.extend(Credential::of_variable(version, path::key(at, name), name));
    }
}

fn credentials(root: &Value, version: Version) -> Vec<Credential> {
    let mut out = Vec::new();
    add_variables(
        root.members_at(&["env", "vars"]),
        "env.vars",
        version,
        &mut out,
    );
    add_variables(root.members_at(&["env"]), "env", version, &mut out);
    add_skills(root, version, &mut out);
    for (key, entry) in provider_entries(root) {
        let Some(vendor) = Vendor::of_provider(version, &folded(key)) else {
            continue;
        };
        let mut at = path::key("models.providers", key);
        if entry.get("apiKey").is_some_and(is_set) {
            path::push_key(&mut at, "apiKey");
        }
        out.push(Credential::new(at, [vendor]));
    }
    for (id, entry) in root.members_at(&["plugins", "entries"]) {
        if let (Some(vendor), Some(config)) = (Vendor::of_plugin(version, id), entry.get("config"))
        {
            let at = path::key(&path::key("plugins.entries", id), "config");
            add_secrets(config, &at, vendor, &mut out);
        }
    }
    let openai = Vendor::of_provider(version, super::names::DEFAULT_PROVIDER);
    let layout = version.layout();
    let searches = std::iter::once((String::new(), root, layout.search))
        .chain(super::agents(root).map(|(_, at, entry)| (at, entry, layout.own_search)));
    for (at, holder, search) in searches {
        let remote = holder.at(search).and_then(|search| search.get("remote"));
        // A key or an address here arms the slot even if it is blank and everything else is off (seen: 2026.7.35).
        let is_given = |key: &&str| {
            let value = remote.and_then(|remote| remote.get(key));
            value.is_some_and(|value| *value != Value::Null && value.as_str() != Some(""))
        };
        if let Some(key) = ["apiKey", "baseUrl"].into_iter().find(is_given) {
            let keys = search.iter().copied().chain(["remote", key]);
            let at = keys.fold(at, |at, key| path::key(&at, key));
            out.push(Credential {
                only: Some(Slot::Memory),
                ..Credential::new(at, openai)
            });
        }
    }
    out
}

/// Adds the keys of skills. They become variables of the Gateway's process while an agent runs.
fn add_skills(root: &Value, version: Version, out: &mut Vec<Credential>) {
    for (id, entry) in root.members_at(&["skills", "entries"]) {
        if entry.bool_at(&["enabled"]) == Some(false) {
            continue;
        }
        let at = path::key("skills.entries", id);
        if entry.get("apiKey").is_some_and(is_set) {
            let at = path::key(&at, "apiKey");
            let variable = of_skill(version, id);
            let vendors = variable.map(|name| Vendor::of_variable(version, name));
            out.push(Credential {
                unknown: variable.is_none(),
                ..Credential::new(at, vendors.into_iter().flatten())
            });
        }
        let variables = entry.members_at(&["env"]);
        add_variables(variables, &path::key(&at, "env"), version, out);
    }
}

/// Adds the secrets in the settings of a vendor's plugin.
fn add_secrets(config: &Value, at: &str, vendor: &'static Vendor, out: &mut Vec<Credential>) {
    const ENDS: &str = "apikey token secret password";
    for (key, value) in config.as_object().unwrap_or_default() {
        let at = path::key(at, key);
        let name = folded(key);
        // Keys for web search have their own rows in the inventory.
        if name == "websearch" {
            continue;
        }
        if ENDS.split(' ').any(|end| name.ends_with(end)) && is_set(value) {
            out.push(Credential::new(at, [vendor]));
        } else {
            add_secrets(value, &at, vendor, out);
        }
    }
}

/// Whether a provider's entry has a model that takes images. A row without `input` may take it from the vendor's catalog.
fn accepts_images(version: Version, key: &str, entry: &Value) -> bool {
    let rows = entry.items_at(&["models"]);
    let is_vendor = Vendor::of_provider(version, &folded(key)).is_some();
    rows.iter().any(|row| match row.get("input") {
        Some(Value::Array(kinds)) => kinds
            .iter()
            .any(|kind| kind.as_str().is_none_or(|kind| folded(kind) != "text")),
        Some(_) => true,
        None => is_vendor,
    })
}
