//! `fix`: what the audit's findings become. One table, code by code; what it does not name is left to the user, with the
//! audit's own words on what to do.
//!
//! A route is set to the first model or taken away; a switch is turned off; a slot that a credential arms is pinned. No
//! credential is deleted.

use super::draft::{Draft, text_list, text_value};
use super::{harden, login};
use crate::ID;
use crate::audit::{self, Code, Slot, Version, vendors};
use crate::document::Value;
use crate::document::path::{self, Part};
use crate::report::{Finding, Report};
use crate::settings::DEFAULT_HOST;

/// What is done about a finding.
enum Action {
    /// Name the first model there; an item of a list goes.
    Ours,
    /// Take away what is at so many steps above.
    Remove(usize),
    /// Put this there.
    Set(Value),
    /// Put this at another place.
    SetAt(&'static str, Value),
    /// Turn the plugin off; its settings stay.
    PluginOff,
    /// Pin or turn off the slots that the credential or the provider fills.
    Pin,
    /// Nothing mechanical closes it without loss.
    Leave,
}

/// Changes the draft by everything in a report that can be closed; whether anything was.
pub(super) fn plan(draft: &mut Draft, report: &Report, first: &str, version: Version) -> bool {
    let before = draft.new.clone();
    // From the back, so that the positions of list items that go later still fit: the audit walks lists in order.
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

/// Whether part of what leads to a place comes from another file: then positions and owners are not those of this text.
fn is_included(draft: &Draft, parts: &[Part]) -> bool {
    (0..=parts.len()).any(|n| {
        super::draft::value_at(&draft.new, parts.split_at(n).0)
            .is_some_and(|value| value.get("$include").is_some())
    })
}

/// The keys of a path; list positions as empty ones.
fn names<'s>(parts: &'s [Part]) -> Vec<&'s str> {
    let name = |part: &'s Part| match part {
        Part::Key(key) => key.as_str(),
        Part::Index(_) => "",
    };
    parts.iter().map(name).collect()
}

/// The table.
fn action(code: &str, names: &[&str], first: &str) -> Action {
    use Action::{Leave, Ours, Pin, PluginOff, Remove, Set, SetAt};
    let Some(code) = Code::ALL.iter().find(|known| known.text() == code) else {
        return Leave;
    };
    let off = Value::Bool(false);
    match (code, names) {
        // Media entries name provider, model, address and program together.
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
        (Code::ProxyAddressOutside, ["plugins", ..]) => Set(text_value(DEFAULT_HOST)),
        (Code::ProxyAddressOutside, [.., "models", "", "baseUrl"]) => Remove(0),
        (Code::ProxyApiElsewhere, [.., "models", "", "api"]) => Remove(0),
        (Code::RequestProxy, ["proxy", "loopbackMode"]) => Set(text_value("gateway-only")),
        (Code::RequestProxy, _) => Remove(1),
        // Written by the login already, a choice of the user (an allowed fallback), the other half of a finding above,
        // nothing that a program can decide, or never a leak.
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
            // The reference itself may be an alias; the audit says where it leads.
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
        // Off already, and found all the same: only the tool that is offered can be taken away.
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

/// What the user no longer has when that is done, where the place does not say it by itself.
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

/// Takes a value away. An empty list of allowed models would allow every model.
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

/// The slots that a credential arms, or that take a provider which sees images.
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

/// Why, and what it costs the user.
fn with_cost(place: &str, why: &str) -> String {
    match harden::cost(place) {
        Some(cost) => format!("{why} {cost}"),
        None => why.to_owned(),
    }
}

/// Pins a slot, or turns it off. One that the user pinned stays as it is.
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

/// Takes tools from agents.
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
