//! Whether a restart of the proxy runs the same code: what a command names, looked at through the programs that only
//! start another one.
//!
//! `bunx NAME` runs whatever the registry has that day, and nothing without a network. What cannot be told counts as not
//! pinned, and says why.

/// A program that starts the one after it.
struct Wrapper {
    names: &'static [&'static str],
    /// Its flags that take the next word.
    valued: &'static [&'static str],
    /// Words of its own before the other program.
    words: usize,
}

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &[
            "nohup",
            "setsid",
            "command",
            "exec",
            "time",
            "unbuffer",
            "busybox",
            "dumb-init",
            "tini",
            "catatonit",
            "linux64",
            "stdbuf",
        ],
        valued: &["-i", "-o", "-e", "-f", "-p"],
        words: 0,
    },
    Wrapper {
        names: &["env"],
        valued: &["-u", "--unset", "-C", "--chdir", "-a", "--argv0"],
        words: 0,
    },
    Wrapper {
        names: &["nice", "ionice"],
        valued: &["-n", "--adjustment", "-c", "--class", "--classdata"],
        words: 0,
    },
    Wrapper {
        names: &["timeout", "gtimeout"],
        valued: &["-s", "--signal", "-k", "--kill-after"],
        words: 1,
    },
    Wrapper {
        names: &["taskset", "chrt"],
        valued: &[],
        words: 1,
    },
    Wrapper {
        names: &["sudo", "doas"],
        valued: &[
            "-u", "--user", "-g", "--group", "-h", "--host", "-p", "--prompt", "-C", "-D",
            "--chdir", "-R", "--chroot", "-T", "-U", "-r", "-t",
        ],
        words: 0,
    },
    Wrapper {
        names: &["caffeinate"],
        valued: &["-t", "-w"],
        words: 0,
    },
    Wrapper {
        names: &["systemd-run", "systemd-inhibit"],
        valued: &[
            "-p",
            "--property",
            "-u",
            "--unit",
            "--slice",
            "-E",
            "--setenv",
            "--what",
            "--who",
            "--why",
            "--mode",
            "--description",
            "--working-directory",
            "--uid",
            "--gid",
        ],
        words: 0,
    },
];

const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish"];

/// A program that fetches a package and runs it.
struct Runner {
    program: &'static str,
    /// Its commands that do so, a word or two; empty where it does nothing else.
    commands: &'static [&'static [&'static str]],
    /// Flags whose value is a package, in place of the first word or beside it.
    packages: &'static [&'static str],
    /// Other flags that take the next word.
    valued: &'static [&'static str],
    /// Flags whose value is a text for a shell.
    texts: &'static [&'static str],
}

const NPM_VALUED: &[&str] = &[
    "--registry",
    "--cache",
    "--prefix",
    "-C",
    "--dir",
    "-w",
    "--workspace",
    "--filter",
    "-F",
    "--userconfig",
    "--globalconfig",
    "--cwd",
    "--node-options",
    "--loglevel",
    "--script-shell",
];
const NPM_PACKAGES: &[&str] = &["-p", "--package"];
const PYTHON_VALUED: &[&str] = &[
    "-p",
    "--python",
    "--index",
    "--index-url",
    "-i",
    "--default-index",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--directory",
    "--project",
    "--cache-dir",
    "--config-file",
    "--color",
    "--pip-args",
    "--env-file",
    "-c",
    "--constraints",
    "--exclude-newer",
];
const PYTHON_PACKAGES: &[&str] = &["--from", "--spec", "--with", "-w"];

const RUNNERS: &[Runner] = &[
    Runner {
        program: "bunx",
        commands: &[],
        packages: NPM_PACKAGES,
        valued: NPM_VALUED,
        texts: &[],
    },
    Runner {
        program: "npx",
        commands: &[],
        packages: NPM_PACKAGES,
        valued: NPM_VALUED,
        texts: &["-c", "--call"],
    },
    Runner {
        program: "pnpx",
        commands: &[],
        packages: NPM_PACKAGES,
        valued: NPM_VALUED,
        texts: &["-c", "--shell-mode"],
    },
    Runner {
        program: "bun",
        commands: &[&["x"]],
        packages: NPM_PACKAGES,
        valued: NPM_VALUED,
        texts: &[],
    },
    Runner {
        program: "npm",
        commands: &[&["exec"], &["x"]],
        packages: NPM_PACKAGES,
        valued: NPM_VALUED,
        texts: &["-c", "--call"],
    },
    Runner {
        program: "pnpm",
        commands: &[&["dlx"]],
        packages: NPM_PACKAGES,
        valued: NPM_VALUED,
        texts: &["-c", "--shell-mode"],
    },
    Runner {
        program: "yarn",
        commands: &[&["dlx"]],
        packages: NPM_PACKAGES,
        valued: NPM_VALUED,
        texts: &[],
    },
    Runner {
        program: "uvx",
        commands: &[],
        packages: PYTHON_PACKAGES,
        valued: PYTHON_VALUED,
        texts: &[],
    },
    Runner {
        program: "uv",
        commands: &[&["tool", "run"]],
        packages: PYTHON_PACKAGES,
        valued: PYTHON_VALUED,
        texts: &[],
    },
    Runner {
        program: "pipx",
        commands: &[&["run"]],
        packages: PYTHON_PACKAGES,
        valued: PYTHON_VALUED,
        texts: &[],
    },
];

/// Programs that run a file.
const RUNTIMES: &[&str] = &["node", "nodejs", "bun", "deno", "python", "python3"];
/// Their flags whose value is code.
const CODE: &[&str] = &["-e", "--eval", "-p", "--print", "-c"];
/// Their flags that take the next word.
const RUNTIME_VALUED: &[&str] = &[
    "-r",
    "--require",
    "--import",
    "--env-file",
    "--preload",
    "--config",
    "--cwd",
    "-C",
    "--conditions",
    "-W",
    "-X",
    "--experimental-loader",
    "--loader",
];

const CONTAINERS: &[&str] = &["docker", "podman", "nerdctl"];
/// Flags of `docker run` that stand alone; every other one takes the next word.
const CONTAINER_SWITCHES: &[&str] = &[
    "--rm",
    "--init",
    "--interactive",
    "--tty",
    "--detach",
    "--privileged",
    "--read-only",
    "--publish-all",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--sig-proxy",
    "--quiet",
    "--replace",
    "--disable-content-trust",
    "--rmi",
    "--no-hosts",
    "--http-proxy",
];

/// What speaks against a restart running the same code; nothing where the command names an exact version or a program
/// that is installed.
pub fn doubt(command: &[String]) -> Option<String> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    judge(&words, 0).err()
}

/// A program's name without its directory.
pub(crate) fn name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}

fn judge(words: &[&str], depth: usize) -> Result<(), String> {
    /// Programs in front of each other that are looked through.
    const DEEPEST: usize = 8;
    let Some((program, rest)) = words.split_first() else {
        return Err("the command names no program to run".to_owned());
    };
    let called = name(program);
    if depth > DEEPEST {
        return Err(format!("too many programs stand before `{called}`"));
    }
    if let Some(wrapper) = WRAPPERS.iter().find(|one| one.names.contains(&called)) {
        return wrapped(wrapper, called, rest, depth);
    }
    if SHELLS.contains(&called) {
        return shell(called, rest);
    }
    for runner in RUNNERS.iter().filter(|one| one.program == called) {
        if let Some(rest) = after_command(runner, rest) {
            return fetched(runner, rest);
        }
    }
    if CONTAINERS.contains(&called) {
        return contained(called, rest);
    }
    if RUNTIMES.contains(&called) {
        return interpreted(called, rest);
    }
    if RUNNERS.iter().any(|runner| runner.program == called) {
        return Err(format!(
            "what `{called}` runs stands in a project's files, not in the command"
        ));
    }
    // A proxy that is known by name and installed stays as it is until somebody installs another version.
    if program.contains('/') || crate::proxy_kind::programs().any(|name| name == called) {
        return Ok(());
    }
    Err(format!(
        "its name does not tell what `{called}` runs; a full path is taken for an installed program"
    ))
}

/// Whether a word is a flag; `-` alone and what follows `--` are not.
fn is_flag(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// A flag's own name and the value that hangs on it: `--a=b`, or `-ab` for a flag `-a` in the list.
fn split_flag<'w>(word: &'w str, valued: &[&str]) -> (&'w str, Option<&'w str>) {
    if let Some((flag, value)) = word.split_once('=')
        && flag.starts_with("--")
    {
        return (flag, Some(value));
    }
    if !word.starts_with("--")
        && let Some((flag, value)) = word.split_at_checked(2)
        && !value.is_empty()
        && valued.contains(&flag)
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
            if hanging.is_none() && wrapper.valued.contains(&flag) {
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

fn shell(called: &str, rest: &[&str]) -> Result<(), String> {
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if is_flag(word) || word.starts_with('+') {
            if *word == "--command" || (!word.starts_with("--") && word.contains('c')) {
                return Err(format!(
                    "what a text for `{called}` runs is not looked into"
                ));
            }
            if matches!(
                *word,
                "-o" | "+o" | "-O" | "+O" | "--rcfile" | "--init-file"
            ) {
                words.next();
            }
            continue;
        }
        return Ok(());
    }
    Err(format!("`{called}` is given nothing to run"))
}

/// What follows the command that fetches: `npm --silent exec …`, `uv tool run …`.
fn after_command<'w>(runner: &Runner, rest: &'w [&'w str]) -> Option<Vec<&'w str>> {
    if runner.commands.is_empty() {
        return Some(rest.to_vec());
    }
    // Flags before the command keep their places: some of them name the package.
    let mut before = Vec::new();
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        if !is_flag(word) {
            let tail = rest.get(at..).unwrap_or_default();
            let command = runner
                .commands
                .iter()
                .find(|command| tail.starts_with(command))?;
            before.extend_from_slice(tail.get(command.len()..).unwrap_or_default());
            return Some(before);
        }
        before.push(*word);
        let (flag, hanging) = split_flag(word, &[]);
        if hanging.is_none()
            && (runner.valued.contains(&flag) || runner.packages.contains(&flag))
            && let Some(value) = rest.get(at + 1)
        {
            before.push(*value);
            at += 1;
        }
        at += 1;
    }
    None
}

fn fetched(runner: &Runner, rest: Vec<&str>) -> Result<(), String> {
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
        let (flag, hanging) = split_flag(word, &[]);
        if runner.texts.contains(&flag) {
            return Err(format!(
                "what a text for `{}` runs is not looked into",
                runner.program
            ));
        }
        let is_package = runner.packages.contains(&flag);
        let takes = is_package || runner.valued.contains(&flag);
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
        None => Ok(()),
    }
}

/// A package with its version: `x@1.2.3` or, in Python's spelling, `x==1.2.3`.
fn is_exact(package: &str) -> bool {
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

fn is_exact_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or(text);
    let parts: Vec<&str> = core.split('.').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

fn contained(called: &str, rest: &[&str]) -> Result<(), String> {
    let mut words = rest.iter().copied();
    let command = match (words.next(), rest.get(1).copied()) {
        (Some("container"), Some(_)) => words.next(),
        (command, _) => command,
    };
    match command {
        // The container is there, with its image.
        Some("start") => return Ok(()),
        Some("run") => {}
        _ => {
            return Err(format!(
                "which image `{called}` runs does not stand in the command"
            ));
        }
    }
    while let Some(word) = words.next() {
        if word == "--" {
            continue;
        }
        if is_flag(word) {
            let switches = !word.starts_with("--")
                && word.chars().skip(1).all(|switch| "itdqP".contains(switch));
            // A short flag with its value in the same word, as `-p3456:3456`.
            let hangs = word.contains('=') || (!word.starts_with("--") && word.len() > 2);
            if !switches && !hangs && !CONTAINER_SWITCHES.contains(&word) {
                words.next();
            }
            continue;
        }
        return if is_exact_image(word) {
            Ok(())
        } else {
            Err(format!(
                "the image `{word}` names neither a digest nor an exact version"
            ))
        };
    }
    Err(format!("`{called}` is given no image to run"))
}

fn is_exact_image(image: &str) -> bool {
    if let Some((_, digest)) = image.split_once("@sha256:") {
        return digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    }
    // The last part only: a registry's port has a colon too.
    name(image)
        .split_once(':')
        .is_some_and(|(_, tag)| is_exact_version(tag.strip_prefix('v').unwrap_or(tag)))
}

fn interpreted(called: &str, rest: &[&str]) -> Result<(), String> {
    let mut words = rest.iter().copied();
    while let Some(word) = words.next() {
        // `bun run FILE`, `deno run FILE`.
        if matches!((called, word), ("bun" | "deno", "run")) {
            continue;
        }
        if is_flag(word) {
            if called.starts_with("python") && word == "-m" {
                return Ok(());
            }
            if CODE.contains(&word) {
                return Err(format!(
                    "what a text for `{called}` runs is not looked into"
                ));
            }
            if RUNTIME_VALUED.contains(&word) {
                words.next();
            }
            continue;
        }
        let fetched = word.contains("://") || ["npm:", "jsr:"].iter().any(|p| word.starts_with(p));
        return if fetched && !is_exact(word.split_once(':').map_or(word, |(_, rest)| rest)) {
            Err(format!(
                "`{called}` fetches `{word}`, which names no exact version"
            ))
        } else if is_file(word) || fetched {
            Ok(())
        } else {
            Err(format!(
                "`{word}` is no file: what `{called}` runs stands in a project's files, not in the command"
            ))
        };
    }
    Err(format!("`{called}` is given nothing to run"))
}

/// Whether a word looks like a file rather than like the name of a script in a project.
fn is_file(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx", "py", "pyz",
    ];
    word.contains('/')
        || word
            .rsplit_once('.')
            .is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pins_a_command() {
        const DIGEST: &str =
            "x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        for (command, pinned) in [
            (&["bunx", "opencode-claude-max-proxy"][..], false),
            (&["bunx", "opencode-claude-max-proxy@1.43.0"], true),
            (&["bunx", "--bun", "@rynfar/meridian@1.43.0"], true),
            (&["bunx", "@rynfar/meridian"], false),
            (&["npx", "-y", "x@latest"], false),
            (&["npx", "-y", "x@^1.2.3"], false),
            (&["npx", "-y", "x@1.2"], false),
            (&["npm", "exec", "x@1.2.3"], true),
            (&["/usr/local/bin/bunx", "x"], false),
            (&["bunx"], false),
            (&[], false),
            // Flags with values are not packages.
            (&["npx", "--registry", "r@1.2.3", "x"], false),
            (&["npx", "--registry=r", "x@1.2.3"], true),
            (&["npx", "-p", "x@1.2.3", "x"], true),
            (&["npx", "--package=x", "x@1.2.3"], false),
            (&["npx", "-p", "x@1.2.3", "-p", "y", "x"], false),
            (&["npx", "-c", "x@1.2.3"], false),
            (&["npm", "--prefix", "/p", "exec", "--", "x"], false),
            (&["npm", "--silent", "x", "--yes", "x@1.2.3"], true),
            (&["npm", "start"], false),
            (&["npm", "run", "x@1.2.3"], false),
            (&["pnpm", "--package=x", "dlx", "y"], false),
            (&["pnpm", "dlx", "x@1.2.3"], true),
            (&["yarn", "dlx", "-p", "x@1.2.3", "x"], true),
            (&["yarn", "dlx", "x"], false),
            (&["bun", "x", "x"], false),
            (&["bun", "x", "x@1.2.3", "--port", "1"], true),
            (&["bun", "run", "start"], false),
            (&["bun", "run", "./cli.ts"], true),
            (&["bun", "cli.ts"], true),
            // Through what only starts another program.
            (&["env", "bunx", "x"], false),
            (&["env", "-u", "A", "B=c", "bunx", "x@1.2.3"], true),
            (&["env", "-i", "A=1", "npx", "x"], false),
            (&["env", "-S", "bunx x"], false),
            (&["env", "-Sbunx x@1.2.3"], true),
            (&["env", "A=b"], false),
            (&["nice", "-n", "5", "bunx", "x"], false),
            (&["nice", "-n5", "bunx", "x@1.2.3"], true),
            (&["setsid", "-f", "bunx", "x"], false),
            (&["timeout", "-k", "5", "10", "bunx", "x"], false),
            (&["timeout", "10", "bunx", "x@1.2.3"], true),
            (&["nohup", "bunx", "x"], false),
            (&["sudo", "-u", "me", "-E", "bunx", "x"], false),
            (&["sudo", "nice", "env", "A=b", "bunx", "x@1.2.3"], true),
            (
                &[
                    "env", "env", "env", "env", "env", "env", "env", "env", "env", "env", "/x",
                ],
                false,
            ),
            // Texts are not looked into.
            (&["sh", "-c", "bunx x@1.2.3"], false),
            (&["bash", "-lc", "bunx x"], false),
            (&["bash", "-l", "-c", "bunx x"], false),
            (&["/bin/zsh", "-ic", "x"], false),
            (&["env", "bash", "-o", "pipefail", "-ec", "x"], false),
            (&["fish", "--command", "x"], false),
            (&["bash", "/opt/start.sh"], true),
            (&["sh"], false),
            (&["node", "-e", "x"], false),
            (&["python3", "-c", "x"], false),
            // Python's.
            (&["uvx", "x"], false),
            (&["uvx", "x@1.2.3"], true),
            (&["uvx", "x==1.2"], true),
            (&["uvx", "x==1.*"], false),
            (&["uvx", "--from", "x==1.2.3", "x"], true),
            (&["uvx", "--from", "x", "x@1.2.3"], false),
            (&["uvx", "--with", "y", "x==1.2.3"], false),
            (&["uvx", "--python", "3.12", "x"], false),
            (&["uv", "tool", "run", "x==1.2.3"], true),
            (&["uv", "tool", "run", "x"], false),
            (&["uv", "run", "x"], false),
            (&["pipx", "run", "x"], false),
            (&["pipx", "run", "--spec", "x==1.2.3", "x"], true),
            (&["python3", "-m", "proxy"], true),
            // Containers.
            (&["docker", "run", "x:latest"], false),
            (&["docker", "run", "x"], false),
            (
                &["docker", "run", "--rm", "-it", "-p", "1:2", "x:1.43.0"],
                true,
            ),
            (
                &["docker", "run", "--rm", "-p1:2", "--name=n", "x:v1.43.0"],
                true,
            ),
            (&["docker", "run", "--name", "a:1.2.3", "x:1"], false),
            (&["podman", "run", "registry.example:5000/x"], false),
            (&["podman", "run", DIGEST], true),
            (&["podman", "run", "x@sha256:0123"], false),
            (&["docker", "container", "run", "x:1.2.3"], true),
            (&["docker", "start", "-a", "proxy"], true),
            (&["docker", "compose", "up"], false),
            (&["deno", "run", "-A", "npm:x"], false),
            (&["deno", "run", "-A", "npm:x@1.2.3"], true),
            // Installed.
            (&["/opt/meridian/bin/meridian"], true),
            (&["./meridian"], true),
            (&["meridian"], true),
            (&["claude-max-api", "{port}"], true),
            (&["node", "dist/cli.js"], true),
            (&["node", "--import", "x", "dist/cli.js"], true),
            (&["node"], false),
            (&["my-launcher"], false),
        ] {
            let words: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
            let doubt = doubt(&words);
            assert_eq!(doubt.is_none(), pinned, "{command:?}: {doubt:?}");
        }
    }

    #[test]
    fn a_doubt_names_what_it_is_about() {
        for (command, part) in [
            (&["env", "bunx", "x"][..], "`bunx` fetches `x`"),
            (&["docker", "run", "x:latest"], "image `x:latest`"),
            (&["bash", "-lc", "x"], "text for `bash`"),
            (&["my-launcher"], "full path"),
        ] {
            let words: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
            let doubt = doubt(&words).unwrap();
            assert!(doubt.contains(part), "{doubt}");
        }
    }
}
