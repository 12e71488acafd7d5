//! What OpenClaw has stored beside the file, as the host read it: it selects and arms as the file does.

use std::collections::BTreeSet;

use super::credentials::{Credential, judge_credential};
use super::finding::{Code, openclaw};
use super::names::{Meaning, Reading, folded, trimmed};
use super::slot::Slot;
use super::vendors::Vendor;
use super::{Auditor, Where};
use crate::ID;
use crate::address;
use crate::document::{self, Value};
use crate::gather::gather;
use crate::quote;
use crate::report::{Severity, Stored, StoredKind};

/// The command that ends speech that was chosen.
const QUIET: &[&str] = &["infer", "tts", "disable"];
/// Most lines or entries of one stored thing that are read.
const MOST: usize = 100_000;

/// The model references that stored sessions and jobs have chosen, as they are stored.
pub(crate) fn choices(stored: &[Stored]) -> BTreeSet<String> {
    let of_choices =
        |stored: &&Stored| matches!(stored.kind, StoredKind::Sessions | StoredKind::Jobs);
    let choices = stored
        .iter()
        .filter(of_choices)
        .filter_map(|stored| document::parse(stored.text.as_ref()?).ok())
        .flat_map(|document| {
            let entries = document.root.as_array().unwrap_or_default();
            entries
                .iter()
                .take(MOST)
                .flat_map(chosen)
                .collect::<Vec<_>>()
        });
    gather(choices)
}

/// The model references of a session or a job.
fn chosen(entry: &Value) -> Vec<String> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let own = match (text("provider"), text("model")) {
        ("", "") => None,
        ("", model) => Some(model.to_owned()),
        (provider, model) => Some(format!("{provider}/{model}")),
    };
    let fallbacks = entry.get("fallbacks").and_then(Value::as_array);
    let fallbacks = fallbacks.unwrap_or_default().iter();
    let fallbacks = fallbacks.filter_map(Value::as_str).map(str::to_owned);
    own.into_iter().chain(fallbacks).collect()
}

/// A session or a job as reports name it, and the commands that close it.
struct Chosen<'e> {
    /// Whether it is a session; else a job.
    is_session: bool,
    /// Key or id; `None` where OpenClaw gave none.
    name: Option<&'e str>,
    entry: &'e Value,
}

impl Chosen<'_> {
    /// The command of OpenClaw that closes it, as its arguments. `ours` is a reference to one of the proxy's rows, and
    /// `is_open` tells of a reference.
    fn command(&self, ours: &str, is_open: impl Fn(&str) -> bool) -> Option<Vec<String>> {
        let name = self.name?;
        // Without a choice of its own a session follows its agent's model, which is judged in the file.
        let params = [
            ("key".to_owned(), Value::String(name.to_owned())),
            ("model".to_owned(), Value::Null),
        ];
        let params = Value::Object(params.into()).json();
        let words: &[&str] = if self.is_session {
            &["gateway", "call", "sessions.patch", "--params", &params]
        } else {
            let own = chosen(&without(self.entry, "fallbacks"));
            let fallbacks = chosen(&without(self.entry, "model"));
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

    /// What to do, in words; `command` is its command.
    fn fix(&self, ours: &str, command: Option<&[String]>) -> String {
        match (command, self.is_session) {
            (Some(command), true) => {
                format!(
                    "{}   (or send /model {ours} in that session)",
                    openclaw(command)
                )
            }
            (Some(command), false) => openclaw(command),
            (None, true) => {
                format!("Send /model {ours} in that session (openclaw sessions lists them).")
            }
            (None, false) => {
                format!("Give that job the model {ours} (openclaw cron list names it).")
            }
        }
    }
}

/// How a variable of an environment file is taken away.
fn removal(name: &str, file: &str) -> String {
    format!("Remove the line of {name} from {file}, then restart the Gateway.")
}

/// What a `.env` file sets, as the npm library dotenv reads it: names and values, without blanks and quotes around them. Of a
/// text of several lines each line is taken for an assignment of its own.
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

/// Whether a list of hosts that need no proxy names that of an origin.
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

/// An entry without one of its values.
fn without(entry: &Value, key: &str) -> Value {
    let members = entry.as_object().unwrap_or_default();
    let rest = members.iter().filter(|(name, _)| name != key).cloned();
    Value::Object(rest.collect())
}

impl Auditor<'_> {
    /// Judges one stored thing.
    pub(super) fn judge_stored(&mut self, stored: &Stored, open: &[Slot], model: &str) {
        let at = stored.path.as_str();
        let is_file = matches!(
            stored.kind,
            StoredKind::Environment | StoredKind::Models | StoredKind::Speech
        );
        let mend = match is_file {
            true => format!("Correct the file {at}, or remove it."),
            false => "Run `openclaw doctor`, then audit again.".to_owned(),
        };
        let Some(text) = &stored.text else {
            return self.unreadable(at, "it cannot be read", mend);
        };
        if stored.kind == StoredKind::Environment {
            for (name, value) in assignments(text).filter(|(_, value)| !value.is_empty()) {
                let place = format!("{at}: {name}");
                self.redirection(name, value, &place, text);
                let mut found = Credential::of_variable(self.version, place, name);
                found.remove = Some(removal(name, at));
                if found.is_known() {
                    judge_credential(&found, self.version, open, model, &mut self.found);
                }
            }
            return;
        }
        let Ok(document) = document::parse(text) else {
            return self.unreadable(at, "it is not JSON", mend);
        };
        let root = document.root;
        match stored.kind {
            StoredKind::Speech => self.stored_speech(&root, at),
            StoredKind::Models => self.stored_models(&root, at),
            // What lies in folders is handed over file by file.
            StoredKind::Environment | StoredKind::Folders | StoredKind::Resolved => {}
            StoredKind::Sessions | StoredKind::Jobs | StoredKind::Profiles => {
                let Some(entries) = root.as_array() else {
                    return self.unreadable(at, "it is not a list", mend);
                };
                for (n, entry) in entries.iter().take(MOST).enumerate() {
                    let text = |key: &str| entry.get(key).and_then(Value::as_str);
                    let name = text("key").or_else(|| text("id"));
                    let place = match (name, text("agent")) {
                        (Some(name), Some(agent)) => format!("{at}: {agent}: {name}"),
                        (Some(name), None) => format!("{at}: {name}"),
                        (None, _) => format!("{at}[{n}]"),
                    };
                    if stored.kind == StoredKind::Profiles {
                        self.stored_profile(entry, place, open, model);
                    } else {
                        let chosen = Chosen {
                            is_session: stored.kind == StoredKind::Sessions,
                            name,
                            entry,
                        };
                        self.stored_choice(&chosen, &place, model);
                    }
                }
            }
        }
    }

    /// A variable that puts another proxy before the proxy, or has OpenClaw look for its files elsewhere.
    fn redirection(&mut self, name: &str, value: &str, at: &str, text: &str) {
        let file = at.strip_suffix(name).unwrap_or(at).trim_end_matches(": ");
        let origins = self.proxy_origins();
        let upper = name.to_ascii_uppercase();
        let used = match upper.as_str() {
            "HTTP_PROXY" | "ALL_PROXY" => true,
            "HTTPS_PROXY" => origins.iter().any(|origin| !origin.starts_with("http:")),
            _ => return self.relocation(name, at, removal(name, file)),
        };
        let (mut spared, mut all) = (false, true);
        for (_, list) in assignments(text).filter(|(name, _)| name.eq_ignore_ascii_case("NO_PROXY"))
        {
            spared = true;
            all &= origins.iter().all(|origin| is_listed(list, origin));
        }
        if used && !(spared && all) {
            let leads_to = address::decide(value).leads_to().to_owned();
            self.outside(
                Code::RequestProxy,
                at,
                &leads_to,
                format!("OpenClaw sends its requests to the proxy through {leads_to}, whose 127.0.0.1 is another machine's."),
                format!("Add the line NO_PROXY=127.0.0.1,localhost to {file}, then restart the Gateway."),
                Where { off: false },
            );
        }
    }

    fn unreadable(&mut self, at: &str, why: &str, fix: String) {
        self.found.add(
            Severity::Undecided,
            Code::StoredUnreadable,
            at,
            "",
            format!(
                "This cannot be decided, so it counts as open: OpenClaw has stored this, and {why}."
            ),
            fix,
        );
    }

    /// A session or a job with a model of its own.
    fn stored_choice(&mut self, choice: &Chosen<'_>, at: &str, model: &str) {
        let reading = Reading {
            aliases: true,
            bare_is_default: false,
        };
        let names = self.names;
        let meaning = |reference: &str| names.meaning(reference, "", reading);
        let ours = format!("{ID}/{model}");
        for reference in chosen(choice.entry) {
            let (severity, code, leads_to, message) = match meaning(&reference) {
                Meaning::Ours(_) => {
                    self.found.route(at, &reference, true);
                    continue;
                }
                Meaning::Elsewhere(leads_to, _) => {
                    let message = format!(
                        "A model was chosen here and is stored: it goes to {leads_to}, past the proxy."
                    );
                    (Severity::Leak, Code::StoredChoice, leads_to, message)
                }
                Meaning::Unclear(why) => {
                    let message = format!(
                        "{} was chosen here and is stored. It is not shown to be the proxy, so this counts as open: {why}.",
                        quote::quoted(&reference)
                    );
                    (
                        Severity::Undecided,
                        Code::UnclearModel,
                        reference.clone(),
                        message,
                    )
                }
            };
            let command = choice.command(&ours, |text| !matches!(meaning(text), Meaning::Ours(_)));
            let fix = choice.fix(&ours, command.as_deref());
            self.found.route(at, &leads_to, false);
            self.found.add(severity, code, at, &leads_to, message, fix);
            if let Some(command) = command {
                self.found.command(command);
            }
        }
    }

    fn stored_profile(&mut self, entry: &Value, at: String, open: &[Slot], model: &str) {
        let provider = entry
            .get("provider")
            .and_then(Value::as_str)
            .map(folded)
            .unwrap_or_default();
        if provider == ID {
            return;
        }
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let logout = text("id").map(|id| {
            let words = ["models", "auth", "logout", id];
            let agent = text("agent").map(|agent| ["--agent", agent]);
            openclaw(words.iter().chain(agent.iter().flatten()))
        });
        let found = Credential {
            path: at,
            vendors: Vendor::of_provider(self.version, &provider)
                .into_iter()
                .collect(),
            only: None,
            unknown: super::external::has_plugin(&provider),
            remove: Some(
                logout
                    .unwrap_or_else(|| "Remove it: openclaw models auth list names it.".to_owned()),
            ),
        };
        judge_credential(&found, self.version, open, model, &mut self.found);
    }

    fn stored_speech(&mut self, root: &Value, at: &str) {
        let tts = root.get("tts");
        let of = |key: &str| tts.and_then(|tts| tts.get(key));
        let speaks = of("auto").is_some_and(|auto| auto.as_str() != Some("off"))
            || of("enabled").is_some_and(|on| on.as_bool() != Some(false));
        let chosen = of("provider").and_then(Value::as_str).unwrap_or_default();
        // A stored switch goes before the file's, so only services that are off close it.
        if (speaks || !chosen.is_empty()) && !self.slots.is_silent() {
            self.outside(
                Code::StoredChoice,
                at,
                if chosen.is_empty() {
                    "any speech service"
                } else {
                    chosen
                },
                "Speech was chosen here and is stored; it goes before what the file says."
                    .to_owned(),
                match (speaks, chosen.is_empty()) {
                    (true, true) => openclaw(QUIET),
                    (true, false) => {
                        format!("{}   (and remove tts.provider from {at})", openclaw(QUIET))
                    }
                    (false, _) => format!("Remove tts.provider from {at}."),
                },
                Where { off: false },
            );
            if speaks {
                let quiet = QUIET.iter().map(|&word| word.to_owned());
                self.found.command(quiet.collect());
            }
        }
    }

    /// Providers that an agent's own list adds.
    fn stored_models(&mut self, root: &Value, at: &str) {
        for (key, entry) in root
            .get("providers")
            .and_then(Value::as_object)
            .unwrap_or_default()
        {
            let place = format!("{at}: {key}");
            if folded(key) == ID {
                let address = entry.get("baseUrl").and_then(Value::as_str);
                let own = self
                    .root
                    .at(&["models", "providers", ID, "baseUrl"])
                    .and_then(Value::as_str);
                if address.is_some() && address != own {
                    self.unreadable(
                        &place,
                        "it gives the proxy another address than the file",
                        format!("Remove the provider {ID} from {at}; the configuration has it."),
                    );
                }
                continue;
            }
            self.found.add(
                Severity::Exposure,
                Code::OutsideProvider,
                &place,
                key,
                "An agent's own list names this provider. Nothing selects it by this, but a user can.".to_owned(),
                format!("Remove the provider {key} from {at}."),
            );
        }
    }
}
