//! The guard: whether a run may begin, and whether a tool may be called.

use super::{GuardDecision, Run, ToolCall};
use crate::audit::{Slot, Version};
use crate::catalog::canonical;
use crate::settings::{GuardMode, Settings, excerpt};
use crate::{ID, MODEL_ALIAS, NOTHING_SENT};

impl GuardDecision {
    /// Stops something that would go past the proxy.
    pub(crate) fn route(what: String) -> Self {
        Self::Block(format!(
            "{ID}: {what}. Find the route with `openclaw claude-proxy audit` and close it with `openclaw claude-proxy audit --fix`."
        ))
    }
}

/// Decides whether a run may begin: only on our provider, or on a model that the user allowed as a fallback.
pub fn guard(settings: &Settings, run: &Run) -> GuardDecision {
    if settings.guard == GuardMode::Off {
        return GuardDecision::Allow;
    }
    let Some(provider) = run.provider.as_deref() else {
        return GuardDecision::Block(format!(
            "{ID}: {NOTHING_SENT}: OpenClaw did not say which provider this run would use. Report this, and set \
             plugins.entries.{ID}.config.guard to \"off\" only if you accept runs on other providers."
        ));
    };
    let model = run.model.as_deref().unwrap_or("");
    if is_own_provider(provider) || is_allowed(settings, &format!("{provider}/{model}")) {
        return GuardDecision::Allow;
    }
    let origin = match (run.trigger.as_str(), run.origin.as_str()) {
        ("", "") => String::new(),
        (trigger, "") => format!(" (started by {trigger})"),
        ("", origin) => format!(" ({origin})"),
        (trigger, origin) => format!(" (started by {trigger}, {origin})"),
    };
    GuardDecision::route(format!(
        "{NOTHING_SENT}: this run{origin} would go to {provider}/{model}, outside {}",
        settings.proxy_name()
    ))
}

fn is_own_provider(provider: &str) -> bool {
    provider.trim().eq_ignore_ascii_case(ID)
}

fn is_allowed(settings: &Settings, reference: &str) -> bool {
    settings
        .allowed_fallbacks
        .iter()
        .any(|r| r.eq_ignore_ascii_case(reference))
}

/// Decides whether a tool may be called. A call with a `model` that may lead elsewhere is refused. So is a call of a tool for which
/// OpenClaw chooses a service by itself, unless its slot is known to be closed.
pub fn guard_tool(settings: &Settings, call: &ToolCall) -> GuardDecision {
    if settings.guard == GuardMode::Off {
        return GuardDecision::Allow;
    }
    let model = call.model.as_deref().unwrap_or("").trim();
    let provider = call.provider.as_deref().unwrap_or("").trim();
    let is_own_model = match model.split_once('/') {
        Some((provider, _)) => is_own_provider(provider) || is_allowed(settings, model),
        None => {
            model.is_empty()
                || model == "default"
                || model.eq_ignore_ascii_case(MODEL_ALIAS)
                || settings
                    .models
                    .iter()
                    .any(|m| canonical(m) == canonical(model))
        }
    };
    let first = settings.models.first().map_or("MODEL", String::as_str);
    // `provider` means many things in tools. It is the provider of a model if there is a `model`, and in the tool `llm-task`.
    let names_a_model = !model.is_empty() || call.tool.trim().eq_ignore_ascii_case("llm-task");
    let is_ours = !names_a_model || provider.is_empty() || is_own_provider(provider);
    if !(is_own_model && is_ours) {
        return GuardDecision::Block(format!(
            "{ID}: the call of {} was stopped: its model `{}` may lead outside {}. Use {ID}/{first}.",
            excerpt(&call.tool),
            excerpt(if model.is_empty() { provider } else { model }),
            settings.proxy_name(),
        ));
    }
    let Some(slot) = Slot::of_tool(&call.tool) else {
        return GuardDecision::Allow;
    };
    let why = match &call.open_tools {
        Some(open)
            if open
                .iter()
                .any(|tool| tool.eq_ignore_ascii_case(call.tool.trim())) =>
        {
            "the configuration does not close that"
        }
        Some(_) => return GuardDecision::Allow,
        None => "there is no report on the configuration yet",
    };
    GuardDecision::Block(format!(
        "{ID}: the call of {} was stopped: OpenClaw chooses by itself which service gets it, and {why}. Close it and call again: {}",
        excerpt(&call.tool),
        slot.fix(Version::newest(), &format!("{ID}/{first}"))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_lets_nothing_else_through() {
        let run = |provider: Option<&str>, model: &str| Run {
            provider: provider.map(str::to_owned),
            model: Some(model.to_owned()),
            trigger: "cron".to_owned(),
            origin: String::new(),
        };
        let settings = Settings {
            allowed_fallbacks: vec!["openai-codex/gpt-5.3-codex".to_owned()],
            ..Settings::default()
        };
        for (provider, model, allowed) in [
            (Some(ID), "claude-opus-4.6", true),
            (Some("Anthropic-Claude-Proxy"), "x", true),
            (Some("anthropic"), "claude-opus-4.6", false),
            (Some("anthropic-claude-proxy2"), "x", false),
            (Some("openai-codex"), "gpt-5.3-codex", true),
            (Some("openai-codex"), "gpt-5.4", false),
            (None, "x", false),
        ] {
            let decision = guard(&settings, &run(provider, model));
            assert_eq!(
                decision == GuardDecision::Allow,
                allowed,
                "{provider:?}/{model}"
            );
        }
        let off = Settings {
            guard: GuardMode::Off,
            ..Settings::default()
        };
        assert_eq!(
            guard(&off, &run(Some("anthropic"), "x")),
            GuardDecision::Allow
        );
    }

    #[test]
    fn a_tool_may_not_name_a_foreign_model() {
        for (provider, model, allowed) in [
            (None, None, true),
            (None, Some("anthropic-claude-proxy/claude-opus-4.6"), true),
            (None, Some("claude-opus-4-6"), true),
            (None, Some("claude-max-proxy"), true),
            (None, Some("openai/gpt-6"), false),
            (None, Some("gpt-6"), false),
            (None, Some("\u{fffd}"), false),
            (Some("openai"), Some("claude-opus-4.6"), false),
            (Some("brave"), None, true),
            (Some("brave"), Some(" "), true),
        ] {
            let call = ToolCall {
                tool: "sessions_spawn".to_owned(),
                model: model.map(str::to_owned),
                provider: provider.map(str::to_owned),
                open_tools: None,
            };
            let decision = guard_tool(&Settings::default(), &call);
            assert_eq!(decision == GuardDecision::Allow, allowed, "{call:?}");
            // The provider in a call of this tool is always that of a model.
            let call = ToolCall {
                tool: "llm-task".to_owned(),
                ..call
            };
            let ours = allowed && provider.is_none_or(is_own_provider);
            let decision = guard_tool(&Settings::default(), &call);
            assert_eq!(decision == GuardDecision::Allow, ours, "{call:?}");
        }
    }

    #[test]
    fn a_tool_that_chooses_a_service_needs_a_closed_slot() {
        let open = |tools: &[&str]| Some(tools.iter().map(|&tool| tool.to_owned()).collect());
        for (tool, open_tools, allowed) in [
            ("pdf", None, false),
            ("pdf", open(&["pdf"]), false),
            (" PDF ", open(&["pdf"]), false),
            ("pdf", open(&["tts"]), true),
            ("pdf", open(&[]), true),
            ("read", None, true),
            ("read", open(&["pdf"]), true),
        ] {
            let call = ToolCall {
                tool: tool.to_owned(),
                model: None,
                // Whichever service a call names, its slot decides.
                provider: Some(ID.to_owned()),
                open_tools,
            };
            let decision = guard_tool(&Settings::default(), &call);
            assert_eq!(decision == GuardDecision::Allow, allowed, "{call:?}");
            if let GuardDecision::Block(text) = decision {
                assert!(text.contains("agents.defaults.pdfModel"), "{text}");
            }
        }
    }
}
