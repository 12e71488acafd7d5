//! The proxy's list of models from `GET /v1/models`: the exact ids, and their figures if the list has them.

use crate::document::{self, Value};
use crate::health::{MODELS_ID, Observation, find};
use crate::settings;
use crate::strings;

pub use crate::model_id::ListedModel;
pub use crate::wit::chat::Listing;

/// The highest number of models that are read from a list.
pub const MAX_MODELS: usize = 10_000;

impl Listing {
    /// The models; empty if there is no list.
    pub fn models(&self) -> &[ListedModel] {
        match self {
            Self::Models(models) => models,
            Self::None(_) => &[],
        }
    }
}

/// The ids of the first models, with the number of the others: `a, b and 3 more`. `shown` makes an id safe to print.
pub(crate) fn names(models: &[ListedModel], most: usize, shown: impl Fn(&str) -> String) -> String {
    let first = models.iter().take(most);
    let names: Vec<String> = first.map(|model| shown(&model.id)).collect();
    let more = match models.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", names.join(", "))
}

/// Reads the list from the observations.
pub fn read(seen: &[Observation]) -> Listing {
    let none = |why: &str| Listing::None(why.to_owned());
    let Some(outcome) = find(seen, MODELS_ID) else {
        return none("the proxy was not asked for its models");
    };
    let response = match outcome.response() {
        Ok(response) => response,
        Err(why) => {
            let why = strings::escape_invisible(why);
            return Listing::None(format!("the proxy did not list its models: {why}"));
        }
    };
    match response.status {
        200 => {}
        401 | 403 => return none("the proxy lists its models only with its own access key"),
        404 => return none("the proxy has no list of models (HTTP 404)"),
        status => {
            return Listing::None(format!(
                "the proxy answers HTTP {status} when it is asked for its models"
            ));
        }
    }
    let Ok(document) = document::parse(&response.body) else {
        return none("the proxy's list of models cannot be read (it is no JSON, or too long)");
    };
    let Some(Value::Array(rows)) = document.root.get("data") else {
        return none("the proxy's list of models has no \"data\"");
    };
    let models: Vec<_> = rows.iter().filter_map(model).take(MAX_MODELS).collect();
    if models.is_empty() {
        none("the proxy lists no model")
    } else {
        Listing::Models(models)
    }
}

/// Reads a row of the list; `None` if its id could not be registered.
fn model(row: &Value) -> Option<ListedModel> {
    let id = row.get("id")?.as_str()?;
    settings::parse_model_id("models", id).ok()?;
    let number = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| row.get(name)?.as_u64())
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
    };
    let kinds = ["input_modalities", "input"]
        .into_iter()
        .find_map(|name| row.get(name)?.as_array());
    Some(ListedModel {
        id: id.to_owned(),
        context_window: number(&["context_window", "context_length", "max_input_tokens"]),
        max_tokens: number(&["max_output_tokens", "max_completion_tokens", "max_tokens"]),
        images: kinds.map(|kinds| kinds.iter().any(|kind| kind.as_str() == Some("image"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Listing {
        read(&[Observation::answered(MODELS_ID, status, body)])
    }

    #[test]
    fn a_list_is_read_with_its_figures() {
        let Listing::Models(models) = answered(
            200,
            r#"{"data":[
                {"id":"claude-opus-4-6","context_window":1000000,"owned_by":"anthropic"},
                {"id":"bad id"}, {"no":"id"}, 7,
                {"id":"x","max_output_tokens":64000,"input_modalities":["text"],"context_window":-1}
            ]}"#,
        ) else {
            panic!()
        };
        assert_eq!(models.len(), 2);
        assert_eq!(models[0].context_window, Some(1_000_000));
        assert_eq!(models[0].images, None);
        assert_eq!(
            (models[1].max_tokens, models[1].images),
            (Some(64_000), Some(false))
        );
        assert_eq!(models[1].context_window, None);
    }

    #[test]
    fn no_list_is_one_line() {
        for (status, body) in [
            (200, ""),
            (200, "<html>"),
            (200, "{}"),
            (200, r#"{"data":{}}"#),
            (200, r#"{"data":[]}"#),
            (200, r#"{"data":["a",null,{"id":7}]}"#),
            (401, "{}"),
            (500, ""),
        ] {
            let Listing::None(why) = answered(status, body) else {
                panic!("{status} {body}")
            };
            assert!(!why.is_empty() && !why.contains('\n'), "{why}");
        }
    }

    #[test]
    fn a_long_list_is_cut() {
        let rows: Vec<String> = (0..=MAX_MODELS)
            .map(|n| format!(r#"{{"id":"m-{n}"}}"#))
            .collect();
        let listing = answered(200, &format!(r#"{{"data":[{}]}}"#, rows.join(",")));
        assert_eq!(listing.models().len(), MAX_MODELS);
    }
}
