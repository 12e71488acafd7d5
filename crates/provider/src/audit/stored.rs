//! What OpenClaw has stored beside the file, as the host read it: it selects and arms as the file does.

use std::collections::BTreeSet;

use super::credentials::{Credential, judge_credential};
use super::finding::Code;
use super::refs::{Meaning, Reading, folded};
use super::slots::Slot;
use super::vendors::Vendor;
use super::{Auditor, Where};
use crate::ID;
use crate::document::{self, Value};
use crate::report::{Severity, Stored};

/// Most lines or entries of one stored thing that are read.
const MOST: usize = 100_000;

/// The model references that stored sessions and jobs have chosen, as they are stored.
pub(crate) fn choices(stored: &[Stored]) -> BTreeSet<String> {
    let of_choices = |stored: &&Stored| matches!(stored.kind.as_str(), "sessions" | "jobs");
    stored
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
        })
        .collect()
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

impl Auditor<'_> {
    /// Judges one stored thing.
    pub(super) fn judge_stored(&mut self, stored: &Stored, open: &[Slot], model: &str) {
        let at = stored.path.as_str();
        let Some(text) = &stored.text else {
            return self.unreadable(at, "it cannot be read");
        };
        if stored.kind == "environment" {
            for line in text.lines().take(MOST) {
                let line = line.trim();
                let line = line.strip_prefix("export ").unwrap_or(line);
                if let Some((name, value)) = line.split_once('=')
                    && !value.trim().trim_matches(['"', '\'']).trim().is_empty()
                {
                    let found = Credential::of_variable(
                        self.version,
                        format!("{at}: {}", name.trim()),
                        name,
                    );
                    if !found.vendors.is_empty() {
                        judge_credential(&found, self.version, open, model, &mut self.found);
                    }
                }
            }
            return;
        }
        let Ok(document) = document::parse(text) else {
            return self.unreadable(at, "it is not JSON");
        };
        let root = document.root;
        match stored.kind.as_str() {
            "speech" => self.stored_speech(&root, at),
            "models" => self.stored_models(&root, at),
            "sessions" | "jobs" | "profiles" => {
                let Some(entries) = root.as_array() else {
                    return self.unreadable(at, "it is not a list");
                };
                for (n, entry) in entries.iter().take(MOST).enumerate() {
                    let name = ["key", "id"]
                        .iter()
                        .find_map(|key| entry.get(key)?.as_str());
                    let place =
                        name.map_or_else(|| format!("{at}[{n}]"), |name| format!("{at}: {name}"));
                    if stored.kind == "profiles" {
                        self.stored_profile(entry, place, open, model);
                    } else {
                        self.stored_choice(entry, &place);
                    }
                }
            }
            _ => self.unreadable(at, "this audit does not know its kind"),
        }
    }

    fn unreadable(&mut self, at: &str, why: &str) {
        self.found.undecided(
            Code::StoredUnreadable,
            at,
            &format!("OpenClaw has stored this, and {why}"),
        );
    }

    /// A session or a job with a model of its own.
    fn stored_choice(&mut self, entry: &Value, at: &str) {
        let reading = Reading {
            aliases: true,
            bare_is_default: false,
        };
        for reference in chosen(entry) {
            match self.names.meaning(&reference, "", reading) {
                Meaning::Ours(_) => self.found.route(at, &reference, true),
                Meaning::Elsewhere(leads_to, _) => self.outside(
                    Code::StoredChoice,
                    at,
                    &leads_to,
                    format!("A model was chosen here and is stored: it goes to {leads_to}, past the proxy."),
                    "Choose a model of the proxy there, or remove it.".to_owned(),
                    Where { off: false },
                ),
                Meaning::Unclear(why) => self.unclear(at, &reference, why, Where { off: false }),
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
        let found = Credential {
            path: at,
            vendors: Vendor::of_provider(self.version, &provider)
                .into_iter()
                .collect(),
            only: None,
            unknown: false,
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
                "openclaw infer tts disable".to_owned(),
                Where { off: false },
            );
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
                    self.unreadable(&place, "it gives the proxy another address than the file");
                }
                continue;
            }
            self.found.add(
                Severity::Exposure,
                Code::OutsideProvider,
                &place,
                key,
                "An agent's own list names this provider. Nothing selects it by this, but a user can.".to_owned(),
                "Remove it from that file.".to_owned(),
            );
        }
    }
}
