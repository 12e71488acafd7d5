//! Every vector through the typed interface of `crates/host`, as a Rust program that embeds the component calls it.

use anyhow::{Context as _, Result, bail, ensure};
use claude_proxy_host::{ClaudeProxy, Error, Flow};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wasmtime::component::Type;

use crate::rust::Guest;
use crate::shape::To;
use crate::vectors::{Call, File};

/// Runs every vector, each in a fresh instance; how many calls there were. `types` is asked for the types of functions only.
pub(crate) fn run(proxy: &mut ClaudeProxy, types: &mut Guest, files: &[File]) -> Result<usize> {
    let mut count = 0;
    for file in files {
        for vector in &file.vectors {
            proxy.release();
            let mut flow = None;
            let mut calls = vector.calls.iter();
            let mut check = |call: &Call, got: Value| {
                ensure!(
                    got == call.result,
                    "{}: {}: {}: {got} instead of {}",
                    file.interface,
                    vector.name,
                    call.function,
                    call.result
                );
                count += 1;
                Ok(())
            };
            // The flow borrows the component until it is over: what comes after its constructor are its methods.
            for call in calls.by_ref() {
                let mut a = Arguments::of(types, file, call)?;
                if call.function == "flow" {
                    flow = Some(proxy.flow(&a.next()?)?);
                    check(call, Value::Null)?;
                    a.end()?;
                    break;
                }
                check(call, function(proxy, &file.interface, &call.function, a)?)?;
            }
            for call in calls {
                let flow = flow.as_mut().context("the calls ended")?;
                let a = Arguments::of(types, file, call)?;
                check(call, method(flow, &call.function, a)?)?;
            }
        }
    }
    Ok(count)
}

fn function(
    proxy: &mut ClaudeProxy,
    interface: &str,
    function: &str,
    mut a: Arguments,
) -> Result<Value> {
    match (interface, function) {
        ("provider", "describe") => a.plain(proxy.describe()),
        ("provider", "models") => {
            let ids: Vec<String> = a.next()?;
            a.plain(proxy.models(&ids))
        }
        ("provider", "parse-settings") => {
            let text: String = a.next()?;
            a.fallible(proxy.parse_settings(&text))
        }
        ("provider", "settings-from-config") => {
            let text: String = a.next()?;
            a.fallible(proxy.settings_from_config(&text))
        }
        ("provider", "launch") => {
            let (settings, names) = (a.next()?, a.next::<Vec<String>>()?);
            a.fallible(proxy.launch(&settings, &names))
        }
        ("config", "merge") => {
            let input = a.next()?;
            a.fallible(proxy.merge(&input))
        }
        ("config", "audit") => {
            let input = a.next()?;
            a.plain(proxy.audit(&input))
        }
        ("config", "apply") => {
            let (input, request) = (a.next()?, a.next()?);
            a.fallible(proxy.apply(&input, &request))
        }
        ("health", "judge") => {
            let (settings, owned, seen) = (a.next()?, a.next()?, a.next::<Vec<_>>()?);
            a.plain(proxy.judge(&settings, owned, &seen))
        }
        ("health", "liveness") => a.plain(proxy.liveness()),
        ("health", "diagnose") => {
            let (settings, exit) = (a.next()?, a.next()?);
            a.plain(proxy.diagnose(&settings, &exit))
        }
        ("health", "diagnose-spawn") => {
            let (settings, kind, detail): (_, String, String) = (a.next()?, a.next()?, a.next()?);
            a.plain(proxy.diagnose_spawn(&settings, &kind, &detail))
        }
        ("runtime", "gate") => {
            let (settings, now, model) = (a.next()?, a.next()?, a.next::<Option<String>>()?);
            a.plain(proxy.gate(&settings, &now, model.as_deref()))
        }
        ("runtime", "guard") => {
            let (settings, run) = (a.next()?, a.next()?);
            a.plain(proxy.guard(&settings, &run))
        }
        ("runtime", "guard-tool") => {
            let (settings, call) = (a.next()?, a.next()?);
            a.plain(proxy.guard_tool(&settings, &call))
        }
        ("runtime", "guard-request") => {
            let (settings, request) = (a.next()?, a.next()?);
            a.plain(proxy.guard_request(&settings, &request))
        }
        ("runtime", "next-step") => {
            let (settings, now, closed) = (a.next()?, a.next()?, a.next()?);
            a.plain(proxy.next_step(&settings, &now, closed))
        }
        ("chat", "models-probe") => a.plain(proxy.models_probe()),
        ("chat", "read-models") => {
            let seen: Vec<_> = a.next()?;
            a.plain(proxy.read_models(&seen))
        }
        ("chat", "prepare") => {
            let (settings, listed, request) = (a.next()?, a.next::<Vec<_>>()?, a.next()?);
            a.plain(proxy.prepare(&settings, &listed, &request))
        }
        ("chat", "read-failure") => {
            let (settings, model) = (a.next()?, a.next::<String>()?);
            let (listed, text) = (a.next::<Vec<_>>()?, a.next::<String>()?);
            let now = a.next()?;
            a.plain(proxy.read_failure(&settings, &model, &listed, &text, now))
        }
        ("doctor", "wanted") => a.plain(proxy.doctor_wanted()),
        ("doctor", "examine") => {
            let facts: Vec<_> = a.next()?;
            a.plain(proxy.examine(&facts))
        }
        _ => bail!("no function {interface}.{function}"),
    }
}

fn method(flow: &mut Flow<'_>, function: &str, mut a: Arguments) -> Result<Value> {
    match function {
        "flow.next" => {
            let answer = a.next()?;
            a.fallible(flow.next(&answer))
        }
        _ => bail!("no method {function}"),
    }
}

/// Arguments of one call, and how its result is written.
struct Arguments {
    left: std::vec::IntoIter<(Type, Value)>,
    result: Option<Type>,
}

impl Arguments {
    fn of(types: &mut Guest, file: &File, call: &Call) -> Result<Self> {
        let (parameters, result) = types.signature(&file.interface, &call.function)?;
        let values = file.arguments(call)?;
        ensure!(
            parameters.len() == values.len(),
            "{} has {} arguments",
            call.function,
            parameters.len()
        );
        let left: Vec<_> = parameters.into_iter().zip(values).collect();
        Ok(Self {
            left: left.into_iter(),
            result,
        })
    }

    fn next<T: DeserializeOwned>(&mut self) -> Result<T> {
        let (ty, value) = self.left.next().context("an argument is missing")?;
        Ok(serde_json::from_value(To::Serde.shape(&ty, &value)?)?)
    }

    fn end(mut self) -> Result<()> {
        ensure!(self.left.next().is_none(), "an argument was not used");
        Ok(())
    }

    fn plain<T: Serialize>(self, result: Result<T, Error>) -> Result<Value> {
        let ty = self.result.clone().context("it has no result")?;
        self.end()?;
        To::Canonical.shape(&ty, &serde_json::to_value(result?)?)
    }

    fn fallible<T: Serialize>(self, result: Result<T, Error>) -> Result<Value> {
        let Some(Type::Result(both)) = self.result.clone() else {
            bail!("its result is no result");
        };
        self.end()?;
        let written = |ty: Option<Type>, value: Value| {
            To::Canonical.shape(&ty.context("it has no payload")?, &value)
        };
        Ok(match result {
            Ok(value) => json!({ "ok": written(both.ok(), serde_json::to_value(value)?)? }),
            Err(Error::Input(why)) => {
                json!({ "error": written(both.err(), serde_json::to_value(why)?)? })
            }
            Err(other) => return Err(other.into()),
        })
    }
}
