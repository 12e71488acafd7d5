//! Services other than models that OpenClaw uses: pictures, video, music, speech. Each is led to the fake vendor where
//! OpenClaw allows a local address.

use anyhow::Result;
use harness::media;
use serde_json::{Value, json};

use crate::scene::Scene;
use crate::traffic_kinds::{Client, Kind, kind};

/// All of them.
pub(crate) const SERVICES: &[Kind] = &[
    kind("video that a tool makes", "filmed", "tool `video_generate`").guarded(|client, kind| {
        let arguments = json!({ "prompt": "A gray square." });
        tool(client, kind, "video_generate", &arguments)
    }),
    kind("music that a tool makes", "played", "tool `music_generate`").guarded(|client, kind| {
        let arguments = json!({ "prompt": "A long note." });
        tool(client, kind, "music_generate", &arguments)
    }),
    kind("speech that a tool makes", "told", "tool `tts`")
        .guarded(|client, kind| tool(client, kind, "tts", &json!({ "text": "This is told." }))),
    kind(
        "reply that is spoken by itself",
        "spoken",
        "a message, with `tts.auto`",
    )
    .unguarded(|client, kind| {
        let session = client.session("main", kind);
        client.say_with(&session, "Hello.", &json!([]))
    }),
    kind(
        "speech that a person asks for",
        "converted",
        "RPC `tts.convert`, as `/tts audio`",
    )
    .unguarded(|client, _| {
        // Without a service it fails, as it should.
        let _ = client.ask("tts.convert", &json!({ "text": "This is converted." }));
        Ok(())
    }),
    kind(
        "transcription of a message",
        "heard",
        "a message with a sound",
    )
    .unguarded(|client, kind| {
        let session = client.session("main", kind);
        let sound = json!([{
            "type": "audio", "mimeType": "audio/wav", "fileName": "it.wav",
            "content": media::sound_base64(),
        }]);
        client.say_with(&session, "What do I say?", &sound)
    }),
];

/// Calls a tool; its error about an address where nobody makes anything does not matter.
fn tool(client: &mut Client<'_>, kind: &Kind, name: &str, arguments: &Value) -> Result<()> {
    let session = client.session("main", kind);
    let call = json!({ "name": name, "args": arguments, "sessionKey": session });
    client.ask("tools.invoke", &call)
}

/// Leads them to the fake vendor.
pub(crate) fn lead_to_vendor(scene: &Scene) -> Result<()> {
    let address = scene.vendor.url();
    scene.home.edit(|config| {
        let vendor = |path: &str| {
            json!({
                "baseUrl": format!("{address}{path}"), "apiKey": "a-vendor-key", "models": [],
                "request": { "allowPrivateNetwork": true },
            })
        };
        config["models"]["providers"]["openai"] = vendor("/v1");
        config["models"]["providers"]["google"] = vendor("/google");
        config["agents"]["defaults"]["mediaModels"] =
            json!({ "video": "openai/filmed", "music": "google/played" });
        config["tts"] = json!({
            "auto": "always", "provider": "openai",
            "providers": { "openai": { "apiKey": "a-vendor-key", "baseUrl": format!("{address}/v1") } },
        });
        config["tools"]["media"] = json!({
            "models": [{ "provider": "openai", "model": "heard", "capabilities": ["audio"] }],
        });
    })
}
