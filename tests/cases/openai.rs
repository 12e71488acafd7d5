//! The second proxy: `claude-max-api-proxy`, which speaks only the OpenAI dialect, takes its port as an argument and asks
//! for no key.

use anyhow::{Result, ensure};
use e2e::gateway::Gateway;
use rustix::process::Signal;
use serde_json::json;

use crate::scene::{ID, PATIENCE, REPLY, Scene};

#[test]
fn a_turn_is_answered_in_the_other_dialect_and_fails_when_the_proxy_is_down() -> Result<()> {
    let scene = Scene::new(&json!({ "autoRestart": false }))?;
    let command = scene.stand_in(&["--service", "openai", "{port}"])?;
    scene.settings(&json!({ "command": command }))?;
    let url = format!("http://127.0.0.1:{}/v1", scene.port);
    scene.home.edit(|config| {
        config["models"]["providers"][ID]["api"] = json!("openai-completions");
        config["models"]["providers"][ID]["baseUrl"] = json!(url);
    })?;
    let gateway = Gateway::start(&scene.home)?;
    gateway.line("anthropic-claude-proxy: proxy is ready", PATIENCE)?;
    let reply = gateway.turn("Are you there?")?;
    ensure!(
        reply.status == 200 && reply.text.contains(REPLY),
        "{reply:?}\n{}",
        gateway.log()
    );
    let chats = scene.chats()?;
    ensure!(
        !chats.is_empty()
            && chats
                .iter()
                .all(|chat| chat["path"] == "/v1/chat/completions"),
        "{chats:?}"
    );
    // Its lack of a key is said, once.
    let status = gateway.call("claude-proxy.status")?;
    let detail = status["detail"].as_str().unwrap_or_default();
    ensure!(
        detail.contains("does not ask for the access key"),
        "{status:#}"
    );

    scene.proxy()?.signal(Signal::KILL);
    scene.wait_for(&["stopped", "failed"])?;
    let reply = gateway.turn("Anybody?")?;
    ensure!(reply.status != 200, "{reply:?}");
    ensure!(scene.chats()?.len() == chats.len(), "a chat was sent");
    scene.nothing_leaked()
}
