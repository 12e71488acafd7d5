//! `/health`: the state of the login, as the proxy believes it to be.

use serde_json::json;

use super::{Behavior, Context, VERSION};
use crate::http::Reply;

/// The answer.
pub(super) fn health<B: Behavior>(context: &Context<B>) -> Reply {
    let mode = if context.passthrough {
        "passthrough"
    } else {
        "internal"
    };
    let (status, document) = context.behavior.health(json!({
        "status": "healthy",
        "version": VERSION,
        "auth": { "loggedIn": true, "email": "fake@example.invalid", "subscriptionType": "max" },
        "mode": mode,
        "claudeExecutable": { "path": "/fake/claude", "source": "env" },
        "plugin": { "opencode": "not-configured" },
    }));
    Reply::json(status, &document)
}
