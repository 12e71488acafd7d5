//! References in the tree, and the maps that give them names.

use std::collections::BTreeSet;

use super::finding::{Code, set, unset};
use super::names::{How, Meaning, Reading, folded, provider_entries, trimmed};
use super::rules::Spot;
use super::table::{Check, Row};
use super::{Auditor, Where, model_maps};
use crate::ID;
use crate::document::{Value, path};
use crate::gather::gather;
use crate::quote;

impl Auditor<'_> {
    /// A reference, for everyone who reads it.
    pub(super) fn reference(&mut self, row: &Row, text: &str, spot: &Spot<'_>) {
        let Spot {
            at,
            keys,
            holder,
            place,
        } = *spot;
        if trimmed(text).is_empty() {
            // A blank primary is neither set nor inherited; everywhere else blank is absent.
            if row.check == Check::Primary {
                self.unclear(
                    at,
                    text,
                    "a blank primary makes OpenClaw choose one by itself",
                    place,
                );
            }
            return;
        }
        let agent = match keys {
            ["agents", "entries", id, ..] => path::key("agents.entries", id),
            ["agents", "list", ..] => first_item(at),
            _ => String::new(),
        };
        let reading = Reading {
            aliases: !matches!(
                row.check,
                Check::Exact | Check::Split | Check::Entry | Check::Preferred
            ),
            bare_is_default: matches!(
                row.check,
                Check::Primary | Check::ModelOpenai | Check::Image
            ),
        };
        let mut whole = text.to_owned();
        // The second half of a split reference; alone, its text is looked up as an alias first.
        if row.check == Check::Split && !text.contains('/') && !self.names.is_alias(text) {
            let provider = holder.get("defaultProvider").and_then(Value::as_str);
            whole = format!("{}/{text}", provider.unwrap_or_default());
        }
        match self.names.meaning(&whole, &agent, reading) {
            Meaning::Ours(reference) => self.closed(at, &reference, place),
            Meaning::Elsewhere(leads_to, how) => self.elsewhere(row, &leads_to, &how, at, place),
            Meaning::Unclear(why) => self.unclear(at, text, why, place),
        }
    }

    /// A reference that is not shown to lead to the proxy, nor elsewhere.
    pub(super) fn unclear(&mut self, at: &str, text: &str, why: &str, place: Where) {
        if self.found.is_full(place.off) {
            self.found.skip(place.off);
            return;
        }
        self.uncertain(
            Code::UnclearModel,
            at,
            text,
            format!(
                "{} is not shown to be the proxy, so this counts as open: {why}.",
                quote::quoted(text)
            ),
            self.reference_fix(at),
            place,
        );
    }

    /// What to write instead.
    fn reference_fix(&self, at: &str) -> String {
        if at.ends_with(']') {
            unset(at)
        } else {
            set(at, &format!("\"{ID}/{}\"", self.suggested_model()))
        }
    }

    /// A reference that leads elsewhere.
    fn elsewhere(&mut self, row: &Row, leads_to: &str, how: &How, at: &str, place: Where) {
        if self.found.is_full(place.off) {
            self.found.skip(place.off);
            return;
        }
        let how = match how {
            How::Literal => String::new(),
            How::Alias(alias) => format!(" through the alias at {alias}"),
            How::BuiltIn => " through an alias that OpenClaw adds by itself".to_owned(),
            How::Bare => {
                " because the id names no provider and none is known to offer it".to_owned()
            }
        };
        let chosen = row.check == Check::Fallback && self.is_chosen(leads_to);
        let code = match (row.check, chosen) {
            (_, true) => Code::ChosenFallback,
            (Check::Fallback, false) => Code::OtherFallback,
            _ => Code::OtherModel,
        };
        let message = if chosen {
            format!(
                "You chose this fallback on purpose (allowedFallbacks): when the proxy fails, prompts go to {leads_to}. That is not closed."
            )
        } else {
            format!(
                "Prompts go to {leads_to}{how}, past the proxy ({}).",
                row.note
            )
        };
        let fix = self.reference_fix(at);
        self.outside(code, at, leads_to, message, fix, place);
    }

    /// A model of the proxy to write in a fix.
    pub(super) fn suggested_model(&self) -> String {
        self.root
            .at(&["models", "providers", ID, "models"])
            .and_then(Value::as_array)
            .and_then(|rows| rows.first()?.get("id")?.as_str())
            .unwrap_or("claude-opus-4-8")
            .to_owned()
    }

    /// Whether the user listed a fallback as wanted.
    pub(super) fn is_chosen(&self, leads_to: &str) -> bool {
        self.root
            .at(&["plugins", "entries", ID, "config", "allowedFallbacks"])
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
            .any(|listed| folded(listed) == folded(leads_to))
    }

    /// A standing permission.
    pub(super) fn grant(&mut self, row: &Row, text: &str, spot: &Spot<'_>) {
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
            Some(true) => self.closed(at, name, place),
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
    pub(super) fn bounded(&mut self, row: &Row, value: &Value, spot: &Spot<'_>) {
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

    /// Where no primary is set, the one that OpenClaw picks; whether it, or the one that is set, names the proxy.
    pub(super) fn implicit_primaries(&mut self) -> bool {
        let model = self.root.at(&["agents", "defaults", "model"]);
        let text =
            model.and_then(|model| model.as_str().or_else(|| model.get("primary")?.as_str()));
        if let Some(text) = text.filter(|text| !trimmed(text).is_empty()) {
            return folded(text).starts_with(ID);
        }
        let at = match model {
            Some(Value::Object(_)) => "agents.defaults.model.primary",
            _ => "agents.defaults.model",
        };
        let fix = set(
            "agents.defaults.model.primary",
            &format!("\"{ID}/{}\"", self.suggested_model()),
        );
        // A model for small tasks can be left out of the choice, which then falls on the next provider.
        let utility = self.root.at(&["agents", "defaults", "utilityModel"]);
        let utility = utility
            .and_then(Value::as_str)
            .is_some_and(|text| !trimmed(text).is_empty());
        let leads_to = match self.names.implicit_primary() {
            Meaning::Ours(_) if utility => {
                let why = "no primary is set, and OpenClaw may leave the utility model out when it picks one";
                self.unclear(at, "", why, Where { off: false });
                return true;
            }
            Meaning::Unclear(why) => {
                self.unclear(at, "", why, Where { off: false });
                return true;
            }
            Meaning::Ours(reference) => {
                self.found.route(at, &reference, true);
                self.found.exposure(
Code::OrderDependent,
                    at,
                    &reference,
                    "No primary model is set. OpenClaw takes the first provider in the file, which is the proxy now; another order changes that.".to_owned(),
                    fix,
                );
                return true;
            }
            Meaning::Elsewhere(leads_to, _) => leads_to,
        };
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
        // The provider whose place in the file decides.
        let provider = folded(leads_to.split('/').next().unwrap_or_default());
        let entry = provider_entries(self.root).find(|(key, _)| folded(key) == provider);
        if let Some((key, _)) = entry {
            self.outside(
                Code::ImplicitModel,
                &path::key("models.providers", key),
                &leads_to,
                format!("No primary model is set, and this provider's place in the file makes {leads_to} the default."),
                fix,
                none,
            );
        }
        false
    }

    /// Aliases to other models: those that can capture a reference, and the rest.
    pub(super) fn aliases(&mut self) {
        let names = self.names;
        // Until 2026.7 OpenClaw looks the id of a full reference up among the aliases too (`resolveFallbackCandidates`).
        let former = self.version.layout().former;
        let ids: BTreeSet<String> = gather(names.row_ids().filter(|_| former));
        for (text, leads_to, at) in names.foreign_aliases() {
            let capturing = text.contains('/') || !text.is_ascii() || ids.contains(&folded(text));
            if self.found.is_full(!capturing) {
                self.found.skip(!capturing);
                continue;
            }
            if capturing {
                self.outside(
                    Code::AliasCapture,
                    at,
                    leads_to,
                    format!("The alias {} can be taken for a reference and leads to {leads_to}: aliases are looked up before references.", quote::quoted(text)),
                    unset(at),
                    Where { off: false },
                );
            } else {
                self.found.exposure(
                    Code::OutsideAlias,
                    at,
                    leads_to,
                    format!(
                        "The alias {} leads to {leads_to}. A user can choose it.",
                        quote::quoted(text)
                    ),
                    unset(at),
                );
            }
        }
        for (alias, leads_to) in names.built_in_rows().filter(|_| former) {
            let at = path::key("agents.defaults.models", leads_to);
            self.outside(
                Code::AliasCapture,
                &at,
                leads_to,
                format!("OpenClaw adds the alias {alias}, which is the id of a model of the proxy too, and leads to {leads_to}."),
                unset(&at),
                Where { off: false },
            );
        }
        self.listed_models();
    }

    /// Keys of model maps that name other providers.
    pub(super) fn listed_models(&mut self) {
        for (_, at, map) in model_maps(self.root) {
            for (key, _) in map.as_object().unwrap_or_default() {
                let outside = |(provider, _): (&str, &str)| folded(provider) != ID;
                if !key.split_once('/').is_some_and(outside) {
                    continue;
                }
                if self.found.is_full(true) {
                    self.found.skip(true);
                    continue;
                }
                let at = path::key(&at, key);
                self.found.exposure(
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

/// `agents.list[3].model` → `agents.list[3]`.
fn first_item(at: &str) -> String {
    at.split_inclusive(']')
        .next()
        .unwrap_or_default()
        .to_owned()
}
