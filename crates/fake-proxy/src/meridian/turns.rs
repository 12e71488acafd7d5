//! Chat requests in both dialects: over the sessions to the API, and back in the proxy's words.

use std::sync::PoisonError;

use serde_json::{Value, json};

use super::{Answer, Context, failure, ids};
use crate::api::{self, Seen};
use crate::chat::{self, BadChat, Chat, Refusal};
use crate::http::{Reply, Request};
use crate::openai;

/// The id with which the CLI asks for a title, once a session.
const TITLE: &str = "claude-haiku-4-5-20251001";

/// `POST /v1/messages`.
pub(super) fn messages(request: &Request, context: &Context, number: u64) -> Answer {
    let chat = match Chat::read(&request.body) {
        Ok(chat) => chat,
        Err(bad) => {
            let bad_request = |text| chat::refused(400, "invalid_request_error", text);
            let reply = match bad {
                BadChat::NotJson(text) => chat::refused(500, "api_error", &text),
                BadChat::NoMessages => bad_request("messages: Field required"),
                BadChat::EmptyMessages => {
                    bad_request("messages: Cannot be empty — at least one message is required")
                }
            };
            return reply.into();
        }
    };
    let (word, outcome) = turn(request, &chat, context, number);
    let status = outcome.as_ref().map_or_else(|no| no.status, |_| 200);
    let reply = match outcome {
        Err(Refusal { kind, message, .. }) if !chat.stream => {
            let reply = chat::refused(status, kind, &message);
            return logged(reply, &chat, context, number, word, status);
        }
        // The stream has begun before the error is known.
        Err(no) => Reply::events(vec![chat::error_event(no.kind, &no.message)]),
        Ok(answer) => chat::reply(&chat, &answer, number),
    };
    let session = format!("session_fake{:06}", number);
    let reply = reply.with("X-Claude-Session-ID", session);
    logged(reply, &chat, context, number, word, status)
}

/// `POST /v1/chat/completions`.
pub(super) fn completions(request: &Request, context: &Context, number: u64) -> Answer {
    let chat = match Chat::read(&request.body) {
        Ok(chat) => chat,
        // This route does not catch the parser's error, so its framework answers.
        Err(BadChat::NotJson(_)) => {
            return Reply::new(500, "text/plain; charset=UTF-8", "Internal Server Error").into();
        }
        Err(BadChat::NoMessages | BadChat::EmptyMessages) => {
            let text = "messages: Field required";
            return chat::refused(400, "invalid_request_error", text).into();
        }
    };
    let (word, outcome) = turn(request, &chat, context, number);
    let status = outcome.as_ref().map_or_else(|no| no.status, |_| 200);
    let id = format!("chatcmpl-fake{:06}", number);
    let reply = match outcome {
        Err(_) if chat.stream => Reply::events(vec![openai::DONE.to_owned()]),
        Err(no) => {
            let inner = chat::error(no.kind, &no.message);
            chat::refused(status, "upstream_error", &inner)
        }
        Ok(answer) => openai::reply(&chat, &chat::text(&answer), &id),
    };
    logged(reply, &chat, context, number, word, status)
}

/// One turn through the session; also the log's word for how the session went on.
fn turn(
    request: &Request,
    chat: &Chat,
    context: &Context,
    number: u64,
) -> (&'static str, Result<api::Answer, Refusal>) {
    if let Some(refusal) = failure::by_switch(&context.switches) {
        return ("new", Err(refusal));
    }
    let mut sessions = context
        .sessions
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let turn = sessions.begin(request, &chat.messages, context.switches.lose_words);
    let word = turn.lineage.word();
    let model = context.switches.ids.on_the_wire(&chat.model);
    let body = json!({
        "model": model, "thinking": ids::thinking(&model), "tools": chat.tools, "messages": turn.messages,
    });
    let forced = context.switches.api_refusal.clone();
    let outcome = context.record.ask_api(number, &body, forced);
    if turn.lineage == super::sessions::Lineage::New {
        let title = Seen::read(&title(&body));
        context.record.api(number, &title, 200);
    }
    match outcome {
        Ok(answer) => {
            sessions.answered(turn, &answer);
            (word, Ok(answer))
        }
        Err(refusal) => (word, Err(failure::of(&refusal, &chat.model))),
    }
}

/// The request for a title that the CLI makes beside the first one of a session.
fn title(body: &Value) -> Value {
    let first = body["messages"].as_array().and_then(|all| all.first());
    json!({ "model": TITLE, "system": "Write a title for this conversation.", "messages": [first] })
}

fn logged(
    reply: Reply,
    chat: &Chat,
    context: &Context,
    number: u64,
    lineage: &str,
    status: u16,
) -> Answer {
    let Chat {
        model,
        stream,
        outline,
        ..
    } = chat;
    Answer {
        reply: reply
            .after(context.switches.slow_messages)
            .cut(context.switches.cut),
        log: Some(format!(
            "[PROXY] req-{:06} adapter=fake model={model} stream={stream} tools={} lineage={lineage} session=new \
             active=1/10 msgCount={} msgs={outline}",
            number,
            chat.tools.len(),
            chat.messages.len()
        )),
        count: Some((
            model.clone(),
            if *stream { "stream" } else { "non_stream" },
            status,
        )),
    }
}
