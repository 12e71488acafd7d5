//! Chat requests: to the API, and back in the proxy's words.

use serde_json::json;

use super::{Answer, Context, conversation, failure};
use crate::api;
use crate::chat::{self, BadChat, Chat, Refusal};
use crate::http::{Reply, Request};

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
    let outcome = turn(&chat, context, number);
    let status = outcome.as_ref().map_or_else(|no| no.status, |_| 200);
    let reply = match outcome {
        Err(Refusal { kind, message, .. }) if !chat.stream => {
            let reply = chat::refused(status, kind, &message);
            return logged(reply, &chat, context, number);
        }
        // The stream has begun before the error is known.
        Err(no) => Reply::events(vec![chat::error_event(no.kind, &no.message)]),
        Ok(answer) => chat::reply(&chat, &answer, number),
    };
    let session = format!("session_fake{:06}", number);
    let reply = reply.with("X-Claude-Session-ID", session);
    logged(reply, &chat, context, number)
}

/// One turn.
fn turn(chat: &Chat, context: &Context, number: u64) -> Result<api::Answer, Refusal> {
    let switches = &context.switches;
    if let Some(refusal) = failure::by_switch(switches) {
        return Err(refusal);
    }
    let body = json!({
        "model": switches.ids.on_the_wire(&chat.model),
        "tools": chat.tools,
        "messages": conversation::for_the_api(&chat.messages, switches.lose_words),
    });
    let outcome = api::answer(&body, switches.api_refusal.clone(), number);
    outcome.map_err(|refusal| failure::of(&refusal, &chat.model))
}

fn logged(reply: Reply, chat: &Chat, context: &Context, number: u64) -> Answer {
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
            "[PROXY] req-{:06} adapter=fake model={model} stream={stream} tools={} lineage=new session=new \
             active=1/10 msgCount={} msgs={outline}",
            number,
            chat.tools.len(),
            chat.messages.len()
        )),
    }
}
