//! The audit's data files: lines, each with the versions of OpenClaw that it holds for. What several versions say alike is
//! there once, and another version adds bits and a few lines.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};

/// Most versions that a line has a bit for.
const MOST: usize = 8;

/// How a file is written.
pub(super) struct Form {
    /// Its name in the audit's data folder.
    pub(super) name: &'static str,
    /// What begins a comment.
    pub(super) comment: &'static str,
    /// What its lines say, for its first comment.
    pub(super) title: &'static str,
    /// What stands before the lines; empty where they stand alone.
    pub(super) open: &'static str,
    /// What stands after them.
    pub(super) close: &'static str,
}

/// A line, under its heading; empty where the file has none.
pub(super) type Line = (String, String);

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Merged {
    lines: BTreeMap<Line, BTreeSet<String>>,
}

impl Form {
    /// Reads a file that was written in this form; an empty text has no lines.
    ///
    /// # Errors
    /// If it is none.
    pub(super) fn read(&self, text: &str) -> Result<Merged> {
        let mut versions = Vec::new();
        let mut out = Merged::default();
        let mut heading = String::new();
        for line in text.lines() {
            if let Some(list) = line
                .strip_prefix(self.comment)
                .and_then(|rest| rest.strip_prefix(VERSIONS))
            {
                versions = list.split_whitespace().map(str::to_owned).collect();
                continue;
            }
            let line = line.trim();
            if let Some(place) = line
                .strip_suffix(" {")
                .filter(|place| place.starts_with('"'))
            {
                heading = place.to_owned();
                continue;
            }
            let Some((mask, rest)) = line
                .strip_prefix("0b")
                .and_then(|line| line.split_once(' '))
            else {
                continue;
            };
            let mask = u8::from_str_radix(mask, 2)
                .with_context(|| format!("{}: {line} has no mask of versions", self.name))?;
            let of = versions
                .iter()
                .enumerate()
                .filter(|(n, _)| mask >> n & 1 == 1);
            let of = of.map(|(_, version)| version.clone()).collect();
            out.lines.insert((heading.clone(), rest.to_owned()), of);
        }
        Ok(out)
    }

    /// Writes it.
    ///
    /// # Errors
    /// If there are more versions than bits.
    pub(super) fn write(&self, merged: &Merged) -> Result<String> {
        let versions = merged.versions();
        ensure!(
            versions.len() <= MOST,
            "{} versions are more than the {MOST} that a line has bits for",
            versions.len()
        );
        let Self { comment, title, .. } = self;
        let mut out = format!(
            "{comment} {title}. Written by `cargo xtask routes`.\n{comment} A line's bits are the versions that it holds for, the lowest the first of:\n{comment}{VERSIONS}{}\n",
            versions.join(" ")
        );
        let width = versions.len();
        let indent = if self.open.is_empty() { "" } else { "    " };
        if !self.open.is_empty() {
            writeln!(out, "{}", self.open)?;
        }
        let mut under = "";
        for ((heading, line), of) in &merged.lines {
            if heading != under {
                if !under.is_empty() {
                    writeln!(out, "{indent}}}")?;
                }
                under = heading;
                writeln!(out, "{indent}{heading} {{")?;
            }
            let mask = versions
                .iter()
                .rev()
                .map(|version| if of.contains(*version) { '1' } else { '0' });
            let mask: String = mask.collect();
            let deeper = if heading.is_empty() { "" } else { indent };
            writeln!(out, "{indent}{deeper}0b{mask:0>width$} {line}")?;
        }
        if !under.is_empty() {
            writeln!(out, "{indent}}}")?;
        }
        if !self.close.is_empty() {
            writeln!(out, "{}", self.close)?;
        }
        Ok(out)
    }
}

/// What begins the line of versions.
const VERSIONS: &str = " Versions: ";

impl Merged {
    /// Replaces what is said of one version.
    pub(super) fn replace(&mut self, version: &str, lines: impl IntoIterator<Item = Line>) {
        for of in self.lines.values_mut() {
            of.remove(version);
        }
        for line in lines {
            self.lines
                .entry(line)
                .or_default()
                .insert(version.to_owned());
        }
        self.lines.retain(|_, of| !of.is_empty());
    }

    /// The versions that something is said of, oldest first.
    pub(super) fn versions(&self) -> Vec<&str> {
        let all: BTreeSet<&str> = self.lines.values().flatten().map(String::as_str).collect();
        let mut all: Vec<&str> = all.into_iter().collect();
        all.sort_by(|one, other| by_age(one, other));
        all
    }
}

/// Older versions first: the parts are numbers.
pub(crate) fn by_age(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| -> Vec<u64> {
        version
            .split('.')
            .map(|part| part.parse().unwrap_or(u64::MAX))
            .collect()
    };
    parts(one).cmp(&parts(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Form = Form {
        name: "x",
        comment: "//",
        title: "Things",
        open: "x! {",
        close: "}",
    };

    fn line(heading: &str, text: &str) -> Line {
        (heading.to_owned(), text.to_owned())
    }

    #[test]
    fn what_versions_say_alike_is_there_once() {
        let mut merged = Merged::default();
        merged.replace("2026.10.1", [line("", "a"), line("\"p\"", "c")]);
        merged.replace("2026.9.6", [line("", "a"), line("", "b")]);
        let text = FORM.write(&merged).unwrap();
        assert!(text.contains(" Versions: 2026.9.6 2026.10.1\n"), "{text}");
        for wanted in [
            "    0b11 a\n",
            "    0b01 b\n",
            "    \"p\" {\n        0b10 c\n    }\n",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
        let again = FORM.read(&text).unwrap();
        assert_eq!(again, merged);
        let mut changed = again;
        changed.replace("2026.9.6", [line("", "a")]);
        changed.replace("2026.10.1", []);
        assert_eq!(changed.versions(), ["2026.9.6"]);
        assert!(FORM.write(&changed).unwrap().contains("    0b1 a\n"));
    }

    #[test]
    fn a_broken_file_and_too_many_versions_are_refused() {
        assert!(FORM.read("// Versions: 1\n0b2 a\n").is_err());
        let mut merged = Merged::default();
        for n in 0..=MOST {
            merged.replace(&format!("2026.1.{n}"), [line("", "a")]);
        }
        assert!(FORM.write(&merged).is_err());
    }
}
