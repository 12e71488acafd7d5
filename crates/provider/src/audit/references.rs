//! Checks model references, permissions to choose models, and aliases.

use std::collections::BTreeSet;

use super::code::Code;
use super::inventory::Check;
use super::names::{Meaning, Reason, ResolveOptions, folded, provider_entries, trimmed};
use super::shell::{set, unset};
use super::walk::Cursor;
use super::{Auditor, Location, message, model_maps, primary};
use crate::ID;
use crate::collect::collect_unsorted;
use crate::document::{Value, path};
use crate::strings::quoted;

impl Auditor<'_> {
    /// Checks a model reference.
    pub(super) fn check_reference(&mut self, text: &str, cursor: &Cursor<'_>) {
        let Cursor { row, keys, .. } = *cursor;
        let location = cursor.location;
        if trimmed(text).is_empty() {
            // A blank primary is used as it is and not inherited. Any other blank reference counts as absent.
            if row.check == Check::Primary {
                let why = "a blank primary makes OpenClaw choose one by itself";
                self.unclear(location, text, why);
            }
            return;
        }
        let agent = match keys {
            ["agents", "entries", id, ..] => path::key("agents.entries", id),
            // `agents.list[3].model` → `agents.list[3]`.
            ["agents", "list", ..] => {
                let mut items = location.path.split_inclusive(']');
                items.next().unwrap_or_default().to_owned()
            }
            _ => String::new(),
        };
        let options = ResolveOptions {
            aliases: !matches!(
                row.check,
                Check::FullReference
                    | Check::ModelBesideProvider
                    | Check::MediaModel
                    | Check::MediaPreference
            ),
            bare_is_default: matches!(
                row.check,
                Check::Primary | Check::BareIsOpenai | Check::ImageModel
            ),
        };
        let mut whole = text.to_owned();
        // OpenClaw puts the provider next to it before the id, unless the id is an alias.
        if row.check == Check::ModelBesideProvider
            && !text.contains('/')
            && !self.names.is_alias(text)
        {
            let provider = cursor.holder.str_at(&["defaultProvider"]);
            whole = format!("{}/{text}", provider.unwrap_or_default());
        }
        match self.names.meaning(&whole, &agent, options) {
            Meaning::Ours(reference) => self.add_closed(location, &reference),
            Meaning::Elsewhere(leads_to, reason) => self.elsewhere(&leads_to, &reason, cursor),
            Meaning::Unclear(why) => self.unclear(location, text, why),
        }
    }

    /// Reports a reference of which it is unknown where it leads.
    fn unclear(&mut self, location: Location<'_>, text: &str, why: &str) {
        let args = [&quoted(text), why, &self.reference_fix(location.path)];
        self.report(message::UNCLEAR_MODEL, location, text, &args);
    }

    /// The command that replaces or removes a reference.
    fn reference_fix(&self, at: &str) -> String {
        if at.ends_with(']') {
            unset(at)
        } else {
            set(at, &format!("\"{}\"", self.model))
        }
    }

    /// Reports a reference that leads elsewhere.
    fn elsewhere(&mut self, leads_to: &str, reason: &Reason, cursor: &Cursor<'_>) {
        let reason = match reason {
            Reason::Provider => String::new(),
            Reason::Alias(alias) => format!(" through the alias at {alias}"),
            Reason::BuiltIn => " through an alias that OpenClaw adds by itself".to_owned(),
            Reason::BareId => {
                " because the id names no provider and none is known to offer it".to_owned()
            }
        };
        let location = cursor.location;
        let fix = self.reference_fix(location.path);
        let message = match cursor.row.check {
            Check::Fallback if self.is_allowed_fallback(leads_to) => {
                return self.report(message::CHOSEN_FALLBACK, location, leads_to, &[&fix]);
            }
            Check::Fallback => message::OTHER_FALLBACK,
            _ => message::OTHER_MODEL,
        };
        let args = [&reason, cursor.row.note, &fix];
        self.report(message, location, leads_to, &args);
    }

    /// Whether the user allowed this fallback.
    fn is_allowed_fallback(&self, leads_to: &str) -> bool {
        let allowed = ["plugins", "entries", ID, "config", "allowedFallbacks"];
        let allowed = self.root.items_at(&allowed);
        let mut allowed = allowed.iter().filter_map(Value::as_str);
        allowed.any(|allowed| folded(allowed) == folded(leads_to))
    }

    /// Checks an item of a list of models that may be chosen.
    pub(super) fn check_grant(&mut self, text: &str, cursor: &Cursor<'_>) {
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
                let before = self.found.len();
                self.check_reference(text, cursor);
                self.found.change_code(before, Code::OpenGrant);
            }
            Some(true) => self.add_closed(cursor.location, name),
            Some(false) => {
                let args = [cursor.row.note];
                self.report(message::OPEN_GRANT, cursor.location, name, &args);
            }
        }
    }

    /// Checks a switch that allows every model unless a list next to it limits the choice.
    pub(super) fn check_bounded(&mut self, value: &Value, cursor: &Cursor<'_>) {
        if value.as_bool() != Some(true) {
            if value.as_bool().is_none() {
                self.wrong_shape(value, cursor.location.path);
            }
            return;
        }
        // The items of these lists have their own rows in the inventory; here it only matters that there are some.
        let lists: &[&str] = match cursor.keys {
            [.., "subagent", _] => &["allowedModels"],
            _ => &["allowedModels", "allowedCompletionModels"],
        };
        let is_bounded = lists
            .iter()
            .any(|list| !cursor.holder.items_at(&[list]).is_empty());
        if !is_bounded {
            let args = [cursor.row.note];
            self.report(
                message::UNBOUNDED_GRANT,
                cursor.location,
                "any provider",
                &args,
            );
        }
    }

    /// Checks the model that OpenClaw picks if no primary is set. Returns whether the primary, set or picked, names the proxy.
    pub(super) fn check_implicit_primary(&mut self) -> bool {
        let model = self.root.at(&["agents", "defaults", "model"]);
        let text = model.and_then(primary);
        if let Some(text) = text.filter(|text| !trimmed(text).is_empty()) {
            return folded(text).starts_with(ID);
        }
        let at = match model {
            Some(Value::Object(_)) => "agents.defaults.model.primary",
            _ => "agents.defaults.model",
        };
        let fix = self.reference_fix("agents.defaults.model.primary");
        // OpenClaw can leave the utility model out when it picks a primary. The next provider would then be picked.
        let utility = self.root.str_at(&["agents", "defaults", "utilityModel"]);
        let has_utility = utility.is_some_and(|text| !trimmed(text).is_empty());
        match self.names.implicit_primary() {
            Meaning::Ours(_) if has_utility => {
                let why = "no primary is set, and OpenClaw may leave the utility model out when it picks one";
                self.unclear(Location::enabled(at), "", why);
                true
            }
            Meaning::Unclear(why) => {
                self.unclear(Location::enabled(at), "", why);
                true
            }
            Meaning::Ours(reference) => {
                self.found.route(at, &reference, true);
                self.found
                    .add(message::ORDER_DEPENDENT, at, &reference, &[&fix]);
                true
            }
            Meaning::Elsewhere(leads_to, _) => {
                let at = Location::enabled(at);
                self.report(message::IMPLICIT_MODEL, at, &leads_to, &[&fix]);
                // Also reports the provider that is picked because of its place in the file.
                let provider = folded(leads_to.split('/').next().unwrap_or_default());
                let mut entries = provider_entries(self.root);
                if let Some((key, _)) = entries.find(|(key, _)| folded(key) == provider) {
                    let at = path::key("models.providers", key);
                    let at = Location::enabled(&at);
                    self.report(message::IMPLICIT_BY_ORDER, at, &leads_to, &[&fix]);
                }
                false
            }
        }
    }

    /// Reports aliases of other providers' models. Some are used in place of a reference.
    pub(super) fn check_aliases(&mut self) {
        let names = self.names;
        // Until 2026.7 OpenClaw also looks for the id of a full reference among the aliases (`resolveFallbackCandidates`).
        let former = self.version.layout().former;
        let ids: BTreeSet<String> = collect_unsorted(names.row_ids().filter(|_| former));
        for (text, leads_to, at) in names.foreign_aliases() {
            let captures = text.contains('/') || !text.is_ascii() || ids.contains(&folded(text));
            let message = match captures {
                true => message::ALIAS_CAPTURE,
                false => message::OUTSIDE_ALIAS,
            };
            self.report_alias(message, at, leads_to, &quoted(text));
        }
        for (alias, leads_to) in names.built_in_rows().filter(|_| former) {
            let at = path::key("agents.defaults.models", leads_to);
            self.report_alias(message::BUILT_IN_ALIAS, &at, leads_to, &alias);
        }
        // Keys of model maps that name other providers.
        for (_, at, map) in model_maps(self.root) {
            for (key, _) in map.as_object().unwrap_or_default() {
                let is_outside = |(provider, _): (&str, &str)| folded(provider) != ID;
                if key.split_once('/').is_some_and(is_outside) {
                    let at = path::key(&at, key);
                    self.found
                        .add(message::OUTSIDE_MODEL, &at, trimmed(key), &[]);
                }
            }
        }
    }

    fn report_alias(
        &mut self,
        message: &message::Message<1>,
        at: &str,
        leads_to: &str,
        alias: &str,
    ) {
        match message.0.severity.is_open() {
            true => self.report(message, Location::enabled(at), leads_to, &[alias]),
            false => self.found.add(message, at, leads_to, &[alias]),
        }
    }
}
