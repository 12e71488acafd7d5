//! What is most likely wrong on a new machine, each made for real, with what the program says then.
//!
//! `docs/troubleshooting.md` is written from this output, so that it cannot tell anything else; `UPDATE_DOCS=1` writes it.
//! The order is that of the page. A machine on which all is well has no complaint, so each complaint is the case's own.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::process::{get, supervise};
use crate::support::{Ended, Home, PROGRAM, Supervised, free_port, wait_until};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/troubleshooting.md");
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
const LOGGED_IN: &str = r#"{"loggedIn":true,"authMethod":"claude.ai","apiProvider":"firstParty"}"#;

/// A home in which all is well: the programs are there, Claude claims a login, the configuration is closed.
struct Machine {
    home: Home,
    port: u16,
    /// Set for every program that is run.
    environment: Vec<(&'static str, String)>,
}

impl Machine {
    fn well() -> Self {
        let machine = Self {
            home: Home::new(),
            port: free_port(),
            environment: Vec::new(),
        };
        machine.home.set_up(machine.port);
        machine.claude(LOGGED_IN, 0);
        machine.program("bun", "echo 1.3.0");
        machine.program("node", "echo v24.0.0");
        machine.program("bunx", "exec claude-proxy fake-proxy");
        symlink(PROGRAM, machine.home.path("bin/claude-proxy")).unwrap();
        // A wrapper, with no package beside it.
        machine.program("openclaw", "echo 'OpenClaw 2026.9.6 (0123456)'");
        machine
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.home.path("bin").join(name);
        executable(&path, &format!("#!/bin/sh\n{script}\n"));
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.home.path("bin").join(name)).unwrap();
    }

    /// Installs a Claude CLI that says this of its login.
    fn claude(&self, login: &str, code: u8) {
        self.program(
            "claude",
            &format!(
                "case $1 in --version) echo '2.1.4 (Claude Code)';; *) echo '{login}'; exit {code};; esac"
            ),
        );
    }

    /// Replaces a text of the configuration that is there exactly once.
    fn edit(&self, from: &str, to: &str) {
        let text = self.home.read_config();
        assert_eq!(text.matches(from).count(), 1, "{from}: {text}");
        self.home.write_config(&text.replace(from, to));
    }

    /// Sets one of the plugin's settings.
    fn setting(&self, name: &str, value: &str) {
        let place = "\"anthropic-claude-proxy\": {";
        let text = self.home.read_config();
        let (before, after) = text.rsplit_once(place).unwrap();
        let text = match after.split_once("\"config\": {") {
            Some((between, rest)) => {
                format!("{before}{place}{between}\"config\": {{\"{name}\": \"{value}\", {rest}")
            }
            None => {
                format!("{before}{place}\"config\": {{\"{name}\": \"{value}\"}}, {after}")
            }
        };
        self.home.write_config(&text);
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = self.home.command(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.output().unwrap().into()
    }

    /// Runs a command as it is shown to the user.
    fn shell(&self, line: &str) {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", line])
            .env_clear()
            .env("HOME", self.home.path(""))
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.home.path("bin").display()),
            )
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
    }

    /// The doctor's lines with these titles; no other check is allowed to complain.
    fn doctor(&self, titles: &[&str]) -> String {
        let out = self.run(&["doctor"]).out;
        let mut kept = String::new();
        let mut keep = false;
        for line in out.lines() {
            if !line.starts_with(' ') {
                keep = titles.iter().any(|title| {
                    line[line.find(' ').unwrap() + 1..].starts_with(&format!("{title}:"))
                });
                assert!(
                    keep || !line.starts_with('✗'),
                    "more than {titles:?}: {out}"
                );
            }
            if keep {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        assert_eq!(
            kept.lines().filter(|line| !line.starts_with(' ')).count(),
            titles.len(),
            "{out}"
        );
        kept
    }

    /// The doctor does not complain of these checks any more.
    fn passes(&self, titles: &[&str]) {
        for line in self.doctor(titles).lines() {
            assert!(line.starts_with('✓'), "{line}");
        }
    }

    /// What was said, without what differs from run to run.
    fn same_every_time(&self, text: &str, process: Option<u32>) -> String {
        let mut text = text
            .replace(&format!("--port {}", self.port + 1), "--port 3457")
            .replace(&self.port.to_string(), "3456")
            .replace(PROGRAM, "claude-proxy")
            .replace(
                self.home.path("").to_str().unwrap().trim_end_matches('/'),
                "~",
            );
        if let Some(process) = process {
            // Whole words: the number may be short.
            text = text
                .replace(&format!("held by {process} "), "held by 4711 ")
                .replace(&format!("kill {process}`"), "kill 4711`");
        }
        let lines = text.lines().map(|line| match line.split_once("Z ") {
            // The time of a line of the log.
            Some((time, rest)) if time.starts_with("20") => rest.trim_end(),
            _ => line.trim_end(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A program of somebody else on the port; killed when dropped.
struct Stranger(Child);

impl Stranger {
    fn start(machine: &Machine, flags: &[&str], key: &str) -> Self {
        let child = Command::new(PROGRAM)
            .args(["fake-proxy", "--port", &machine.port.to_string()])
            .args(flags)
            .env("FAKE_PROXY_KEY", key)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_until("it listens", || get(machine.port, "/", None).is_ok());
        Self(child)
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The page that is being written.
struct Page {
    list: String,
    cases: String,
    count: usize,
}

impl Page {
    /// Adds a case: what is wrong, why, the command, what it said, and what to do.
    fn add(&mut self, wrong: &str, why: &str, command: &str, seen: &str, act: &str) {
        self.count += 1;
        let anchor: String = format!("{} {wrong}", self.count)
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || c == '-' => Some(c),
                _ => None,
            })
            .collect();
        writeln!(self.list, "{}. [{wrong}](#{anchor})", self.count).unwrap();
        write!(
            self.cases,
            "\n## {}. {wrong}\n\n{why}\n\n```console\n$ {command}\n{}\n```\n\n{act}\n",
            self.count,
            seen.trim_end()
        )
        .unwrap();
    }

    /// Adds a case that the doctor tells.
    fn doctor(&mut self, wrong: &str, why: &str, machine: &Machine, titles: &[&str], act: &str) {
        let seen = machine.same_every_time(&machine.doctor(titles), None);
        assert!(
            seen.contains('✗') || seen.contains("\n! ") || seen.starts_with('!'),
            "{seen}"
        );
        self.add(wrong, why, "claude-proxy doctor", &seen, act);
    }
}

const HEAD: &str = "# When it does not work

`claude-proxy doctor` (or `openclaw claude-proxy doctor`) finds most of this by itself: ✗ must be put right, ! is worth a look,
? unknown. The line below is the command that helps. `claude-proxy status` ends with `next`, the one next step.

A test makes each of these faults on a fresh machine (with a fake proxy, and small programs that say what the Claude CLI
says), and the output below is what the program said then; only paths, process ids, sizes and dates are replaced. Where a command of the helper or a `kill` helps, the test ran it and the
check passed after it. `claude-proxy` is the helper: `openclaw claude-proxy path` prints where it is.

";

#[test]
fn what_goes_wrong_on_a_new_machine_is_told_with_the_way_out() {
    let mut page = Page {
        list: String::new(),
        cases: String::new(),
        count: 0,
    };
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
    let ended = machine.run(&["run"]);
    ended.ends(78);
    assert!(ended.err.contains("`bunx` was not found"), "{}", ended.err);
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

/// `supervise` for this process, with `bunx` as in the settings, which is given these flags.
fn supervised(machine: &Machine, flags: &[&str]) -> Command {
    if !flags.is_empty() {
        machine.program(
            "bunx",
            &format!("exec claude-proxy fake-proxy {}", flags.join(" ")),
        );
    }
    machine
        .home
        .command(&["supervise", "--parent", &std::process::id().to_string()])
}

/// What `status` shows, without durations and process ids.
fn status(machine: &Machine, code: i32) -> String {
    let ended = machine.run(&["status"]);
    ended.ends(code);
    let lines = ended.out.lines().map(|line| {
        let (name, rest) = line.split_at(line.len().min(10));
        match name.trim_end() {
            "proxy" => format!("{name}{}", rest.split(" for ").next().unwrap_or(rest)),
            "process" => format!("{name}4711"),
            _ => line.to_owned(),
        }
    });
    machine.same_every_time(&lines.collect::<Vec<_>>().join("\n"), None)
}

/// The last line of a log.
fn the_end(log: &str) -> String {
    log.lines().last().unwrap_or_default().to_owned()
}

fn ports(page: &mut Page) {
    const TAKEN: &[&str] = &["Port", "Proxy answers", "Listener is the proxy"];
    let mut machine = Machine::well();
    let stranger = Stranger::start(&machine, &["--service", "html"], "");
    let seen = machine.doctor(TAKEN);
    page.add(
        "The port is taken by another program",
        "It is named (here it is a program of the test), and no prompt or key is ever sent to it.",
        "claude-proxy doctor",
        &machine.same_every_time(&seen, Some(stranger.0.id())),
        "Move to another port with that command, or end the program.",
    );
    let fix = seen.lines().find(|line| line.starts_with("    ")).unwrap();
    machine.shell(&format!("{} --yes", fix.trim()));
    machine.port += 1;
    assert!(machine.doctor(&["Port"]).contains("is free"));
    drop(stranger);

    let machine = Machine::well();
    let stranger = Stranger::start(&machine, &[], "of-somebody-else");
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
        &machine.same_every_time(&seen, Some(stranger.0.id())),
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
    let stranger = Stranger::start(&machine, &["--service", "litellm"], "sk-own");
    let seen = machine.doctor(TAKEN);
    page.add(
        "A proxy that may ask other vendors has the port",
        "It is only used where `proxy` names it: which vendor answers is its own configuration's to say.",
        "claude-proxy doctor",
        &machine.same_every_time(&seen, Some(stranger.0.id())),
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
