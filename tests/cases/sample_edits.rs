//! What `setup`, `audit --fix` and `setup --harden` make of the audit's sample cases: every leak that can be closed is
//! closed, and OpenClaw accepts the result.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use harness::command::{self, Outcome};
use harness::home::Home;
use harness::places;
use serde_json::Value;

use crate::scene::TIMEOUT;

/// Commands that are run one after the other, and whether they close what is open. A closed file stays closed in each.
const EDITS: &[(&str, &[&[&str]], bool)] = &[
    ("login", &[&["setup", "--yes", "--set-default"]], false),
    ("fix", &[&["audit", "--fix"]], true),
    (
        "harden",
        &[&["audit", "--fix"], &["setup", "--harden", "--yes"]],
        true,
    ),
    ("harden-only", &[&["setup", "--harden", "--yes"]], false),
];

/// Cases that only a person can close, and the reason in the refusal.
const REFUSED: &[(&str, &str)] = &[
    ("closed-include-clean", "comes from another file"),
    ("leak-include-fallback", "comes from another file"),
    (
        "leak-duplicate-key-last-wins",
        "the same key more than once",
    ),
];

struct Case {
    name: String,
    /// The configuration, in the folder of the samples.
    file: PathBuf,
    leaks: bool,
}

fn cases() -> Result<Vec<Case>> {
    let folder = places::root().join("crates/provider/tests/cases");
    let mut cases = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(name) = name.strip_suffix(".expect.json") else {
            continue;
        };
        let expected: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
        let file = expected["file"].as_str().context("no file")?;
        cases.push(Case {
            name: name.to_owned(),
            file: folder.join(file),
            leaks: expected["closed"] == false,
        });
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(cases)
}

/// A copy of a case that may be edited; the included files come along.
fn copy_case(case: &Case, into: &Path) -> Result<PathBuf> {
    fs::create_dir_all(into)?;
    let from = case.file.parent().context("no folder")?;
    let included = from.join("inc");
    if included.is_dir() {
        places::copy(&included, &into.join("inc"))?;
    }
    let file = into.join("openclaw.json");
    fs::copy(&case.file, &file)?;
    Ok(file)
}

#[test]
fn edits_close_the_samples_and_openclaw_accepts_them() -> Result<()> {
    let home = Home::new()?;
    let cases = cases()?;
    let leaks = cases.iter().filter(|case| case.leaks).count();
    ensure!(leaks >= 18, "only {leaks} samples leak");
    let mut written = Vec::new();
    let mut wrong = Vec::new();
    for case in &cases {
        for (edit, lines, closes) in EDITS {
            let folder = home.path().join("cases").join(edit).join(&case.name);
            let file = copy_case(case, &folder)?;
            let place = file.to_string_lossy();
            let mut done = Vec::new();
            for line in *lines {
                done.push(home.helper([line, &["--json", "--config", &*place][..]].concat())?);
            }
            let output: String = done.iter().map(Outcome::text).collect();
            let refused = REFUSED.iter().find(|(name, _)| *name == case.name);
            let closes = *closes || !case.leaks;
            if let (true, Some((_, why))) = (closes, refused) {
                let untouched = fs::read(&file)? == fs::read(&case.file)?;
                if !(untouched && done[0].code == Some(4) && output.contains(why)) {
                    wrong.push(format!("{} {edit}: not refused: {output}", case.name));
                }
            } else if closes {
                let audit = home.helper(["audit", "--json", "--config", &*place])?;
                if audit.json()?["closed"] != true || done.iter().any(|one| one.code != Some(0)) {
                    wrong.push(format!("{} {edit}: {output}", case.name));
                }
            }
            written.push(file);
        }
    }
    let mut validate = home.command(places::node_folder()?.join("node"))?;
    validate.arg(places::root().join("tests/harness/validate.mjs"));
    validate
        .arg(places::openclaw()?.parent().context("no folder")?)
        .args(&written);
    let output = command::run(&mut validate, 3 * TIMEOUT)?.success()?;
    for line in output.stdout.lines() {
        let verdict: Value = serde_json::from_str(line)?;
        if verdict["valid"] != true {
            wrong.push(format!("OpenClaw does not accept {verdict}"));
        }
    }
    let (judged, all) = (output.stdout.lines().count(), written.len());
    ensure!(judged == all, "{judged} of {all} files were judged");
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
