//! The functions of the package, typed.

use wasmtime::component::ResourceAny;

use super::bindings::Plugin;
use super::{
    ClaudeProxy, Error, accepted, auth, chat, config, doctor, health, provider, quota, runtime,
    turn, types,
};

/// Every function of the package. Each may fail with any [`Error`] but [`Error::Import`]; [`Error::Input`] only where
/// the function itself can refuse its input.
impl ClaudeProxy {
    /// Identity.
    pub fn describe(&mut self) -> Result<provider::Descriptor, Error> {
        self.call(Plugin::claude_proxy_plugin_provider, |provider, store| {
            provider.call_describe(store)
        })
    }

    /// Catalog rows for these ids, in order, unknown ids included; without ids the whole catalog.
    pub fn models(&mut self, ids: &[String]) -> Result<Vec<types::Model>, Error> {
        self.call(Plugin::claude_proxy_plugin_provider, |provider, store| {
            provider.call_models(store, ids)
        })
    }

    /// How to start the proxy. Give the names, never the values, of the environment's variables.
    pub fn launch(
        &mut self,
        settings: &types::Settings,
        environment_names: &[String],
    ) -> Result<provider::LaunchPlan, Error> {
        accepted(self.with(
            settings,
            Plugin::claude_proxy_plugin_provider,
            |provider, store, own| provider.call_launch(store, own, environment_names),
        ))
    }

    /// Begins an auth flow.
    pub fn flow(&mut self, options: &auth::FlowOptions) -> Result<Flow<'_>, Error> {
        let resource = self.call(Plugin::claude_proxy_plugin_auth, |auth, store| {
            auth.flow().call_constructor(store, options)
        })?;
        Ok(Flow {
            proxy: self,
            resource,
        })
    }

    /// Replaces a document's includes and variables. [`crate::audit::settings`] answers the questions from disk.
    pub fn merge(&mut self, input: &config::AuditInput) -> Result<config::Merged, Error> {
        accepted(
            self.call(Plugin::claude_proxy_plugin_config, |config, store| {
                config.call_merge(store, input)
            }),
        )
    }

    /// The paths of a schema that could carry a route and that the inventory has not; `None` where it is no schema.
    pub fn unknown_paths(&mut self, schema: &str) -> Result<Option<Vec<String>>, Error> {
        self.call(Plugin::claude_proxy_plugin_config, |config, store| {
            config.call_unknown_paths(store, schema)
        })
    }

    /// Audits a document, or says what it must know first. [`crate::audit::audit`] answers the questions from disk.
    pub fn audit(&mut self, input: &config::AuditInput) -> Result<config::AuditOutcome, Error> {
        self.call(Plugin::claude_proxy_plugin_config, |config, store| {
            config.call_audit(store, input)
        })
    }

    /// Edits a document. The result is audited before it is returned.
    pub fn apply(
        &mut self,
        input: &config::AuditInput,
        request: &config::ApplyRequest,
    ) -> Result<config::Applied, Error> {
        accepted(
            self.call(Plugin::claude_proxy_plugin_config, |config, store| {
                config.call_apply(store, input, request)
            }),
        )
    }

    /// Judges a round of probes, or asks for more.
    pub fn judge(
        &mut self,
        settings: &types::Settings,
        owned: Option<bool>,
        seen: &[types::Observation],
    ) -> Result<health::Step, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_health,
            |health, store, own| health.call_judge(store, own, owned, seen),
        )
    }

    /// What can be said of the headless token, by its shape.
    pub fn judge_token(&mut self, token: Option<&str>) -> Result<auth::TokenState, Error> {
        self.call(Plugin::claude_proxy_plugin_auth, |auth, store| {
            auth.call_judge_token(store, token)
        })
    }

    /// What the Claude CLI claims of the login, by what `claude auth status` said.
    pub fn judge_login(&mut self, said: Option<&auth::AuthStatus>) -> Result<types::Login, Error> {
        self.call(Plugin::claude_proxy_plugin_auth, |auth, store| {
            auth.call_judge_login(store, said)
        })
    }

    /// The cheap question whose answer, whatever it is, shows that the proxy still works.
    pub fn liveness(&mut self) -> Result<types::Probe, Error> {
        self.call(Plugin::claude_proxy_plugin_health, |health, store| {
            health.call_liveness(store)
        })
    }

    /// Why a process ended.
    pub fn diagnose(
        &mut self,
        settings: &types::Settings,
        exit: &health::Exit,
    ) -> Result<health::Diagnosis, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_health,
            |health, store, own| health.call_diagnose(store, own, exit),
        )
    }

    /// Why a program could not be started; `detail` is what the system said, or where it was looked for.
    pub fn diagnose_spawn(
        &mut self,
        settings: &types::Settings,
        kind: health::SpawnError,
        detail: &str,
    ) -> Result<health::Diagnosis, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_health,
            |health, store, own| health.call_diagnose_spawn(store, own, kind, detail),
        )
    }

    /// May a turn of our own provider use the proxy now?
    pub fn gate(
        &mut self,
        settings: &types::Settings,
        now: &runtime::Snapshot,
        model: Option<&str>,
    ) -> Result<runtime::GateDecision, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_runtime,
            |runtime, store, own| runtime.call_gate(store, own, now, model),
        )
    }

    /// May this run begin?
    pub fn guard(
        &mut self,
        settings: &types::Settings,
        run: &runtime::Run,
    ) -> Result<runtime::GuardDecision, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_runtime,
            |runtime, store, own| runtime.call_guard(store, own, run),
        )
    }

    /// May a tool be called?
    pub fn guard_tool(
        &mut self,
        settings: &types::Settings,
        call: &runtime::ToolCall,
    ) -> Result<runtime::GuardDecision, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_runtime,
            |runtime, store, own| runtime.call_guard_tool(store, own, call),
        )
    }

    /// Decides whether a program that the host started may go on.
    pub fn guard_program(
        &mut self,
        settings: &types::Settings,
        program: &runtime::Program,
    ) -> Result<runtime::GuardDecision, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_runtime,
            |runtime, store, own| runtime.call_guard_program(store, own, program),
        )
    }

    /// May a request of the host's own process be sent? Only a strict guard stops one.
    pub fn guard_request(
        &mut self,
        settings: &types::Settings,
        request: &runtime::Request,
    ) -> Result<runtime::GuardDecision, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_runtime,
            |runtime, store, own| runtime.call_guard_request(store, own, request),
        )
    }

    /// The question for the proxy's list of models.
    pub fn models_probe(&mut self) -> Result<types::Probe, Error> {
        self.call(Plugin::claude_proxy_plugin_chat, |chat, store| {
            chat.call_models_probe(store)
        })
    }

    /// Reads the proxy's list of models among observations.
    pub fn read_models(&mut self, seen: &[types::Observation]) -> Result<chat::Listing, Error> {
        self.call(Plugin::claude_proxy_plugin_chat, |chat, store| {
            chat.call_read_models(store, seen)
        })
    }

    /// How a request to the proxy is sent. `listed` is its list of models, empty where it is not known.
    pub fn prepare(
        &mut self,
        settings: &types::Settings,
        listed: &[types::ListedModel],
        request: &chat::Request,
    ) -> Result<chat::Plan, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_chat,
            |chat, store, own| chat.call_prepare(store, own, listed, request),
        )
    }

    /// Reads the text of an error that ended a request; `now_ms` is the time, in milliseconds since 1970.
    pub fn read_failure(
        &mut self,
        settings: &types::Settings,
        model: &str,
        listed: &[types::ListedModel],
        text: &str,
        now_ms: u64,
    ) -> Result<chat::Answer, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_chat,
            |chat, store, own| chat.call_read_failure(store, own, model, listed, text, now_ms),
        )
    }

    /// The one thing to do now; `None` when all is well.
    pub fn next_step(
        &mut self,
        settings: &types::Settings,
        now: &runtime::Snapshot,
        closed: Option<bool>,
    ) -> Result<Option<String>, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_runtime,
            |runtime, store, own| runtime.call_next_step(store, own, now, closed),
        )
    }

    /// The question for the quota; `None` where this kind of proxy has no answer.
    pub fn quota_probe(
        &mut self,
        settings: &types::Settings,
    ) -> Result<Option<types::Probe>, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_quota,
            |quota, store, own| quota.call_quota_probe(store, own),
        )
    }

    /// Reads the quota among observations; `None` where it is not known. `now_ms` is the time, in milliseconds since 1970.
    pub fn read_quota(
        &mut self,
        seen: &[types::Observation],
        now_ms: u64,
    ) -> Result<Option<quota::Usage>, Error> {
        self.call(Plugin::claude_proxy_plugin_quota, |quota, store| {
            quota.call_read_quota(store, seen, now_ms)
        })
    }

    /// What to ask a person before a turn is sent: its cost.
    pub fn turn_cost(&mut self, model: &str) -> Result<String, Error> {
        self.call(Plugin::claude_proxy_plugin_turn, |turn, store| {
            turn.call_cost(store, model)
        })
    }

    /// What a turn that is a check sends next, or its judgment.
    pub fn turn_next(
        &mut self,
        settings: &types::Settings,
        options: &turn::Options,
        seen: &[types::Observation],
    ) -> Result<turn::Step, Error> {
        self.with(
            settings,
            Plugin::claude_proxy_plugin_turn,
            |turn, store, own| turn.call_next_request(store, own, options, seen),
        )
    }

    /// Judges the facts of an installation; one check for each known id, in a fixed order.
    pub fn examine(&mut self, facts: &doctor::Facts) -> Result<Vec<doctor::Check>, Error> {
        self.call(Plugin::claude_proxy_plugin_doctor, |doctor, store| {
            doctor.call_examine(store, facts)
        })
    }
}

/// A run of the auth flow. Dropping it anywhere leaves everything as it was.
pub struct Flow<'a> {
    proxy: &'a mut ClaudeProxy,
    resource: ResourceAny,
}

impl Flow<'_> {
    /// Takes an answer and says what is next. After an [`Error::Input`] the same step may be answered again.
    pub fn next(&mut self, answer: &auth::Answer) -> Result<auth::Step, Error> {
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
            // Nobody could be told; an instance that fails here fails again, and loudly, at the next call.
            let _ = self.resource.resource_drop(&mut instance.store);
        }
    }
}
