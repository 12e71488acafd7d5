//! The default model: whether it is one of ours, and one that the running proxy has.

use super::version::shown;
use super::{CheckResult, Installation, fail, pass};
use crate::ID;
use crate::{listing, model_id};

/// At most so many ids are named.
const MAX_NAMED: usize = 5;

/// Where the default model stands, in either form.
const PLACES: [&str; 2] = ["agents.defaults.model.primary", "agents.defaults.model"];

pub(super) fn check(f: &Installation<'_>) -> CheckResult {
    let login = || format!("openclaw models auth login --provider {ID} --set-default");
    let none = |why: &str| fail(format!("none is set ({why})"), login());
    let routes = match &f.configuration {
        Ok(config) => &config.report.routes,
        Err(why) => return none(why),
    };
    let route = routes
        .iter()
        .find(|route| PLACES.contains(&route.path.as_str()));
    let Some(reference) = route.map(|route| route.leads_to.as_str()) else {
        return none("OpenClaw's own default applies");
    };
    let Some(model) = model_id::own_model(reference) else {
        return fail(reference, login());
    };
    let listed = f.look.as_ref().map_or(&[][..], |look| &look.listed);
    let wire = model_id::wire(model, listed);
    let sent = match wire.id == model {
        true => String::new(),
        false => format!(", sent as {}", shown(&wire.id)),
    };
    if listed.is_empty() || wire.listed {
        return pass(reference);
    }
    let names = listing::names(listed, MAX_NAMED, shown);
    fail(
        format!(
            "{reference}{sent}: the running proxy does not list it, so its turns fail or another model answers; it lists {names}"
        ),
        login(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::super::tests::{check_with, configuration, default_route, facts, look};
    use crate::doctor::Status;
    use crate::health::{Login, Readiness};
    use crate::model_id::ListedModel;

    #[test]
    fn a_default_that_the_proxy_does_not_list_fails() {
        let meridian = &["claude-opus-4-6", "claude-sonnet-4-6"][..];
        let many = &["a", "b", "c", "d", "e", "f", "g"];
        use Status::{Fail, Pass};
        for (model, listed, expected, words) in [
            ("claude-opus-4-6", meridian, Pass, "claude-opus-4-6"),
            ("claude-opus-4.6", meridian, Pass, "claude-opus-4.6"),
            ("opus", meridian, Pass, "/opus"),
            (
                "claude-opus-4.5",
                meridian,
                Fail,
                "lists claude-opus-4-6, c",
            ),
            ("claude-opus-4.5", many, Fail, "e and 2 more"),
            // Nothing is known of the list: nothing is held against the model.
            ("claude-opus-4.5", &[], Pass, "claude-opus-4.5"),
            ("openai/gpt-6", meridian, Fail, "openai/gpt-6"),
            ("anthropic-claude-proxyx/m", meridian, Fail, "proxyx"),
            ("", meridian, Fail, "OpenClaw's own default applies"),
        ] {
            let reference = match model.contains('/') {
                true => model.to_owned(),
                false => format!("anthropic-claude-proxy/{model}"),
            };
            let mut look = look(Readiness::Ready, "ready", Login::Claimed);
            let listed = listed.iter().map(|&id| ListedModel {
                id: id.to_owned(),
                ..ListedModel::default()
            });
            look.listed = listed.collect();
            let facts = Facts {
                look: Ok(look),
                ..facts()
            };
            let mut configuration = configuration(Vec::new());
            if !model.is_empty() {
                configuration.report.routes = vec![default_route(&reference)];
            }
            let check = check_with(&facts, configuration, "default-model");
            assert_eq!(check.status, expected, "{model}: {check:?}");
            assert!(check.detail.contains(words), "{}", check.detail);
        }
    }
}
