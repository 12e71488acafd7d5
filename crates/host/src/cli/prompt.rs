//! Questions at the terminal, one line each: they work in every terminal and with a screen reader. Ctrl-C ends the
//! program where it is; nothing is written before the last question.

use std::io::{self, BufRead, IsTerminal as _, Write};

use super::failure::{CommandError, Failure, REFUSED};
use super::output::{self, Style, Tone};
use crate::component::auth;
use crate::component::types::Problem;

const MAX_BYTES: u64 = 64 * 1024;

/// Whether questions can be asked at a terminal, and are not turned off.
pub(super) fn is_interactive(disabled: bool) -> bool {
    !disabled && io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn ended() -> CommandError {
    Failure::new(
        REFUSED,
        "the questions were not answered; nothing was changed",
        Problem::new(
            "aborted",
            "standard input",
            "its end",
            "an answer, or Enter for the value in brackets",
            "Run it again, or give the answers as flags with `--yes`.",
        ),
    )
    .into()
}

fn line(style: Style, question: &str, initial: &str) -> Result<String, CommandError> {
    let mut out = output::stdout();
    let hint = if initial.is_empty() {
        String::new()
    } else {
        format!(" [{initial}]")
    };
    write!(
        out,
        "{}{} ",
        style.paint(Tone::Strong, question),
        style.paint(Tone::Faint, &format!("{hint}:"))
    )?;
    out.flush()?;
    drop(out);
    let mut text = String::new();
    let read = io::Read::take(io::stdin().lock(), MAX_BYTES)
        .read_line(&mut text)
        .map_err(|_| ended())?;
    if read == 0 {
        // The cursor still stands behind the question.
        writeln!(output::stdout())?;
        return Err(ended());
    }
    let text = text.trim();
    Ok(if text.is_empty() { initial } else { text }.to_owned())
}

pub(super) fn text(
    style: Style,
    prompt: &auth::TextPrompt,
) -> Result<auth::PromptAnswer, CommandError> {
    Ok(auth::PromptAnswer::Text(line(
        style,
        &prompt.message,
        &prompt.initial,
    )?))
}

pub(super) fn confirm(style: Style, question: &str, initial: bool) -> Result<bool, CommandError> {
    let hint = if initial { "Y/n" } else { "y/N" };
    loop {
        let answer = line(style, question, hint)?;
        match answer.to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ if answer == hint => return Ok(initial),
            _ => writeln!(output::stdout(), "Please answer yes or no.")?,
        }
    }
}

pub(super) fn choose(
    style: Style,
    prompt: &auth::ChoicePrompt,
) -> Result<auth::PromptAnswer, CommandError> {
    let mut out = output::stdout();
    for (number, choice) in (1..).zip(&prompt.choices) {
        let mark = if prompt.initial.contains(&choice.value) {
            "*"
        } else {
            " "
        };
        let hint = if choice.hint.is_empty() {
            String::new()
        } else {
            style.paint(Tone::Faint, &format!("  {}", choice.hint))
        };
        writeln!(out, " {mark} {number:>2}  {}{hint}", choice.label)?;
    }
    writeln!(
        out,
        "Numbers or names, commas between; Enter for those marked *."
    )?;
    drop(out);
    let answer = line(style, &prompt.message, &prompt.initial.join(", "))?;
    Ok(chosen(prompt, &answer))
}

/// Numbers stand for the choices of the list; anything else is taken as it is written.
fn chosen(prompt: &auth::ChoicePrompt, answer: &str) -> auth::PromptAnswer {
    let words: Vec<&str> = answer
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    let value = |word: &&str| {
        word.parse::<usize>()
            .ok()
            .and_then(|number| prompt.choices.get(number.checked_sub(1)?))
            .map_or_else(|| (*word).to_owned(), |choice| choice.value.clone())
    };
    let values: Vec<String> = words.iter().map(value).collect();
    let listed = |value: &String| prompt.choices.iter().any(|choice| choice.value == *value);
    if values.iter().all(listed) {
        auth::PromptAnswer::Chosen(values)
    } else {
        auth::PromptAnswer::Text(values.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_can_be_mixed() {
        let choice = |value: &str| auth::Choice {
            value: value.to_owned(),
            label: value.to_owned(),
            hint: String::new(),
        };
        let prompt = auth::ChoicePrompt {
            id: "models".to_owned(),
            message: "Models".to_owned(),
            choices: vec![choice("a"), choice("b"), choice("c")],
            initial: vec!["a".to_owned()],
            multiple: true,
        };
        let list = |words: &[&str]| {
            auth::PromptAnswer::Chosen(words.iter().map(|&word| word.to_owned()).collect())
        };
        assert_eq!(chosen(&prompt, "1, 3"), list(&["a", "c"]));
        assert_eq!(chosen(&prompt, "b,1"), list(&["b", "a"]));
        assert_eq!(
            chosen(&prompt, "2, other"),
            auth::PromptAnswer::Text("b, other".to_owned())
        );
        assert_eq!(
            chosen(&prompt, "9"),
            auth::PromptAnswer::Text("9".to_owned())
        );
        assert_eq!(
            chosen(&prompt, "0"),
            auth::PromptAnswer::Text("0".to_owned())
        );
    }
}
