//! Reads one setting of each type. A value that is not accepted is added to the problems and does not change the setting.

use super::default_command;
use super::values::{describe, parse_address, parse_models};
use crate::Problem;
use crate::document::Value;

/// Longest path that is accepted, in bytes.
const MAX_PATH: usize = 4096;
/// Longest time that is accepted, in milliseconds: one hour.
const MAX_MS: u64 = 3_600_000;

/// Reads settings and collects all problems.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn reject(
        &mut self,
        code: &str,
        path: &str,
        value: &Value,
        accepted: &str,
        next: &str,
    ) {
        self.problems
            .push(Problem::new(code, path, describe(value), accepted, next));
    }

    pub(super) fn object<'a>(
        &mut self,
        path: &str,
        value: &'a Value,
    ) -> Option<&'a [(String, Value)]> {
        let object = value.as_object();
        if object.is_none() {
            self.reject("wrong-type", path, value, "an object", "Write an object.");
        }
        object
    }

    pub(super) fn flag(&mut self, path: &str, value: &Value, into: &mut bool) {
        match value.as_bool() {
            Some(flag) => *into = flag,
            None => self.reject(
                "wrong-type",
                path,
                value,
                "true or false",
                "Write true or false, without quotes.",
            ),
        }
    }

    pub(super) fn milliseconds(&mut self, path: &str, value: &Value, least: u64, into: &mut u32) {
        match value.as_u64().filter(|ms| (least..=MAX_MS).contains(ms)) {
            Some(ms) => *into = u32::try_from(ms).unwrap_or(u32::MAX),
            None => self.reject(
                "out-of-range",
                path,
                value,
                &format!("a whole number of milliseconds from {least} to {MAX_MS}"),
                "Write a number in that range, without quotes.",
            ),
        }
    }

    pub(super) fn host(&mut self, path: &str, value: &Value, into: &mut String) {
        match value.as_str().map(|text| parse_address(path, text)) {
            Some(Ok(host)) => *into = host,
            Some(Err(problem)) => self.problems.push(problem),
            None => self.reject(
                "wrong-type",
                path,
                value,
                "text such as \"127.0.0.1\"",
                "Write the host in quotes.",
            ),
        }
    }

    pub(super) fn port(&mut self, path: &str, value: &Value, into: &mut u16) {
        match value.as_u64().and_then(|n| u16::try_from(n).ok()) {
            Some(port) if port > 0 => *into = port,
            _ => self.reject(
                "port-out-of-range",
                path,
                value,
                "a whole number from 1 to 65535",
                "Write a port number, without quotes, for example 3456.",
            ),
        }
    }

    pub(super) fn key_file(&mut self, path: &str, value: &Value, into: &mut Option<String>) {
        let fits = |text: &&str| {
            text.starts_with('/') && text.len() <= MAX_PATH && !text.contains(char::is_control)
        };
        // `Settings::to_json` writes null if it is not set.
        if *value == Value::Null {
            *into = None;
            return;
        }
        match value.as_str().filter(fits) {
            Some(text) => *into = Some(text.to_owned()),
            None => self.reject(
                "wrong-value",
                path,
                value,
                "the full path of a file, from `/` on",
                "Name the file with the key of your proxy; `~` and variables are not filled in.",
            ),
        }
    }

    pub(super) fn command(&mut self, path: &str, value: &Value, into: &mut Vec<String>) {
        let accepted = || {
            let words: Vec<_> = default_command()
                .iter()
                .map(|word| format!("\"{word}\""))
                .collect();
            format!(
                "a list with the program first, such as [{}]",
                words.join(", ")
            )
        };
        if value.as_str().is_some() {
            let next = "Split the command into a list; no shell is used.";
            return self.reject("command-not-a-list", path, value, &accepted(), next);
        }
        let Some(list) = self.text_list(path, value) else {
            return;
        };
        if list.first().is_none_or(|program| program.trim().is_empty())
            || list.iter().any(|part| part.contains('\0'))
        {
            let next =
                "Name the program that starts the proxy, or remove the setting to get the default.";
            return self.reject("command-empty", path, value, &accepted(), next);
        }
        *into = list;
    }

    pub(super) fn models(&mut self, path: &str, list: &[String], into: &mut Vec<String>) {
        match parse_models(path, list) {
            Ok(models) => *into = models,
            Err(problems) => self.problems.extend(problems),
        }
    }

    pub(super) fn list(&mut self, path: &str, value: &Value, into: &mut Vec<String>) {
        if let Some(list) = self.text_list(path, value) {
            *into = list;
        }
    }

    pub(super) fn text_list(&mut self, path: &str, value: &Value) -> Option<Vec<String>> {
        let Some(items) = value.as_array() else {
            self.reject(
                "wrong-type",
                path,
                value,
                "a list of texts",
                "Write a list, for example [\"…\"].",
            );
            return None;
        };
        let mut out = Vec::new();
        for (n, item) in items.iter().enumerate() {
            match item.as_str() {
                Some(text) => out.push(text.to_owned()),
                None => self.reject(
                    "wrong-type",
                    &format!("{path}[{n}]"),
                    item,
                    "text",
                    "Write the item in quotes.",
                ),
            }
        }
        (out.len() == items.len()).then_some(out)
    }
}
