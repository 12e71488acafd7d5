//! A test conversation with the model (`doctor --turn`): the requests that are sent through the proxy, and what their answers show.
//!
//! The conversation has two turns and is sent as OpenClaw would send it: with the headers, the model id and the conversation name of
//! [`crate::chat`], with a tool, and with OpenClaw's internal context. The first turn tells the model a word and lets it call a tool
//! that returns another word. The second turn asks for both words. The answers show what no health check can: whether the login is
//! accepted, which model answers, and whether messages or results of tools are lost.

mod wire;

use crate::advice;
use crate::answer::{self, AnswerKind};
use crate::doctor::{Check, Status};
use crate::health::{Observation, Probe, find};
use crate::model_id::{self, ModelId};
use crate::runtime::failure_step;
use crate::settings::{AccessKeyMode, Api, Settings};
use crate::strings::{self, shown};
use crate::{ID, chat};

pub use crate::wit::turn::{Options, Progress, TurnRequest};

/// The ids of the requests, in the order in which they are sent.
const FIRST: &str = "turn-first";
const RESULT: &str = "turn-result";
const SECOND: &str = "turn-second";
/// The name of the tool.
const TOOL: &str = "connection_check";
/// Longest time for one answer, in milliseconds. A proxy starts the Claude CLI for it, which may try several times.
const ANSWER_TIMEOUT_MS: u32 = 120_000;
/// Longest answer that is read, in bytes.
const MAX_BODY_BYTES: u32 = 1 << 20;
/// Longest part of a text from the proxy that is shown, in characters.
const MAX_SHOWN: usize = 160;

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    /// The proxy asks for another access key.
    Key,
    /// The proxy or its vendor answers with an error: what it means, and its text.
    Refused(answer::Failure, String),
    /// There is no complete answer, for this reason.
    Broken(String),
}

/// The question before the test, with its cost.
pub fn cost(model: &str) -> String {
    format!(
        "Send two short messages to {} through the proxy? They count against your Claude plan: three small requests, about \
         3,000 tokens with what the Claude CLI adds (more where the proxy adds a prompt of its own).",
        strings::escape_invisible(model)
    )
}

/// Returns the next request, or the checks. The first call is without observations.
pub fn next(settings: &Settings, options: &Options, seen: &[Observation]) -> Progress {
    let turn = TurnCheck::new(settings, options);
    let (first, result) = match turn.reply(seen, FIRST) {
        None => return Progress::Send(turn.request(FIRST, None, None)),
        Some(Err(fault)) => return Progress::Judged(turn.not_answered(&fault)),
        Some(Ok(first)) if first.tool.is_none() => (first, None),
        Some(Ok(first)) => match turn.reply(seen, RESULT) {
            None => return Progress::Send(turn.request(RESULT, Some(&first), None)),
            Some(result) => (first, Some(result)),
        },
    };
    let after = match &result {
        Some(Err(fault)) => return Progress::Judged(turn.interrupted(&first, fault, false)),
        Some(Ok(reply)) => Some(reply),
        None => None,
    };
    match turn.reply(seen, SECOND) {
        None => Progress::Send(turn.request(SECOND, Some(&first), after)),
        Some(Err(fault)) => {
            let result_came = after.is_some_and(|reply| turn.has_result(&reply.text));
            Progress::Judged(turn.interrupted(&first, &fault, result_came))
        }
        Some(Ok(second)) => Progress::Judged(turn.completed(&first, after, &second)),
    }
}

/// A test conversation.
struct TurnCheck<'a> {
    settings: &'a Settings,
    options: &'a Options,
    plan: chat::RequestPlan,
    listed: bool,
    /// The word in the first message, and the word in the result of the tool.
    words: (String, String),
}

impl<'a> TurnCheck<'a> {
    fn new(settings: &'a Settings, options: &'a Options) -> Self {
        let request = chat::ChatRequest {
            model: options.model.clone(),
            conversation: Some(format!("doctor-{:016x}", options.seed)),
            resumed: false,
        };
        Self {
            settings,
            options,
            plan: chat::plan(settings, &options.listed, &request),
            listed: model_id::wire(&options.model, &options.listed).listed,
            words: (
                word(options.seed),
                word(options.seed.rotate_left(29) ^ 0x5bd1),
            ),
        }
    }

    /// The request with this id and the conversation so far.
    fn request(
        &self,
        id: &str,
        first: Option<&wire::Reply>,
        result: Option<&wire::Reply>,
    ) -> TurnRequest {
        let (one, other) = &self.words;
        let mut conversation = wire::Conversation::new(self.settings.api);
        conversation.user(&format!(
            "This is a check of the connection; there is no other task. Remember the word {one}. Call the tool {TOOL} \
             once. When its result is there, answer with the word in it and nothing else."
        ));
        if let Some(first) = first {
            conversation.assistant(first);
            if let Some(call) = &first.tool {
                conversation.tool_result(call, &format!("The word is {other}."));
            }
        }
        if let Some(result) = result {
            conversation.assistant(result);
        }
        if id == SECOND {
            conversation.user(
                "Which word did I ask you to remember, and which word did the tool give? Answer with these two words and \
                 nothing else.",
            );
        }
        let probe = Probe {
            id: id.to_owned(),
            path: conversation.path().to_owned(),
            headers: conversation.headers(&self.plan.headers),
            with_key: true,
            timeout_ms: ANSWER_TIMEOUT_MS,
            max_body: MAX_BODY_BYTES,
        };
        let body = conversation.body(&self.plan.model, TOOL);
        TurnRequest { probe, body }
    }

    /// The reply to a request, or why it failed; `None` if it was not sent yet.
    fn reply(&self, seen: &[Observation], id: &str) -> Option<Result<wire::Reply, Fault>> {
        let outcome = find(seen, id)?;
        let response = match outcome.response() {
            Ok(response) => response,
            Err(why) => return Some(Err(Fault::Broken(shown(why, MAX_SHOWN)))),
        };
        let reply = wire::read(response);
        Some(match reply.error {
            Some(error) => {
                let failure = answer::read(
                    self.settings,
                    &self.options.model,
                    &self.options.listed,
                    &error,
                    self.options.now_ms,
                );
                match (response.status, failure.kind) {
                    (_, AnswerKind::RefusedKey)
                    | (401 | 403, AnswerKind::BrokenOff | AnswerKind::Other) => Err(Fault::Key),
                    _ => Err(Fault::Refused(failure, shown(&error, MAX_SHOWN))),
                }
            }
            None if !reply.ended => Err(Fault::Broken("the answer ended in the middle".to_owned())),
            None => Ok(reply),
        })
    }

    fn has_result(&self, text: &str) -> bool {
        text.to_ascii_lowercase().contains(&self.words.1)
    }

    /// The checks if the first request failed.
    fn not_answered(&self, fault: &Fault) -> Vec<Check> {
        let mut checklist = Checklist::default();
        self.record_fault(fault, &mut checklist);
        checklist.checks()
    }

    /// Records what a failure means for key, login, answer and model.
    fn record_fault(&self, fault: &Fault, checklist: &mut Checklist) {
        let (failure, words) = match fault {
            Fault::Key => {
                let fix = advice::key_step(self.settings)
                    .unwrap_or_else(|| "openclaw claude-proxy restart".to_owned());
                return checklist.fail(KEY, "the proxy refuses the access key", &fix);
            }
            Fault::Broken(why) => return checklist.fail(ANSWER, why, LOGS),
            Fault::Refused(failure, words) => (failure, words),
        };
        let line = match &failure.line {
            Some(line) => line
                .trim_start_matches(ID)
                .trim_start_matches(": ")
                .to_owned(),
            None => format!("the proxy answers: {words}"),
        };
        checklist.pass(KEY, "accepted");
        let (check, login_holds) = match failure.kind {
            AnswerKind::RefusedLogin => (LOGIN, false),
            AnswerKind::UnknownModel => (MODEL, true),
            AnswerKind::Limit | AnswerKind::ExtraUsage => (ANSWER, true),
            _ => (ANSWER, false),
        };
        let fix = failure_step(self.settings, failure.kind);
        if login_holds {
            checklist.pass(LOGIN, "accepted");
        }
        checklist.fail(check, &line, fix.as_deref().unwrap_or(LOGS));
    }

    /// The checks if a later request failed.
    fn interrupted(&self, first: &wire::Reply, fault: &Fault, result_came: bool) -> Vec<Check> {
        let mut later = Checklist::default();
        self.record_fault(fault, &mut later);
        let mut checklist = self.after_first(first);
        let failed = later.0.iter().find(|line| line.status == Status::Fail);
        if let Some((failed, fix)) = failed.and_then(|one| Some((one, one.fix.as_ref()?))) {
            let detail = format!(
                "the first request was answered, a later one was not: {}",
                failed.detail
            );
            checklist.fail(ANSWER, &detail, fix);
        }
        if result_came {
            checklist.pass(TOOLS, RESULT_CAME);
        }
        checklist.checks()
    }

    /// The checks of key, login, answer and model after the first answer.
    fn after_first(&self, first: &wire::Reply) -> Checklist {
        let mut checklist = Checklist::default();
        let keyless = self.settings.access_key == AccessKeyMode::Off;
        checklist.pass(KEY, if keyless { "turned off" } else { "accepted" });
        checklist.pass(LOGIN, "proven by an answer");
        checklist.pass(ANSWER, "whole, in every request");
        self.check_model(first, &mut checklist);
        checklist
    }

    fn completed(
        &self,
        first: &wire::Reply,
        result: Option<&wire::Reply>,
        second: &wire::Reply,
    ) -> Vec<Check> {
        let mut checklist = self.after_first(first);
        let text = second.text.to_ascii_lowercase();
        let came =
            result.is_some_and(|reply| self.has_result(&reply.text)) || self.has_result(&text);
        match (result, came) {
            (Some(_), true) => checklist.pass(TOOLS, RESULT_CAME),
            (Some(_), false) => checklist.fail(
                TOOLS,
                "the tool was called, and its result did not reach the model",
                ANOTHER_PROXY,
            ),
            (None, _) => checklist.fail(
                TOOLS,
                "the model did not call the tool that was offered: the proxy may not pass OpenClaw's tools on",
                match self.settings.api {
                    Api::AnthropicMessages => ANOTHER_PROXY,
                    Api::OpenaiCompletions => {
                        "Take a proxy of the Messages API if agents are to use tools."
                    }
                },
            ),
        }
        if text.contains(&self.words.0) {
            checklist.pass(
                CONTINUITY,
                "the second message found the first one remembered",
            );
        } else {
            let detail = format!(
                "words get lost: the second message was answered without what the first one said (\"{}\")",
                shown(&second.text, MAX_SHOWN)
            );
            checklist.fail(CONTINUITY, &detail, ANOTHER_PROXY);
        }
        checklist.checks()
    }

    /// Checks which model answered.
    fn check_model(&self, first: &wire::Reply, checklist: &mut Checklist) {
        let asked = &self.plan.model;
        let Some(answered) = first.model.as_deref().filter(|model| !model.is_empty()) else {
            return checklist.set(MODEL, Status::Unknown, "the answer names no model", None);
        };
        let same = ModelId::parse(asked).base == ModelId::parse(answered).base
            || model_id::wire(answered, &[]).id == *asked;
        let answered = shown(answered, MAX_SHOWN);
        if !same {
            let detail = format!("{} was asked, {answered} answered", shown(asked, MAX_SHOWN));
            checklist.fail(MODEL, &detail, CHOOSE);
        } else if !self.listed && !self.options.listed.is_empty() {
            let detail = format!(
                "{answered} answered, but the proxy does not list it: another model may be behind the name"
            );
            checklist.set(MODEL, Status::Warn, &detail, Some(CHOOSE));
        } else {
            checklist.pass(MODEL, &format!("{answered} answered"));
        }
    }
}

/// The ids and titles of the checks. The constants below are positions in this list.
const CHECKS: [(&str, &str); 6] = [
    ("turn-key", "Turn: access key"),
    ("turn-login", "Turn: Claude login"),
    ("turn-answer", "Turn: answer"),
    ("turn-model", "Turn: model"),
    ("turn-tool", "Turn: tool and result"),
    ("turn-continuity", "Turn: conversation"),
];
const KEY: usize = 0;
const LOGIN: usize = 1;
const ANSWER: usize = 2;
const MODEL: usize = 3;
const TOOLS: usize = 4;
const CONTINUITY: usize = 5;

const RESULT_CAME: &str = "called, and its result came back";
const CHOOSE: &str = "claude-proxy models";
const LOGS: &str = "claude-proxy logs";
const ANOTHER_PROXY: &str = "Update the proxy, and look at `claude-proxy logs`; do not rely on its chats until this passes.";

/// The results so far, one for each of [`CHECKS`].
struct Checklist([Check; 6]);

impl Default for Checklist {
    fn default() -> Self {
        Self(CHECKS.map(|(id, title)| Check {
            id: id.to_owned(),
            status: Status::Unknown,
            title: title.to_owned(),
            detail: "not reached".to_owned(),
            fix: None,
        }))
    }
}

impl Checklist {
    fn set(&mut self, check: usize, status: Status, detail: &str, fix: Option<&str>) {
        if let Some(line) = self.0.get_mut(check) {
            line.status = status;
            line.detail = detail.to_owned();
            line.fix = fix.map(str::to_owned);
        }
    }

    fn pass(&mut self, check: usize, detail: &str) {
        self.set(check, Status::Pass, detail, None);
    }

    fn fail(&mut self, check: usize, detail: &str, fix: &str) {
        self.set(check, Status::Fail, detail, Some(fix));
    }

    fn checks(self) -> Vec<Check> {
        self.0.into()
    }
}

/// A word that is in no cache and that a model can repeat exactly.
fn word(seed: u64) -> String {
    const CONSONANTS: &[u8; 16] = b"bdfgklmnprstvzhj";
    const VOWELS: &[u8; 4] = b"aeio";
    // Mixes the bits, so that similar seeds give different words.
    let mut bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits ^= bits >> 29;
    let mut text = String::new();
    for _ in 0..5 {
        let at = |n: u64, all: &[u8]| {
            all.get(usize::try_from(n).unwrap_or(0) % all.len())
                .copied()
                .unwrap_or(b'a')
        };
        text.push(char::from(at(bits & 15, CONSONANTS)));
        text.push(char::from(at((bits >> 4) & 3, VOWELS)));
        bits >>= 6;
    }
    text
}

#[cfg(test)]
mod tests;
