//! The component: the exports of the world `claude-proxy:plugin/plugin`, each one call into `claude-proxy-provider`.

mod convert;
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
    });
}

use std::cell::RefCell;

use claude_proxy_provider as p;

use bindings::exports::claude_proxy::plugin as w;
use convert::Convert;

struct Component;

impl w::provider::Guest for Component {
    fn describe() -> w::provider::Descriptor {
        p::command::describe().convert()
    }

    fn models(ids: Vec<String>) -> Vec<w::types::Model> {
        p::catalog::rows(&ids).convert()
    }

    fn parse_settings(json: String) -> Result<w::types::Settings, w::types::Error> {
        p::settings::parse(&json).convert()
    }

    fn settings_from_config(document: String) -> Result<w::types::Settings, w::types::Error> {
        p::configured::settings(&document).convert()
    }

    fn launch(
        settings: w::types::Settings,
        environment_names: Vec<String>,
    ) -> Result<w::provider::LaunchPlan, w::types::Error> {
        p::launch::launch(&settings.convert(), &environment_names).convert()
    }
}

/// One run of the auth flow; WIT resources are shared, so the state sits in a cell.
struct Flow(RefCell<p::auth::Flow>);

impl w::auth::GuestFlow for Flow {
    fn new(options: w::auth::FlowOptions) -> Self {
        Self(RefCell::new(p::auth::Flow::new(options.convert())))
    }

    fn next(&self, answer: w::auth::Answer) -> Result<w::auth::Step, w::types::Error> {
        self.0.borrow_mut().next(answer.convert()).convert()
    }
}

impl w::auth::Guest for Component {
    type Flow = Flow;
}

impl w::config::Guest for Component {
    fn merge(input: w::config::AuditInput) -> Result<w::config::Merged, w::types::Error> {
        p::configured::merge(&input.convert()).convert()
    }

    fn unknown_paths(schema: String) -> Option<Vec<String>> {
        p::audit::unknown_paths(&schema)
    }

    fn audit(input: w::config::AuditInput) -> w::config::AuditOutcome {
        p::audit::audit(&input.convert()).convert()
    }

    fn apply(
        input: w::config::AuditInput,
        request: w::config::ApplyRequest,
    ) -> Result<w::config::Applied, w::types::Error> {
        p::edit::apply(&input.convert(), &request.convert()).convert()
    }
}

impl w::health::Guest for Component {
    fn judge(
        settings: w::types::Settings,
        owned: Option<bool>,
        seen: Vec<w::types::Observation>,
    ) -> w::health::Step {
        let seen: Vec<p::health::Observation> = seen.convert();
        p::health::judge(&settings.convert(), owned, &seen).convert()
    }

    fn liveness() -> w::types::Probe {
        p::health::liveness().convert()
    }

    fn diagnose(settings: w::types::Settings, exit: w::health::Exit) -> w::health::Diagnosis {
        p::health::diagnose(&settings.convert(), &exit.convert()).convert()
    }

    fn diagnose_spawn(
        settings: w::types::Settings,
        kind: String,
        detail: String,
    ) -> w::health::Diagnosis {
        p::health::diagnose_spawn(&settings.convert(), &kind, &detail).convert()
    }
}

impl w::chat::Guest for Component {
    fn models_probe() -> w::types::Probe {
        p::health::live_models().convert()
    }

    fn read_models(seen: Vec<w::types::Observation>) -> w::chat::Listing {
        let seen: Vec<p::health::Observation> = seen.convert();
        p::listing::read(&seen).convert()
    }

    fn prepare(
        settings: w::types::Settings,
        listed: Vec<w::types::ListedModel>,
        request: w::chat::Request,
    ) -> w::chat::Plan {
        let listed: Vec<p::listing::ListedModel> = listed.convert();
        p::chat::plan(&settings.convert(), &listed, &request.convert()).convert()
    }

    fn read_failure(
        settings: w::types::Settings,
        model: String,
        listed: Vec<w::types::ListedModel>,
        text: String,
        now_ms: u64,
    ) -> w::chat::Answer {
        let listed: Vec<p::listing::ListedModel> = listed.convert();
        p::answer::read(&settings.convert(), &model, &listed, &text, now_ms).convert()
    }
}

impl w::runtime::Guest for Component {
    fn gate(
        settings: w::types::Settings,
        now: w::runtime::Snapshot,
        model: Option<String>,
    ) -> w::runtime::GateDecision {
        p::runtime::gate(&settings.convert(), &now.convert(), model.as_deref()).convert()
    }

    fn guard(settings: w::types::Settings, run: w::runtime::Run) -> w::runtime::GuardDecision {
        p::runtime::guard(&settings.convert(), &run.convert()).convert()
    }

    fn guard_tool(
        settings: w::types::Settings,
        call: w::runtime::ToolCall,
    ) -> w::runtime::GuardDecision {
        p::runtime::guard_tool(&settings.convert(), &call.convert()).convert()
    }

    fn guard_request(
        settings: w::types::Settings,
        request: w::runtime::Request,
    ) -> w::runtime::GuardDecision {
        p::request::guard(&settings.convert(), &request.convert()).convert()
    }

    fn guard_program(
        mode: w::types::GuardMode,
        program: w::runtime::Program,
    ) -> w::runtime::GuardDecision {
        p::request::guard_program(mode.convert(), &program.convert()).convert()
    }

    fn next_step(
        settings: w::types::Settings,
        now: w::runtime::Snapshot,
        closed: Option<bool>,
    ) -> Option<String> {
        p::runtime::next_step(&settings.convert(), &now.convert(), closed)
    }
}

impl w::doctor::Guest for Component {
    fn wanted() -> Vec<String> {
        p::doctor::WANTED
            .iter()
            .map(|&name| name.to_owned())
            .collect()
    }

    fn examine(facts: Vec<w::doctor::Fact>) -> Vec<w::doctor::Check> {
        let facts: Vec<p::doctor::Fact> = facts.convert();
        p::doctor::examine(&facts).convert()
    }
}

impl w::quota::Guest for Component {
    fn quota_probe(settings: w::types::Settings) -> Option<w::types::Probe> {
        p::quota::probe(&settings.convert()).convert()
    }

    fn read_quota(seen: Vec<w::types::Observation>, now_ms: u64) -> Option<w::quota::Usage> {
        let seen: Vec<p::health::Observation> = seen.convert();
        p::quota::read(&seen, now_ms).convert()
    }
}

impl w::turn::Guest for Component {
    fn cost(model: String) -> String {
        p::turn::cost(&model)
    }

    fn next_request(
        settings: w::types::Settings,
        options: w::turn::Options,
        seen: Vec<w::types::Observation>,
    ) -> w::turn::Step {
        let seen: Vec<p::health::Observation> = seen.convert();
        p::turn::next(&settings.convert(), &options.convert(), &seen).convert()
    }
}

bindings::export!(Component with_types_in bindings);
