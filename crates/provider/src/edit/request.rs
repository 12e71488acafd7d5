//! The edit request and the result of an edit.

use serde::{Deserialize, Serialize};

use crate::audit::Report;
use crate::model_id::ListedModel;

/// What to change in an OpenClaw configuration. `None` keeps the present value, or the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ApplyRequest {
    /// The address on which the proxy listens.
    pub address: Option<String>,
    /// Proxy port.
    pub port: Option<u16>,
    /// Models to register, in order.
    pub models: Option<Vec<String>>,
    /// The command that starts the proxy.
    pub command: Option<Vec<String>>,
    /// The proxy's list of models, whose figures are written for registered models; empty if it is not known.
    pub listed: Vec<ListedModel>,
    /// Make the first model the default model, without fallbacks.
    pub set_default: bool,
    /// Enable the plugin, and give it the permission that its guard needs.
    pub grant_hooks: bool,
    /// Close every open finding that a program can close.
    pub fix: bool,
    /// Pin or turn off every slot for which OpenClaw chooses a provider by itself.
    pub harden: bool,
    /// Undo the changes of `harden`.
    pub unharden: bool,
}

/// An edited document, parsed again and audited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// The whole new text.
    pub text: String,
    /// The text before the edit, as it may be shown: without secrets and without comments.
    pub shown_before: String,
    /// The new text, as it may be shown.
    pub shown_after: String,
    /// The changes.
    pub changes: Vec<Change>,
    /// The audit of the new text.
    pub report: Report,
}

/// A changed place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Dotted path.
    pub path: String,
    /// The value before, as JSON without secrets; `None` if there was none.
    pub before: Option<String>,
    /// The value after, as JSON without secrets; `None` if it was removed.
    pub after: Option<String>,
    /// The reason, and what the change costs the user.
    pub why: String,
}
