//! The demonstration: the packaged plugin in the real OpenClaw on an empty home. A turn works, the proxy crashes and
//! comes back; with the proxy stopped the next turn fails and nothing else is contacted.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON of our own making; a panic ends the story"
)]

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::home::{Home, ID};
use harness::vendor::FakeVendor;
use harness::{places, ports, terminal, wait};
use rustix::process::Signal;
use serde_json::json;

/// How long a prompt, a state or a log line may take on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Tells the story; the arguments are a proxy to take instead of the fake one. `cargo xtask demo` packages and fetches first.
fn main() -> Result<()> {
    let own: Vec<String> = std::env::args().skip(1).collect();
    let mut story = Story::new();

    story.chapter("An empty home folder, and a listener that stands for everything outside");
    let home = Home::new()?;
    let vendor = FakeVendor::start(&home)?;
    let port = ports::free()?;
    home.edit(|config| config["models"]["providers"]["anthropic"] = vendor.provider())?;
    story.say(format_args!("HOME={}", home.path().display()));
    story.say(format_args!(
        "The built-in `anthropic` provider has a key, and {} as its address:",
        vendor.url()
    ));
    story.say("a prompt that does not go through the proxy would be seen there.");

    story.chapter("Install the package with OpenClaw's own plugin manager");
    let source = places::package();
    let source = source.to_string_lossy();
    let flags = ["--force", "--accept-capabilities"];
    story.openclaw(
        &home,
        &[&["plugins", "install", &source], &flags[..]].concat(),
    )?;
    let fake_proxy = own.is_empty();
    let mut command = json!(own);
    if fake_proxy {
        story.say("No Claude login is needed here: a fake proxy takes the place of the real one.");
        command = json!([places::helper()?, "fake-proxy"]);
    }
    let (setting, command) = (
        format!("plugins.entries.{ID}.config.command"),
        command.to_string(),
    );
    story.openclaw(
        &home,
        &["config", "set", &setting, &command, "--strict-json"],
    )?;

    story.chapter("Log in, at a terminal; Enter takes what is offered");
    let before = home.config()?;
    story.command(&format!(
        "openclaw models auth login --provider {ID} --set-default"
    ));
    let since = Instant::now();
    // The vendor key above arms slots that choose a provider by themselves, so it asks whether to close them.
    let more = ["Close these routes now?", "Let the plugin stop runs"];
    let screen = terminal::log_in(&home, port, &more)?;
    story.done(since.elapsed());
    story.show(&screen);
    let after = home.config()?;
    let same = |path: &str| before.pointer(path) == after.pointer(path);
    let kept = same("/models/providers/anthropic");
    ensure!(kept, "the built-in provider was changed");
    story.openclaw(&home, &["models", "status"])?;

    story.chapter("Start the Gateway; it starts the proxy");
    story.command("openclaw gateway run");
    let gateway = Gateway::start(&home)?;
    gateway.line("proxy is ready", TIMEOUT)?;
    let log = gateway.log();
    let own = log.lines().filter(|line| line.contains(&format!("{ID}: ")));
    story.show(&own.collect::<Vec<_>>().join("\n"));
    story.done(gateway.took);

    story.chapter("One turn of an agent");
    let turn = |message| ["agent", "--agent", "main", "--message", message];
    let replied = |said: &str| !fake_proxy || said.contains("Fake reply to");
    let said = story.openclaw(&home, &turn("Are you there?"))?;
    ensure!(replied(&said), "no reply of the proxy");

    story.chapter("Kill the proxy: it comes back by itself");
    let old = home.proxy(port)?;
    story.command(&format!("kill -9 {}    # the proxy", old.pid));
    let since = Instant::now();
    old.signal(Signal::KILL);
    let new = wait::until("the proxy is back", TIMEOUT, || {
        let new = home.proxy(port).ok();
        Ok(new.filter(|new| new.pid != old.pid && ports::is_listening(port)))
    })?;
    story.say(format_args!("process {} took its place", new.pid));
    story.done(since.elapsed());
    story.openclaw(&home, &["claude-proxy", "status"])?;
    let said = story.openclaw(&home, &turn("And after the crash?"))?;
    ensure!(replied(&said), "no reply after the crash");

    story.chapter("Stop the proxy: the next turn fails, and goes nowhere else");
    story.command("$(openclaw claude-proxy path) stop");
    let config = home.config_path();
    let stopped = home
        .helper(["stop", "--config", &config.to_string_lossy()])?
        .success()?;
    story.show(&stopped.text());
    story.done(stopped.took);
    ports::wait_until_free(port, TIMEOUT)?;
    let said = story.failing(&home, &turn("Anybody?"))?;
    let answered = said.contains("Fake reply to");
    ensure!(!answered, "the stopped proxy answered");
    let seen = vendor.requests()?;
    ensure!(seen.is_empty(), "the outside was contacted: {seen:?}");
    story.say("requests that reached the outside listener, in the whole story: 0");

    story.chapter("End the Gateway: nothing is left");
    story.command(&format!("kill {}    # the Gateway", gateway.pid()));
    let since = Instant::now();
    let status = gateway.stop(Duration::from_secs(30))?;
    drop(vendor);
    wait::until_true("every process is gone", TIMEOUT, || {
        Ok(home.processes().is_empty())
    })
    .with_context(|| format!("processes are left: {:?}", home.processes()))?;
    story.say(format_args!(
        "the Gateway ended ({status}); processes left over: 0"
    ));
    story.done(since.elapsed());
    story.end();
    Ok(())
}

/// The transcript.
struct Story {
    chapter: u32,
    began: Instant,
}

impl Story {
    fn new() -> Self {
        println!(
            "The plugin on a fresh machine: real OpenClaw, real terminal, real processes; no login, no key, no model."
        );
        Self {
            chapter: 0,
            began: Instant::now(),
        }
    }

    fn chapter(&mut self, title: &str) {
        self.chapter += 1;
        println!("\n{}. {title}", self.chapter);
    }

    fn say(&self, text: impl Display) {
        println!("   {text}");
    }

    fn command(&self, line: &str) {
        println!("   $ {line}");
    }

    fn done(&self, took: Duration) {
        println!("   ({:.1} s)", took.as_secs_f64());
    }

    fn show(&self, text: &str) {
        for line in text
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
        {
            println!("   | {line}");
        }
    }

    /// Runs OpenClaw, showing line, output and duration; its output.
    fn openclaw(&self, home: &Home, line: &[&str]) -> Result<String> {
        self.typed(line);
        let outcome = home.openclaw(line)?.success()?;
        self.show(&outcome.text());
        self.done(outcome.took);
        Ok(outcome.text())
    }

    /// The same for a command that must fail.
    fn failing(&self, home: &Home, line: &[&str]) -> Result<String> {
        self.typed(line);
        let outcome = home.openclaw(line)?;
        self.show(&outcome.text());
        ensure!(outcome.code != Some(0), "that should have failed");
        self.say(format_args!("exit code {}", outcome.code.unwrap_or(-1)));
        self.done(outcome.took);
        Ok(outcome.text())
    }

    fn typed(&self, line: &[&str]) {
        let words = line.iter().map(|word| match word.contains([' ', '[']) {
            true => format!("'{word}'"),
            false => (*word).to_owned(),
        });
        self.command(&format!("openclaw {}", words.collect::<Vec<_>>().join(" ")));
    }

    fn end(&self) {
        println!(
            "\nThat is the whole story; it took {:.0} s.",
            self.began.elapsed().as_secs_f64()
        );
    }
}
