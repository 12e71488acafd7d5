//! The kinds of proxies, and everything that differs between them: one row for each kind in `proxy_kind/table.rs`. No other code of
//! the project names a proxy; `tests/proxy_kinds/names.rs` checks that.
//!
//! `docs/proxies.md` says what was measured of each kind.

mod api;
mod table;

use crate::document::{self, Value};
use crate::wit::chat::AnswerKind;
pub use api::Api;
pub use table::{KINDS, MERIDIAN};

/// The value of the setting `proxy` with which the kind is recognized automatically.
pub const AUTO: &str = "auto";

/// One kind of proxy.
#[derive(Debug)]
pub struct ProxyKind {
    /// Its value of the setting `proxy`, and its name in verdicts.
    pub name: &'static str,
    /// Its name in a sentence.
    pub title: &'static str,
    /// Names of its packages and programs. A command that starts it is recognized by them.
    pub programs: &'static [&'static str],
    /// The usual command that starts it; empty if there is none.
    pub command: &'static [&'static str],
    /// Its npm package with the newest version that was tested, `NAME@VERSION`; `None` if the registry has none.
    pub package: Option<&'static str>,
    /// Signs in its answers, each of which is enough to recognize it. Empty for a kind that has to be named.
    pub signs: &'static [Sign],
    /// The APIs that it speaks, the usual one first; never empty.
    pub apis: &'static [Api],
    /// Environment variables for the host, which all get the same value.
    pub host_variables: &'static [&'static str],
    /// Environment variables for the port, which all get the same value.
    pub port_variables: &'static [&'static str],
    /// Environment variable for the access key; `None` if there is none.
    pub key_variable: Option<&'static str>,
    /// Further environment variables that are set.
    pub variables: &'static [(&'static str, &'static str)],
    /// Inherited variables that are passed to it besides the general ones, separated by blanks. A `*` at the end stands for any rest.
    pub inherit: &'static str,
    /// Inherited variables that are passed to no proxy, in the same form: they would change who answers, or which key is asked for.
    pub strip: &'static str,
    /// The place where a user configures its key, as words after "in".
    pub key_place: Option<&'static str>,
    /// The probes that show whether it has our key; `None` if it knows no keys.
    pub key_probe: Option<KeyProbe>,
    /// The probe for its Claude login and its version.
    pub login_probe: Option<LoginProbe>,
    /// Path of its list of models; `None` if it has none.
    pub models_path: Option<&'static str>,
    /// Path of its report of how much of the plan is used; `None` if it has none.
    pub quota_path: Option<&'static str>,
    /// The headers of our requests.
    pub headers: Headers,
    /// Its own signs in the text of an error, in lower case, separated by `|`. They are looked for before the general ones.
    pub refusals: &'static [(AnswerKind, &'static str)],
    /// Whether the Claude CLI behind it may run its own tools.
    pub own_tools: OwnTools,
    /// Whether another vendor than Anthropic may answer, depending on the proxy's own configuration.
    pub forwards: bool,
    /// Other known problems, in words, with the version in which they were seen.
    pub faults: &'static [&'static str],
}

/// A sign by which a kind is recognized.
#[derive(Debug)]
pub enum Sign {
    /// The answer of `/` is a JSON object with this member.
    Root(&'static str, &'static str),
    /// The answer of `/` contains this text.
    RootText(&'static str),
    /// The answer of `/health` is a JSON object with this member. It is requested only if the answer of `/` has no sign.
    Health(&'static str, &'static str),
}

/// The usual path of the list of models.
const MODELS: &str = "/v1/models";

/// The probes for the access key.
#[derive(Debug)]
pub struct KeyProbe {
    /// The path that is requested without the key, which must be refused.
    pub without: &'static str,
    /// The path that is requested with the key, which must be answered with 200; and a second one if the first does not exist (404).
    pub with: &'static [&'static str],
    /// Status codes of a refusal.
    pub refused: &'static [u16],
    /// Signs in the text of an error that the proxy refuses the key, in lower case, separated by `|`; empty if there are none.
    pub refusal: &'static str,
    /// A sign that an error is from a vendor behind the proxy.
    pub relayed: Option<&'static str>,
}

impl KeyProbe {
    /// The probes by the list of models.
    const USUAL: Self = Self {
        without: MODELS,
        with: &[MODELS],
        refused: &[401, 403],
        refusal: "",
        relayed: None,
    };
}

/// The probe for the login.
#[derive(Debug)]
pub struct LoginProbe {
    /// Its path.
    pub path: &'static str,
    /// The keys of the boolean in the answer that says whether there is a login.
    pub logged_in: &'static [&'static str],
    /// The value of `status` that claims a login.
    pub claimed: &'static str,
}

/// The headers of our requests, with which the proxy keeps a conversation complete.
#[derive(Debug)]
pub struct Headers {
    /// For every request.
    pub always: &'static [(&'static str, &'static str)],
    /// For a request of a conversation.
    pub conversation: &'static [(&'static str, HeaderValue)],
    /// For a request without a conversation. They are also in the provider entry, for requests that the plugin does not see.
    pub single: &'static [(&'static str, &'static str)],
    /// Whether earlier results of tools must be sent as text when a conversation is begun again.
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
    /// It runs no CLI, so there are no such tools.
    Nothing,
    /// A header of each request switches them off, and so does a variable of a proxy that is started by us.
    SwitchedOff {
        /// That variable, as `NAME=VALUE`.
        by: &'static str,
        /// The key in the answer of the login probe that says how the proxy was started.
        reported_in: &'static str,
        /// Its value if they are off even without the header. Any other value means that it is not known.
        off: &'static str,
    },
    /// They run and cannot be switched off.
    Always,
    /// It is not known.
    Unknown,
}

impl ProxyKind {
    /// Whether it is only an API and no known program. Then it cannot be recognized, and the user has to name it.
    pub fn is_generic(&self) -> bool {
        self.signs.is_empty()
    }

    /// Its usual API.
    pub fn api(&self) -> Api {
        self.apis.first().copied().unwrap_or(Api::AnthropicMessages)
    }

    /// Whether it speaks this API.
    pub fn speaks(&self, api: Api) -> bool {
        self.apis.contains(&api)
    }

    /// Whether the text of an error, in lower case, says that the proxy itself refuses our key.
    pub fn refuses_key(&self, error: &str) -> bool {
        self.key_probe.as_ref().is_some_and(|key| {
            contains_sign(error, key.refusal)
                && !key.relayed.is_some_and(|sign| error.contains(sign))
        })
    }

    /// Whether it is used without being named, if it runs already. A proxy that may forward to other vendors has to be named.
    pub fn is_used_unnamed(&self) -> bool {
        !self.forwards && !self.is_generic()
    }
}

/// Whether a text in lower case contains one of the signs, which are separated by `|`.
pub(crate) fn contains_sign(text: &str, signs: &str) -> bool {
    !signs.is_empty() && signs.split('|').any(|sign| text.contains(sign))
}

/// The kind of this name.
pub fn by_name(name: &str) -> Option<&'static ProxyKind> {
    KINDS.iter().find(|row| row.name == name)
}

/// The values of the setting `proxy`, for a message.
pub fn accepted_values() -> String {
    let names = KINDS.iter().map(|row| format!("\"{}\"", row.name));
    let names: Vec<String> = names.collect();
    format!("\"{AUTO}\" or one of {}", names.join(", "))
}

/// The kind that a command starts, if one of its words names it.
pub fn from_command(command: &[String]) -> Option<&'static ProxyKind> {
    command.iter().find_map(|word| {
        let name = program_name(word);
        // The version after the package is removed. (A scope before it was removed with the directory.)
        let name = name.split_once('@').map_or(name, |(name, _)| name);
        let known = |row: &&ProxyKind| !name.is_empty() && row.programs.contains(&name);
        KINDS.iter().find(known)
    })
}

/// A program's name without its directory.
pub(crate) fn program_name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}

/// The names of all packages and programs of proxies.
pub fn programs() -> impl Iterator<Item = &'static str> {
    KINDS.iter().flat_map(|row| row.programs.iter().copied())
}

/// The kind with a sign in the answer of `/`.
pub fn recognize_root(status: u16, body: &str) -> Option<&'static ProxyKind> {
    let json = document::parse(body).ok().map(|read| read.root);
    let has = |sign: &Sign| match sign {
        Sign::Root(key, value) => member(json.as_ref(), key) == Some(value),
        Sign::RootText(text) => status == 200 && body.contains(text),
        Sign::Health(..) => false,
    };
    KINDS.iter().find(|row| row.signs.iter().any(has))
}

/// The kind with a sign in the answer of `/health`.
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
