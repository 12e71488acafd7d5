//! Prepares a release: version, changelog, archive, checksums, and the commands to publish it. It does not publish,
//! commit or tag.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use harness::{command, places};

use crate::{cargo, component, manifest};

/// How long git and `date` may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What to prepare.
#[derive(Args)]
pub(crate) struct Options {
    /// The version: newer than every tag, and not older than what the sources say
    #[arg(value_name = "VERSION")]
    version: String,
}

/// Prepares it in `target/dist`.
///
/// # Errors
/// If the tree has changes that are not committed, the version is not newer, the changelog says nothing of it, or something
/// does not build.
pub(crate) fn run(options: &Options) -> Result<()> {
    let version = options.version.as_str();
    let changed = git(&["status", "--porcelain"])?;
    ensure!(changed.is_empty(), "commit or stash first:\n{changed}");
    let mut manifest = manifest::read()?;
    let old = manifest.identity.version.clone();
    check_version(version, &old, &git(&["tag", "--list", "v*"])?)?;
    let changelog = places::root().join("CHANGELOG.md");
    let today = output_of(Command::new("date").args(["-u", "+%F"]))?;
    let (text, notes) = date_section(&fs::read_to_string(&changelog)?, version, today.trim())?;

    fs::write(changelog, text)?;
    for (file, before) in [
        ("Cargo.toml", "version = "),
        ("plugin-manifest.json", "\"version\": "),
    ] {
        let path = places::root().join(file);
        let old = format!("{before}\"{old}\"");
        let text = fs::read_to_string(&path)?;
        ensure!(text.contains(&old), "{file} has no {old}");
        let new = format!("{before}\"{version}\"");
        fs::write(&path, text.replacen(&old, &new, 1))?;
    }
    version.clone_into(&mut manifest.identity.version);
    fs::write(
        places::root().join("openclaw/identity.js"),
        manifest.identity_js()?,
    )?;
    cargo::run(&mut cargo::cargo(&["update", "--workspace", "--offline"]))?;
    // Another xtask than this one, with the new version in it.
    cargo::run(&mut cargo::cargo(&["xtask", "package"]))
        .context("`git restore .` takes the new version back")?;

    let dist = places::target().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    let archive = format!("{}-{version}.tgz", manifest.identity.id);
    let mut sums = String::new();
    for name in [archive.as_str(), "plugin.wasm"] {
        let bytes = fs::read(places::target().join(name))?;
        sums += &format!("{}  {name}\n", component::digest(&bytes));
        fs::write(dist.join(name), bytes)?;
    }
    fs::write(dist.join("SHA256SUMS"), sums)?;
    fs::write(dist.join("NOTES.md"), notes)?;
    println!("{}", next_steps(version, &archive, &dist));
    Ok(())
}

/// What is left to do by hand.
fn next_steps(version: &str, archive: &str, dist: &Path) -> String {
    let dist = dist.strip_prefix(places::root()).unwrap_or(dist).display();
    format!(
        "\nNothing was published. Look at `git diff` and {dist}, run `.ci/run`, then:

  git commit -am \"Release {version}\" && git tag -a v{version} -F {dist}/NOTES.md && git push --follow-tags
  npm publish {dist}/{archive} --access public
  gh release create v{version} --notes-file {dist}/NOTES.md {dist}/{archive} {dist}/plugin.wasm {dist}/SHA256SUMS

and take \"not published yet\" out of README.md."
    )
}

/// Numbers of a version: 0.2.0.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let parts: Vec<u64> = version
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    parts.try_into().ok()
}

/// A version must be newer than all that were tagged, and not older than that of the sources.
fn check_version(version: &str, sources: &str, tags: &str) -> Result<()> {
    let wanted =
        numbers(version).with_context(|| format!("{version:?} is not a version: 0.2.0"))?;
    for tag in tags.lines() {
        let old = numbers(tag.trim_start_matches('v'));
        ensure!(
            old.is_none_or(|old| wanted > old),
            "{version} is not newer than {tag}, which is tagged"
        );
    }
    let old = numbers(sources).with_context(|| format!("the sources say version {sources:?}"))?;
    ensure!(
        wanted >= old,
        "{version} is older than {sources}, which the sources say"
    );
    Ok(())
}

/// The changelog with the section of this version dated, and what that section says. Where there is none it is made of what
/// stands under *Unreleased*.
fn date_section(changelog: &str, version: &str, today: &str) -> Result<(String, String)> {
    const UNRELEASED: &str = "## [Unreleased]";
    let own = format!("## {version}");
    let is_own = |line: &&str| {
        line.strip_prefix(&own)
            .is_some_and(|rest| !rest.starts_with(|c: char| c == '.' || c.is_ascii_digit()))
    };
    let heading = changelog
        .lines()
        .find(is_own)
        .or_else(|| changelog.lines().find(|line| *line == UNRELEASED))
        .with_context(|| format!("CHANGELOG.md has neither {own:?} nor {UNRELEASED:?}"))?;
    let (before, after) = changelog
        .split_once(&format!("{heading}\n"))
        .context("CHANGELOG.md ends with a heading")?;
    let notes = after.split("\n## ").next().unwrap_or(after).trim();
    ensure!(
        notes.lines().any(|line| line.starts_with("- ")),
        "CHANGELOG.md says nothing under {heading:?}"
    );
    let kept = if heading == UNRELEASED {
        format!("{UNRELEASED}\n\n")
    } else {
        String::new()
    };
    let text = format!("{before}{kept}{own} - {today}\n{after}");
    Ok((text, format!("{notes}\n")))
}

fn git(arguments: &[&str]) -> Result<String> {
    let mut git = Command::new("git");
    output_of(git.current_dir(places::root()).args(arguments))
}

/// The standard output of a command, which must succeed.
fn output_of(command: &mut Command) -> Result<String> {
    let outcome = command::run(command, LIMIT)?;
    let line = || format!("`{}`", cargo::command_line(command));
    Ok(outcome.success().with_context(line)?.stdout)
}

#[cfg(test)]
mod tests {
    use super::{check_version, date_section};

    #[test]
    fn a_version_that_is_not_newer_is_refused() {
        for (version, tags, part) in [
            ("0.1.0", "", None),
            ("0.10.0", "v0.9.0\nv0.2.0\n", None),
            ("0.1.0", "v0.1.0\n", Some("not newer than v0.1.0")),
            ("0.9.0", "v0.10.0\n", Some("not newer than v0.10.0")),
            ("0.0.9", "", Some("older than 0.1.0")),
            ("1.0", "", Some("not a version")),
            ("1.0.0-rc", "", Some("not a version")),
        ] {
            let checked = check_version(version, "0.1.0", tags);
            let error = checked.map_err(|why| why.to_string()).err();
            assert_eq!(error.is_some(), part.is_some(), "{version}: {error:?}");
            assert!(error.unwrap_or_default().contains(part.unwrap_or_default()));
        }
    }

    const OLD: &str = "## 0.1.0 (not released yet)\n\n### Added\n\n- A thing.\n";

    #[test]
    fn the_section_of_a_version_is_dated() {
        let log = format!("# Changelog\n\n## [Unreleased]\n\n{OLD}");
        let (text, notes) = date_section(&log, "0.1.0", "2026-12-01").expect("it has a section");
        assert_eq!(
            text,
            log.replace("0.1.0 (not released yet)", "0.1.0 - 2026-12-01")
        );
        assert_eq!(notes, "### Added\n\n- A thing.\n");
    }

    #[test]
    fn the_unreleased_section_becomes_that_of_the_release() {
        let log = format!("# Changelog\n\n## [Unreleased]\n\n- New.\n\n{OLD}");
        let (text, notes) =
            date_section(&log, "0.2.0", "2026-12-01").expect("there is something new");
        let head = "# Changelog\n\n## [Unreleased]\n\n## 0.2.0 - 2026-12-01\n\n- New.\n\n";
        assert_eq!(text, format!("{head}{OLD}"));
        assert_eq!(notes, "- New.\n");
    }

    #[test]
    fn an_empty_section_is_refused() {
        let log = format!("# Changelog\n\n## [Unreleased]\n\n{OLD}");
        let why = date_section(&log, "0.2.0", "2026-12-01").expect_err("nothing is new");
        assert!(why.to_string().contains("says nothing"), "{why}");
        assert!(date_section("# Changelog\n", "0.2.0", "2026-12-01").is_err());
    }
}
