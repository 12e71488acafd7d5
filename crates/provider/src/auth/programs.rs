//! The proxy that the Gateway is to start if the user's settings name none: an installed one by its full path, in place of the
//! default package name, which a registry may not have.

use super::{COMMAND, Flow, Prompt, Stage};
use crate::proxy_kind::{self, ProxyKind};
use crate::settings::Settings;
use crate::strings;

/// Programs that run an npm package, in order of preference, with the arguments that they need before the package.
const RUNNERS: &[(&str, &[&str])] = &[("bunx", &[]), ("npx", &["-y"])];

impl Flow {
    /// Looks for installed proxies if nothing listens and the settings name no command, to offer one to a person.
    pub(super) fn find_programs(&mut self) -> Prompt {
        let verdict = self.verdict.as_ref();
        let is_free = verdict.is_some_and(|verdict| verdict.code == "refused");
        let names = names(&self.settings);
        let can_ask = self.options.interactive && !self.options.accept_defaults;
        if !is_free || !can_ask || names.is_empty() {
            return self.ask_models();
        }
        self.stage = Stage::Programs;
        Prompt::FindPrograms(names)
    }

    pub(super) fn ask_command(&mut self, paths: &[String]) -> Prompt {
        self.command = command(&self.settings, paths);
        let Some(command) = &self.command else {
            self.no_program_found = true;
            return self.ask_models();
        };
        self.stage = Stage::Command;
        let question = question(&self.settings, command);
        Prompt::confirm(COMMAND, &question)
    }
}

/// The kinds of proxies with the API of the settings that may be used without being named, in order of preference.
fn kinds(settings: &Settings) -> impl Iterator<Item = &'static ProxyKind> {
    let api = settings.api;
    let rows = proxy_kind::KINDS.iter();
    rows.filter(move |kind| kind.is_used_unnamed() && kind.api() == api)
}

/// The arguments in the command of a kind.
fn arguments(kind: &ProxyKind) -> &'static [&'static str] {
    match kind.command {
        [program, arguments @ ..] if kind.programs.contains(program) => arguments,
        _ => &[],
    }
}

/// The program names to search for. There are none if the settings already name a command, or if nothing is started on this
/// machine.
fn names(settings: &Settings) -> Vec<String> {
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

/// The best command with the programs that were found, which are full paths in any order. An installed program is better than a
/// package that is fetched.
fn command(settings: &Settings, paths: &[String]) -> Option<Vec<String>> {
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

/// The question whether to use the command.
fn question(settings: &Settings, command: &[String]) -> String {
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

/// The note at the end if no installed proxy was found.
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
