//! Generated parts of pages: what stands between `<!-- NAME -->` and `<!-- /NAME -->` is written by a test or a
//! command.

use std::env;
use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::places;

/// Whether pages are to be written, not only compared.
#[must_use]
pub fn is_updating() -> bool {
    env::var_os("UPDATE_DOCS").is_some()
}

/// What stands before, in and behind a part of a page.
fn split(page: &str, name: &str) -> Result<[String; 3]> {
    let text = fs::read_to_string(places::root().join(page))?;
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let parts = text
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?)));
    let (before, (part, after)) = parts.with_context(|| format!("{page} has no part {name}"))?;
    Ok([before, part, after].map(str::to_owned))
}

/// The text of a part of a page.
///
/// # Errors
/// If the page has no such part.
pub fn part(page: &str, name: &str) -> Result<String> {
    split(page, name).map(|[_, part, _]| part)
}

/// Compares a part of a page with this text; with `UPDATE_DOCS` it is written.
///
/// # Errors
/// If the page has no such part, or another text there.
pub fn check_or_update(page: &str, name: &str, text: &str) -> Result<()> {
    let [before, part, after] = split(page, name)?;
    if is_updating() {
        let whole = format!("{before}<!-- {name} -->\n{text}<!-- /{name} -->{after}");
        return Ok(fs::write(places::root().join(page), whole)?);
    }
    ensure!(
        part == text,
        "the part {name} of {page} is out of date; UPDATE_DOCS=1 writes it:\n{text}"
    );
    Ok(())
}
