//! Programs that fetch a package and run it, and whether the package is named with an exact version.

use super::{arguments, is_flag, split_flag, text_of};
use crate::strings::has_word;

/// A program that fetches a package and runs it.
pub(super) struct Runner {
    pub(super) program: &'static str,
    /// Its command that does so, a word or two; empty where it does nothing else.
    command: &'static str,
    of: &'static Family,
    /// Flags whose value is a text for a shell.
    texts: &'static str,
}

/// What runners of one kind of package have in common.
struct Family {
    /// Flags whose value is a package, in place of the first word or beside it.
    packages: &'static str,
    /// Other flags that take the next word.
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
    of: &'static Family,
    texts: &'static str,
) -> Runner {
    Runner {
        program,
        command,
        of,
        texts,
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

/// What follows the command that fetches: `npm --silent exec …`, `uv tool run …`.
pub(super) fn after_command<'w>(runner: &Runner, rest: &[&'w str]) -> Option<Vec<&'w str>> {
    if runner.command.is_empty() {
        return Some(rest.to_vec());
    }
    let command: Vec<&str> = runner.command.split(' ').collect();
    // Flags before the command keep their places: some of them name the package.
    let mut before = Vec::new();
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        if !is_flag(word) {
            let tail = rest.get(at..)?.strip_prefix(command.as_slice())?;
            before.extend_from_slice(tail);
            return Some(before);
        }
        before.push(*word);
        let (flag, hanging) = split_flag(word, "");
        let takes = has_word(runner.of.valued, flag) || has_word(runner.of.packages, flag);
        if hanging.is_none()
            && takes
            && let Some(value) = rest.get(at + 1)
        {
            before.push(*value);
            at += 1;
        }
        at += 1;
    }
    None
}

pub(super) fn fetched(runner: &Runner, rest: Vec<&str>, depth: usize) -> Result<(), String> {
    let mut packages = Vec::new();
    // Packages beside the one that is run are fetched anew too.
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
        let (flag, hanging) = split_flag(word, "");
        if has_word(runner.texts, flag) {
            return Err(text_of(runner.program));
        }
        let is_package = has_word(runner.of.packages, flag);
        let takes = is_package || has_word(runner.of.valued, flag);
        let value = match hanging {
            None if takes => words.next(),
            hanging => hanging,
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
        // What is fetched may start another one.
        None => arguments(runner.program, &words.collect::<Vec<_>>(), depth),
    }
}

/// A package with its version: `x@1.2.3` or, in Python's spelling, `x==1.2.3`.
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

/// `1.2.3`, with whatever follows a dash or a plus.
pub(super) fn is_exact_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or(text);
    let parts: Vec<&str> = core.split('.').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}
