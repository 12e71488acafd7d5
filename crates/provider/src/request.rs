//! The strict guard: which network requests of the host's own process are to a model elsewhere. Hooks of OpenClaw do not see
//! compaction, titles, recaps, probes and embeddings; their requests look like any other to the same API.

use serde::{Deserialize, Serialize};

use crate::runtime::GuardDecision;
use crate::settings::{GuardMode, Settings};
use crate::{ID, address};

/// A request that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// HTTP method, in capitals.
    pub method: String,
    /// Scheme, host and port.
    pub server: String,
    /// Path and query. Never repeated: they may hold a key.
    pub path: String,
    /// Whether it opens a WebSocket, through which a prompt may follow.
    pub upgrade: bool,
}

/// Methods that carry no prompt.
const WITHOUT_A_PROMPT: &[&str] = &["GET", "HEAD", "OPTIONS", "DELETE", "CONNECT"];

/// How paths end in the APIs of models for text, embeddings, images and speech that OpenClaw 2026.9.6 and the libraries of the vendors
/// in it speak; of other vendors' media services only those of this form. `/messages` alone is how channels send
/// messages, so Anthropic's needs the segment before. Batches of embeddings are uploaded as files first.
const ENDINGS: &[&str] = &[
    "/v1/messages",
    "/v1/messages/batches",
    "/v1/messages/count_tokens",
    "/chat/completions",
    "/completions",
    "/responses",
    "/responses/compact",
    "/embeddings",
    "/rerank",
    "/moderations",
    "/images/generations",
    "/images/edits",
    "/audio/transcriptions",
    "/audio/translations",
    "/audio/speech",
    "/realtime",
    "/v1/files",
    "/v1/batches",
    "/v1beta/files",
    "/v1/videos",
    "/videos/generations",
    "/api/chat",
    "/api/generate",
    "/api/embed",
    "/converse",
    "/converse-stream",
    "/invoke",
    "/invoke-with-response-stream",
];

/// Feishu sends its messages to a path of this end.
const NO_MODELS: &[&str] = &["/im/v1/messages"];

/// What follows the colon in Google's paths (`/models/NAME:generateContent`).
const ACTIONS: &[&str] = &[
    "generatecontent",
    "streamgeneratecontent",
    "embedcontent",
    "batchembedcontents",
    "asyncbatchembedcontent",
    "counttokens",
    "predict",
    "predictlongrunning",
    "rawpredict",
    "streamrawpredict",
];

/// May this request be sent? Only a strict guard stops one, and only one that has the form of a request to a model and
/// does not go to our proxy.
pub fn guard(settings: &Settings, request: &Request) -> GuardDecision {
    match settings.guard {
        GuardMode::On | GuardMode::Off => return GuardDecision::Allow,
        GuardMode::Strict => {}
    }
    if !asks_a_model(request) || is_ours(settings, &request.server) {
        return GuardDecision::Allow;
    }
    GuardDecision::Block(format!(
        "{ID}: nothing was sent: a request to a model at {}, outside {}, was stopped. \
         Find the route with `openclaw claude-proxy audit` and close it with `openclaw claude-proxy audit --fix`.",
        address::decide(&request.server).leads_to(),
        settings.called()
    ))
}

fn asks_a_model(request: &Request) -> bool {
    if !request.upgrade && WITHOUT_A_PROMPT.contains(&request.method.as_str()) {
        return false;
    }
    let path = request.path.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/').to_ascii_lowercase();
    let action = path
        .rsplit('/')
        .next()
        .and_then(|segment| segment.split_once(':'));
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    ends(ENDINGS) && !ends(NO_MODELS) || action.is_some_and(|(_, action)| ACTIONS.contains(&action))
}

/// The gate hands out exactly this address, so no other spelling of it is ours.
fn is_ours(settings: &Settings, server: &str) -> bool {
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

    fn strict() -> Settings {
        Settings {
            guard: GuardMode::Strict,
            ..Settings::default()
        }
    }

    fn request(server: &str, path: &str) -> Request {
        Request {
            method: "POST".to_owned(),
            server: server.to_owned(),
            path: path.to_owned(),
            upgrade: false,
        }
    }

    fn stops(settings: &Settings, request: &Request) -> bool {
        guard(settings, request) != GuardDecision::Allow
    }

    #[test]
    fn requests_to_models_elsewhere_are_stopped() {
        for (server, path) in [
            ("https://api.anthropic.com", "/v1/messages"),
            ("https://api.anthropic.com", "/v1/messages?beta=true"),
            ("https://api.openai.com", "/v1/responses"),
            ("https://openrouter.ai", "/api/v1/chat/completions/"),
            ("https://chatgpt.com", "/backend-api/codex/responses"),
            (
                "https://generativelanguage.googleapis.com",
                "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse&key=K",
            ),
            (
                "https://generativelanguage.googleapis.com",
                "/v1beta/models/gemini-embedding-001:batchEmbedContents",
            ),
            (
                "https://europe-west1-aiplatform.googleapis.com",
                "/v1/projects/p/locations/l/publishers/anthropic/models/claude:streamRawPredict",
            ),
            (
                "https://bedrock-runtime.eu-west-1.amazonaws.com",
                "/model/anthropic.claude%3A0/converse-stream",
            ),
            (
                "https://r.openai.azure.com",
                "/openai/deployments/d/chat/completions?api-version=1",
            ),
            ("http://127.0.0.1:11434", "/api/chat"),
            ("http://127.0.0.1:11434", "/api/embed"),
            ("https://api.voyageai.com", "/v1/embeddings"),
            ("https://api.openai.com", "/v1/files"),
            (
                "https://generativelanguage.googleapis.com",
                "/upload/v1beta/files?uploadType=multipart&key=K",
            ),
            // Through another proxy the path is a whole address.
            (
                "http://10.0.0.1:3128",
                "http://api.openai.com/v1/chat/completions",
            ),
            // Not the address that the gate hands out.
            ("http://127.0.0.1:3457", "/v1/messages"),
            ("http://localhost:3456", "/v1/messages"),
            ("http://user:secret@127.0.0.1:3456", "/v1/messages"),
            ("nonsense", "/v1/messages"),
            ("", "/V1/MESSAGES"),
        ] {
            assert!(stops(&strict(), &request(server, path)), "{server}{path}");
        }
    }

    #[test]
    fn our_proxy_and_everything_that_is_no_request_to_a_model_pass() {
        for (server, path) in [
            ("http://127.0.0.1:3456", "/v1/messages"),
            ("http://127.0.0.1:3456", "/v1/messages/count_tokens"),
            ("http://127.0.0.1:3456/", "/v1/chat/completions"),
            ("https://discord.com", "/api/v10/channels/1/messages"),
            ("https://graph.facebook.com", "/v20.0/1/messages"),
            (
                "https://open.feishu.cn",
                "/open-apis/im/v1/messages?receive_id_type=chat_id",
            ),
            ("https://slack.com", "/api/chat.postMessage"),
            ("https://slack.com", "/api/files.completeUploadExternal"),
            ("https://www.googleapis.com", "/upload/drive/v3/files"),
            ("https://api.telegram.org", "/bot1:secret/sendMessage"),
            ("https://api.telegram.org", "/bot1:predict/getUpdates"),
            (
                "https://smba.trafficmanager.net",
                "/emea/v3/conversations/a:1/activities",
            ),
            (
                "https://matrix.example",
                "/_matrix/client/v3/rooms/!r:example/send/m.room.message/1",
            ),
            ("https://api.tavily.com", "/search"),
            ("https://api.example.com", "/graphql"),
        ] {
            assert!(!stops(&strict(), &request(server, path)), "{server}{path}");
        }
        let mut list = request("https://api.openai.com", "/v1/responses");
        list.method = "GET".to_owned();
        assert!(!stops(&strict(), &list));
        // A WebSocket begins with a GET and goes on with prompts.
        list.upgrade = true;
        assert!(stops(&strict(), &list));
    }

    #[test]
    fn only_a_strict_guard_looks() {
        let outside = request("https://api.anthropic.com", "/v1/messages");
        for mode in [GuardMode::On, GuardMode::Off] {
            let settings = Settings {
                guard: mode,
                ..Settings::default()
            };
            assert!(!stops(&settings, &outside));
        }
    }

    #[test]
    fn a_remote_proxy_that_was_accepted_is_ours() {
        let settings = Settings {
            host: "10.0.0.2".to_owned(),
            remote_hosts: vec!["10.0.0.2".to_owned()],
            ..strict()
        };
        assert!(!stops(
            &settings,
            &request("http://10.0.0.2:3456", "/v1/messages")
        ));
        assert!(stops(
            &settings,
            &request("http://127.0.0.1:3456", "/v1/messages")
        ));
    }

    #[test]
    fn no_secret_of_an_address_is_repeated() {
        let server = "http://user:secret@example.com";
        let GuardDecision::Block(text) =
            guard(&strict(), &request(server, "/v1/responses?key=hidden"))
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
