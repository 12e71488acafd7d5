//! Plausible documents: a closed configuration with a few changes, each of a kind that people, tools or attackers make.

use serde_json::{Value, json};

use super::document::{Document, Group, Put};
use super::random::Random;
use super::words::{ID, KEYS, LISTS, MODELS, REFERENCES, SLOTS, VARIABLES};

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
    if random.one_in(40) {
        let (name, text) = match random.below(2) {
            0 => (".env", format!("{}=sk-x\n", random.of(VARIABLES))),
            _ => ("settings/tts.json", json!({"tts": {"provider": random.of(&["openai", "microsoft", "elevenlabs"]), "auto": random.of(&["always", "off"])}}).to_string()),
        };
        out.state.insert(name.to_owned(), text);
    }
    out
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
                "tts-local-cli"
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

fn reference(random: &mut Random) -> Group {
    if random.one_in(8) {
        return vec![put(
            "hooks.mappings",
            json!([{"match": {"path": "x"}, "action": "agent", "model": random.of(REFERENCES)}]),
        )];
    }
    vec![put(random.of(SLOTS), json!(random.of(REFERENCES)))]
}

fn list(random: &mut Random) -> Group {
    let items: Vec<&str> = (0..random.below(4))
        .map(|_| random.of(REFERENCES))
        .collect();
    vec![put(random.of(LISTS), json!(items))]
}

fn alias(random: &mut Random) -> Group {
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

fn credential(random: &mut Random) -> Group {
    vec![put_at(
        &["env", "vars", random.of(VARIABLES)],
        json!(random.of(KEYS)),
    )]
}

fn skill(random: &mut Random) -> Group {
    let id = random.of(&[
        "openai-whisper-api",
        "sag",
        "notion",
        "gh-issues",
        "goplaces",
        "unknown-skill",
        "summarize",
    ]);
    let (key, value) = match random.below(4) {
        0 | 1 => ("apiKey", json!(random.of(KEYS))),
        2 => ("env", json!({random.of(VARIABLES): random.of(KEYS)})),
        _ => (
            "apiKey",
            json!({"source": "env", "provider": "default", "id": "OPENAI_API_KEY"}),
        ),
    };
    let mut group = vec![put_at(&["skills", "entries", id, key], value)];
    if random.one_in(5) {
        group.push(put_at(
            &["skills", "entries", id, "enabled"],
            json!(random.one_in(2)),
        ));
    }
    group
}

fn provider(random: &mut Random) -> Group {
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
    let rows = match random.below(5) {
        0 => json!([]),
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

fn own_entry(random: &mut Random) -> Group {
    match random.below(8) {
        0 => entry(MODELS, json!(["text"])),
        1 => vec![put_at(
            &["models", "providers", ID, "models"],
            json!([{"id": MODELS[0], "name": "x"}]),
        )],
        2 => vec![put_at(&["models", "providers", ID, "models"], json!([]))],
        3 => vec![put_at(
            &["models", "providers", ID, "api"],
            json!(random.of(&[
                "openai-completions",
                "anthropic-claude-proxy",
                "",
                "bedrock-converse-stream"
            ])),
        )],
        4 => vec![put_at(
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
        5 => vec![put_at(
            &["models", "providers", ID, "models"],
            json!([{"id": MODELS[0], "name": "x", "input": ["text", "image"], "baseUrl": random.of(&["http://127.0.0.1:4000", "https://outside.example", "", "http://localhost"])}]),
        )],
        6 => vec![put("models.mode", json!(random.of(&["merge", "replace"])))],
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

fn tools(random: &mut Random) -> Group {
    let names: Vec<&str> = (0..random.below(4))
        .map(|_| {
            random.of(&[
                "tts",
                "TTS",
                " tts",
                "image_generate",
                "video_generate",
                "music_generate",
                "web_search",
                "image",
                "pdf",
                "*",
                "group:openclaw",
                "group:media",
                "group:web",
                "tts*",
                "x_search",
                "code_execution",
                "group:plugins",
                "",
            ])
        })
        .collect();
    let place = random.of(&[
        "tools.deny",
        "tools.deny",
        "tools.allow",
        "tools.alsoAllow",
        "agents.entries.ops.tools.deny",
        "agents.entries.ops.tools.alsoAllow",
        "agents.entries.ops.tools.allow",
        "tools.profile",
        "agents.entries.ops.tools.profile",
    ]);
    match place.ends_with("profile") {
        true => vec![put(
            place,
            json!(random.of(&["full", "coding", "minimal", "messaging"])),
        )],
        false => vec![put(place, json!(names))],
    }
}

fn pins(random: &mut Random) -> Group {
    let (path, values): (&str, &[&str]) = random_pair(
        random,
        &[
            (
                "memory.search.provider",
                &[
                    "none",
                    "openai",
                    "local",
                    "auto",
                    "",
                    " ",
                    "anthropic-claude-proxy",
                    "gemini",
                    "ollama",
                    "None",
                    "openai-compatible",
                ],
            ),
            (
                "agents.entries.ops.memory.search.provider",
                &["none", "openai", "", "auto"],
            ),
            ("memory.search.fallback", &["none", "openai", ""]),
            ("plugins.slots.memory", &["none", "memory-core", ""]),
            (
                "tools.web.search.provider",
                &[
                    "gemini",
                    "anthropic-claude-proxy",
                    "",
                    "brave",
                    "duckduckgo",
                    "grok",
                ],
            ),
            ("tools.web.fetch.provider", &["firecrawl", ""]),
        ],
    );
    if random.one_in(2) {
        return vec![put(path, json!(random.of(values)))];
    }
    let path = random.of(&[
        "memory.search.enabled",
        "agents.entries.ops.memory.search.enabled",
        "tools.media.audio.enabled",
        "tools.media.video.enabled",
        "tools.media.image.enabled",
        "tools.web.search.enabled",
        "tools.web.fetch.enabled",
        "tools.links.enabled",
        "acp.enabled",
        "gateway.cliAgents.enabled",
        "env.shellEnv.enabled",
        "hooks.enabled",
    ]);
    vec![put(path, json!(random.one_in(2)))]
}

fn random_pair<'a>(
    random: &mut Random,
    all: &[(&'a str, &'a [&'a str])],
) -> (&'a str, &'a [&'a str]) {
    all[random.below(all.len())]
}

fn speech(random: &mut Random) -> Group {
    let prefix = random.of(&["tts", "tts", "agents.entries.ops.tts"]);
    let (key, value) = match random.below(6) {
        0 => (
            "provider",
            json!(random.of(&[
                "anthropic-claude-proxy",
                "microsoft",
                "edge",
                "openai",
                "elevenlabs",
                "none",
                "",
                " ",
                "tts-local-cli",
                "unknown"
            ])),
        ),
        1 => (
            "auto",
            json!(random.of(&["off", "always", "inbound", "tagged"])),
        ),
        2 => ("enabled", json!(random.one_in(2))),
        3 => (
            "providers",
            json!({random.of(&["openai", "microsoft", "elevenlabs", "xai"]): {"apiKey": random.of(KEYS)}}),
        ),
        4 => (
            "providers",
            json!({"microsoft": {"enabled": random.one_in(2)}}),
        ),
        _ => ("persona", json!("x")),
    };
    let mut group = vec![put(&format!("{prefix}.{key}"), value)];
    if key == "persona" {
        group.push(put(
            &format!("{prefix}.personas"),
            json!({"x": {"label": "x", "provider": random.of(&["microsoft", "openai"])}}),
        ));
    }
    group
}

fn plugins(random: &mut Random) -> Group {
    let id = random.of(&[
        "microsoft",
        "openai",
        "google",
        "xai",
        "elevenlabs",
        "deepgram",
        "anthropic",
        "Microsoft",
        "memory-core",
        "active-memory",
    ]);
    match random.below(6) {
        0 => vec![put("plugins.enabled", json!(random.one_in(2)))],
        1 => vec![put(
            "plugins.deny",
            json!([id, random.of(&["openai", "microsoft", "google"])]),
        )],
        2 => vec![put("plugins.allow", json!([id, ID]))],
        3 => vec![put_at(
            &["plugins", "entries", "xai", "config", "webSearch", "apiKey"],
            json!(random.of(KEYS)),
        )],
        4 => vec![put_at(
            &[
                "plugins",
                "entries",
                random.of(&["google", "minimax", "ollama"]),
                "config",
                "webSearch",
            ],
            json!({"apiKey": random.of(KEYS)}),
        )],
        _ => vec![put_at(
            &["plugins", "entries", id, "enabled"],
            json!(random.one_in(2)),
        )],
    }
}

fn variable(random: &mut Random) -> Group {
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

fn agents(random: &mut Random) -> Group {
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

fn search(random: &mut Random) -> Group {
    match random.below(3) {
        0 => vec![put(
            "memory.search.remote",
            json!({"baseUrl": random.of(&["http://127.0.0.1:3456", "https://outside.example", ""]), "apiKey": random.of(KEYS)}),
        )],
        1 => vec![put(
            "tools.media.models",
            json!([{"provider": random.of(&["openai", "anthropic-claude-proxy", "outside", "google"]), "model": random.of(REFERENCES), "capabilities": ["image"]}]),
        )],
        _ => vec![put(
            "auth.profiles",
            json!({"x:default": {"provider": random.of(&["openai", "anthropic", ID]), "mode": random.of(&["api_key", "oauth"])}}),
        )],
    }
}

fn policy(random: &mut Random) -> Group {
    vec![put(
        "plugins.entries.helper.llm",
        json!({"allowModelOverride": random.one_in(2), "allowedModels": [random.of(REFERENCES)]}),
    )]
}

fn other(random: &mut Random) -> Group {
    match random.below(6) {
        0 => vec![
            put("gateway.mode", json!(random.of(&["local", "remote"]))),
            put("gateway.remote.url", json!("wss://outside.example")),
        ],
        1 => vec![put("providers", json!({"openai": {"apiKey": "x"}}))],
        2 => vec![put(
            random.of(&[
                "cron.jobs",
                "models.default",
                "agents.defaults.cliBackends",
                "agents.defaults.memorySearch",
                "messages.tts",
                "meta.lastTouchedVersion",
            ]),
            json!(random.of(&["2026.9.6", "2026.7.35", "openai/gpt-5.4"])),
        )],
        3 => vec![put(
            "acp",
            json!({"enabled": random.one_in(2), "backend": "acpx"}),
        )],
        4 => vec![put(
            "proxy",
            json!({"enabled": random.one_in(2), "proxyUrl": "http://outside.example:3128", "loopbackMode": random.of(&["proxy", "gateway-only", "block"])}),
        )],
        _ => vec![put(
            "agents.list",
            json!([{"id": "old", "model": random.of(REFERENCES)}]),
        )],
    }
}
