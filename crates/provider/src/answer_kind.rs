//! The kinds of answers to requests.

use serde::{Deserialize, Serialize};

/// The kind of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    /// The model answered.
    Answered,
    /// A limit of the plan is reached.
    Limit,
    /// The vendor refuses the login.
    RefusedLogin,
    /// The proxy refuses the access key, so the request reached no vendor.
    RefusedKey,
    /// The vendor counts the request as extra usage.
    ExtraUsage,
    /// The vendor or the proxy does not know the model, or the plan does not have it.
    UnknownModel,
    /// The vendor is overloaded.
    Overloaded,
    /// The vendor's service failed.
    ServerError,
    /// The conversation is too long for the model. The host shortens it.
    TooLong,
    /// The answer broke off before its end.
    BrokenOff,
    /// Any other error, whose text the host shows.
    Other,
}
