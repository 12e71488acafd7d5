//! The local access key: where it is, and a new one. Its value is never printed.

use std::io::Write;

use claude_proxy_supervisor::control::Request;
use serde_json::json;

use super::access_key;
use super::args::{Key, KeyCommand, ProxyArgs, Rotate};
use super::context::Context;
use super::failure::{CommandError, FAILED, Failure, REFUSED, UNKNOWN};
use super::output;
use crate::component::types::Problem;

pub(super) fn run(context: &Context, args: &Key) -> Result<u8, CommandError> {
    match &args.what {
        KeyCommand::Path(args) => path(context, args),
        KeyCommand::Rotate(rotate) => self::rotate(context, rotate),
    }
}

fn path(context: &Context, args: &ProxyArgs) -> Result<u8, CommandError> {
    let (_, settings, state) = context.load(args.port.as_deref())?;
    let path = access_key::path(&settings, settings.port, &state);
    let there = access_key::in_use(&settings, settings.port, &state, UNKNOWN)?.is_some();
    if args.json {
        output::json(&json!({ "path": path.display().to_string(), "exists": there }))?;
    } else {
        writeln!(output::stdout(), "{}", path.display())?;
    }
    Ok(if there { 0 } else { FAILED })
}

fn rotate(context: &Context, args: &Rotate) -> Result<u8, CommandError> {
    let (_, settings, state) = context.load(args.proxy.port.as_deref())?;
    let socket = state.socket_path(settings.port);
    if let Some(file) = &settings.key_file {
        return Err(Failure::new(
            REFUSED,
            "the key in use is not the plugin's",
            Problem::new(
                "key-of-yours",
                file.clone(),
                "a key of your own proxy (`keyFile`)",
                "a key that this program made",
                "Change it in your proxy and in that file; then start the Gateway again.",
            ),
        )
        .into());
    }
    let in_use = super::supervisor_client::ask(&socket, Request::Status)?.is_some();
    if in_use && !args.force {
        return Err(Failure::new(
            REFUSED,
            "the key is in use",
            Problem::new("key-in-use", state.key_path(settings.port).display().to_string(), "a supervisor that gave this key to the proxy", "no running supervisor: a proxy with the old key refuses the new one", "Stop the Gateway or `claude-proxy run`, rotate, start it again; or use --force and restart it afterwards."),
        )
        .into());
    }
    state
        .rotate_key(settings.port)
        .map_err(|why| Failure::state(FAILED, &why))?;
    let path = state.key_path(settings.port).display().to_string();
    if args.proxy.json {
        output::json(&json!({ "path": path, "rotated": true, "restartNeeded": in_use }))?;
    } else {
        let mut out = output::stdout();
        writeln!(out, "New key in {path}")?;
        if in_use {
            writeln!(out, "Restart the Gateway now: `openclaw gateway restart`.")?;
        }
    }
    Ok(0)
}
