//! The component: the exports of the world `claude-proxy:plugin/plugin`, each one call into `claude-proxy-provider`.
//!
//! That crate makes its types from `wit/` too, and the bindings take them as they are: a record, a variant or an enum of the interface is
//! written once, and nothing is copied from one form to the other.

mod filter;

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::indexing_slicing
)]
mod bindings {
    claude_proxy_provider::component_bindings!();
}

use std::cell::RefCell;

use claude_proxy_provider as p;
use p::health::{Observation, Probe};
use p::listing::ListedModel;

use bindings::exports::claude_proxy::plugin as w;
use p::Error;
use w::types::{Settings, SettingsBorrow};

struct Component;

impl w::types::Guest for Component {
    type Settings = p::settings::Settings;
}

impl w::types::GuestSettings for p::settings::Settings {
    fn parse(json: String) -> Result<Settings, Error> {
        p::settings::parse(&json).map(Settings::new)
    }

    fn from_config(document: String) -> Result<Settings, Error> {
        p::configured::settings(&document).map(Settings::new)
    }

    fn with_changes(&self, json: String) -> Result<Settings, Error> {
        self.with_changes(&json).map(Settings::new)
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
        p::launch::launch(settings.get(), &environment_names)
    }
}

/// One run of the auth flow; WIT resources are shared, so the state sits in a cell.
struct Flow(RefCell<p::auth::Flow>);

impl w::auth::GuestFlow for Flow {
    fn new(options: p::auth::FlowOptions) -> Self {
        Self(RefCell::new(p::auth::Flow::new(options)))
    }

    fn next(&self, answer: p::auth::PromptAnswer) -> Result<p::auth::Prompt, Error> {
        self.0.borrow_mut().next(answer)
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
        p::edit::apply(&input, &request)
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
