//! The rows.

use super::{Api, HeaderValue, Headers, KeyProbe, LoginProbe, MODELS, OwnTools, ProxyKind, Sign};
use crate::answer_kind::AnswerKind;

/// Every kind. Where a dialect has several, the first is the default.
pub const KINDS: &[ProxyKind] = &[
    MERIDIAN,
    MAX_API,
    CODE_ROUTER,
    LITELLM,
    CLI_PROXY_API,
    ANTHROPIC_MESSAGES,
    OPENAI_COMPLETIONS,
];

/// Ten tries of the CLI's own make three minutes of silence out of a vendor that has no room; the host tries again too.
const FEWER_RETRIES: (&str, &str) = ("CLAUDE_CODE_MAX_RETRIES", "2");

/// A row of which nothing is known.
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

/// Meridian, the default.
pub const MERIDIAN: ProxyKind = ProxyKind {
    name: "meridian",
    title: "Meridian",
    programs: &["meridian", "opencode-claude-max-proxy", "claude-max-proxy"],
    command: &["bunx", "opencode-claude-max-proxy"],
    // No package: neither name is in the registry (docs/proxies.md).
    signs: &[
        Sign::Root("service", "meridian"),
        Sign::Root("service", "claude-max-proxy"),
    ],
    apis: &[Api::AnthropicMessages, Api::OpenaiCompletions],
    // Both spellings that its versions know.
    host_variables: &["MERIDIAN_HOST", "CLAUDE_PROXY_HOST"],
    port_variables: &["MERIDIAN_PORT", "CLAUDE_PROXY_PORT"],
    key_variable: Some("MERIDIAN_API_KEY"),
    variables: &[
        // The client's tools and none of the CLI's own, whichever adapter it takes.
        ("MERIDIAN_PASSTHROUGH", "1"),
        FEWER_RETRIES,
    ],
    inherit: "MERIDIAN_* CLAUDE_PROXY_*",
    strip: "MERIDIAN_PROFILES MERIDIAN_DEFAULT_PROFILE MERIDIAN_API_KEY CLAUDE_PROXY_PROFILES \
               CLAUDE_PROXY_DEFAULT_PROFILE",
    key_place: Some("MERIDIAN_API_KEY"),
    key_probe: Some(KeyProbe {
        // Older versions have no `/metrics`; the model list is keyed in all of them, but asks the Claude CLI.
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
        // Its adapter for clients that run their tools themselves: with it the CLI offers the client's tools and none of
        // its own, and adds no prompt of another product (seen: 46 KB a request where its default sends 73).
        always: &[("x-meridian-agent", "passthrough")],
        conversation: &[
            // By this the adapter knows a conversation.
            ("x-litellm-session-id", HeaderValue::Conversation),
            // In place of the entry's.
            ("x-meridian-source", HeaderValue::Fixed("openclaw")),
        ],
        // Requests whose source begins with `fork-` stand alone: nothing is resumed, everything is sent.
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
    // Its first argument is the port; it listens on this machine only and reads no variables.
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
    // Its host stands in its own file only, and is this machine where the file names no key.
    port_variables: &["SERVICE_PORT"],
    key_place: Some("`APIKEY` of its config.json"),
    key_probe: Some(KeyProbe {
        // It has no list of models. Of what it answers to the key only, this holds no key of a vendor.
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
        // Without a database a wrong key is 400, and without its database library no key at all is 500.
        refused: &[400, 401, 403, 500],
        refusal: "no api key passed in|no connected db",
        relayed: Some("litellm."),
        ..KeyProbe::USUAL
    }),
    // Its `/health` asks every model of its configuration a question: that costs.
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
    // Host, port and keys stand in its own file.
    key_place: Some("`api-keys` of its config.yaml"),
    key_probe: Some(KeyProbe::USUAL),
    models_path: Some(MODELS),
    forwards: true,
    ..UNSPECIFIED
};

/// Any program that speaks the dialect, on the user's word.
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
