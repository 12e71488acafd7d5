//! The inventory names every path of OpenClaw's schema that could carry a model, a provider or an address.
//!
//! Run with `--features coverage`. With `OPENCLAW_SCHEMA` set to a file that `openclaw config schema` printed, the paths are
//! derived from it and compared with the committed list; `BLESS=1` writes the list.
#![cfg(feature = "coverage")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use claude_proxy_provider::audit::coverage::{CANDIDATES, Derived, coverage, derive};
use claude_proxy_provider::audit::{Class, KNOWN_KEYS, ROWS};

fn committed() -> Vec<String> {
    CANDIDATES.lines().map(str::to_owned).collect()
}

#[test]
fn every_candidate_is_covered_or_classified_with_a_reason() {
    let candidates = committed();
    assert!(candidates.len() >= 480, "{}", candidates.len());
    let coverage = coverage(&candidates, &candidates);
    assert_eq!(coverage.missing, Vec::<String>::new());
    assert!(ROWS.iter().all(|row| !row.note.is_empty()));
    let routes = coverage
        .covered
        .iter()
        .filter(|one| matches!(one.class, Class::R | Class::M | Class::P))
        .count();
    assert!(routes >= 150, "{routes}");
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
    let missing = coverage(&candidates, &seen).missing;
    let known = |path: &&str| *path != "agents.defaults.heartbeat.model";
    assert_eq!(missing, want.into_iter().filter(known).collect::<Vec<_>>());
    assert_eq!(derive("{").unwrap_err().code, "schema-unreadable");
}

#[test]
fn the_committed_list_is_that_of_the_schema() {
    let Ok(file) = std::env::var("OPENCLAW_SCHEMA") else {
        eprintln!("OPENCLAW_SCHEMA is not set: the committed list is not compared with a schema");
        return;
    };
    let derived = derive(&std::fs::read_to_string(file).unwrap()).unwrap();
    if std::env::var_os("BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/candidates-2026.9.6.txt");
        std::fs::write(path, derived.candidates.join("\n") + "\n").unwrap();
    } else {
        assert_eq!(derived.candidates, committed());
    }
    let coverage = coverage(&derived.candidates, &derived.seen);
    assert_eq!(coverage.missing, Vec::<String>::new());
    // Rows for what the schema does not name: an open object, settings of this plugin, and values next to routes.
    let stale: Vec<_> = coverage
        .stale
        .into_iter()
        .filter(|pattern| !pattern.starts_with("plugins.entries.anthropic-claude-proxy.config."))
        .collect();
    let want = [
        "agents.defaults.imageModel.timeoutMs",
        "agents.defaults.pdfModel.timeoutMs",
        "hooks.internal.entries.session-memory.model",
        "@tts.auto",
        "@tts.enabled",
        "tools.links.models[].args[]",
        "secrets.providers.*.source",
        "messages.crossContext.*",
    ];
    assert_eq!(stale, want);
}

#[test]
fn the_keys_that_openclaw_takes_are_those_of_the_schema() {
    let Ok(file) = std::env::var("OPENCLAW_SCHEMA") else {
        eprintln!("OPENCLAW_SCHEMA is not set: the known keys are not compared with a schema");
        return;
    };
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    for (place, known) in KNOWN_KEYS {
        let object = place.iter().fold(&schema, |at, key| {
            if *key == "*" {
                &at["additionalProperties"]
            } else {
                &at["properties"][*key]
            }
        });
        assert_eq!(object["additionalProperties"], false, "{place:?}");
        let mut keys: Vec<_> = object["properties"].as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, known.to_vec(), "{place:?}");
    }
}
