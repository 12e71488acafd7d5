//! Every command of README.md and of the pages for users is one that a test runs.
//!
//! The helper's own commands are run here, as they are written. What needs OpenClaw, a login or a build names the test that
//! runs it; that test has to exist, and the command's words have to be in its file. A command that is not in the table
//! (`documents.json`) fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::process::supervise;
use crate::support::{Home, free_port};

/// Pages whose commands are meant to be typed; of the second list only the blocks, its text talks about many more.
const PAGES: [&str; 3] = ["README.md", "docs/running.md", "docs/troubleshooting.md"];
const BLOCKS: [&str; 2] = ["docs/host.md", "docs/openclaw.md"];
const PROGRAMS: [&str; 4] = ["openclaw", "claude-proxy", "claude", "cargo"];

/// How each command, without what differs from user to user, is shown to work.
#[derive(Deserialize)]
struct Known {
    command: String,
    /// Run here, with this exit code, on a home that is set up and has its proxy running.
    exit: Option<i32>,
    test: Option<Test>,
    /// Run by nothing; or why it ends like that.
    why: Option<String>,
}

#[derive(Deserialize)]
struct Test {
    file: String,
    name: String,
    /// The command as it is written there.
    words: Vec<String>,
}

fn known() -> Vec<Known> {
    serde_json::from_str(include_str!("documents.json")).unwrap()
}

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
    let table = known();
    for (line, page) in &found {
        assert!(
            table.iter().any(|known| known.command == *line),
            "{page}: no test is named for `{line}`"
        );
    }
    for known in table {
        let Known { command, .. } = &known;
        assert!(
            found.iter().any(|(line, _)| line == command),
            "`{command}` is on no page any more"
        );
        assert!(known.exit.is_some() || known.test.is_some() || known.why.is_some());
        if let Some(Test { file, name, words }) = &known.test {
            let source = fs::read_to_string(root().join(file)).unwrap();
            assert!(source.contains(&format!("fn {name}(")), "{file}: {name}");
            for word in words {
                assert!(
                    source.contains(word),
                    "{file} does not run `{command}`: no {word}"
                );
            }
        }
    }
}

#[test]
fn documented_helper_commands_exit_as_documented() {
    for known in known() {
        let Some(code) = known.exit else { continue };
        let home = Home::new();
        let port = free_port();
        home.set_up(port);
        let running = supervise(&home, port, &[]);
        running.event("ready");
        let mut words = known.command.split(' ');
        assert_eq!(words.next(), Some("claude-proxy"));
        let arguments: Vec<&str> = words.collect();
        home.run(&arguments).ends(code);
    }
}
