//! How much of the plan is used, as the proxy reports it.

use serde_json::{Value, json};

use super::last_answer::now_ms;
use super::probe::Prober;
use crate::component::{ClaudeProxy, types};

/// Asks a proxy that is up. Null where it is not known: it is news, and no trouble.
pub(super) fn ask(
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    prober: &Prober,
) -> Value {
    let usage = component
        .quota_probe(settings)
        .ok()
        .flatten()
        .and_then(|probe| {
            let seen = prober.observe(&[probe]);
            component.read_quota(&seen, now_ms()).ok().flatten()
        });
    usage.map_or(Value::Null, |usage| {
        let windows = usage.windows.iter().map(|window| {
            json!({
                "id": window.id,
                "label": window.label,
                "usedPercent": window.used_percent,
                "resetsAtMs": window.resets_at_ms,
                "exhausted": window.exhausted,
            })
        });
        json!({ "windows": windows.collect::<Vec<_>>(), "line": usage.line })
    })
}
