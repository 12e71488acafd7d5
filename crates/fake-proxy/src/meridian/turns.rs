//! Chat requests: passed on to the fake API, and its answer in Meridian's form.

use serde_json::json;

use super::{Context, conversation, failure, model_ids};
use crate::api;
use crate::chat::{self, BadChat, Chat, Refusal};
use crate::http::{Reply, Request};

/// `POST /v1/messages`.
pub(super) fn messages(request: &Request, context: &Context, number: u64) -> Reply {
    let bad_request = |text| chat::refused(400, "invalid_request_error", text);
    let chat = match Chat::read(&request.body) {
        Ok(chat) => chat,
        Err(BadChat::NotJson(text)) => return chat::refused(500, "api_error", &text),
        Err(BadChat::NoMessages) => return bad_request("messages: Field required"),
        Err(BadChat::EmptyMessages) => {
            return bad_request("messages: Cannot be empty — at least one message is required");
        }
    };
    let reply = match turn(&chat, context, number) {
        Err(no) if !chat.stream => return chat::refused(no.status, no.kind, &no.message),
        // The stream has begun before the error is known.
        Err(no) => Reply::events(vec![chat::error_event(no.kind, &no.message)]),
        Ok(answer) => chat::reply(&chat, &answer, number),
    };
    reply
        .with("X-Claude-Session-ID", format!("session_fake{number:06}"))
        .cut(context.switches.cut)
}

fn turn(chat: &Chat, context: &Context, number: u64) -> Result<api::Answer, Refusal> {
    let switches = &context.switches;
    if let Some(refusal) = failure::for_login(switches.login) {
        return Err(refusal);
    }
    let body = json!({
        "model": model_ids::sent_as(&chat.model),
        "tools": chat.tools,
        "messages": conversation::messages_for_api(&chat.messages, switches.drop_messages),
    });
    let outcome = api::answer(&body, switches.api_refusal.clone(), number);
    outcome.map_err(|refusal| failure::of(&refusal, &chat.model))
}
