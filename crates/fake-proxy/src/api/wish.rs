//! What the user's last words ask the fake API to do.

use serde_json::{Value, json};

use super::refusal::RefusalKind;
use super::{Answer, SUBAGENT_TASK, TOOL_OUTPUT, seen};

/// A wish begins with this: `FAKE:tool=exec`, `FAKE:tool=pdf {"pdf": …}`, `FAKE:401`.
const MARK: &str = "FAKE:";

/// The tool that gives a task to a subagent.
const SPAWN: &str = "sessions_spawn";
/// What that tool says once the subagent is on its way.
const ACCEPTED: &str = "accepted";
/// OpenClaw's tool that calls another one.
const CALL: &str = "tool_call";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Call the tool whose name ends like this.
    Tool(String),
    /// Refuse.
    Refuse(RefusalKind),
}

impl Wish {
    /// The last wish since the last answer, unless it is about a tool whose output is back.
    ///
    /// A proxy that begins a new session sends the whole conversation as one text: what stands behind the wish counts.
    #[must_use]
    pub fn read(body: &Value) -> Option<Self> {
        let text = seen::last_user_text(body);
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
pub(super) fn tool_use(body: &Value, wanted: &str, number: u64) -> Answer {
    let named = |wanted: &str| super::tool(body, wanted);
    // OpenClaw offers its rarer tools through another one.
    let given = arguments(body);
    let through = (wanted == SPAWN || given.is_some()).then(|| named(CALL));
    let through = through.flatten();
    let Some(name) = named(wanted).or(through) else {
        let names: Vec<&str> = super::tools(body).collect();
        return Answer::text(format!("No tool {wanted} among: {}", names.join(", ")));
    };
    let input = match (wanted, given) {
        (_, Some(args)) if name.ends_with(CALL) => json!({ "id": wanted, "args": args }),
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

/// The object that stands right behind the wish: what the tool is given.
fn arguments(body: &Value) -> Option<Value> {
    let text = seen::last_user_text(body);
    let (_, after) = text.rsplit_once(MARK)?;
    let (_, after) = after.split_once(' ')?;
    let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
    values.next()?.ok().filter(Value::is_object)
}
