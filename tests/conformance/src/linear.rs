//! The cost of a document grows as its size does, whatever its shape. Counted in wasmtime's fuel, which is the same on every
//! machine and in every run.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use claude_proxy_provider::auth::{FlowOptions, SuppliedAnswers};
use claude_proxy_provider::report::AuditInput;
use serde_json::{Value, json};

use crate::limits::apply_request;
use crate::native::plain;
use crate::rust::{Call, Guest, Host, MEMORY};

/// Parts of the smaller document; the larger one has [`TIMES`] times as many.
const PARTS: usize = 1_000;
const TIMES: usize = 4;
/// How many times the smaller document's fuel the larger one may take. Sorting and tables add a little to [`TIMES`]; where the
/// cost grows with the square it comes near to 16 times.
const MOST: f64 = 4.5;

/// Writes a document with so many parts.
type Shape = fn(usize) -> String;

const SHAPES: &[(&str, Shape)] = &[
    ("keys on one line", |parts| {
        format!("{{{}}}", list(parts, |n| format!("k{n}:{n},")))
    }),
    ("keys on lines", |parts| {
        format!("{{\n{}}}", list(parts, |n| format!("  k{n}: {n},\n")))
    }),
    ("one key, many times", |parts| {
        format!("{{{}}}", list(parts, |_| "a:1,".to_owned()))
    }),
    ("one key, many times, under a long one", |parts| {
        let key = "k".repeat(parts);
        format!("{{{key}:{{{}}}}}", list(parts, |_| "a:1,".to_owned()))
    }),
    ("twins in twins, under a long key", |parts| {
        let key = "k".repeat(parts);
        format!(
            "{{{key}:{{{}}}}}",
            list(parts, |_| "a:{x:1,x:1},".to_owned())
        )
    }),
    ("objects on one line", |parts| {
        let inner = list(parts, |n| format!("k{n}:{{a:[1,{{}}]}},"));
        format!("{{unknown:{{{inner}}}\n}}")
    }),
    ("models on one line", |parts| {
        let rows = list(parts, |n| format!("{{id:'m{n}',name:'M'}},"));
        format!("{{models:{{providers:{{'anthropic-claude-proxy':{{models:[{rows}]}}}}}}}}")
    }),
    ("agents that leak, on one line", |parts| {
        let agents = list(parts, |n| format!("a{n}:{{model:'openai/m{n}'}},"));
        format!("{{agents:{{entries:{{{agents}}}}}}}")
    }),
    ("agents that leak, in a list", |parts| {
        let agents = list(parts, |n| format!("{{id:'a{n}',model:'openai/m{n}'}},"));
        format!("{{agents:{{list:[{agents}]}}}}")
    }),
    ("keys, and again backwards", |parts| {
        let there = list(parts, |n| format!("k{n}:1,"));
        format!(
            "{{{there}{}}}",
            list(parts, |n| format!("k{}:2,", parts - n - 1))
        )
    }),
    ("models in another order", |parts| {
        let rows = list(parts, |n| format!("{{id:'m{n}',name:'M'}},"));
        let ids = list(parts, |n| format!("'m{}',", parts - n - 1));
        format!(
            "{{models:{{providers:{{'anthropic-claude-proxy':{{models:[{rows}]}}}}}},plugins:{{entries:{{'anthropic-claude-proxy':{{config:{{models:[{ids}]}}}}}}}}}}"
        )
    }),
    ("agents that leak, among twins", |parts| {
        let agents = list(parts, |n| format!("a{n}:{{model:'openai/m{n}'}},"));
        format!("{{agents:{{entries:{{{agents}t:1,t:2}}}}}}")
    }),
    ("fallbacks that leak", |parts| {
        let models = list(parts, |n| format!("'openai/m{n}',"));
        format!("{{agents:{{defaults:{{model:{{primary:'openai/m',fallbacks:[{models}]}}}}}}}}")
    }),
    ("aliases that leak", |parts| {
        let models = list(parts, |n| format!("'openai/m{n}':{{alias:'a{n}'}},"));
        format!("{{agents:{{defaults:{{models:{{{models}}}}}}}}}")
    }),
    ("providers that leak", |parts| {
        let all = list(parts, |n| {
            format!("p{n}:{{baseUrl:'http://10.0.0.1/{n}'}},")
        });
        format!("{{models:{{providers:{{{all}}}}}}}")
    }),
    ("plugins", |parts| {
        let all = list(parts, |n| format!("p{n}:{{config:{{provider:'openai'}}}},"));
        format!("{{plugins:{{entries:{{{all}}}}}}}")
    }),
    ("channels that leak", |parts| {
        let all = list(parts, |n| format!("c{n}:'openai/m{n}',"));
        format!("{{channels:{{modelByChannel:{{slack:{{{all}}}}}}}}}")
    }),
    ("media models that leak", |parts| {
        let all = list(parts, |n| format!("{{provider:'openai',model:'m{n}'}},"));
        format!("{{tools:{{media:{{models:[{all}]}}}}}}")
    }),
    ("a list of texts", |parts| {
        let all = list(parts, |n| format!("'t{n}',"));
        format!("{{tools:{{deny:[{all}]}},plugins:{{allow:[{all}],deny:[{all}]}}}}")
    }),
    ("variables", |parts| {
        let vars = list(parts, |n| format!("V{n}:'${{V{}}}',", n + 1));
        format!("{{env:{{vars:{{{vars}}}}}}}")
    }),
    ("questions that leak", |parts| {
        let all = list(parts, |n| format!("p{n}:{{baseUrl:'${{V{n}}}'}},"));
        format!("{{models:{{providers:{{{all}}}}}}}")
    }),
    ("comments", |parts| {
        format!("{{{} a:1 }}", list(parts, |_| "/* c */ ".to_owned()))
    }),
    ("escapes in keys", |parts| {
        format!("{{{}}}", list(parts, |n| format!("'\\u0061{n}':{n},")))
    }),
];

fn list(parts: usize, part: impl Fn(usize) -> String) -> String {
    (0..parts).map(part).collect()
}

/// The functions that read a document, with this one. An edit with `fix` closes some hundred routes a round, and each round
/// reads the whole document again, so it is measured where there are not thousands of them.
fn calls(document: &str, leaks: bool) -> Result<Vec<Call>> {
    let input = AuditInput::of(document);
    let options = plain(&FlowOptions {
        input: input.clone(),
        accept_defaults: true,
        supplied: SuppliedAnswers {
            close: Some(false),
            ..SuppliedAnswers::default()
        },
        set_default: true,
        ..FlowOptions::default()
    })?;
    let input = plain(&input)?;
    let mut calls = vec![
        json!(["types", "settings.from-config", [document]]),
        json!(["config", "audit", [input]]),
        json!(["config", "apply", [input, apply_request(false)?]]),
        json!(["auth", "flow", [options]]),
    ];
    if !leaks {
        calls.push(json!(["config", "apply", [input, apply_request(true)?]]));
    }
    Ok(serde_json::from_value(calls.into())?)
}

/// Answers a login flow until it is done or refuses; the fuel that took.
fn log_in(guest: &mut Guest) -> Result<u64> {
    let mut spent = 0;
    let mut answer = json!({ "kind": "begin" });
    loop {
        let prompt = guest.call("auth", "flow.next", &[answer])?;
        spent += guest.spent()?;
        let refused =
            |id: &str| json!({ "id": id, "outcome": { "kind": "refused" }, "elapsedMs": 1 });
        answer = match prompt.pointer("/ok/kind").and_then(Value::as_str) {
            Some("probe") => {
                let all = ["root", "health", "models"].map(refused);
                json!({ "kind": "observed", "value": all })
            }
            Some("login-status") => {
                json!({ "kind": "login", "value": { "code": 0, "output": "{\"loggedIn\":true}" } })
            }
            Some("note") => json!({ "kind": "shown" }),
            Some("done") | None => return Ok(spent),
            Some(other) => bail!("nobody is there to answer {other}"),
        };
    }
}

/// Every function that reads a document, with every shape in two sizes.
pub(crate) fn run(_: &Path) -> Result<String> {
    let host = Host::new()?;
    let (mut count, mut failed, mut worst) = (0, Vec::new(), 0.0_f64);
    for (name, shape) in SHAPES {
        let leaks = name.contains("leak");
        let few = calls(&shape(PARTS), leaks)?;
        let many = calls(&shape(PARTS * TIMES), leaks)?;
        for ((interface, function, small), (_, _, large)) in few.iter().zip(&many) {
            let mut fuel = [0; 2];
            for (spent, arguments) in fuel.iter_mut().zip([small, large]) {
                let mut guest = host.instance(MEMORY)?;
                let place = || format!("{interface}.{function} with {name}");
                guest
                    .call(interface, function, arguments)
                    .with_context(place)?;
                *spent = guest.spent()?;
                if function == "flow" {
                    *spent += log_in(&mut guest).with_context(place)?;
                }
            }
            let [small, large] = fuel;
            let times = large as f64 / small as f64;
            count += 1;
            worst = worst.max(times);
            if times > MOST {
                failed.push(format!(
                    "{interface}.{function} with {name}: {small} instructions for {PARTS} parts, {large} for {TIMES} times as many"
                ));
            }
        }
    }
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(format!(
        "{count} calls; {TIMES} times the size costs at most {worst:.1} times as much"
    ))
}
