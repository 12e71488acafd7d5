//! The kinds of proxies, a row a kind (`proxy_kind/table.rs`): everything that differs between them. Nothing else in the project knows a proxy by name (`tests/proxy_kinds/names.rs` holds it to that).
//!
//! `docs/proxies.md` has what was measured of each.

mod api;
mod table;

use crate::answer_kind::AnswerKind;
use crate::document::{self, Value};
pub use api::Api;
pub use table::{KINDS, MERIDIAN};

/// The value of the `proxy` setting with which the kind is recognized.
pub const AUTO: &str = "auto";

/// One kind of proxy.
#[derive(Debug)]
pub struct ProxyKind {
    /// Value of the `proxy` setting, and what a verdict calls it.
    pub name: &'static str,
    /// Its name in a sentence.
    pub title: &'static str,
    /// Names of its packages and programs, by which a command that starts it is recognized.
    pub programs: &'static [&'static str],
    /// A command that starts it; empty where none can be named.
    pub command: &'static [&'static str],
    /// Its npm package with the newest version that was run, `NAME@VERSION`; `None` where the registry has none.
    pub package: Option<&'static str>,
    /// What in its answers gives it away; any one is enough. Empty for a kind that is only ever named.
    pub signs: &'static [Sign],
    /// What it speaks, the usual first; never empty.
    pub apis: &'static [Api],
    /// Variables that tell a started program its host; the same value goes into each.
    pub host_variables: &'static [&'static str],
    /// Variables for the port.
    pub port_variables: &'static [&'static str],
    /// Variable for the access key; `None` where it reads no such variable.
    pub key_variable: Option<&'static str>,
    /// Further variables that are set.
    pub variables: &'static [(&'static str, &'static str)],
    /// Inherited variables that it may see besides the general ones, a blank between. A `*` at the end stands for any rest.
    pub inherit: &'static str,
    /// Inherited variables that no proxy may see, written the same way: they would change who answers, or which key is asked for.
    pub strip: &'static str,
    /// Where a user who starts it himself configures the key, to be put after "in".
    pub key_place: Option<&'static str>,
    /// How it is shown to be the one that knows the key; `None` where it asks for none.
    pub key_probe: Option<KeyProbe>,
    /// Where it reports its Claude login and its version.
    pub login_probe: Option<LoginProbe>,
    /// Where its models are listed; `None` where it has no list.
    pub models_path: Option<&'static str>,
    /// Where it reports how much of the plan is used; `None` where it does not.
    pub quota_path: Option<&'static str>,
    /// What a request of ours carries.
    pub headers: Headers,
    /// Signs of its own in an error's text, lower case, a `|` between, looked for before the general ones.
    pub refusals: &'static [(AnswerKind, &'static str)],
    /// Whose tools may run.
    pub own_tools: OwnTools,
    /// Whether a request may be answered by another vendor than Anthropic: what it sends where is its own configuration's.
    pub forwards: bool,
    /// What else is wrong with it, for people, with the version that it was seen in.
    pub faults: &'static [&'static str],
}

/// A sign by which a kind is recognized.
#[derive(Debug)]
pub enum Sign {
    /// `/` answers with a JSON object that has this member.
    Root(&'static str, &'static str),
    /// `/` answers with a text that has this in it.
    RootText(&'static str),
    /// `/health` answers with a JSON object that has this member. It is only asked where `/` has no sign.
    Health(&'static str, &'static str),
}

/// The general list of models.
const MODELS: &str = "/v1/models";

/// The question that only the right key opens.
#[derive(Debug)]
pub struct KeyProbe {
    /// Asked without the key; must be refused.
    pub without: &'static str,
    /// Asked with the key; must be answered with 200. The second is asked where the first does not exist (404).
    pub with: &'static [&'static str],
    /// Status codes of a refusal.
    pub refused: &'static [u16],
    /// Signs of its own refusal in mid-turn, lower case, a `|` between; empty where it has none.
    pub refusal: &'static str,
    /// A sign that a refusal comes from a vendor behind it.
    pub relayed: Option<&'static str>,
}

impl KeyProbe {
    /// By the list of models.
    const USUAL: Self = Self {
        without: MODELS,
        with: &[MODELS],
        refused: &[401, 403],
        refusal: "",
        relayed: None,
    };
}

/// The question about the login.
#[derive(Debug)]
pub struct LoginProbe {
    /// Its path.
    pub path: &'static str,
    /// Path of a boolean: whether there is a login.
    pub logged_in: &'static [&'static str],
    /// Value of `status` that claims a login.
    pub claimed: &'static str,
}

/// What a request of ours carries so that a conversation stays whole.
#[derive(Debug)]
pub struct Headers {
    /// With every request.
    pub always: &'static [(&'static str, &'static str)],
    /// With a request of a conversation.
    pub conversation: &'static [(&'static str, HeaderValue)],
    /// With a single request. The provider entry holds these, for requests that the plugin does not see.
    pub single: &'static [(&'static str, &'static str)],
    /// Whether a conversation that is begun anew must have earlier results of tools as text.
    pub tool_results_as_text: bool,
}

impl Headers {
    /// No header is needed.
    pub const NONE: Self = Self {
        always: &[],
        conversation: &[],
        single: &[],
        tool_results_as_text: false,
    };
}

/// A header's value.
#[derive(Debug)]
pub enum HeaderValue {
    /// This text.
    Fixed(&'static str),
    /// The name of the conversation.
    Conversation,
}

/// Whether the Claude CLI behind the proxy may run tools of its own on the machine, past OpenClaw's policy.
#[derive(Debug, Clone, Copy)]
pub enum OwnTools {
    /// It has none: it runs no CLI.
    Nothing,
    /// A header with each request keeps them off, and so does a variable that a started proxy is given.
    SwitchedOff {
        /// That variable, as `NAME=VALUE`.
        by: &'static str,
        /// Member of the login probe's answer that says how the proxy was started.
        reported_in: &'static str,
        /// Its value where they are off without the header too. Any other one means unknown.
        off: &'static str,
    },
    /// They run, and nothing switches that off.
    Always,
    /// It is not known.
    Unknown,
}

impl ProxyKind {
    /// Whether it is a dialect, not a program: it is taken where the user names it, and recognized by nothing.
    pub fn is_generic(&self) -> bool {
        self.signs.is_empty()
    }

    /// The API that it speaks by default.
    pub fn api(&self) -> Api {
        self.apis.first().copied().unwrap_or(Api::AnthropicMessages)
    }

    /// Whether it speaks this API.
    pub fn speaks(&self, api: Api) -> bool {
        self.apis.contains(&api)
    }

    /// Whether an error's text, in lower case, is its own refusal of the key that a request carried.
    pub fn refuses_key(&self, error: &str) -> bool {
        self.key_probe.as_ref().is_some_and(|key| {
            contains_sign(error, key.refusal)
                && !key.relayed.is_some_and(|sign| error.contains(sign))
        })
    }

    /// Whether `auto` uses it where it runs already. One that may forward to another vendor must be named.
    pub fn is_used_unnamed(&self) -> bool {
        !self.forwards && !self.is_generic()
    }
}

/// Whether a text in lower case has one of some signs, a `|` between; no signs are in no text.
pub(crate) fn contains_sign(text: &str, signs: &str) -> bool {
    !signs.is_empty() && signs.split('|').any(|sign| text.contains(sign))
}

/// The row of this name.
pub fn by_name(name: &str) -> Option<&'static ProxyKind> {
    KINDS.iter().find(|row| row.name == name)
}

/// The values of the `proxy` setting, for a message.
pub fn accepted_values() -> String {
    let names = KINDS.iter().map(|row| format!("\"{}\"", row.name));
    let names: Vec<String> = names.collect();
    format!("\"{AUTO}\" or one of {}", names.join(", "))
}

/// The kind that a command starts, where its words name one.
pub fn from_command(command: &[String]) -> Option<&'static ProxyKind> {
    command.iter().find_map(|word| {
        let name = program_name(word);
        // A version stands after the package; a scope stands before it and was cut off with the directory.
        let name = name.split_once('@').map_or(name, |(name, _)| name);
        let known = |row: &&ProxyKind| !name.is_empty() && row.programs.contains(&name);
        KINDS.iter().find(known)
    })
}

/// A program's name without its directory.
pub(crate) fn program_name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}

/// Every program that is known by name.
pub fn programs() -> impl Iterator<Item = &'static str> {
    KINDS.iter().flat_map(|row| row.programs.iter().copied())
}

/// The kind whose sign stands in the answer of `/`.
pub fn recognize_root(status: u16, body: &str) -> Option<&'static ProxyKind> {
    let json = document::parse(body).ok().map(|read| read.root);
    let has = |sign: &Sign| match sign {
        Sign::Root(key, value) => member(json.as_ref(), key) == Some(value),
        Sign::RootText(text) => status == 200 && body.contains(text),
        Sign::Health(..) => false,
    };
    KINDS.iter().find(|row| row.signs.iter().any(has))
}

/// The kind whose sign stands in the answer of `/health`.
pub fn recognize_health(health: Option<&Value>) -> Option<&'static ProxyKind> {
    let has = |sign: &Sign| matches!(sign, Sign::Health(key, value) if member(health, key) == Some(value));
    KINDS.iter().find(|row| row.signs.iter().any(has))
}

fn member<'v>(value: Option<&'v Value>, key: &str) -> Option<&'v str> {
    value?.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name of the kind that a command starts.
    fn started(command: &str) -> Option<&'static str> {
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        from_command(&words).map(|kind| kind.name)
    }

    #[test]
    fn a_command_names_the_kind_that_it_starts() {
        for (command, name) in [
            ("bunx opencode-claude-max-proxy", "meridian"),
            ("bunx --bun @rynfar/meridian@1.43.0", "meridian"),
            ("/opt/bin/claude-max-api {port}", "claude-max-api-proxy"),
            ("ccr start", "claude-code-router"),
            (
                "npx @musistudio/claude-code-router@2.0.0 start",
                "claude-code-router",
            ),
            ("litellm --config x.yaml", "litellm"),
            ("/opt/cli-proxy-api -config x", "cliproxyapi"),
            ("/opt/start.sh", ""),
            ("@", ""),
            ("", ""),
        ] {
            assert_eq!(started(command).unwrap_or_default(), name, "{command:?}");
        }
    }

    #[test]
    fn the_rows_are_complete() {
        for row in KINDS {
            assert!(!row.apis.is_empty(), "{}", row.name);
            assert!(by_name(row.name).is_some() && row.name != AUTO);
            let twins = KINDS.iter().filter(|other| other.name == row.name);
            assert_eq!(twins.count(), 1, "{}", row.name);
            assert_eq!(row.is_generic(), row.programs.is_empty(), "{}", row.name);
            for (kind, signs) in row.refusals {
                assert_eq!(*signs, signs.to_lowercase(), "{kind:?}");
            }
            if let Some(key) = &row.key_probe {
                assert!(!key.with.is_empty() && key.refused.contains(&401));
            }
            // A command that is proposed is recognized again.
            if !row.command.is_empty() {
                assert_eq!(started(&row.command.join(" ")), Some(row.name));
            }
        }
    }
}
