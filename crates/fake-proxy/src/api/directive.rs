//! Directives in the user's last message that tell the fake API what to do.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Answer, Refusal, received};

/// The task that `FAKE:tool=sessions_spawn` gives to a subagent.
pub const SUBAGENT_TASK: &str = "subagent-theta";

/// What a tool that was asked for with `FAKE:tool` prints; its coming back ends the call.
pub const TOOL_OUTPUT: &str = "fake-tool-ran-42";

/// How far away the end of a limit is, in seconds.
const RESET: u64 = 7200;

/// A directive begins with this: `FAKE:tool=exec`, `FAKE:tool=pdf {"pdf": …}`, `FAKE:401`.
const MARK: &str = "FAKE:";

/// The tool that gives a task to a subagent.
const SPAWN: &str = "sessions_spawn";
/// What that tool says once the subagent is on its way.
const ACCEPTED: &str = "accepted";
/// OpenClaw's tool that calls another one.
const CALL: &str = "tool_call";

/// What is asked for.
enum Directive {
    /// Call the tool whose name ends like this.
    Tool(String),
    /// Refuse.
    Refuse(RefusalKind),
}

impl Directive {
    /// The last directive since the last answer, unless it is about a tool whose output is back.
    ///
    /// A proxy that begins a new session sends the whole conversation as one text: what stands behind the directive counts.
    fn read(body: &Value) -> Option<Self> {
        let text = received::last_user_text(body);
        let (_, after) = text.rsplit_once(MARK)?;
        let end = after
            .find(|letter: char| !letter.is_ascii_alphanumeric() && !"=-_".contains(letter))
            .unwrap_or(after.len());
        let (word, rest) = after.split_at_checked(end)?;
        match word.split_once('=') {
            // The command itself names the output too, but never whole: see `tool_use`.
            Some(("tool", _)) if rest.contains(TOOL_OUTPUT) || rest.contains(ACCEPTED) => None,
            Some(("tool", name)) => Some(Self::Tool(name.to_owned())),
            _ => RefusalKind::from_str(word, false).ok().map(Self::Refuse),
        }
    }
}

/// Why the API is to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RefusalKind {
    /// The login has expired
    #[value(name = "401")]
    Expired,
    /// The session limit, with the time of its end and `Retry-After`
    #[value(name = "429")]
    Limit,
    /// The same without `Retry-After` and without a time
    #[value(name = "429-bare")]
    BareLimit,
    /// Overloaded
    #[value(name = "529")]
    Overloaded,
}

impl RefusalKind {
    /// The refusal of the API.
    pub(crate) fn refusal(self) -> Refusal {
        let (status, kind, message) = match self {
            Self::Expired => (
                401,
                "authentication_error",
                "OAuth token has expired. Please obtain a new token or refresh your existing token.",
            ),
            Self::Limit | Self::BareLimit => (
                429,
                "rate_limit_error",
                "This request would exceed your account's rate limit. Please try again later.",
            ),
            Self::Overloaded => (529, "overloaded_error", "Overloaded"),
        };
        let mut refusal = Refusal::new(status, kind, message);
        let headers = &mut refusal.headers;
        if matches!(self, Self::Limit | Self::BareLimit) {
            headers.push(("anthropic-ratelimit-unified-status", "rejected".to_owned()));
        }
        if self == Self::Limit {
            headers.push(("retry-after", "3600".to_owned()));
            headers.push(("anthropic-ratelimit-unified-reset", in_seconds(RESET)));
            let claim = "anthropic-ratelimit-unified-representative-claim";
            headers.push((claim, "five_hour".to_owned()));
        }
        refusal
    }
}

/// A time ahead, in seconds since 1970.
fn in_seconds(ahead: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    (now.unwrap_or_default().as_secs() + ahead).to_string()
}

/// As [`super::answer`], with what `forced` or the last user message asks for before anything else.
///
/// # Errors
/// [`Refusal`], in the vendor's form.
pub(crate) fn directed(
    body: &Value,
    forced: Option<RefusalKind>,
    number: u64,
) -> Result<Answer, Refusal> {
    let directive = Directive::read(body);
    let asked = match &directive {
        Some(Directive::Refuse(kind)) => Some(*kind),
        _ => None,
    };
    if let Some(kind) = forced.or(asked) {
        return Err(kind.refusal());
    }
    let answer = super::answer(body, number)?;
    Ok(match directive {
        Some(Directive::Tool(name)) => tool_use(body, &name, number),
        _ => answer,
    })
}

/// The call of a tool among those that the request offers; says so if there is none.
fn tool_use(body: &Value, requested: &str, number: u64) -> Answer {
    let named = |requested: &str| super::tool(body, requested);
    // OpenClaw offers its rarer tools through another one.
    let given = arguments(body);
    let through = (requested == SPAWN || given.is_some()).then(|| named(CALL));
    let through = through.flatten();
    let Some(name) = named(requested).or(through) else {
        let names: Vec<&str> = super::tools(body).collect();
        return Answer::text(format!("No tool {requested} among: {}", names.join(", ")));
    };
    let input = match (requested, given) {
        (_, Some(args)) if name.ends_with(CALL) => json!({ "id": requested, "args": args }),
        (_, Some(args)) => args,
        (SPAWN, None) if name.ends_with(CALL) => {
            json!({ "id": SPAWN, "args": { "task": SUBAGENT_TASK } })
        }
        (SPAWN, None) => json!({ "task": SUBAGENT_TASK }),
        // Arithmetic, so that the command is not mistaken for its output.
        _ => json!({ "command": "echo fake-tool-ran-$((6*7))" }),
    };
    Answer {
        content: vec![
            json!({ "type": "text", "text": "I will use the tool." }),
            json!({ "type": "tool_use", "id": format!("toolu_fake{number:06}"), "name": name, "input": input }),
        ],
        stop_reason: "tool_use",
    }
}

/// The object that stands right behind the directive: what the tool is given.
fn arguments(body: &Value) -> Option<Value> {
    let text = received::last_user_text(body);
    let (_, after) = text.rsplit_once(MARK)?;
    let (_, after) = after.split_once(' ')?;
    let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
    values.next()?.ok().filter(Value::is_object)
}
