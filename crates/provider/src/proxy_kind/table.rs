//! The table of the kinds of proxies.

use super::{Api, HeaderValue, Headers, KeyProbe, LoginProbe, MODELS, OwnTools, ProxyKind, Sign};
use crate::wit::chat::AnswerKind;

/// All kinds. Of those with the same API, the first is the default.
pub const KINDS: &[ProxyKind] = &[
    MERIDIAN,
    MAX_API,
    CODE_ROUTER,
    LITELLM,
    CLI_PROXY_API,
    ANTHROPIC_MESSAGES,
    OPENAI_COMPLETIONS,
];

/// The CLI tries a request ten times if the vendor is overloaded, which takes three minutes without an answer. The host tries again
/// itself.
const FEWER_RETRIES: (&str, &str) = ("CLAUDE_CODE_MAX_RETRIES", "2");

/// A row with the value of each member that applies if nothing is known.
const UNSPECIFIED: ProxyKind = ProxyKind {
    name: "",
    title: "",
    programs: &[],
    command: &[],
    package: None,
    signs: &[],
    apis: &[],
    host_variables: &[],
    port_variables: &[],
    key_variable: None,
    variables: &[],
    inherit: "",
    strip: "",
    key_place: None,
    key_probe: None,
    login_probe: None,
    models_path: None,
    quota_path: None,
    headers: Headers::NONE,
    refusals: &[],
    own_tools: OwnTools::Nothing,
    forwards: false,
    faults: &[],
};

/// Meridian, the default kind.
pub const MERIDIAN: ProxyKind = ProxyKind {
    name: "meridian",
    title: "Meridian",
    programs: &["meridian", "opencode-claude-max-proxy", "claude-max-proxy"],
    command: &["bunx", "opencode-claude-max-proxy"],
    // It has no package because neither name is in the registry (docs/proxies.md).
    signs: &[
        Sign::Root("service", "meridian"),
        Sign::Root("service", "claude-max-proxy"),
    ],
    apis: &[Api::AnthropicMessages, Api::OpenaiCompletions],
    // Its versions differ in the names of these variables.
    host_variables: &["MERIDIAN_HOST", "CLAUDE_PROXY_HOST"],
    port_variables: &["MERIDIAN_PORT", "CLAUDE_PROXY_PORT"],
    key_variable: Some("MERIDIAN_API_KEY"),
    variables: &[
        // With every adapter the model gets the client's tools and none of the CLI's own.
        ("MERIDIAN_PASSTHROUGH", "1"),
        FEWER_RETRIES,
    ],
    inherit: "MERIDIAN_* CLAUDE_PROXY_*",
    strip: "MERIDIAN_PROFILES MERIDIAN_DEFAULT_PROFILE MERIDIAN_API_KEY CLAUDE_PROXY_PROFILES \
               CLAUDE_PROXY_DEFAULT_PROFILE",
    key_place: Some("MERIDIAN_API_KEY"),
    key_probe: Some(KeyProbe {
        // Older versions have no `/metrics`. All versions ask for the key for the list of models, but that asks the Claude CLI.
        with: &["/metrics", MODELS],
        refusal: "invalid or missing api key",
        ..KeyProbe::USUAL
    }),
    login_probe: Some(LoginProbe {
        path: "/health",
        logged_in: &["auth", "loggedIn"],
        claimed: "healthy",
    }),
    models_path: Some(MODELS),
    quota_path: Some("/v1/usage/quota"),
    headers: Headers {
        // The adapter for clients that run their tools themselves. With it the CLI offers the client's tools and none of its own, and
        // adds no prompt of another product (seen: a request has 46 KB instead of 73).
        always: &[("x-meridian-agent", "passthrough")],
        conversation: &[
            // The adapter identifies a conversation by this header.
            ("x-litellm-session-id", HeaderValue::Conversation),
            // Replaces the header in the provider entry.
            ("x-meridian-source", HeaderValue::Fixed("openclaw")),
        ],
        // A request whose source begins with `fork-` resumes no conversation: everything in it is sent.
        single: &[("x-meridian-source", "fork-openclaw")],
        tool_results_as_text: true,
    },
    own_tools: OwnTools::SwitchedOff {
        by: "MERIDIAN_PASSTHROUGH=1",
        reported_in: "mode",
        off: "passthrough",
    },
    faults: &[
        "1.43.0: an id with neither `opus` nor `haiku` in it is answered by Sonnet 4.6, whatever it says",
    ],
    ..UNSPECIFIED
};

const MAX_API: ProxyKind = ProxyKind {
    name: "claude-max-api-proxy",
    title: "claude-max-api-proxy",
    programs: &["claude-max-api-proxy", "claude-max-api"],
    command: &["claude-max-api", "{port}"],
    package: Some("claude-max-api-proxy@1.0.0"),
    signs: &[Sign::Health("provider", "claude-code-cli")],
    apis: &[Api::OpenaiCompletions],
    // Its first argument is the port. It listens only on this machine and reads no variables.
    variables: &[FEWER_RETRIES],
    // Its `/health` always says `ok`.
    models_path: Some(MODELS),
    own_tools: OwnTools::Always,
    faults: &[
        "1.0.0: your tools are not offered to the model, and pictures are lost",
        "1.0.0: a limit and a refused login read `internal error`",
        "1.0.0: every id but its own three is answered by the newest Opus",
    ],
    ..UNSPECIFIED
};

const CODE_ROUTER: ProxyKind = ProxyKind {
    name: "claude-code-router",
    title: "claude-code-router",
    programs: &["claude-code-router", "ccr"],
    command: &["ccr", "start"],
    package: Some("@musistudio/claude-code-router@2.0.0"),
    signs: &[Sign::Root("message", "LLMs API")],
    apis: &[Api::AnthropicMessages],
    // Its host is set only in its own file. Without a key in that file it listens only on this machine.
    port_variables: &["SERVICE_PORT"],
    key_place: Some("`APIKEY` of its config.json"),
    key_probe: Some(KeyProbe {
        // It has no list of models. This is the path that needs the key and does not show the keys of vendors.
        without: "/api/transformers",
        with: &["/api/transformers"],
        refusal: "apikey is missing|invalid api key",
        relayed: Some("error from provider("),
        ..KeyProbe::USUAL
    }),
    refusals: &[(AnswerKind::UnknownModel, "provider_not_found")],
    forwards: true,
    faults: &[
        "2.0.0: whatever model is chosen, `Router` of its config.json decides which one answers",
        "2.0.0: where its config.json names no provider it listens on every interface and asks for no key",
    ],
    ..UNSPECIFIED
};

const LITELLM: ProxyKind = ProxyKind {
    name: "litellm",
    title: "LiteLLM",
    programs: &["litellm", "litellm-proxy"],
    command: &["litellm", "--config", "/full/path/of/its/config.yaml"],
    signs: &[Sign::RootText("<title>LiteLLM")],
    apis: &[Api::AnthropicMessages, Api::OpenaiCompletions],
    host_variables: &["HOST"],
    port_variables: &["PORT"],
    key_variable: Some("LITELLM_MASTER_KEY"),
    inherit: "LITELLM_*",
    strip: "LITELLM_MASTER_KEY LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY",
    key_place: Some("LITELLM_MASTER_KEY"),
    key_probe: Some(KeyProbe {
        // Without a database it answers 400 to a wrong key, and without its database library 500 if there is no key.
        refused: &[400, 401, 403, 500],
        refusal: "no api key passed in|no connected db",
        relayed: Some("litellm."),
        ..KeyProbe::USUAL
    }),
    // Its `/health` sends a request to every model in its configuration, which costs money.
    models_path: Some(MODELS),
    refusals: &[
        (AnswerKind::UnknownModel, "invalid model name passed in"),
        (AnswerKind::Overloaded, "no deployments available for"),
    ],
    forwards: true,
    faults: &["1.108.7: after a refusal it answers nothing for this model for 5 seconds"],
    ..UNSPECIFIED
};

const CLI_PROXY_API: ProxyKind = ProxyKind {
    name: "cliproxyapi",
    title: "CLIProxyAPI",
    programs: &["cliproxyapi", "cli-proxy-api", "CLIProxyAPI"],
    command: &["cli-proxy-api", "-config", "/full/path/of/its/config.yaml"],
    signs: &[Sign::Root("message", "CLI Proxy API Server")],
    apis: &[Api::AnthropicMessages, Api::OpenaiCompletions],
    // Host, port and keys are set in its own file.
    key_place: Some("`api-keys` of its config.yaml"),
    key_probe: Some(KeyProbe::USUAL),
    models_path: Some(MODELS),
    forwards: true,
    ..UNSPECIFIED
};

/// Any program of which the user says that it speaks this API.
const ANTHROPIC_MESSAGES: ProxyKind = ProxyKind {
    name: "anthropic-messages",
    title: "a proxy of the Anthropic dialect",
    apis: &[Api::AnthropicMessages],
    variables: &[FEWER_RETRIES],
    key_place: Some("its own configuration"),
    key_probe: Some(KeyProbe {
        refused: &[400, 401, 403],
        ..KeyProbe::USUAL
    }),
    models_path: Some(MODELS),
    own_tools: OwnTools::Unknown,
    forwards: true,
    ..UNSPECIFIED
};

const OPENAI_COMPLETIONS: ProxyKind = ProxyKind {
    name: "openai-completions",
    title: "a proxy of the OpenAI dialect",
    apis: &[Api::OpenaiCompletions],
    ..ANTHROPIC_MESSAGES
};
