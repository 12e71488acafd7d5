//! The component: the exports of the world `claude-proxy:plugin/plugin`, each one call into `claude-proxy-provider`.
//!
//! The bindings take the types of that crate as they are (`with`), so that a record, a variant or an enum of the interface is
//! written once in `wit/` and once there, and nothing is copied from one form to the other. The compiler compares names and
//! types of members; a test of `tests/conformance` compares the order of an enum's cases.

mod filter;

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::indexing_slicing
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "plugin",
        generate_all,
        with: {
            "claude-proxy:plugin/types@0.1.0/problem": claude_proxy_provider::Problem,
            "claude-proxy:plugin/types@0.1.0/error-kind": claude_proxy_provider::problem::ErrorKind,
            "claude-proxy:plugin/types@0.1.0/input-kind": claude_proxy_provider::catalog::InputKind,
            "claude-proxy:plugin/types@0.1.0/model": claude_proxy_provider::catalog::Model,
            "claude-proxy:plugin/types@0.1.0/listed-model": claude_proxy_provider::listing::ListedModel,
            "claude-proxy:plugin/types@0.1.0/probe": claude_proxy_provider::health::Probe,
            "claude-proxy:plugin/types@0.1.0/outcome": claude_proxy_provider::health::Outcome,
            "claude-proxy:plugin/types@0.1.0/response": claude_proxy_provider::health::Response,
            "claude-proxy:plugin/types@0.1.0/observation": claude_proxy_provider::health::Observation,
            "claude-proxy:plugin/types@0.1.0/login": claude_proxy_provider::health::Login,
            "claude-proxy:plugin/auth@0.1.0/flow-options": claude_proxy_provider::auth::FlowOptions,
            "claude-proxy:plugin/auth@0.1.0/token-state": claude_proxy_provider::auth::TokenState,
            "claude-proxy:plugin/auth@0.1.0/program-question": claude_proxy_provider::auth::ProgramQuestion,
            "claude-proxy:plugin/auth@0.1.0/program-output": claude_proxy_provider::auth::ProgramOutput,
            "claude-proxy:plugin/auth@0.1.0/supplied-answers": claude_proxy_provider::auth::SuppliedAnswers,
            "claude-proxy:plugin/auth@0.1.0/choice": claude_proxy_provider::auth::Choice,
            "claude-proxy:plugin/auth@0.1.0/text-prompt": claude_proxy_provider::auth::TextPrompt,
            "claude-proxy:plugin/auth@0.1.0/choice-prompt": claude_proxy_provider::auth::ChoicePrompt,
            "claude-proxy:plugin/auth@0.1.0/confirm-prompt": claude_proxy_provider::auth::ConfirmPrompt,
            "claude-proxy:plugin/auth@0.1.0/note": claude_proxy_provider::auth::Note,
            "claude-proxy:plugin/auth@0.1.0/auth-result": claude_proxy_provider::auth::AuthResult,
            "claude-proxy:plugin/auth@0.1.0/prompt": claude_proxy_provider::auth::Prompt,
            "claude-proxy:plugin/auth@0.1.0/probe-request": claude_proxy_provider::auth::ProbeRequest,
            "claude-proxy:plugin/auth@0.1.0/prompt-answer": claude_proxy_provider::auth::PromptAnswer,
            "claude-proxy:plugin/chat@0.1.0/chat-request": claude_proxy_provider::chat::ChatRequest,
            "claude-proxy:plugin/chat@0.1.0/thinking": claude_proxy_provider::chat::Thinking,
            "claude-proxy:plugin/chat@0.1.0/request-plan": claude_proxy_provider::chat::RequestPlan,
            "claude-proxy:plugin/chat@0.1.0/listing": claude_proxy_provider::listing::Listing,
            "claude-proxy:plugin/chat@0.1.0/answer-kind": claude_proxy_provider::answer::AnswerKind,
            "claude-proxy:plugin/chat@0.1.0/failure": claude_proxy_provider::answer::Failure,
            "claude-proxy:plugin/config@0.1.0/apply-request": claude_proxy_provider::edit::ApplyRequest,
            "claude-proxy:plugin/config@0.1.0/change": claude_proxy_provider::edit::Change,
            "claude-proxy:plugin/config@0.1.0/applied": claude_proxy_provider::edit::Applied,
            "claude-proxy:plugin/config@0.1.0/route": claude_proxy_provider::audit::Route,
            "claude-proxy:plugin/config@0.1.0/severity": claude_proxy_provider::audit::Severity,
            "claude-proxy:plugin/config@0.1.0/finding": claude_proxy_provider::audit::Finding,
            "claude-proxy:plugin/config@0.1.0/report": claude_proxy_provider::audit::Report,
            "claude-proxy:plugin/config@0.1.0/file-text": claude_proxy_provider::audit::FileText,
            "claude-proxy:plugin/config@0.1.0/variable": claude_proxy_provider::audit::Variable,
            "claude-proxy:plugin/config@0.1.0/openclaw-version": claude_proxy_provider::audit::OpenclawVersion,
            "claude-proxy:plugin/config@0.1.0/file-kind": claude_proxy_provider::audit::FileKind,
            "claude-proxy:plugin/config@0.1.0/stored-file": claude_proxy_provider::audit::StoredFile,
            "claude-proxy:plugin/config@0.1.0/list-kind": claude_proxy_provider::audit::ListKind,
            "claude-proxy:plugin/config@0.1.0/stored-entry": claude_proxy_provider::audit::StoredEntry,
            "claude-proxy:plugin/config@0.1.0/stored-list": claude_proxy_provider::audit::StoredList,
            "claude-proxy:plugin/config@0.1.0/audit-input": claude_proxy_provider::audit::AuditInput,
            "claude-proxy:plugin/config@0.1.0/question": claude_proxy_provider::audit::Question,
            "claude-proxy:plugin/config@0.1.0/audit-outcome": claude_proxy_provider::audit::AuditOutcome,
            "claude-proxy:plugin/config@0.1.0/merged": claude_proxy_provider::configured::Merged,
            "claude-proxy:plugin/doctor@0.1.0/program-error": claude_proxy_provider::doctor::ProgramError,
            "claude-proxy:plugin/doctor@0.1.0/command": claude_proxy_provider::doctor::Command,
            "claude-proxy:plugin/doctor@0.1.0/key-file": claude_proxy_provider::doctor::KeyFile,
            "claude-proxy:plugin/doctor@0.1.0/key-file-error": claude_proxy_provider::doctor::KeyFileError,
            "claude-proxy:plugin/doctor@0.1.0/proxy": claude_proxy_provider::doctor::Proxy,
            "claude-proxy:plugin/doctor@0.1.0/listener": claude_proxy_provider::doctor::Listener,
            "claude-proxy:plugin/doctor@0.1.0/port-check": claude_proxy_provider::doctor::PortCheck,
            "claude-proxy:plugin/doctor@0.1.0/program-answer": claude_proxy_provider::doctor::ProgramAnswer,
            "claude-proxy:plugin/doctor@0.1.0/facts": claude_proxy_provider::doctor::Facts,
            "claude-proxy:plugin/doctor@0.1.0/status": claude_proxy_provider::doctor::Status,
            "claude-proxy:plugin/doctor@0.1.0/check": claude_proxy_provider::doctor::Check,
            "claude-proxy:plugin/health@0.1.0/readiness": claude_proxy_provider::health::Readiness,
            "claude-proxy:plugin/health@0.1.0/key-check": claude_proxy_provider::health::KeyCheck,
            "claude-proxy:plugin/health@0.1.0/listener-owner": claude_proxy_provider::health::ListenerOwner,
            "claude-proxy:plugin/health@0.1.0/verdict": claude_proxy_provider::health::Verdict,
            "claude-proxy:plugin/health@0.1.0/judgment": claude_proxy_provider::health::Judgment,
            "claude-proxy:plugin/health@0.1.0/spawn-error": claude_proxy_provider::health::SpawnError,
            "claude-proxy:plugin/health@0.1.0/exit": claude_proxy_provider::health::Exit,
            "claude-proxy:plugin/health@0.1.0/diagnosis": claude_proxy_provider::health::Diagnosis,
            "claude-proxy:plugin/provider@0.1.0/descriptor": claude_proxy_provider::descriptor::Descriptor,
            "claude-proxy:plugin/provider@0.1.0/dependency": claude_proxy_provider::descriptor::Dependency,
            "claude-proxy:plugin/provider@0.1.0/launch-plan": claude_proxy_provider::launch::LaunchPlan,
            "claude-proxy:plugin/quota@0.1.0/window": claude_proxy_provider::quota::Window,
            "claude-proxy:plugin/quota@0.1.0/usage": claude_proxy_provider::quota::Usage,
            "claude-proxy:plugin/runtime@0.1.0/state": claude_proxy_provider::runtime::State,
            "claude-proxy:plugin/runtime@0.1.0/last-answer": claude_proxy_provider::runtime::LastAnswer,
            "claude-proxy:plugin/runtime@0.1.0/snapshot": claude_proxy_provider::runtime::Snapshot,
            "claude-proxy:plugin/runtime@0.1.0/file-state": claude_proxy_provider::runtime::FileState,
            "claude-proxy:plugin/runtime@0.1.0/assessment": claude_proxy_provider::runtime::Assessment,
            "claude-proxy:plugin/runtime@0.1.0/gate-decision": claude_proxy_provider::runtime::GateDecision,
            "claude-proxy:plugin/runtime@0.1.0/run": claude_proxy_provider::runtime::Run,
            "claude-proxy:plugin/runtime@0.1.0/tool-call": claude_proxy_provider::runtime::ToolCall,
            "claude-proxy:plugin/runtime@0.1.0/outgoing-request": claude_proxy_provider::runtime::OutgoingRequest,
            "claude-proxy:plugin/runtime@0.1.0/program": claude_proxy_provider::runtime::Program,
            "claude-proxy:plugin/runtime@0.1.0/guard-decision": claude_proxy_provider::runtime::GuardDecision,
            "claude-proxy:plugin/turn@0.1.0/options": claude_proxy_provider::turn::Options,
            "claude-proxy:plugin/turn@0.1.0/turn-request": claude_proxy_provider::turn::TurnRequest,
            "claude-proxy:plugin/turn@0.1.0/progress": claude_proxy_provider::turn::Progress,
        },
    });
}

use std::cell::RefCell;

use claude_proxy_provider as p;
use p::health::{Observation, Probe};
use p::listing::ListedModel;

use bindings::exports::claude_proxy::plugin as w;
use w::types::{Error, Settings, SettingsBorrow};

struct Component;

/// An error as it crosses the interface.
fn refusal(error: p::Error) -> Error {
    let (kind, problems) = error.into_parts();
    Error { kind, problems }
}

impl w::types::Guest for Component {
    type Settings = p::settings::Settings;
}

impl w::types::GuestSettings for p::settings::Settings {
    fn parse(json: String) -> Result<Settings, Error> {
        p::settings::parse(&json)
            .map(Settings::new)
            .map_err(refusal)
    }

    fn from_config(document: String) -> Result<Settings, Error> {
        p::configured::settings(&document)
            .map(Settings::new)
            .map_err(refusal)
    }

    fn with_changes(&self, json: String) -> Result<Settings, Error> {
        self.with_changes(&json).map(Settings::new).map_err(refusal)
    }

    fn to_json(&self) -> String {
        self.to_json()
    }
}

impl w::provider::Guest for Component {
    fn describe() -> p::descriptor::Descriptor {
        p::descriptor::describe()
    }

    fn models(ids: Vec<String>) -> Vec<p::catalog::Model> {
        p::catalog::rows(&ids)
    }

    fn launch(
        settings: SettingsBorrow<'_>,
        environment_names: Vec<String>,
    ) -> Result<p::launch::LaunchPlan, Error> {
        p::launch::launch(settings.get(), &environment_names).map_err(refusal)
    }
}

/// One run of the auth flow; WIT resources are shared, so the state sits in a cell.
struct Flow(RefCell<p::auth::Flow>);

impl w::auth::GuestFlow for Flow {
    fn new(options: p::auth::FlowOptions) -> Self {
        Self(RefCell::new(p::auth::Flow::new(options)))
    }

    fn next(&self, answer: p::auth::PromptAnswer) -> Result<p::auth::Prompt, Error> {
        self.0.borrow_mut().next(answer).map_err(refusal)
    }
}

impl w::auth::Guest for Component {
    type Flow = Flow;

    fn judge_token(token: Option<String>) -> p::auth::TokenState {
        p::auth::judge_token(token.as_deref())
    }

    fn judge_login(answer: Option<p::auth::ProgramOutput>) -> p::health::Login {
        p::auth::judge_login(answer.as_ref())
    }
}

impl w::config::Guest for Component {
    fn merge(
        document: String,
        files: Vec<p::audit::FileText>,
        variables: Vec<p::audit::Variable>,
    ) -> Result<p::configured::Merged, Error> {
        p::configured::merge(&p::audit::AuditInput {
            files,
            variables,
            ..p::audit::AuditInput::of(document)
        })
        .map_err(refusal)
    }

    fn guard_off(document: String) -> Option<String> {
        p::configured::guard_off(&document)
    }

    fn unknown_paths(schema: String) -> Option<Vec<String>> {
        p::audit::unknown_paths(&schema)
    }

    fn audit(input: p::audit::AuditInput) -> p::audit::AuditOutcome {
        p::audit::audit(&input)
    }

    fn apply(
        input: p::audit::AuditInput,
        request: p::edit::ApplyRequest,
    ) -> Result<p::edit::Applied, Error> {
        p::edit::apply(&input, &request).map_err(refusal)
    }
}

impl w::health::Guest for Component {
    fn judge(
        settings: SettingsBorrow<'_>,
        owner: p::health::ListenerOwner,
        observations: Vec<Observation>,
    ) -> p::health::Judgment {
        p::health::judge_owned(settings.get(), &owner, &observations)
    }

    fn liveness() -> Probe {
        p::health::liveness()
    }

    fn diagnose(settings: SettingsBorrow<'_>, exit: p::health::Exit) -> p::health::Diagnosis {
        p::health::diagnose(settings.get(), &exit)
    }

    fn diagnose_spawn(
        settings: SettingsBorrow<'_>,
        kind: p::health::SpawnError,
        detail: String,
    ) -> p::health::Diagnosis {
        p::health::diagnose_spawn(settings.get(), kind, &detail)
    }
}

impl w::chat::Guest for Component {
    fn models_probe() -> Probe {
        p::health::models_probe()
    }

    fn read_models(observations: Vec<Observation>) -> p::listing::Listing {
        p::listing::read(&observations)
    }

    fn prepare(
        settings: SettingsBorrow<'_>,
        listed: Vec<ListedModel>,
        request: p::chat::ChatRequest,
    ) -> p::chat::RequestPlan {
        p::chat::plan(settings.get(), &listed, &request)
    }

    fn is_line(text: String) -> bool {
        p::answer::is_line(&text)
    }

    fn read_failure(
        settings: SettingsBorrow<'_>,
        model: String,
        listed: Vec<ListedModel>,
        text: String,
        now_ms: u64,
    ) -> p::answer::Failure {
        p::answer::read(settings.get(), &model, &listed, &text, now_ms)
    }
}

impl w::runtime::Guest for Component {
    fn gate(
        settings: SettingsBorrow<'_>,
        now: p::runtime::Snapshot,
        model: Option<String>,
    ) -> p::runtime::GateDecision {
        p::runtime::gate(settings.get(), &now, model.as_deref())
    }

    fn guard(settings: SettingsBorrow<'_>, run: p::runtime::Run) -> p::runtime::GuardDecision {
        p::runtime::guard(settings.get(), &run)
    }

    fn guard_tool(
        settings: SettingsBorrow<'_>,
        call: p::runtime::ToolCall,
    ) -> p::runtime::GuardDecision {
        p::runtime::guard_tool(settings.get(), &call)
    }

    fn guard_request(
        settings: SettingsBorrow<'_>,
        request: p::runtime::OutgoingRequest,
    ) -> p::runtime::GuardDecision {
        p::runtime::guard_request(settings.get(), &request)
    }

    fn guard_program(
        settings: SettingsBorrow<'_>,
        program: p::runtime::Program,
    ) -> p::runtime::GuardDecision {
        p::runtime::guard_program(settings.get(), &program)
    }

    fn state_of(readiness: p::health::Readiness) -> p::runtime::State {
        p::runtime::state_of(readiness)
    }

    fn assess(
        settings: SettingsBorrow<'_>,
        now: p::runtime::Snapshot,
        file: p::runtime::FileState,
    ) -> p::runtime::Assessment {
        p::runtime::assess(settings.get(), &now, &file)
    }
}

impl w::doctor::Guest for Component {
    fn questions() -> Vec<p::auth::ProgramQuestion> {
        p::doctor::questions()
    }

    fn openclaw_version(answers: Vec<p::doctor::ProgramAnswer>) -> Result<String, String> {
        p::doctor::openclaw_version(&answers)
    }

    fn examine(facts: p::doctor::Facts) -> Vec<p::doctor::Check> {
        p::doctor::examine(&facts)
    }
}

impl w::quota::Guest for Component {
    fn quota_probe(settings: SettingsBorrow<'_>) -> Option<Probe> {
        p::quota::probe(settings.get())
    }

    fn read_quota(observations: Vec<Observation>, now_ms: u64) -> Option<p::quota::Usage> {
        p::quota::read(&observations, now_ms)
    }
}

impl w::turn::Guest for Component {
    fn cost(model: String) -> String {
        p::turn::cost(&model)
    }

    fn next_request(
        settings: SettingsBorrow<'_>,
        options: p::turn::Options,
        observations: Vec<Observation>,
    ) -> p::turn::Progress {
        p::turn::next(settings.get(), &options, &observations)
    }
}

bindings::export!(Component with_types_in bindings);
