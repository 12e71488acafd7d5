//! Programs that run a file: JavaScript runtimes and Python.

use super::package::is_exact;
use super::{installed, is_flag, opaque_text};
use crate::strings::has_word;

pub(super) const PROGRAMS: &str = "node nodejs bun deno python python3";
/// Flags with code as their value.
const CODE: &str = "-e --eval -p --print -c";
/// Flags with a value in the next word.
const VALUED: &str = "-r --require --import --env-file --preload --config --cwd -C --conditions -W -X \
                      --experimental-loader --loader";
const ENDINGS: &str = "js mjs cjs ts mts cts tsx jsx py pyz";

pub(super) fn check(program: &str, rest: &[&str], depth: usize) -> Result<(), String> {
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        at += 1;
        // `bun run FILE`, `deno run FILE`.
        if matches!((program, *word), ("bun" | "deno", "run")) {
            continue;
        }
        let after = rest.get(at..).unwrap_or_default();
        if is_flag(word) {
            if program.starts_with("python") && *word == "-m" {
                return match after.split_first() {
                    Some((module, rest)) => installed(module, rest, depth),
                    None => break,
                };
            }
            if has_word(CODE, word) {
                return Err(opaque_text(program));
            }
            at += usize::from(has_word(VALUED, word));
            continue;
        }
        let fetched = word.contains("://") || ["npm:", "jsr:"].iter().any(|p| word.starts_with(p));
        return if fetched && !is_exact(word.split_once(':').map_or(word, |(_, rest)| rest)) {
            Err(format!(
                "`{program}` fetches `{word}`, which names no exact version"
            ))
        } else if fetched {
            Ok(())
        } else if is_file(word) {
            installed(word, after, depth)
        } else {
            Err(format!(
                "`{word}` is no file: what `{program}` runs stands in a project's files, not in the command"
            ))
        };
    }
    Err(format!("`{program}` is given nothing to run"))
}

/// Whether a word looks like a file and not like the name of a script in a project.
fn is_file(word: &str) -> bool {
    word.contains('/')
        || word
            .rsplit_once('.')
            .is_some_and(|(_, ending)| has_word(ENDINGS, ending))
}
