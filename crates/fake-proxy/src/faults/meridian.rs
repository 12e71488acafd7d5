//! The faults of Meridian: what each switch changes in its answers.

use serde_json::{Value, json};

use super::switches::{Cut, Listing, Login, Switches};
use crate::api::{self, Answer};
use crate::chat::Refusal;
use crate::http::{Body, Reply};
use crate::meridian::{Behavior, VERSION, failure, list};

const EXPIRED: &str = "Claude OAuth token has expired and could not be refreshed automatically. \
     Run 'claude login' in your terminal to re-authenticate.";
const REJECTED: &str = "Claude authentication expired or invalid. \
     Run 'claude login' in your terminal to re-authenticate, then restart the proxy.";

/// From how many days on a renewal is said to be due soon.
const SOON: u32 = 7;
/// How many models a list has that is far too long.
const MANY: usize = 10_000;
/// When the short limit resets, in milliseconds from now, and when the long one does.
const RESETS: (u64, u64) = (7_800_000, 266_400_000);

impl Behavior for Switches {
    fn health(&self, mut healthy: Value) -> (u16, Value) {
        if matches!(self.login, Login::Unhealthy | Login::AtStart) {
            let unhealthy = json!({
                "status": "unhealthy",
                "version": VERSION,
                "error": "Not logged in. Run: claude login",
                "auth": { "loggedIn": false },
            });
            return (503, unhealthy);
        }
        let auth = healthy.get_mut("auth").and_then(Value::as_object_mut);
        // Versions from 1.58 on tell when the login ends.
        if let (Some(days), Some(auth)) = (self.renewal_days, auth) {
            auth.insert("daysUntilRenewal".to_owned(), json!(days));
            auth.insert("renewalRequiredSoon".to_owned(), json!(days <= SOON));
        }
        (200, healthy)
    }

    fn models(&self, listed: Vec<Value>) -> Vec<Value> {
        match self.models {
            Listing::Real => listed,
            Listing::None => Vec::new(),
            Listing::Many => (0..MANY)
                .map(|number| {
                    list::model(
                        &format!("claude-opus-4-{number}"),
                        &format!("Claude Opus 4.{number}"),
                        200_000,
                    )
                })
                .collect(),
            Listing::Rubbish => vec![
                json!(7),
                Value::Null,
                json!({}),
                json!({ "id": "" }),
                json!({ "id": 4 }),
                json!({ "id": "\u{1b}[31mred", "context_window": -1 }),
                json!({ "id": "claude-opus-4-6", "context_window": "large" }),
            ],
        }
    }

    fn limits(&self, now: u64) -> Vec<Value> {
        let bucket = |kind: &str, percent: u32, resets: u64| {
            let status = if percent >= 100 {
                "rejected"
            } else {
                "allowed"
            };
            json!({
                "type": kind, "status": status, "utilization": f64::from(percent) / 100.0, "resetsAt": now + resets,
                "isUsingOverage": false, "overageStatus": null, "overageResetsAt": null, "overageDisabledReason": null,
                "surpassedThreshold": null, "observedAt": now,
            })
        };
        let of = |percent: u32| {
            [
                bucket("seven_day", percent / 2, RESETS.1),
                bucket("five_hour", percent, RESETS.0),
            ]
        };
        self.quota.into_iter().flat_map(of).collect()
    }

    /// With `--drop-messages` what came before the first answer, and the last message of the user.
    fn passed_on<'m>(&self, messages: &'m [Value]) -> Vec<&'m Value> {
        let answered = messages
            .iter()
            .position(|message| message["role"] == "assistant");
        let Some(at) = answered.filter(|_| self.drop_messages) else {
            return messages.iter().collect();
        };
        let last = messages.iter().rfind(|message| message["role"] == "user");
        messages.iter().take(at).chain(last).collect()
    }

    fn ask_api(&self, body: &Value, asked: &str, number: u64) -> Result<Answer, Refusal> {
        match self.login {
            Login::Ok => {}
            Login::Unhealthy | Login::AtStart => return Err(unauthenticated(EXPIRED)),
            Login::Rejected => return Err(unauthenticated(REJECTED)),
        }
        api::directed(body, self.api_refusal, number).map_err(|refusal| told(&refusal, asked))
    }

    fn sent(&self, mut reply: Reply) -> Reply {
        if let (Some(cut), Body::Events(events)) = (self.cut, &mut reply.body) {
            events.truncate(events.len() / 2);
            if cut == Cut::Connection {
                reply.body = Body::Severed(std::mem::take(events));
            }
        }
        reply
    }
}

fn unauthenticated(message: &str) -> Refusal {
    Refusal::new(401, "authentication_error", message)
}

/// The refusal of the API as the proxy's client sees it.
fn told(refusal: &Refusal, asked: &str) -> Refusal {
    const LIMIT: &str = "Claude Max rate limit reached. Wait a moment and try again.";
    const LOAD: &str = "Claude is temporarily overloaded. Try again in a few seconds.";
    match (refusal.kind, clock(refusal)) {
        ("authentication_error", _) => unauthenticated(EXPIRED),
        // The CLI tells the end of the limit by the clock of its own zone.
        (limit @ "rate_limit_error", None) => Refusal::new(429, limit, LIMIT),
        ("rate_limit_error", Some(time)) => {
            let limit = format!("You've hit your session limit · resets {time} (UTC)");
            Refusal::new(500, "api_error", format!("{}{limit}", failure::CLI))
        }
        (load @ "overloaded_error", _) => Refusal::new(503, load, LOAD),
        _ => failure::unknown_model(asked),
    }
}

/// The time at which the limit ends, as `4:05pm`, where it is told.
fn clock(refusal: &Refusal) -> Option<String> {
    let reset = refusal
        .headers
        .iter()
        .find(|(name, _)| name.ends_with("unified-reset"))?;
    let seconds: u64 = reset.1.parse().ok()?;
    let minutes = seconds / 60 % (24 * 60);
    let (hour, minute) = (minutes / 60, minutes % 60);
    let half = if hour < 12 { "am" } else { "pm" };
    let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    Some(if minute == 0 {
        format!("{hour}{half}")
    } else {
        format!("{hour}:{minute:02}{half}")
    })
}
