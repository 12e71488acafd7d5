//! The kinds of answers that requests get.

use serde::{Deserialize, Serialize};

/// What kind of answer it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    /// The model answered.
    Answered,
    /// A limit of the plan is reached.
    Limit,
    /// The login is refused.
    RefusedLogin,
    /// The proxy refuses the access key: the request reached no vendor.
    RefusedKey,
    /// The vendor counts the request as extra usage.
    ExtraUsage,
    /// The vendor or the proxy does not know the model, or the plan does not have it.
    UnknownModel,
    /// The vendor has no capacity.
    Overloaded,
    /// The vendor's service failed.
    ServerError,
    /// The conversation is longer than the model reads; the host shortens it.
    TooLong,
    /// Anything else; the host shows its text.
    Other,
}
