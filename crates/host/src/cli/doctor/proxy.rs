//! What listens where the proxy should.

use std::path::Path;

use claude_proxy_supervisor::control::Request;

use super::{first_problem, message, programs};
use crate::cli::context::{Context, variable_names};
use crate::cli::failure::{Failure, UNKNOWN};
use crate::cli::probe::{ProbeResult, Prober};
use crate::cli::{models, supervisor_client};
use crate::component::doctor::{self, KeyFile, KeyFileError, Listener, Proxy};
use crate::component::{ClaudeProxy, chat, health, types};
use crate::key_file;

/// What the settings lead to.
pub(super) fn facts(component: &mut ClaudeProxy, settings: &types::Settings) -> Proxy {
    let plan = component.launch(settings, &variable_names());
    let remote = plan.as_ref().ok().filter(|plan| !plan.local);
    Proxy {
        remote_address: remote.map(|plan| plan.address.clone()),
        port: settings.port,
        key_file: settings.key_file.clone().map(|path| KeyFile {
            error: key_file::read(Path::new(&path))
                .err()
                .map(|why| KeyFileError {
                    reason: why.to_string(),
                    fix: Some(key_file::next_step(&why)),
                }),
            path,
        }),
        command: plan.map(|plan| programs::command(&plan)).map_err(message),
    }
}

pub(super) fn listener(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Result<doctor::PortCheck, String> {
    let (prober, probed, ours) = probe(context, component, settings).map_err(first_problem)?;
    let listed = models_of(component, &prober, &probed);
    let owner = probed.owner.as_ref();
    Ok(doctor::PortCheck {
        verdict: probed.verdict,
        listener: Ok(Listener {
            ours,
            visible: owner.is_some(),
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
    // Read anew, since `--fix` may have written.
    let looked = context
        .reload()
        .settings_for(component, port)
        .and_then(|settings| probe(context, component, &settings));
    looked.map_or_else(
        |_| Vec::new(),
        |(prober, probed, _)| models_of(component, &prober, &probed),
    )
}

/// Probes the proxy; with it, whether the supervisor started it.
fn probe(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
) -> Result<(Prober, ProbeResult, Option<bool>), Failure> {
    let state = context.state(UNKNOWN)?;
    // Without a supervisor that is unknown.
    let supervised = supervisor_client::ask(&state.socket_path(settings.port), Request::Status);
    let supervised = &supervised.ok().flatten().unwrap_or_default();
    let owner = &supervised["owner"];
    let ours = owner["ours"].as_bool();
    let prober = Prober::of(settings, &state)?;
    let probed = prober.probe(component, settings, ours)?;
    Ok((prober, probed, ours))
}

/// The models of a proxy that may be used; nothing where they are not known.
fn models_of(
    component: &mut ClaudeProxy,
    prober: &Prober,
    probed: &ProbeResult,
) -> Vec<types::ListedModel> {
    if probed.verdict.readiness != health::Readiness::Ready {
        return Vec::new();
    }
    match models::listing(component, prober) {
        Ok(chat::Listing::Models(models)) => models,
        Ok(chat::Listing::None(_)) | Err(_) => Vec::new(),
    }
}
