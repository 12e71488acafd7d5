//! The format of the audit's data files: each line carries a mask of the OpenClaw versions that it holds for, so that a
//! line of several versions is written once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use harness::versions;

/// Most versions that a line has a bit for.
const MOST: usize = 8;

/// How a file is written.
pub(super) struct Format {
    /// Its name in the audit's data folder.
    pub(super) name: &'static str,
    /// What begins a comment.
    pub(super) comment: &'static str,
    /// What its lines hold, for its first comment.
    pub(super) title: &'static str,
    /// The macro around the lines; empty where they stand alone.
    pub(super) wrapper: &'static str,
}

/// A line, under its heading; empty where the file has none.
pub(super) type Line = (String, String);

/// The lines of a file, each with the versions that it holds for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    lines: BTreeMap<Line, BTreeSet<String>>,
}

impl Format {
    /// A file of Rust code, whose lines stand in a macro.
    pub(super) const fn code(
        name: &'static str,
        wrapper: &'static str,
        title: &'static str,
    ) -> Self {
        Self {
            name,
            comment: "//",
            title,
            wrapper,
        }
    }

    /// A file of plain lines.
    pub(super) const fn text(name: &'static str, title: &'static str) -> Self {
        Self {
            name,
            comment: "#",
            title,
            wrapper: "",
        }
    }

    /// Reads a file that was written in this form; an empty text has no lines.
    pub(super) fn read(&self, text: &str) -> Result<Contents> {
        let mut versions = Vec::new();
        let mut out = Contents::default();
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
    pub(super) fn write(&self, contents: &Contents) -> Result<String> {
        let versions = contents.versions();
        ensure!(
            versions.len() <= MOST,
            "{} versions are more than the {MOST} that a line has bits for",
            versions.len()
        );
        let Self { comment, title, .. } = self;
        let mut out = format!(
            "{comment} {title}. Written by `cargo xtask routes`.\n{comment} The bits of a line are the versions for which it holds. The lowest bit is the first of:\n{comment}{VERSIONS}{}\n",
            versions.join(" ")
        );
        let width = versions.len();
        let (open, close, indent) = match self.wrapper {
            "" => (String::new(), "", ""),
            name => (format!("{name}! {{\n"), "}\n", "    "),
        };
        out += &open;
        let mut under = "";
        for ((heading, line), of) in &contents.lines {
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
        out += close;
        Ok(out)
    }
}

/// What begins the line of versions.
const VERSIONS: &str = " Versions: ";

impl Contents {
    /// Replaces the lines of one version.
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

    /// The versions that have lines, oldest first.
    pub(super) fn versions(&self) -> Vec<&str> {
        let all: BTreeSet<&str> = self.lines.values().flatten().map(String::as_str).collect();
        let mut all: Vec<&str> = all.into_iter().collect();
        all.sort_by_key(|version| versions::numbers(version));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format::code("x", "x", "Things");

    fn line(heading: &str, text: &str) -> Line {
        (heading.to_owned(), text.to_owned())
    }

    #[test]
    fn a_line_of_several_versions_is_written_once() {
        let mut contents = Contents::default();
        contents.replace("2026.10.1", [line("", "a"), line("\"p\"", "c")]);
        contents.replace("2026.9.6", [line("", "a"), line("", "b")]);
        let text = FORMAT.write(&contents).unwrap();
        assert!(text.contains(" Versions: 2026.9.6 2026.10.1\n"), "{text}");
        for wanted in [
            "    0b11 a\n",
            "    0b01 b\n",
            "    \"p\" {\n        0b10 c\n    }\n",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
        let again = FORMAT.read(&text).unwrap();
        assert_eq!(again, contents);
        let mut changed = again;
        changed.replace("2026.9.6", [line("", "a")]);
        changed.replace("2026.10.1", []);
        assert_eq!(changed.versions(), ["2026.9.6"]);
        assert!(FORMAT.write(&changed).unwrap().contains("    0b1 a\n"));
    }

    #[test]
    fn a_broken_file_and_too_many_versions_are_refused() {
        assert!(FORMAT.read("// Versions: 1\n0b2 a\n").is_err());
        let mut contents = Contents::default();
        for n in 0..=MOST {
            contents.replace(&format!("2026.1.{n}"), [line("", "a")]);
        }
        assert!(FORMAT.write(&contents).is_err());
    }
}
