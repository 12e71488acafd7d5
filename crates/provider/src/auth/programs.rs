//! Which proxy the Gateway is to start, where the settings name none of the user's: one that is installed already, by its
//! full path, in place of a package name that may lead nowhere.

use crate::proxy_kind::{self, ProxyKind};
use crate::settings::Settings;
use crate::strings;

/// What runs a package of npm, the best first, with what it needs before the package.
const RUNNERS: &[(&str, &[&str])] = &[("bunx", &[]), ("npx", &["-y"])];

/// The kinds that are used unasked in the dialect of the settings, the best first.
fn kinds(settings: &Settings) -> impl Iterator<Item = &'static ProxyKind> {
    let api = settings.api;
    let rows = proxy_kind::KINDS.iter();
    rows.filter(move |kind| kind.is_used_unnamed() && kind.api() == api)
}

/// What follows the program in a kind's command.
fn arguments(kind: &ProxyKind) -> &'static [&'static str] {
    match kind.command {
        [program, arguments @ ..] if kind.programs.contains(program) => arguments,
        _ => &[],
    }
}

/// The program names to search for; none where the settings name a command already, or nothing is started from here.
pub(super) fn names(settings: &Settings) -> Vec<String> {
    let is_default = settings.command == Settings::default().command;
    if !is_default || !settings.auto_start || !settings.is_local() {
        return Vec::new();
    }
    let programs = kinds(settings).flat_map(|kind| kind.programs);
    let has_package = kinds(settings).any(|kind| kind.package.is_some());
    let runners = RUNNERS.iter().filter(|_| has_package).map(|(name, _)| name);
    programs
        .chain(runners)
        .map(|&name| name.to_owned())
        .collect()
}

/// The command for the programs that are there: full paths, in any order. An installed program is better than a package that
/// is fetched.
pub(super) fn command(settings: &Settings, paths: &[String]) -> Option<Vec<String>> {
    let path_of = |name: &str| {
        let is_it = |path: &&String| path.starts_with('/') && path.rsplit('/').next() == Some(name);
        paths.iter().find(is_it).map(String::as_str)
    };
    let installed = kinds(settings).find_map(|kind| {
        let path = kind.programs.iter().find_map(|name| path_of(name))?;
        Some([&[path], arguments(kind)].concat())
    });
    let fetched = || {
        let kind = kinds(settings).find(|kind| kind.package.is_some())?;
        let runner =
            |(name, before): &(&str, &'static [&'static str])| Some((path_of(name)?, *before));
        let (path, before) = RUNNERS.iter().find_map(runner)?;
        Some([&[path], before, kind.package.as_slice(), arguments(kind)].concat())
    };
    let words = installed.or_else(fetched)?;
    Some(words.into_iter().map(str::to_owned).collect())
}

/// The question whether it is to be taken.
pub(super) fn question(settings: &Settings, command: &[String]) -> String {
    let is_package = |word: &String| kinds(settings).any(|kind| kind.package == Some(word));
    let what = match command.iter().any(is_package) {
        true => "a version that the npm registry has",
        false => "which is installed here",
    };
    format!(
        "Start the proxy with `{}`, {what}? (no keeps `{}`, which is fetched from a registry at each start)",
        strings::escape_control(&command.join(" ")),
        settings.command.join(" ")
    )
}

/// The note at the end where none was found.
pub(super) fn not_found_note(settings: &Settings) -> String {
    let why = match kinds(settings).any(|kind| kind.package.is_some()) {
        true => "nor `bunx` or `npx` to fetch one",
        false => "and no package of one is known to be in the npm registry",
    };
    format!(
        "No proxy is installed where it was looked for, {why}. The Gateway will start `{}`, which works where your registry has it; docs/proxies.md says how to get one.",
        settings.command.join(" ")
    )
}
