//! Compares the vectors with what `claude-proxy-provider` returns, or writes them anew for review.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

use crate::vectors::File;
use crate::{filter, native, vectors};

/// Every file as it should be.
fn expected_files() -> Result<Vec<(PathBuf, String)>> {
    let mut out = Vec::new();
    for (path, file) in vectors::load()? {
        out.push((path, text(&with_results(&file)?)?));
    }
    let runs: Vec<_> = filter::load()?.iter().map(filter::expected).collect();
    out.push((filter::path(), text(&runs)?));
    Ok(out)
}

fn with_results(file: &File) -> Result<File> {
    let mut fresh = file.clone();
    for vector in &mut fresh.vectors {
        let mut state = native::State::default();
        for call in &mut vector.calls {
            let place = format!("{}: {}: {}", file.interface, vector.name, call.function);
            call.result = file
                .arguments(call)
                .and_then(|all| native::call(&mut state, &file.interface, &call.function, all))
                .context(place)?;
        }
    }
    Ok(fresh)
}

fn text<T: Serialize>(value: &T) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Writes every result anew; the files that changed.
pub(crate) fn write() -> Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    for (path, text) in expected_files()? {
        if !same(&path, &text)? {
            fs::write(&path, text)?;
            changed.push(path);
        }
    }
    Ok(changed)
}

/// Fails where a file is not as it would be written; the number of files.
pub(crate) fn check() -> Result<usize> {
    let all = expected_files()?;
    for (path, text) in &all {
        ensure!(
            same(path, text)?,
            "{} is not what the crate gives now; `cargo xtask conformance bless` writes it anew, review the difference",
            path.display()
        );
    }
    Ok(all.len())
}

fn same(path: &Path, text: &str) -> Result<bool> {
    Ok(fs::read_to_string(path)? == text)
}
