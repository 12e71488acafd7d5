//! Chat requests: passed on to the fake API, and its answer in Meridian's form.

use serde_json::json;

use super::{Behavior, Context, conversation, model_ids};
use crate::chat::{self, BadChat, Chat};
use crate::http::{Reply, Request};

/// `POST /v1/messages`.
pub(super) fn messages<B: Behavior>(request: &Request, context: &Context<B>, number: u64) -> Reply {
    let behavior = &context.behavior;
    let bad_request = |text| chat::refused(400, "invalid_request_error", text);
    let chat = match Chat::read(&request.body) {
        Ok(chat) => chat,
        Err(BadChat::NotJson(text)) => return chat::refused(500, "api_error", &text),
        Err(BadChat::NoMessages) => return bad_request("messages: Field required"),
        Err(BadChat::EmptyMessages) => {
            return bad_request("messages: Cannot be empty — at least one message is required");
        }
    };
    let body = json!({
        "model": model_ids::sent_as(&chat.model),
        "tools": chat.tools,
        "messages": conversation::messages_for_api(&behavior.passed_on(&chat.messages)),
    });
    let reply = match behavior.ask_api(&body, &chat.model, number) {
        Err(no) if !chat.stream => return no.reply(),
        // The stream has begun before the error is known.
        Err(no) => Reply::events(vec![no.event()]),
        Ok(answer) => chat::reply(&chat, &answer, number),
    };
    behavior.sent(reply.with("X-Claude-Session-ID", format!("session_fake{number:06}")))
}
