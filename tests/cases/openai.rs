//! A proxy that speaks only OpenAI's dialect: turns reach it under the `/v1` address, and fail with a reason where the
//! settings name Anthropic's dialect.

use anyhow::{Result, ensure};
use harness::gateway::Gateway;
use harness::{check, wait};
use serde_json::{Value, json};

use crate::scene::{ID, Scene, TIMEOUT, ensure_answered};

#[test]
fn a_proxy_that_speaks_the_other_dialect() -> Result<()> {
    let scene = Scene::new(&json!({ "api": "openai-completions" }))?;
    let command = scene.fake_proxy(&["--service", "openai", "{port}"])?;
    scene.settings(&json!({ "command": command }))?;
    let url = format!("http://127.0.0.1:{}/v1", scene.port);
    let entry = json!({ "baseUrl": url, "api": "openai-completions" });
    check::has(&scene.home.config()?["models"]["providers"][ID], &entry)?;

    let gateway = Gateway::start(&scene.home)?;
    scene.wait_for(&["ready"])?;
    ensure_answered(&gateway)?;
    let chats = scene.chats()?;
    let right = |chat: &Value| chat["path"] == "/v1/chat/completions";
    ensure!(!chats.is_empty() && chats.iter().all(right), "{chats:?}");

    // A crash is made good.
    scene.crash()?;
    ensure_answered(&gateway)?;

    // Configured for the wrong dialect it is not used, and the user reads why.
    let sent = scene.chats()?.len();
    scene.apply_settings(&gateway, &json!({ "api": "anthropic-messages" }))?;
    let status = wait::until("the dialect is noticed", TIMEOUT, || {
        let noticed = |status: &Value| status["detail"].to_string().contains("openai-completions");
        Ok(Some(scene.status()?).filter(noticed))
    })?;
    ensure!(status["state"] != "ready", "{status:#}");
    let reply = gateway.turn("Anybody?")?;
    ensure!(reply.status != 200, "{reply:?}");
    let line = gateway.line("nothing was sent", TIMEOUT)?;
    ensure!(line.contains("openai-completions"), "{line}");
    let now = scene.chats()?.len();
    ensure!(now == sent, "a chat was sent in the wrong dialect");
    scene.ensure_nothing_leaked()
}
