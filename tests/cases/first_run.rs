//! The first run of a new user, from nothing to an answered turn, typed at a terminal as in the README; then a
//! change of mind. With `UPDATE_DOCS=1` it writes `docs/first-run.md` and its pictures from what was on the screens.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use harness::gateway::Gateway;
use harness::home::Home;
use harness::rpc::Rpc;
use harness::terminal::{ENTER, Terminal};
use harness::vendor::FakeVendor;
use harness::{check, page, places, ports, wait};
use serde_json::{Value, json};

use crate::scene::{FOREIGN, ID, REPLY, TIMEOUT};

/// The recording that becomes the page.
struct Recording {
    home: PathBuf,
    port: u16,
    text: String,
    /// Commands and prompts until the first answer.
    commands: u32,
    prompts: u32,
}

impl Recording {
    /// What is true of any machine: names in place of throw-away folders, the default port.
    fn anonymous(&self, text: &str) -> String {
        text.replace(&places::package().display().to_string(), "./target/package")
            .replace(&self.home.display().to_string(), "~")
            .replace(&self.port.to_string(), "3456")
    }

    fn add_text(&mut self, text: &str) {
        self.text.push_str(&format!("\n{text}\n"));
    }

    fn add_screen(&mut self, command: &str, screen: &str) {
        // OpenClaw's banner has another joke every time.
        let lines: Vec<&str> = screen
            .lines()
            .skip_while(|line| ["│", "◇", ""].contains(line) || line.starts_with("OpenClaw "))
            .collect();
        let text = self.anonymous(&format!("$ {command}\n{}", lines.join("\n").trim_end()));
        self.text.push_str(&format!("\n```text\n{text}\n```\n"));
    }

    /// Types a command, answers its questions with Enter as they come, and keeps the screen as text and, where a name is
    /// given, as a picture.
    fn run_typed(
        &mut self,
        home: &Home,
        line: &[&str],
        answers: &[(&str, &str)],
        picture: Option<&str>,
    ) -> Result<String> {
        let terminal = Terminal::start(&home.openclaw_command(line)?)?;
        terminal.answer(answers, TIMEOUT)?;
        let (status, screen, svg) = terminal.finish_with_screenshot(TIMEOUT)?;
        ensure!(status.success(), "{line:?}: {status}\n{screen}");
        let shown = line.iter().map(|word| match word.contains(' ') {
            true => format!("\"{word}\""),
            false => (*word).to_owned(),
        });
        let shown = shown.collect::<Vec<_>>().join(" ");
        self.commands += 1;
        self.prompts += u32::try_from(answers.len())?;
        match picture {
            Some(name) => {
                let shown = self.anonymous(&shown);
                self.add_text(&format!(
                    "```sh\nopenclaw {shown}\n```\n\n![the screen](pictures/{name}.svg)"
                ));
                self.add_picture(name, &svg)?;
            }
            None => self.add_screen(&format!("openclaw {shown}"), &screen),
        }
        Ok(screen)
    }

    fn add_picture(&self, name: &str, svg: &str) -> Result<()> {
        let file = places::root().join(format!("docs/pictures/{name}.svg"));
        if page::is_updating() {
            fs::create_dir_all(file.parent().context("no folder")?)?;
            fs::write(&file, self.anonymous(svg))?;
        }
        ensure!(
            file.is_file(),
            "{} is missing; UPDATE_DOCS=1 writes it",
            file.display()
        );
        Ok(())
    }
}

/// A free port with as many digits as the default, so that screens keep their shape.
fn free_four_digit_port() -> Result<u16> {
    (3456..3999)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .context("no free port")
}

/// A machine with everything that the README asks for: Bun (which runs a fake proxy in place of the proxy's package), a
/// Claude CLI with a login, OpenClaw. And a listener where a vendor would be.
fn set_up_machine() -> Result<(Home, FakeVendor)> {
    let mut home = Home::new()?;
    home.set("NO_COLOR", "");
    home.set("COLUMNS", "100");
    let helper = places::helper()?;
    home.write_program(
        "bunx",
        &format!(
            "#!/bin/sh\necho \"$@\" > \"$HOME/started\"\nexec {} fake-proxy\n",
            helper.display()
        ),
    )?;
    home.write_program(
        "claude",
        "#!/bin/sh\ncase $1 in auth) echo '{\"loggedIn\":true,\"authMethod\":\"claude.ai\",\"apiProvider\":\"firstParty\"}';; *) echo '2.1.330 (Claude Code)';; esac\n",
    )?;
    home.write_program("bun", "#!/bin/sh\necho 1.3.14\n")?;
    // As npm installs it.
    symlink(places::openclaw()?, home.path().join("bin/openclaw"))?;
    let vendor = FakeVendor::start(&home)?;
    Ok((home, vendor))
}

#[test]
fn from_nothing_to_an_answer_and_back_again() -> Result<()> {
    let (home, vendor) = set_up_machine()?;
    let port = free_four_digit_port()?;
    let mut recording = Recording {
        home: home.path().to_owned(),
        port,
        text: String::new(),
        commands: 0,
        prompts: 0,
    };

    recording.add_text("## 1. Install");
    let package = places::package();
    let package = package.to_string_lossy();
    let install = ["plugins", "install", &package];
    // Where nobody can be asked OpenClaw refuses, and names one flag for each of its two questions.
    for (flags, named) in [
        (vec![], "--force"),
        (vec!["--force"], "--accept-capabilities"),
    ] {
        home.openclaw(install.iter().chain(&flags))?
            .failure(&[named])?;
    }
    // Both want a word: Enter alone means no.
    let yes = format!("y{ENTER}");
    recording.run_typed(
        &home,
        &install,
        &[
            ("Install this non-ClawHub plugin source? [y/N]", &yes),
            ("Accept these capabilities and install", &yes),
        ],
        None,
    )?;
    recording.add_text("## 2. Log in to the provider: Enter takes what is offered");
    let line = ["models", "auth", "login", "--provider", ID, "--set-default"];
    let other_port = format!("{}{port}{ENTER}", harness::terminal::CLEAR);
    recording.run_typed(
        &home,
        &line,
        &[
            ("Proxy host", ENTER),
            ("Proxy port", &other_port),
            ("Model IDs", ENTER),
            ("Let the plugin stop runs", ENTER),
        ],
        Some("login"),
    )?;

    recording.add_text("## 3. Start the Gateway; it starts the proxy");
    let gateway = Gateway::start(&home)?;
    recording.commands += 1;
    gateway.line("proxy is ready", TIMEOUT)?;
    gateway.line("configuration is closed", TIMEOUT)?;
    let log = gateway.log();
    let own: Vec<&str> = log
        .lines()
        .filter_map(|line| {
            line.find(&format!("{ID}: "))
                .and_then(|at| line.get(at..)?.split('\x1b').next())
        })
        .collect();
    recording.add_screen("openclaw gateway run", &own.join("\n"));
    let started = fs::read_to_string(home.path().join("started"))?;
    ensure!(started.trim() == "opencode-claude-max-proxy", "{started}");

    recording.add_text("## 4. The first answer");
    let turn = ["agent", "--agent", "main", "--message", "Are you there?"];
    let answer = recording.run_typed(&home, &turn, &[], None)?;
    check::says(&answer, &[REPLY])?;
    let (commands, prompts) = (recording.commands, recording.prompts);

    recording.add_text("## Is all well?");
    let status = recording.run_typed(&home, &["models", "status"], &[], None)?;
    check::says(&status, &["anthropic-claude-proxy/claude-opus-4.6"])?;
    let listed = recording.run_typed(&home, &["models", "list", "--provider", ID], &[], None)?;
    ensure!(
        listed.matches("195k").count() + listed.matches("200k").count() >= 5,
        "{listed}"
    );
    let doctor = recording.run_typed(&home, &["claude-proxy", "doctor"], &[], Some("doctor"))?;
    ensure!(
        doctor.matches('✓').count() >= 18 && !doctor.contains('✗'),
        "{doctor}"
    );

    let mut watch = home.command(places::helper()?)?;
    watch.args(["status", "--watch"]);
    let terminal = Terminal::start(&watch)?;
    terminal.expect("ready", TIMEOUT)?;
    // The picture wants more than one measured answer.
    terminal
        .expect("▁", TIMEOUT)
        .or_else(|_| terminal.expect("█", TIMEOUT))?;
    recording.add_picture("watch", &terminal.screenshot())?;
    recording.add_text("`$(openclaw claude-proxy path) status --watch` follows it:\n\n![the screen](pictures/watch.svg)");
    drop(terminal);

    // In a chat: the picker, and the alias.
    let mut chat = Rpc::connect(&home)?;
    for (message, word) in [
        ("/models", "anthropic-claude-proxy (5)"),
        (
            "/model claude-max-proxy",
            "anthropic-claude-proxy/claude-opus-4.6",
        ),
        (
            "/model anthropic-claude-proxy/claude-haiku-4",
            "anthropic-claude-proxy/claude-haiku-4",
        ),
    ] {
        check::says(&send(&mut chat, message)?, &[word]).context(message)?;
    }
    drop(chat);

    // The second login finds the proxy and offers what it lists.
    recording.add_text("## Log in again: now the proxy is asked which models it has");
    recording.run_typed(
        &home,
        &line,
        &[
            ("Proxy host", ENTER),
            ("Proxy port", ENTER),
            ("Models (the first one", ENTER),
            // It answers, so a real turn is offered; Enter means no.
            ("Send two short messages", ENTER),
        ],
        Some("login-again"),
    )?;

    // Gone again: another provider answers, as before the plugin came.
    recording.add_text("## Change of mind");
    home.edit(|config| config["models"]["providers"]["anthropic"] = vendor.provider())?;
    recording.run_typed(&home, &["models", "set", FOREIGN], &[], None)?;
    recording.run_typed(&home, &["plugins", "uninstall", ID, "--force"], &[], None)?;
    ensure!(vendor.requests()?.is_empty(), "{:?}", vendor.requests()?);
    gateway.stop(TIMEOUT)?;
    let gateway = Gateway::start(&home)?;
    let reply = gateway.turn("And without the plugin?")?;
    ensure!(reply.status == 200, "{reply:?}\n{}", gateway.log());
    let asked = !vendor.requests()?.is_empty();
    ensure!(asked, "the other provider was not asked");
    ports::wait_until_free(port, TIMEOUT)?;

    let counted = format!("{commands} commands and {prompts} questions");
    let text = format!("{}{}", HEAD.replace("{counted}", &counted), recording.text);
    if page::is_updating() {
        fs::write(places::root().join("docs/first-run.md"), text)?;
    }
    for name in ["README.md", "docs/first-run.md"] {
        let text = fs::read_to_string(places::root().join(name))?;
        ensure!(text.contains(&counted), "{name} does not say {counted:?}");
    }
    Ok(())
}

/// What a chat answers.
fn send(chat: &mut Rpc, message: &str) -> Result<String> {
    let session = "agent:main:main";
    let before = messages(chat, session)?.len();
    chat.call(
        "chat.send",
        &json!({ "sessionKey": session, "message": message, "idempotencyKey": message }),
    )?;
    wait::until(&format!("an answer to {message}"), TIMEOUT, || {
        let all = messages(chat, session)?;
        Ok(all
            .iter()
            .skip(before)
            .find(|one| one["role"] == "assistant")
            .map(|one| one["content"].to_string()))
    })
}

fn messages(chat: &mut Rpc, session: &str) -> Result<Vec<Value>> {
    let history = chat.call(
        "chat.history",
        &json!({ "sessionKey": session, "limit": 200 }),
    )?;
    Ok(history["messages"].as_array().cloned().unwrap_or_default())
}

const HEAD: &str = "# A first run, recorded

From a machine with OpenClaw, Bun and a logged-in Claude CLI to an answered turn: {counted}, two of them answered with `y` and the others with Enter.
A test types this at a terminal in the real OpenClaw (`tests/cases/first_run.rs`; a fake proxy plays the proxy's package) and
wrote this page from what was on the screen. Only folders and the port's number were made the same as on your machine, and OpenClaw's banner was left out of the text.
";
