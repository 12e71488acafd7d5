//! Every command of README.md and of the pages for users is one that a test runs.
//!
//! The helper's own commands are run here, as they are written. What needs OpenClaw, a login or a build names the test that
//! runs it; that test has to exist, and the command's words have to be in its file. A command that is not in the table fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::process::supervise;
use crate::support::{Home, free_port};

/// Pages whose commands are meant to be typed; of the second list only the blocks, its text talks about many more.
const PAGES: [&str; 3] = ["README.md", "docs/running.md", "docs/troubleshooting.md"];
const BLOCKS: [&str; 2] = ["docs/host.md", "docs/openclaw.md"];
const PROGRAMS: [&str; 4] = ["openclaw", "claude-proxy", "claude", "cargo"];

enum Proof {
    /// Run here, with this exit code, on a home that is set up and has its proxy running.
    Here(i32),
    /// The test in this file runs it; the words are how it is written there.
    Test(&'static str, &'static str, &'static [&'static str]),
    /// Nothing runs it; this is why.
    Cannot(&'static str),
}

use Proof::{Cannot, Here, Test};

const BAD_INPUT: &str = "tests/cases/bad_input.rs";
const FIRST_RUN: &str = "tests/cases/first_run.rs";
const FROM_NOTHING: &str = "from_nothing_to_an_answer_and_back_again";
const CLAUDE: &str = "the_real_claude_says_that_it_is_logged_out";
const INSTALL: &str = "tests/cases/install.rs";
const LOGIN: &str = "tests/cases/login.rs";
const TURNS: &str = "tests/cases/turns.rs";
const SCENE: &str = "tests/cases/scene.rs";
const FIRST_DAY: &str = "crates/host/tests/cli/first_day.rs";
const REMOVED: &str = "from_a_directory_and_it_can_be_removed_again";
const LOOKED: &str = "looked_at";
const GATEWAY: &str = "a_gateway_with_its_proxy_from_start_to_a_violent_end";
const PROMPTS: &str = "the_three_prompts_what_they_write_and_what_a_second_run_starts_from";

/// The commands, without what differs from user to user.
const KNOWN: &[(&str, Proof)] = &[
    ("claude auth login", Test(BAD_INPUT, CLAUDE, &["\"login\""])),
    (
        "claude setup-token",
        Test(BAD_INPUT, CLAUDE, &["\"setup-token\""]),
    ),
    (
        "openclaw plugins install @rustyrayzor/anthropic-claude-proxy",
        Cannot("not published; the tests install folder and archives"),
    ),
    (
        "openclaw plugins enable anthropic-claude-proxy",
        Test(INSTALL, REMOVED, &["\"plugins\", \"enable\""]),
    ),
    (
        "openclaw plugins install ./target/package",
        Test(FIRST_RUN, FROM_NOTHING, &["Install this non-ClawHub"]),
    ),
    (
        "openclaw plugins install ./target/package --force --accept-capabilities",
        Test(INSTALL, REMOVED, &["home.install(places::package())"]),
    ),
    (
        "openclaw plugins uninstall anthropic-claude-proxy",
        Test(INSTALL, REMOVED, &["\"plugins\", \"uninstall\""]),
    ),
    (
        "openclaw plugins list",
        Test(INSTALL, REMOVED, &["\"plugins\", \"list\""]),
    ),
    (
        "openclaw models set THAT_MODEL",
        Test(INSTALL, REMOVED, &["\"models\", \"set\""]),
    ),
    (
        "openclaw models set OTHER_MODEL",
        Test(INSTALL, REMOVED, &["\"models\", \"set\""]),
    ),
    (
        "openclaw models auth login --provider anthropic-claude-proxy --set-default",
        Test(
            LOGIN,
            PROMPTS,
            &["\"models\", \"auth\", \"login\"", "\"--set-default\""],
        ),
    ),
    (
        "openclaw models status",
        Test(LOGIN, PROMPTS, &["\"models\", \"status\""]),
    ),
    (
        "openclaw onboard --non-interactive",
        Test(
            LOGIN,
            "without_a_terminal_onboarding_writes_the_same",
            &["\"onboard\"", "\"--non-interactive\""],
        ),
    ),
    (
        "openclaw gateway run",
        Test(
            "tests/harness/src/gateway.rs",
            "start",
            &["\"gateway\", \"run\""],
        ),
    ),
    (
        "openclaw gateway run --verbose",
        Test(
            "tests/harness/src/gateway.rs",
            "start",
            &["\"gateway\", \"run\", \"--verbose\""],
        ),
    ),
    (
        "openclaw claude-proxy status",
        Test(SCENE, LOOKED, &["claude_proxy(&[\"status\", \"--json\""]),
    ),
    (
        "openclaw claude-proxy audit",
        Test(TURNS, GATEWAY, &["\"claude-proxy\", \"audit\""]),
    ),
    (
        "openclaw claude-proxy doctor",
        Test(SCENE, LOOKED, &["claude_proxy(&[\"doctor\""]),
    ),
    (
        "openclaw claude-proxy logs",
        Test(SCENE, LOOKED, &["claude_proxy(&[\"logs\""]),
    ),
    (
        "openclaw claude-proxy path",
        Test(SCENE, LOOKED, &["claude_proxy(&[\"path\""]),
    ),
    ("claude-proxy status", Here(0)),
    ("claude-proxy status --json", Here(0)),
    (
        "claude-proxy status --watch",
        Test(
            "crates/host/tests/cli/terminal.rs",
            "a_watched_status_is_one_screen_that_is_redrawn",
            &["\"--watch\""],
        ),
    ),
    ("claude-proxy audit", Here(0)),
    // On a machine without the Claude CLI; it is there in the other test.
    ("claude-proxy doctor", Here(2)),
    ("claude-proxy doctor --fix", Here(2)),
    (
        "claude-proxy setup",
        Test(
            "crates/host/tests/cli/terminal.rs",
            "enter_takes_what_is_in_brackets",
            &["\"setup\""],
        ),
    ),
    // No terminal to ask at.
    (
        "claude-proxy setup < /dev/null",
        Test(
            FIRST_DAY,
            "what_goes_wrong_on_a_new_machine_is_told_with_the_way_out",
            &["&[\"setup\"]"],
        ),
    ),
    ("claude-proxy setup --yes --set-default", Here(0)),
    (
        "claude-proxy setup --port 3457",
        Test(
            FIRST_DAY,
            "ports",
            &["machine.shell(&format!(\"{} --yes\", fix.trim()))"],
        ),
    ),
    (
        "openclaw config set plugins.entries.anthropic-claude-proxy.config.keyFile /full/path/of/its/key",
        Cannot("what it writes is put into the file by kinds::*, which then use it"),
    ),
    (
        "claude-proxy setup --harden",
        Test(
            "crates/host/tests/cli/config.rs",
            "hardening_is_taken_back",
            &["\"--harden\""],
        ),
    ),
    (
        "claude-proxy run",
        Test(
            "crates/host/tests/cli/process.rs",
            "run_ends_as_it_is_told",
            &["\"run\""],
        ),
    ),
    (
        "claude-proxy run --port 3456 -- bunx opencode-claude-max-proxy@X.Y.Z",
        Test(
            "crates/host/tests/cli/process.rs",
            "run_ends_as_it_is_told",
            &["\"--port\"", "\"--\""],
        ),
    ),
    // Refused while the proxy runs; without one it is done by the other test.
    ("claude-proxy key rotate", Here(4)),
    (
        "cargo xtask demo",
        Cannot("builds everything, then plays; what it shows is tested one by one in tests/cases"),
    ),
    (
        "cargo xtask chain",
        Cannot("a part of `cargo xtask test`; it needs root and the real Claude CLI"),
    ),
    ("cargo xtask test", Cannot("it is what runs this test")),
    (
        "cargo xtask deny --advisories DIR",
        Cannot("no database is reachable; what it takes is tested in xtask/src/deny.rs"),
    ),
    (
        "cargo xtask package",
        Cannot("takes too long for every test; one helper is built as it builds all of them"),
    ),
    (
        "cargo xtask package --this-machine",
        Cannot("a part of `cargo xtask test`: the tests of OpenClaw run what it made"),
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The lines of the page's shell blocks, and its other text.
fn parts(text: &str) -> (Vec<String>, String) {
    let (mut lines, mut rest) = (Vec::new(), String::new());
    let mut shell = None;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), shell) {
            (Some(language), None) => shell = Some((language == "bash", language == "console")),
            (Some(_), Some(_)) => shell = None,
            (None, Some((true, _))) => lines.push(line.to_owned()),
            (None, Some((_, true))) => lines.extend(line.strip_prefix("$ ").map(str::to_owned)),
            (None, Some(_)) => {}
            (None, None) => {
                rest.push_str(line);
                rest.push(' ');
            }
        }
    }
    (lines, rest)
}

/// The command of a line, without its remark and with one space between words.
fn command(line: &str) -> Option<String> {
    let line = line.split("  #").next().unwrap_or(line);
    let words: Vec<&str> = line.split_whitespace().collect();
    let program = words.first()?;
    // `openclaw …` talks about all of them.
    (PROGRAMS.contains(program) && words.len() > 1 && !words.contains(&"…"))
        .then(|| words.join(" "))
}

fn commands() -> BTreeSet<(String, &'static str)> {
    let mut found = BTreeSet::new();
    for page in PAGES.into_iter().chain(BLOCKS) {
        let (lines, text) = parts(&fs::read_to_string(root().join(page)).unwrap());
        found.extend(
            lines
                .iter()
                .filter_map(|line| command(line))
                .map(|line| (line, page)),
        );
        if PAGES.contains(&page) {
            let quoted = text.split('`').skip(1).step_by(2);
            found.extend(quoted.filter_map(command).map(|line| (line, page)));
        }
    }
    found
}

#[test]
fn every_command_of_the_pages_is_one_that_a_test_runs() {
    let found = commands();
    assert!(found.len() > 30, "{found:#?}");
    for (line, page) in &found {
        assert!(
            KNOWN.iter().any(|(known, _)| known == line),
            "{page}: no test is named for `{line}`"
        );
    }
    for (known, proof) in KNOWN {
        assert!(
            found.iter().any(|(line, _)| line == known),
            "`{known}` is on no page any more"
        );
        if let Test(file, test, words) = proof {
            let source = fs::read_to_string(root().join(file)).unwrap();
            assert!(source.contains(&format!("fn {test}(")), "{file}: {test}");
            for word in *words {
                assert!(
                    source.contains(word),
                    "{file} does not run `{known}`: no {word}"
                );
            }
        }
        if let Cannot(why) = proof {
            assert!(!why.is_empty());
        }
    }
}

#[test]
fn the_helpers_commands_of_the_pages_do_what_they_say() {
    for (line, proof) in KNOWN {
        let Here(code) = proof else { continue };
        let home = Home::new();
        let port = free_port();
        home.set_up(port);
        let running = supervise(&home, port, &[]);
        running.event("ready");
        let mut words = line.split(' ');
        assert_eq!(words.next(), Some("claude-proxy"));
        let arguments: Vec<&str> = words.collect();
        home.run(&arguments).ends(*code);
    }
}
