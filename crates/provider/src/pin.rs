//! Whether a restart of the proxy runs the same code: what a command names, looked at through the programs that only
//! start another one.
//!
//! `bunx NAME` runs whatever the registry has that day, and nothing without a network. What is not known counts as not
//! pinned, and says why: a program that is not known here is taken for an installed one only by its path, and only where no
//! word after it names a program that fetches or a shell.

mod container;
mod interpreter;
mod package;
#[cfg(test)]
mod tests;

use crate::proxy_kind::program_name as name;
use crate::strings::has_word;
use package::{RUNNERS, after_command, fetched};

/// A program that starts the one after it.
struct Wrapper {
    names: &'static str,
    /// Its flags that take the next word.
    valued: &'static str,
    /// Words of its own before the other program.
    words: usize,
}

const fn wrapper(names: &'static str, valued: &'static str, words: usize) -> Wrapper {
    Wrapper {
        names,
        valued,
        words,
    }
}

const WRAPPERS: &[Wrapper] = &[
    wrapper(
        "nohup setsid command unbuffer busybox dumb-init catatonit linux64",
        "",
        0,
    ),
    wrapper("exec", "-a", 0),
    wrapper("time", "-o -f --output --format", 0),
    wrapper("tini", "-p -e", 0),
    wrapper("stdbuf", "-i -o -e --input --output --error", 0),
    wrapper("env", "-u --unset -C --chdir -a --argv0", 0),
    wrapper(
        "nice ionice",
        "-n --adjustment -c --class --classdata -t -p",
        0,
    ),
    wrapper("timeout gtimeout", "-s --signal -k --kill-after", 1),
    wrapper("taskset chrt", "", 1),
    wrapper(
        "sudo doas",
        "-u --user -g --group -h --host -p --prompt -C -D --chdir -R --chroot -T -U -r -t",
        0,
    ),
    wrapper("caffeinate", "-t -w", 0),
    wrapper(
        "systemd-run systemd-inhibit",
        "-p --property -u --unit --slice -E --setenv --what --who --why --mode --description --working-directory --uid \
         --gid",
        0,
    ),
];

const SHELLS: &str = "sh bash dash zsh ksh mksh ash fish";
/// Programs that fetch what they run, by a form of name that is not read here.
const OTHERS: &str = "nix nix-shell go pkgx corepack";

/// What speaks against a restart running the same code; nothing where the command names an exact version or a program
/// that is installed.
pub fn doubt(command: &[String]) -> Option<String> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    judge(&words, 0).err()
}

/// What a program is called, without what a system or a runtime hangs on its name.
fn called(program: &str) -> &str {
    let own = name(program);
    let endings = [".exe", ".cmd", ".mjs", ".cjs", ".js"];
    let name = endings.iter().find_map(|end| own.strip_suffix(end));
    let name = name.unwrap_or(own);
    name.strip_suffix("-cli").unwrap_or(name)
}

/// Whether a program runs what only its arguments tell.
fn starts_others(program: &str) -> bool {
    let called = called(program);
    RUNNERS.iter().any(|one| one.program == called)
        || [SHELLS, OTHERS, container::PROGRAMS]
            .iter()
            .any(|names| has_word(names, called))
}

fn judge(words: &[&str], depth: usize) -> Result<(), String> {
    /// Programs in front of each other that are looked through.
    const DEEPEST: usize = 8;
    let Some((program, rest)) = words.split_first() else {
        return Err("the command names no program to run".to_owned());
    };
    let called = called(program);
    if depth > DEEPEST {
        return Err(format!("too many programs stand before `{called}`"));
    }
    if let Some(wrapper) = WRAPPERS.iter().find(|one| has_word(one.names, called)) {
        return wrapped(wrapper, called, rest, depth);
    }
    if has_word(SHELLS, called) {
        return shell(called, rest, depth);
    }
    for runner in RUNNERS.iter().filter(|one| one.program == called) {
        if let Some(rest) = after_command(runner, rest) {
            return fetched(runner, rest, depth);
        }
    }
    if has_word(container::PROGRAMS, called) {
        return container::judge(called, rest, depth);
    }
    if has_word(interpreter::PROGRAMS, called) {
        return interpreter::judge(called, rest, depth);
    }
    if RUNNERS.iter().any(|runner| runner.program == called) {
        return Err(format!(
            "what `{called}` runs stands in a project's files, not in the command"
        ));
    }
    if has_word(OTHERS, called) {
        return Err(format!("`{called}` fetches what it runs"));
    }
    // A proxy that is known by name and installed stays as it is until somebody installs another version.
    let is_path = program.contains(['/', '\\']);
    let is_scope = program.starts_with('@');
    if !is_scope && (is_path || crate::proxy_kind::programs().any(|known| known == called)) {
        return arguments(called, rest, depth);
    }
    Err(format!(
        "its name does not tell what `{called}` runs; a full path is taken for an installed program"
    ))
}

/// The arguments of an installed program: it may be one that starts another.
fn arguments(program: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    for (at, word) in rest.iter().enumerate() {
        if starts_others(word) {
            return judge(rest.get(at..).unwrap_or_default(), depth + 1);
        }
        let mut pieces = word.split(|c: char| c.is_whitespace() || "=;&|()\"'`".contains(c));
        if pieces.any(starts_others) {
            return Err(text_of(program));
        }
    }
    Ok(())
}

fn text_of(program: &str) -> String {
    format!("what a text for `{program}` runs is not looked into")
}

/// Whether a word is a flag; `-` alone and what follows `--` are not.
fn is_flag(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// A flag's own name and the value that hangs on it: `--a=b`, or `-ab` for a flag `-a` in the list.
fn split_flag<'w>(word: &'w str, valued: &str) -> (&'w str, Option<&'w str>) {
    if let Some((flag, value)) = word.split_once('=')
        && flag.starts_with("--")
    {
        return (flag, Some(value));
    }
    if !word.starts_with("--")
        && let Some((flag, value)) = word.split_at_checked(2)
        && !value.is_empty()
        && has_word(valued, flag)
    {
        return (flag, Some(value.trim_start_matches('=')));
    }
    (word, None)
}

/// `env`, `nice`, `sudo` and so on: flags, assignments, own words, then the program.
fn wrapped(wrapper: &Wrapper, called: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    let mut words = rest.iter().copied();
    let mut own = wrapper.words;
    while let Some(word) = words.next() {
        if word == "--" || word == "-" {
            continue;
        }
        if is_flag(word) {
            let (flag, hanging) = split_flag(word, wrapper.valued);
            if called == "env" && (word.starts_with("-S") || flag == "--split-string") {
                // One text with the whole command in it.
                let text = match hanging.or_else(|| word.strip_prefix("-S")) {
                    Some(text) if !text.is_empty() => text,
                    _ => words.next().unwrap_or_default(),
                };
                let inner: Vec<&str> = std::iter::once("env")
                    .chain(text.split_whitespace())
                    .chain(words)
                    .collect();
                return judge(&inner, depth + 1);
            }
            if hanging.is_none() && has_word(wrapper.valued, flag) {
                words.next();
            }
            continue;
        }
        let is_assignment = word
            .split_once('=')
            .is_some_and(|(name, _)| !name.contains('/'));
        if is_assignment {
            continue;
        }
        if own > 0 {
            own -= 1;
            continue;
        }
        let inner: Vec<&str> = std::iter::once(word).chain(words).collect();
        return judge(&inner, depth + 1);
    }
    Err(format!("`{called}` is given no program to run"))
}

fn shell(called: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        at += 1;
        if !is_flag(word) && !word.starts_with('+') {
            return installed(word, rest.get(at..).unwrap_or_default(), depth);
        }
        if *word == "--command" || (!word.starts_with("--") && word.contains('c')) {
            return Err(text_of(called));
        }
        if has_word("-o +o -O +O --rcfile --init-file", word) {
            at += 1;
        }
    }
    Err(format!("`{called}` is given nothing to run"))
}

/// A file that a shell or a runtime is given to run: it may be a runner, and then its arguments tell.
fn installed(file: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    if starts_others(file) {
        let words: Vec<&str> = std::iter::once(file).chain(rest.iter().copied()).collect();
        return judge(&words, depth + 1);
    }
    arguments(called(file), rest, depth)
}
