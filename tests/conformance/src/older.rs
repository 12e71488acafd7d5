//! Hosts that were built for a frozen version of the WIT package, run with the component of today. Their bindings are
//! generated from `wit/frozen/`, so what they link is what an embedding program of that version links: every function of
//! its world, with every type.

use wasmtime::Engine;
use wasmtime::component::Component;

/// Links the component, and calls it in each interface.
pub(crate) type Older = fn(&Engine, &Component) -> wasmtime::Result<()>;

#[allow(unused_macros, reason = "where no version is frozen yet")]
macro_rules! older {
    ($module:ident, $folder:literal) => {
        mod $module {
            wasmtime::component::bindgen!({ path: $folder, world: "plugin" });

            use exports::claude_proxy::plugin::{auth, config, health, runtime};
            use wasmtime::component::{Component, Linker};
            use wasmtime::{Engine, Store, ensure};

            pub(super) fn run(engine: &Engine, component: &Component) -> wasmtime::Result<()> {
                let mut linker = Linker::new(engine);
                linker.define_unknown_imports_as_traps(component)?;
                let mut store = Store::new(engine, ());
                let plugin = Plugin::instantiate(&mut store, component, &linker)?;
                let provider = plugin.claude_proxy_plugin_provider();
                let who = provider.call_describe(&mut store)?;
                ensure!(who.id == claude_proxy_provider::ID, "it is {}", who.id);
                let settings = provider.call_parse_settings(&mut store, "{}")?;
                let Ok(settings) = settings else {
                    wasmtime::bail!("the defaults are refused");
                };
                let input = config::AuditInput {
                    document: "{ agents: { defaults: { model: 'openai/gpt-6' } } }".to_owned(),
                    files: Vec::new(),
                    variables: Vec::new(),
                    backups: Vec::new(),
                    host: None,
                    stored: Vec::new(),
                };
                let outcome = plugin
                    .claude_proxy_plugin_config()
                    .call_audit(&mut store, &input)?;
                ensure!(
                    matches!(outcome, config::AuditOutcome::Report(report) if !report.closed),
                    "a leak is not found"
                );
                let seen = plugin
                    .claude_proxy_plugin_health()
                    .call_judge(&mut store, &settings, None, &[])?;
                ensure!(matches!(seen, health::Step::Ask(_)), "no probe is asked for");
                let run = runtime::Run {
                    provider: Some("openai".to_owned()),
                    model: None,
                    trigger: "user".to_owned(),
                    origin: String::new(),
                };
                let verdict = plugin
                    .claude_proxy_plugin_runtime()
                    .call_guard(&mut store, &settings, &run)?;
                ensure!(
                    matches!(verdict, runtime::GuardDecision::Block(_)),
                    "a run elsewhere may begin"
                );
                let options = auth::FlowOptions {
                    input,
                    interactive: true,
                    accept_defaults: false,
                    supplied: Vec::new(),
                    set_default: false,
                    headless: false,
                    token: auth::TokenState::Absent,
                };
                let flow = plugin.claude_proxy_plugin_auth().flow();
                let one = flow.call_constructor(&mut store, &options)?;
                let step = flow.call_next(&mut store, one, &auth::Answer::Begin)?;
                ensure!(step.is_ok(), "the flow does not begin");
                let wanted = plugin
                    .claude_proxy_plugin_doctor()
                    .call_wanted(&mut store)?;
                ensure!(!wanted.is_empty(), "doctor asks for nothing");
                Ok(())
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/older.rs"));
