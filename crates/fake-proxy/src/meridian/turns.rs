//! Chat requests in both dialects: to the API, and back in the proxy's words.

use serde_json::json;

use super::{Answer, Context, conversation, failure};
use crate::api;
use crate::chat::{self, BadChat, Chat, Refusal};
use crate::http::{Reply, Request};
use crate::openai;

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
    let (word, outcome) = turn(&chat, context, number);
    let status = outcome.as_ref().map_or_else(|no| no.status, |_| 200);
    let reply = match outcome {
        Err(Refusal { kind, message, .. }) if !chat.stream => {
            let reply = chat::refused(status, kind, &message);
            return logged(reply, &chat, context, number, word);
        }
        // The stream has begun before the error is known.
        Err(no) => Reply::events(vec![chat::error_event(no.kind, &no.message)]),
        Ok(answer) => chat::reply(&chat, &answer, number),
    };
    let session = format!("session_fake{:06}", number);
    let reply = reply.with("X-Claude-Session-ID", session);
    logged(reply, &chat, context, number, word)
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
    let (word, outcome) = turn(&chat, context, number);
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
    logged(reply, &chat, context, number, word)
}

/// One turn; also the log's word for how the conversation went on.
fn turn(
    chat: &Chat,
    context: &Context,
    number: u64,
) -> (&'static str, Result<api::Answer, Refusal>) {
    let switches = &context.switches;
    if let Some(refusal) = failure::by_switch(switches) {
        return ("new", Err(refusal));
    }
    let loses = switches.lose_words && chat.messages.len() > 1;
    let word = if loses { "continuation" } else { "new" };
    let body = json!({
        "model": switches.ids.on_the_wire(&chat.model),
        "tools": chat.tools,
        "messages": conversation::for_the_api(&chat.messages, switches.lose_words),
    });
    let outcome = api::answer(&body, switches.api_refusal.clone(), number);
    (word, outcome.map_err(|no| failure::of(&no, &chat.model)))
}

fn logged(reply: Reply, chat: &Chat, context: &Context, number: u64, lineage: &str) -> Answer {
    let Chat {
        model,
        stream,
        outline,
        ..
    } = chat;
    Answer {
        reply: reply.after(context.switches.slow_messages),
        log: Some(format!(
            "[PROXY] req-{:06} adapter=fake model={model} stream={stream} tools={} lineage={lineage} session=new \
             active=1/10 msgCount={} msgs={outline}",
            number,
            chat.tools.len(),
            chat.messages.len()
        )),
    }
}
