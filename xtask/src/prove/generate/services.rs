//! Changes of what arms, pins and speaks: credentials, tools, media, speech, plugins.

use serde_json::json;

use super::super::document::Group;
use super::super::random::Random;
use super::super::words::{ID, KEYS, REFERENCES, VARIABLES};
use super::{put, put_at};

pub(super) fn credential(random: &mut Random) -> Group {
    vec![put_at(
        &["env", "vars", random.of(VARIABLES)],
        json!(random.of(KEYS)),
    )]
}

pub(super) fn skill(random: &mut Random) -> Group {
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

pub(super) fn tools(random: &mut Random) -> Group {
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

pub(super) fn pins(random: &mut Random) -> Group {
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
        "gateway.http.endpoints.responses.enabled",
        "channels.telegram.enabled",
        "channels.discord.voice.enabled",
        "hooks.enabled",
        "hooks.internal.enabled",
        "agents.defaults.compaction.enabled",
        "agents.defaults.compaction.memoryFlush.enabled",
        "plugins.enabled",
        "plugins.entries.active-memory.enabled",
    ]);
    vec![put(path, json!(random.one_in(2)))]
}

fn random_pair<'a>(
    random: &mut Random,
    all: &[(&'a str, &'a [&'a str])],
) -> (&'a str, &'a [&'a str]) {
    all[random.below(all.len())]
}

pub(super) fn speech(random: &mut Random) -> Group {
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

pub(super) fn plugins(random: &mut Random) -> Group {
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

pub(super) fn search(random: &mut Random) -> Group {
    match random.below(4) {
        3 => vec![put(
            random.of(&["tools.web.search.gemini", "tools.web.search.grok"]),
            json!({"apiKey": random.of(KEYS)}),
        )],
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

pub(super) fn policy(random: &mut Random) -> Group {
    vec![put(
        "plugins.entries.helper.llm",
        json!({"allowModelOverride": random.one_in(2), "allowedModels": [random.of(REFERENCES)]}),
    )]
}

pub(super) fn other(random: &mut Random) -> Group {
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
