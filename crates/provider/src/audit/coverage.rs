//! Completeness: whether the inventory names every path that a schema's could carry a route at, and nothing else.
//!
//! Compiled with the feature `coverage` only; the component does not need it.

use std::collections::BTreeSet;

use super::inventory::{Class, Table, rows};
use super::schema::state;
pub use super::schema::{Derived, derive};
use super::version::Version;

/// The candidate paths of the versions of OpenClaw, one a line, as [`derive()`] gives them.
const CANDIDATES: &str = include_str!("../../data/candidates.txt");

/// The keys that they take, as `xtask/src/routes/shapes.rs` explains them.
const KEYS: &str = include_str!("../../data/keys.txt");

/// The content of a line of a data file, if the line is valid for a version.
fn line(version: Version, line: &str) -> Option<&str> {
    let (mask, rest) = line.strip_prefix("0b")?.split_once(' ')?;
    let of = u8::from_str_radix(mask, 2).is_ok_and(|mask| version.is_in(mask));
    of.then_some(rest)
}

/// The paths of a version's schema that could carry a route.
pub fn candidates(version: Version) -> Vec<String> {
    let lines = CANDIDATES.lines();
    let lines = lines.filter_map(|text| line(version, text));
    lines.map(str::to_owned).collect()
}

/// Places of every shape that a version's schema has: keys, `*` for any, `[]` for an item, with dots between.
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

/// How the inventory and a schema fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Of each candidate that a row names, what kind of place it is.
    pub covered: Vec<Class>,
    /// Candidates that no row names: the audit is not complete for this schema.
    pub missing: Vec<String>,
    /// Rows that name nothing in this schema.
    pub stale: Vec<&'static str>,
}

/// Holds candidates against the inventory. `seen` are all paths of interest, for finding rows that name nothing.
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
