//! Errors in the form of the Anthropic API, as the Claude CLI receives them.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// How far away the end of a limit is, in seconds.
const RESET: u64 = 7200;

/// Why the API refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// 401: the login has expired.
    Expired,
    /// 429: the session limit, with the time of its end and `Retry-After`.
    Limit,
    /// 429: the same without `Retry-After` and without a time.
    BareLimit,
    /// 404: there is no such model.
    Model(String),
    /// 529: overloaded.
    Overloaded,
}

/// A refusal as it goes over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Why.
    pub kind: RefusalKind,
    /// HTTP status.
    pub status: u16,
    /// Headers besides the type of the content.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Value,
}

impl RefusalKind {
    /// The words by which one is asked for, with what each means.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("401", Self::Expired),
        ("429", Self::Limit),
        ("429-bare", Self::BareLimit),
        ("529", Self::Overloaded),
    ];

    /// The kind that a word asks for.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let found = Self::WORDS.iter().find(|(known, _)| *known == word);
        found.map(|(_, kind)| kind.clone())
    }

    /// Status, type and message of the API's error.
    fn parts(&self) -> (u16, &'static str, String) {
        let error = |status, kind, text: &str| (status, kind, text.to_owned());
        match self {
            Self::Expired => error(
                401,
                "authentication_error",
                "OAuth token has expired. Please obtain a new token or refresh your existing token.",
            ),
            Self::Limit | Self::BareLimit => error(
                429,
                "rate_limit_error",
                "This request would exceed your account's rate limit. Please try again later.",
            ),
            Self::Model(id) => (404, "not_found_error", format!("model: {id}")),
            Self::Overloaded => error(529, "overloaded_error", "Overloaded"),
        }
    }

    /// The refusal as an answer; `number` makes its request id unique.
    #[must_use]
    pub fn refusal(self, number: u64) -> Refusal {
        let (status, kind, message) = self.parts();
        let id = format!("req_fake{number:06}");
        let mut headers = vec![("request-id", id.clone())];
        if matches!(self, Self::Limit | Self::BareLimit) {
            headers.push(("anthropic-ratelimit-unified-status", "rejected".to_owned()));
        }
        if self == Self::Limit {
            headers.push(("retry-after", "3600".to_owned()));
            headers.push(("anthropic-ratelimit-unified-reset", in_seconds(RESET)));
            headers.push((
                "anthropic-ratelimit-unified-representative-claim",
                "five_hour".to_owned(),
            ));
        }
        Refusal {
            status,
            headers,
            body: json!({
                "type": "error",
                "error": { "type": kind, "message": message },
                "request_id": id,
            }),
            kind: self,
        }
    }
}

/// A time ahead, in seconds since 1970.
fn in_seconds(ahead: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    (now.unwrap_or_default().as_secs() + ahead).to_string()
}
