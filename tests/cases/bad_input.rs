//! Wrong settings are refused by OpenClaw itself, and the real Claude CLI reports that it is logged out.

use anyhow::{Result, ensure};
use harness::home::Home;
use harness::places;
use serde_json::json;

use crate::scene::ID;

#[test]
fn openclaw_refuses_wrong_settings_before_it_starts() -> Result<()> {
    let home = Home::new()?;
    home.edit(|config| {
        config["plugins"] = json!({
            "load": { "paths": [places::package()] },
            "entries": { ID: { "enabled": true, "config": {
                "autoStart": "yes", "port": 99999, "command": [], "prot": 3456, "models": [], "restartDelayMs": -1,
            } } },
        });
    })?;
    let output = home.openclaw(["config", "validate"])?;
    ensure!(output.code == Some(1), "{}", output.text());
    for name in [
        "autoStart",
        "port",
        "command",
        "prot",
        "models",
        "restartDelayMs",
    ] {
        ensure!(
            output.text().contains(name),
            "{name} is not in\n{}",
            output.text()
        );
    }
    Ok(())
}

#[test]
fn the_real_claude_says_that_it_is_logged_out() -> Result<()> {
    let home = Home::new()?;
    let claude = places::claude()?;
    let output = harness::command::run(
        home.command(&claude)?.args(["auth", "status"]),
        crate::scene::TIMEOUT,
    )?;
    ensure!(output.json()?["loggedIn"] == false, "{}", output.text());
    // The ways to log in that are named everywhere are there. To go them takes a browser.
    for words in [&["auth", "login"][..], &["setup-token"]] {
        let help = harness::command::run(
            home.command(&claude)?.args(words).arg("--help"),
            crate::scene::TIMEOUT,
        )?
        .success()?;
        let usage = format!("Usage: claude {}", words.join(" "));
        ensure!(help.text().contains(&usage), "{}", help.text());
    }
    // The doctor finds this program and says the same.
    std::os::unix::fs::symlink(&claude, home.path().join("bin/claude"))?;
    ensure!(home.doctor_check("claude-cli")?["status"] == "pass");
    let login = home.doctor_check("login")?;
    ensure!(
        login["status"] == "fail" && !login["fix"].is_null(),
        "{login:#}"
    );
    Ok(())
}
