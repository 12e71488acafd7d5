//! For each kind of traffic, whether the fake vendor receives it: without the plugin, with the guard alone, and with a
//! closed configuration. `UPDATE_DOCS=1` writes the table of `docs/fail-closed.md`.

use std::fs;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::rpc::Rpc;
use harness::versions::Feature;
use harness::{check, media, page, versions, wait};
use serde_json::{Value, json};

use crate::scene::{ID, Scene, TIMEOUT};
use crate::services::{self, SERVICES};
use crate::traffic_kinds::{
    Client, Destination, Kind, kinds, ours, run_commands, start_in_gateway,
};

/// Refusals before a run begins, by kind: OpenClaw with its list of allowed models, and the guard of tool calls. Over
/// HTTP a run that the guard stops is an error without a reason.
const REFUSALS: &[(&str, &str)] = &[
    ("header", "internal error"),
    ("header", "is not allowed"),
    ("patched", "model not allowed"),
    ("spawned", "may lead outside the local proxy"),
];

/// Every kind, those of models first.
fn all_kinds() -> Vec<&'static Kind> {
    kinds().chain(SERVICES).collect()
}

/// Which kinds reached the fake vendor.
type Seen = Vec<bool>;

#[test]
fn each_kind_of_traffic_without_the_plugin_by_the_guard_and_closed() -> Result<()> {
    let without = kinds_seen("without", run_without_plugin, |scene| {
        scene
            .home
            .edit(|config| config["plugins"]["entries"][ID]["enabled"] = json!(false))
    })?;
    let guard = kinds_seen("guard", run_with_plugin, |_| Ok(()))?;
    let closed = kinds_seen("closed", run_with_plugin, close_file)?;

    let mut wrong = Vec::new();
    let mut table = String::from(
        "| traffic | started by | without the plugin | the guard alone | closed file |\n| --- | --- | --- | --- | --- |\n",
    );
    for (n, kind) in all_kinds().into_iter().enumerate() {
        if !without[n] {
            wrong.push(format!("{} never reached the fake vendor", kind.model));
        }
        let (guard, closed) = (guard[n], closed[n]);
        if guard == kind.is_guarded() || closed {
            wrong.push(format!("{}: guard {guard}, closed {closed}", kind.model));
        }
        let [without, guard, closed] =
            [without[n], guard, closed].map(|seen| if seen { "**seen**" } else { "nothing" });
        table.push_str(&format!(
            "| {} | {} | {without} | {guard} | {closed} |\n",
            kind.title, kind.how
        ));
    }
    ensure!(wrong.is_empty(), "{}\n{table}", wrong.join("\n"));
    // The page is of the newest.
    if versions::tested() == versions::pinned() {
        page::check_or_update("docs/fail-closed.md", "traffic", &table)?;
    }
    Ok(())
}

#[test]
fn each_kind_of_our_own_traffic_while_the_proxy_is_down() -> Result<()> {
    let scene = Scene::new(&json!({ "autoRestart": false }))?;
    fs::write(scene.home.path().join("image.png"), media::IMAGE)?;
    scene.home.edit(|config| {
        enable_triggers(config);
        config["agents"]["defaults"]["utilityModel"] = json!(ours());
    })?;
    let gateway = Gateway::start(&scene.home)?;
    scene.kill_proxy()?;
    // Somebody else's proxy at its address: it would take whatever is sent there.
    let stranger = scene.start_unsupervised(scene.port, &[])?;
    let mut client = Client::new(&scene, &gateway, "down", Destination::Ours)?;
    let before = scene.chats()?.len();
    thread::scope(|scope| {
        let commands = scope.spawn(|| run_commands(&scene, Destination::Ours));
        // Whether the caller is told at once or the run ends in an error is OpenClaw's affair.
        let own: Vec<_> = kinds().collect();
        let refused = start_in_gateway(&mut client, &own, |_| Ok(()));
        commands.join().ok().context("a command panicked")??;
        refused
    })?;
    let sent = scene.chats()?.split_off(before);
    ensure!(sent.is_empty(), "sent: {sent:?}");
    check::says(&gateway.log(), &["nothing was sent"])?;
    drop(stranger);
    scene.ensure_nothing_leaked()
}

#[test]
fn a_strict_guard_stops_what_no_hook_sees() -> Result<()> {
    let scene = Scene::new(&json!({ "guard": "strict" }))?;
    lead_to_vendor(&scene)?;
    // Two kinds that OpenClaw tries again and again have an address of their own.
    scene.home.edit(|config| {
        let providers = &mut config["models"]["providers"];
        for (name, host) in [("turned", "localhost"), ("probed", "[::ffff:127.0.0.1]")] {
            let mut other = providers["anthropic"].clone();
            other["baseUrl"] = json!(scene.vendor.url().replace("127.0.0.1", host));
            if let Some(models) = other["models"].as_array_mut() {
                models.truncate(1);
            }
            providers[name] = other;
        }
        config["agents"]["defaults"]["model"]["primary"] = json!("turned/primary");
    })?;
    // Without the permission OpenClaw drops the guard of runs: what is stopped here is stopped by the strict guard alone.
    scene.home.edit(|config| {
        config["plugins"]["entries"][ID]["hooks"]["allowConversationAccess"] = json!(false);
    })?;
    let gateway = Gateway::start(&scene.home)?;
    scene.wait_for(&["ready"])?;
    let mut rpc = Rpc::connect(&scene.home)?;
    let mut stopped = 0;
    let mut count = |kind: &'static str| {
        wait::until("a request was stopped", TIMEOUT, || {
            let status = rpc.call("claude-proxy.status", &json!({}))?;
            ensure!(status["guard"]["failure"].is_null(), "{status:#}");
            let now = status["guard"]["stopped"].as_u64().context("no count")?;
            Ok((now > stopped).then(|| stopped = now))
        })
        .context(kind)
    };
    let mut client = Client::new(&scene, &gateway, "strict", Destination::Vendor)?;
    for kind in kinds().filter(|kind| !kind.is_guarded() && kind.model != "probe") {
        let since = Instant::now();
        if let Some(reply) = client.start(kind) {
            count(kind.title)?;
            println!("{}: {reply:?} after {:?}", kind.model, since.elapsed());
        }
    }
    let let_through = !scene.chats()?.is_empty();
    ensure!(let_through, "no turn of our own was let through");
    // OpenClaw tries these two for more than a minute; the first time is enough.
    let mut rpc = client.rpc;
    let turn = json!({ "message": "Hello.", "agentId": "primary", "idempotencyKey": "strict" });
    rpc.call("agent", &turn)?;
    gateway.line("a request to a model at http://localhost:", TIMEOUT)?;
    if scene.home.has(Feature::Probe) {
        let probe = json!({ "provider": "probed", "agentId": "main" });
        thread::spawn(move || rpc.call("models.probe", &probe));
        gateway.line("a request to a model at http://[::ffff:7f00:1]:", TIMEOUT)?;
    }
    // A connection may be opened; nothing is sent through it.
    let mut sent = scene.vendor.requests()?;
    sent.retain(|seen| seen["kind"] != "connection");
    ensure!(sent.is_empty(), "{sent:#?}");
    Ok(())
}

/// Switches on what starts some kinds: a tool that a caller invokes, and a hook.
fn enable_triggers(config: &mut Value) {
    config["gateway"]["tools"] = json!({ "allow": ["sessions_spawn"] });
    config["hooks"] = json!({ "internal": {
        "enabled": true, "entries": { "session-memory": { "enabled": true, "llmSlug": true } },
    } });
}

/// Leads every kind of traffic to the fake vendor, each to a model of its own.
fn lead_to_vendor(scene: &Scene) -> Result<()> {
    let address = scene.vendor.url();
    scene.home.edit(|config| {
        enable_triggers(config);
        config["memory"] = json!({ "search": {
            "provider": "openai", "remote": { "baseUrl": format!("{address}/v1"), "apiKey": "a-vendor-key" },
        } });
        let model = |kind: &Kind| json!({
            "id": kind.model, "name": kind.title, "input": ["text", "image"], "contextWindow": 200_000, "maxTokens": 8192,
        });
        config["models"]["providers"]["anthropic"]["models"] = kinds().map(model).collect();
        let agents = &mut config["agents"];
        agents["ownership"] = json!("explicit");
        let defaults = &mut agents["defaults"];
        // Of this OpenClaw makes a list of models that may be used.
        defaults.as_object_mut().map(|defaults| defaults.remove("models"));
        for (key, value) in [
            ("systemAgent", json!({ "agentId": "main" })),
            ("model", json!({ "primary": "anthropic/primary" })),
            ("subagents", json!({ "model": "anthropic/subagent" })),
            ("compaction", json!({ "model": "anthropic/compaction" })),
            ("heartbeat", json!({ "agentId": "main", "every": "6h", "model": "anthropic/heartbeat", "target": "none" })),
            ("utilityModel", json!(ours())),
        ] {
            defaults[key] = value;
        }
        agents["entries"] = json!({
            "main": { "model": ours() },
            "primary": {},
            "agent": { "model": "anthropic/agent" },
            "slug": { "model": "anthropic/slug" },
            "fallback": { "model": { "primary": ours(), "fallbacks": ["anthropic/fallback"] } },
            "companion": { "model": ours(), "utilityModel": "anthropic/companion" },
            "recap": { "model": ours(), "utilityModel": "anthropic/recap" },
            "title": { "model": ours(), "utilityModel": "anthropic/title" },
        });
    })
}

/// Closes the file as a user does.
fn close_file(scene: &Scene) -> Result<()> {
    // The file does not say who reads it.
    let version = versions::tested();
    for line in [&["audit", "--fix"][..], &["setup", "--harden", "--yes"]] {
        let line = [line, &["--openclaw", &version]].concat();
        scene.home.helper(line)?.success()?;
    }
    Ok(())
}

/// Which kinds reach the fake vendor, of those in a Gateway and of those that are commands, after a change of the open file.
fn kinds_seen(
    name: &'static str,
    run_in_gateway: fn(&Scene, &'static str) -> Result<()>,
    change: fn(&Scene) -> Result<()>,
) -> Result<Seen> {
    let scene = &Scene::new(&json!({ "autoRestart": false }))?;
    fs::write(scene.home.path().join("image.png"), media::IMAGE)?;
    lead_to_vendor(scene)?;
    services::lead_to_vendor(scene)?;
    change(scene)?;
    let since = Instant::now();
    thread::scope(|scope| {
        let commands = scope.spawn(|| run_commands(scene, Destination::Vendor));
        let gateway = run_in_gateway(scene, name);
        commands.join().ok().context("a command panicked")??;
        gateway
    })?;
    println!("{name}: {:?}", since.elapsed());
    let requests = scene.vendor.requests()?;
    Ok(all_kinds()
        .iter()
        .map(|kind| requests.iter().any(|request| kind.matches(request)))
        .collect())
}

/// Every kind, with the plugin and the proxy that it runs.
fn run_with_plugin(scene: &Scene, name: &'static str) -> Result<()> {
    let gateway = Gateway::start(&scene.home)?;
    scene.wait_for(&["ready"])?;
    let mut client = Client::new(scene, &gateway, name, Destination::Vendor)?;
    let refused = start_in_gateway(&mut client, &all_kinds(), |_| scene.kill_proxy())?;
    // What could not even be started was refused for the model that it names, and for nothing else.
    let strange = |(kind, why): &&(&str, String)| {
        !REFUSALS
            .iter()
            .any(|(refused, words)| refused == kind && why.contains(words))
    };
    let strange: Vec<_> = refused.iter().filter(strange).collect();
    ensure!(strange.is_empty(), "{name}: {strange:#?}");
    // What is stopped has ended by now; what the guard does not see may take its time.
    if name == "guard" {
        wait_until_seen(scene, |kind| !kind.is_guarded())?;
    }
    gateway.stop(TIMEOUT).map(drop)
}

/// Every kind, with a fake proxy at our address that nobody supervises.
fn run_without_plugin(scene: &Scene, name: &'static str) -> Result<()> {
    let proxy = scene.start_unsupervised(scene.port, &[])?;
    let gateway = Gateway::start(&scene.home)?;
    let mut client = Client::new(scene, &gateway, name, Destination::Vendor)?;
    let mut refusing = None;
    let refused = start_in_gateway(&mut client, &all_kinds(), |_| {
        drop(proxy);
        refusing = Some(scene.start_unsupervised(scene.port, &["--login", "rejected"])?);
        Ok(())
    })?;
    ensure!(refused.is_empty(), "{refused:#?}");
    wait_until_seen(scene, |_| true)
}

/// Waits until these kinds were seen.
fn wait_until_seen(scene: &Scene, which: impl Fn(&Kind) -> bool) -> Result<()> {
    let mut missing = all_kinds();
    missing.retain(|kind| which(kind));
    wait::until_true("everything reached the fake vendor", TIMEOUT, || {
        let requests = scene.vendor.requests()?;
        missing.retain(|kind| !requests.iter().any(|request| kind.matches(request)));
        Ok(missing.is_empty())
    })
    .with_context(|| {
        format!(
            "not seen: {:?}",
            missing.iter().map(|kind| kind.model).collect::<Vec<_>>()
        )
    })
}
