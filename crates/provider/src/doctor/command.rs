//! What starts the proxy: its command, whether that is pinned, and what it needs.

use super::{Facts, Judgment, elsewhere, fail, is_up, pass, there, unknown, warn};
use crate::document;
use crate::{ID, pin, proxy_kind};

/// How the reason of a [`super::Fact`] `proxy-program` ends where the file is there and may not be run.
pub const NOT_EXECUTABLE: &str = " is not executable";

/// What runs programs of JavaScript.
pub(super) fn runtime(f: &Facts<'_>) -> Judgment {
    match (f.get("bun-version"), f.get("node-version")) {
        (Ok(bun), Ok(node)) => pass(format!("Bun {bun}, Node.js {node}")),
        (Ok(bun), Err(_)) => pass(format!("Bun {bun}")),
        (Err(_), Ok(node)) => pass(format!("Node.js {node}")),
        (Err(_), Err(_)) if let Some(host) = elsewhere(f) => there(host),
        (Err(_), Err(_)) => needed(
            f,
            match f.get("runtime-elsewhere") {
                Ok(path) => format!("neither is in PATH, but `{path}` is there"),
                Err(_) => "neither was found".to_owned(),
            },
            f.get("runtime-elsewhere")
                .ok()
                .and_then(into_path)
                .unwrap_or_else(|| "Install Bun (see bun.sh) or Node.js 24.".to_owned()),
        ),
    }
}

/// The program of the command.
pub(super) fn program(f: &Facts<'_>) -> Judgment {
    match (f.get("proxy-program"), f.get("proxy-command")) {
        _ if let Some(host) = elsewhere(f) => {
            pass(format!("not started from here: the proxy runs on {host}"))
        }
        (Ok(path), _) => pass(path),
        (Err(why), Ok(command)) => {
            let elsewhere = f.get("proxy-elsewhere").ok();
            let path = elsewhere.and_then(|text| {
                let list = document::parse(text).ok()?.root;
                Some(list.as_array()?.first()?.as_str()?.to_owned())
            });
            let detail = match path {
                Some(path) => format!("`{command}`: {why}, but `{path}` is there"),
                None => format!("`{command}`: {why}"),
            };
            let fix = match elsewhere {
                // It goes between quotes of a shell.
                Some(list) if !list.contains(['\'', '\n']) => set_command(list),
                _ => no_program(&why),
            };
            needed(f, detail, fix)
        }
        (Err(why), Err(_)) => unknown(&why),
    }
}

/// Whether a restart runs the same code.
pub(super) fn pinned(f: &Facts<'_>) -> Judgment {
    match f.get("proxy-pinned") {
        _ if let Some(host) = elsewhere(f) => there(host),
        Ok("yes") => pass("a restart runs the same code"),
        Ok(_) => not_pinned(f),
        Err(why) => unknown(&why),
    }
}

/// Why a restart may run other code, as far as the command tells.
fn not_pinned(f: &Facts<'_>) -> Judgment {
    let words = f
        .get("proxy-command")
        .unwrap_or_default()
        .split_whitespace();
    let words: Vec<String> = words.map(str::to_owned).collect();
    let program = proxy_kind::program_name(words.first().map_or("", String::as_str));
    let doubt = match program {
        "" | "bunx" | "npx" => None,
        _ => pin::doubt(&words),
    };
    match doubt {
        Some(doubt) => warn(
            format!("{doubt}; a restart may run other code"),
            format!(
                "Name an exact version, or the full path of an installed program, in plugins.entries.{ID}.config.command."
            ),
        ),
        None => warn(
            "each start runs whatever the registry has that day, and none without a network",
            set_command(&pinned_form(&words)),
        ),
    }
}

/// A command that fetches its program, with an exact version to be filled in: as a list in JSON.
fn pinned_form(words: &[String]) -> String {
    let usual = proxy_kind::ROWS.first().map_or(&[][..], |row| row.command);
    let mut words: Vec<String> = match words {
        [_, _, ..] => words.to_vec(),
        _ => usual.iter().map(|&word| word.to_owned()).collect(),
    };
    // The package is the first word after the runner that is no flag.
    if let Some(package) = words.iter_mut().skip(1).find(|word| !word.starts_with('-')) {
        package.push_str("@X.Y.Z");
    }
    let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", words.join(","))
}

/// Something that only the next start needs: a fault, but not one of the proxy that runs.
fn needed(f: &Facts<'_>, detail: String, fix: String) -> Judgment {
    if is_up(f) {
        warn(format!("{detail}; the next start needs it"), fix)
    } else {
        fail(detail, fix)
    }
}

/// What helps where the command's program was not found.
fn no_program(why: &str) -> String {
    let locked = why
        .strip_prefix('`')
        .and_then(|why| why.strip_suffix(NOT_EXECUTABLE))
        .and_then(|why| why.strip_suffix('`'));
    match locked {
        Some(path) if is_plain(path) => format!("chmod +x {path}"),
        Some(_) => "Make that file executable, or name another program.".to_owned(),
        None => set_command("[\"/full/path/to/the/proxy\"]"),
    }
}

/// Sets the command, a list as JSON.
fn set_command(list: &str) -> String {
    format!("openclaw config set plugins.entries.{ID}.config.command '{list}' --strict-json")
}

/// Adds a program's directory to `PATH`, at its end, so that nothing that is found now changes.
pub(super) fn into_path(program: &str) -> Option<String> {
    let (folder, _) = program.rsplit_once('/')?;
    is_plain(folder)
        .then(|| format!("export PATH=\"$PATH:{folder}\" (also where the Gateway runs)"))
}

/// Whether a path needs no quotes in a shell.
fn is_plain(path: &str) -> bool {
    path.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"/._-@+".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::tests::{check, facts, missing};

    #[test]
    fn a_program_that_may_not_be_run_is_made_executable() {
        for (why, fix) in [
            ("`/opt/proxy` is not executable", "chmod +x /opt/proxy"),
            ("`/opt/a b` is not executable", "Make that file executable"),
            ("`/opt/proxy` is not there", "openclaw config set"),
            ("`x` is in no directory of PATH", "openclaw config set"),
        ] {
            let mut all = facts(&[("proxy-command", "x")]);
            all.push(missing("proxy-program", why));
            let check = check(&all, "proxy-command");
            assert!(check.detail.contains(why), "{check:?}");
            assert!(check.fix.as_deref().unwrap().starts_with(fix), "{check:?}");
        }
    }

    #[test]
    fn a_program_in_a_usual_place_is_named_with_its_path() {
        let elsewhere = [
            ("claude-elsewhere", "/home/u/.local/bin/claude"),
            ("runtime-elsewhere", "/home/u/.bun/bin/bun"),
            ("proxy-elsewhere", r#"["/home/u/.bun/bin/bunx","x@1.2.3"]"#),
            ("proxy-command", "bunx x@1.2.3"),
        ];
        let mut all = facts(&elsewhere);
        all.push(missing(
            "claude-version",
            "`claude` is in no directory of PATH",
        ));
        all.push(missing(
            "proxy-program",
            "`bunx` is in no directory of PATH",
        ));
        for (id, detail, fix) in [
            (
                "claude-cli",
                "but `/home/u/.local/bin/claude` is there",
                ":/home/u/.local/bin\"",
            ),
            (
                "runtime",
                "but `/home/u/.bun/bin/bun` is there",
                ":/home/u/.bun/bin\"",
            ),
            (
                "proxy-command",
                "but `/home/u/.bun/bin/bunx` is there",
                r#"command '["/home/u/.bun/bin/bunx","x@1.2.3"]' --strict-json"#,
            ),
        ] {
            let check = check(&all, id);
            assert_eq!(check.status, Status::Fail);
            assert!(check.detail.contains(detail), "{check:?}");
            assert!(check.fix.as_deref().unwrap().contains(fix), "{check:?}");
        }
    }

    #[test]
    fn a_command_that_is_not_pinned_is_told_why() {
        for (command, what, fix) in [
            ("bunx x", "whatever the registry has", "@X.Y.Z"),
            (
                "env bunx x",
                "`x`, which names no exact version",
                "full path",
            ),
            ("docker run x:latest", "the image `x:latest`", "full path"),
            ("my-launcher", "`my-launcher`", "full path"),
        ] {
            let known = [("proxy-pinned", "no"), ("proxy-command", command)];
            let check = check(&facts(&known), "proxy-pinned");
            assert_eq!(check.status, Status::Warn);
            assert!(check.detail.contains(what), "{}", check.detail);
            assert!(
                check.fix.as_deref().unwrap().contains(fix),
                "{:?}",
                check.fix
            );
        }
    }
}
