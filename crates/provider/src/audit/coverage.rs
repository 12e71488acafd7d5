//! Whether the inventory is complete: it has a row for every path of a schema that could hold a route, and no other rows.
//!
//! This is compiled only with the feature `coverage`, for tests and xtask.

use std::collections::BTreeSet;

use super::inventory::{Class, Table, rows};
use super::schema::state;
pub use super::schema::{Derived, derive};
use super::version::Version;

/// The candidate paths of all known versions of OpenClaw, one on each line, as [`derive()`] gives them.
const CANDIDATES: &str = include_str!("../../data/candidates.txt");

/// The keys that they accept; `xtask/src/routes/shapes.rs` explains the format.
const KEYS: &str = include_str!("../../data/keys.txt");

/// The content of a line of a data file, if the line is for this version.
fn line(version: Version, line: &str) -> Option<&str> {
    let (mask, rest) = line.strip_prefix("0b")?.split_once(' ')?;
    let of = u8::from_str_radix(mask, 2).is_ok_and(|mask| version.is_in(mask));
    of.then_some(rest)
}

/// The paths of a version's schema that could hold a route.
pub fn candidates(version: Version) -> Vec<String> {
    let lines = CANDIDATES.lines();
    let lines = lines.filter_map(|text| line(version, text));
    lines.map(str::to_owned).collect()
}

/// One path for each shape of object in a version's schema, with `*` for any key and `[]` for an item.
pub fn places(version: Version) -> BTreeSet<&'static str> {
    let mut place = "";
    let mut out = BTreeSet::new();
    for text in KEYS.lines() {
        if let Some(heading) = text.strip_suffix("\" {") {
            place = heading.trim_start_matches('"');
        }
        if line(version, text).is_some() {
            out.insert(place);
        }
    }
    out
}

/// The differences between the inventory and a schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The class of each candidate path with a row.
    pub covered: Vec<Class>,
    /// Candidate paths without a row: the inventory is incomplete for this schema.
    pub missing: Vec<String>,
    /// Patterns of rows that match no path of this schema.
    pub stale: Vec<&'static str>,
}

/// Compares candidate paths with the inventory. `seen` are all paths of interest, to find rows that match nothing.
pub fn coverage(version: Version, candidates: &[String], seen: &[String]) -> Coverage {
    let table = Table::new(version);
    let mut out = Coverage::default();
    let mut used = BTreeSet::new();
    for path in seen.iter().chain(candidates) {
        used.extend(table.rows(&state(&table, path)));
    }
    for path in candidates {
        match table.row(&state(&table, path)) {
            Some(row) => out.covered.push(row.class),
            None => out.missing.push(path.clone()),
        }
    }
    out.stale = rows(version)
        .enumerate()
        .filter_map(|(n, row)| (!used.contains(&n)).then_some(row.pattern))
        .collect();
    out
}
