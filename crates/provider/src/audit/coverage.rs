//! Completeness: whether the inventory names every path that a schema's could carry a route at, and nothing else.
//!
//! Compiled with the feature `coverage` only; the component does not need it.

use std::collections::BTreeSet;

use super::schema::state;
pub use super::schema::{Derived, derive};
use super::table::{Class, ROWS, Table};

/// The candidate paths of the OpenClaw version that the inventory was taken from, one a line, as [`derive()`] gives them.
pub const CANDIDATES: &str = include_str!("../../data/candidates-2026.9.6.txt");

/// A candidate that the inventory names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// The path, `*` for any key and `[]` for any item.
    pub path: String,
    /// The pattern that names it.
    pub pattern: &'static str,
    /// What kind of place it is.
    pub class: Class,
    /// What it is for, or why it is not a route.
    pub note: &'static str,
}

/// How the inventory and a schema fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Candidates that a row names.
    pub covered: Vec<Covered>,
    /// Candidates that no row names: the audit is not complete for this schema.
    pub missing: Vec<String>,
    /// Rows that name nothing in this schema.
    pub stale: Vec<&'static str>,
}

/// Holds candidates against the inventory. `seen` are all paths of interest, for finding rows that name nothing.
pub fn coverage(candidates: &[String], seen: &[String]) -> Coverage {
    let table = Table::new();
    let mut out = Coverage::default();
    let mut used = BTreeSet::new();
    for path in seen.iter().chain(candidates) {
        used.extend(table.rows(&state(&table, path)));
    }
    for path in candidates {
        match table.row(&state(&table, path)) {
            Some(row) => out.covered.push(Covered {
                path: path.clone(),
                pattern: row.pattern,
                class: row.class,
                note: row.note,
            }),
            None => out.missing.push(path.clone()),
        }
    }
    out.stale = ROWS
        .iter()
        .enumerate()
        .filter_map(|(n, row)| (!used.contains(&n)).then_some(row.pattern))
        .collect();
    out
}
