//! What OpenClaw has stored beside the file, as the host read it. It chooses models and arms slots as the file does.

use std::collections::BTreeSet;

use super::credentials::Credential;
use super::input::{Stored, StoredKind};
use super::names::{Meaning, ResolveOptions, folded, trimmed};
use super::shell::openclaw_command;
use super::slot::Slot;
use super::slots::enables_speech;
use super::vendors::Vendor;
use super::{Auditor, Location, message};
use crate::collect::collect_unsorted;
use crate::document::{self, Value};
use crate::strings::quoted;
use crate::{ID, address};

/// The command that turns stored speech off.
const QUIET: &[&str] = &["infer", "tts", "disable"];
/// The highest number of lines or entries of one kind of stored data that are read.
const MOST: usize = 100_000;

/// The model references in stored sessions and jobs.
pub(crate) fn chosen_models(stored: &[Stored]) -> BTreeSet<String> {
    let is_choice =
        |stored: &&Stored| matches!(stored.kind, StoredKind::Sessions | StoredKind::Jobs);
    let choices = stored
        .iter()
        .filter(is_choice)
        .filter_map(|stored| document::parse(stored.text.as_ref()?).ok())
        .flat_map(|document| {
            let entries = document.root.as_array().unwrap_or_default();
            entries
                .iter()
                .take(MOST)
                .flat_map(model_references)
                .collect::<Vec<_>>()
        });
    collect_unsorted(choices)
}

/// The model references of a session or a job.
fn model_references(entry: &Value) -> Vec<String> {
    let text = |key: &str| entry.str_at(&[key]).unwrap_or_default();
    let own = match (text("provider"), text("model")) {
        ("", "") => None,
        ("", model) => Some(model.to_owned()),
        (provider, model) => Some(format!("{provider}/{model}")),
    };
    let fallbacks = entry.items_at(&["fallbacks"]);
    let fallbacks = fallbacks.iter();
    let fallbacks = fallbacks.filter_map(Value::as_str).map(str::to_owned);
    own.into_iter().chain(fallbacks).collect()
}

/// A stored session or job with its own model.
struct ModelChoice<'e> {
    is_session: bool,
    /// Its key or id, if OpenClaw gave one.
    name: Option<&'e str>,
    entry: &'e Value,
}

impl ModelChoice<'_> {
    /// The arguments of the OpenClaw command that closes it. `ours` is a reference to one of the proxy's models, and `is_open` says
    /// whether a reference leads elsewhere.
    fn command(&self, ours: &str, is_open: impl Fn(&str) -> bool) -> Option<Vec<String>> {
        let name = self.name?;
        // A session without its own model uses that of its agent, which is checked in the file.
        let params = [
            ("key".to_owned(), Value::String(name.to_owned())),
            ("model".to_owned(), Value::Null),
        ];
        let params = Value::Object(params.into()).json();
        let words: &[&str] = if self.is_session {
            &["gateway", "call", "sessions.patch", "--params", &params]
        } else {
            let own = model_references(&without(self.entry, "fallbacks"));
            let fallbacks = model_references(&without(self.entry, "model"));
            match (
                own.iter().any(|text| is_open(text)),
                fallbacks.iter().any(|text| is_open(text)),
            ) {
                (true, true) => &["cron", "edit", name, "--model", ours, "--clear-fallbacks"],
                (false, true) => &["cron", "edit", name, "--clear-fallbacks"],
                (_, false) => &["cron", "edit", name, "--model", ours],
            }
        };
        Some(words.iter().map(|&word| word.to_owned()).collect())
    }

    /// What to do, in words, with the command if there is one.
    fn fix(&self, ours: &str, command: Option<&[String]>) -> String {
        match (command, self.is_session) {
            (Some(command), true) => {
                let command = openclaw_command(command);
                format!("{command}   (or send /model {ours} in that session)")
            }
            (Some(command), false) => openclaw_command(command),
            (None, true) => {
                format!("Send /model {ours} in that session (openclaw sessions lists them).")
            }
            (None, false) => {
                format!("Give that job the model {ours} (openclaw cron list names it).")
            }
        }
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

/// A copy of an entry without one of its keys.
fn without(entry: &Value, key: &str) -> Value {
    let members = entry.as_object().unwrap_or_default();
    let rest = members.iter().filter(|(name, _)| name != key).cloned();
    Value::Object(rest.collect())
}

impl Auditor<'_> {
    /// Checks one item of stored data.
    pub(super) fn check_stored(&mut self, stored: &Stored, open: &[Slot]) {
        let at = stored.path.as_str();
        let fix = match stored.kind {
            StoredKind::Environment | StoredKind::Models | StoredKind::Speech => {
                format!("Correct the file {at}, or remove it.")
            }
            _ => "Run `openclaw doctor`, then audit again.".to_owned(),
        };
        let Some(text) = &stored.text else {
            return self.unreadable(at, "it cannot be read", &fix);
        };
        if stored.kind == StoredKind::Environment {
            for (name, value) in assignments(text).filter(|(_, value)| !value.is_empty()) {
                let place = format!("{at}: {name}");
                self.check_redirection(name, value, &place, text);
                if let Some(mut found) = Credential::of_variable(self.version, place, name) {
                    found.removal = variable_removal(name, at);
                    self.check_credential(&found, open);
                }
            }
            return;
        }
        let Ok(document) = document::parse(text) else {
            return self.unreadable(at, "it is not JSON", &fix);
        };
        let root = document.root;
        match stored.kind {
            StoredKind::Speech => self.check_stored_speech(&root, at),
            StoredKind::Models => self.check_stored_models(&root, at),
            // The files in these folders are given one by one.
            StoredKind::Environment | StoredKind::Folders | StoredKind::Resolutions => {}
            StoredKind::Sessions | StoredKind::Jobs | StoredKind::CredentialProfiles => {
                let Some(entries) = root.as_array() else {
                    return self.unreadable(at, "it is not a list", &fix);
                };
                for (n, entry) in entries.iter().take(MOST).enumerate() {
                    let text = |key: &str| entry.str_at(&[key]);
                    let name = text("key").or_else(|| text("id"));
                    let place = match (name, text("agent")) {
                        (Some(name), Some(agent)) => format!("{at}: {agent}: {name}"),
                        (Some(name), None) => format!("{at}: {name}"),
                        (None, _) => format!("{at}[{n}]"),
                    };
                    if stored.kind == StoredKind::CredentialProfiles {
                        self.check_stored_profile(entry, place, open);
                        continue;
                    }
                    let choice = ModelChoice {
                        is_session: stored.kind == StoredKind::Sessions,
                        name,
                        entry,
                    };
                    self.check_stored_choice(&choice, &place);
                }
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
    fn check_stored_choice(&mut self, choice: &ModelChoice<'_>, at: &str) {
        let options = ResolveOptions {
            aliases: true,
            bare_is_default: false,
        };
        let names = self.names;
        let meaning = |reference: &str| names.meaning(reference, "", options);
        for reference in model_references(choice.entry) {
            let meaning_of_it = meaning(&reference);
            if let Meaning::Ours(_) = meaning_of_it {
                self.found.route(at, &reference, true);
                continue;
            }
            let is_open = |text: &str| !matches!(meaning(text), Meaning::Ours(_));
            let command = choice.command(&self.model, is_open);
            let fix = choice.fix(&self.model, command.as_deref());
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

    fn check_stored_profile(&mut self, entry: &Value, at: String, open: &[Slot]) {
        let text = |key: &str| entry.str_at(&[key]);
        let provider = text("provider").map(folded).unwrap_or_default();
        if provider == ID {
            return;
        }
        let logout = text("id").map(|id| {
            let words = ["models", "auth", "logout", id];
            let agent = text("agent").map(|agent| ["--agent", agent]);
            openclaw_command(words.iter().chain(agent.iter().flatten()))
        });
        let by_hand = || "Remove it: openclaw models auth list names it.".to_owned();
        let vendor = Vendor::of_provider(self.version, &provider);
        let mut credential = Credential::new(at, vendor);
        credential.removal = logout.unwrap_or_else(by_hand);
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
