//! The question which models are registered.

use super::finish::open_routes;
use super::{Choice, ChoicePrompt, Flow, MAX_OFFERED, MODELS, OTHER, Prompt, Stage};
use crate::catalog::{self, canonical};
use crate::model_id::ListedModel;
use crate::problem::ErrorKind;
use crate::settings::{self, Settings};
use crate::{Error, edit, model_id};

impl Flow {
    /// The models that are proposed: those of the configuration. If it has only the default ones and the proxy lists models, then
    /// the default model and those that the proxy lists.
    pub(super) fn proposed(&self) -> Vec<String> {
        let present = &self.settings.models;
        let listed = self.listing.models();
        if listed.is_empty() || *present != Settings::default().models {
            return present.clone();
        }
        let default = present.iter().take(1);
        let default = default.filter(|id| model_id::wire(id, listed).listed);
        let mut ids: Vec<String> = default.cloned().collect();
        add_new(&mut ids, first_of(listed));
        ids
    }

    pub(super) fn ask_models(&mut self) -> Prompt {
        let listed = self.listing.models();
        if listed.is_empty() {
            return self.ask_models_as_text();
        }
        let proposed = self.proposed();
        let mut ids = proposed.clone();
        add_new(&mut ids, &self.settings.models);
        add_new(&mut ids, first_of(listed));
        let mut choices: Vec<Choice> = ids
            .iter()
            .map(|id| {
                let row = catalog::row_as_listed(id, listed);
                let wire = model_id::wire(id, listed);
                Choice {
                    hint: match (&row.successor, wire.listed) {
                        (Some(next), _) => format!("retired; use {next}"),
                        (None, true) if wire.id == *id => "listed by the proxy".to_owned(),
                        (None, true) => format!("sent as {}, which the proxy lists", wire.id),
                        (None, false) => "not listed by the proxy".to_owned(),
                    },
                    label: row.name,
                    value: row.id,
                }
            })
            .collect();
        choices.push(Choice {
            value: OTHER.to_owned(),
            label: "Type the ids myself".to_owned(),
            hint: String::new(),
        });
        self.stage = Stage::Models;
        Prompt::Choose(ChoicePrompt {
            id: MODELS.to_owned(),
            message: "Models (the first one is the default)".to_owned(),
            choices,
            initial: proposed,
            multiple: true,
        })
    }

    pub(super) fn ask_models_as_text(&mut self) -> Prompt {
        self.stage = Stage::ModelsText;
        Prompt::text(
            MODELS,
            "Model IDs (commas between; the first is the default)",
            self.settings.models.join(", "),
        )
    }

    pub(super) fn take_models(&mut self, ids: &[String]) -> Result<Prompt, Error> {
        self.settings.models = settings::parse_models(MODELS, ids).map_err(|mut problems| {
            problems.truncate(1);
            Error {
                kind: ErrorKind::UnexpectedAnswer,
                problems,
            }
        })?;
        let applied = edit::apply(&self.options.input, &self.request(false))?;
        let open = open_routes(&applied.report);
        if open.is_empty() {
            return self.ask_grant();
        }
        self.stage = Stage::Leaks;
        let title = format!("{} of your routes lead past the proxy", open.len());
        Ok(Prompt::note(title, open))
    }
}

/// The ids of a list that are offered to the user.
fn first_of(listed: &[ListedModel]) -> impl Iterator<Item = &String> {
    listed.iter().take(MAX_OFFERED).map(|model| &model.id)
}

/// Adds ids, except those of models that are in the list already in some spelling.
fn add_new<'a>(ids: &mut Vec<String>, more: impl IntoIterator<Item = &'a String>) {
    for id in more {
        if !ids.iter().any(|known| canonical(known) == canonical(id)) {
            ids.push(id.clone());
        }
    }
}
