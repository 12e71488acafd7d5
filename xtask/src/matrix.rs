//! `cargo xtask test`: every test, or with `--openclaw` the end-to-end tests in several versions of OpenClaw.
//! `UPDATE_DOCS=1` then writes the tables of README.md (results) and docs/openclaw.md (differences).

use anyhow::Result;
use clap::Args;
use harness::{page, places, versions};

use crate::test::{self, Count, Summary};
use crate::{cargo, fetch, package};

/// The generated tables: a page, and the name of its part.
const RESULTS: [&str; 2] = ["README.md", "versions"];
const DIFFERENCES: [&str; 2] = ["docs/openclaw.md", "differences"];
/// The Node that the peers pin beside OpenClaw.
const NODE: &str = "24";
const PASSED: &str = "✓";

/// What to test.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only what runs in OpenClaw, in each of these versions: 2026.7.1,2026.8.2. One below the floor must refuse the package
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    openclaw: Vec<String>,
    /// Of that only the story from the installation to the removal, and the way from one version to another
    #[arg(long, requires = "openclaw")]
    story: bool,
    /// The Node that runs OpenClaw, and the shim's own tests: 22
    #[arg(long, value_name = "MAJOR", requires = "openclaw")]
    node: Option<String>,
}

/// Runs everything, or what runs in OpenClaw in each of the versions that are named.
pub(crate) fn run(options: &Options) -> Result<()> {
    let Options {
        openclaw,
        story,
        node,
    } = options;
    if openclaw.is_empty() {
        return test::run();
    }
    let mut summary = Summary::default();
    summary.step("peers", || {
        fetch::groups(fetch::OPENCLAW)?;
        if let Some(major) = node {
            fetch::node(major)?;
        }
        for version in openclaw {
            fetch::openclaw_version(version)?;
        }
        fetch::groups(fetch::TOOLS)
    });
    summary.step(
        "package",
        || package::run(&package::Options::this_machine()),
    );
    if let Some(major) = node {
        summary.step(&format!("shim: tests in Node {major}"), || {
            test::shim_tests(&fetch::node(major)?)
        });
    }
    let mut rows = Vec::new();
    for version in openclaw {
        let mut row = Row::new(version, node.as_deref().unwrap_or(NODE));
        summary.step(&format!("in OpenClaw {version}"), || {
            row.run(*story, node.as_deref())
        });
        rows.push(row);
    }
    if page::is_updating() {
        // A version that must refuse the package has no row.
        rows.retain(|row| !row.is_below());
        let [page, part] = RESULTS;
        page::check_or_update(page, part, &table(&page::part(page, part)?, &rows))?;
        let [page, part] = DIFFERENCES;
        page::check_or_update(page, part, &differences())?;
    }
    summary.print()
}

/// How it went in one version.
struct Row {
    version: String,
    node: String,
    /// Of [`versions::STEPS`], those that the story went.
    steps: Vec<String>,
    /// Everything else, if it ran.
    others: Option<Count>,
}

impl Row {
    fn new(version: &str, node: &str) -> Self {
        Self {
            version: version.to_owned(),
            node: node.to_owned(),
            steps: Vec::new(),
            others: None,
        }
    }

    /// Whether it is older than the package takes.
    fn is_below(&self) -> bool {
        let floor = versions::ALL.first().copied().unwrap_or_default();
        versions::numbers(&self.version) < versions::numbers(floor)
    }

    fn run(&mut self, story: bool, node: Option<&str>) -> Result<Count> {
        let below = self.is_below();
        let mut tests = cargo::cargo(&["test", "--locked", "--package", "e2e", "--test", "e2e"]);
        tests
            .args(["--", "--test-threads=2", "--show-output"])
            .env(versions::TESTED, &self.version);
        // The way from one version to another takes a Node that both accept: the pinned one.
        let crosses = node.is_none();
        if let Some(major) = node {
            tests.env(places::NODE_VERSION, major);
        }
        if below {
            tests.arg("downgrade::");
        } else if story {
            tests.arg("every_version::");
            tests.args(crosses.then_some("downgrade::"));
        } else {
            if !crosses {
                tests.args(["--skip", "downgrade::"]);
            }
            for one in versions::missing_in(&self.version) {
                for test in one.tests {
                    println!("without {test}: {}", one.before);
                    tests.args(["--skip", test]);
                }
            }
            for test in versions::WITHOUT {
                tests.args(["--skip", test]);
            }
        }
        let count = test::counted(&mut tests, |line, count| {
            test::read_harness(line, count);
            if let Some(step) = line.strip_prefix(versions::STEP) {
                self.steps.push(step.to_owned());
            }
        })?;
        self.others = (!below && !story).then_some(count);
        Ok(count)
    }

    /// Its line of the table.
    fn line(&self) -> String {
        let steps = versions::STEPS.map(|step| {
            let passed = self.steps.iter().any(|one| one == step);
            if passed { PASSED } else { "**failed**" }
        });
        let others = match self.others {
            None => "not run".to_owned(),
            Some(Count { passed, failed: 0 }) => format!("{passed} passed"),
            Some(Count { passed, failed }) => format!("{passed} passed, **{failed} failed**"),
        };
        format!(
            "| {} | {} | {} | {others} |",
            self.version,
            self.node,
            steps.join(" | ")
        )
    }

    /// What begins its line, and no other.
    fn key(&self) -> String {
        format!("| {} | {} |", self.version, self.node)
    }
}

/// The table with these rows in place of older ones of the same version and Node, oldest version first.
fn table(before: &str, rows: &[Row]) -> String {
    let known = |line: &&str| {
        line.starts_with("| 2") && !rows.iter().any(|row| line.starts_with(&row.key()))
    };
    let mut lines: Vec<String> = before.lines().filter(known).map(str::to_owned).collect();
    lines.extend(rows.iter().map(Row::line));
    lines.sort_by_key(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let cell = |n: usize| versions::numbers(cells.get(n).copied().unwrap_or_default());
        (cell(1), cell(2))
    });
    let head = versions::STEPS.join(" | ");
    let rule = "--- | ".repeat(versions::STEPS.len());
    format!(
        "| OpenClaw | Node | {head} | tests |\n| --- | --- | {rule}--- |\n{}\n",
        lines.join("\n")
    )
}

/// What versions lack, newest first.
fn differences() -> String {
    let mut text = String::from("| before | |\n| --- | --- |\n");
    for one in versions::DIFFERENCES.iter().rev() {
        let left_out = match one.tests {
            [] => String::new(),
            tests => format!(" (left out: `{}*`)", tests.join("*`, `")),
        };
        text.push_str(&format!("| {} | {}{left_out} |\n", one.since, one.before));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_readme_table_lists_every_audited_version() {
        let [page, part] = RESULTS;
        let table = page::part(page, part).unwrap();
        let versions: BTreeSet<&str> = table
            .lines()
            .skip(2)
            .filter_map(|line| line.split('|').nth(1))
            .map(str::trim)
            .collect();
        assert_eq!(versions, BTreeSet::from_iter(versions::ALL.iter().copied()));
        let manifest = places::root().join("plugin-manifest.json");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        let floor = &manifest["package"]["minHostVersion"];
        assert_eq!(floor, &format!(">={}", versions::ALL[0]));
        assert_eq!(manifest["package"]["openclawVersion"], versions::pinned());
    }

    #[test]
    fn version_differences_are_documented() {
        let [page, part] = DIFFERENCES;
        page::check_or_update(page, part, &differences()).unwrap();
    }

    #[test]
    fn a_run_replaces_its_rows_only() {
        let mut row = Row::new("2026.8.2", "24");
        row.steps = vec!["install".to_owned()];
        let before = "| 2026.7.1 | 24 | old |\n| 2026.8.2 | 24 | old |\n| 2026.8.2 | 22 | old |\n";
        let after = table(before, &[row]);
        let lines: Vec<&str> = after.lines().skip(2).collect();
        assert_eq!(
            lines[..2],
            ["| 2026.7.1 | 24 | old |", "| 2026.8.2 | 22 | old |"]
        );
        assert!(
            lines[2].starts_with("| 2026.8.2 | 24 | ✓ | **failed** |"),
            "{after}"
        );
    }
}
