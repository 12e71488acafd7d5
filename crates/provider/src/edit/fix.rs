//! `fix`: what the audit's findings become. One table, code by code; what it does not name is left to the user, with the
//! audit's own words on what to do.
//!
//! A route is set to the first model or taken away; a switch is turned off; a slot that a credential arms is pinned. No
//! credential is deleted.

use super::draft::{Draft, keys, list_of_texts, text};
use super::login;
use crate::audit::{Code, Slot, VENDORS};
use crate::document::Value;
use crate::document::path::{self, Step};
use crate::report::{Finding, Report, Severity};
use crate::settings::DEFAULT_HOST;
use crate::{ID, Problem};

/// What is done about a finding.
enum Action {
    /// Name the first model there; an item of a list goes.
    Ours,
    /// Name the first model at another place.
    OursAt(Vec<Step>),
    /// Take the value away.
    Remove,
    /// Take away what the value is a part of, so many steps up.
    RemoveOuter(usize),
    /// Put this there.
    Set(Value),
    /// Put this at another place.
    SetAt(Vec<Step>, Value),
    /// Pin or turn off these slots.
    Pin(Vec<Slot>),
    /// Nothing mechanical closes it without loss.
    Leave,
}

/// Changes the draft by everything in a report that can be closed; whether anything was.
///
/// # Errors
/// A place that holds something else than what belongs there.
pub(super) fn plan(draft: &mut Draft, report: &Report, first: &str) -> Result<bool, Problem> {
    let mut work: Vec<(Vec<Step>, &Finding)> = report
        .findings
        .iter()
        .filter(|finding| matches!(finding.severity, Severity::Leak | Severity::Undecided))
        .filter_map(|finding| Some((path::steps(&finding.path)?, finding)))
        .filter(|(place, _)| !is_included(draft, place))
        .collect();
    // From the back, so that the positions of list items that go later still fit.
    work.sort_by(|(left, _), (right, _)| right.cmp(left));
    let before = draft.new.clone();
    for (place, finding) in work {
        let action = action(&finding.code, &place, &finding.leads_to);
        perform(draft, &place, action, first, &finding.message)?;
    }
    Ok(draft.new != before)
}

/// Whether part of what leads to a place comes from another file: then positions and owners are not those of this text.
fn is_included(draft: &Draft, place: &[Step]) -> bool {
    (0..=place.len()).any(|n| {
        draft
            .get(place.split_at(n).0)
            .is_some_and(|value| value.get("$include").is_some())
    })
}

/// The table.
fn action(code: &str, place: &[Step], leads_to: &str) -> Action {
    let names: Vec<&str> = place
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.as_str(),
            Step::Index(_) => "",
        })
        .collect();
    let Some(code) = Code::ALL.iter().find(|known| known.text() == code) else {
        return Action::Leave;
    };
    match (code, names.as_slice()) {
        // Media entries name provider, model, address and program together.
        (
            Code::OtherModel
            | Code::OtherProvider
            | Code::OtherEndpoint
            | Code::ExternalProgram
            | Code::AmbiguousModel,
            ["tools", "media", "models", "", rest @ ..],
        ) => Action::RemoveOuter(rest.len()),
        (Code::OtherModel | Code::AmbiguousModel | Code::OtherFallback, _) => Action::Ours,
        (Code::ImplicitModel, ["agents", ..]) => {
            Action::OursAt(keys(&["agents", "defaults", "model", "primary"]))
        }
        (Code::AliasCapture, _) => Action::Remove,
        (Code::OtherProvider, [.., "memory", "search", "provider" | "fallback"]) => {
            Action::Set(text("none"))
        }
        (Code::OtherProvider, [.., "llm-task", "config", "defaultProvider"]) => {
            Action::Set(text(ID))
        }
        // A vendor's plugin with settings for a service of its own: the plugin goes off, its settings stay.
        (Code::OtherProvider, ["plugins", "entries", _, "config", ..]) => Action::SetAt(
            place
                .split_at(3)
                .0
                .iter()
                .cloned()
                .chain(keys(&["enabled"]))
                .collect(),
            Value::Bool(false),
        ),
        (Code::OtherProvider, ["channels", "reef", "guard", _]) => Action::RemoveOuter(1),
        (Code::OtherProvider, [.., "apiKey"]) => Action::Leave,
        (Code::OtherProvider | Code::OtherEndpoint, _) => Action::Remove,
        (Code::OpenGrant, [.., "allowModelOverride" | "allowProvider"]) => {
            Action::Set(Value::Bool(false))
        }
        (Code::OpenGrant, _) => Action::Remove,
        (Code::ExternalProgram, ["tools", "links", ..]) => {
            Action::SetAt(keys(&["tools", "links", "enabled"]), Value::Bool(false))
        }
        (Code::ExternalProgram, _) => Action::Remove,
        (Code::ExternalRuntime, [.., "agentRuntime", "id"]) => Action::RemoveOuter(1),
        (Code::ExternalRuntime, _) => Action::Remove,
        (Code::ExternalHarness, ["agents", .., "runtime", "type"]) => Action::RemoveOuter(1),
        (Code::ExternalHarness, [.., "enabled"]) => Action::Set(Value::Bool(false)),
        (Code::ExternalHarness, _) => Action::SetAt(keys(&["acp", "enabled"]), Value::Bool(false)),
        (Code::RemoteGateway, _) => Action::SetAt(keys(&["gateway", "mode"]), text("local")),
        (Code::PluginSlot, _) => Action::Remove,
        (Code::ArmedSlot, _) => Action::Pin(armed(&names, leads_to)),
        (Code::ProxyAddressOutside, ["plugins", ..]) => Action::Set(text(DEFAULT_HOST)),
        (Code::ProxyAddressOutside, [.., "models", "", "baseUrl"]) => Action::Remove,
        (Code::ProxyApiElsewhere, [.., "models", "", "api"]) => Action::Remove,
        (Code::RequestProxy, ["proxy", "loopbackMode"]) => Action::Set(text("gateway-only")),
        (Code::RequestProxy, _) => Action::RemoveOuter(1),
        // The login has written these already.
        (
            Code::ProxyAddressOutside
            | Code::ProxyAddressMissing
            | Code::ProxyApiElsewhere
            | Code::ProxyApiMissing
            | Code::ProxyEntryMissing
            | Code::ProxyKeySpelling,
            _,
        ) => Action::Leave,
        // The other half of a finding above, a choice of the user, or nothing that a program can decide.
        (
            Code::ImplicitModel
            | Code::ChosenFallback
            | Code::Unreadable
            | Code::UnknownShape
            | Code::DuplicateKey
            | Code::UnsafeKey
            | Code::IncludeUnreadable
            | Code::TooDeep
            | Code::TooLarge
            | Code::UnresolvedVariable
            | Code::Unproven,
            _,
        ) => Action::Leave,
        // Never leaks.
        (
            Code::OrderDependent
            | Code::OutsideAlias
            | Code::OutsideModel
            | Code::OutsideProvider
            | Code::DeadRuntime
            | Code::InboundModel
            | Code::UnusedCredential
            | Code::UnpinnedSlots
            | Code::EnvironmentAddress
            | Code::ShellEnvironment
            | Code::ProxyAddressSpelling
            | Code::RemoteProxy
            | Code::LocalService
            | Code::ContentEndpoint
            | Code::BackupOpen
            | Code::BackupUnreadable,
            _,
        ) => Action::Leave,
    }
}

/// The slots that a credential arms.
fn armed(names: &[&str], leads_to: &str) -> Vec<Slot> {
    if names.contains(&"webSearch") {
        return vec![Slot::Search];
    }
    if names.contains(&"tts") {
        return vec![Slot::Speech];
    }
    VENDORS
        .iter()
        .filter(|vendor| vendor.providers.contains(&leads_to))
        .flat_map(|vendor| vendor.slots.iter().copied())
        .collect()
}

fn perform(
    draft: &mut Draft,
    place: &[Step],
    action: Action,
    first: &str,
    why: &str,
) -> Result<(), Problem> {
    match action {
        Action::Leave => Ok(()),
        Action::Ours => match place.last() {
            Some(Step::Index(_)) => {
                draft.remove(place, why);
                Ok(())
            }
            Some(Step::Key(_)) => {
                login::remember_default(draft, place)?;
                draft.set(place, text(first), why)
            }
            None => Ok(()),
        },
        Action::OursAt(place) => draft.set(&place, text(first), why),
        Action::Remove => remove(draft, place, why),
        Action::RemoveOuter(up) => {
            let (outer, _) = place.split_at(place.len().saturating_sub(up));
            remove(draft, outer, why)
        }
        Action::Set(value) => draft.set(place, value, why),
        Action::SetAt(place, value) => draft.set(&place, value, why),
        Action::Pin(slots) => slots
            .into_iter()
            .try_for_each(|slot| pin(draft, slot, first, why)),
    }
}

/// Takes a value away. An empty list of allowed models would allow every model.
fn remove(draft: &mut Draft, place: &[Step], why: &str) -> Result<(), Problem> {
    draft.remove(place, why);
    if let [list @ .., Step::Index(_)] = place
        && matches!(list.last(), Some(Step::Key(key)) if key == "allow")
        && matches!(draft.get(list), Some(Value::Array(items)) if items.is_empty())
    {
        return draft.set(list, list_of_texts(&[format!("{ID}/*")]), why);
    }
    Ok(())
}

/// Pins a slot, or turns it off. One that the user pinned, under any of the names given, stays as it is.
fn pin(draft: &mut Draft, slot: Slot, first: &str, why: &str) -> Result<(), Problem> {
    let off = |names: &[&str]| (keys(names), Value::Bool(false));
    let (unless, (place, value)) = match slot {
        Slot::Memory => {
            let none = (keys(&["memory", "search", "provider"]), text("none"));
            (keys(&["memory", "search", "provider"]), none)
        }
        Slot::Pdf | Slot::Image => {
            let name = if slot == Slot::Pdf {
                "pdfModel"
            } else {
                "imageModel"
            };
            let place = keys(&["agents", "defaults", name]);
            (place.clone(), (place, text(first)))
        }
        Slot::Audio | Slot::Video => {
            let name = if slot == Slot::Audio {
                "audio"
            } else {
                "video"
            };
            (
                keys(&["tools", "media", name, "preferredModel"]),
                off(&["tools", "media", name, "enabled"]),
            )
        }
        Slot::Search => (
            keys(&["tools", "web", "search", "provider"]),
            off(&["tools", "web", "search", "enabled"]),
        ),
        Slot::MakeImage => return deny(draft, &["image_generate"], why),
        Slot::MakeVideo => return deny(draft, &["video_generate"], why),
        Slot::MakeMusic => return deny(draft, &["music_generate"], why),
        Slot::Speech => return deny(draft, &["tts"], why),
        Slot::XTools => return deny(draft, &["x_search", "code_execution"], why),
    };
    match draft.get(&unless).and_then(Value::as_str) {
        Some(set) if !set.trim().is_empty() && set != "auto" => Ok(()),
        _ if matches!(draft.get(&unless), Some(Value::Object(_))) => Ok(()),
        _ => draft.set(&place, value, why),
    }
}

fn deny(draft: &mut Draft, tools: &[&str], why: &str) -> Result<(), Problem> {
    let place = keys(&["tools", "deny"]);
    let mut list = draft.list_at(&place)?.unwrap_or_default().to_vec();
    list.extend(tools.iter().map(|tool| text(tool)));
    let mut seen: Vec<Value> = Vec::new();
    list.retain(|item| {
        let new = !seen.contains(item);
        seen.push(item.clone());
        new
    });
    draft.set(&place, Value::Array(list), why)
}
