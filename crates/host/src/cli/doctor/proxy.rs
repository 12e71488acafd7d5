//! What answers where the proxy should.

use std::path::Path;

use claude_proxy_supervisor::control::Request;

use super::{first_problem, programs, text};
use crate::cli::context::Context;
use crate::cli::failure::{CANNOT_TELL, Failure};
use crate::cli::probe::{Look, Prober};
use crate::cli::status::prober;
use crate::cli::{control, models};
use crate::component::doctor::{self, KeyFile, Listener, Proxy};
use crate::component::{ClaudeProxy, chat, health, types};
use crate::key_file;

/// What the settings lead to.
pub(super) fn facts(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Proxy {
    let plan = component.launch(settings, &context.variable_names());
    let elsewhere = plan.as_ref().ok().filter(|plan| !plan.local);
    Proxy {
        elsewhere: elsewhere.map(|plan| plan.host.clone()),
        port: settings.port,
        key_file: settings.key_file.clone().map(|path| KeyFile {
            trouble: key_file::read(Path::new(&path))
                .err()
                .map(|why| (why.to_string(), key_file::next_step(&why))),
            path,
        }),
        keyed: settings.access_key == types::AccessKeyMode::Generated,
        command: plan
            .map(|plan| programs::command(context, &plan))
            .map_err(text),
    }
}

/// What answers, and who.
pub(super) fn look_at(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Result<doctor::Look, String> {
    let (prober, look, ours) = look(context, component, settings).map_err(first_problem)?;
    let listed = models_of(component, &prober, &look);
    let owner = look.owner.as_ref();
    Ok(doctor::Look {
        verdict: look.verdict,
        listener: Ok(Listener {
            ours,
            seen: owner.is_some(),
            pid: owner.and_then(|owner| owner.pid),
            command: owner.and_then(|owner| owner.command.clone()),
        }),
        listed,
    })
}

/// What the running proxy lists, for the figures of the models that `--fix` registers; nothing where none answers.
pub(super) fn listed(
    context: &Context,
    component: &mut ClaudeProxy,
    port: Option<&str>,
) -> Vec<types::ListedModel> {
    // The configuration is looked at anew after what `--fix` writes.
    let looked = context
        .again()
        .settings_for(component, port)
        .and_then(|settings| look(context, component, &settings));
    looked.map_or_else(
        |_| Vec::new(),
        |(prober, look, _)| models_of(component, &prober, &look),
    )
}

/// Who answers, and whether the supervisor says that it is ours.
fn look(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Result<(Prober, Look, Option<bool>), Failure> {
    let state = context.state(CANNOT_TELL)?;
    // Without a supervisor nobody vouches for it.
    let supervised = control::ask(&state.socket_path(settings.port), Request::Status);
    let supervised = &supervised.ok().flatten().unwrap_or_default();
    let owner = &supervised["owner"];
    let ours = owner["ours"].as_bool();
    let prober = prober(settings, &state)?;
    let look = prober.look(component, settings, ours)?;
    Ok((prober, look, ours))
}

/// The models of a proxy that may be used; nothing where they are not known.
fn models_of(component: &mut ClaudeProxy, prober: &Prober, look: &Look) -> Vec<types::ListedModel> {
    if look.verdict.readiness != health::Readiness::Ready {
        return Vec::new();
    }
    match models::listing(component, prober) {
        Ok(chat::Listing::Models(models)) => models,
        Ok(chat::Listing::None(_)) | Err(_) => Vec::new(),
    }
}
