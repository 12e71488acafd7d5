//! Checks of the command that starts the proxy: its program, whether it is pinned, and the runtime that it needs.

use super::{
    CheckResult, Command, Installation, ProgramError, fail, not_here, pass, programs, warn,
};
use crate::document::Value;
use crate::{ID, pin, proxy_kind};

/// Whether there is a JavaScript runtime.
pub(super) fn runtime(f: &Installation<'_>) -> CheckResult {
    match (&f.bun_version, &f.node_version) {
        (Some(bun), Some(node)) => pass(format!("Bun {bun}, Node.js {node}")),
        (Some(bun), None) => pass(format!("Bun {bun}")),
        (None, Some(node)) => pass(format!("Node.js {node}")),
        (None, None) if let Some(host) = f.remote_address() => not_here(host),
        (None, None) => {
            let path = f
                .installed_at(programs::BUN)
                .or_else(|| f.installed_at(programs::NODE));
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

/// Whether the program of the command is there.
pub(super) fn program(f: &Installation<'_>) -> CheckResult {
    if let Some(host) = f.remote_address() {
        return pass(format!("not started from here: the proxy runs on {host}"));
    }
    let command = command(f)?;
    let error = match &command.program {
        Ok(path) => return pass(path),
        Err(error) => error,
    };
    let why = match error {
        ProgramError::Unknown(why) => return Err(why.clone()),
        ProgramError::NotExecutable(path) => format!("`{path}` is not executable"),
        ProgramError::Other(why) => why.clone(),
    };
    let line = command.words.join(" ");
    let Some(path) = &command.installed_at else {
        return fail_unless_running(f, format!("`{line}`: {why}"), program_fix(error));
    };
    let rest = command.words.iter().skip(1).cloned();
    let list = json_list(std::iter::once(path.clone()).chain(rest));
    let fix = match list.contains(['\'', '\n']) {
        // The list is put between single quotes in a shell command.
        true => program_fix(error),
        false => set_command(&list),
    };
    let detail = format!("`{line}`: {why}, but `{path}` is there");
    fail_unless_running(f, detail, fix)
}

/// Whether a restart runs the same code.
pub(super) fn pinned(f: &Installation<'_>) -> CheckResult {
    if let Some(host) = f.remote_address() {
        return not_here(host);
    }
    let command = command(f)?;
    match command.pinned {
        true => pass("a restart runs the same code"),
        false => not_pinned(&command.words),
    }
}

/// The result for a command that is not pinned.
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

/// A command with a placeholder for the exact version of its package, as a JSON list.
fn pinned_form(words: &[String]) -> String {
    let usual = proxy_kind::KINDS.first().map_or(&[][..], |row| row.command);
    let mut words: Vec<String> = match words {
        [_, _, ..] => words.to_vec(),
        _ => usual.iter().map(|&word| word.to_owned()).collect(),
    };
    // The package is the first word after the program that is no flag.
    if let Some(package) = words.iter_mut().skip(1).find(|word| !word.starts_with('-')) {
        package.push_str("@X.Y.Z");
    }
    json_list(words.into_iter())
}

/// Words as a JSON list.
fn json_list(words: impl Iterator<Item = String>) -> String {
    Value::Array(words.map(Value::String).collect()).json()
}

/// The result for something that only the next start needs: a warning while the proxy runs, otherwise a failure.
fn fail_unless_running(f: &Installation<'_>, detail: String, fix: String) -> CheckResult {
    if f.is_ready() {
        warn(format!("{detail}; the next start needs it"), fix)
    } else {
        fail(detail, fix)
    }
}

/// The fix for a program that cannot be started.
fn program_fix(error: &ProgramError) -> String {
    match error {
        ProgramError::NotExecutable(path) if is_plain(path) => format!("chmod +x {path}"),
        ProgramError::NotExecutable(_) => {
            "Make that file executable, or name another program.".to_owned()
        }
        ProgramError::Unknown(_) | ProgramError::Other(_) => {
            set_command("[\"/full/path/to/the/proxy\"]")
        }
    }
}

/// The command line that sets `command` to a JSON list.
fn set_command(list: &str) -> String {
    format!("openclaw config set plugins.entries.{ID}.config.command '{list}' --strict-json")
}

/// The command line that adds a program's directory to the end of `PATH`, so that programs which are found now stay the same.
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
