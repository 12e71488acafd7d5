//! A host in Rust: wasmtime without any linked import, fuel and memory bounded, values by the component's own types.

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use heck::ToLowerCamelCase as _;
use serde_json::{Map, Value, json};
use wasmtime::component::{Component, Func, Instance, Linker, ResourceAny, Type, Val};
use wasmtime::{Config, Engine, Store, StoreLimits, StoreLimitsBuilder};

use crate::vectors::{File, SETTINGS};

/// The package, as exported names spell it.
const PACKAGE: &str = "claude-proxy:plugin";
/// Instructions that one call may take, in wasmtime's fuel: some seconds of this machine.
const FUEL: u64 = 25_000_000_000;
/// Bytes of memory that the component may have.
pub(crate) const MEMORY: usize = 256 << 20;

/// The component, compiled ahead of time.
const IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/with-fuel.cwasm"));

/// The component in a host that grants it nothing.
pub(crate) struct Host {
    engine: Engine,
    component: Component,
    linker: Linker<StoreLimits>,
}

impl Host {
    /// Loads the component that this program was built with. Fails where it imports anything but WASI 0.2's basics.
    pub(crate) fn new() -> Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true);
        let engine = Engine::new(&config).map_err(failed)?;
        ensure!(
            !IMAGE.is_empty(),
            "built without a component\nhint: cargo xtask conformance"
        );
        // SAFETY: made by this crate's build script with this version of wasmtime.
        let component = unsafe { Component::deserialize(&engine, IMAGE) }.map_err(failed)?;
        for (name, _) in component.component_type().imports(&engine) {
            let basic = name.starts_with("wasi:cli/") || name.starts_with("wasi:io/");
            ensure!(basic, "the component imports {name}");
        }
        let mut linker = Linker::new(&engine);
        linker
            .define_unknown_imports_as_traps(&component)
            .map_err(failed)?;
        Ok(Self {
            engine,
            component,
            linker,
        })
    }

    /// A fresh instance.
    pub(crate) fn instance(&self, memory: usize) -> Result<Guest> {
        let limits = StoreLimitsBuilder::new()
            .memory_size(memory)
            .trap_on_grow_failure(true)
            .build();
        let mut store = Store::new(&self.engine, limits);
        store.limiter(|limits| limits);
        store.set_fuel(FUEL).map_err(failed)?;
        let instance = self
            .linker
            .instantiate(&mut store, &self.component)
            .map_err(failed)?;
        Ok(Guest {
            store,
            instance,
            flow: None,
        })
    }
}

/// An error of wasmtime with its causes.
fn failed(why: wasmtime::Error) -> anyhow::Error {
    anyhow!("{why:#}")
}

/// Interface, function, and arguments in canonical JSON.
pub(crate) type Call = (String, String, Vec<Value>);

/// One instance.
pub(crate) struct Guest {
    store: Store<StoreLimits>,
    instance: Instance,
    flow: Option<ResourceAny>,
}

impl Guest {
    /// Calls a function with arguments in canonical JSON, with full fuel; the result in canonical JSON.
    pub(crate) fn call(
        &mut self,
        interface: &str,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value> {
        let of_the_flow = function.starts_with("flow.");
        let function = self.function(interface, function)?;
        let ty = function.ty(&self.store);
        let mut rest = arguments.iter();
        let mut made = Vec::new();
        let mut parameters = Vec::new();
        for (name, ty) in ty.params() {
            parameters.push(match ty {
                Type::Borrow(_) if of_the_flow => {
                    Val::Resource(self.flow.context("the constructor comes first")?)
                }
                ty => {
                    let given = rest.next().with_context(|| format!("no argument {name}"))?;
                    match ty {
                        Type::Borrow(_) => {
                            let settings = self.settings(given)?;
                            made.push(settings);
                            Val::Resource(settings)
                        }
                        ty => lower(&ty, given)?,
                    }
                }
            });
        }
        ensure!(rest.next().is_none(), "too many arguments");
        let result = self.invoke(&function, &parameters)?;
        let spent = self.store.get_fuel().map_err(failed)?;
        let result = match result {
            Some(Val::Resource(flow)) => {
                self.flow = Some(flow);
                Value::Null
            }
            Some(Val::Result(Ok(Some(value)))) if matches!(*value, Val::Resource(_)) => {
                json!({ "ok": self.settings_as_json(&value, &mut made)? })
            }
            Some(result) => lift(&result),
            None => Value::Null,
        };
        for settings in made {
            settings.resource_drop(&mut self.store).map_err(failed)?;
        }
        self.store.set_fuel(spent).map_err(failed)?;
        Ok(result)
    }

    /// The resource that `$settings` stands for.
    fn settings(&mut self, given: &Value) -> Result<ResourceAny> {
        let given = given
            .get(SETTINGS)
            .context("settings come as `$settings`")?;
        let parse = self.function("types", "settings.parse")?;
        match self.invoke(&parse, &[Val::String(given.to_string())])? {
            Some(Val::Result(Ok(Some(value)))) => match *value {
                Val::Resource(settings) => Ok(settings),
                other => bail!("{other:?} is not a resource"),
            },
            other => bail!("{given} gives no settings: {other:?}"),
        }
    }

    /// Settings that a function gave, as canonical JSON.
    fn settings_as_json(&mut self, value: &Val, made: &mut Vec<ResourceAny>) -> Result<Value> {
        let to_json = self.function("types", "settings.to-json")?;
        if let Val::Resource(settings) = value {
            made.push(*settings);
        }
        match self.invoke(&to_json, std::slice::from_ref(value))? {
            Some(Val::String(text)) => Ok(serde_json::from_str(&text)?),
            other => bail!("settings are written as {other:?}"),
        }
    }

    /// Calls with full fuel.
    fn invoke(&mut self, function: &Func, parameters: &[Val]) -> Result<Option<Val>> {
        let count = function.ty(&self.store).results().len();
        let mut results = vec![Val::Bool(false); count];
        self.store.set_fuel(FUEL).map_err(failed)?;
        function
            .call(&mut self.store, parameters, &mut results)
            .map_err(failed)?;
        Ok(results.pop())
    }

    /// Fuel that the last call took.
    pub(crate) fn spent(&self) -> Result<u64> {
        Ok(FUEL - self.store.get_fuel().map_err(failed)?)
    }

    fn function(&mut self, interface: &str, function: &str) -> Result<Func> {
        let name = match function.split_once('.') {
            Some(("settings", made @ ("parse" | "from-config"))) => {
                format!("[static]settings.{made}")
            }
            Some((resource, method)) => format!("[method]{resource}.{method}"),
            None if function == "flow" => "[constructor]flow".to_owned(),
            None => function.to_owned(),
        };
        let interface = format!("{PACKAGE}/{interface}@{}", env!("CARGO_PKG_VERSION"));
        let found = self
            .instance
            .get_export_index(&mut self.store, None, &interface);
        let inside = found.with_context(|| format!("no export {interface}"))?;
        let found = self
            .instance
            .get_export_index(&mut self.store, Some(&inside), &name);
        let index = found.with_context(|| format!("no function {name} in {interface}"))?;
        self.instance
            .get_func(&mut self.store, index)
            .context("not a function")
    }
}

/// Canonical JSON as a value of a type.
fn lower(ty: &Type, value: &Value) -> Result<Val> {
    let unfit = || format!("{value} does not fit {ty:?}");
    Ok(match ty {
        Type::Bool => Val::Bool(value.as_bool().with_context(unfit)?),
        Type::U8 => Val::U8(value.as_u64().with_context(unfit)?.try_into()?),
        Type::U16 => Val::U16(value.as_u64().with_context(unfit)?.try_into()?),
        Type::U32 => Val::U32(value.as_u64().with_context(unfit)?.try_into()?),
        Type::U64 => Val::U64(value.as_u64().with_context(unfit)?),
        Type::S32 => Val::S32(value.as_i64().with_context(unfit)?.try_into()?),
        Type::String => Val::String(value.as_str().with_context(unfit)?.to_owned()),
        Type::Enum(_) => Val::Enum(value.as_str().with_context(unfit)?.to_owned()),
        Type::Option(_) if value.is_null() => Val::Option(None),
        Type::Option(some) => Val::Option(Some(Box::new(lower(&some.ty(), value)?))),
        Type::Result(result) => {
            let (name, ty) = match value.get("ok") {
                Some(_) => ("ok", result.ok()),
                None => ("error", result.err()),
            };
            let payload = ty.map(|ty| lower(&ty, value.get(name).with_context(unfit)?));
            let payload = payload.transpose()?.map(Box::new);
            Val::Result(match name {
                "ok" => Ok(payload),
                _ => Err(payload),
            })
        }
        Type::List(list) => {
            let items = value.as_array().with_context(unfit)?;
            Val::List(
                items
                    .iter()
                    .map(|item| lower(&list.ty(), item))
                    .collect::<Result<_>>()?,
            )
        }
        Type::Tuple(tuple) => {
            let items = value.as_array().with_context(unfit)?;
            Val::Tuple(
                tuple
                    .types()
                    .zip(items)
                    .map(|(ty, item)| lower(&ty, item))
                    .collect::<Result<_>>()?,
            )
        }
        Type::Record(record) => {
            let mut fields = Vec::new();
            for field in record.fields() {
                let member = value
                    .get(field.name.to_lower_camel_case())
                    .with_context(|| format!("no {}", field.name))?;
                fields.push((field.name.to_owned(), lower(&field.ty, member)?));
            }
            Val::Record(fields)
        }
        Type::Variant(variant) => {
            let kind = value
                .get("kind")
                .and_then(Value::as_str)
                .with_context(unfit)?;
            let case = variant
                .cases()
                .find(|case| case.name == kind)
                .with_context(unfit)?;
            let payload = case
                .ty
                .map(|ty| lower(&ty, value.get("value").unwrap_or(&Value::Null)));
            Val::Variant(kind.to_owned(), payload.transpose()?.map(Box::new))
        }
        other => bail!("{other:?} is not in this package"),
    })
}

/// A value as canonical JSON.
fn lift(value: &Val) -> Value {
    match value {
        Val::Bool(value) => json!(value),
        Val::U8(value) => json!(value),
        Val::U16(value) => json!(value),
        Val::U32(value) => json!(value),
        Val::U64(value) => json!(value),
        Val::S32(value) => json!(value),
        Val::String(text) | Val::Enum(text) => json!(text),
        Val::Option(value) => value.as_deref().map_or(Value::Null, lift),
        Val::List(items) | Val::Tuple(items) => items.iter().map(lift).collect(),
        Val::Record(fields) => {
            let members: Map<_, _> = fields
                .iter()
                .map(|(name, value)| (name.to_lower_camel_case(), lift(value)))
                .collect();
            Value::Object(members)
        }
        Val::Variant(kind, None) => json!({ "kind": kind }),
        Val::Variant(kind, Some(value)) => json!({ "kind": kind, "value": lift(value) }),
        Val::Result(Ok(value)) => json!({ "ok": value.as_deref().map_or(Value::Null, lift) }),
        Val::Result(Err(value)) => json!({ "error": value.as_deref().map_or(Value::Null, lift) }),
        other => json!(format!("{other:?} is not in this package")),
    }
}

/// Runs every vector; how many calls there were.
pub(crate) fn run(host: &Host, files: &[File]) -> Result<usize> {
    let mut count = 0;
    for file in files {
        for vector in &file.vectors {
            let mut guest = host.instance(MEMORY)?;
            for call in &vector.calls {
                let place = || format!("{}: {}: {}", file.interface, vector.name, call.function);
                let got = guest
                    .call(&file.interface, &call.function, &file.arguments(call)?)
                    .with_context(place)?;
                ensure!(
                    got == call.result,
                    "{}: {got} instead of {}",
                    place(),
                    call.result
                );
                count += 1;
            }
        }
    }
    Ok(count)
}
