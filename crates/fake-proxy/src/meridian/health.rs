//! `/health`: the state of the login, as the proxy believes it to be.

use serde_json::{Value, json};

use super::{Context, VERSION};
use crate::http::Reply;
use crate::switches::Login;

/// From how many days on a renewal is said to be due soon.
const SOON: u32 = 7;

/// The answer in every state of the login.
pub(super) fn health(context: &Context) -> Reply {
    let mode = if context.passthrough {
        "passthrough"
    } else {
        "internal"
    };
    let executable = json!({ "path": "/fake/claude", "source": "env" });
    let plugin = json!({ "opencode": "not-configured" });
    let healthy = |auth: Value| {
        json!({
            "status": "healthy", "version": VERSION, "auth": auth, "mode": mode,
            "claudeExecutable": executable, "plugin": plugin,
        })
    };
    let (status, document) = match context.switches.login {
        Login::Ok | Login::Rejected => {
            let mut auth = json!({ "loggedIn": true, "email": "fake@example.invalid", "subscriptionType": "max" });
            // Versions from 1.58 on tell when the login ends.
            if let Some(days) = context.switches.renewal_days
                && let Some(auth) = auth.as_object_mut()
            {
                auth.insert("daysUntilRenewal".to_owned(), json!(days));
                auth.insert("renewalRequiredSoon".to_owned(), json!(days <= SOON));
            }
            (200, healthy(auth))
        }
        Login::Unhealthy | Login::AtStart => {
            let error = "Not logged in. Run: claude login";
            let auth = json!({ "loggedIn": false });
            (
                503,
                json!({ "status": "unhealthy", "version": VERSION, "error": error, "auth": auth }),
            )
        }
    };
    Reply::json(status, &document)
}
