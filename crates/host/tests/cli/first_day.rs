//! What is most likely wrong on a new machine, each made for real, with what the program says then.
//!
//! `docs/troubleshooting.md` is written from this output, so that it cannot tell anything else; `UPDATE_DOCS=1` writes it.
//! The order is that of the page. A machine on which all is well has no complaint, so each complaint is the case's own.

mod machine;
mod page;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use self::machine::{Machine, status, supervised, the_end};
use self::page::{HEAD, Page};
use crate::process::supervise;
use crate::support::{Supervised, own_proxy};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/troubleshooting.md");
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
const LOGGED_IN: &str = r#"{"loggedIn":true,"authMethod":"claude.ai","apiProvider":"firstParty"}"#;

#[test]
fn what_goes_wrong_on_a_new_machine_is_told_with_the_way_out() {
    let mut page = Page::default();
    all_is_well(&mut page);
    programs(&mut page);
    logins(&mut page);
    starts(&mut page);
    ports(&mut page);
    configuration(&mut page);
    context(&mut page);
    assert!(page.count >= 20, "{}", page.count);
    let text = format!("{HEAD}{}{}", page.list, page.cases);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, &text).unwrap();
    }
    let committed = fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        committed == text,
        "docs/troubleshooting.md is not what the program says; UPDATE_DOCS=1 with this test writes it:\n{text}"
    );
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
    write!(
        page.cases,
        "\n## When all is well\n\n```console\n$ claude-proxy doctor\n{}\n\n$ claude-proxy status\n{}\n```\n",
        machine.same_every_time(&shown, None),
        status
    )
    .unwrap();
}

fn programs(page: &mut Page) {
    let machine = Machine::well();
    machine.remove("claude");
    page.doctor(
        "The Claude CLI is not installed",
        "The proxy drives it, and it holds your login.",
        &machine,
        &["Claude CLI"],
        "Install it with that command, then `claude auth login`.",
    );
    machine.claude(LOGGED_IN, 0);
    machine.passes(&["Claude CLI"]);

    let machine = Machine::well();
    machine.remove("bunx");
    page.doctor(
        "Bun is not installed",
        "The default command is `bunx opencode-claude-max-proxy`. A Gateway that is a service has a shorter `PATH` than your shell, so \
         this happens where `bunx` works for you too.",
        &machine,
        &["Proxy command"],
        "Install Bun, or name the proxy with its full path.",
    );
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
    page.doctor(
        "Claude is not logged in",
        "The login is Claude Code's own, once for the user that runs the Gateway.",
        &machine,
        LOGIN,
        "In a container, over SSH or on a server the browser cannot call back (`OAuth error: Invalid code`): run `claude setup-token` \
         where there is a browser, and set `CLAUDE_CODE_OAUTH_TOKEN` where the Gateway runs.",
    );
    machine.claude(LOGGED_IN, 0);
    machine.passes(LOGIN);

    machine.claude(
        r#"{"loggedIn":true,"authMethod":"claude.ai","apiProvider":"firstParty","loginExpiresAt":"2026-01-02T03:04:05.000Z"}"#,
        0,
    );
    page.doctor(
        "The login has ended",
        "The Claude CLI knows when some logins end. A week before, the check warns.",
        &machine,
        LOGIN,
        "Log in again with that command.",
    );

    machine.claude(
        r#"{"loggedIn":true,"authMethod":"api_key","apiProvider":"firstParty","apiKeySource":"ANTHROPIC_API_KEY"}"#,
        0,
    );
    page.doctor(
        "Claude Code would use an API key",
        "A key in Claude Code's settings wins over the login, and is billed by token. (One in your shell's environment does no harm: it \
         does not reach the proxy.)",
        &machine,
        LOGIN,
        "Remove the key from Claude Code's settings.",
    );

    machine.claude(
        r#"{"loggedIn":true,"authMethod":"third_party","apiProvider":"bedrock"}"#,
        0,
    );
    page.doctor(
        "Claude Code would ask another cloud",
        "A switch in Claude Code's settings sends everything to Bedrock, Vertex or Foundry.",
        &machine,
        LOGIN,
        "Remove the switch from Claude Code's settings.",
    );

    let mut machine = Machine::well();
    machine.environment = vec![("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-cut off".to_owned())];
    page.doctor(
        "The token is not one",
        "It was cut off, has a line break in it, or is an API key.",
        &machine,
        &["Headless token"],
        "Make a new one with that command on a machine that has a browser.",
    );
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
        "It was renamed or withdrawn, or the name in `command` has a slip.",
        "claude-proxy run",
        &the_end(&machine.same_every_time(&ended.err, None)),
        "The Gateway's log and `claude-proxy status` say the same.",
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
        "No network, a company proxy, or a registry that is down. It is tried again, less and less often.",
        "claude-proxy status",
        &status(&machine, 1),
        "An installed program, named in `command`, needs no network to start.",
    );
    drop(running);

    let machine = Machine::well();
    let running = Supervised::start(supervised(&machine, &["--slow-start-ms", "600000"]));
    running.state("starting");
    page.add(
        "It is still starting",
        "The first start downloads the proxy. Until it answers, turns wait a little and then fail with that reason.",
        "claude-proxy status",
        &status(&machine, 1),
        "Wait; `claude-proxy status --watch` shows it as it goes, `startTimeoutMs` is how long it may take.",
    );
    drop(running);

    let machine = Machine::well();
    let running = Supervised::start(supervised(&machine, &["--login", "unhealthy"]));
    running.until("the reason", |event| event["status"]["login"] == "none");
    page.add(
        "The proxy runs, but Claude is logged out",
        "The proxy asks the Claude CLI, and the login ended while it ran.",
        "claude-proxy status",
        &status(&machine, 0),
        "The proxy notices the new login by itself.",
    );
    drop(running);

    let machine = Machine::well();
    let ended = machine.run(&["status"]);
    ended.ends(1);
    page.add(
        "Connection refused",
        "Nobody started the proxy: it starts with the Gateway, not with the login.",
        "claude-proxy status",
        &machine.same_every_time(&ended.out, None),
        "Start the Gateway. If it runs, `openclaw plugins list` says whether the plugin is enabled.",
    );
}

fn ports(page: &mut Page) {
    const TAKEN: &[&str] = &["Port", "Proxy answers", "Listener is the proxy"];
    let mut machine = Machine::well();
    let stranger = own_proxy(machine.port, &["--service", "html"], "");
    let seen = machine.doctor(TAKEN);
    page.add(
        "The port is taken by another program",
        "It is named (here it is a program of the test), and no prompt or key is ever sent to it.",
        "claude-proxy doctor",
        &machine.same_every_time(&seen, Some(stranger.id())),
        "Move to another port with that command, or end the program.",
    );
    let fix = seen.lines().find(|line| line.starts_with("    ")).unwrap();
    machine.shell(&format!("{} --yes", fix.trim()));
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
        "It asks for another access key than the one that the plugin made.",
        "claude-proxy doctor",
        &machine.same_every_time(&seen, Some(stranger.id())),
        "To go on using your own, put its key into a file that only you can read, and name that in `keyFile`. Else move to another port.",
    );
    let key = machine.home.path("its-key");
    fs::write(&key, "of-somebody-else\n").unwrap();
    machine.setting("keyFile", key.to_str().unwrap());
    page.doctor(
        "The key of your own proxy can be read by others",
        "`keyFile` names a file that only you may read, and no link.",
        &machine,
        &["Key of your own proxy"],
        "Then it is used.",
    );
    machine.shell(&format!("chmod 600 '{}'", key.display()));
    machine.passes(titles);
    machine.passes(&["Key of your own proxy", "Kind of proxy"]);
    drop(stranger);

    let machine = Machine::well();
    let stranger = own_proxy(machine.port, &["--service", "litellm"], "sk-own");
    let seen = machine.doctor(TAKEN);
    page.add(
        "A proxy that may ask other vendors has the port",
        "It is only used where `proxy` names it: which vendor answers is its own configuration's to say.",
        "claude-proxy doctor",
        &machine.same_every_time(&seen, Some(stranger.id())),
        "Name it, and its key in `keyFile`; or move to another port.",
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
    const FIXED: &str = "`claude-proxy doctor --fix` does it too.";
    let model = "anthropic-claude-proxy/claude-opus-4.6";
    let machine = Machine::well();
    machine.edit(
        &format!("\"primary\": \"{model}\""),
        "\"primary\": \"openai/gpt-6\"",
    );
    page.doctor(
        "The default model is another provider's",
        "The login was made without `--set-default`, or something set the default since.",
        &machine,
        &["Configuration closed", "Default model"],
        "`claude-proxy setup --yes --set-default` does the same without OpenClaw.",
    );
    machine.shell("claude-proxy setup --yes --set-default");
    machine.passes(&["Configuration closed", "Default model"]);

    let machine = Machine::well();
    machine.edit("\"fallbacks\": []", "\"fallbacks\": [\"openai/gpt-6\"]");
    page.doctor(
        "A fallback leads past the proxy",
        "When the proxy is down, OpenClaw would try that model. `claude-proxy audit` names every such place.",
        &machine,
        &["Configuration closed"],
        "If you want that fallback, name it in `allowedFallbacks` too: the audit then says that you chose it, and still not *closed*.",
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
        "The alias was given away by hand.",
        &machine,
        &["Model alias"],
        FIXED,
    );
    machine.shell("claude-proxy doctor --fix || true");
    machine.passes(&["Model alias"]);

    let machine = Machine::well();
    machine.edit("\"enabled\": true", "\"enabled\": false");
    page.doctor(
        "The plugin is not enabled",
        "Without it nothing starts the proxy and nothing stops a run that goes elsewhere. No `starting proxy...` is in the Gateway's log.",
        &machine,
        &["Plugin enabled"],
        FIXED,
    );
    machine.shell("claude-proxy doctor --fix || true");
    machine.passes(&["Plugin enabled"]);

    let machine = Machine::well();
    machine.edit(
        "\"allowConversationAccess\": true",
        "\"allowConversationAccess\": false",
    );
    page.doctor(
        "The guard has no permission",
        "OpenClaw shows a run to a plugin only if you allow it; otherwise it drops the guard with one line in its log.",
        &machine,
        &["Guard has its permission"],
        FIXED,
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
        "A setting has a slip in it",
        "Nothing is guessed: an unknown name and a wrong type are refused, and nothing is started.",
        "claude-proxy status",
        &machine.same_every_time(&ended.err, None),
        "Correct the name, or remove it.",
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
        "OpenClaw may put an older copy in its place by itself; the plugin never does.",
        "claude-proxy status",
        &machine.same_every_time(&ended.err, None),
        "Correct the line. Copies from before each change lie beside the file.",
    );
}

fn context(page: &mut Page) {
    let machine = Machine::well();
    let ended = machine.run(&["setup"]);
    ended.ends(2);
    page.add(
        "There is no terminal to ask at",
        "In a script or a container build every answer is a flag.",
        "claude-proxy setup < /dev/null",
        &machine.same_every_time(&ended.err, None),
        "`openclaw onboard --non-interactive` has flags of its own: `--claude-proxy-port` and so on.",
    );
    machine.run(&["setup", "--yes"]).ends(0);

    fs::create_dir_all(machine.home.state("")).unwrap();
    fs::set_permissions(machine.home.state(""), fs::Permissions::from_mode(0o755)).unwrap();
    page.doctor(
        "Others can read the state directory",
        "The access key and the log lie there.",
        &machine,
        &["State directory"],
        "`claude-proxy doctor --fix` does it.",
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
