//! Plausible documents: a closed configuration with a few changes, each of a kind that people, tools or attackers make.

mod models;
mod services;

use anyhow::{Context as _, Result, anyhow};
use claude_proxy_provider::audit::{Version, bundled};
use claude_proxy_provider::edit::apply;
use claude_proxy_provider::report::{ApplyRequest, AuditInput, Host};
use serde_json::{Value, json};

use super::document::{Document, Group, Put};
use super::random::Random;
use super::words::{ID, KEYS, MODELS, VARIABLES};

use models::{agents, alias, list, own_entry, provider, reference, variable};
use services::{credential, other, pins, plugins, policy, search, skill, speech, tools};

/// A change: what to do to the groups of a document.
type Change = fn(&mut Random) -> Group;

const CHANGES: &[(usize, Change)] = &[
    (14, reference),
    (7, list),
    (5, alias),
    (4, credential),
    (3, skill),
    (4, provider),
    (4, own_entry),
    (5, tools),
    (4, pins),
    (4, speech),
    (3, plugins),
    (2, variable),
    (2, agents),
    (2, search),
    (1, other),
    (1, policy),
];

/// The document of a number.
pub(super) fn document(seed: u64, number: u64) -> Document {
    let random = &mut Random::new(seed, number);
    let mut out = Document::default();
    if random.one_in(6) {
        out.groups.push(provider(random));
    }
    out.groups.push(entry(MODELS, json!(["text", "image"])));
    if !random.one_in(12) {
        out.groups.push(vec![put(
            "agents.defaults.model",
            json!({"primary": format!("{ID}/{}", MODELS[0]), "fallbacks": []}),
        )]);
    }
    closing(random, &mut out);
    for _ in 0..random.below(5) {
        let total: usize = CHANGES.iter().map(|(weight, _)| weight).sum();
        let mut rest = random.below(total);
        for (weight, change) in CHANGES {
            if rest < *weight {
                out.groups.push(change(random));
                break;
            }
            rest -= weight;
        }
    }
    if random.one_in(12) {
        out.included.push(
            random
                .of(&["agents", "models", "tools", "plugins", "env", "tts"])
                .to_owned(),
        );
    }
    if random.one_in(20) {
        let (name, text) = match random.below(2) {
            0 => (".env", dot_env(random)),
            _ => ("settings/tts.json", json!({"tts": {"provider": random.of(&["openai", "microsoft", "elevenlabs"]), "auto": random.of(&["always", "off"])}}).to_string()),
        };
        out.state.insert(name.to_owned(), text);
    }
    out
}

/// A `.env` file, with lines in the spellings that OpenClaw's reader takes, and some that it does not.
fn dot_env(random: &mut Random) -> String {
    let mut out = String::new();
    for _ in 0..=random.below(2) {
        let name = random.of(VARIABLES);
        let form = random.of(&[
            "NAME=VALUE",
            "export NAME=VALUE",
            "NAME: VALUE",
            "  NAME = 'VALUE'",
            "NAME=\"VALUE\" # why",
            "#NAME=VALUE",
            "# why\nNAME=`VALUE`",
            "NAME=",
            "NAME= ",
            "NAME",
            "name=VALUE",
            "A='\nNAME=VALUE\n'",
        ]);
        out += &form.replace("NAME", name).replace("VALUE", random.of(KEYS));
        out += random.of(&["\n", "\r\n", "\r", ""]);
    }
    out
}

/// A document that leaves every service open, with keys of two vendors.
pub(super) fn open() -> Document {
    let mut out = Document::default();
    out.groups.push(entry(MODELS, json!(["text"])));
    out.groups.push(vec![
        put(
            "agents.defaults.model",
            json!(format!("{ID}/{}", MODELS[0])),
        ),
        put_at(&["env", "vars", "OPENAI_API_KEY"], json!("sk-x")),
        put_at(&["env", "vars", "GEMINI_API_KEY"], json!("sk-x")),
        put("tts.auto", json!("always")),
    ]);
    out
}

/// What `setup --harden` writes, with every key of every vendor that the version ships.
pub(super) fn hardened(version: &str) -> Result<Document> {
    let input = AuditInput {
        host: Some(Host {
            version: version.to_owned(),
            schema_known: false,
        }),
        ..AuditInput::default()
    };
    let request = ApplyRequest {
        set_default: true,
        grant_hooks: true,
        fix: true,
        harden: true,
        ..ApplyRequest::default()
    };
    let text = apply(&input, &request)
        .map_err(|why| anyhow!("{why:?}"))?
        .text;
    let root: serde_json::Map<String, Value> = serde_json::from_str(&text)?;
    let mut out = Document::default();
    for (key, value) in root {
        out.groups.push(vec![put(&key, value)]);
    }
    let version = Version::named(version).context("no version")?;
    for name in bundled(version).flat_map(|vendor| vendor.variables) {
        out.groups
            .push(vec![put_at(&["env", "vars", name], json!("sk-x"))]);
    }
    Ok(out)
}

/// What a login and `--fix` write, most of it most of the time: near the border is where mistakes are.
fn closing(random: &mut Random, out: &mut Document) {
    let ours = || json!(format!("{ID}/{}", MODELS[0]));
    let all = random.one_in(2);
    let pins: [(&str, Value); 12] = [
        ("memory.search.provider", json!("none")),
        (
            "plugins.deny",
            json!([
                "microsoft",
                "azure-speech",
                "elevenlabs",
                "openai",
                "google",
                "xai",
                "minimax",
                "openrouter",
                "tts-local-cli",
                "deepinfra",
                "volcengine",
                "vydra",
                "xiaomi"
            ]),
        ),
        (
            "tools.deny",
            json!([
                "tts",
                "image_generate",
                "video_generate",
                "music_generate",
                "web_search",
                "x_search",
                "code_execution",
                "node_inference",
                "llm-task"
            ]),
        ),
        ("agents.defaults.imageModel", ours()),
        ("agents.defaults.pdfModel", ours()),
        ("tools.media.audio.enabled", json!(false)),
        ("tools.media.video.enabled", json!(false)),
        ("tools.media.image.enabled", json!(false)),
        ("tools.web.search.enabled", json!(false)),
        ("tts.auto", json!("off")),
        ("agents.defaults.utilityModel", json!("")),
        ("acp.enabled", json!(false)),
    ];
    for (path, value) in pins {
        if all || !random.one_in(3) {
            out.groups.push(vec![put(path, value)]);
        }
    }
}

/// A value at a dotted path.
fn put(path: &str, value: Value) -> Put {
    Put {
        path: path.split('.').map(str::to_owned).collect(),
        value,
    }
}

/// A value at keys that may hold dots.
fn put_at(path: &[&str], value: Value) -> Put {
    Put {
        path: path.iter().map(|key| (*key).to_owned()).collect(),
        value,
    }
}

/// The own provider's entry.
fn entry(models: &[&str], input: Value) -> Group {
    let rows: Vec<Value> = models.iter().map(|id| json!({"id": id, "name": id, "input": input, "contextWindow": 200_000, "maxTokens": 8192})).collect();
    vec![
        put_at(
            &["models", "providers", ID, "baseUrl"],
            json!("http://127.0.0.1:3456"),
        ),
        put_at(
            &["models", "providers", ID, "api"],
            json!("anthropic-messages"),
        ),
        put_at(
            &["models", "providers", ID, "apiKey"],
            json!("claude-proxy-local"),
        ),
        put_at(&["models", "providers", ID, "models"], json!(rows)),
    ]
}
