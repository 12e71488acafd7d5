//! Wrong settings are refused by OpenClaw itself, and the real Claude CLI reports that it is logged out.

use anyhow::{Result, ensure};
use harness::command::run;
use harness::home::Home;
use harness::places;
use serde_json::json;

use crate::scene::TIMEOUT;

#[test]
fn openclaw_refuses_wrong_settings_before_it_starts() -> Result<()> {
    let home = Home::new()?;
    let wrong = json!({
        "autoStart": "yes", "port": 99999, "command": [], "prot": 3456, "models": [], "restartDelayMs": -1,
    });
    home.link(&wrong)?;
    let refused = home.openclaw(["config", "validate"])?;
    ensure!(refused.code == Some(1), "{refused:?}");
    let names = wrong.as_object().into_iter().flatten();
    let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
    refused.says(&names).map(drop)
}

#[test]
fn the_real_claude_says_that_it_is_logged_out() -> Result<()> {
    let home = Home::new()?;
    let claude = places::claude()?;
    let output = run(home.command(&claude)?.args(["auth", "status"]), TIMEOUT)?;
    ensure!(output.json()?["loggedIn"] == false, "{}", output.text());
    // The ways to log in that are named everywhere are there. To go them takes a browser.
    for words in [&["auth", "login"][..], &["setup-token"]] {
        let mut help = home.command(&claude)?;
        let help = run(help.args(words).arg("--help"), TIMEOUT)?.success()?;
        help.says(&[&format!("Usage: claude {}", words.join(" "))])?;
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
