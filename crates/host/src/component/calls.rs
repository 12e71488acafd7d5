//! The functions of the package, typed.

use wasmtime::component::ResourceAny;

use super::bindings::Plugin;
use super::{
    CallError, ClaudeProxy, accepted, auth, chat, config, doctor, health, provider, quota, runtime,
    turn, types,
};

/// Methods that hand their arguments to a function of an interface: of `plain` as they are, of `with_settings` behind the
/// component's own form of the settings.
macro_rules! calls {
    (
        plain { $($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $result:ty = $interface:ident.$function:ident;)* }
        with_settings { $($(#[$doc2:meta])* $name2:ident($($arg2:ident: $type2:ty),*) -> $result2:ty = $interface2:ident.$function2:ident;)* }
    ) => {
        /// The functions of the package. Each may fail with any [`CallError`] but [`CallError::Import`]; [`CallError::Input`] only where
        /// the function itself can refuse its input.
        impl ClaudeProxy {
            $($(#[$doc])* pub fn $name(&mut self, $($arg: $type),*) -> Result<$result, CallError> {
                self.call(Plugin::$interface, |interface, store| interface.$function(store, $($arg),*))
            })*
            $($(#[$doc2])* pub fn $name2(&mut self, settings: &types::Settings, $($arg2: $type2),*) -> Result<$result2, CallError> {
                self.call_with_settings(settings, Plugin::$interface2, |interface, store, own| {
                    interface.$function2(store, own, $($arg2),*)
                })
            })*
        }
    };
}

calls! {
    plain {
        /// Identity.
        describe() -> provider::Descriptor = claude_proxy_plugin_provider.call_describe;
        /// Catalog rows for these ids, in order, unknown ids included; without ids the whole catalog.
        models(ids: &[String]) -> Vec<types::Model> = claude_proxy_plugin_provider.call_models;
        /// The paths of a schema that could carry a route and that the inventory has not; `None` where it is no schema.
        unknown_paths(schema: &str) -> Option<Vec<String>> = claude_proxy_plugin_config.call_unknown_paths;
        /// Audits a document, or returns what it must know first. [`crate::audit::audit`] reads that from disk.
        audit(input: &config::AuditInput) -> config::AuditOutcome = claude_proxy_plugin_config.call_audit;
        /// The state of the headless token, by its shape.
        judge_token(token: Option<&str>) -> auth::TokenState = claude_proxy_plugin_auth.call_judge_token;
        /// Why OpenClaw hides runs from the guard, by a document that [`ClaudeProxy::merge`] gives; `None` where it does not.
        guard_off(document: &str) -> Option<String> = claude_proxy_plugin_config.call_guard_off;
        /// What the Claude CLI claims of the login, by its answer.
        judge_login(answer: Option<&auth::ProgramOutput>) -> types::Login = claude_proxy_plugin_auth.call_judge_login;
        /// The cheap probe whose answer, whatever it is, shows that the proxy still works.
        liveness() -> types::Probe = claude_proxy_plugin_health.call_liveness;
        /// The probe for the proxy's list of models.
        models_probe() -> types::Probe = claude_proxy_plugin_chat.call_models_probe;
        /// Reads the proxy's list of models among observations.
        read_models(observations: &[types::Observation]) -> chat::Listing = claude_proxy_plugin_chat.call_read_models;
        /// Whether a text is the line of a failure.
        is_line(text: &str) -> bool = claude_proxy_plugin_chat.call_is_line;
        /// Reads the quota among observations; `None` where it is not known. `now_ms` is the time, in milliseconds since 1970.
        read_quota(observations: &[types::Observation], now_ms: u64) -> Option<quota::Usage> = claude_proxy_plugin_quota.call_read_quota;
        /// What to ask a person before a turn is sent: its cost.
        turn_cost(model: &str) -> String = claude_proxy_plugin_turn.call_cost;
        /// The programs to run for the facts of an installation.
        doctor_questions() -> Vec<auth::ProgramQuestion> = claude_proxy_plugin_doctor.call_questions;
        /// The version of OpenClaw in the answers to them, or why it is not known.
        openclaw_version(answers: &[doctor::ProgramAnswer]) -> Result<String, String> = claude_proxy_plugin_doctor.call_openclaw_version;
        /// The state that a verdict means where no supervisor runs.
        state_of(readiness: health::Readiness) -> runtime::State = claude_proxy_plugin_runtime.call_state_of;
        /// Judges the facts of an installation; one check for each known id, in a fixed order.
        examine(facts: &doctor::Facts) -> Vec<doctor::Check> = claude_proxy_plugin_doctor.call_examine;
    }
    with_settings {
        /// Judges a round of probes, or asks for more.
        judge(owner: &health::ListenerOwner, observations: &[types::Observation]) -> health::Judgment = claude_proxy_plugin_health.call_judge;
        /// Why a process ended.
        diagnose(exit: &health::Exit) -> health::Diagnosis = claude_proxy_plugin_health.call_diagnose;
        /// Why a program could not be started; `detail` is the system's message, or where it was searched for.
        diagnose_spawn(kind: health::SpawnError, detail: &str) -> health::Diagnosis = claude_proxy_plugin_health.call_diagnose_spawn;
        /// May a turn of our own provider use the proxy now?
        gate(now: &runtime::Snapshot, model: Option<&str>) -> runtime::GateDecision = claude_proxy_plugin_runtime.call_gate;
        /// May this run begin?
        guard(run: &runtime::Run) -> runtime::GuardDecision = claude_proxy_plugin_runtime.call_guard;
        /// May a tool be called?
        guard_tool(call: &runtime::ToolCall) -> runtime::GuardDecision = claude_proxy_plugin_runtime.call_guard_tool;
        /// Decides whether a program that the host started may go on.
        guard_program(program: &runtime::Program) -> runtime::GuardDecision = claude_proxy_plugin_runtime.call_guard_program;
        /// May a request of the host's own process be sent? Only a strict guard stops one.
        guard_request(request: &runtime::OutgoingRequest) -> runtime::GuardDecision = claude_proxy_plugin_runtime.call_guard_request;
        /// How a request to the proxy is sent. `listed` is its list of models, empty where it is not known.
        prepare(listed: &[types::ListedModel], request: &chat::ChatRequest) -> chat::RequestPlan = claude_proxy_plugin_chat.call_prepare;
        /// Reads the text of an error that ended a request; `now_ms` is the time, in milliseconds since 1970.
        read_failure(model: &str, listed: &[types::ListedModel], text: &str, now_ms: u64) -> chat::Failure
            = claude_proxy_plugin_chat.call_read_failure;
        /// What a state means, and the one thing to do now.
        assess(now: &runtime::Snapshot, file: &runtime::FileState) -> runtime::Assessment = claude_proxy_plugin_runtime.call_assess;
        /// The probe for the quota; `None` where this kind of proxy has no answer.
        quota_probe() -> Option<types::Probe> = claude_proxy_plugin_quota.call_quota_probe;
        /// What a turn that is a check sends next, or its checks.
        turn_next(options: &turn::Options, observations: &[types::Observation]) -> turn::Progress = claude_proxy_plugin_turn.call_next_request;
    }
}

/// Those that can refuse their input, and those that give a resource.
impl ClaudeProxy {
    /// How to start the proxy. Give the names, never the values, of the environment's variables.
    pub fn launch(
        &mut self,
        settings: &types::Settings,
        environment_names: &[String],
    ) -> Result<provider::LaunchPlan, CallError> {
        accepted(self.call_with_settings(
            settings,
            Plugin::claude_proxy_plugin_provider,
            |provider, store, own| provider.call_launch(store, own, environment_names),
        ))
    }

    /// Begins an auth flow.
    pub fn flow(&mut self, options: &auth::FlowOptions) -> Result<Flow<'_>, CallError> {
        let resource = self.call(Plugin::claude_proxy_plugin_auth, |auth, store| {
            auth.flow().call_constructor(store, options)
        })?;
        Ok(Flow {
            proxy: self,
            resource,
        })
    }

    /// Replaces a document's includes and variables. [`crate::audit::settings`] reads what that takes from disk.
    pub fn merge(
        &mut self,
        document: &str,
        files: &[config::FileText],
        variables: &[config::Variable],
    ) -> Result<config::Merged, CallError> {
        accepted(
            self.call(Plugin::claude_proxy_plugin_config, |config, store| {
                config.call_merge(store, document, files, variables)
            }),
        )
    }

    /// Edits a document. The result is audited before it is returned.
    pub fn apply(
        &mut self,
        input: &config::AuditInput,
        request: &config::ApplyRequest,
    ) -> Result<config::Applied, CallError> {
        accepted(
            self.call(Plugin::claude_proxy_plugin_config, |config, store| {
                config.call_apply(store, input, request)
            }),
        )
    }
}

/// A run of the auth flow. Dropping it anywhere leaves everything as it was.
pub struct Flow<'a> {
    proxy: &'a mut ClaudeProxy,
    resource: ResourceAny,
}

impl Flow<'_> {
    /// Takes an answer and returns the next step. After an [`CallError::Input`] the same step may be answered again.
    pub fn next(&mut self, answer: &auth::PromptAnswer) -> Result<auth::Prompt, CallError> {
        let resource = self.resource;
        accepted(
            self.proxy
                .call(Plugin::claude_proxy_plugin_auth, |auth, store| {
                    auth.flow().call_next(store, resource, answer)
                }),
        )
    }
}

impl Drop for Flow<'_> {
    fn drop(&mut self) {
        if let Some(instance) = &mut self.proxy.instance {
            // There is nobody to report to; an instance that fails here fails again at the next call.
            let _ = self.resource.resource_drop(&mut instance.store);
        }
    }
}
