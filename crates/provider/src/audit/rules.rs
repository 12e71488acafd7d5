//! The walk over the tree: every value is matched against the inventory and judged by its row.

use super::finding::{Code, parent, set, unset};
use super::implicit::{self, Slot};
use super::refs::{DEFAULT_PROVIDER, How, Target, folded, is_plain, trimmed};
use super::table::{Check, Class, Row, State, has_switch};
use super::{Auditor, Where};
use crate::ID;
use crate::address::{self, Address};
use crate::document::{Value, path};
use crate::quote;
use crate::report::Severity;

/// Runtimes that stay in OpenClaw's own process.
const OWN_RUNTIMES: &[&str] = &["", "auto", "openclaw", "embedded"];

/// Where the walk stands.
#[derive(Clone, Copy)]
struct Spot<'s> {
    /// The path.
    at: &'s str,
    /// The keys of the path, list positions as empty keys.
    keys: &'s [&'s str],
    /// The object or list that holds the value.
    holder: &'s Value,
    /// How the place counts.
    place: Where,
}

/// What does not change on the way down.
#[derive(Clone, Copy)]
struct Level<'s> {
    /// Where the nearest channel stands in the table: its accounts are matched from there.
    channel: &'s State,
    /// The object or list around the value.
    holder: &'s Value,
    /// How the place counts.
    place: Where,
}

/// Longest path that is judged; a longer one is not decided.
const MAX_PATH: usize = 4096;

impl Auditor<'_> {
    /// Judges every value of the tree.
    pub(super) fn walk(&mut self) {
        let state = self.table.start();
        let level = Level {
            channel: &state,
            holder: self.root,
            place: Where { off: false },
        };
        self.visit(
            self.root,
            &state,
            &mut String::new(),
            &mut Vec::new(),
            level,
        );
    }

    /// One value and everything in it.
    fn visit<'v>(
        &mut self,
        value: &'v Value,
        state: &State,
        at: &mut String,
        keys: &mut Vec<&'v str>,
        level: Level<'_>,
    ) {
        if at.len() > MAX_PATH {
            self.found.undecided(
                Code::TooLarge,
                "",
                "a path in the file is longer than this audit follows",
            );
            return;
        }
        let row = self.table.row(state);
        let Level {
            holder, mut place, ..
        } = level;
        match value {
            // A reference to a secret: its `provider` is a secret store.
            Value::Object(_)
                if row.is_some_and(|row| row.class == Class::C) || is_secret_reference(value) =>
            {
                if let Some(row) =
                    row.filter(|row| matches!(row.check, Check::Arming | Check::Vendor))
                {
                    self.check(
                        row,
                        value,
                        &Spot {
                            at,
                            keys,
                            holder,
                            place,
                        },
                    );
                }
            }
            Value::Object(entries) => {
                place.off |= switched_off(value) && has_switch(keys) && !self.is_reenabled(at);
                for (key, child) in entries {
                    let len = at.len();
                    path::push_key(at, key);
                    keys.push(key);
                    // `channels.<id>.accounts.<account>` repeats `channels.<id>`.
                    let next = match keys.as_slice() {
                        ["channels", _, "accounts", _] => level.channel.clone(),
                        _ => self.table.key(state, key),
                    };
                    let level = Level {
                        channel: if keys.len() == 2 {
                            &next
                        } else {
                            level.channel
                        },
                        holder: value,
                        place,
                    };
                    self.visit(child, &next, at, keys, level);
                    keys.pop();
                    at.truncate(len);
                }
            }
            Value::Array(items) => {
                // The old roster form: each item is judged as an entry.
                let next = match keys.as_slice() {
                    ["agents", "list"] => ["agents", "entries", "*"]
                        .iter()
                        .fold(self.table.start(), |state, key| self.table.key(&state, key)),
                    _ => self.table.item(state),
                };
                let level = Level {
                    holder: value,
                    ..level
                };
                for (n, item) in items.iter().enumerate() {
                    let len = at.len();
                    path::push_index(at, n);
                    keys.push("");
                    self.visit(item, &next, at, keys, level);
                    keys.pop();
                    at.truncate(len);
                }
            }
            leaf => match row {
                Some(row) => self.check(
                    row,
                    leaf,
                    &Spot {
                        at,
                        keys,
                        holder,
                        place,
                    },
                ),
                None => self.scan(leaf, at, keys, place),
            },
        }
    }

    /// Whether an agent turns on again what the defaults turn off.
    fn is_reenabled(&self, at: &str) -> bool {
        at == "memory.search"
            && super::agents(self.root).any(|(_, _, entry)| {
                entry
                    .at(&["memory", "search", "enabled"])
                    .and_then(Value::as_bool)
                    == Some(true)
            })
    }

    fn check(&mut self, row: &Row, value: &Value, spot: &Spot<'_>) {
        let place = Where {
            off: spot.place.off || self.is_dormant(row, spot.keys),
        };
        let spot = &Spot { place, ..*spot };
        let Spot { at, keys, .. } = *spot;
        match row.check {
            Check::Nothing => {}
            Check::Switch => {
                if value.as_bool() == Some(true) {
                    self.outside(
                        Code::ExternalHarness,
                        at,
                        "an external agent",
                        format!("This opens a way past the proxy: {}.", row.note),
                        set(at, "false"),
                        place,
                    );
                } else if value.as_bool().is_none() {
                    self.shape(value, at);
                }
            }
            Check::Inbound => {
                if value.as_bool() == Some(true) {
                    self.found.add(
                        Severity::Exposure,
                        Code::InboundModel,
                        at,
                        "",
                        "Callers of this interface may name any model in a header; agents.defaults.modelPolicy.allow is what bounds them.".to_owned(),
                        set("agents.defaults.modelPolicy.allow", &format!("[\"{ID}/*\"]")),
                    );
                }
            }
            Check::Bounded => self.bounded(row, value, spot),
            Check::Arming => self.arming(row, at, keys, place),
            Check::Secret => self.found.add(
                Severity::Exposure,
                Code::UnusedCredential,
                at,
                "",
                format!("A credential in the file: {}.", row.note),
                unset(at),
            ),
            Check::Content => {
                if let Some(text) = value.as_str()
                    && super::scan::is_address(text)
                {
                    self.content(row, text, at);
                }
            }
            Check::Params => {
                if let Some(text) = value.as_str()
                    && super::scan::is_address(text)
                    && !address::decide(text).is_loopback()
                {
                    self.content(row, text, at);
                }
            }
            Check::Vendor => self.vendor(row, value, at, keys, place),
            Check::Primary
            | Check::Fallback
            | Check::Model
            | Check::ModelOpenai
            | Check::Image
            | Check::Split
            | Check::Owned
            | Check::Entry
            | Check::Preferred
            | Check::Grant
            | Check::Provider
            | Check::Embedding
            | Check::Url
            | Check::Command
            | Check::Acp
            | Check::Harness
            | Check::ModelRun
            | Check::ProvRun
            | Check::Plugin
            | Check::Mode
            | Check::Remote
            | Check::OwnHost => match value.as_str() {
                None => self.shape(value, at),
                Some(text) if self.is_open_question(text, at, place) => {}
                Some(text) => self.check_text(row, text, spot),
            },
        }
    }

    fn shape(&mut self, value: &Value, at: &str) {
        self.found.undecided(
            Code::UnknownShape,
            at,
            &format!(
                "{} stands where OpenClaw accepts something else",
                value.kind()
            ),
        );
    }

    fn check_text(&mut self, row: &Row, text: &str, spot: &Spot<'_>) {
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
            | Check::ModelOpenai
            | Check::Image
            | Check::Split => {
                self.reference(row, text, spot);
            }
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
                } else {
                    self.reference(row, text, spot);
                }
            }
            Check::Grant => self.grant(row, text, spot),
            Check::Provider => self.provider(row, text, at, place),
            Check::Embedding => {
                if !matches!(id.as_str(), "" | "none") {
                    self.provider(
                        row,
                        if id == "auto" { DEFAULT_PROVIDER } else { text },
                        at,
                        place,
                    );
                }
            }
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
                if !matches!(
                    id.as_str(),
                    "" | "none" | "legacy" | "default" | "memory-core"
                ) {
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
            | Check::Secret
            | Check::Content
            | Check::Params
            | Check::Vendor => {}
        }
    }

    /// Whether a setting elsewhere switches a place off.
    fn is_dormant(&self, row: &Row, keys: &[&str]) -> bool {
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
            (Check::Url | Check::Embedding, ["memory", "search", key, ..])
                if *key != "provider" =>
            {
                let provider = self.root.at(&["memory", "search", "provider"]);
                provider.and_then(Value::as_str).map(folded).as_deref() == Some("none")
                    && !super::agents(self.root)
                        .any(|(_, _, entry)| entry.at(&["memory", "search", "provider"]).is_some())
            }
            _ => false,
        }
    }

    /// A reference, resolved for everyone who reads it.
    fn reference(&mut self, row: &Row, text: &str, spot: &Spot<'_>) {
        let Spot {
            at,
            keys,
            holder,
            place,
        } = *spot;
        if trimmed(text).is_empty() {
            return;
        }
        let (agent, primary_slot) = match keys {
            ["agents", "entries", id, ..] => (Some(path::key("agents.entries", id)), false),
            ["agents", "list", ..] => (Some(first_item(at)), false),
            _ => (None, row.check == Check::Primary),
        };
        let split = (row.check == Check::Split).then(|| {
            holder
                .get("defaultProvider")
                .and_then(Value::as_str)
                .map(folded)
                .filter(|id| !id.is_empty())
        });
        // Most references say what they mean, to everyone; only the rest is worth asking every scope.
        let plain = is_plain(text, &self.captures);
        let mut targets: Vec<(Target, String)> = Vec::new();
        for (scope, default_only) in self.scopes.iter().zip(&self.default_only) {
            let reads = match &agent {
                Some(place) => {
                    scope.place == *place || (scope.place.is_empty() && !self.has_scope(place))
                }
                None => !primary_slot || *default_only,
            };
            if !reads {
                continue;
            }
            let mut add = |target: Target| {
                if !targets.iter().any(|(known, _)| *known == target) {
                    targets.push((target, scope.agent.clone()));
                }
            };
            let main = scope.primary.provider.as_str();
            match row.check {
                Check::Primary => add(scope.primary(text)),
                Check::ModelOpenai => add(scope.resolve_unlisted(text, DEFAULT_PROVIDER)),
                Check::Image => {
                    add(scope.resolve(text, DEFAULT_PROVIDER));
                    add(scope.resolve(text, main));
                }
                Check::Split => match split.clone().flatten() {
                    Some(provider) if !text.contains('/') => {
                        let target = scope.resolve(text, &provider);
                        if matches!(target.how, How::Alias(_)) {
                            add(target);
                        } else {
                            add(Target {
                                provider,
                                model: target.model,
                                how: How::Literal,
                            });
                        }
                    }
                    _ => add(scope.resolve(text, main)),
                },
                _ => add(scope.resolve(text, main)),
            }
            if plain {
                break;
            }
        }
        for (target, agent) in targets {
            self.target(row, &target, &agent, at, place);
        }
    }

    fn has_scope(&self, place: &str) -> bool {
        self.scopes.iter().any(|scope| scope.place == place)
    }

    /// One meaning of a reference.
    fn target(&mut self, row: &Row, target: &Target, agent: &str, at: &str, place: Where) {
        let leads_to = target.text();
        if self.found.is_full(place.off) && !target.is_ours() {
            self.found.skip(place.off);
            return;
        }
        let reader = match agent {
            "" => String::new(),
            agent => format!(" for agent {}", quote::quoted(agent)),
        };
        if target.is_ours() {
            if target.how == How::Ambiguous {
                let why = format!(
                    "several providers list this id{reader}, so which one is meant depends on catalogs outside the file"
                );
                let severity = if place.off {
                    Severity::Exposure
                } else {
                    Severity::Undecided
                };
                self.found.add(
                    severity,
                    Code::AmbiguousModel,
                    at,
                    &leads_to,
                    format!("This cannot be decided, so it counts as open: {why}."),
                    set(at, &format!("\"{leads_to}\"")),
                );
                if !place.off {
                    self.found.route(at, &leads_to, false);
                }
            } else if !place.off {
                self.found.route(at, &leads_to, true);
            }
            return;
        }
        let how = match &target.how {
            How::Literal => String::new(),
            How::Alias(alias) => format!(" through the alias at {alias}"),
            How::Unique => " because only that provider lists the id".to_owned(),
            How::Ambiguous => {
                " because several providers list the id and this slot then takes its default"
                    .to_owned()
            }
            How::Default => {
                " because the id names no provider and none is known to offer it".to_owned()
            }
        };
        let chosen = row.check == Check::Fallback && self.is_chosen(&leads_to);
        let code = match (row.check, chosen) {
            (_, true) => Code::ChosenFallback,
            (Check::Fallback, false) => Code::OtherFallback,
            _ => Code::OtherModel,
        };
        let message = if chosen {
            format!(
                "You chose this fallback on purpose (allowedFallbacks): when the proxy fails, prompts go to {leads_to}{reader}. That is not closed."
            )
        } else {
            format!(
                "Prompts go to {leads_to}{reader}{how}, past the proxy ({}).",
                row.note
            )
        };
        let fix = if at.ends_with(']') {
            unset(at)
        } else {
            set(at, &format!("\"{ID}/{}\"", self.suggested_model()))
        };
        self.outside(code, at, &leads_to, message, fix, place);
    }

    /// A model of the proxy to write in a fix.
    fn suggested_model(&self) -> String {
        self.root
            .at(&["models", "providers", ID, "models"])
            .and_then(Value::as_array)
            .and_then(|rows| rows.first()?.get("id")?.as_str())
            .unwrap_or("claude-opus-4-8")
            .to_owned()
    }

    /// Whether the user listed a fallback as wanted.
    fn is_chosen(&self, leads_to: &str) -> bool {
        self.root
            .at(&["plugins", "entries", ID, "config", "allowedFallbacks"])
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
            .any(|listed| folded(listed) == folded(leads_to))
    }

    fn provider(&mut self, row: &Row, text: &str, at: &str, place: Where) {
        let id = folded(text);
        if id.is_empty() {
            return;
        }
        if id == ID {
            if !place.off {
                self.found.route(at, ID, true);
            }
            return;
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

    fn program(&mut self, row: &Row, command: &str, at: &str, place: Where) {
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
    fn url(&mut self, row: &Row, text: &str, at: &str, place: Where) {
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
            if !place.off {
                self.found.route(at, origin, true);
            }
            return;
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

    fn content(&mut self, row: &Row, text: &str, at: &str) {
        let address = address::decide(text);
        self.found.add(
            Severity::Exposure,
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

    /// A standing permission.
    fn grant(&mut self, row: &Row, text: &str, spot: &Spot<'_>) {
        let Spot { at, place, .. } = *spot;
        let name = trimmed(text);
        if name.is_empty() {
            return;
        }
        let pattern = match name.strip_suffix("/*") {
            Some(provider) => Some(folded(provider) == ID),
            None if name.contains('*') => {
                let provider = name.split('/').next().unwrap_or_default();
                Some(name.contains('/') && folded(provider) == ID)
            }
            None => None,
        };
        match pattern {
            None => {
                let before = self.found.leaks();
                self.reference(row, text, spot);
                self.found.recode(before, Code::OpenGrant);
            }
            Some(true) => {
                if !place.off {
                    self.found.route(at, name, true);
                }
            }
            Some(false) => self.outside(
                Code::OpenGrant,
                at,
                name,
                format!("{name} may be chosen here, past the proxy ({}).", row.note),
                unset(at),
                place,
            ),
        }
    }

    /// A switch that a list next to it bounds.
    fn bounded(&mut self, row: &Row, value: &Value, spot: &Spot<'_>) {
        let Spot {
            at,
            keys,
            holder,
            place,
        } = *spot;
        if value.as_bool() != Some(true) {
            if value.as_bool().is_none() {
                self.shape(value, at);
            }
            return;
        }
        // Entries of the lists are judged one by one; here it only matters that one exists.
        let lists: &[&str] = match keys {
            [.., "subagent", _] => &["allowedModels"],
            _ => &["allowedModels", "allowedCompletionModels"],
        };
        let bounded = lists.iter().any(|list| {
            holder
                .get(list)
                .and_then(Value::as_array)
                .is_some_and(|items| !items.is_empty())
        });
        if !bounded {
            self.outside(
                Code::OpenGrant,
                at,
                "any provider",
                format!("Nothing bounds this permission: {}.", row.note),
                set(at, "false"),
                place,
            );
        }
    }

    fn arming(&mut self, row: &Row, at: &str, keys: &[&str], place: Where) {
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
        if implicit::is_open(self.root, slot) {
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
                    slot.pin(&self.suggested_model())
                ),
                place,
            );
        } else {
            self.found.add(
                Severity::Exposure,
                Code::UnusedCredential,
                at,
                &name,
                format!("A credential of {name} is in the file. The slot that it could arm is pinned or off."),
                unset(at),
            );
        }
    }

    /// Settings of another vendor's service: the values that choose or arm it.
    fn vendor(&mut self, row: &Row, value: &Value, at: &str, keys: &[&str], place: Where) {
        let key = keys
            .iter()
            .rev()
            .find(|key| !key.is_empty())
            .copied()
            .unwrap_or_default();
        let lower = key.to_lowercase();
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

    /// A runtime under a model map key: what counts is whose model the key is.
    fn model_runtime(&mut self, row: &Row, text: &str, at: &str, keys: &[&str], place: Where) {
        let key = match keys {
            ["agents", "defaults", "models", key, ..]
            | ["agents", "entries", _, "models", key, ..] => key,
            ["agents", "list", _, "models", key, ..] => key,
            _ => "",
        };
        let ours = match key.strip_suffix("/*") {
            Some(provider) => folded(provider) == ID,
            None => self
                .scopes
                .first()
                .is_some_and(|scope| scope.resolve(key, DEFAULT_PROVIDER).is_ours()),
        };
        self.runtime(row, text, at, ours, place);
    }

    fn runtime(&mut self, row: &Row, text: &str, at: &str, ours: bool, place: Where) {
        let id = folded(text);
        if OWN_RUNTIMES.contains(&id.as_str()) {
            return;
        }
        if ours {
            self.found.add(
                Severity::Exposure,
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

    /// Where no primary is set, the one that OpenClaw picks.
    pub(super) fn implicit_primaries(&mut self) {
        let Some(scope) = self.scopes.first().filter(|scope| !scope.has_primary) else {
            return;
        };
        let target = scope.primary.clone();
        let leads_to = target.text();
        let model = self.root.at(&["agents", "defaults", "model"]);
        let at = match model {
            Some(Value::Object(_)) => "agents.defaults.model.primary",
            _ => "agents.defaults.model",
        };
        let fix = set(
            "agents.defaults.model.primary",
            &format!("\"{ID}/{}\"", self.suggested_model()),
        );
        // The provider whose place in the file decides.
        let entry = super::refs::provider_entries(self.root)
            .find(|(key, _)| folded(key) == target.provider)
            .map(|(key, _)| path::key("models.providers", key));
        if target.is_ours() {
            self.found.route(at, &leads_to, true);
            self.found.add(
                Severity::Exposure,
                Code::OrderDependent,
                at,
                &leads_to,
                "No primary model is set. OpenClaw takes the first provider in the file, which is the proxy now; another order changes that.".to_owned(),
                fix,
            );
            return;
        }
        let none = Where { off: false };
        let message = format!("No primary model is set, so OpenClaw picks {leads_to} by itself.");
        self.outside(
            Code::ImplicitModel,
            at,
            &leads_to,
            message,
            fix.clone(),
            none,
        );
        if let Some(entry) = entry {
            self.outside(
                Code::ImplicitModel,
                &entry,
                &leads_to,
                format!("No primary model is set, and this provider's place in the file makes {leads_to} the default."),
                fix,
                none,
            );
        }
    }

    /// Aliases to other providers: those that can capture a reference, and the rest.
    pub(super) fn aliases(&mut self) {
        let all: Vec<(String, Target, String)> = self
            .scopes
            .iter()
            .flat_map(|scope| scope.outside_aliases())
            .map(|(text, target, at)| (text.to_owned(), target, at.to_owned()))
            .collect();
        for (text, target, at) in all {
            let capturing = text.contains('/');
            if self.found.is_full(!capturing) {
                self.found.skip(!capturing);
                continue;
            }
            let leads_to = target.text();
            if capturing {
                self.outside(
                    Code::AliasCapture,
                    &at,
                    &leads_to,
                    format!("The alias {} looks like a reference and leads to {leads_to}: aliases are looked up before references.", quote::quoted(&text)),
                    unset(&at),
                    Where { off: false },
                );
            } else {
                self.found.add(
                    Severity::Exposure,
                    Code::OutsideAlias,
                    &at,
                    &leads_to,
                    format!(
                        "The alias {} leads to {leads_to}. A user can choose it.",
                        quote::quoted(&text)
                    ),
                    unset(&at),
                );
            }
        }
        self.listed_models();
    }

    /// Keys of model maps that name other providers.
    fn listed_models(&mut self) {
        let mut maps: Vec<(String, &Value)> = Vec::new();
        if let Some(map) = self.root.at(&["agents", "defaults", "models"]) {
            maps.push(("agents.defaults.models".to_owned(), map));
        }
        for (_, place, entry) in super::agents(self.root) {
            if let Some(map) = entry.get("models") {
                maps.push((path::key(&place, "models"), map));
            }
        }
        for (at, map) in maps {
            for (key, _) in map.as_object().unwrap_or_default() {
                let Some((provider, _)) = key.split_once('/') else {
                    continue;
                };
                if folded(provider) != ID {
                    if self.found.is_full(true) {
                        self.found.skip(true);
                        continue;
                    }
                    let at = path::key(&at, key);
                    self.found.add(
                        Severity::Exposure,
                        Code::OutsideModel,
                        &at,
                        trimmed(key),
                        "A model of another provider is listed. Nothing selects it by this, but a user can choose it, and it can make a bare id ambiguous.".to_owned(),
                        unset(&at),
                    );
                }
            }
        }
    }
}

/// `agents.list[3].model` → `agents.list[3]`.
fn first_item(at: &str) -> String {
    at.split_inclusive(']')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// `{source, provider, id}` names a secret; its `provider` is no model provider.
fn is_secret_reference(value: &Value) -> bool {
    ["source", "provider", "id"]
        .iter()
        .all(|key| value.get(key).is_some())
}

fn switched_off(value: &Value) -> bool {
    value.get("enabled").and_then(Value::as_bool) == Some(false)
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => std::iter::once(first.to_ascii_uppercase())
            .chain(chars)
            .collect(),
        None => String::new(),
    }
}
