//! Changes of what names, lists and offers models.

use serde_json::json;

use super::super::document::Group;
use super::super::random::Random;
use super::super::words::{ID, KEYS, LISTS, MODELS, REFERENCES, SLOTS};
use super::{entry, put, put_at};

pub(super) fn reference(random: &mut Random) -> Group {
    if random.one_in(8) {
        return vec![put(
            "hooks.mappings",
            json!([{"match": {"path": "x"}, "action": "agent", "model": random.of(REFERENCES)}]),
        )];
    }
    vec![put(random.of(SLOTS), json!(random.of(REFERENCES)))]
}

pub(super) fn list(random: &mut Random) -> Group {
    let items: Vec<&str> = (0..random.below(4))
        .map(|_| random.of(REFERENCES))
        .collect();
    vec![put(random.of(LISTS), json!(items))]
}

pub(super) fn alias(random: &mut Random) -> Group {
    let key = random.of(&[
        "anthropic-claude-proxy/claude-opus-4-8",
        "anthropic-claude-proxy/claude-sonnet-4.6",
        "anthropic-claude-proxy/absent",
        "anthropic/claude-opus-5",
        "anthropic/claude-sonnet-5",
        "openai/gpt-5.4",
        "openai/gpt-5.4-mini",
        "google/gemini-3.1-pro-preview",
        "google/gemini-3-flash-preview",
        "outside/m1",
        "outside/claude-opus-4-8",
        "m1",
        "claude-opus-4-8",
        "Anthropic/claude-opus-5",
        " anthropic/claude-opus-5",
        "Anthropic-Claude-Proxy/claude-opus-4-8",
        "openrouter/x:free",
        "anthropic-claude-proxy/*",
        "outside/*",
    ]);
    let text = random.of(&[
        "opus",
        "sonnet",
        "gpt",
        "gemini",
        "mine",
        "Mine",
        "MINE",
        " mine ",
        "claude-opus-4-8",
        "anthropic-claude-proxy/claude-opus-4-8",
        "anthropic-claude-proxy/claude-sonnet-4.6",
        "anthropic-claude-proxy/claude-opus-4-8@work",
        "claude-opus-4-8@work",
        "ANTHROPIC-CLAUDE-PROXY/CLAUDE-OPUS-4-8",
        "",
        " ",
        "openai/gpt-5.4",
        "m1",
        "none",
        "\u{212a}ey",
    ]);
    let value = match random.below(4) {
        0 => json!({}),
        _ => json!({"alias": text}),
    };
    let holder = random.of(&["defaults", "defaults", "entries.ops", "entries.main"]);
    let mut path: Vec<&str> = vec!["agents"];
    path.extend(holder.split('.'));
    path.extend(["models", key]);
    vec![put_at(&path, value)]
}

pub(super) fn provider(random: &mut Random) -> Group {
    let id = random.of(&[
        "outside",
        "outside",
        "openai",
        "anthropic",
        "google",
        "xai",
        "ollama",
        "deepgram",
        "openrouter",
        "minimax",
        "1",
        "Anthropic-Claude-Proxy",
        " anthropic-claude-proxy",
        "anthropic-claude-proxy ",
        "claude-max-proxy",
        "anthropic-proxy",
        "aaa",
        "openai-compatible",
    ]);
    let rows = match random.below(6) {
        0 => json!([]),
        // What versions take for their default.
        3 => json!([{"id": random.of(&["gpt-5.5", "gpt-5.6-sol", "gpt-6-astra"]), "name": "x"}]),
        1 => json!([{"id": "m1", "name": "m1"}]),
        2 => json!([{"id": "claude-opus-4-8", "name": "x", "input": ["text"]}]),
        _ => json!([{"id": "m1", "name": "m1", "input": ["text", "image"]}]),
    };
    let mut group = vec![
        put_at(
            &["models", "providers", id, "baseUrl"],
            json!(random.of(&[
                "https://llm.outside.example/v1",
                "http://127.0.0.1:1234",
                "https://api.openai.com/v1"
            ])),
        ),
        put_at(&["models", "providers", id, "models"], rows),
    ];
    if !random.one_in(3) {
        group.push(put_at(
            &["models", "providers", id, "api"],
            json!(random.of(&[
                "openai-completions",
                "anthropic-messages",
                "openai-responses",
                "ollama"
            ])),
        ));
    }
    let key = match random.below(4) {
        0 => return group,
        1 => {
            json!({"source": "env", "provider": "default", "id": random.of(&["SOME_KEY", "OPENAI_API_KEY"])})
        }
        _ => json!(random.of(KEYS)),
    };
    group.push(put_at(&["models", "providers", id, "apiKey"], key));
    group
}

pub(super) fn own_entry(random: &mut Random) -> Group {
    match random.below(9) {
        0 => entry(MODELS, json!(["text"])),
        // A row that is spelled like an alias that OpenClaw adds for the model of a key.
        1 => {
            let id = random.of(&["opus", "sonnet", "gpt"]);
            let target = random.of(match id {
                "opus" => &["anthropic/claude-opus-4-8", "anthropic/claude-opus-5"],
                "sonnet" => &["anthropic/claude-sonnet-5"],
                _ => &["openai/gpt-5.4"],
            });
            let mut group = entry(&[MODELS[0], id], json!(["text", "image"]));
            group.push(put(random.of(SLOTS), json!(format!("{ID}/{id}"))));
            if !random.one_in(3) {
                group.push(put_at(&["agents", "defaults", "models", target], json!({})));
            }
            group
        }
        2 => vec![put_at(
            &["models", "providers", ID, "models"],
            json!([{"id": MODELS[0], "name": "x"}]),
        )],
        3 => vec![put_at(&["models", "providers", ID, "models"], json!([]))],
        4 => vec![put_at(
            &["models", "providers", ID, "api"],
            json!(random.of(&[
                "openai-completions",
                "anthropic-claude-proxy",
                "",
                "bedrock-converse-stream"
            ])),
        )],
        5 => vec![put_at(
            &["models", "providers", ID, "baseUrl"],
            json!(random.of(&[
                "http://localhost:3456",
                "http://127.1:3456",
                "http://2130706433:3456",
                "http://0x7f.1:3456",
                "http://[::1]:3456",
                "http://[::ffff:127.0.0.1]:3456",
                "http://127.0.0.1.example:3456",
                "http://127.0.0.1:3456@outside.example",
                "http://0.0.0.0:3456",
                "http://localhost.:3456",
                "https://outside.example",
                "http://\u{ff11}27.0.0.1:3456",
                "http://127.0.0.1\\@outside.example",
                "http:127.0.0.1:3456",
                "//127.0.0.1:3456",
                "127.0.0.1:3456",
                "",
                " http://127.0.0.1:3456 ",
                "${URL}",
                "http://127.0.0.1:99999",
                "ftp://127.0.0.1",
            ])),
        )],
        6 => vec![put_at(
            &["models", "providers", ID, "models"],
            json!([{"id": MODELS[0], "name": "x", "input": ["text", "image"], "baseUrl": random.of(&["http://127.0.0.1:4000", "https://outside.example", "", "http://localhost"])}]),
        )],
        7 => vec![put("models.mode", json!(random.of(&["merge", "replace"])))],
        _ => vec![put_at(
            &[
                "models",
                "providers",
                ID,
                random.of(&["request", "headers", "authHeader", "extra"]),
            ],
            json!({"x": "y"}),
        )],
    }
}

pub(super) fn variable(random: &mut Random) -> Group {
    let name = random.of(&["MODEL", "OTHER", "NAME", "URL", "GIVEN"]);
    let value = match name {
        "URL" => random.of(&["http://127.0.0.1:3456", "https://outside.example", ""]),
        "OTHER" => random.of(&[ID, "outside", "openai"]),
        "NAME" => random.of(&["claude-opus-4-8", "absent", "opus"]),
        _ => random.of(REFERENCES),
    };
    vec![
        put_at(&["env", "vars", name], json!(value)),
        put(random.of(SLOTS), json!(format!("${{{name}}}"))),
    ]
}

pub(super) fn agents(random: &mut Random) -> Group {
    match random.below(4) {
        0 => vec![put("agents.entries.ops", json!({}))],
        1 => vec![
            put("agents.entries.main", json!({"default": true})),
            put("agents.entries.ops", json!({})),
        ],
        2 => vec![put(
            "agents.entries.ops.model.fallbacks",
            json!([random.of(REFERENCES)]),
        )],
        _ => vec![put(
            "agents.entries",
            json!({"Ops": {"model": random.of(REFERENCES)}, "second": {"model": {"primary": random.of(REFERENCES)}}}),
        )],
    }
}
