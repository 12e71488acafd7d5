//! The component embedded: loaded, bounded, typed.

mod image;
mod imports;
mod limits;
mod settings;

use std::time::Instant;

use wasmtime::component::{Component, Linker, ResourceAny};
use wasmtime::{Config, Engine, Store, Trap};

pub use image::{BYTES, SHA256, TARGET};
pub use limits::{Guest, Limits};
pub use settings::Settings;

use image::Image;
use limits::Watchdog;

include!("tuning.rs");

macro_rules! bindings {
    ($($derive:tt)*) => {
        /// Generated from the WIT package; every item carries the documentation of the package.
        #[expect(missing_docs, reason = "the generator documents what WIT can document")]
        mod bindings {
            wasmtime::component::bindgen!({
                path: "../../wit",
                world: "plugin",
                additional_derives: [$($derive)*],
            });
        }
    };
}
#[cfg(not(feature = "serde"))]
bindings!(PartialEq);
#[cfg(feature = "serde")]
bindings!(PartialEq, serde::Serialize, serde::Deserialize);

/// Types that more than one interface uses.
pub mod types {
    pub use super::bindings::exports::claude_proxy::plugin::types::*;
    pub use super::settings::{AccessKeyMode, Known, Settings};
}
pub use bindings::exports::claude_proxy::plugin::{
    auth, chat, config, doctor, health, provider, quota, runtime, turn,
};

/// Why the component gave no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The component does not accept what it was given, and says so in full.
    Input(types::Error),
    /// The component asks for an interface that no policy needs. Nothing of it was run.
    Import {
        /// Name of the interface.
        name: String,
    },
    /// The component does not fit this host.
    Incompatible {
        /// What does not fit.
        reason: String,
    },
    /// The call took longer than its limit.
    Deadline(Limits),
    /// The call needed more memory than its limit.
    Memory(Limits),
    /// The component ended abnormally: a defect. The next call begins with a fresh instance.
    Trap {
        /// What the runtime says about it.
        reason: String,
    },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Input(error) => {
                for (n, problem) in error.problems().iter().enumerate() {
                    if n > 0 {
                        writeln!(f)?;
                    }
                    write!(f, "{problem}")?;
                }
                Ok(())
            }
            Self::Import { name } => {
                write!(f, "the component asks for `{name}`, which it must not have")
            }
            Self::Incompatible { reason } => {
                write!(f, "the component does not fit this host: {reason}")
            }
            Self::Deadline(limits) => write!(
                f,
                "the component did not answer within {} ms",
                limits.deadline.as_millis()
            ),
            Self::Memory(limits) => write!(
                f,
                "the component needed more than {} MiB of memory",
                limits.memory >> 20
            ),
            Self::Trap { reason } => write!(f, "the component ended abnormally: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

impl types::Error {
    /// Every problem, in order.
    pub fn problems(&self) -> &[types::Problem] {
        match self {
            Self::InvalidSettings(all) => all,
            Self::Unreadable(one)
            | Self::Refused(one)
            | Self::UnexpectedAnswer(one)
            | Self::Other(one) => std::slice::from_ref(one),
        }
    }
}

impl std::fmt::Display for types::Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: found {}; accepted: {}. {}",
            self.path, self.found, self.accepted, self.next
        )
    }
}

/// The component, ready to be called.
///
/// It has no capability at all: every import is a trap. An instance is made at the first call and kept for the next
/// ones; [`ClaudeProxy::release`] gives its memory back.
pub struct ClaudeProxy {
    instance: Option<Instance>,
    watchdog: Option<Watchdog>,
    pre: bindings::PluginPre<Guest>,
    engine: Engine,
    limits: Limits,
    /// Last, so that it goes after everything that was loaded from it.
    image: Option<Image>,
}

struct Instance {
    store: Store<Guest>,
    plugin: bindings::Plugin,
    settings: Option<settings::Held>,
}

impl ClaudeProxy {
    /// Loads the component that this crate carries, as machine code made at build time.
    ///
    /// # Errors
    /// [`Error::Incompatible`] where the machine lacks what the code was made for.
    pub fn load(limits: Limits) -> Result<Self, Error> {
        let image = Image::take();
        let mut config = Self::config();
        image.prepare(&mut config);
        let engine = Engine::new(&config).map_err(incompatible)?;
        let component = image.load(&engine).map_err(incompatible)?;
        let loaded = Self::with_component(&engine, &component, limits)?;
        Ok(Self {
            image: Some(image),
            ..loaded
        })
    }

    /// The engine settings of [`ClaudeProxy::load`], to begin an engine of your own with.
    pub fn config() -> Config {
        let mut config = Config::new();
        tune(&mut config);
        config
    }

    /// Uses an engine of your own and a component that was compiled with it, for example from [`BYTES`].
    ///
    /// The deadline holds only if the engine has epoch interruption, as [`ClaudeProxy::config`] sets it.
    ///
    /// # Errors
    /// [`Error::Import`] where the component wants more than it may have, [`Error::Incompatible`] where it is not this
    /// plugin, or another version of it.
    pub fn with_component(
        engine: &Engine,
        component: &Component,
        limits: Limits,
    ) -> Result<Self, Error> {
        imports::check(engine, component)?;
        let mut linker = Linker::new(engine);
        linker
            .define_unknown_imports_as_traps(component)
            .map_err(incompatible)?;
        let pre = linker
            .instantiate_pre(component)
            .and_then(bindings::PluginPre::new)
            .map_err(incompatible)?;
        Ok(Self {
            engine: engine.clone(),
            pre,
            limits,
            watchdog: None,
            instance: None,
            image: None,
        })
    }

    /// Changes what later calls may cost.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.instance = None;
    }

    /// Drops the instance and everything that only calls need. The next call makes a new one.
    pub fn release(&mut self) {
        self.instance = None;
        self.watchdog = None;
        if self.image.is_some() {
            crate::memory::forget_code();
        }
    }

    fn call<R>(
        &mut self,
        function: impl FnOnce(&mut Instance) -> wasmtime::Result<R>,
    ) -> Result<R, Error> {
        let watchdog = match &mut self.watchdog {
            Some(watchdog) => watchdog,
            none => none.insert(Watchdog::start(self.engine.clone()).map_err(|why| {
                Error::Incompatible {
                    reason: format!("no thread for deadlines: {why}"),
                }
            })?),
        };
        let mut instance = match self.instance.take() {
            Some(mut kept) => {
                kept.store.set_epoch_deadline(1);
                watchdog.begin(Instant::now() + self.limits.deadline);
                kept
            }
            None => {
                let mut store = Store::new(&self.engine, Guest::new(self.limits));
                store.limiter(|guest| guest);
                store.set_epoch_deadline(1);
                watchdog.begin(Instant::now() + self.limits.deadline);
                match self.pre.instantiate(&mut store) {
                    Ok(plugin) => Instance {
                        store,
                        plugin,
                        settings: None,
                    },
                    Err(why) => {
                        watchdog.end();
                        return Err(match self.ended(&store, &why) {
                            // Nothing of it ran yet: its types are not those of this host.
                            Error::Trap { reason } if !why.is::<Trap>() => {
                                Error::Incompatible { reason }
                            }
                            other => other,
                        });
                    }
                }
            }
        };
        let result = function(&mut instance);
        watchdog.end();
        match result {
            Ok(value) => {
                self.instance = Some(instance);
                Ok(value)
            }
            // A trapped instance must not be entered again.
            Err(why) => Err(self.ended(&instance.store, &why)),
        }
    }

    fn ended(&self, store: &Store<Guest>, why: &wasmtime::Error) -> Error {
        if store.data().out_of_memory {
            Error::Memory(self.limits)
        } else if why.downcast_ref::<Trap>() == Some(&Trap::Interrupt) {
            Error::Deadline(self.limits)
        } else {
            Error::Trap {
                reason: format!("{why:#}"),
            }
        }
    }

    fn fallible<R>(
        &mut self,
        function: impl FnOnce(&mut Instance) -> wasmtime::Result<Result<R, types::Error>>,
    ) -> Result<R, Error> {
        self.call(function)?.map_err(Error::Input)
    }
}

fn incompatible(why: wasmtime::Error) -> Error {
    Error::Incompatible {
        reason: format!("{why:#}"),
    }
}

/// Every function of the package. Each may fail with any [`Error`] but [`Error::Import`]; [`Error::Input`] only where
/// the function itself can refuse its input.
impl ClaudeProxy {
    /// Identity.
    pub fn describe(&mut self) -> Result<provider::Descriptor, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_provider()
                .call_describe(&mut i.store)
        })
    }

    /// Catalog rows for these ids, in order, unknown ids included; without ids the whole catalog.
    pub fn models(&mut self, ids: &[String]) -> Result<Vec<types::Model>, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_provider()
                .call_models(&mut i.store, ids)
        })
    }

    /// How to start the proxy. Give the names, never the values, of the environment's variables.
    pub fn launch(
        &mut self,
        settings: &types::Settings,
        environment_names: &[String],
    ) -> Result<provider::LaunchPlan, Error> {
        self.fallible(|i| {
            let own = i.lend(settings)?;
            i.plugin.claude_proxy_plugin_provider().call_launch(
                &mut i.store,
                own,
                environment_names,
            )
        })
    }

    /// Begins an auth flow.
    pub fn flow(&mut self, options: &auth::FlowOptions) -> Result<Flow<'_>, Error> {
        let resource = self.call(|i| {
            i.plugin
                .claude_proxy_plugin_auth()
                .flow()
                .call_constructor(&mut i.store, options)
        })?;
        Ok(Flow {
            proxy: self,
            resource,
        })
    }

    /// Replaces a document's includes and variables. [`crate::audit::settings`] answers the questions from disk.
    pub fn merge(&mut self, input: &config::AuditInput) -> Result<config::Merged, Error> {
        self.fallible(|i| {
            i.plugin
                .claude_proxy_plugin_config()
                .call_merge(&mut i.store, input)
        })
    }

    /// The paths of a schema that could carry a route and that the inventory has not; `None` where it is no schema.
    pub fn unknown_paths(&mut self, schema: &str) -> Result<Option<Vec<String>>, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_config()
                .call_unknown_paths(&mut i.store, schema)
        })
    }

    /// Audits a document, or says what it must know first. [`crate::audit::audit`] answers the questions from disk.
    pub fn audit(&mut self, input: &config::AuditInput) -> Result<config::AuditOutcome, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_config()
                .call_audit(&mut i.store, input)
        })
    }

    /// Edits a document. The result is audited before it is returned.
    pub fn apply(
        &mut self,
        input: &config::AuditInput,
        request: &config::ApplyRequest,
    ) -> Result<config::Applied, Error> {
        self.fallible(|i| {
            i.plugin
                .claude_proxy_plugin_config()
                .call_apply(&mut i.store, input, request)
        })
    }

    /// Judges a round of probes, or asks for more.
    pub fn judge(
        &mut self,
        settings: &types::Settings,
        owned: Option<bool>,
        seen: &[types::Observation],
    ) -> Result<health::Step, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_health()
                .call_judge(&mut i.store, own, owned, seen)
        })
    }

    /// The cheap question whose answer, whatever it is, shows that the proxy still works.
    pub fn liveness(&mut self) -> Result<types::Probe, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_health()
                .call_liveness(&mut i.store)
        })
    }

    /// Why a process ended.
    pub fn diagnose(
        &mut self,
        settings: &types::Settings,
        exit: &health::Exit,
    ) -> Result<health::Diagnosis, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_health()
                .call_diagnose(&mut i.store, own, exit)
        })
    }

    /// Why a program could not be started; `detail` is what the system said, or where it was looked for.
    pub fn diagnose_spawn(
        &mut self,
        settings: &types::Settings,
        kind: health::SpawnError,
        detail: &str,
    ) -> Result<health::Diagnosis, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin.claude_proxy_plugin_health().call_diagnose_spawn(
                &mut i.store,
                own,
                kind,
                detail,
            )
        })
    }

    /// May a turn of our own provider use the proxy now?
    pub fn gate(
        &mut self,
        settings: &types::Settings,
        now: &runtime::Snapshot,
        model: Option<&str>,
    ) -> Result<runtime::GateDecision, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_runtime()
                .call_gate(&mut i.store, own, now, model)
        })
    }

    /// May this run begin?
    pub fn guard(
        &mut self,
        settings: &types::Settings,
        run: &runtime::Run,
    ) -> Result<runtime::GuardDecision, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_runtime()
                .call_guard(&mut i.store, own, run)
        })
    }

    /// May a tool be called?
    pub fn guard_tool(
        &mut self,
        settings: &types::Settings,
        call: &runtime::ToolCall,
    ) -> Result<runtime::GuardDecision, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_runtime()
                .call_guard_tool(&mut i.store, own, call)
        })
    }

    /// Decides whether a program that the host started may go on.
    pub fn guard_program(
        &mut self,
        settings: &types::Settings,
        program: &runtime::Program,
    ) -> Result<runtime::GuardDecision, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_runtime()
                .call_guard_program(&mut i.store, own, program)
        })
    }

    /// May a request of the host's own process be sent? Only a strict guard stops one.
    pub fn guard_request(
        &mut self,
        settings: &types::Settings,
        request: &runtime::Request,
    ) -> Result<runtime::GuardDecision, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_runtime()
                .call_guard_request(&mut i.store, own, request)
        })
    }

    /// The question for the proxy's list of models.
    pub fn models_probe(&mut self) -> Result<types::Probe, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_chat()
                .call_models_probe(&mut i.store)
        })
    }

    /// Reads the proxy's list of models among observations.
    pub fn read_models(&mut self, seen: &[types::Observation]) -> Result<chat::Listing, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_chat()
                .call_read_models(&mut i.store, seen)
        })
    }

    /// How a request to the proxy is sent. `listed` is its list of models, empty where it is not known.
    pub fn prepare(
        &mut self,
        settings: &types::Settings,
        listed: &[types::ListedModel],
        request: &chat::Request,
    ) -> Result<chat::Plan, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_chat()
                .call_prepare(&mut i.store, own, listed, request)
        })
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
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin.claude_proxy_plugin_chat().call_read_failure(
                &mut i.store,
                own,
                model,
                listed,
                text,
                now_ms,
            )
        })
    }

    /// The one thing to do now; `None` when all is well.
    pub fn next_step(
        &mut self,
        settings: &types::Settings,
        now: &runtime::Snapshot,
        closed: Option<bool>,
    ) -> Result<Option<String>, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_runtime()
                .call_next_step(&mut i.store, own, now, closed)
        })
    }

    /// The question for the quota; `None` where this kind of proxy has no answer.
    pub fn quota_probe(
        &mut self,
        settings: &types::Settings,
    ) -> Result<Option<types::Probe>, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_quota()
                .call_quota_probe(&mut i.store, own)
        })
    }

    /// Reads the quota among observations; `None` where it is not known. `now_ms` is the time, in milliseconds since 1970.
    pub fn read_quota(
        &mut self,
        seen: &[types::Observation],
        now_ms: u64,
    ) -> Result<Option<quota::Usage>, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_quota()
                .call_read_quota(&mut i.store, seen, now_ms)
        })
    }

    /// What to ask a person before a turn is sent: its cost.
    pub fn turn_cost(&mut self, model: &str) -> Result<String, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_turn()
                .call_cost(&mut i.store, model)
        })
    }

    /// What a turn that is a check sends next, or its judgment.
    pub fn turn_next(
        &mut self,
        settings: &types::Settings,
        options: &turn::Options,
        seen: &[types::Observation],
    ) -> Result<turn::Step, Error> {
        self.call(|i| {
            let own = i.lend(settings)?;
            i.plugin
                .claude_proxy_plugin_turn()
                .call_next_request(&mut i.store, own, options, seen)
        })
    }

    /// Names of the facts that [`ClaudeProxy::examine`] wants.
    pub fn doctor_wanted(&mut self) -> Result<Vec<String>, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_doctor()
                .call_wanted(&mut i.store)
        })
    }

    /// Judges the facts of an installation; one check for each known id, in a fixed order.
    pub fn examine(&mut self, facts: &[doctor::Fact]) -> Result<Vec<doctor::Check>, Error> {
        self.call(|i| {
            i.plugin
                .claude_proxy_plugin_doctor()
                .call_examine(&mut i.store, facts)
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
        self.proxy.fallible(|i| {
            i.plugin
                .claude_proxy_plugin_auth()
                .flow()
                .call_next(&mut i.store, resource, answer)
        })
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
