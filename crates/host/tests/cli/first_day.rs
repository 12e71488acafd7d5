//! What is most likely wrong on a new machine, each made for real, with what the program says then.
//!
//! The screens of `docs/troubleshooting.md` are this output; after a change of words `UPDATE_DOCS=1` writes them. Each heading of
//! the page is a case here, in the same order. A machine on which all is well has no complaint, so each complaint is the
//! case's own.

mod machine;
mod page;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use self::machine::{Machine, status, supervised, the_end};
use self::page::Page;
use crate::process::supervise;
use crate::support::{Supervised, own_proxy, says};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
const LOGGED_IN: &str = r#"{"loggedIn":true,"authMethod":"claude.ai","apiProvider":"firstParty"}"#;

#[test]
fn each_common_fault_is_shown_with_its_fix() {
    let mut page = Page::read();
    all_is_well(&mut page);
    programs(&mut page);
    logins(&mut page);
    starts(&mut page);
    ports(&mut page);
    configuration(&mut page);
    context(&mut page);
    page.check();
}

/// The OpenClaw that runs the doctor says its version, and is not started for it.
#[test]
fn a_version_of_openclaw_that_is_known_is_not_asked_for() {
    let machine = Machine::well();
    let asked = machine.home.path("asked");
    let version = "echo 'OpenClaw 2026.9.6 (0123456)'";
    machine.program("openclaw", &format!(": > '{}'; {version}", asked.display()));
    let known = machine.run(&["doctor", "--openclaw", "2026.8.1"]);
    says(&known.out, &["2026.8.1"]);
    assert!(!asked.exists(), "it was asked");
    // Where nobody says it, the mark is left.
    says(machine.run(&["doctor"]).out, &["2026.9.6"]);
    assert!(asked.exists(), "it was not asked");
}

/// Adds what is seen where all is well: the measure of all cases.
fn all_is_well(page: &mut Page) {
    let machine = Machine::well();
    let running = supervise(&machine.home, machine.port, &[]);
    let pid = running.event("ready")["pid"].as_u64().unwrap();
    let ended = machine.run(&["doctor"]);
    ended.ends(0);
    let mut shown = String::new();
    for line in ended.out.lines() {
        if !line.starts_with(' ') {
            assert!(
                line.starts_with('✓') || line.starts_with("! Proxy version pinned"),
                "{line}"
            );
        }
        // What differs from machine to machine and from day to day.
        let line = match line.split_once(": ") {
            Some((title @ "✓ Helper runs on this machine", _)) => {
                format!("{title}: linux-x86_64")
            }
            Some((title @ "✓ Disk", _)) => format!("{title}: 28000 MB free"),
            Some((title @ "✓ Clock", _)) => format!("{title}: 2026-12-01"),
            Some((title @ "✓ Proxy answers", said)) => {
                format!("{title}: {}", said.split(" (").next().unwrap_or(said))
            }
            _ => line.replace(&format!("({pid} "), "(4711 "),
        };
        writeln!(shown, "{line}").unwrap();
    }
    let status = status(&machine, 0);
    let readme = fs::read_to_string(README).unwrap();
    assert!(
        readme.contains(&status),
        "README.md shows another screen than:\n{status}"
    );
    let doctor = machine.same_every_time(&shown, None);
    page.screen(
        "When all is well",
        &format!("$ claude-proxy doctor\n{doctor}\n\n$ claude-proxy status\n{status}"),
    );
}

fn programs(page: &mut Page) {
    let machine = Machine::well();
    machine.remove("claude");
    page.doctor("The Claude CLI is not installed", &machine, &["Claude CLI"]);
    machine.claude(LOGGED_IN, 0);
    machine.passes(&["Claude CLI"]);

    let machine = Machine::well();
    machine.remove("bunx");
    page.doctor("Bun is not installed", &machine, &["Proxy command"]);
    machine
        .run(&["run"])
        .ends(78)
        .says(&["`bunx` was not found"]);
    machine.program("proxy", "");
    let path = machine.home.path("bin/proxy");
    machine.edit(
        "\"enabled\": true",
        &format!("\"enabled\": true, \"config\": {{ \"command\": [{path:?}] }}"),
    );
    machine.passes(&["Proxy command"]);
}

fn logins(page: &mut Page) {
    const LOGIN: &[&str] = &["Claude login"];
    let machine = Machine::well();
    machine.claude(
        r#"{"loggedIn":false,"authMethod":"none","apiProvider":"firstParty"}"#,
        1,
    );
    page.doctor("Claude is not logged in", &machine, LOGIN);
    machine.claude(LOGGED_IN, 0);
    machine.passes(LOGIN);

    machine.claude(
        r#"{"loggedIn":true,"authMethod":"claude.ai","apiProvider":"firstParty","loginExpiresAt":"2026-01-02T03:04:05.000Z"}"#,
        0,
    );
    page.doctor("The login has ended", &machine, LOGIN);

    machine.claude(
        r#"{"loggedIn":true,"authMethod":"api_key","apiProvider":"firstParty","apiKeySource":"ANTHROPIC_API_KEY"}"#,
        0,
    );
    page.doctor("Claude Code would use an API key", &machine, LOGIN);

    machine.claude(
        r#"{"loggedIn":true,"authMethod":"third_party","apiProvider":"bedrock"}"#,
        0,
    );
    page.doctor("Claude Code would use another cloud", &machine, LOGIN);

    let mut machine = Machine::well();
    machine.environment = vec![("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-cut off".to_owned())];
    page.doctor("The token is malformed", &machine, &["Headless token"]);
    machine.environment = vec![(
        "CLAUDE_CODE_OAUTH_TOKEN",
        format!("sk-ant-oat01-{}", "a".repeat(90)),
    )];
    machine.passes(&["Headless token"]);
}

fn starts(page: &mut Page) {
    let machine = Machine::well();
    machine.program(
        "bunx",
        "exec claude-proxy fake-proxy --say 'error: GET https://registry.example/opencode-claude-max-proxy - 404' --exit-at-start 1",
    );
    let ended = machine.run(&["run"]);
    ended.ends(78);
    page.add(
        "The proxy's package does not exist",
        "claude-proxy run",
        &the_end(&machine.same_every_time(&ended.err, None)),
    );

    let machine = Machine::well();
    machine.edit(
        "\"enabled\": true",
        "\"enabled\": true, \"config\": { \"restartDelayMs\": 60000 }",
    );
    machine.program(
        "bunx",
        "exec claude-proxy fake-proxy --say 'error: ConnectionRefused downloading package manifest opencode-claude-max-proxy' --exit-at-start 1",
    );
    let running = Supervised::start(supervised(&machine, &[]));
    // The first restart may be immediate; what is shown is a wait that lasts.
    running.until("a long wait", |event| {
        event["status"]["retryInMs"]
            .as_u64()
            .is_some_and(|wait| wait > 30_000)
    });
    page.add(
        "The package cannot be downloaded",
        "claude-proxy status",
        &status(&machine, 1),
    );
    drop(running);

    let machine = Machine::well();
    let running = Supervised::start(supervised(&machine, &["--slow-start-ms", "600000"]));
    running.state("starting");
    page.add(
        "It is still starting",
        "claude-proxy status",
        &status(&machine, 1),
    );
    drop(running);

    let machine = Machine::well();
    let running = Supervised::start(supervised(&machine, &["--login", "unhealthy"]));
    running.until("the reason", |event| event["status"]["login"] == "none");
    page.add(
        "The proxy runs, but Claude is logged out",
        "claude-proxy status",
        &status(&machine, 0),
    );
    drop(running);

    let machine = Machine::well();
    let ended = machine.run(&["status"]);
    ended.ends(1);
    page.add(
        "Connection refused",
        "claude-proxy status",
        &machine.same_every_time(&ended.out, None),
    );
}

fn ports(page: &mut Page) {
    const TAKEN: &[&str] = &["Port", "Proxy answers", "Listener is the proxy"];
    let mut machine = Machine::well();
    let stranger = own_proxy(machine.port, &["--service", "html"], "");
    let seen = machine.doctor(TAKEN);
    page.add(
        "The port is taken by another program",
        "claude-proxy doctor",
        &machine.same_every_time(&seen, Some(stranger.id())),
    );
    let mut hints = seen
        .lines()
        .filter_map(|line| line.strip_prefix("  hint: "));
    machine.shell(&format!("{} --yes", hints.next().unwrap()));
    machine.port += 1;
    assert!(machine.doctor(&["Port"]).contains("is free"));
    drop(stranger);

    let machine = Machine::well();
    let stranger = own_proxy(machine.port, &[], "of-somebody-else");
    let titles = &[
        "Port",
        "Proxy answers",
        "Listener is the proxy",
        "Access key enforced",
    ];
    let seen = machine.doctor(titles);
    page.add(
        "A proxy that you started yourself has the port",
        "claude-proxy doctor",
        &machine.same_every_time(&seen, Some(stranger.id())),
    );
    let key = machine.home.path("its-key");
    fs::write(&key, "of-somebody-else\n").unwrap();
    machine.setting("keyFile", key.to_str().unwrap());
    page.doctor(
        "The key of your own proxy can be read by others",
        &machine,
        &["Key of your own proxy"],
    );
    machine.shell(&format!("chmod 600 '{}'", key.display()));
    machine.passes(titles);
    machine.passes(&["Key of your own proxy", "Kind of proxy"]);
    drop(stranger);

    let machine = Machine::well();
    let stranger = own_proxy(machine.port, &["--service", "litellm"], "sk-own");
    let seen = machine.doctor(TAKEN);
    page.add(
        "A proxy that may forward to other vendors has the port",
        "claude-proxy doctor",
        &machine.same_every_time(&seen, Some(stranger.id())),
    );
    let key = machine.home.path("its-key");
    fs::write(&key, "sk-own\n").unwrap();
    machine.shell(&format!("chmod 600 '{}'", key.display()));
    machine.setting("keyFile", key.to_str().unwrap());
    machine.setting("proxy", "litellm");
    machine.passes(TAKEN);
    let kind = machine.doctor(&["Kind of proxy"]);
    assert!(
        kind.starts_with('!') && kind.contains("closedness ends"),
        "{kind}"
    );
}

fn configuration(page: &mut Page) {
    let model = "anthropic-claude-proxy/claude-opus-4.6";
    let machine = Machine::well();
    machine.edit(
        &format!("\"primary\": \"{model}\""),
        "\"primary\": \"openai/gpt-6\"",
    );
    page.doctor(
        "The default model is another provider's",
        &machine,
        &["Configuration closed", "Default model"],
    );
    machine.shell("claude-proxy setup --yes --set-default");
    machine.passes(&["Configuration closed", "Default model"]);

    let machine = Machine::well();
    machine.edit("\"fallbacks\": []", "\"fallbacks\": [\"openai/gpt-6\"]");
    page.doctor(
        "A fallback leads past the proxy",
        &machine,
        &["Configuration closed"],
    );
    machine.shell("claude-proxy audit --fix");
    machine.passes(&["Configuration closed"]);

    let machine = Machine::well();
    machine.edit(
        &format!("\"{model}\": {{"),
        &format!("\"openai/gpt-6\": {{ \"alias\": \"claude-max-proxy\" }}, \"{model}\": {{"),
    );
    machine.edit(
        &format!("\"{model}\": {{\n          \"alias\": \"claude-max-proxy\"\n        }}"),
        &format!("\"{model}\": {{}}"),
    );
    page.doctor(
        "`/model claude-max-proxy` takes another model",
        &machine,
        &["Model alias"],
    );
    machine.shell("claude-proxy doctor --fix || true");
    machine.passes(&["Model alias"]);

    let machine = Machine::well();
    machine.edit("\"enabled\": true", "\"enabled\": false");
    page.doctor("The plugin is not enabled", &machine, &["Plugin enabled"]);
    machine.shell("claude-proxy doctor --fix || true");
    machine.passes(&["Plugin enabled"]);

    let machine = Machine::well();
    machine.edit(
        "\"allowConversationAccess\": true",
        "\"allowConversationAccess\": false",
    );
    page.doctor(
        "The guard has no permission",
        &machine,
        &["Guard has its permission"],
    );
    machine.shell("claude-proxy doctor --fix || true");
    machine.passes(&["Guard has its permission"]);

    let machine = Machine::well();
    machine.edit(
        "\"enabled\": true",
        "\"enabled\": true, \"config\": { \"prot\": 9999 }",
    );
    let ended = machine.run(&["status"]);
    ended.ends(2);
    page.add(
        "A setting is misspelled",
        "claude-proxy status",
        &machine.same_every_time(&ended.err, None),
    );
    machine.edit(", \"config\": { \"prot\": 9999 }", "");
    assert_ne!(machine.run(&["status"]).code, 2);

    let machine = Machine::well();
    machine
        .home
        .write_config("{\n  \"agents\": { \"defaults\": { \"model\": }\n}\n");
    let ended = machine.run(&["status"]);
    ended.ends(2);
    page.add(
        "`openclaw.json` is broken",
        "claude-proxy status",
        &machine.same_every_time(&ended.err, None),
    );
}

fn context(page: &mut Page) {
    let machine = Machine::well();
    let ended = machine.run(&["setup"]);
    ended.ends(2);
    page.add(
        "Setup needs a terminal or flags",
        "claude-proxy setup < /dev/null",
        &machine.same_every_time(&ended.err, None),
    );
    machine.run(&["setup", "--yes"]).ends(0);

    fs::create_dir_all(machine.home.state("")).unwrap();
    fs::set_permissions(machine.home.state(""), fs::Permissions::from_mode(0o755)).unwrap();
    page.doctor(
        "Others can read the state directory",
        &machine,
        &["State directory"],
    );
    machine.shell("claude-proxy doctor --fix || true");
    machine.passes(&["State directory"]);

    let config = fs::File::options()
        .append(true)
        .open(machine.home.config())
        .unwrap();
    config
        .set_modified(SystemTime::now() + Duration::from_hours(48))
        .unwrap();
    let said = machine.doctor(&["Clock"]);
    assert!(said.starts_with("✗ Clock: it is 2"), "{said}");
}
