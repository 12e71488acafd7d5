//! The programs that some facts come from: how they are asked, and what their answers say.

use super::ProgramAnswer;
use crate::auth::{ProgramOutput, ProgramQuestion};
use crate::strings;

pub(super) const CLAUDE: &str = "claude";
pub(super) const LOGIN: &str = "claude-login";
pub(super) const BUN: &str = "bun";
pub(super) const NODE: &str = "node";
const OPENCLAW: &str = "openclaw";

/// Each question: its id, the command, and how long that may take, in milliseconds.
const QUESTIONS: &[(&str, &[&str], u32)] = &[
    (LOGIN, &[CLAUDE, "auth", "status"], 15_000),
    (CLAUDE, &[CLAUDE, "--version"], 10_000),
    (BUN, &[BUN, "--version"], 10_000),
    (NODE, &[NODE, "--version"], 10_000),
    // It loads much before it says it.
    (OPENCLAW, &[OPENCLAW, "--version"], 15_000),
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
    let mut why = match code {
        Some(0) => "it printed no version".to_owned(),
        Some(code) => format!("it ended with exit code {code}"),
        None => return Err("it gave no answer in time".to_owned()),
    };
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

/// The version that OpenClaw says: `OpenClaw 2026.9.6 (1234567)` or the number alone. A wrapper may print more.
pub fn openclaw_version(answers: &[ProgramAnswer]) -> Result<String, String> {
    let fails = |why| format!("`openclaw --version`: {why}");
    version(answers, OPENCLAW).map_err(fails)?;
    let output = answer(answers, OPENCLAW).and_then(|answer| answer.outcome.as_ref().ok());
    let output = output.map_or("", |said| said.output.as_str());
    let words = output.split_ascii_whitespace();
    let mut words = words.map(|word| word.trim_start_matches('v').trim_end_matches(','));
    let is_version = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_digit())
            && word.split('.').count() >= 3
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
    };
    let found = words.find(is_version).map(str::to_owned);
    found.ok_or_else(|| "`openclaw --version` names none".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: &str, code: i32, output: &str, errors: &str) -> Vec<ProgramAnswer> {
        vec![ProgramAnswer {
            id: id.to_owned(),
            outcome: Ok(ProgramOutput {
                code: Some(code),
                output: output.to_owned(),
                errors: errors.to_owned(),
            }),
            installed_at: None,
        }]
    }

    #[test]
    fn the_version_of_a_program_is_its_first_line() {
        let version = |code, output, errors| version(&said(BUN, code, output, errors), BUN);
        assert_eq!(version(0, " 1.2.3 \nmore\n", ""), Ok("1.2.3".to_owned()));
        for (code, output, errors, why) in [
            (0, "", "", "it printed no version"),
            (
                1,
                "1.2.3",
                "no \u{1b}such thing\n--\n",
                "it ended with exit code 1: no \\u{1b}such thing",
            ),
        ] {
            assert_eq!(version(code, output, errors), Err(why.to_owned()));
        }
    }

    #[test]
    fn the_version_of_openclaw_is_what_it_says() {
        for (code, output, version) in [
            (0, "2026.9.6\n", Ok("2026.9.6")),
            (0, "OpenClaw 2026.9.6 (1234567)\n", Ok("2026.9.6")),
            (
                0,
                "starting 1 container\nv2026.9.6-beta.1\n",
                Ok("2026.9.6-beta.1"),
            ),
            (0, "hello\n", Err("`openclaw --version` names none")),
            (
                1,
                "2026.9.6\n",
                Err("`openclaw --version`: it ended with exit code 1"),
            ),
            (0, "", Err("`openclaw --version`: it printed no version")),
        ] {
            let found = openclaw_version(&said(OPENCLAW, code, output, ""));
            let found = found.as_deref().map_err(String::as_str);
            assert_eq!(found, version, "{output}");
        }
    }
}
