//! What OpenClaw has stored beside the file, as the host read it. It chooses models and arms slots as the file does.

use std::collections::BTreeSet;

use super::credentials::Credential;
use super::names::{Meaning, ResolveOptions, folded, trimmed};
use super::shell::openclaw_command;
use super::slot::Slot;
use super::slots::enables_speech;
use super::vendors::Vendor;
use super::{Auditor, Location, message};
use crate::collect::collect_unsorted;
use crate::document::{self, Value};
use crate::strings::quoted;
use crate::wit::config::{FileKind, ListKind, StoredEntry, StoredFile, StoredList};
use crate::{ID, address};

/// The command that turns stored speech off.
const QUIET: &[&str] = &["infer", "tts", "disable"];
/// The highest number of lines or entries of one kind of stored data that are read.
const MOST: usize = 100_000;

/// The model references in stored sessions and jobs.
pub(crate) fn chosen_models(stored: &[StoredList]) -> BTreeSet<String> {
    let choices = stored
        .iter()
        .filter(|list| matches!(list.kind, ListKind::Sessions | ListKind::Jobs))
        .flat_map(|list| list.entries.iter().flatten().take(MOST));
    collect_unsorted(choices.flat_map(StoredEntry::references))
}

impl StoredEntry {
    /// The reference to its model.
    fn own(&self) -> Option<String> {
        match self.provider.as_str() {
            "" => (!self.model.is_empty()).then(|| self.model.clone()),
            provider => Some([provider, &self.model].join("/")),
        }
    }

    /// The references to its model and its fallbacks.
    fn references(&self) -> impl Iterator<Item = String> {
        self.own().into_iter().chain(self.fallbacks.iter().cloned())
    }

    /// The arguments of the OpenClaw command that closes it. `ours` is a reference to one of the proxy's models, and `is_open` says
    /// whether a reference leads elsewhere.
    fn command(
        &self,
        is_session: bool,
        ours: &str,
        is_open: impl Fn(&str) -> bool,
    ) -> Option<Vec<String>> {
        let name = self.name.as_str();
        if name.is_empty() {
            return None;
        }
        // A session without its own model uses that of its agent, which is checked in the file.
        let params = [
            ("key".to_owned(), Value::String(name.to_owned())),
            ("model".to_owned(), Value::Null),
        ];
        let params = Value::Object(params.into()).json();
        let words: &[&str] = if is_session {
            &["gateway", "call", "sessions.patch", "--params", &params]
        } else {
            match (
                self.own().is_some_and(|text| is_open(&text)),
                self.fallbacks.iter().any(|text| is_open(text)),
            ) {
                (true, true) => &["cron", "edit", name, "--model", ours, "--clear-fallbacks"],
                (false, true) => &["cron", "edit", name, "--clear-fallbacks"],
                (_, false) => &["cron", "edit", name, "--model", ours],
            }
        };
        Some(words.iter().map(|&word| word.to_owned()).collect())
    }
}

/// What to do about a session or a job with its own model, in words, with the command if there is one.
fn choice_fix(is_session: bool, ours: &str, command: Option<&[String]>) -> String {
    match (command, is_session) {
        (Some(command), true) => {
            let command = openclaw_command(command);
            format!("{command}   (or send /model {ours} in that session)")
        }
        (Some(command), false) => openclaw_command(command),
        (None, true) => {
            format!("Send /model {ours} in that session (openclaw sessions lists them).")
        }
        (None, false) => format!("Give that job the model {ours} (openclaw cron list names it)."),
    }
}

/// How to remove a variable from an environment file.
fn variable_removal(name: &str, file: &str) -> String {
    format!("Remove the line of {name} from {file}, then restart the Gateway.")
}

/// The variables that a `.env` file sets, as the npm library dotenv reads it: names and values, without the blanks and quotes around
/// them. Each line of a value with several lines is read as another assignment.
pub(super) fn assignments(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.split(['\n', '\r', '\u{2028}', '\u{2029}']).take(MOST);
    lines.filter_map(|line| {
        let (name, value) = line.split_once(['=', ':'])?;
        let name = trimmed(name);
        let name = name.strip_prefix("export").map_or(name, |rest| {
            if trimmed(rest) == rest {
                name
            } else {
                trimmed(rest)
            }
        });
        let value = trimmed(trimmed(value).trim_matches(['"', '\'', '`']));
        Some((name, value))
    })
}

/// Whether `NO_PROXY`, a list of hosts, contains the host of an origin.
fn is_listed(list: &str, origin: &str) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => host,
    };
    let bare =
        |text: &str| -> bool { text.trim_matches(['[', ']']) == host.trim_matches(['[', ']']) };
    list.split([',', ' ', '\t']).any(bare)
}

impl Auditor<'_> {
    /// Checks a file.
    pub(super) fn check_stored_file(&mut self, file: &StoredFile, open: &[Slot]) {
        let at = file.path.as_str();
        let fix = format!("Correct the file {at}, or remove it.");
        let Some(text) = &file.text else {
            return self.unreadable(at, "it cannot be read", &fix);
        };
        if file.kind == FileKind::Environment {
            return self.check_environment(text, at, open);
        }
        let Ok(document) = document::parse(text) else {
            return self.unreadable(at, "it is not JSON", &fix);
        };
        if file.kind == FileKind::Models {
            self.check_stored_models(&document.root, at);
        } else {
            self.check_stored_speech(&document.root, at);
        }
    }

    /// Checks a list.
    pub(super) fn check_stored_list(&mut self, list: &StoredList, open: &[Slot]) {
        let at = list.name.as_str();
        let Some(entries) = &list.entries else {
            let fix = "Run `openclaw doctor`, then audit again.";
            return self.unreadable(at, "it cannot be read", fix);
        };
        // Answers are compared when the rest is known.
        if list.kind == ListKind::Resolutions {
            return;
        }
        for (n, entry) in entries.iter().take(MOST).enumerate() {
            let place = match (entry.name.as_str(), entry.agent.as_str()) {
                ("", _) => format!("{at}[{n}]"),
                (name, "") => [at, name].join(": "),
                (name, agent) => [at, agent, name].join(": "),
            };
            if list.kind == ListKind::CredentialProfiles {
                self.check_stored_profile(entry, place, open);
            } else {
                self.check_stored_choice(list.kind == ListKind::Sessions, entry, &place);
            }
        }
    }

    /// Checks what a `.env` file sets.
    fn check_environment(&mut self, text: &str, at: &str, open: &[Slot]) {
        for (name, value) in assignments(text).filter(|(_, value)| !value.is_empty()) {
            let place = format!("{at}: {name}");
            self.check_redirection(name, value, &place, text);
            if let Some(mut found) = Credential::of_variable(self.version, place, name) {
                found.removal = variable_removal(name, at);
                self.check_credential(&found, open);
            }
        }
    }

    /// Checks a variable that may send requests through another proxy, or make OpenClaw look for its files elsewhere.
    fn check_redirection(&mut self, name: &str, value: &str, at: &str, text: &str) {
        let file = at.strip_suffix(name).unwrap_or(at).trim_end_matches(": ");
        let origins = self.proxy_origins();
        let is_used = match name.to_ascii_uppercase().as_str() {
            "HTTP_PROXY" | "ALL_PROXY" => true,
            "HTTPS_PROXY" => origins.iter().any(|origin| !origin.starts_with("http:")),
            _ => return self.check_relocation(name, at, &variable_removal(name, file)),
        };
        let mut lists = assignments(text)
            .filter(|(name, _)| name.eq_ignore_ascii_case("NO_PROXY"))
            .peekable();
        let is_spared = lists.peek().is_some()
            && lists.all(|(_, list)| origins.iter().all(|origin| is_listed(list, origin)));
        if is_used && !is_spared {
            let address = address::decide(value);
            let at = Location::enabled(at);
            self.report(
                message::PROXIED_BY_VARIABLE,
                at,
                address.leads_to(),
                &[file],
            );
        }
    }

    fn unreadable(&mut self, at: &str, why: &str, fix: &str) {
        self.found
            .add(message::STORED_UNREADABLE, at, "", &[why, fix]);
    }

    /// Checks a session or a job with its own model.
    fn check_stored_choice(&mut self, is_session: bool, choice: &StoredEntry, at: &str) {
        let options = ResolveOptions {
            aliases: true,
            bare_is_default: false,
        };
        let names = self.names;
        let meaning = |reference: &str| names.meaning(reference, "", options);
        for reference in choice.references() {
            let meaning_of_it = meaning(&reference);
            if let Meaning::Ours(_) = meaning_of_it {
                self.found.route(at, &reference, true);
                continue;
            }
            let is_open = |text: &str| !matches!(meaning(text), Meaning::Ours(_));
            let command = choice.command(is_session, &self.model, is_open);
            let fix = choice_fix(is_session, &self.model, command.as_deref());
            let location = Location::enabled(at);
            match meaning_of_it {
                Meaning::Unclear(why) => {
                    let args = [&fix, &quoted(&reference), why];
                    self.report(message::STORED_UNCLEAR, location, &reference, &args);
                }
                Meaning::Elsewhere(leads_to, _) | Meaning::Ours(leads_to) => {
                    self.report(message::STORED_MODEL, location, &leads_to, &[&fix]);
                }
            }
            if let Some(command) = command {
                self.found.command(command);
            }
        }
    }

    fn check_stored_profile(&mut self, profile: &StoredEntry, at: String, open: &[Slot]) {
        let provider = folded(&profile.provider);
        if provider == ID {
            return;
        }
        let words = [
            "models",
            "auth",
            "logout",
            &profile.name,
            "--agent",
            &profile.agent,
        ];
        let removal = match (profile.name.is_empty(), profile.agent.is_empty()) {
            (true, _) => "Remove it: openclaw models auth list names it.".to_owned(),
            (false, true) => openclaw_command(words.iter().take(4)),
            (false, false) => openclaw_command(words),
        };
        let vendor = Vendor::of_provider(self.version, &provider);
        let mut credential = Credential::new(at, vendor);
        credential.removal = removal;
        self.check_credential(&credential, open);
    }

    fn check_stored_speech(&mut self, root: &Value, at: &str) {
        let tts = root.get("tts");
        let speaks = enables_speech(tts);
        let chosen = tts.and_then(|tts| tts.str_at(&["provider"]));
        let chosen = chosen.filter(|chosen| !chosen.is_empty());
        // A stored switch wins over the file, so speech is closed only if all services are off.
        if (!speaks && chosen.is_none()) || self.slots.is_silent() {
            return;
        }
        let quiet = openclaw_command(QUIET);
        let fix = match (speaks, chosen) {
            (true, None) => quiet,
            (true, Some(_)) => format!("{quiet}   (and remove tts.provider from {at})"),
            (false, _) => format!("Remove tts.provider from {at}."),
        };
        let leads_to = chosen.unwrap_or("any speech service");
        self.report(
            message::STORED_SPEECH,
            Location::enabled(at),
            leads_to,
            &[&fix],
        );
        if speaks {
            let quiet = QUIET.iter().map(|&word| word.to_owned());
            self.found.command(quiet.collect());
        }
    }

    /// Checks the providers that an agent's own `models.json` adds.
    fn check_stored_models(&mut self, root: &Value, at: &str) {
        let providers = root.members_at(&["providers"]);
        for (key, entry) in providers {
            let place = format!("{at}: {key}");
            if folded(key) != ID {
                self.found.add(message::LISTED_PROVIDER, &place, key, &[at]);
                continue;
            }
            let address = entry.str_at(&["baseUrl"]);
            let own = self.root.str_at(&["models", "providers", ID, "baseUrl"]);
            if address.is_some() && address != own {
                let why = "it gives the proxy another address than the file";
                let fix = format!("Remove the provider {ID} from {at}; the configuration has it.");
                self.unreadable(&place, why, &fix);
            }
        }
    }
}
