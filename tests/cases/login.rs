//! `openclaw models auth login`, at a real terminal.

use std::fs;
use std::process::ExitStatus;

use anyhow::{Context as _, Result, ensure};
use harness::home::Home;
use harness::terminal::{CLEAR, ENTER, INTERRUPT, Terminal};
use harness::{check, places, ports, wait};
use serde_json::{Value, json};

use crate::scene::{ID, TIMEOUT};

const DEFAULT_MODELS: &str = "claude-opus-4.6, claude-opus-4-6-thinking, claude-sonnet-4.6, claude-sonnet-4-6-thinking, claude-haiku-4";

fn home() -> Result<Home> {
    let home = Home::new()?;
    home.link(&json!({}))?;
    home.edit(|config| {
        config["models"]["providers"]["anthropic"] = json!({
            "baseUrl": "https://vendor.invalid", "api": "anthropic-messages",
            "models": [{ "id": "claude-opus-4-8", "name": "Claude, directly" }],
        });
    })?;
    Ok(home)
}

fn login(home: &Home, flags: &[&str]) -> Result<Terminal> {
    let line = ["models", "auth", "login", "--provider", ID];
    Terminal::start(&home.openclaw_command(line.iter().chain(flags))?)
}

/// Waits until this text is offered in the field under a question.
fn expect_offer(terminal: &Terminal, question: &str, offered: &str) -> Result<()> {
    let shown = || {
        let screen = terminal.screen();
        let mut lines = screen.lines().skip_while(|line| !line.contains(question));
        let field = lines.nth(1).unwrap_or_default();
        field
            .trim_start_matches(['│', ' '])
            .trim_end_matches(['█', ' '])
            == offered
    };
    let what = format!("{offered:?} under {question:?}");
    wait::until_true(&what, TIMEOUT, || Ok(shown())).with_context(|| terminal.screen())
}

/// The aliases of models in a configuration, by model.
fn aliases(config: &Value) -> Vec<(String, Value)> {
    let models = config["agents"]["defaults"]["models"].as_object();
    let models = models
        .into_iter()
        .flatten()
        .map(|(key, model)| (key.clone(), model["alias"].clone()));
    models.filter(|(_, alias)| !alias.is_null()).collect()
}

/// This member of each row.
fn each<'r>(rows: &'r Value, member: &str) -> Vec<&'r str> {
    let rows = rows.as_array().into_iter().flatten();
    rows.filter_map(|row| row[member].as_str()).collect()
}

/// Answers questions as they come, by what they ask; Enter for the rest.
fn answer(terminal: Terminal, answers: &[(&str, &str)]) -> Result<(ExitStatus, String)> {
    terminal.answer(answers, TIMEOUT)?;
    terminal.finish(TIMEOUT)
}

#[test]
fn the_login_prompts_what_they_write_and_a_second_run() -> Result<()> {
    let home = home()?;
    let before = home.config()?;

    // First run: Enter everywhere.
    let terminal = login(&home, &["--set-default"])?;
    for (question, offered) in [
        ("Proxy host", "127.0.0.1"),
        ("Proxy port", "3456"),
        ("Model IDs", DEFAULT_MODELS),
    ] {
        expect_offer(&terminal, question, offered)?;
        terminal.press(ENTER)?;
    }
    let (status, screen) = answer(
        terminal,
        &[
            ("Close these routes now?", ENTER),
            ("Let the plugin stop runs", ENTER),
        ],
    )?;
    ensure!(status.success(), "{screen}");
    let default = "Default model set to anthropic-claude-proxy/claude-opus-4.6";
    check::says(&screen, &[default])?;

    let config = home.config()?;
    let provider = &config["models"]["providers"][ID];
    assert_eq!(provider["baseUrl"], "http://127.0.0.1:3456");
    assert_eq!(provider["api"], "anthropic-messages");
    assert_eq!(each(&provider["models"], "id").join(", "), DEFAULT_MODELS);
    assert_eq!(
        config["agents"]["defaults"]["model"],
        json!({ "primary": format!("{ID}/claude-opus-4.6"), "fallbacks": [] })
    );
    let alias = |model: &str| vec![(format!("{ID}/{model}"), json!("claude-max-proxy"))];
    assert_eq!(aliases(&config), alias("claude-opus-4.6"));
    let hooks = &config["plugins"]["entries"][ID]["hooks"];
    assert_eq!(hooks["allowConversationAccess"], true);
    let vendor = |config: &Value| config["models"]["providers"]["anthropic"].clone();
    assert_eq!(vendor(&config), vendor(&before));

    home.openclaw(["models", "status"])?.success()?.says(&[
        "Default       : anthropic-claude-proxy/claude-opus-4.6",
        "Fallbacks (0) : -",
        "Aliases (1)   : claude-max-proxy -> anthropic-claude-proxy/claude-opus-4.6",
    ])?;
    let line = ["models", "list", "--provider", ID, "--json"];
    let listed = home.openclaw(line)?.success()?.json()?;
    assert_eq!(listed["count"], 5, "{listed:#}");
    home.openclaw(["config", "validate"])?.success()?;

    // Second run, with models in the settings: the port changes, a wrong one is refused and asked again; the default model is
    // left alone, and OpenClaw lists those models and no other.
    let models = ["claude-sonnet-4.5", "claude-haiku-4", "claude-3.7-sonnet"];
    home.edit(|config| config["plugins"]["entries"][ID]["config"] = json!({ "models": models }))?;
    let port = ports::free()?;
    let terminal = login(&home, &[])?;
    terminal.answer(&[("Proxy host", ENTER)], TIMEOUT)?;
    expect_offer(&terminal, "Proxy port", "3456")?;
    terminal.press(&format!("{CLEAR}99999{ENTER}"))?;
    terminal.expect("65535", TIMEOUT)?;
    terminal.press(&format!("{CLEAR}{port}{ENTER}"))?;
    expect_offer(&terminal, "Model IDs", &models.join(", "))?;
    let (status, screen) = answer(terminal, &[("Model IDs", ENTER)])?;
    ensure!(status.success(), "{screen}");
    let config = home.config()?;
    let provider = &config["models"]["providers"][ID];
    assert_eq!(provider["baseUrl"], format!("http://127.0.0.1:{port}"));
    assert_eq!(aliases(&config), alias(models[0]), "it names one");
    let listed = home.openclaw(line)?.success()?.json()?;
    let mut keys = each(&listed["models"], "key");
    keys.sort_unstable();
    let mut wanted = models.map(|model| format!("{ID}/{model}"));
    wanted.sort_unstable();
    assert_eq!(keys, wanted, "fewer were asked for: {listed:#}");

    // Third run: it starts from the new values, and Ctrl-C changes nothing.
    let text = fs::read_to_string(home.config_path())?;
    let terminal = login(&home, &[])?;
    terminal.answer(&[("Proxy host", ENTER)], TIMEOUT)?;
    expect_offer(&terminal, "Proxy port", &port.to_string())?;
    terminal.press(ENTER)?;
    expect_offer(&terminal, "Model IDs", &models.join(", "))?;
    terminal.press(INTERRUPT)?;
    let (status, screen) = terminal.finish(TIMEOUT)?;
    ensure!(!status.success(), "{screen}");
    assert_eq!(fs::read_to_string(home.config_path())?, text);
    assert!(home.processes().is_empty(), "{:?}", home.processes());
    Ok(())
}

#[test]
fn comments_are_not_dropped_without_a_question() -> Result<()> {
    let home = home()?;
    let text = format!("// mine\n{}", fs::read_to_string(home.config_path())?);
    fs::write(home.config_path(), &text)?;
    // "n" chooses No.
    let (status, screen) = answer(
        login(&home, &["--set-default"])?,
        &[
            ("Proxy host", ENTER),
            ("Proxy port", ENTER),
            ("Model IDs", ENTER),
            ("Close these routes now?", ENTER),
            ("Let the plugin stop runs", ENTER),
            ("drops them when it saves", "n"),
        ],
    )?;
    ensure!(!status.success(), "{screen}");
    check::says(&screen, &["nothing was changed"])?;
    assert_eq!(fs::read_to_string(home.config_path())?, text);
    Ok(())
}

#[test]
fn without_a_terminal_onboarding_writes_the_same() -> Result<()> {
    let home = Home::new()?;
    home.install(places::package())?;
    let port = ports::free()?.to_string();
    let line = [
        "onboard",
        "--non-interactive",
        "--accept-risk",
        "--auth-choice",
        ID,
        "--claude-proxy-port",
        &port,
    ];
    let rest = [
        "--skip-health",
        "--skip-channels",
        "--skip-skills",
        "--skip-ui",
    ];
    home.openclaw(line.iter().chain(&rest))?.success()?;
    let config = home.config()?;
    assert_eq!(
        config["models"]["providers"][ID]["baseUrl"],
        format!("http://127.0.0.1:{port}")
    );
    assert_eq!(
        config["agents"]["defaults"]["model"],
        json!({ "primary": format!("{ID}/claude-opus-4.6"), "fallbacks": [] })
    );
    Ok(())
}
