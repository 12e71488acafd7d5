//! The strict guard: which network requests and child processes of the host's own process would reach a model past the proxy.
//! OpenClaw's hooks do not see compaction, titles, recaps, probes and embeddings, but their HTTP requests look like all others to
//! the same API.

use super::{GuardDecision, OutgoingRequest, Program};
use crate::NOTHING_SENT;
use crate::address;
use crate::audit::Version;
use crate::settings::{GuardMode, Settings};
use crate::strings::{has_ends, has_word};

macro_rules! hosts {
    ($($versions:literal $host:literal;)*) => {
        &[$(($versions, $host)),*]
    };
}

/// Hosts that OpenClaw's plugins connect to for vendors' services. Only those of the newest version are used: the code of older
/// versions also names hosts of unrelated libraries.
const VENDOR_HOSTS: &[(u8, &str)] = include!("../../data/hosts.rs");

/// Beginning and end of the host names of vendors that have one host for each region or account.
const REGIONAL_HOSTS: &[(&str, &str)] = &[
    ("bedrock-runtime", ".amazonaws.com"),
    ("", "-aiplatform.googleapis.com"),
    ("", ".openai.azure.com"),
    ("", ".services.ai.azure.com"),
    ("", ".tts.speech.microsoft.com"),
];

/// Programs that send prompts to a model themselves, and OpenClaw's own names for them as harnesses and runtimes.
const MODEL_PROGRAMS: &str = "acpx aider amp claude codex copilot cursor-agent droid gemini goose grok llama-cli llm ollama opencode pi \
    qwen";

/// First arguments with which these programs send no prompt.
const OFFLINE_ARGUMENTS: &str = "--help --version -h -v auth login logout mcp version";

/// Methods that carry no prompt.
const METHODS_WITHOUT_PROMPT: &str = "GET HEAD OPTIONS DELETE CONNECT";

/// Ends of the paths in the APIs for text, embeddings, images and speech that OpenClaw 2026.9.6 and the vendors' libraries in it
/// use. Other vendors' media services are covered only where their paths end in the same way. Channels send chat messages to
/// `/messages`, so Anthropic's path is listed with the segment before it. Batches of embeddings are uploaded as files first.
const PATH_ENDINGS: &str = "/v1/messages /v1/messages/batches /v1/messages/count_tokens /chat/completions /completions /responses \
    /responses/compact /embeddings /rerank /moderations /images/generations /images/edits /audio/transcriptions \
    /audio/translations /audio/speech /realtime /v1/files /v1/batches /v1beta/files /v1/videos \
    /videos/generations /api/chat /api/generate /api/embed /converse /converse-stream /invoke \
    /invoke-with-response-stream";

/// Feishu, a chat channel, sends its messages to paths with this end.
const FEISHU_MESSAGES: &str = "/im/v1/messages";

/// Words after the colon in Google's paths (`/models/NAME:generateContent`).
const GOOGLE_ACTIONS: &str = "generatecontent streamgeneratecontent embedcontent batchembedcontents asyncbatchembedcontent counttokens \
    predict predictlongrunning rawpredict streamrawpredict";

/// Decides whether a request may be sent. Only a strict guard stops one, and only if it looks like a request to a model and does
/// not go to our proxy.
pub fn guard_request(settings: &Settings, request: &OutgoingRequest) -> GuardDecision {
    match settings.guard {
        GuardMode::On | GuardMode::Off => return GuardDecision::Allow,
        GuardMode::Strict => {}
    }
    if request.method == "CONNECT" && request.path.is_empty() {
        return guard_connection(settings, &request.server);
    }
    if !is_model_request(request) || is_own_proxy(settings, &request.server) {
        return GuardDecision::Allow;
    }
    GuardDecision::route(format!(
        "{NOTHING_SENT}: a request to a model at {}, outside {}, was stopped",
        address::decide(&request.server).leads_to(),
        settings.proxy_name()
    ))
}

/// Decides whether a connection may be opened for which no request was seen. What it carries cannot be inspected, so a connection
/// to a vendor's host is stopped.
fn guard_connection(settings: &Settings, server: &str) -> GuardDecision {
    let decided = address::decide(server);
    let host = decided.leads_to().rsplit("//").next().unwrap_or_default();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_vendor = VENDOR_HOSTS.iter().any(|(versions, vendor)| {
        let rest = host.strip_suffix(vendor);
        Version::newest().is_in(*versions)
            && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }) || REGIONAL_HOSTS
        .iter()
        .any(|(start, end)| has_ends(&host, start, end));
    if !is_vendor || is_own_proxy(settings, server) {
        return GuardDecision::Allow;
    }
    GuardDecision::route(format!(
        "a connection to {host} was ended before anything was sent: no request was seen for it, and it leads outside {}",
        settings.proxy_name()
    ))
}

/// Decides whether a program that the host has started may continue. Only a strict guard ends one, and only if it sends prompts
/// to a model itself.
pub fn guard_program(settings: &Settings, program: &Program) -> GuardDecision {
    let name = program.file.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.to_ascii_lowercase();
    let name = [".exe", ".cmd"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(&name);
    let first = program.first.as_deref().unwrap_or_default();
    if settings.guard != GuardMode::Strict
        || !has_word(MODEL_PROGRAMS, name)
        || has_word(OFFLINE_ARGUMENTS, first)
    {
        return GuardDecision::Allow;
    }
    GuardDecision::route(format!(
        "the program {name} was ended right after its start: it asks a model by itself, past the proxy"
    ))
}

fn is_model_request(request: &OutgoingRequest) -> bool {
    if !request.upgrade && has_word(METHODS_WITHOUT_PROMPT, &request.method) {
        return false;
    }
    let path = request.path.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/').to_ascii_lowercase();
    let action = path
        .rsplit('/')
        .next()
        .and_then(|segment| segment.split_once(':'));
    PATH_ENDINGS.split(' ').any(|ending| path.ends_with(ending)) && !path.ends_with(FEISHU_MESSAGES)
        || action.is_some_and(|(_, action)| has_word(GOOGLE_ACTIONS, action))
}

/// Whether a server is our proxy. The gate hands out one spelling of its address, so only that spelling counts.
fn is_own_proxy(settings: &Settings, server: &str) -> bool {
    use address::Address::{Elsewhere, Loopback};
    match (
        address::decide(server),
        address::decide(&settings.base_url()),
    ) {
        (Loopback { origin: a, .. }, Loopback { origin: b, .. })
        | (Elsewhere { origin: a, .. }, Elsewhere { origin: b, .. }) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::ToOwned as _;

    use super::*;

    fn with(guard: GuardMode) -> Settings {
        Settings {
            guard,
            ..Settings::default()
        }
    }

    fn strict() -> Settings {
        with(GuardMode::Strict)
    }

    fn remote(host: &str, port: u16) -> Settings {
        Settings {
            listen_address: host.to_owned(),
            port,
            remote_hosts: vec![host.to_owned()],
            ..strict()
        }
    }

    fn request(server: &str, path: &str) -> OutgoingRequest {
        OutgoingRequest {
            method: "POST".to_owned(),
            server: server.to_owned(),
            path: path.to_owned(),
            upgrade: false,
        }
    }

    fn stops(settings: &Settings, request: &OutgoingRequest) -> bool {
        guard_request(settings, request) != GuardDecision::Allow
    }

    /// The requests of a table: a server and a path a line.
    fn requests(table: &str) -> impl Iterator<Item = OutgoingRequest> {
        let rows = table.lines().map(str::trim).filter(|row| !row.is_empty());
        rows.map(|row| {
            let (server, path) = row.split_once(' ').unwrap();
            request(server, path)
        })
    }

    #[test]
    fn requests_to_models_elsewhere_are_stopped() {
        // Among them a request through a network proxy, whose path is a whole address, and other spellings of the address of our proxy.
        const STOPPED: &str = "
            https://api.anthropic.com /v1/messages
            https://api.anthropic.com /v1/messages?beta=true
            https://api.openai.com /v1/responses
            https://openrouter.ai /api/v1/chat/completions/
            https://chatgpt.com /backend-api/codex/responses
            https://generativelanguage.googleapis.com /v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse&key=K
            https://generativelanguage.googleapis.com /v1beta/models/gemini-embedding-001:batchEmbedContents
            https://europe-west1-aiplatform.googleapis.com /v1/projects/p/locations/l/publishers/anthropic/models/claude:streamRawPredict
            https://bedrock-runtime.eu-west-1.amazonaws.com /model/anthropic.claude%3A0/converse-stream
            https://r.openai.azure.com /openai/deployments/d/chat/completions?api-version=1
            http://127.0.0.1:11434 /api/chat
            http://127.0.0.1:11434 /api/embed
            https://api.voyageai.com /v1/embeddings
            https://api.openai.com /v1/files
            https://generativelanguage.googleapis.com /upload/v1beta/files?uploadType=multipart&key=K
            http://10.0.0.1:3128 http://api.openai.com/v1/chat/completions
            http://127.0.0.1:3457 /v1/messages
            http://localhost:3456 /v1/messages
            http://user:secret@127.0.0.1:3456 /v1/messages
            nonsense /v1/messages";
        for request in requests(STOPPED).chain([request("", "/V1/MESSAGES")]) {
            assert!(stops(&strict(), &request), "{request:?}");
        }
    }

    #[test]
    fn our_proxy_and_everything_that_is_no_request_to_a_model_pass() {
        const PASS: &str = "
            http://127.0.0.1:3456 /v1/messages
            http://127.0.0.1:3456 /v1/messages/count_tokens
            http://127.0.0.1:3456/ /v1/chat/completions
            https://discord.com /api/v10/channels/1/messages
            https://graph.facebook.com /v20.0/1/messages
            https://open.feishu.cn /open-apis/im/v1/messages?receive_id_type=chat_id
            https://slack.com /api/chat.postMessage
            https://slack.com /api/files.completeUploadExternal
            https://www.googleapis.com /upload/drive/v3/files
            https://api.telegram.org /bot1:secret/sendMessage
            https://api.telegram.org /bot1:predict/getUpdates
            https://smba.trafficmanager.net /emea/v3/conversations/a:1/activities
            https://matrix.example /_matrix/client/v3/rooms/!r:example/send/m.room.message/1
            https://api.tavily.com /search
            https://api.example.com /graphql";
        for request in requests(PASS) {
            assert!(!stops(&strict(), &request), "{request:?}");
        }
        let mut list = request("https://api.openai.com", "/v1/responses");
        list.method = "GET".to_owned();
        assert!(!stops(&strict(), &list));
        // A WebSocket begins with a GET and goes on with prompts.
        list.upgrade = true;
        assert!(stops(&strict(), &list));
    }

    #[test]
    fn a_connection_to_a_vendor_is_ended_where_no_request_was_seen() {
        let connection = |host: &str| OutgoingRequest {
            method: "CONNECT".to_owned(),
            server: format!("https://{host}"),
            path: String::new(),
            upgrade: false,
        };
        const VENDORS: &str = "api.openai.com API.OpenAI.com. eu.api.openai.com api.anthropic.com \
            speech.platform.bing.com bedrock-runtime.eu-west-1.amazonaws.com europe-west1-aiplatform.googleapis.com r.openai.azure.com";
        for host in VENDORS.split(' ') {
            assert!(stops(&strict(), &connection(host)), "{host}");
            assert!(!stops(&Settings::default(), &connection(host)), "{host}");
        }
        const OTHERS: &str = "127.0.0.1 localhost gateway.discord.gg notapi.openai.com.example \
            s3.eu-west-1.amazonaws.com myapi.openai.community";
        for host in OTHERS.split(' ').chain([""]) {
            assert!(!stops(&strict(), &connection(host)), "{host}");
        }
        // Our own proxy may be on a host of a vendor, if the user listed that host.
        let settings = remote("api.openai.com", 443);
        assert!(stops(&settings, &connection("api.anthropic.com")));
    }

    #[test]
    fn a_program_that_asks_a_model_is_ended() {
        let ends = |mode, file: &str, first: Option<&str>| {
            let program = Program {
                file: file.to_owned(),
                first: first.map(str::to_owned),
            };
            guard_program(&with(mode), &program) != GuardDecision::Allow
        };
        for (file, first, ended) in [
            ("claude", Some("-p"), true),
            ("/usr/local/bin/codex", None, true),
            ("C:\\x\\Gemini.CMD", Some("prompt"), true),
            ("claude", Some("auth"), false),
            ("claude", Some("--version"), false),
            ("claude-proxy", Some("supervise"), false),
            ("/bin/sh", Some("-c"), false),
            ("git", Some("status"), false),
            ("", None, false),
        ] {
            assert_eq!(
                ends(GuardMode::Strict, file, first),
                ended,
                "{file} {first:?}"
            );
            assert!(!ends(GuardMode::On, file, first));
        }
    }

    #[test]
    fn only_a_strict_guard_looks() {
        let outside = request("https://api.anthropic.com", "/v1/messages");
        for mode in [GuardMode::On, GuardMode::Off] {
            assert!(!stops(&with(mode), &outside));
        }
    }

    #[test]
    fn a_remote_proxy_that_was_accepted_is_ours() {
        let settings = remote("10.0.0.2", 3456);
        for (server, stopped) in [
            ("http://10.0.0.2:3456", false),
            ("http://127.0.0.1:3456", true),
        ] {
            assert_eq!(stops(&settings, &request(server, "/v1/messages")), stopped);
        }
    }

    #[test]
    fn no_secret_of_an_address_is_repeated() {
        let server = "http://user:secret@example.com";
        let GuardDecision::Block(text) =
            guard_request(&strict(), &request(server, "/v1/responses?key=hidden"))
        else {
            panic!("allowed");
        };
        assert!(
            !text.contains("secret") && !text.contains("hidden"),
            "{text}"
        );
        assert!(text.contains("http://example.com"), "{text}");
    }
}
