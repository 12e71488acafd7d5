//! Where everything lies, for repair without OpenClaw.

use std::io::Write;

use serde_json::json;

use super::args::Look;
use super::context::Context;
use super::failure::{CANNOT_TELL, Halt};
use super::output;
use super::secret;

pub(super) fn run(context: &Context, wanted: &Look) -> Result<u8, Halt> {
    let (_, settings, state) = context.open(wanted.port.as_deref())?;
    let program = std::env::current_exe().ok();
    let config = context.config_path(CANNOT_TELL)?;
    let places = [
        ("program", program),
        ("config", Some(config)),
        ("stateDir", Some(state.path().to_owned())),
        ("key", Some(secret::path(&settings, settings.port, &state))),
        ("log", Some(state.log_path(settings.port))),
        ("socket", Some(state.socket_path(settings.port))),
    ];
    if wanted.json {
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
