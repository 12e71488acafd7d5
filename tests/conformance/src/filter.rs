//! The component as a command: arguments and standard input in, text and an exit code out.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::vectors;

/// One run of the filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// Arguments, without the program's name.
    pub(crate) arguments: Vec<String>,
    /// Standard input.
    pub(crate) stdin: String,
    /// Exit code.
    #[serde(default)]
    pub(crate) exit: u8,
    /// Standard output.
    #[serde(default)]
    pub(crate) stdout: String,
    /// Standard error.
    #[serde(default)]
    pub(crate) stderr: String,
}

/// The file that holds them, in the folder of this crate.
pub(crate) const FILE: &str = "vectors/filter.json";

/// The full path of [`FILE`].
pub(crate) fn path() -> PathBuf {
    vectors::folder().join(FILE)
}

/// Every run.
pub(crate) fn load() -> Result<Vec<Run>> {
    Ok(serde_json::from_str(&fs::read_to_string(path())?)?)
}

/// A run with the output of `claude-proxy-provider`.
pub(crate) fn expected(run: &Run) -> Run {
    let output = claude_proxy_provider::filter::run(&run.arguments, || Ok(run.stdin.clone()));
    Run {
        arguments: run.arguments.clone(),
        stdin: run.stdin.clone(),
        exit: u8::from(!output.success),
        stdout: output.stdout,
        stderr: output.stderr,
    }
}
