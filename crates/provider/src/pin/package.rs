//! Programs that fetch a package and run it: whether the package has an exact version.

use super::{arguments, is_flag, opaque_text, split_flag};
use crate::strings::has_word;

/// A program that fetches a package and runs it.
pub(super) struct Runner {
    pub(super) program: &'static str,
    /// Its subcommand that does so; empty if it does nothing else.
    command: &'static str,
    family: &'static Family,
    /// Flags with a shell command as their value.
    shell_texts: &'static str,
}

/// The flags of programs for one kind of packages.
struct Family {
    /// Flags with a package as their value, which replaces the package in the first word or is fetched as well.
    packages: &'static str,
    /// Other flags with a value in the next word.
    valued: &'static str,
}

const NPM: Family = Family {
    packages: "-p --package",
    valued: "--registry --cache --prefix -C --dir -w --workspace --filter -F --userconfig --globalconfig --cwd \
             --node-options --loglevel --script-shell",
};
const PYTHON: Family = Family {
    packages: "--from --spec --with -w",
    valued: "-p --python --index --index-url -i --default-index --extra-index-url -f --find-links --directory --project \
             --cache-dir --config-file --color --pip-args --env-file -c --constraints --exclude-newer",
};

const fn runner(
    program: &'static str,
    command: &'static str,
    family: &'static Family,
    shell_texts: &'static str,
) -> Runner {
    Runner {
        program,
        command,
        family,
        shell_texts,
    }
}

pub(super) const RUNNERS: &[Runner] = &[
    runner("bunx", "", &NPM, ""),
    runner("npx", "", &NPM, "-c --call"),
    runner("pnpx", "", &NPM, "-c --shell-mode"),
    runner("bun", "x", &NPM, ""),
    runner("npm", "exec", &NPM, "-c --call"),
    runner("npm", "x", &NPM, "-c --call"),
    runner("pnpm", "dlx", &NPM, "-c --shell-mode"),
    runner("yarn", "dlx", &NPM, ""),
    runner("uvx", "", &PYTHON, ""),
    runner("uv", "tool run", &PYTHON, ""),
    runner("pipx", "run", &PYTHON, ""),
];

/// The arguments of a runner without its subcommand (`npm --silent exec …`, `uv tool run …`). Flags before the subcommand are kept,
/// because some of them name the package.
pub(super) fn runner_arguments<'w>(runner: &Runner, rest: &[&'w str]) -> Option<Vec<&'w str>> {
    let command: Vec<&str> = runner.command.split_whitespace().collect();
    let at = (0..=rest.len()).find(|at| {
        rest.get(*at..)
            .is_some_and(|tail| tail.starts_with(&command))
    })?;
    let (before, after) = rest.split_at(at);
    let may_stand_before = before.first().is_none_or(|word| is_flag(word));
    may_stand_before.then(|| [before, after.get(command.len()..).unwrap_or_default()].concat())
}

pub(super) fn fetched(runner: &Runner, rest: Vec<&str>, depth: usize) -> Result<(), String> {
    let mut packages = Vec::new();
    // Other packages than the one that is run are fetched again too.
    let mut replaced = false;
    let mut words = rest.into_iter();
    while let Some(word) = words.next() {
        if word == "--" {
            continue;
        }
        if !is_flag(word) {
            if !replaced {
                packages.push(word);
            }
            break;
        }
        let (flag, attached) = split_flag(word);
        if has_word(runner.shell_texts, flag) {
            return Err(opaque_text(runner.program));
        }
        let is_package = has_word(runner.family.packages, flag);
        let takes = is_package || has_word(runner.family.valued, flag);
        let value = match attached {
            None if takes => words.next(),
            attached => attached,
        };
        if is_package {
            packages.extend(value);
            replaced |= !flag.starts_with("--w") && flag != "-w";
        }
    }
    match packages.iter().find(|package| !is_exact(package)) {
        Some(package) => Err(format!(
            "`{}` fetches `{package}`, which names no exact version",
            runner.program
        )),
        None if packages.is_empty() => {
            Err(format!("`{}` is given no package to run", runner.program))
        }
        // The fetched program may start another one.
        None => arguments(runner.program, &words.collect::<Vec<_>>(), depth),
    }
}

/// Whether a package has an exact version: `x@1.2.3` or, in Python's spelling, `x==1.2.3`.
pub(super) fn is_exact(package: &str) -> bool {
    if let Some((_, version)) = package.split_once("==") {
        let mut characters = version.chars();
        return characters.next().is_some_and(|c| c.is_ascii_digit())
            && characters.all(|c| c.is_ascii_alphanumeric() || ".-+!".contains(c));
    }
    match package.rsplit_once('@') {
        Some((name, version)) => !name.is_empty() && is_exact_version(version),
        None => false,
    }
}

/// Whether a text is a version like `1.2.3`, which may have a suffix after a dash or a plus.
pub(super) fn is_exact_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or(text);
    let parts: Vec<&str> = core.split('.').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}
