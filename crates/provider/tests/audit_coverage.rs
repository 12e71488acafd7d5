//! The inventory has a row for every path of OpenClaw's schema that could hold a model, a provider or an address.
//!
//! Run with `--features coverage`. The paths are those of the schemas that `openclaw config schema` prints; `cargo xtask routes
//! --openclaw DIR` writes them.
#![cfg(feature = "coverage")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use claude_proxy_provider::audit::coverage::{Derived, candidates, coverage, derive};
use claude_proxy_provider::audit::{Class, KNOWN, Version, rows};

#[test]
fn every_candidate_of_every_version_is_covered_or_classified_with_a_reason() {
    for name in KNOWN {
        let version = Version::named(name).unwrap();
        let candidates = candidates(version);
        assert!(candidates.len() >= 480, "{name}: {}", candidates.len());
        let coverage = coverage(version, &candidates, &candidates);
        assert_eq!(coverage.missing, Vec::<String>::new(), "{name}");
        assert!(rows(version).all(|row| !row.note.is_empty()));
        let routes = coverage.covered.iter();
        let routes = routes
            .filter(|class| matches!(class, Class::Inference | Class::Service | Class::Provider));
        let routes = routes.count();
        assert!(routes >= 150, "{name}: {routes}");
    }
}

#[test]
fn a_new_path_is_noticed() {
    let schema = r##"{"$defs": {"m": {"type": "string"}}, "properties": {
        "agents": {"properties": {"defaults": {"properties": {
            "poetryModel": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/m"}]},
            "workspace": {"type": "string"},
            "thing": {"type": "string", "description": "Used for LLM calls."},
            "heartbeat": {"properties": {"model": {"type": "string"}}}
        }}}},
        "models": {"additionalProperties": {"items": {"properties": {"baseUrl": {"type": "string"}}}}},
        "channels": {"properties": {"x": {"properties": {"accounts": {"additionalProperties": {"properties": {"brainModel": {"type": "string"}}}}}}}}
    }}"##;
    let Derived { candidates, seen } = derive(schema).unwrap();
    let want = [
        "agents.defaults.heartbeat.model",
        "agents.defaults.poetryModel",
        "agents.defaults.thing",
        "channels.x.brainModel",
        "models",
        "models.*",
        "models.*[]",
        "models.*[].baseUrl",
    ];
    assert_eq!(candidates, want);
    let missing = coverage(Version::newest(), &candidates, &seen).missing;
    let known = |path: &&str| *path != "agents.defaults.heartbeat.model";
    assert_eq!(missing, want.into_iter().filter(known).collect::<Vec<_>>());
    assert_eq!(derive("{").unwrap_err().code, "schema-unreadable");
}

#[test]
fn a_row_that_no_version_has_is_noticed() {
    // Rows for what the schemas do not name: an open object, settings of this plugin and of those that come apart from
    // OpenClaw, and values next to routes.
    let want = [
        "@agent.models",
        "agents.defaults.imageModel.timeoutMs",
        "agents.defaults.pdfModel.timeoutMs",
        "hooks.internal.entries.session-memory.model",
        "@tts.auto",
        "@tts.enabled",
        "plugins.entries.*.config.webFetch.**",
        "tools.links.models[].args[]",
        "secrets.providers.*.source",
        "messages.crossContext.*",
    ];
    let mut stale: Option<Vec<&str>> = None;
    for name in KNOWN {
        let version = Version::named(name).unwrap();
        let candidates = candidates(version);
        let of_it = coverage(version, &candidates, &candidates).stale;
        // A row counts where one of its versions has it.
        stale = Some(match stale {
            None => of_it,
            Some(before) => {
                let mine: Vec<&str> = rows(version).map(|row| row.pattern).collect();
                let keep = |pattern: &&str| of_it.contains(pattern) || !mine.contains(pattern);
                before.into_iter().filter(keep).collect()
            }
        });
    }
    let stale: Vec<_> = stale
        .unwrap()
        .into_iter()
        .filter(|pattern| !pattern.starts_with("plugins.entries.anthropic-claude-proxy.config."))
        .collect();
    assert_eq!(stale, want);
}
