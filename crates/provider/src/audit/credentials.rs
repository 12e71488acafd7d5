//! What arms slots that choose by themselves: credentials in the file, other providers that see images, and services that
//! need no credential.

use super::Auditor;
use super::finding::{Code, Findings, set, unset};
use super::names::{folded, provider_entries, trimmed};
use super::slot::Slot;
use super::slots::Slots;
use super::vendors::{Vendor, of_skill};
use super::version::Version;
use crate::ID;
use crate::document::{Value, path};
use crate::report::Severity;

/// A credential in the file.
pub(super) struct Credential {
    /// Where it is.
    pub(super) path: String,
    /// Whose it is.
    pub(super) vendors: Vec<&'static Vendor>,
    /// Slots that it arms, where not all of its vendors'.
    pub(super) only: Option<Slot>,
    /// Whether OpenClaw puts it somewhere that the package's tables do not tell.
    pub(super) unknown: bool,
    /// How to take it away, where it is no value of the file.
    pub(super) remove: Option<String>,
}

impl Credential {
    /// What a variable of this name holds.
    pub(super) fn of_variable(version: Version, path: String, name: &str) -> Self {
        Self {
            path,
            vendors: Vendor::of_variable(version, trimmed(name)).collect(),
            only: None,
            unknown: false,
            remove: None,
        }
    }

    /// How to take it away.
    fn removal(&self) -> String {
        self.remove.clone().unwrap_or_else(|| unset(&self.path))
    }
}

/// Judges everything that arms a slot; `model` is one of the proxy's, for fixes.
pub(super) fn judge(
    root: &Value,
    slots: &Slots<'_>,
    version: Version,
    model: &str,
    found: &mut Findings,
) {
    let open = slots.open();
    for credential in credentials(root, version) {
        judge_credential(&credential, version, &open, model, found);
    }
    other_credentials(root, version, found);
    for (key, entry) in provider_entries(root) {
        if folded(key) != ID {
            outside_entry(version, key, entry, found);
            outside_vision(root, version, (key, entry), &open, model, found);
        }
    }
    keyless(slots, found);
    super::external::plugins(root, found);
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

/// One credential, and the slots that it arms.
pub(super) fn judge_credential(
    credential: &Credential,
    version: Version,
    open: &[Slot],
    model: &str,
    found: &mut Findings,
) {
    let at = &credential.path;
    if credential.unknown && !open.is_empty() {
        found.route(at, "", false);
        found.add(
            Severity::Undecided,
            Code::UnknownCredential,
            at,
            "",
            "OpenClaw ships no skill of this name, so which variable of its own process the key becomes is unknown, and so is the slot that it arms; this counts as open.".to_owned(),
            format!("{}   (or pin every slot: claude-proxy setup --harden)", credential.removal()),
        );
        return;
    }
    // A plugin that is off does not disarm its vendor: OpenClaw's own image tool still lists it.
    let fits = |slot: &Slot| credential.only.is_none_or(|only| only == *slot);
    let arms = |slot: &Slot| {
        let mut vendors = credential.vendors.iter();
        vendors.any(|vendor| vendor.slots.contains(slot))
    };
    let armed = open.iter().copied();
    let armed: Vec<Slot> = armed.filter(|slot| fits(slot) && arms(slot)).collect();
    // Of several the one that would be used.
    let mut vendors = credential.vendors.iter();
    let name = vendors
        .find(|vendor| !vendor.slots.is_empty())
        .or(credential.vendors.first())
        .map_or("", |vendor| vendor.name());
    let Some(first) = armed.first() else {
        let message = match name {
            "" => {
                "A credential in the file. No slot that this audit knows is armed by it.".to_owned()
            }
            name => format!(
                "A credential of {name} is in the file. Nothing selects {name} now: every slot that it could arm is pinned or off. What a person starts by hand (/tts, the microphone of the control page) still may, and OpenClaw itself asks {name} for its list of models with it, without any content, unless models.mode is \"replace\"."
            ),
        };
        found.add(
            Severity::Exposure,
            Code::UnusedCredential,
            at,
            name,
            message,
            credential.removal(),
        );
        return;
    };
    let what: Vec<_> = armed.iter().map(|slot| slot.what()).collect();
    found.route(at, name, false);
    found.add(
        Severity::Leak,
        Code::ArmedSlot,
        at,
        name,
        format!(
            "With this credential OpenClaw by itself uses {name} for {}, because nothing says otherwise.",
            what.join(", ")
        ),
        if armed.len() == 1 {
            format!("{}   (or: {})", credential.removal(), first.pin(version, model))
        } else {
            format!("{}   (or pin every slot: claude-proxy setup --harden)", credential.removal())
        },
    );
}

/// Whether a value is there: blank text is not.
fn is_given(value: &Value) -> bool {
    match value {
        Value::String(text) => !trimmed(text).is_empty(),
        Value::Null => false,
        _ => true,
    }
}

fn members<'v>(root: &'v Value, keys: &[&str]) -> &'v [(String, Value)] {
    root.at(keys).and_then(Value::as_object).unwrap_or_default()
}

fn credentials(root: &Value, version: Version) -> Vec<Credential> {
    let mut out = Vec::new();
    for (at, keys) in [("env.vars", &["env", "vars"][..]), ("env", &["env"])] {
        for (name, _) in members(root, keys)
            .iter()
            .filter(|(_, value)| is_given(value))
        {
            let credential = Credential::of_variable(version, path::key(at, name), name);
            if !credential.vendors.is_empty() {
                out.push(credential);
            }
        }
    }
    skills(root, version, &mut out);
    for (key, entry) in provider_entries(root) {
        let Some(vendor) = Vendor::of_provider(version, &folded(key)) else {
            continue;
        };
        let at = path::key("models.providers", key);
        let has_key = entry.get("apiKey").is_some_and(is_given);
        out.push(Credential {
            path: if has_key {
                path::key(&at, "apiKey")
            } else {
                at
            },
            vendors: vec![vendor],
            only: None,
            unknown: false,
            remove: None,
        });
    }
    for (id, entry) in members(root, &["plugins", "entries"]) {
        if let (Some(vendor), Some(config)) = (Vendor::of_plugin(version, id), entry.get("config"))
        {
            let at = path::key(&path::key("plugins.entries", id), "config");
            secrets(config, &at, vendor, &mut out);
        }
    }
    let openai = Vendor::of_provider(version, super::names::DEFAULT_PROVIDER);
    let layout = version.layout();
    let searches = std::iter::once((String::new(), root, layout.search))
        .chain(super::agents(root).map(|(_, at, entry)| (at, entry, layout.own_search)));
    for (at, holder, search) in searches {
        let remote: Vec<&str> = search.iter().copied().chain(["remote"]).collect();
        // An endpoint or a key of its own arms the slot, whatever else is off; a blank one too (seen: 2026.7.35).
        let given = ["apiKey", "baseUrl"].into_iter().find(|key| {
            holder
                .at(&remote)
                .and_then(|remote| remote.get(key))
                .is_some_and(|value| *value != Value::Null && value.as_str() != Some(""))
        });
        if let Some(key) = given {
            let place = remote
                .iter()
                .chain([&key])
                .fold(at, |at, key| path::key(&at, key));
            out.push(Credential {
                path: place,
                vendors: openai.into_iter().collect(),
                only: Some(Slot::Memory),
                unknown: false,
                remove: None,
            });
        }
    }
    out
}

/// Keys of skills become variables of the Gateway's own process while an agent runs.
fn skills(root: &Value, version: Version, out: &mut Vec<Credential>) {
    for (id, entry) in members(root, &["skills", "entries"]) {
        if entry.get("enabled").and_then(Value::as_bool) == Some(false) {
            continue;
        }
        let at = path::key("skills.entries", id);
        if entry.get("apiKey").is_some_and(is_given) {
            let at = path::key(&at, "apiKey");
            match of_skill(version, id) {
                Some(variable) => out.push(Credential::of_variable(version, at, variable)),
                None => out.push(Credential {
                    path: at,
                    vendors: Vec::new(),
                    only: None,
                    unknown: true,
                    remove: None,
                }),
            }
        }
        let at = path::key(&at, "env");
        for (name, _) in members(entry, &["env"])
            .iter()
            .filter(|(_, value)| is_given(value))
        {
            let credential = Credential::of_variable(version, path::key(&at, name), name);
            if !credential.vendors.is_empty() {
                out.push(credential);
            }
        }
    }
}

/// Secrets in the settings of a vendor's plugin.
fn secrets(config: &Value, at: &str, vendor: &'static Vendor, out: &mut Vec<Credential>) {
    for (key, value) in config.as_object().unwrap_or_default() {
        let at = path::key(at, key);
        let name = folded(key);
        // Search keys are judged where they stand.
        if name == "websearch" {
            continue;
        }
        if ["apikey", "token", "secret", "password"]
            .iter()
            .any(|word| name.ends_with(word))
            && is_given(value)
        {
            out.push(Credential {
                path: at,
                vendors: vec![vendor],
                only: None,
                unknown: false,
                remove: None,
            });
        } else {
            secrets(value, &at, vendor, out);
        }
    }
}

/// Whether a provider's entry has a row that sees images. A row that does not say may inherit it from a catalog of the vendor.
fn sees(version: Version, key: &str, entry: &Value) -> bool {
    let rows = entry
        .get("models")
        .and_then(Value::as_array)
        .unwrap_or_default();
    let vendor = Vendor::of_provider(version, &folded(key)).is_some();
    rows.iter().any(|row| match row.get("input") {
        Some(Value::Array(kinds)) => kinds
            .iter()
            .any(|kind| kind.as_str().is_none_or(|kind| folded(kind) != "text")),
        Some(_) => true,
        None => vendor,
    })
}

/// Another provider that sees images: the image and pdf tools take it, first where the proxy's rows do not see, and after
/// the proxy where they do.
fn outside_vision(
    root: &Value,
    version: Version,
    (key, entry): (&str, &Value),
    open: &[Slot],
    model: &str,
    found: &mut Findings,
) {
    let armed: Vec<&str> = [Slot::Image, Slot::Pdf]
        .iter()
        .filter(|slot| open.contains(slot))
        .map(|slot| slot.what())
        .collect();
    if armed.is_empty() || !sees(version, key, entry) {
        return;
    }
    let ours = root
        .at(&["models", "providers", ID])
        .is_some_and(|entry| sees(version, ID, entry));
    let at = path::key("models.providers", key);
    found.route(&at, trimmed(key), false);
    let (severity, when) = match ours {
        true => (Severity::Undecided, "when the proxy fails"),
        false => (
            Severity::Leak,
            "first, because no model of the proxy is said to see images (`input`)",
        ),
    };
    found.add(
        severity,
        Code::OutsideVision,
        &at,
        trimmed(key),
        format!(
            "{} sees images, and OpenClaw by itself asks it {when}, for {}.",
            trimmed(key),
            armed.join(" and ")
        ),
        Slot::Image.pin(version, model),
    );
}

/// Services that need no credential.
fn keyless(slots: &Slots<'_>, found: &mut Findings) {
    for slot in Slot::ALL {
        for vendor in slots.keyless(*slot) {
            let hosts = vendor.keyless.join(", ");
            let at = path::key("plugins.entries", vendor.plugin);
            let off = match slots.can_be_off() && !slots.reloads_speech() {
                true => set(&path::key(&at, "enabled"), "false"),
                false => "Add \"tts\" to tools.deny, and let nothing speak by itself; while plugins.allow is set, or all services of speech are off, this version of OpenClaw turns the plugin on whatever else the file says.".to_owned(),
            };
            if slots.is_closed(*slot) {
                found.add(
                    Severity::Exposure,
                    Code::KeylessService,
                    &at,
                    &hosts,
                    format!("OpenClaw's plugin {} needs no key. Nothing starts it by itself now; a person's own command (/tts, the method tts.convert) sends text to {hosts}.", vendor.plugin),
                    off,
                );
                continue;
            }
            found.route(&at, &hosts, false);
            if slots.speaks {
                found.add(
                    Severity::Leak,
                    Code::KeylessService,
                    &at,
                    &hosts,
                    format!("Replies are spoken by a service that needs no key: their text goes to {hosts}."),
                    off,
                );
            } else {
                found.add(
                    Severity::Undecided,
                    Code::KeylessService,
                    &at,
                    &hosts,
                    format!(
                        "OpenClaw offers every turn {}, which sends text to {hosts} and needs no key. Whether a turn uses it is the model's choice, so this counts as open.",
                        slot.what()
                    ),
                    off,
                );
            }
        }
    }
}

/// Variables by which OpenClaw looks for its configuration, state, plugins or choices elsewhere, where nothing was examined.
const PLACES: &str = "OPENCLAW_CONFIG_PATH OPENCLAW_STATE_DIR OPENCLAW_HOME OPENCLAW_PROFILE OPENCLAW_AGENT_DIR PI_CODING_AGENT_DIR \
    OPENCLAW_OAUTH_DIR OPENCLAW_TTS_PREFS OPENCLAW_BUNDLED_PLUGINS_DIR OPENCLAW_GATEWAY_URL OPENCLAW_QA_FORCE_RUNTIME";

impl Auditor<'_> {
    /// A variable that is one of these.
    pub(super) fn relocation(&mut self, name: &str, at: &str, fix: String) {
        if PLACES.split(' ').any(|place| place == name) {
            self.found.route(at, "", false);
            self.found.add(
                Severity::Undecided,
                Code::Unproven,
                at,
                "",
                "OpenClaw looks for its files, its plugins or its Gateway where this variable says, and what is there was not examined, so this counts as open.".to_owned(),
                fix,
            );
        }
    }

    /// Those in `env.vars`.
    pub(super) fn relocations(&mut self) {
        for (name, value) in members(self.root, &["env", "vars"]) {
            if is_given(value) {
                let at = path::key("env.vars", name);
                self.relocation(trimmed(name), &at, unset(&at));
            }
        }
    }
}

/// Credentials and addresses in the environment that arm nothing known, and metadata of stored profiles.
fn other_credentials(root: &Value, version: Version, found: &mut Findings) {
    for (name, _) in root
        .at(&["env", "vars"])
        .and_then(Value::as_object)
        .unwrap_or_default()
    {
        let upper = trimmed(name).to_ascii_uppercase();
        if Vendor::of_variable(version, &upper).next().is_some() {
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

fn outside_entry(version: Version, key: &str, entry: &Value, found: &mut Findings) {
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
    let vendor = Vendor::of_provider(version, &folded(key)).is_some();
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
