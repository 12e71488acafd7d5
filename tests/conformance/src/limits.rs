//! Hostile input under tight limits: every call returns a typed answer and the instance stays usable. Input beyond the
//! limits costs the instance, never the host.

use std::path::Path;

use anyhow::{Result, ensure};
use claude_proxy_provider::audit::AuditInput;
use claude_proxy_provider::auth::{FlowOptions, SuppliedAnswers};
use claude_proxy_provider::edit::ApplyRequest;
use serde_json::{Value, json};

use crate::native::plain;
use crate::rust::{Call, Host};

/// Memory of the instance, in bytes; fifteen times the largest input below.
const TIGHT: usize = 64 << 20;

/// Texts that try to exhaust, confuse or crash a reader: a name, and pieces with how often each is repeated.
const REPEATED: [(&str, &[(&str, usize)]); 13] = [
    ("empty", &[]),
    ("open brackets", &[("[", 1 << 20)]),
    ("open objects", &[("{\"a\":", 200_000)]),
    ("deep and closed", &[("[", 1 << 18), ("]", 1 << 18)]),
    (
        "one long text",
        &[("{\"x\":\"", 1), ("a", 4 << 20), ("\"}", 1)],
    ),
    ("a text without end", &[("\"", 1), ("\\u0041", 300_000)]),
    ("a comment without end", &[("/*", 1), ("*", 1 << 20)]),
    ("blanks", &[(" ", 4 << 20)]),
    ("commas", &[("[", 1), (",", 1 << 18), ("]", 1)]),
    (
        "one key, many times",
        &[("{", 1), ("a:1,", 100_000), ("}", 1)],
    ),
    (
        "a long number",
        &[("{\"port\":", 1), ("9", 1 << 20), ("}", 1)],
    ),
    ("quotes", &[("'\"", 1 << 18)]),
    ("null characters", &[("\0", 1 << 18)]),
];

/// The texts of [`REPEATED`], and two that are generated.
fn texts() -> impl Iterator<Item = (&'static str, String)> {
    let keys: String = (0..50_000).map(|n| format!("k{n}:{n},")).collect();
    // The same every time: a linear congruence, as bytes that need not be text.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let noise: Vec<u8> = (0..200_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    let noise = String::from_utf8_lossy(&noise).into_owned();
    let repeated = REPEATED.into_iter().map(|(name, pieces)| {
        let pieces = pieces.iter().map(|(piece, count)| piece.repeat(*count));
        (name, pieces.collect())
    });
    repeated.chain([("many keys", format!("{{{keys}}}")), ("noise", noise)])
}

/// An edit that writes a default model and the permission, and perhaps closes and hardens `all`.
pub(crate) fn apply_request(all: bool) -> Result<Value> {
    plain(&ApplyRequest {
        set_default: true,
        grant_hooks: true,
        fix: all,
        harden: all,
        ..ApplyRequest::default()
    })
}

/// Every function that takes text, with this text in it.
fn calls(text: &str) -> Result<Vec<Call>> {
    let settings = json!({ "$settings": {} });
    // All of it at once is more than the limit: a document or file is the text, everything else its beginning.
    let beginning: String = text.chars().take(10_000).collect();
    let inside = json!({
        "document": "{$include: './a', models: {providers: {x: {baseUrl: '${X}'}}}}",
        "files": [{ "path": "./a", "text": text }],
        "variables": [{ "name": "X", "value": text }],
        "backups": [{ "path": "b", "text": text }],
        "openclaw": null,
        "storedFiles": [{ "kind": "models", "path": "m", "text": text }],
        "storedLists": [{ "kind": "jobs", "name": "j", "entries": [{ "name": beginning, "agent": beginning, "provider": beginning, "model": beginning, "fallbacks": [beginning] }] }],
        "notAsked": [beginning],
    });
    let options = FlowOptions {
        input: AuditInput::of(text),
        supplied: SuppliedAnswers {
            address: Some(text.to_owned()),
            ..SuppliedAnswers::default()
        },
        ..FlowOptions::default()
    };
    let input = plain(&options.input)?;
    let strict = json!({ "$settings": { "guard": "strict" } });
    let sent = json!({ "method": text, "server": text, "path": text, "upgrade": true });
    let response = json!({ "kind": "response", "value": { "status": 200, "headers": [[text, text]], "body": text } });
    let seen = json!([{ "id": "root", "outcome": response, "elapsedMs": 1 }, { "id": "health", "outcome": response, "elapsedMs": 1 }]);
    let listed = json!([{ "id": text, "contextWindow": null, "maxTokens": null, "images": null }]);
    let facts = facts(&beginning, &input);
    let list = json!([{ "id": "models", "outcome": response, "elapsedMs": 1 }]);
    let turn = json!({ "model": text, "listed": [], "seed": u64::MAX, "nowMs": u64::MAX });
    let calls = json!([
        ["provider", "models", [[text]]],
        ["types", "settings.parse", [text]],
        ["types", "settings.from-config", [text]],
        ["types", "settings.with-changes", [settings, text]],
        ["provider", "launch", [settings, [text]]],
        ["config", "audit", [input]],
        ["config", "audit", [inside]],
        ["config", "apply", [input, apply_request(true)?]],
        ["auth", "flow", [plain(&options)?]],
        ["auth", "flow.next", [{ "kind": "begin" }]],
        ["health", "judge", [settings, { "kind": "ours" }, seen]],
        ["runtime", "guard-tool", [settings, { "tool": text, "model": text, "provider": text, "openTools": [text] }]],
        ["runtime", "guard-request", [strict, sent]],
        ["chat", "prepare", [settings, listed, { "model": text, "conversation": text, "resumed": true }]],
        ["chat", "read-models", [list]],
        ["chat", "read-failure", [settings, text, listed, text, u64::MAX]],
        ["chat", "is-line", [text]],
        ["quota", "read-quota", [list, u64::MAX]],
        ["turn", "cost", [text]],
        ["turn", "next-request", [settings, turn, list]],
        ["auth", "judge-login", [{ "code": 0, "output": text, "errors": text }]],
        ["config", "guard-off", [text]],
        ["doctor", "openclaw-version", [programs(text)]],
        ["doctor", "examine", [facts]],
    ]);
    Ok(serde_json::from_value(calls)?)
}

/// What programs print.
fn programs(text: &str) -> Value {
    let ids = ["claude", "claude-login", "openclaw"];
    let answer = |id| json!({ "id": id, "outcome": { "ok": { "code": 0, "output": text, "errors": text } }, "installedAt": text });
    ids.map(answer).into()
}

/// An installation of which everything but the configuration is this text.
fn facts(text: &str, input: &Value) -> Value {
    json!({
        "platform": { "ok": text }, "oauthToken": { "error": text }, "programs": programs(text), "openclawVersion": { "ok": text },
        "proxy": { "ok": {
            "remoteAddress": null, "port": 0, "keyFile": { "path": text, "error": { "reason": text, "fix": text } },
            "command": { "ok": {
                "words": [text, text], "pinned": false, "program": { "error": { "kind": "not-executable", "value": text } }, "installedAt": text,
            } },
        } },
        "portCheck": { "ok": {
            "verdict": {
                "readiness": "foreign", "code": text, "detail": text, "next": text, "command": null, "name": text, "version": text,
                "login": "unknown", "key": "rejected", "ownTools": null,
            },
            "listener": { "ok": { "ours": null, "visible": true, "pid": u32::MAX, "command": text } },
            "listed": [{ "id": text, "contextWindow": null, "maxTokens": null, "images": null }],
        } },
        "configuration": { "ok": input }, "stateDir": { "ok": text }, "diskFree": { "ok": u64::MAX }, "now": u64::MAX,
        "configModified": u64::MAX,
    })
}

/// Sends everything everywhere.
pub(crate) fn run(_: &Path) -> Result<String> {
    let host = Host::new()?;
    let mut guest = host.instance(TIGHT)?;
    let identity = guest.call("provider", "describe", &[])?;
    let (mut count, mut most, mut where_most) = (0, 0, String::new());
    let mut failed = Vec::new();
    for (name, text) in texts() {
        for (interface, function, arguments) in calls(&text)? {
            let place = format!("{interface}.{function} with {name}");
            count += 1;
            if let Err(why) = guest.call(&interface, &function, &arguments) {
                failed.push(format!("{place}: {}", why.root_cause()));
                guest = host.instance(TIGHT)?;
                continue;
            }
            if guest.spent()? > most {
                (most, where_most) = (guest.spent()?, place);
            }
        }
        // The same instance, in the state that the text left it in.
        ensure!(
            guest.call("provider", "describe", &[])? == identity,
            "{name} changed the instance"
        );
    }
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    // Beyond the limit: the host gets an error and goes on with a fresh instance.
    let huge = json!(" ".repeat(TIGHT));
    ensure!(
        guest.call("types", "settings.parse", &[huge]).is_err(),
        "the memory limit does not hold"
    );
    ensure!(
        host.instance(TIGHT)?.call("provider", "describe", &[])? == identity,
        "no fresh instance"
    );
    Ok(format!(
        "{count} calls in one instance of {} MiB; the dearest took {:.1} billion instructions ({where_most})",
        TIGHT >> 20,
        most as f64 / 1e9
    ))
}
