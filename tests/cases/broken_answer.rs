//! A proxy whose answers break off in their middle: the user reads what happened and what to do, not OpenClaw's
//! `LLM request timed out.`

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use harness::check;
use harness::gateway::Gateway;
use harness::versions::Feature;
use serde_json::json;

use crate::scene::{Scene, TIMEOUT, ensure_answered};

const BROKE_OFF: &str = "anthropic-claude-proxy: the answer broke off";

#[test]
fn an_answer_that_breaks_off_is_reported_with_the_next_step() -> Result<()> {
    let scene = Scene::new(&json!({}))?;
    let gateway = Gateway::start(&scene.home)?;
    ensure_answered(&gateway)?;
    let sends_again = scene.home.has(Feature::SendsAgain);
    let expected = if sends_again { 3 } else { 1 };
    for how in ["connection", "stream"] {
        if how == "stream" && !scene.home.has(Feature::LastEvent) {
            continue;
        }
        let mark = gateway.mark();
        let command = scene.fake_proxy(&["--cut", how])?;
        scene.settings(&json!({ "command": command }))?;
        gateway.line_after(mark, "proxy is ready", TIMEOUT)?;
        let before = scene.chats()?.len();
        let since = Instant::now();
        let out = scene.home.turn("Anybody?", &[])?;
        let took = since.elapsed();
        let line = gateway.line_after(mark, BROKE_OFF, TIMEOUT)?;
        let shown = match scene.home.has(Feature::WordsBesideText) {
            true => out.stderr.as_str(),
            false => &line,
        };
        let next = ["openclaw claude-proxy logs", "Send your message again"];
        check::says(shown, &[&[BROKE_OFF], &next[..]].concat())
            .with_context(|| format!("{how}: {out:?}\n{}", gateway.log()))?;
        // An OpenClaw that sends it again by itself does so twice; with its own words it would go on for more than a minute.
        let requests = scene.chats()?.len() - before;
        ensure!(
            requests == expected,
            "{how}: {requests} requests in {took:?}"
        );
        println!("{how}: told after {took:?}");
        let port = scene.port.to_string();
        let status = scene.home.helper(["status", "--port", &port])?;
        status.says(&["broke off"])?;
    }
    // A proxy that works again is used again, at once.
    let mark = gateway.mark();
    scene.settings(&json!({ "command": scene.fake_proxy(&[])? }))?;
    gateway.line_after(mark, "proxy is ready", TIMEOUT)?;
    ensure_answered(&gateway)?;
    scene.ensure_nothing_leaked()
}
