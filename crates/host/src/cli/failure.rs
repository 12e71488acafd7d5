//! Why a command gives up, in the form that the user reads: place, what was found, what is accepted, the next step.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::output;
use crate::component::{Error, types};
use crate::key_file::KeyFileError;
use crate::location::NoHome;
use crate::state::StateError;
use crate::store::StoreError;

/// The command could not do what it was asked.
pub(super) const COULD_NOT: u8 = 1;
/// Unknown; also for wrong usage.
pub(super) const CANNOT_TELL: u8 = 2;
/// Refused, nothing changed.
pub(super) const REFUSED: u8 = 4;
/// A retry cannot help (`EX_CONFIG`).
pub(super) const CANNOT_HELP: u8 = 78;

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Problem {
    pub(super) code: String,
    pub(super) path: String,
    pub(super) found: String,
    pub(super) accepted: String,
    pub(super) next: String,
}

impl From<&types::Problem> for Problem {
    fn from(problem: &types::Problem) -> Self {
        Self {
            code: problem.code.clone(),
            path: problem.path.clone(),
            found: problem.found.clone(),
            accepted: problem.accepted.clone(),
            next: problem.next.clone(),
        }
    }
}

/// Why a command gives up.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: u8,
    pub(super) headline: String,
    pub(super) problems: Vec<Problem>,
}

impl Failure {
    pub(super) fn new(exit: u8, headline: impl Into<String>, problem: Problem) -> Self {
        Self {
            exit,
            headline: headline.into(),
            problems: vec![problem],
        }
    }

    pub(super) fn store(exit: u8, why: &StoreError) -> Self {
        let exit = match why {
            StoreError::ReadOnly { .. }
            | StoreError::Shrinks { .. }
            | StoreError::Changed { .. } => REFUSED,
            _ => exit,
        };
        Self::new(
            exit,
            why.to_string(),
            Problem {
                code: why.code().to_owned(),
                path: why.path().display().to_string(),
                found: why.to_string(),
                accepted: why.accepted().to_owned(),
                next: why.next().to_owned(),
            },
        )
    }

    pub(super) fn state(exit: u8, why: &StateError) -> Self {
        Self::new(
            exit,
            "the state directory cannot be used",
            Problem {
                code: "state-unusable".to_owned(),
                path: "state directory".to_owned(),
                found: why.to_string(),
                accepted: "a directory and files of yours that nobody else can read".to_owned(),
                next: why.next(),
            },
        )
    }

    pub(super) fn key_file(exit: u8, why: &KeyFileError) -> Self {
        Self::new(
            exit,
            "the key of your proxy cannot be read",
            Problem {
                code: "key-file-unusable".to_owned(),
                path: "plugins.entries.anthropic-claude-proxy.config.keyFile".to_owned(),
                found: why.to_string(),
                accepted:
                    "a regular file of yours that nobody else can read, with the key alone in it"
                        .to_owned(),
                next: why.next(),
            },
        )
    }

    pub(super) fn home(exit: u8, why: &NoHome) -> Self {
        Self::new(
            exit,
            why.to_string(),
            Problem {
                code: "home-unknown".to_owned(),
                path: "HOME".to_owned(),
                found: "nothing".to_owned(),
                accepted: "an absolute path".to_owned(),
                next: "Set HOME, or name the file with `--config` and the directory with `--state-dir`."
                    .to_owned(),
            },
        )
    }

    /// What the component said, or what became of it. `document` is the file that it was about.
    pub(super) fn component(exit: u8, why: &Error, document: Option<&Path>) -> Self {
        match why {
            Error::Input(error) => {
                let of = |otherwise: &str| {
                    document.map_or_else(
                        || otherwise.to_owned(),
                        |path| format!("`{}`", path.display()),
                    )
                };
                let (exit, headline) = match error {
                    types::Error::InvalidSettings(_) => (
                        exit,
                        format!("the settings in {} are not accepted", of("force")),
                    ),
                    types::Error::Unreadable(_) => {
                        (exit, format!("cannot read {}", of("the configuration")))
                    }
                    types::Error::Refused(_) => (
                        REFUSED,
                        format!("refusing to edit {}", of("the configuration")),
                    ),
                    types::Error::UnexpectedAnswer(_) => {
                        (super::args::USAGE, "an answer is not accepted".to_owned())
                    }
                    types::Error::Other(_) => (exit, "it could not be done".to_owned()),
                };
                Self {
                    exit,
                    headline,
                    problems: error.problems().iter().map(Problem::from).collect(),
                }
            }
            other => Self::new(
                exit,
                other.to_string(),
                Problem {
                    code: match other {
                        Error::Deadline(_) => "component-too-slow",
                        Error::Memory(_) => "component-too-large",
                        Error::Incompatible { .. } => "component-incompatible",
                        _ => "component-failed",
                    }
                    .to_owned(),
                    path: document.map_or_else(
                        || "the component".to_owned(),
                        |path| path.display().to_string(),
                    ),
                    found: other.to_string(),
                    accepted: "a configuration of at most some megabytes, and a whole installation"
                        .to_owned(),
                    next: "Install the plugin again; if it stays so, report it.".to_owned(),
                },
            ),
        }
    }

    fn write(&self, out: &mut dyn Write, color: bool) -> io::Result<()> {
        let (bold_red, bold, reset) = if color {
            ("\x1b[1;31m", "\x1b[1m", "\x1b[0m")
        } else {
            ("", "", "")
        };
        writeln!(out, "{bold_red}error{reset}: {}", self.headline)?;
        for problem in &self.problems {
            writeln!(out, "  at       {bold}{}{reset}", problem.path)?;
            if problem.found != self.headline {
                writeln!(out, "  found    {}", problem.found)?;
            }
            writeln!(out, "  accepted {}", problem.accepted)?;
            writeln!(out, "  {bold}next{reset}     {}", problem.next)?;
        }
        Ok(())
    }
}

/// Why a command ends before its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// Nobody reads standard output any more: that is success.
    Pipe,
    /// Something is wrong.
    Failed(Box<Failure>),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

/// Only writing to standard output gives bare errors.
impl From<io::Error> for Halt {
    fn from(why: io::Error) -> Self {
        if why.kind() == io::ErrorKind::BrokenPipe {
            return Self::Pipe;
        }
        Failure::new(
            COULD_NOT,
            "cannot write to standard output",
            Problem {
                code: "output".to_owned(),
                path: "standard output".to_owned(),
                found: why.to_string(),
                accepted: "a place that can be written to".to_owned(),
                next: "Check free disk space and the terminal.".to_owned(),
            },
        )
        .into()
    }
}

impl Halt {
    pub(super) fn from_output(result: io::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Pipe,
            Err(why) => why.into(),
        }
    }

    /// Tells the user, as text on standard error or as JSON on standard output, and gives the exit code.
    pub(super) fn exit(self, json: bool) -> ExitCode {
        match self {
            Self::Pipe => ExitCode::SUCCESS,
            Self::Failed(failure) => {
                // Where not even this can be written, only the exit code is left.
                let _ = if json {
                    #[derive(Serialize)]
                    struct Shape<'a> {
                        error: Option<&'a Problem>,
                        problems: &'a [Problem],
                        message: &'a str,
                    }
                    output::json(&Shape {
                        error: failure.problems.first(),
                        problems: &failure.problems,
                        message: &failure.headline,
                    })
                } else {
                    failure.write(&mut io::stderr().lock(), output::color_on_stderr())
                };
                ExitCode::from(failure.exit)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn text(failure: &Failure) -> String {
        let mut out = Vec::new();
        failure.write(&mut out, false).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_failure_names_place_found_accepted_and_next() {
        let failure = Failure::component(
            COULD_NOT,
            &Error::Input(types::Error::InvalidSettings(vec![types::Problem {
                code: "port-out-of-range".to_owned(),
                path: "plugins.entries.anthropic-claude-proxy.config.port".to_owned(),
                found: "70000".to_owned(),
                accepted: "a whole number from 1 to 65535".to_owned(),
                next: "Correct it.".to_owned(),
            }])),
            Some(Path::new("/x/openclaw.json")),
        );
        assert_eq!(
            text(&failure),
            "error: the settings in `/x/openclaw.json` are not accepted\n\
             \x20 at       plugins.entries.anthropic-claude-proxy.config.port\n\
             \x20 found    70000\n\
             \x20 accepted a whole number from 1 to 65535\n\
             \x20 next     Correct it.\n"
        );
    }

    #[test]
    fn a_refusal_has_its_own_exit_code() {
        let failure = Failure::store(
            COULD_NOT,
            &StoreError::ReadOnly {
                path: PathBuf::from("/nix/store/x/openclaw.json"),
                why: crate::store::ReadOnly::NixStore,
            },
        );
        assert_eq!(failure.exit, REFUSED);
        assert_eq!(
            text(&failure),
            "error: `/nix/store/x/openclaw.json` lies in the Nix store\n\
             \x20 at       /nix/store/x/openclaw.json\n\
             \x20 accepted a file that you may write to\n\
             \x20 next     Make the change in your Nix configuration, then rebuild.\n"
        );
    }
}
