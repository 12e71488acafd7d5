//! How our requests are sent: the model id that the vendor knows, and the headers with which the proxy keeps a conversation complete.
//!
//! A proxy over the Claude CLI resumes a conversation and sends only the new messages. It finds them by comparing messages, and if an
//! older message has changed, it may send only the last one (`docs/proxies.md`, "What a conversation meets"). So a conversation has one
//! name as long as messages are only added, and the host gives it a new name otherwise: then everything is sent again. The headers for
//! this depend on the kind of proxy ([`crate::proxy_kind`]).

use crate::model_id::{self, ListedModel};
use crate::proxy_kind::{self, HeaderValue, Headers};
use crate::settings::Settings;

pub use crate::wit::chat::{ChatRequest, RequestPlan, Thinking};

/// The headers in the provider entry, for requests that the plugin does not see. They are those of requests without a conversation, so
/// that nothing is lost.
pub fn entry_headers(settings: &Settings) -> Vec<(&'static str, &'static str)> {
    let headers = headers(settings);
    [headers.always, headers.single].concat()
}

/// Whether the login writes a header of this name into the provider entry, for any kind.
pub fn is_entry_header(name: &str) -> bool {
    let kinds = proxy_kind::KINDS.iter().map(|kind| &kind.headers);
    kinds
        .flat_map(|headers| headers.always.iter().chain(headers.single))
        .any(|(ours, _)| name.eq_ignore_ascii_case(ours))
}

/// The headers for the API and the kind of the settings. A kind needs headers only for its usual API.
fn headers(settings: &Settings) -> &'static Headers {
    let kind = settings.kind();
    if settings.api == kind.api() {
        &kind.headers
    } else {
        &Headers::NONE
    }
}

/// How one of our requests is sent. `listed` is the proxy's list of models; empty if it is not known.
pub fn plan(settings: &Settings, listed: &[ListedModel], request: &ChatRequest) -> RequestPlan {
    let wire = model_id::wire(&request.model, listed);
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let of_kind = headers(settings);
    let mut headers: Vec<_> = of_kind.always.iter().map(|(n, v)| set(n, v)).collect();
    match &request.conversation {
        Some(name) => headers.extend(of_kind.conversation.iter().map(|(header, content)| {
            set(
                header,
                match content {
                    HeaderValue::Fixed(text) => text,
                    HeaderValue::Conversation => name,
                },
            )
        })),
        None => headers.extend(of_kind.single.iter().map(|(n, v)| set(n, v))),
    }
    RequestPlan {
        thinking: wire.thinking.then(|| thinking(&wire.id)),
        model: wire.id,
        tool_results_as_text: of_kind.tool_results_as_text && request.resumed,
        headers,
    }
}

/// How a model thinks.
fn thinking(id: &str) -> Thinking {
    match model_id::ModelId::parse(id).version() {
        Some((major, minor)) if (major, minor.unwrap_or(0)) < (4, 6) => Thinking::Budget(16_000),
        _ => Thinking::Adaptive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;

    fn send(settings: &str, model: &str, conversation: Option<&str>) -> RequestPlan {
        let request = ChatRequest {
            model: model.to_owned(),
            conversation: conversation.map(str::to_owned),
            resumed: false,
        };
        plan(&settings::parse(settings).unwrap(), &[], &request)
    }

    #[test]
    fn a_request_carries_what_its_kind_needs_in_its_usual_dialect() {
        let of_meridian =
            "x-meridian-agent=passthrough x-litellm-session-id=s-1 x-meridian-source=openclaw";
        // What the provider entry holds for requests that are not seen must not hold for a conversation.
        let single = "x-meridian-agent=passthrough x-meridian-source=fork-openclaw";
        let other = r#"{"api":"openai-completions"}"#;
        let mut rows = vec![
            ("{}".to_owned(), Some("s-1"), of_meridian),
            ("{}".to_owned(), None, single),
            (other.to_owned(), Some("s-1"), ""),
        ];
        let others = proxy_kind::KINDS
            .iter()
            .filter(|kind| kind.name != "meridian");
        rows.extend(
            others.map(|kind| (format!(r#"{{"proxy":"{}"}}"#, kind.name), Some("s-1"), "")),
        );
        for (settings, conversation, expected) in rows {
            let plan = send(&settings, "claude-opus-4.6", conversation);
            assert_eq!(
                (plan.model.as_str(), plan.thinking),
                ("claude-opus-4-6", None)
            );
            let headers = plan.headers.iter();
            let headers: Vec<_> = headers
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            assert_eq!(headers.join(" "), expected, "{settings}");
        }
        let entry = entry_headers(&Settings::default());
        let entry: Vec<_> = entry
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(entry.join(" "), single);
        assert!(is_entry_header("X-Meridian-Source") && !is_entry_header("x-mine"));
    }

    #[test]
    fn a_thinking_variant_thinks() {
        for (model, expected) in [
            ("claude-opus-4-6-thinking", Some(Thinking::Adaptive)),
            ("claude-sonnet-4.5-thinking", Some(Thinking::Budget(16_000))),
            ("claude-opus-5-thinking", Some(Thinking::Adaptive)),
            ("claude-opus-4-6", None),
        ] {
            let plan = send("{}", model, None);
            assert_eq!(plan.thinking, expected, "{model}");
        }
    }
}
