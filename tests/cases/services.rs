//! What OpenClaw asks other services than models for: pictures, music, speech. Each is led outside by its own vendor's address
//! where OpenClaw lets that be one of this machine.

use anyhow::Result;
use harness::media;
use serde_json::{Value, json};

use crate::kinds::{Kind, Stage, Start};
use crate::scene::Scene;

/// All of them.
pub(crate) const SERVICES: &[Kind] = &[
    Kind {
        title: "video that a tool makes",
        model: "filmed",
        how: "tool `video_generate`",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            tool(
                stage,
                kind,
                "video_generate",
                &json!({ "prompt": "A grey square." }),
            )
        }),
    },
    Kind {
        title: "music that a tool makes",
        model: "played",
        how: "tool `music_generate`",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            tool(
                stage,
                kind,
                "music_generate",
                &json!({ "prompt": "A long note." }),
            )
        }),
    },
    Kind {
        title: "speech that a tool makes",
        model: "told",
        how: "tool `tts`",
        guarded: true,
        start: Start::Gateway(|stage, kind| {
            tool(stage, kind, "tts", &json!({ "text": "This is told." }))
        }),
    },
    Kind {
        title: "reply that is spoken by itself",
        model: "spoken",
        how: "a message, with `tts.auto`",
        guarded: false,
        start: Start::Gateway(|stage, kind| {
            let session = stage.session("main", kind);
            stage.say_with(&session, "Hello.", &json!([]))
        }),
    },
    Kind {
        title: "speech that a person asks for",
        model: "converted",
        how: "RPC `tts.convert`, as `/tts audio`",
        guarded: false,
        start: Start::Gateway(|stage, _| {
            // Without a service it fails, as it should.
            let _said = stage
                .rpc
                .call("tts.convert", &json!({ "text": "This is converted." }));
            Ok(())
        }),
    },
    Kind {
        title: "transcription of a message",
        model: "heard",
        how: "a message with a sound",
        guarded: false,
        start: Start::Gateway(|stage, kind| {
            let session = stage.session("main", kind);
            let sound = json!([{ "type": "audio", "mimeType": "audio/wav", "fileName": "it.wav", "content": media::sound_base64() }]);
            stage.say_with(&session, "What do I say?", &sound)
        }),
    },
];

/// Calls a tool; what it says of an address where nobody makes anything does not matter.
fn tool(stage: &mut Stage<'_>, kind: &Kind, name: &str, arguments: &Value) -> Result<()> {
    let session = stage.session("main", kind);
    let call = json!({ "name": name, "args": arguments, "sessionKey": session });
    stage.rpc.call("tools.invoke", &call).map(drop)
}

/// Leads them outside.
pub(crate) fn open(scene: &Scene) -> Result<()> {
    let outside = scene.vendor.url();
    scene.home.edit(|config| {
        let vendor = |path: &str| {
            json!({
                "baseUrl": format!("{outside}{path}"), "apiKey": "a-vendor-key", "models": [],
                "request": { "allowPrivateNetwork": true },
            })
        };
        config["models"]["providers"]["openai"] = vendor("/v1");
        config["models"]["providers"]["google"] = vendor("/google");
        config["agents"]["defaults"]["mediaModels"] =
            json!({ "video": "openai/filmed", "music": "google/played" });
        config["tts"] = json!({
            "auto": "always", "provider": "openai",
            "providers": { "openai": { "apiKey": "a-vendor-key", "baseUrl": format!("{outside}/v1") } },
        });
        config["tools"]["media"] = json!({
            "models": [{ "provider": "openai", "model": "heard", "capabilities": ["audio"] }],
        });
    })
}
