//! The paths of everything, for repair without OpenClaw.

use std::io::Write;

use serde_json::json;

use super::access_key;
use super::args::ProxyArgs;
use super::context::Context;
use super::failure::{CommandError, UNKNOWN};
use super::output;

pub(super) fn run(context: &Context, args: &ProxyArgs) -> Result<u8, CommandError> {
    let (_, settings, state) = context.load(args.port.as_deref())?;
    let program = std::env::current_exe().ok();
    let config = context.config_path(UNKNOWN)?;
    let places = [
        ("program", program),
        ("config", Some(config)),
        ("stateDir", Some(state.path().to_owned())),
        (
            "key",
            Some(access_key::path(&settings, settings.port, &state)),
        ),
        ("log", Some(state.log_path(settings.port))),
        ("socket", Some(state.socket_path(settings.port))),
    ];
    if args.json {
        let object: serde_json::Map<String, serde_json::Value> = places
            .iter()
            .map(|(name, path)| {
                let path = path.as_ref().map(|path| path.display().to_string());
                ((*name).to_owned(), json!(path))
            })
            .collect();
        output::json(&object)?;
    } else {
        let mut out = output::stdout();
        for (name, path) in places {
            if let Some(path) = path {
                writeln!(out, "{name:<9} {}", path.display())?;
            }
        }
    }
    Ok(0)
}
