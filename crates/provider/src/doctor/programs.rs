//! The programs that some facts come from: how they are asked, and what their answers say.

use super::ProgramAnswer;
use crate::auth::{ProgramOutput, ProgramQuestion};
use crate::strings;

pub(super) const CLAUDE: &str = "claude";
pub(super) const LOGIN: &str = "claude-login";
pub(super) const BUN: &str = "bun";
pub(super) const NODE: &str = "node";

/// Each question: its id, the command, and how long that may take, in milliseconds.
const QUESTIONS: &[(&str, &[&str], u32)] = &[
    (LOGIN, &[CLAUDE, "auth", "status"], 15_000),
    (CLAUDE, &[CLAUDE, "--version"], 10_000),
    (BUN, &[BUN, "--version"], 10_000),
    (NODE, &[NODE, "--version"], 10_000),
];
/// Most bytes of an error that are shown.
const MAX_ERROR: usize = 160;

/// The programs to run for the facts.
pub fn questions() -> Vec<ProgramQuestion> {
    let mut all = Vec::new();
    for &(id, words, timeout_ms) in QUESTIONS {
        all.push(ProgramQuestion {
            id: id.to_owned(),
            command: words.iter().map(|&word| word.to_owned()).collect(),
            timeout_ms,
        });
    }
    all
}

/// What came of a program, where it was asked.
pub(super) fn answer<'a>(answers: &'a [ProgramAnswer], id: &str) -> Option<&'a ProgramAnswer> {
    answers.iter().find(|answer| answer.id == id)
}

/// The version of a program: the first line that it prints.
pub(super) fn version(answers: &[ProgramAnswer], id: &str) -> Result<String, String> {
    let Some(answer) = answer(answers, id) else {
        return Err("it was not asked".to_owned());
    };
    let ProgramOutput {
        code,
        output,
        errors,
    } = answer.outcome.as_ref()?;
    let line = output.trim_start().split('\n').next().unwrap_or_default();
    if *code == Some(0) && !line.is_empty() {
        return Ok(line.trim_end().to_owned());
    }
    let Some(code) = code else {
        return Err("it gave no answer in time".to_owned());
    };
    let mut why = format!("it ended with exit code {code}");
    // The last line that says something.
    let says = |line: &&str| line.bytes().any(|byte| byte > b'9');
    if let Some(said) = errors.split('\n').rfind(says) {
        why.push_str(": ");
        let room = said.floor_char_boundary(MAX_ERROR);
        let said = said.get(..room).unwrap_or_default();
        why.push_str(&strings::escape_control(said.trim()));
    }
    Err(why)
}
