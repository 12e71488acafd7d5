//! The check of the default model: whether it is one of ours, and whether the running proxy lists it.

use super::version::shown;
use super::{CheckResult, Installation, fail, pass};
use crate::ID;
use crate::{listing, model_id};

/// The highest number of models that are named.
const MAX_NAMED: usize = 5;

/// The paths of the default model in its two forms.
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
    let listed = f.port_check.as_ref().map_or(&[][..], |check| &check.listed);
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
