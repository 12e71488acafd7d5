//! Calls the functions of the interface in `claude-proxy-provider` itself. The expected results of the vectors come
//! from here.

use anyhow::{Context as _, Result, anyhow, bail};
use claude_proxy_provider as p;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::vectors::SETTINGS;

/// What a vector keeps from one call to the next.
#[derive(Default)]
pub(crate) struct State(Option<p::auth::Flow>);

/// Calls a function with arguments in canonical JSON; the result in canonical JSON.
pub(crate) fn call(
    state: &mut State,
    interface: &str,
    function: &str,
    arguments: Vec<Value>,
) -> Result<Value> {
    let mut arguments = Arguments(arguments.into_iter());
    let a = &mut arguments;
    let result = match (interface, function) {
        ("provider", "describe") => plain(&p::descriptor::describe()),
        ("provider", "models") => plain(&p::catalog::rows(&a.list::<String>()?)),
        ("types", "settings.parse") => fallible(p::settings::parse(&a.text()?)),
        ("types", "settings.from-config") => fallible(p::configured::settings(&a.text()?)),
        ("types", "settings.with-changes") => fallible(a.settings()?.with_changes(&a.text()?)),
        ("types", "settings.to-json") => plain(&a.settings()?.to_json()),
        ("provider", "launch") => fallible(p::launch::launch(&a.settings()?, &a.list::<String>()?)),
        ("auth", "flow") => {
            state.0 = Some(p::auth::Flow::new(a.next()?));
            Ok(Value::Null)
        }
        ("auth", "flow.next") => {
            let flow = state.0.as_mut().context("`flow` comes first")?;
            fallible(flow.next(a.next()?))
        }
        ("auth", "judge-token") => plain(&p::auth::judge_token(a.optional::<String>()?.as_deref())),
        ("auth", "judge-login") => plain(&p::auth::judge_login(a.optional()?.as_ref())),
        ("config", "merge") => fallible(p::configured::merge(&p::audit::AuditInput {
            document: a.next()?,
            files: a.next()?,
            variables: a.next()?,
            ..p::audit::AuditInput::default()
        })),
        ("config", "guard-off") => plain(&p::configured::guard_off(&a.text()?)),
        ("config", "unknown-paths") => plain(&p::audit::unknown_paths(&a.text()?)),
        ("config", "audit") => plain(&p::audit::audit(&a.next()?)),
        ("config", "apply") => fallible(p::edit::apply(&a.next()?, &a.next()?)),
        ("health", "judge") => plain(&p::health::judge_owned(
            &a.settings()?,
            &a.next()?,
            &a.list()?,
        )),
        ("health", "liveness") => plain(&p::health::liveness()),
        ("health", "diagnose") => plain(&p::health::diagnose(&a.settings()?, &a.next()?)),
        ("health", "diagnose-spawn") => plain(&p::health::diagnose_spawn(
            &a.settings()?,
            a.next()?,
            &a.text()?,
        )),
        ("runtime", "gate") => plain(&p::runtime::gate(
            &a.settings()?,
            &a.next()?,
            a.optional::<String>()?.as_deref(),
        )),
        ("runtime", "guard") => plain(&p::runtime::guard(&a.settings()?, &a.next()?)),
        ("runtime", "guard-tool") => plain(&p::runtime::guard_tool(&a.settings()?, &a.next()?)),
        ("runtime", "guard-request") => {
            plain(&p::runtime::guard_request(&a.settings()?, &a.next()?))
        }
        ("runtime", "guard-program") => {
            plain(&p::runtime::guard_program(&a.settings()?, &a.next()?))
        }
        ("runtime", "assess") => plain(&p::runtime::assess(&a.settings()?, &a.next()?, &a.next()?)),
        ("chat", "models-probe") => plain(&p::health::models_probe()),
        ("chat", "read-models") => plain(&p::listing::read(&a.list()?)),
        ("chat", "prepare") => plain(&p::chat::plan(&a.settings()?, &a.list()?, &a.next()?)),
        ("chat", "read-failure") => plain(&p::answer::read(
            &a.settings()?,
            &a.text()?,
            &a.list()?,
            &a.text()?,
            a.next()?,
        )),
        ("chat", "is-line") => plain(&p::answer::is_line(&a.text()?)),
        ("quota", "quota-probe") => plain(&p::quota::probe(&a.settings()?)),
        ("quota", "read-quota") => plain(&p::quota::read(&a.list()?, a.next()?)),
        ("turn", "cost") => plain(&p::turn::cost(&a.text()?)),
        ("turn", "next-request") => plain(&p::turn::next(&a.settings()?, &a.next()?, &a.list()?)),
        ("doctor", "questions") => plain(&p::doctor::questions()),
        ("doctor", "openclaw-version") => fallible(p::doctor::openclaw_version(&a.list()?)),
        ("doctor", "examine") => plain(&p::doctor::examine(&a.next()?)),
        _ => bail!("no function {interface}.{function}"),
    }?;
    if arguments.0.next().is_some() {
        bail!("{interface}.{function} has fewer arguments");
    }
    Ok(result)
}

struct Arguments(std::vec::IntoIter<Value>);

impl Arguments {
    /// `$settings`, made as a host makes them.
    fn settings(&mut self) -> Result<p::settings::Settings> {
        let value: Value = self.next()?;
        let given = value.get(SETTINGS).context("settings come first")?;
        p::settings::parse(&given.to_string()).map_err(|why| anyhow!("{why}"))
    }

    fn text(&mut self) -> Result<String> {
        self.next()
    }

    fn list<T: DeserializeOwned>(&mut self) -> Result<Vec<T>> {
        self.next()
    }

    fn optional<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        self.next()
    }

    fn next<T: DeserializeOwned>(&mut self) -> Result<T> {
        let value = self.0.next().context("an argument is missing")?;
        Ok(serde_json::from_value(serde_results(value))?)
    }
}

/// A result is `{"ok"}` or `{"error"}`; serde has its own names.
fn serde_results(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(serde_results).collect(),
        Value::Object(members) => {
            let alone = members.len() == 1;
            let renamed = |key: String| match key.as_str() {
                "ok" if alone => "Ok".to_owned(),
                "error" if alone => "Err".to_owned(),
                _ => key,
            };
            let members = members.into_iter();
            Value::Object(
                members
                    .map(|(key, value)| (renamed(key), serde_results(value)))
                    .collect(),
            )
        }
        plain => plain,
    }
}

/// A value of the crate as canonical JSON, which is its own.
pub(crate) fn plain<T: Serialize>(value: &T) -> Result<Value> {
    Ok(serde_json::to_value(value)?)
}

fn fallible<T: Serialize, E: Serialize>(result: Result<T, E>) -> Result<Value> {
    Ok(match result {
        Ok(value) => json!({ "ok": plain(&value)? }),
        Err(why) => json!({ "error": plain(&why)? }),
    })
}
