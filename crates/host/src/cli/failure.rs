//! Why a command gives up, in the form that the user reads: place, what was found, what is accepted, the next step.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::output::{self, Style, Tone};
use crate::component::types::Problem;
use crate::component::{CallError, types};
use crate::key_file;
use crate::location::NoHome;
use crate::private_file::PrivateFileError;
use crate::state;
use crate::store::{StoreError, StoreFault};

/// The command could not do what it was asked.
pub(super) const FAILED: u8 = 1;
/// Unknown; also for wrong usage.
pub(super) const UNKNOWN: u8 = 2;
/// Refused, nothing changed.
pub(super) const REFUSED: u8 = 4;
/// A retry cannot help (`EX_CONFIG`).
pub(super) const PERMANENT: u8 = 78;

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
        let exit = match why.fault {
            StoreFault::ReadOnly(_) | StoreFault::Shrinks { .. } | StoreFault::Changed { .. } => {
                REFUSED
            }
            _ => exit,
        };
        Self::new(
            exit,
            why.to_string(),
            Problem::new(
                why.code(),
                why.path.display().to_string(),
                why.to_string(),
                why.accepted(),
                why.next(),
            ),
        )
    }

    pub(super) fn state(exit: u8, why: &PrivateFileError) -> Self {
        Self::new(
            exit,
            "the state directory cannot be used",
            Problem::new(
                "state-unusable",
                "state directory",
                why.to_string(),
                "a directory and files of yours that nobody else can read",
                state::next_step(why),
            ),
        )
    }

    pub(super) fn key_file(exit: u8, why: &PrivateFileError) -> Self {
        Self::new(
            exit,
            "the key of your proxy cannot be read",
            Problem::new(
                "key-file-unusable",
                "plugins.entries.anthropic-claude-proxy.config.keyFile",
                why.to_string(),
                "a regular file of yours that nobody else can read, with the key alone in it",
                key_file::next_step(why),
            ),
        )
    }

    pub(super) fn home(exit: u8, why: &NoHome) -> Self {
        Self::new(
            exit,
            why.to_string(),
            Problem::new(
                "home-unknown",
                "HOME",
                "nothing",
                "an absolute path",
                "Set HOME, or name the file with `--config` and the directory with `--state-dir`.",
            ),
        )
    }

    /// An error of the component. `document` is the file that the call was about.
    pub(super) fn component(exit: u8, why: &CallError, document: Option<&Path>) -> Self {
        match why {
            CallError::Input(error) => {
                let of = |otherwise: &str| {
                    document.map_or_else(
                        || otherwise.to_owned(),
                        |path| format!("`{}`", path.display()),
                    )
                };
                let (exit, headline) = match error.kind {
                    types::ErrorKind::InvalidSettings => (
                        exit,
                        format!("the settings in {} are not accepted", of("force")),
                    ),
                    types::ErrorKind::Unreadable => {
                        (exit, format!("cannot read {}", of("the configuration")))
                    }
                    types::ErrorKind::Refused => (
                        REFUSED,
                        format!("refusing to edit {}", of("the configuration")),
                    ),
                    types::ErrorKind::UnexpectedAnswer => {
                        (super::args::USAGE, "an answer is not accepted".to_owned())
                    }
                    types::ErrorKind::Other => (exit, "the component cannot do that".to_owned()),
                };
                Self {
                    exit,
                    headline,
                    problems: error.problems.clone(),
                }
            }
            CallError::Thread(_) => Self::new(
                exit,
                why.to_string(),
                Problem::new(
                    "component-no-thread",
                    "the component",
                    why.to_string(),
                    "one thread more for each call",
                    "Try again; if it stays so, raise the limit of threads (`ulimit -u`, TasksMax of the service).",
                ),
            ),
            other => Self::new(
                exit,
                other.to_string(),
                Problem::new(
                    match other {
                        CallError::Deadline(_) => "component-too-slow",
                        CallError::Memory(_) => "component-too-large",
                        CallError::Incompatible { .. } => "component-incompatible",
                        _ => "component-failed",
                    },
                    document.map_or_else(
                        || "the component".to_owned(),
                        |path| path.display().to_string(),
                    ),
                    other.to_string(),
                    "a configuration that it can judge, and a complete installation",
                    "Install the plugin again; if it stays so, report it.",
                ),
            ),
        }
    }

    fn write(&self, out: &mut dyn Write, style: Style) -> io::Result<()> {
        writeln!(
            out,
            "{}: {}",
            style.paint(Tone::Bad, "error"),
            self.headline
        )?;
        for problem in &self.problems {
            let path = style.paint(Tone::Strong, &problem.path);
            writeln!(out, "  at       {path}")?;
            if problem.found != self.headline {
                writeln!(out, "  found    {}", problem.found)?;
            }
            writeln!(out, "  accepted {}", problem.accepted)?;
            writeln!(out, "{}", style.hint(0, &problem.next))?;
        }
        Ok(())
    }
}

/// Where the component gives no result, and nobody knows more of the case, what was asked is unknown.
impl From<CallError> for Failure {
    fn from(why: CallError) -> Self {
        Self::component(UNKNOWN, &why, None)
    }
}

/// Why a command ends before its end.
#[derive(Debug)]
pub(super) enum CommandError {
    /// Nobody reads standard output any more: that is success.
    Pipe,
    /// Something is wrong.
    Failed(Box<Failure>),
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<CallError> for CommandError {
    fn from(why: CallError) -> Self {
        Failure::from(why).into()
    }
}

/// Only writing to standard output gives bare errors of the system.
impl From<io::Error> for CommandError {
    fn from(why: io::Error) -> Self {
        if why.kind() == io::ErrorKind::BrokenPipe {
            return Self::Pipe;
        }
        Failure::new(
            FAILED,
            "cannot write to standard output",
            Problem::new(
                "output",
                "standard output",
                why.to_string(),
                "a place that can be written to",
                "Check free disk space and the terminal.",
            ),
        )
        .into()
    }
}

impl CommandError {
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
                    failure.write(&mut io::stderr().lock(), Style::of_stderr())
                };
                ExitCode::from(failure.exit)
            }
        }
    }
}
