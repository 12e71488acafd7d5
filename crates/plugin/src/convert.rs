//! Between the types of the WIT bindings and those of `claude-proxy-provider`. Both sides have the same fields in the
//! same order of names, so a record or an enum is one line here; a variant spells its cases out.

use claude_proxy_provider as p;

use crate::bindings::exports::claude_proxy::plugin as w;

/// Turns a value of one side into the same value of the other.
pub(crate) trait Convert<T> {
    /// The same value on the other side.
    fn convert(self) -> T;
}

impl<A: Convert<B>, B> Convert<Vec<B>> for Vec<A> {
    fn convert(self) -> Vec<B> {
        self.into_iter().map(Convert::convert).collect()
    }
}

impl<A: Convert<B>, B> Convert<Option<B>> for Option<A> {
    fn convert(self) -> Option<B> {
        self.map(Convert::convert)
    }
}

impl<A: Convert<B>, B, C: Convert<D>, D> Convert<Result<B, D>> for Result<A, C> {
    fn convert(self) -> Result<B, D> {
        match self {
            Ok(value) => Ok(value.convert()),
            Err(error) => Err(error.convert()),
        }
    }
}

macro_rules! same {
    ($($t:ty),*) => { $(impl Convert<$t> for $t { fn convert(self) -> $t { self } })* };
}
same!(String, bool, u16, u32, u64, i32, (String, String));

macro_rules! record {
    ($from:ty => $to:path { $($field:ident),* $(,)? }) => {
        impl Convert<$to> for $from {
            fn convert(self) -> $to {
                let Self { $($field),* } = self;
                $to { $($field: $field.convert()),* }
            }
        }
    };
}

macro_rules! cases {
    ($from:ty => $to:ty { $($case:ident),* $(,)? }) => {
        impl Convert<$to> for $from {
            fn convert(self) -> $to {
                match self { $(Self::$case => <$to>::$case),* }
            }
        }
    };
}

macro_rules! both {
    ($macro:ident, $a:ty, $b:ty, $($body:tt)*) => { $macro!($a => $b $($body)*); $macro!($b => $a $($body)*); };
}

record!(p::Problem => w::types::Problem { code, path, found, accepted, next });
impl Convert<w::types::Error> for p::Error {
    fn convert(self) -> w::types::Error {
        match self {
            Self::InvalidSettings(all) => w::types::Error::InvalidSettings(all.convert()),
            Self::Unreadable(one) => w::types::Error::Unreadable(one.convert()),
            Self::Refused(one) => w::types::Error::Refused(one.convert()),
            Self::UnexpectedAnswer(one) => w::types::Error::UnexpectedAnswer(one.convert()),
            Self::Other(one) => w::types::Error::Other(one.convert()),
        }
    }
}

both!(cases, p::settings::AccessKeyMode, w::types::AccessKeyMode, { Generated, Off });
both!(cases, p::settings::Api, w::types::Api, { AnthropicMessages, OpenaiCompletions });
both!(cases, p::settings::GuardMode, w::types::GuardMode, { On, Off, Strict });
both!(cases, p::health::Login, w::types::Login, { Claimed, None, Unknown });
both!(record, p::settings::Settings, w::types::Settings, {
    auto_start, auto_restart, restart_delay_ms, host, port, proxy, api, command, models, access_key, key_file, guard,
    start_timeout_ms, stop_grace_ms, remote_hosts, pass_environment, allowed_fallbacks,
});
both!(record, p::listing::ListedModel, w::types::ListedModel, { id, context_window, max_tokens, images });
record!(p::catalog::Model => w::types::Model {
    id, name, known, canonical, context_window, max_tokens, reasoning, input, successor,
});
record!(p::command::Descriptor => w::provider::Descriptor {
    id, label, version, aliases, model_alias, placeholder_key, license, source, materials, defaults,
});
record!(p::launch::LaunchPlan => w::provider::LaunchPlan {
    command, host, port, base_url, endpoint, local, environment, inherit, stripped_variables, key_variable, proxy, key_file, pinned,
    auto_start, auto_restart, restart_delay_ms, restart_max_ms, stable_after_ms, start_limit, retry_failed_ms, start_timeout_ms,
    stop_grace_ms, liveness_period_ms, liveness_failures, login_period_ms,
});

record!(p::health::Probe => w::types::Probe { id, path, headers, with_key, timeout_ms, max_body });
record!(w::types::Response => p::health::Response { status, headers, body });
impl Convert<p::health::Outcome> for w::types::Outcome {
    fn convert(self) -> p::health::Outcome {
        match self {
            Self::Response(response) => p::health::Outcome::Response(response.convert()),
            Self::Refused => p::health::Outcome::Refused,
            Self::TimedOut => p::health::Outcome::TimedOut,
            Self::NotHttp(start) => p::health::Outcome::NotHttp(start),
            Self::Tls => p::health::Outcome::Tls,
            Self::Failed(why) => p::health::Outcome::Failed(why),
        }
    }
}
record!(w::types::Observation => p::health::Observation { id, outcome, elapsed_ms });
cases!(p::health::Readiness => w::health::Readiness { Ready, Starting, Unhealthy, Foreign });
cases!(p::health::KeyCheck => w::health::KeyCheck { Enforced, NotEnforced, Rejected, Unchecked });
record!(p::health::Verdict => w::health::Verdict {
    readiness, code, detail, next, command, name, version, login, key, own_tools,
});
impl Convert<w::health::Step> for p::health::Step {
    fn convert(self) -> w::health::Step {
        match self {
            Self::Ask(probes) => w::health::Step::Ask(probes.convert()),
            Self::Judged(verdict) => w::health::Step::Judged(verdict.convert()),
        }
    }
}
record!(w::health::Exit => p::health::Exit { code, signal, ran_ms, was_ready, output });
record!(p::health::Diagnosis => w::health::Diagnosis { code, reason, next, retry });

record!(w::chat::Request => p::chat::Request { model, conversation, resumed });
impl Convert<w::chat::Thinking> for p::chat::Thinking {
    fn convert(self) -> w::chat::Thinking {
        match self {
            Self::Adaptive => w::chat::Thinking::Adaptive,
            Self::Budget(tokens) => w::chat::Thinking::Budget(tokens),
        }
    }
}
record!(p::chat::Plan => w::chat::Plan { model, thinking, headers, results_as_text });
impl Convert<w::chat::Listing> for p::listing::Listing {
    fn convert(self) -> w::chat::Listing {
        match self {
            Self::Models(models) => w::chat::Listing::Models(models.convert()),
            Self::None(why) => w::chat::Listing::None(why),
        }
    }
}
both!(cases, p::answer::AnswerKind, w::chat::AnswerKind, {
    Answered, Limit, RefusedLogin, RefusedKey, ExtraUsage, UnknownModel, Overloaded, ServerError, TooLong, Other,
});
record!(p::answer::Answer => w::chat::Answer { kind, line, resets, until_ms });

cases!(w::runtime::State => p::runtime::State {
    Stopped, Starting, Ready, Unhealthy, Stopping, Backoff, Failed, Attached, Blocked,
});
record!(w::runtime::Request => p::request::Request { method, server, path, upgrade });
record!(w::runtime::LastAnswer => p::runtime::LastAnswer { kind, line, model, age_ms, ends_in_ms });
record!(w::runtime::Snapshot => p::runtime::Snapshot {
    state, base_url, login, detail, waited_ms, reloading, answer,
});
record!(w::runtime::Program => p::request::Program { file, first });
record!(w::runtime::ToolCall => p::runtime::ToolCall { tool, model, provider, open_tools });
record!(w::runtime::Run => p::runtime::Run { provider, model, trigger, origin });
impl Convert<w::runtime::GateDecision> for p::runtime::GateDecision {
    fn convert(self) -> w::runtime::GateDecision {
        match self {
            Self::Open(url) => w::runtime::GateDecision::Open(url),
            Self::Wait(ms) => w::runtime::GateDecision::Wait(ms),
            Self::Refuse(text) => w::runtime::GateDecision::Refuse(text),
        }
    }
}
impl Convert<w::runtime::GuardDecision> for p::runtime::GuardDecision {
    fn convert(self) -> w::runtime::GuardDecision {
        match self {
            Self::Allow => w::runtime::GuardDecision::Allow,
            Self::Block(text) => w::runtime::GuardDecision::Block(text),
        }
    }
}

both!(record, p::report::ApplyRequest, w::config::ApplyRequest, {
    host, port, models, command, listed, set_default, grant_hooks, fix, harden, unharden,
});
record!(p::report::Change => w::config::Change { path, before, after, why });
record!(p::report::Applied => w::config::Applied { text, changes, report });
record!(p::report::Route => w::config::Route { path, leads_to, closed });
cases!(p::report::Severity => w::config::Severity { Leak, Undecided, Exposure, Note });
record!(p::report::Finding => w::config::Finding { severity, code, path, leads_to, message, fix });
record!(p::report::Report => w::config::Report { closed, decided, routes, findings, not_examined, known_versions, judged_version, open_tools, commands });
record!(w::config::IncludedFile => p::report::IncludedFile { path, text });
record!(w::config::Variable => p::report::Variable { name, value });
record!(w::config::BackupFile => p::report::BackupFile { path, text });
record!(w::config::AuditInput => p::report::AuditInput { document, files, variables, backups, host, stored });
record!(w::config::HostOpenclaw => p::report::Host { version, schema_known });
record!(w::config::StoredData => p::report::Stored { kind, path, text });
impl Convert<w::config::Question> for p::report::Question {
    fn convert(self) -> w::config::Question {
        match self {
            Self::File(path) => w::config::Question::File(path),
            Self::Variable(name) => w::config::Question::Variable(name),
        }
    }
}
impl Convert<w::config::Merged> for p::report::Merged {
    fn convert(self) -> w::config::Merged {
        match self {
            Self::Needs(questions) => w::config::Merged::Needs(questions.convert()),
            Self::Document(text) => w::config::Merged::Document(text),
        }
    }
}
impl Convert<w::config::AuditOutcome> for p::report::AuditOutcome {
    fn convert(self) -> w::config::AuditOutcome {
        match self {
            Self::Needs(questions) => w::config::AuditOutcome::Needs(questions.convert()),
            Self::Report(report) => w::config::AuditOutcome::Report(report.convert()),
        }
    }
}

cases!(w::auth::TokenState => p::auth::TokenState { Absent, Present, Malformed });
record!(w::auth::FlowOptions => p::auth::FlowOptions {
    input, interactive, accept_defaults, supplied, set_default, headless, token,
});
record!(p::auth::Choice => w::auth::Choice { value, label, hint });
record!(p::auth::TextPrompt => w::auth::TextPrompt { id, message, initial });
record!(p::auth::ChoicePrompt => w::auth::ChoicePrompt { id, message, choices, initial, multiple });
record!(p::auth::ConfirmPrompt => w::auth::ConfirmPrompt { id, message, initial });
record!(p::auth::Note => w::auth::Note { title, body });
record!(p::auth::ProbeRequest => w::auth::ProbeRequest { base_url, probes });
record!(p::auth::AuthResult => w::auth::AuthResult { request, default_model, patch, notes });
impl Convert<w::auth::Step> for p::auth::Step {
    fn convert(self) -> w::auth::Step {
        match self {
            Self::Text(prompt) => w::auth::Step::Text(prompt.convert()),
            Self::Choose(prompt) => w::auth::Step::Choose(prompt.convert()),
            Self::Confirm(prompt) => w::auth::Step::Confirm(prompt.convert()),
            Self::Note(note) => w::auth::Step::Note(note.convert()),
            Self::Probe(request) => w::auth::Step::Probe(request.convert()),
            Self::LoginStatus => w::auth::Step::LoginStatus,
            Self::FindPrograms(names) => w::auth::Step::FindPrograms(names),
            Self::Done(result) => w::auth::Step::Done(result.convert()),
        }
    }
}
impl Convert<p::auth::Answer> for w::auth::Answer {
    fn convert(self) -> p::auth::Answer {
        match self {
            Self::Begin => p::auth::Answer::Begin,
            Self::Text(text) => p::auth::Answer::Text(text),
            Self::Chosen(values) => p::auth::Answer::Chosen(values),
            Self::Yes(yes) => p::auth::Answer::Yes(yes),
            Self::Shown => p::auth::Answer::Shown,
            Self::Observed(seen) => p::auth::Answer::Observed(seen.convert()),
            Self::Login(login) => p::auth::Answer::Login(login.convert()),
            Self::Programs(paths) => p::auth::Answer::Programs(paths),
        }
    }
}

record!(w::doctor::Fact => p::doctor::Fact { name, value, error });
cases!(p::doctor::Status => w::doctor::Status { Pass, Warn, Fail, Unknown });
record!(p::doctor::Check => w::doctor::Check { id, status, title, detail, fix });

record!(p::quota::Window => w::quota::Window { id, label, used_percent, resets_at_ms, exhausted });
record!(p::quota::Usage => w::quota::Usage { windows, line });

record!(w::turn::Options => p::turn::Options { model, listed, seed, now_ms });
record!(p::turn::Question => w::turn::Question { id, path, headers, body, with_key, timeout_ms, max_body });
impl Convert<w::turn::Step> for p::turn::Step {
    fn convert(self) -> w::turn::Step {
        match self {
            Self::Send(question) => w::turn::Step::Send(question.convert()),
            Self::Judged(checks) => w::turn::Step::Judged(checks.convert()),
        }
    }
}
