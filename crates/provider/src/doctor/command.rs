//! What starts the proxy: its command, whether that is pinned, and what it needs.

use super::{CheckResult, Command, Installation, ProgramTrouble, fail, not_here, pass, warn};
use crate::document::Value;
use crate::{ID, pin, proxy_kind};

/// What runs programs of JavaScript.
pub(super) fn runtime(f: &Installation<'_>) -> CheckResult {
    match (&f.bun_version, &f.node_version) {
        (Some(bun), Some(node)) => pass(format!("Bun {bun}, Node.js {node}")),
        (Some(bun), None) => pass(format!("Bun {bun}")),
        (None, Some(node)) => pass(format!("Node.js {node}")),
        (None, None) if let Some(host) = f.remote_host() => not_here(host),
        (None, None) => {
            let path = f.runtime_elsewhere.as_deref();
            let detail = match path {
                Some(path) => format!("neither is in PATH, but `{path}` is there"),
                None => "neither was found".to_owned(),
            };
            let fix = path
                .and_then(add_to_path)
                .unwrap_or_else(|| "Install Bun (see bun.sh) or Node.js 24.".to_owned());
            fail_unless_running(f, detail, fix)
        }
    }
}

/// The command that starts the proxy.
fn command<'f>(f: &'f Installation<'_>) -> Result<&'f Command, &'f String> {
    f.proxy.as_ref()?.command.as_ref()
}

/// The program of the command.
pub(super) fn program(f: &Installation<'_>) -> CheckResult {
    if let Some(host) = f.remote_host() {
        return pass(format!("not started from here: the proxy runs on {host}"));
    }
    let command = command(f)?;
    let trouble = match &command.program {
        Ok(path) => return pass(path),
        Err(trouble) => trouble,
    };
    let why = match trouble {
        ProgramTrouble::Unknown(why) => return Err(why.clone()),
        ProgramTrouble::NotExecutable(path) => format!("`{path}` is not executable"),
        ProgramTrouble::Other(why) => why.clone(),
    };
    let line = command.words.join(" ");
    let Some(path) = &command.elsewhere else {
        return fail_unless_running(f, format!("`{line}`: {why}"), program_fix(trouble));
    };
    let rest = command.words.iter().skip(1).cloned();
    let list = json_list(std::iter::once(path.clone()).chain(rest));
    let fix = match list.contains(['\'', '\n']) {
        // It goes between quotes of a shell.
        true => program_fix(trouble),
        false => set_command(&list),
    };
    let detail = format!("`{line}`: {why}, but `{path}` is there");
    fail_unless_running(f, detail, fix)
}

/// Whether a restart runs the same code.
pub(super) fn pinned(f: &Installation<'_>) -> CheckResult {
    if let Some(host) = f.remote_host() {
        return not_here(host);
    }
    let command = command(f)?;
    match command.pinned {
        true => pass("a restart runs the same code"),
        false => not_pinned(&command.words),
    }
}

/// Why a restart may run other code, as far as the command tells.
fn not_pinned(words: &[String]) -> CheckResult {
    let program = proxy_kind::program_name(words.first().map_or("", String::as_str));
    let reason = match program {
        "" | "bunx" | "npx" => None,
        _ => pin::unpinned_reason(words),
    };
    match reason {
        Some(reason) => warn(
            format!("{reason}; a restart may run other code"),
            format!(
                "Name an exact version, or the full path of an installed program, in plugins.entries.{ID}.config.command."
            ),
        ),
        None => warn(
            "each start runs whatever the registry has that day, and none without a network",
            set_command(&pinned_form(words)),
        ),
    }
}

/// A command that fetches its program, with an exact version to be filled in: as a list in JSON.
fn pinned_form(words: &[String]) -> String {
    let usual = proxy_kind::KINDS.first().map_or(&[][..], |row| row.command);
    let mut words: Vec<String> = match words {
        [_, _, ..] => words.to_vec(),
        _ => usual.iter().map(|&word| word.to_owned()).collect(),
    };
    // The package is the first word after the runner that is no flag.
    if let Some(package) = words.iter_mut().skip(1).find(|word| !word.starts_with('-')) {
        package.push_str("@X.Y.Z");
    }
    json_list(words.into_iter())
}

/// Words as a list in JSON.
fn json_list(words: impl Iterator<Item = String>) -> String {
    Value::Array(words.map(Value::String).collect()).json()
}

/// What only the next start needs fails, but is a warning while the proxy runs.
fn fail_unless_running(f: &Installation<'_>, detail: String, fix: String) -> CheckResult {
    if f.is_ready() {
        warn(format!("{detail}; the next start needs it"), fix)
    } else {
        fail(detail, fix)
    }
}

/// The fix where the command's program cannot be started.
fn program_fix(trouble: &ProgramTrouble) -> String {
    match trouble {
        ProgramTrouble::NotExecutable(path) if is_plain(path) => format!("chmod +x {path}"),
        ProgramTrouble::NotExecutable(_) => {
            "Make that file executable, or name another program.".to_owned()
        }
        ProgramTrouble::Unknown(_) | ProgramTrouble::Other(_) => {
            set_command("[\"/full/path/to/the/proxy\"]")
        }
    }
}

/// Sets the command, a list as JSON.
fn set_command(list: &str) -> String {
    format!("openclaw config set plugins.entries.{ID}.config.command '{list}' --strict-json")
}

/// Adds a program's directory to `PATH`, at its end, so that nothing that is found now changes.
pub(super) fn add_to_path(program: &str) -> Option<String> {
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
    use super::super::tests::{check, facts, proxy};
    use super::super::{Facts, Status};
    use super::*;

    /// A proxy whose program cannot be started.
    fn without(words: &str, trouble: ProgramTrouble, elsewhere: Option<&str>) -> Facts {
        let mut proxy = proxy(words);
        let command = proxy.command.as_mut().unwrap();
        command.program = Err(trouble);
        command.elsewhere = elsewhere.map(str::to_owned);
        Facts {
            proxy: Ok(proxy),
            ..facts()
        }
    }

    fn other(why: &str) -> ProgramTrouble {
        ProgramTrouble::Other(why.to_owned())
    }

    #[test]
    fn a_program_that_may_not_be_run_is_made_executable() {
        let locked = |path: &str| ProgramTrouble::NotExecutable(path.to_owned());
        for (trouble, why, fix) in [
            (
                locked("/opt/proxy"),
                "`/opt/proxy` is not executable",
                "chmod +x /opt/proxy",
            ),
            (
                locked("/opt/a b"),
                "`/opt/a b` is not executable",
                "Make that file executable",
            ),
            (
                other("`/opt/proxy` is not there"),
                "`/opt/proxy` is not there",
                "openclaw config set",
            ),
        ] {
            let check = check(&without("x", trouble, None), "proxy-command");
            assert!(check.detail.contains(why), "{check:?}");
            assert!(check.fix.as_deref().unwrap().starts_with(fix), "{check:?}");
        }
    }

    #[test]
    fn a_program_in_a_usual_place_is_named_with_its_path() {
        let all = Facts {
            claude_elsewhere: Some("/home/u/.local/bin/claude".to_owned()),
            runtime_elsewhere: Some("/home/u/.bun/bin/bun".to_owned()),
            claude_version: Err("`claude` is in no directory of PATH".to_owned()),
            ..without(
                "bunx x@1.2.3",
                other("`bunx` is in no directory of PATH"),
                Some("/home/u/.bun/bin/bunx"),
            )
        };
        for (id, path, fix) in [
            ("claude-cli", ".local/bin/claude", ":/home/u/.local/bin\""),
            ("runtime", ".bun/bin/bun", ":/home/u/.bun/bin\""),
            (
                "proxy-command",
                ".bun/bin/bunx",
                r#"command '["/home/u/.bun/bin/bunx","x@1.2.3"]' --strict-json"#,
            ),
        ] {
            let detail = format!("but `/home/u/{path}` is there");
            let check = check(&all, id);
            assert_eq!(check.status, Status::Fail);
            assert!(check.detail.contains(&detail), "{check:?}");
            assert!(check.fix.as_deref().unwrap().contains(fix), "{check:?}");
        }
        let unknown = without("x", ProgramTrouble::Unknown("no helper".to_owned()), None);
        assert_eq!(check(&unknown, "proxy-command").status, Status::Unknown);
        // Words that the quotes of a shell would not hold are not offered.
        let quoted = without("bunx it's", other("no"), Some("/bin/bunx"));
        let fix = check(&quoted, "proxy-command").fix.unwrap();
        assert!(fix.contains("/full/path"), "{fix}");
    }

    #[test]
    fn a_command_that_is_not_pinned_is_told_why() {
        let exact = "`x`, which names no exact version";
        for (command, what, fix) in [
            ("bunx x", "whatever the registry has", "@X.Y.Z"),
            ("env bunx x", exact, "full path"),
            ("docker run x:latest", "the image `x:latest`", "full path"),
            ("my-launcher", "`my-launcher`", "full path"),
            ("bash -lc x", "text for `bash`", "full path"),
        ] {
            let facts = Facts {
                proxy: Ok(proxy(command)),
                ..facts()
            };
            let check = check(&facts, "proxy-pinned");
            assert_eq!(check.status, Status::Warn);
            assert!(check.detail.contains(what), "{check:?}");
            assert!(check.fix.as_deref().unwrap().contains(fix), "{check:?}");
        }
    }
}
