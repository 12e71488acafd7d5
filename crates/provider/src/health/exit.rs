//! Finds out why a process ended, or could not be started.

use super::{Diagnosis, Exit, LOGIN_NEXT, SpawnError};
use crate::proxy_kind::contains_sign;
use crate::settings::Settings;

/// A reason for the end of a process.
struct Cause {
    code: &'static str,
    /// Whether another start can help.
    retry: bool,
    /// Signs in the output, in lower case, separated by `|`.
    signs: &'static str,
    reason: &'static str,
    next: &'static str,
}

macro_rules! exits {
    ($($code:literal $retry:ident $signs:literal $reason:literal $next:expr;)*) => {
        &[$(Cause { code: $code, retry: retry!($retry), signs: $signs, reason: $reason, next: $next }),*]
    };
}

macro_rules! retry {
    (again) => {
        true
    };
    (never) => {
        false
    };
}

const CAUSES: &[Cause] = include!("../../data/exits.rs");

/// Finds out why a process ended, from the last lines of its output. Without a known sign the reason has only the exit code and the
/// time.
pub fn diagnose(settings: &Settings, exit: &Exit) -> Diagnosis {
    if !exit.was_ready {
        let output = exit.output.join("\n").to_ascii_lowercase();
        let is_in_output = |cause: &&Cause| contains_sign(&output, cause.signs);
        if let Some(cause) = CAUSES.iter().find(is_in_output) {
            return diagnosis(cause.code, cause.reason, Some(cause.next), cause.retry);
        }
    }
    let how = match (exit.code, exit.signal) {
        (_, Some(signal)) => format!("was ended by signal {signal}"),
        (Some(code), None) => format!("ended with code {code}"),
        (None, None) => "ended".to_owned(),
    };
    let ran = Seconds(exit.ran_ms);
    let program = settings.command.first().map_or("", String::as_str);
    if exit.was_ready {
        let reason = format!("The proxy {how} after {ran}.");
        return diagnosis("crashed", &reason, None, true);
    }
    let reason = format!("`{program}` {how} after {ran}, before it answered.");
    let next = "Look at its last lines with `claude-proxy logs`.";
    diagnosis("start-failed", &reason, Some(next), true)
}

fn diagnosis(code: &str, reason: &str, next: Option<&str>, retry: bool) -> Diagnosis {
    Diagnosis {
        code: code.to_owned(),
        reason: reason.to_owned(),
        next: next.map(str::to_owned),
        retry,
    }
}

/// Milliseconds, for people.
struct Seconds(u64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            ms @ 0..10_000 => write!(f, "{}.{} s", ms / 1000, ms % 1000 / 100),
            ms @ 10_000..120_000 => write!(f, "{} s", ms / 1000),
            ms => write!(f, "{} min", ms / 60_000),
        }
    }
}

/// Finds out why a program could not be started. `detail` is the error of the system, or where the program was searched for.
pub fn diagnose_spawn(settings: &Settings, kind: SpawnError, detail: &str) -> Diagnosis {
    let program = settings.command.first().map_or("", String::as_str);
    let install = match program.rsplit('/').next().unwrap_or(program) {
        "bunx" | "bun" => {
            "Install Bun (see bun.sh), or set `command` to a proxy program that is installed, with its full path."
        }
        "npx" | "npm" | "node" => {
            "Install Node.js, or set `command` to a proxy program that is installed, with its full path."
        }
        _ => {
            "Install it, or correct `command`; the Gateway's PATH may be shorter than your shell's, so prefer a full path."
        }
    };
    match kind {
        SpawnError::NotFound => {
            let reason = format!("`{program}` was not found.");
            diagnosis("program-not-found", &reason, Some(install), false)
        }
        SpawnError::NotExecutable if detail.to_ascii_lowercase().contains("exec format error") => {
            let reason = format!("`{program}` is broken, or is not made for this kind of machine.");
            diagnosis("wrong-binary", &reason, Some(install), false)
        }
        SpawnError::NotExecutable => {
            let reason = format!("`{program}` may not be executed.");
            let next = format!("Check its permissions: `ls -l {program}`.");
            diagnosis("program-not-executable", &reason, Some(&next), false)
        }
        SpawnError::Other => {
            let reason = format!("`{program}` could not be started: {detail}.");
            diagnosis("spawn-failed", &reason, None, true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(code: i32, ran_ms: u64, output: &str) -> Exit {
        Exit {
            code: Some(code),
            signal: None,
            ran_ms,
            was_ready: false,
            output: vec![output.to_owned()],
        }
    }

    #[test]
    fn ends_are_diagnosed_from_what_was_printed() {
        // The code, whether another start can help, and what was printed.
        for row in [
            "port-in-use again Error: Port 3456 is already in use",
            "not-logged-in - Not logged in. Run: claude login",
            "claude-cli-missing - Could not find Claude Code executable",
            // claude-max-api-proxy 1.0.0, without a CLI and with one whose native part is missing.
            "claude-cli-missing - Error: Claude CLI not found. Install with: npm install -g @anthropic-ai/claude-code",
            "claude-cli-broken - Checking Claude CLI...\nError: Claude CLI returned non-zero exit code",
            "bad-port - RangeError: options.port should be >= 0",
            "package-not-found - npm error code E404",
            "package-not-found - error: GET https://registry/x - 404",
            "registry-unreachable again error: ConnectionRefused downloading package manifest x",
            "registry-unreachable again npm error code EAI_AGAIN",
            "registry-unreachable again npm error code ECONNRESET\nnpm error network read ECONNRESET",
            "registry-unreachable again error: ConnectionReset downloading tarball @rynfar/meridian@1.43.0",
            "script-not-found - error: Script not found \"meridian\"",
            "wrong-binary - Error: spawn /usr/bin/claude ENOEXEC",
            "wrong-binary - sh: 1: meridian: Exec format error",
            "claude-cli-broken - [@anthropic-ai/claude-code postinstall] Failed to place binary: EACCES: permission denied, copyfile",
            "claude-cli-broken - ReferenceError: Claude Code native binary not found at /home/u/.local/bin/claude.",
            "program-incomplete - Error: Cannot find module '/x/cli.js'",
            "start-failed again something else",
        ] {
            let [code, retry, output] = row.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                panic!("{row}");
            };
            let exit = exit(1, 300, output);
            let diagnosis = diagnose(&Settings::default(), &exit);
            let got = (diagnosis.code.as_str(), diagnosis.retry);
            assert_eq!(got, (code, retry == "again"), "{output}");
            assert!(diagnosis.next.is_some(), "{output}");
            // A log line of a working proxy is no reason.
            let ready = Exit {
                was_ready: true,
                ..exit
            };
            let later = diagnose(&Settings::default(), &ready);
            assert_eq!((later.code.as_str(), later.retry), ("crashed", true));
        }
        let zero = diagnose(&Settings::default(), &exit(0, 250, ""));
        assert_eq!(
            zero.reason,
            "`bunx` ended with code 0 after 0.2 s, before it answered."
        );
    }

    #[test]
    fn a_missing_program_is_not_tried_again() {
        let diagnosis = diagnose_spawn(&Settings::default(), SpawnError::NotFound, "");
        assert!(!diagnosis.retry && diagnosis.next.unwrap().contains("Bun"));
        assert!(diagnose_spawn(&Settings::default(), SpawnError::Other, "EAGAIN").retry);
        for (detail, code) in [
            (
                "/x/bunx: Permission denied (os error 13)",
                "program-not-executable",
            ),
            ("/x/bunx: Exec format error (os error 8)", "wrong-binary"),
        ] {
            let diagnosis = diagnose_spawn(&Settings::default(), SpawnError::NotExecutable, detail);
            assert_eq!((diagnosis.code.as_str(), diagnosis.retry), (code, false));
            assert!(diagnosis.next.is_some());
        }
    }
}
