//! The edit request's `fix`: closes the findings of the audit. A table says for each code what is done. Findings that the table does
//! not name are left to the user, whom the audit tells what to do.
//!
//! A route is set to the first model or removed, a switch is turned off, and a slot that a credential arms is pinned. No credential
//! is deleted.

use super::draft::{Draft, text_list, text_value};
use super::{harden, login};
use crate::ID;
use crate::audit::{self, Code, Finding, Report, Slot, Version, vendors};
use crate::document::Value;
use crate::document::path::{self, Part};
use crate::settings::DEFAULT_ADDRESS;

/// How a finding is closed.
enum Action {
    /// Set the reference to one of our models. Remove it if it is an item of a list.
    Ours,
    /// Remove the value so many levels above the place.
    Remove(usize),
    /// Set this value.
    Set(Value),
    /// Set this value at another place.
    SetAt(&'static str, Value),
    /// Turn the plugin off and keep its settings.
    PluginOff,
    /// Pin or turn off the slots that the credential or the provider would fill.
    Pin,
    /// Nothing: no program can close it without a loss.
    Leave,
}

/// Closes every finding of a report that can be closed. Returns whether the draft changed.
pub(super) fn plan(draft: &mut Draft, report: &Report, first: &str, version: Version) -> bool {
    let before = draft.new.clone();
    // Last place first, so that removing a list item does not change the positions of the places that are still to come.
    let mut work = Vec::new();
    for finding in report.open() {
        if let Some(parts) = path::parts(&finding.path)
            && !is_included(draft, &parts)
        {
            let at = work.partition_point(|(other, _)| *other > parts);
            work.insert(at, (parts, finding));
        }
    }
    for (parts, finding) in work {
        apply_fix(draft, finding, &parts, first, version);
    }
    draft.new != before
}

/// Whether an object around a place includes another file. Then the place may not be in this document.
fn is_included(draft: &Draft, parts: &[Part]) -> bool {
    (0..=parts.len()).any(|n| {
        super::draft::value_at(&draft.new, parts.split_at(n).0)
            .is_some_and(|value| value.get("$include").is_some())
    })
}

/// The keys of a path, with an empty key for each list position.
fn names<'s>(parts: &'s [Part]) -> Vec<&'s str> {
    let name = |part: &'s Part| match part {
        Part::Key(key) => key.as_str(),
        Part::Index(_) => "",
    };
    parts.iter().map(name).collect()
}

/// How a finding is closed, by its code and its place.
fn action(code: &str, names: &[&str], first: &str) -> Action {
    use Action::{Leave, Ours, Pin, PluginOff, Remove, Set, SetAt};
    let Some(code) = Code::ALL.iter().find(|known| known.text() == code) else {
        return Leave;
    };
    let off = Value::Bool(false);
    match (code, names) {
        // A media entry with provider, model, address or program is removed as a whole.
        (
            Code::OtherModel
            | Code::OtherProvider
            | Code::OtherEndpoint
            | Code::ExternalProgram
            | Code::UnclearModel,
            ["tools", "media", "models", "", rest @ ..]
            | ["tools", "media", _, "models", "", rest @ ..],
        ) => Remove(rest.len()),
        (
            Code::UnclearModel | Code::OtherProvider,
            [.., "memory", "search", "provider" | "fallback"]
            | [.., "memorySearch", "provider" | "fallback"],
        ) => Set(text_value("none")),
        (Code::UnclearModel, ["tools", "web", "search", "provider"]) => Remove(0),
        (Code::OtherModel | Code::UnclearModel | Code::OtherFallback, _) => Ours,
        (Code::KeylessService, _) => PluginOff,
        (Code::ImplicitModel, ["agents", ..]) => {
            SetAt("agents.defaults.model.primary", text_value(first))
        }
        (Code::AliasCapture, _) => Remove(0),
        (Code::OtherProvider, [.., "llm-task", "config", "defaultProvider"]) => Set(text_value(ID)),
        (Code::OtherProvider, ["plugins", "entries", _, "config", ..]) => PluginOff,
        (Code::OtherProvider, ["channels", "reef", "guard", _]) => Remove(1),
        (Code::OtherProvider, [.., "apiKey"]) => Leave,
        (Code::OtherProvider | Code::OtherEndpoint, _) => Remove(0),
        (Code::OpenGrant, [.., "allowModelOverride" | "allowProvider"]) => Set(off),
        (Code::OpenGrant, _) => Remove(0),
        (Code::ExternalProgram, ["tools", "links", ..]) => SetAt("tools.links.enabled", off),
        (Code::ExternalProgram, [.., "cliBackends", _, _]) => Remove(1),
        (Code::ExternalProgram, ["audio", "transcription", ..]) => {
            Remove(names.len().saturating_sub(2))
        }
        (Code::ExternalProgram, _) => Remove(0),
        (Code::ExternalRuntime, [.., "agentRuntime", "id"]) => Remove(1),
        (Code::ExternalRuntime, _) => Remove(0),
        (Code::ExternalHarness, ["agents", .., "runtime", "type"]) => Remove(1),
        (Code::ExternalHarness, [.., "enabled"]) => Set(off),
        (Code::ExternalHarness, _) => SetAt("acp.enabled", off),
        (Code::RemoteGateway, _) => SetAt("gateway.mode", text_value("local")),
        (Code::PluginSlot, _) => Remove(0),
        (Code::ArmedSlot | Code::OutsideVision, _) => Pin,
        (Code::ProxyAddressOutside, ["plugins", ..]) => Set(text_value(DEFAULT_ADDRESS)),
        (Code::ProxyAddressOutside, [.., "models", "", "baseUrl"]) => Remove(0),
        (Code::ProxyApiElsewhere, [.., "models", "", "api"]) => Remove(0),
        (Code::RequestProxy, ["proxy", "loopbackMode"]) => Set(text_value("gateway-only")),
        (Code::RequestProxy, _) => Remove(1),
        // Findings that a login has closed already, choices of the user (an allowed fallback), findings that come with one of those
        // above, findings that no program can decide, and findings that are never open.
        _ => Leave,
    }
}

fn apply_fix(draft: &mut Draft, finding: &Finding, parts: &[Part], first: &str, version: Version) {
    let names = names(parts);
    let place = finding.path.as_str();
    let action = action(&finding.code, &names, first);
    let why = finding.message.as_str();
    let cost = cost(&action, place, &names);
    let changed = match &action {
        Action::SetAt(place, _) => (*place).to_owned(),
        Action::PluginOff => path::key(&path::format(parts.iter().take(3)), "enabled"),
        Action::Remove(up) => {
            let kept = parts.len() - up;
            let list = parts
                .iter()
                .take(kept)
                .rposition(|part| matches!(part, Part::Key(_)));
            path::format(parts.iter().take(list.map_or(kept, |n| n + 1)))
        }
        _ => place.to_owned(),
    };
    match action {
        Action::Leave => {}
        Action::Ours if matches!(parts.last(), Some(Part::Index(_))) => draft.remove(place, why),
        Action::Ours => {
            login::remember_default_model(draft, place);
            let former = draft.get(place).and_then(audit::primary);
            // The reference can be an alias, so the family is also looked for in the place where it leads.
            let former = format!("{} {}", finding.leads_to, former.unwrap_or_default());
            let (model, cost) = match login::is_default_model(place) {
                true => (first.to_owned(), None),
                false => login::replacement_model(draft, &former, first),
            };
            draft.set(place, text_value(&model), why);
            if let Some(cost) = cost {
                draft.note(place, &cost);
            }
        }
        Action::Remove(up) => remove(draft, parts.get(..parts.len() - up), why),
        Action::Set(value) => draft.set(place, value, why),
        Action::SetAt(place, value) => draft.set(place, value, why),
        // The plugin is off already and still used, so its tool is denied.
        Action::PluginOff if draft.get(&changed) == Some(&Value::Bool(false)) => {
            return pin_slot(draft, Slot::Speech, first, why, version);
        }
        Action::PluginOff => draft.set(&changed, Value::Bool(false), why),
        Action::Pin => {
            for slot in filled_slots(finding, &names, version) {
                pin_slot(draft, slot, first, why, version);
            }
        }
    }
    if let Some(cost) = cost {
        draft.note(&changed, &cost);
    }
}

/// What the user loses by an action, if that is not obvious from the place.
fn cost(action: &Action, place: &str, names: &[&str]) -> Option<String> {
    let plugin = || names.get(2).copied().unwrap_or_default();
    match action {
        Action::PluginOff => Some(format!(
            "The plugin {} is off now, with all that it does; its settings stay.",
            plugin()
        )),
        Action::Set(Value::Bool(false)) if names.last() == Some(&"enabled") => {
            Some("It is off now.".to_owned())
        }
        Action::Set(Value::Bool(false)) => Some("This permission is gone now.".to_owned()),
        Action::Set(_) => harden::cost(place).map(str::to_owned).or_else(|| {
            ["memory.search.", "memorySearch."]
                .iter()
                .any(|search| place.contains(search))
                .then(|| "Memory is searched by keyword there, not by meaning.".to_owned())
        }),
        Action::SetAt(place, _) => harden::cost(place).map(str::to_owned),
        Action::Remove(_) => match names {
            ["tools", "media", "models", ..] => {
                Some("This media model or program is no longer used.".to_owned())
            }
            [.., "alias"] => Some("The alias no longer works.".to_owned()),
            [.., "cliBackends" | "agentRuntime" | "runtime", _] | [.., "agentRuntime"] => {
                Some("Turns run inside OpenClaw instead.".to_owned())
            }
            _ => None,
        },
        Action::Ours | Action::Pin | Action::Leave => None,
    }
}

/// Removes a value. A list of allowed models is not left empty, because that would allow every model.
fn remove(draft: &mut Draft, parts: Option<&[Part]>, why: &str) {
    let Some(parts) = parts else { return };
    draft.remove(&path::format(parts), why);
    if let [list @ .., Part::Key(key), Part::Index(_)] = parts
        && key == "allow"
    {
        let list = path::key(&path::format(list), key);
        if draft.items(&list).is_empty() {
            draft.set(&list, text_list(&[format!("{ID}/*")]), why);
        }
    }
}

/// The slots that are to be pinned because of a finding.
fn filled_slots(finding: &Finding, names: &[&str], version: Version) -> Vec<Slot> {
    if finding.code == Code::OutsideVision.text() {
        return vec![Slot::Image, Slot::Pdf];
    }
    if names.contains(&"webSearch") {
        return vec![Slot::Search];
    }
    if names.contains(&"tts") {
        return vec![Slot::Speech];
    }
    let leads_to = finding.leads_to.as_str();
    vendors(version)
        .filter(|vendor| vendor.providers.contains(&leads_to))
        .flat_map(|vendor| vendor.slots.iter().copied())
        .collect()
}

/// A reason with what the change costs the user.
fn with_cost(place: &str, why: &str) -> String {
    match harden::cost(place) {
        Some(cost) => format!("{why} {cost}"),
        None => why.to_owned(),
    }
}

/// Pins a slot or turns it off, unless the user has pinned it.
fn pin_slot(draft: &mut Draft, slot: Slot, first: &str, why: &str, version: Version) {
    let (place, value) = match slot.closing(version, first) {
        audit::Closing::Denied(tools) => return deny_tools(draft, tools, why),
        audit::Closing::Value(place, value) => (place, value),
    };
    let is_pinned = match draft.get(&place) {
        Some(Value::String(set)) => !matches!(set.trim(), "" | "auto"),
        Some(Value::Object(_)) => true,
        _ => false,
    };
    if !is_pinned {
        draft.set(&place, value, &with_cost(&place, why));
    }
}

/// Denies tools to all agents.
fn deny_tools(draft: &mut Draft, tools: &[&str], why: &str) {
    let mut list = draft.items("tools.deny");
    for tool in tools {
        if !list.contains(&text_value(tool)) {
            list.push(text_value(tool));
        }
    }
    draft.set("tools.deny", Value::Array(list), why);
    for tool in tools {
        draft.note("tools.deny", &format!("Agents cannot use {tool} any more."));
    }
}
