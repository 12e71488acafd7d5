//! Directives in the user's last message that tell the fake API what to do.

use serde_json::{Value, json};

use super::refusal::RefusalKind;
use super::{Answer, SUBAGENT_TASK, TOOL_OUTPUT, received};

/// A directive begins with this: `FAKE:tool=exec`, `FAKE:tool=pdf {"pdf": …}`, `FAKE:401`.
const MARK: &str = "FAKE:";

/// The tool that gives a task to a subagent.
const SPAWN: &str = "sessions_spawn";
/// What that tool says once the subagent is on its way.
const ACCEPTED: &str = "accepted";
/// OpenClaw's tool that calls another one.
const CALL: &str = "tool_call";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// Call the tool whose name ends like this.
    Tool(String),
    /// Refuse.
    Refuse(RefusalKind),
}

impl Directive {
    /// The last directive since the last answer, unless it is about a tool whose output is back.
    ///
    /// A proxy that begins a new session sends the whole conversation as one text: what stands behind the directive counts.
    #[must_use]
    pub fn read(body: &Value) -> Option<Self> {
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
            _ => RefusalKind::of(word).map(Self::Refuse),
        }
    }
}

/// The call of a tool among those that the request offers; says so if there is none.
pub(super) fn tool_use(body: &Value, requested: &str, number: u64) -> Answer {
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
