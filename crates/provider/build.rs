//! Packs `data/keys.txt`, the keys that OpenClaw's configuration takes, into what `src/audit/shape.rs` reads: 32 KB instead
//! of 150. What its lines mean says `xtask/src/routes/shapes.rs`.
//!
//! A shape is the number of its groups; a group is the mask of versions that it holds for, the number of its lines, and these; a
//! line is by how much the number of its name is greater than the last one's, twice, plus one where the offset of another shape
//! follows. Numbers are LEB128, offsets two bytes, low first. Names are in a trie that tells their numbers, the most frequent first
//! after the two that stand for others.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a build script reads and writes files"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use zerotrie::ZeroTrieSimpleAscii;

#[path = "build/wit.rs"]
mod wit;

/// A line: its name, its mask of versions, the heading of the shape that stands there.
type Line<'a> = (&'a str, u8, Option<String>);

/// What stands for any other key, and for a list's items; in the trie 0 and 1.
const OTHER: &str = "*";
const ITEMS: &str = "[]";

/// The heading of the shape that takes no key.
const EMPTY: &str = "{}";

fn main() -> Result<(), Box<dyn Error>> {
    wit::write_types()?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=data/keys.txt");
    let text = fs::read_to_string("data/keys.txt")?;
    let shapes = shapes(&text)?;
    let lines = || shapes.values().flatten();

    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    lines().for_each(|(name, ..)| *counts.entry(name).or_default() += 1);
    let mut names: Vec<&str> = counts.keys().copied().collect();
    names.sort_by_key(|name| match *name {
        OTHER => (0, 0),
        ITEMS => (1, 0),
        name => (
            2,
            usize::MAX - counts.get(name).copied().unwrap_or_default(),
        ),
    });
    let numbers: BTreeMap<&str, usize> = names.into_iter().zip(0..).collect();
    let trie = ZeroTrieSimpleAscii::try_from_btree_map_str(&numbers)
        .map_err(|why| format!("the names make no trie: {why}"))?;

    let pack =
        |lines: &[Line<'_>], offsets: &BTreeMap<&str, usize>| -> Result<Vec<u8>, Box<dyn Error>> {
            let mut groups: BTreeMap<u8, Vec<(usize, Option<&str>)>> = BTreeMap::new();
            for (name, mask, there) in lines {
                let name = numbers.get(name).copied().unwrap_or_default();
                groups
                    .entry(*mask)
                    .or_default()
                    .push((name, there.as_deref()));
            }
            let mut out = Vec::new();
            number(&mut out, groups.len());
            for (mask, mut lines) in groups {
                lines.sort_unstable();
                number(&mut out, usize::from(mask));
                number(&mut out, lines.len());
                let mut last = 0;
                for (name, there) in lines {
                    number(&mut out, (name - last) << 1 | usize::from(there.is_some()));
                    last = name;
                    if let Some(there) = there {
                        let offset = offsets
                            .get(there)
                            .ok_or_else(|| format!("{there:?} is no heading"))?;
                        out.extend(u16::try_from(*offset)?.to_le_bytes());
                    }
                }
            }
            Ok(out)
        };
    // Where a shape begins does not change its length, so lengths are known first.
    let mut offsets: BTreeMap<&str, usize> =
        shapes.keys().map(|place| (place.as_str(), 0)).collect();
    let mut end = 0;
    for (place, lines) in &shapes {
        let length = pack(lines, &offsets)?.len();
        offsets.insert(place, end);
        end += length;
    }
    let mut bytes = Vec::new();
    for lines in shapes.values() {
        bytes.extend(pack(lines, &offsets)?);
    }
    let mut out = String::new();
    writeln!(out, "static NAMES: &[u8] = &{:?};", trie.as_bytes())?;
    writeln!(out, "static SHAPES: &[u8] = &{bytes:?};")?;
    let folder = env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?;
    fs::write(Path::new(&folder).join("shapes.rs"), out)?;
    Ok(())
}

/// The lines by their headings. The one of the whole configuration is the empty text, and so the first.
fn shapes(text: &str) -> Result<BTreeMap<String, Vec<Line<'_>>>, Box<dyn Error>> {
    let mut shapes = BTreeMap::from([(EMPTY.to_owned(), Vec::new())]);
    let mut heading = String::new();
    for line in text.lines() {
        if let Some(place) = line
            .strip_prefix('"')
            .and_then(|line| line.strip_suffix("\" {"))
        {
            place.clone_into(&mut heading);
        }
        let Some((mask, line)) = line
            .strip_prefix("0b")
            .and_then(|line| line.split_once(' '))
        else {
            continue;
        };
        let (name, there) = line.split_once(' ').unwrap_or((line, ""));
        let there = match there {
            "" => None,
            "{..}" if heading.is_empty() => Some(name.to_owned()),
            "{..}" => Some(format!("{heading}.{name}")),
            EMPTY => Some(EMPTY.to_owned()),
            there => Some(there.trim_start_matches("= ").trim_matches('"').to_owned()),
        };
        let mask = u8::from_str_radix(mask, 2)?;
        shapes
            .entry(heading.clone())
            .or_default()
            .push((name, mask, there));
    }
    Ok(shapes)
}

/// Writes a number, seven bits a byte, the lowest first.
fn number(out: &mut Vec<u8>, mut number: usize) {
    while number > 127 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}
