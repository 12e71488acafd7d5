//! What an edit is asked for and what it gives back.

use serde::{Deserialize, Serialize};

use crate::audit::Report;
use crate::model_id::ListedModel;

/// What to write into an OpenClaw configuration. A `None` leaves the present value, or the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ApplyRequest {
    /// Proxy host.
    pub host: Option<String>,
    /// Proxy port.
    pub port: Option<u16>,
    /// Models to register, in order.
    pub models: Option<Vec<String>>,
    /// The command that starts the proxy; `None` leaves the present one.
    pub command: Option<Vec<String>>,
    /// The proxy's list of models, whose figures the registered ones get; empty where it is not known.
    pub listed: Vec<ListedModel>,
    /// Make the first model the default model, without fallbacks.
    pub set_default: bool,
    /// Grant the plugin the hook permission that the guard needs, and enable it.
    pub grant_hooks: bool,
    /// Close every leak that has a mechanical fix.
    pub fix: bool,
    /// Pin or turn off every slot that selects a provider by itself.
    pub harden: bool,
    /// Take back what `harden` changed.
    pub unharden: bool,
}

/// An edited document that was read again and audited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// The whole new text.
    pub text: String,
    /// What changed; empty when nothing had to.
    pub changes: Vec<Change>,
    /// The audit of the new text.
    pub report: Report,
}

/// One changed place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Dotted path.
    pub path: String,
    /// Value before, as JSON; `None` where there was none. Secrets are redacted.
    pub before: Option<String>,
    /// Value after, as JSON; `None` where it was removed.
    pub after: Option<String>,
    /// Why, and what it costs the user where it costs something.
    pub why: String,
}
