//! The component embedded: loaded, bounded, typed.

mod calls;
pub mod case;
mod error;
mod image;
mod imports;
mod limits;
mod settings;

use wasmtime::component::{Component, Linker, ResourceAny};
use wasmtime::{Config, Engine, Store, Trap};

pub use calls::Flow;
pub use error::CallError;
pub use image::BYTES;
pub use limits::Limits;
pub use settings::Settings;

use bindings::Plugin;
use image::Image;
use limits::Guest;

include!("tuning.rs");

/// Generated from the WIT package; every item carries the documentation of the package.
#[expect(missing_docs, reason = "the generator documents what WIT can document")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "plugin",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

/// Types that more than one interface uses.
pub mod types {
    pub use super::bindings::exports::claude_proxy::plugin::types::*;
    pub use super::settings::{AccessKeyMode, HostSettings, Settings};
}
pub use bindings::exports::claude_proxy::plugin::{
    auth, chat, config, doctor, health, provider, quota, runtime, turn,
};

/// No document, and nothing that it depends on.
impl Default for config::AuditInput {
    fn default() -> Self {
        Self {
            document: String::new(),
            files: Vec::new(),
            variables: Vec::new(),
            backups: Vec::new(),
            openclaw: None,
            stored_files: Vec::new(),
            stored_lists: Vec::new(),
            not_asked: Vec::new(),
        }
    }
}

/// The edit that a login makes where nothing is to be another than it is.
impl Default for config::ApplyRequest {
    fn default() -> Self {
        Self {
            address: None,
            port: None,
            models: None,
            command: None,
            listed: Vec::new(),
            set_default: false,
            grant_hooks: false,
            fix: false,
            harden: false,
            unharden: false,
        }
    }
}

/// The component, ready to be called.
///
/// It has no capability at all: every import is a trap. An instance is made at the first call and kept for the next
/// ones.
pub struct ClaudeProxy {
    instance: Option<Instance>,
    pre: bindings::PluginPre<Guest>,
    engine: Engine,
    limits: Limits,
    /// Held for as long as something that was loaded from it; last, so that it goes after that.
    _image: Option<Image>,
}

struct Instance {
    store: Store<Guest>,
    plugin: Plugin,
}

impl ClaudeProxy {
    /// Loads the component that this crate carries, as machine code made at build time.
    ///
    /// # Errors
    /// [`CallError::Incompatible`] where the machine lacks what the code was made for.
    pub fn load(limits: Limits) -> Result<Self, CallError> {
        let image = Image::take();
        let mut config = Self::config();
        image.prepare(&mut config);
        let engine = Engine::new(&config).map_err(incompatible)?;
        let component = image.load(&engine).map_err(incompatible)?;
        let loaded = Self::with_component(&engine, &component, limits)?;
        Ok(Self {
            _image: Some(image),
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
    /// [`CallError::Import`] where the component wants more than it may have, [`CallError::Incompatible`] where it is not this
    /// plugin, or another version of it.
    pub fn with_component(
        engine: &Engine,
        component: &Component,
        limits: Limits,
    ) -> Result<Self, CallError> {
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
            instance: None,
            _image: None,
        })
    }

    /// Changes what later calls may cost.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.instance = None;
    }

    fn call<I, R>(
        &mut self,
        interface: fn(&Plugin) -> &I,
        function: impl FnOnce(&I, &mut Store<Guest>) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        self.enter(|instance| function(interface(&instance.plugin), &mut instance.store))
    }

    /// Calls a function of an interface that takes settings.
    fn call_with_settings<I, R>(
        &mut self,
        settings: &Settings,
        interface: fn(&Plugin) -> &I,
        function: impl FnOnce(&I, &mut Store<Guest>, ResourceAny) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        self.enter(|instance| {
            instance.with_settings(settings, |instance, own| {
                function(interface(&instance.plugin), &mut instance.store, own)
            })
        })
    }

    /// Lets a function into the instance, which is made where there is none, and holds it to the limits.
    fn enter<R>(
        &mut self,
        function: impl FnOnce(&mut Instance) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        let (limit, engine) = (self.limits.deadline, self.engine.clone());
        let call = || {
            let mut instance = match self.instance.take() {
                Some(mut kept) => {
                    kept.store.set_epoch_deadline(1);
                    kept
                }
                None => self.instantiate()?,
            };
            let value = function(&mut instance).map_err(|why| self.ended(&instance.store, &why))?;
            // A trapped instance must not be entered again; this one may.
            self.instance = Some(instance);
            Ok(value)
        };
        limits::within(limit, &engine, call).map_err(CallError::Thread)?
    }

    fn instantiate(&self) -> Result<Instance, CallError> {
        let mut store = Store::new(&self.engine, Guest::new(self.limits));
        store.limiter(|guest| guest);
        store.set_epoch_deadline(1);
        match self.pre.instantiate(&mut store) {
            Ok(plugin) => Ok(Instance { store, plugin }),
            Err(why) => Err(match self.ended(&store, &why) {
                // Nothing of it ran yet: its types are not those of this host.
                CallError::Trap { reason } if !why.is::<Trap>() => {
                    CallError::Incompatible { reason }
                }
                other => other,
            }),
        }
    }

    fn ended(&self, store: &Store<Guest>, why: &wasmtime::Error) -> CallError {
        if store.data().out_of_memory {
            CallError::Memory(self.limits)
        } else if why.downcast_ref::<Trap>() == Some(&Trap::Interrupt) {
            CallError::Deadline(self.limits)
        } else {
            CallError::Trap {
                reason: format!("{why:#}"),
            }
        }
    }
}

/// The result of a function that may refuse its input.
fn accepted<R>(result: Result<Result<R, types::Error>, CallError>) -> Result<R, CallError> {
    result?.map_err(CallError::Input)
}

fn incompatible(why: wasmtime::Error) -> CallError {
    CallError::Incompatible {
        reason: format!("{why:#}"),
    }
}
