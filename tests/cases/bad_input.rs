//! What is wrong is said: where, what was found, what is accepted, what to do. The file stays as it is.

use std::fs;

use anyhow::{Result, ensure};
use harness::home::Home;
use harness::places;
use serde_json::json;

use crate::scene::ID;

/// Settings that are not accepted, and what the message must hold besides the path.
const WRONG: [(&str, &str); 7] = [
    (r#"{ "autoStart": "yes" }"#, "autoStart"),
    (r#"{ "port": 99999 }"#, "65535"),
    (r#"{ "command": [] }"#, "command"),
    (r#"{ "prot": 3456 }"#, "prot"),
    (r#"{ "models": [] }"#, "models"),
    (r#"{ "host": "not a host" }"#, "not a host"),
    (r#"{ "restartDelayMs": -1 }"#, "restartDelayMs"),
];

#[test]
fn every_wrong_setting_is_named_by_the_helper() -> Result<()> {
    let home = Home::new()?;
    for (settings, expected) in WRONG {
        let settings: serde_json::Value = serde_json::from_str(settings)?;
        home.edit(|config| {
            config["plugins"] =
                json!({ "entries": { ID: { "enabled": true, "config": settings } } })
        })?;
        let before = fs::read(home.config_path())?;
        for line in [vec!["setup", "--yes"], vec!["run"]] {
            let refused = home.helper(line.iter().copied())?;
            ensure!(
                !matches!(refused.code, Some(0) | None),
                "{line:?} took {settings}: {}",
                refused.text()
            );
            let text = refused.text();
            ensure!(
                text.contains(&format!("plugins.entries.{ID}.config")) && text.contains(expected),
                "{settings}: {text}"
            );
        }
        ensure!(
            fs::read(home.config_path())? == before,
            "the file was changed"
        );
    }
    Ok(())
}

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
    let said = home.openclaw(["config", "validate"])?;
    ensure!(said.code == Some(1), "{}", said.text());
    for name in [
        "autoStart",
        "port",
        "command",
        "prot",
        "models",
        "restartDelayMs",
    ] {
        ensure!(
            said.text().contains(name),
            "{name} is not in\n{}",
            said.text()
        );
    }
    Ok(())
}

#[test]
fn a_broken_file_is_left_alone() -> Result<()> {
    let home = Home::new()?;
    let broken = "{ \"models\": { // half of it\n";
    fs::write(home.config_path(), broken)?;
    for line in [vec!["setup", "--yes"], vec!["audit", "--fix"]] {
        let refused = home.helper(line.iter().copied())?;
        ensure!(
            !matches!(refused.code, Some(0) | None),
            "{line:?}: {}",
            refused.text()
        );
        ensure!(
            fs::read_to_string(home.config_path())? == broken,
            "{line:?} changed it"
        );
    }
    Ok(())
}

#[test]
fn the_real_claude_says_that_it_is_logged_out() -> Result<()> {
    let home = Home::new()?;
    let claude = places::claude()?;
    let said = harness::command::run(
        home.command(&claude)?.args(["auth", "status"]),
        crate::scene::PATIENCE,
    )?;
    ensure!(said.json()?["loggedIn"] == false, "{}", said.text());
    // The ways to log in that are named everywhere are there. To go them takes a browser.
    for words in [&["auth", "login"][..], &["setup-token"]] {
        let help = harness::command::run(
            home.command(&claude)?.args(words).arg("--help"),
            crate::scene::PATIENCE,
        )?
        .good()?;
        let usage = format!("Usage: claude {}", words.join(" "));
        ensure!(help.text().contains(&usage), "{}", help.text());
    }
    // The doctor finds this program and says the same.
    std::os::unix::fs::symlink(&claude, home.path().join("bin/claude"))?;
    ensure!(home.check("claude-cli")?["status"] == "pass");
    let login = home.check("login")?;
    ensure!(
        login["status"] == "fail" && !login["fix"].is_null(),
        "{login:#}"
    );
    Ok(())
}
