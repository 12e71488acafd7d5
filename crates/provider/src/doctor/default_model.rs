//! The default model: whether it is one of ours, and one that the running proxy has.

use super::version::shown;
use super::{Facts, Judgment, fail, pass};
use crate::ID;
use crate::document::{self, Value};
use crate::model_id::{self, ListedModel};

/// At most so many ids are named.
const MOST_NAMED: usize = 5;

pub(super) fn judge(f: &Facts<'_>) -> Judgment {
    let login = || format!("openclaw models auth login --provider {ID} --set-default");
    let reference = match f.get("default-model") {
        Ok(model) => model,
        Err(why) => return fail(format!("none is set ({why})"), login()),
    };
    let Some(model) = reference
        .strip_prefix(ID)
        .and_then(|rest| rest.strip_prefix('/'))
    else {
        return fail(reference, login());
    };
    let listed = listed(f);
    let wire = model_id::wire(model, &listed);
    let sent = match wire.id == model {
        true => String::new(),
        false => format!(", sent as {}", shown(&wire.id)),
    };
    if listed.is_empty() || wire.listed {
        return pass(reference);
    }
    let names: Vec<String> = listed
        .iter()
        .take(MOST_NAMED)
        .map(|model| shown(&model.id))
        .collect();
    let more = match listed.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    fail(
        format!(
            "{reference}{sent}: the running proxy does not list it, so its turns fail or another model answers; it lists {}{more}",
            names.join(", ")
        ),
        login(),
    )
}

/// What the running proxy lists; nothing where that is not known.
fn listed(f: &Facts<'_>) -> Vec<ListedModel> {
    let Ok(list) = f.get("models-listed").map(document::parse) else {
        return Vec::new();
    };
    let list = list.map(|list| list.root);
    let ids = list.as_ref().ok().and_then(Value::as_array);
    ids.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|id| ListedModel {
            id: id.to_owned(),
            ..ListedModel::default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::doctor::{Status, tests};

    #[test]
    fn a_default_that_the_proxy_does_not_list_fails() {
        let meridian = r#"["claude-opus-4-6","claude-sonnet-4-6"]"#;
        let many = r#"["a","b","c","d","e","f","g"]"#;
        for (model, listed, expected, words) in [
            (
                "claude-opus-4-6",
                Some(meridian),
                Status::Pass,
                "claude-opus-4-6",
            ),
            (
                "claude-opus-4.6",
                Some(meridian),
                Status::Pass,
                "claude-opus-4.6",
            ),
            ("opus", Some(meridian), Status::Pass, "/opus"),
            (
                "claude-opus-4.5",
                Some(meridian),
                Status::Fail,
                "it lists claude-opus-4-6, c",
            ),
            ("claude-opus-4.5", Some(many), Status::Fail, "e and 2 more"),
            // Nothing is known of the list: nothing is held against the model.
            ("claude-opus-4.5", None, Status::Pass, "claude-opus-4.5"),
            (
                "claude-opus-4.5",
                Some("[]"),
                Status::Pass,
                "claude-opus-4.5",
            ),
            (
                "claude-opus-4.5",
                Some("rubbish"),
                Status::Pass,
                "claude-opus-4.5",
            ),
            ("openai/gpt-6", Some(meridian), Status::Fail, "openai/gpt-6"),
            (
                "anthropic-claude-proxyx/m",
                Some(meridian),
                Status::Fail,
                "proxyx",
            ),
        ] {
            let reference = match model.contains('/') {
                true => model.to_owned(),
                false => format!("anthropic-claude-proxy/{model}"),
            };
            let mut known = vec![("default-model", reference.as_str())];
            known.extend(listed.map(|list| ("models-listed", list)));
            let check = tests::check(&tests::facts(&known), "default-model");
            assert_eq!(check.status, expected, "{model} {listed:?}");
            assert!(check.detail.contains(words), "{}", check.detail);
        }
    }
}
