//! Whether a command is pinned, which means that a restart of the proxy runs the same code. Programs that only start another program
//! (`env`, `sudo`, `npx`) are examined together with their arguments.
//!
//! `bunx NAME`, for example, runs whatever the registry has that day, and needs a network. A command of which it is not known counts as
//! not pinned, with the reason. An unknown program counts as installed only if it is given by its path and none of its arguments is a
//! shell or a program that fetches packages.

mod container;
mod interpreter;
mod package;
#[cfg(test)]
mod tests;

use crate::proxy_kind::{self, program_name};
use crate::strings::has_word;
use package::{RUNNERS, fetched, runner_arguments};

/// Programs that start the program in their arguments.
const WRAPPERS: &str = "nohup setsid command unbuffer busybox dumb-init catatonit linux64 exec time tini stdbuf env nice ionice \
    timeout gtimeout taskset chrt sudo doas caffeinate systemd-run systemd-inhibit";
const SHELLS: &str = "sh bash dash zsh ksh mksh ash fish";
/// Programs that fetch what they run. The names of what they fetch are not parsed.
const OTHERS: &str = "nix nix-shell go pkgx corepack";

/// Why a restart may run other code; `None` if the command is pinned.
pub fn unpinned_reason(command: &[String]) -> Option<String> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    check(&words, 0).err()
}

/// A program's name without its directory and without endings such as `.exe` and `.js`.
fn base_name(program: &str) -> &str {
    let file = program_name(program);
    let endings = [".exe", ".cmd", ".mjs", ".cjs", ".js"];
    let name = endings.iter().find_map(|end| file.strip_suffix(end));
    let name = name.unwrap_or(file);
    name.strip_suffix("-cli").unwrap_or(name)
}

/// Whether what a program runs depends on its arguments.
fn runs_its_arguments(program: &str) -> bool {
    let name = base_name(program);
    RUNNERS.iter().any(|one| one.program == name)
        || [SHELLS, OTHERS, container::PROGRAMS]
            .iter()
            .any(|names| has_word(names, name))
}

fn check(words: &[&str], depth: usize) -> Result<(), String> {
    /// The highest number of programs that start each other in one command.
    const MAX_DEPTH: usize = 8;
    let Some((program, rest)) = words.split_first() else {
        return Err("the command names no program to run".to_owned());
    };
    let name = base_name(program);
    if depth > MAX_DEPTH {
        return Err(format!("too many programs stand before `{name}`"));
    }
    if has_word(WRAPPERS, name) {
        return wrapped(name, rest, depth);
    }
    if has_word(SHELLS, name) {
        return shell(name, rest, depth);
    }
    let mut runners = RUNNERS.iter().filter(|one| one.program == name).peekable();
    let is_runner = runners.peek().is_some();
    for runner in runners {
        if let Some(rest) = runner_arguments(runner, rest) {
            return fetched(runner, rest, depth);
        }
    }
    if has_word(container::PROGRAMS, name) {
        return container::check(name, rest, depth);
    }
    if has_word(interpreter::PROGRAMS, name) {
        return interpreter::check(name, rest, depth);
    }
    if is_runner {
        return Err(format!(
            "what `{name}` runs stands in a project's files, not in the command"
        ));
    }
    if has_word(OTHERS, name) {
        return Err(format!("`{name}` fetches what it runs"));
    }
    // An installed proxy stays the same until somebody installs another version.
    let is_path = program.contains(['/', '\\']);
    let is_scope = program.starts_with('@');
    if !is_scope && (is_path || proxy_kind::programs().any(|known| known == name)) {
        return arguments(name, rest, depth);
    }
    Err(format!(
        "its name does not tell what `{name}` runs; a full path is taken for an installed program"
    ))
}

/// Examines the arguments of an installed program, which may start another one.
fn arguments(program: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    for (at, word) in rest.iter().enumerate() {
        if runs_its_arguments(word) {
            return check(rest.get(at..).unwrap_or_default(), depth + 1);
        }
        let mut pieces = word.split(|c: char| c.is_whitespace() || "=;&|()\"'`".contains(c));
        if pieces.any(runs_its_arguments) {
            return Err(opaque_text(program));
        }
    }
    Ok(())
}

/// The reason for a program that reads a text as a command. Such texts are not parsed.
fn opaque_text(program: &str) -> String {
    format!("what a text for `{program}` runs is not looked into")
}

/// Whether a word is a flag. `-` alone is not.
fn is_flag(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// A flag, and its value if that follows after `=`.
fn split_flag(word: &str) -> (&str, Option<&str>) {
    match word.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
        _ => (word, None),
    }
}

/// Examines the command of `env`, `nice`, `sudo` and the like. Their program is the first word that is no flag, no value of a flag and
/// no other argument.
fn wrapped(wrapper: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    /// Flags with a value in the next word. The value of any other flag is taken for the program, which is then unknown.
    const VALUED: &str = "-u -C --unset --chdir --user --group --signal --kill-after --adjustment --class --unit --slice \
        --property --setenv --working-directory --uid --gid --output --format";
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        if wrapper == "env" && (word.starts_with("-S") || word.starts_with("--split-string")) {
            return Err(opaque_text(wrapper));
        }
        if !is_flag(word) && *word != "-" && !is_wrappers_argument(word) {
            return check(rest.get(at..).unwrap_or_default(), depth + 1);
        }
        at += 1 + usize::from(has_word(VALUED, word));
    }
    Err(format!("which program `{wrapper}` starts is not known"))
}

/// Whether a word is a variable (`A=b`) or a length of time (`5`, `1.5m`).
fn is_wrappers_argument(word: &str) -> bool {
    let is_assignment = word
        .split_once('=')
        .is_some_and(|(name, _)| !name.contains('/'));
    let number = word.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(word);
    is_assignment || (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn shell(name: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        at += 1;
        if !is_flag(word) && !word.starts_with('+') {
            return installed(word, rest.get(at..).unwrap_or_default(), depth);
        }
        if *word == "--command" || (!word.starts_with("--") && word.contains('c')) {
            return Err(opaque_text(name));
        }
        if has_word("-o +o -O +O --rcfile --init-file", word) {
            at += 1;
        }
    }
    Err(format!("`{name}` is given nothing to run"))
}

/// Examines a file that a shell or a runtime runs. The file may itself be a program that starts others.
fn installed(file: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    if runs_its_arguments(file) {
        let words: Vec<&str> = std::iter::once(file).chain(rest.iter().copied()).collect();
        return check(&words, depth + 1);
    }
    arguments(base_name(file), rest, depth)
}
