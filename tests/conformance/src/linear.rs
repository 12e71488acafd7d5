//! The cost of a document grows linearly with its size, whatever its shape. It is counted in wasmtime's fuel, which is
//! the same on every machine.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use claude_proxy_provider::audit::AuditInput;
use claude_proxy_provider::auth::{FlowOptions, SuppliedAnswers};
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

/// Documents: what stands between `<` and `>` is written once for each part, with the part's number in place of `#`, the number of
/// the next one in place of `+`, and that of as many parts from the end in place of `~`. `LONG` is a text as long as there are
/// parts. Shapes with leaks have the word in their name.
const SHAPES: &[(&str, &str)] = &[
    ("keys on one line", "{<k#:#,>}"),
    ("keys on lines", "{\n<  k#: #,\n>}"),
    ("one key, many times", "{<a:1,>}"),
    ("one key, many times, under a long one", "{LONG:{<a:1,>}}"),
    (
        "twins in twins, under a long key",
        "{LONG:{<a:{x:1,x:1},>}}",
    ),
    ("objects on one line", "{unknown:{<k#:{a:[1,{}]},>}\n}"),
    (
        "models on one line",
        "{models:{providers:{'anthropic-claude-proxy':{models:[<{id:'m#',name:'M'},>]}}}}",
    ),
    (
        "agents that leak, on one line",
        "{agents:{entries:{<a#:{model:'openai/m#'},>}}}",
    ),
    (
        "agents that leak, in a list",
        "{agents:{list:[<{id:'a#',model:'openai/m#'},>]}}",
    ),
    ("keys, and again backwards", "{<k#:1,><k~:2,>}"),
    (
        "models in another order",
        "{models:{providers:{'anthropic-claude-proxy':{models:[<{id:'m#',name:'M'},>]}}},plugins:{entries:{'anthropic-claude-proxy':{config:{models:[<'m~',>]}}}}}",
    ),
    (
        "agents that leak, among twins",
        "{agents:{entries:{<a#:{model:'openai/m#'},>t:1,t:2}}}",
    ),
    (
        "fallbacks that leak",
        "{agents:{defaults:{model:{primary:'openai/m',fallbacks:[<'openai/m#',>]}}}}",
    ),
    (
        "aliases that leak",
        "{agents:{defaults:{models:{<'openai/m#':{alias:'a#'},>}}}}",
    ),
    (
        "providers that leak",
        "{models:{providers:{<p#:{baseUrl:'http://10.0.0.1/#'},>}}}",
    ),
    (
        "plugins",
        "{plugins:{entries:{<p#:{config:{provider:'openai'}},>}}}",
    ),
    (
        "channels that leak",
        "{channels:{modelByChannel:{slack:{<c#:'openai/m#',>}}}}",
    ),
    (
        "media models that leak",
        "{tools:{media:{models:[<{provider:'openai',model:'m#'},>]}}}",
    ),
    (
        "a list of texts",
        "{tools:{deny:[<'t#',>]},plugins:{allow:[<'t#',>],deny:[<'t#',>]}}",
    ),
    ("variables", "{env:{vars:{<V#:'${V+}',>}}}"),
    (
        "questions that leak",
        "{models:{providers:{<p#:{baseUrl:'${V#}'},>}}}",
    ),
    ("comments", "{</* c */ > a:1 }"),
    ("escapes in keys", "{<'\\u0061#':#,>}"),
];

/// The document of a shape with so many parts.
fn document(shape: &str, parts: usize) -> String {
    let mut out = String::new();
    for (at, piece) in shape.split(['<', '>']).enumerate() {
        if at % 2 == 0 {
            out += &piece.replace("LONG", &"k".repeat(parts));
            continue;
        }
        for n in 0..parts {
            let numbers = [('#', n), ('+', n + 1), ('~', parts - n - 1)];
            let fill = |text: String, (sign, n): (char, usize)| text.replace(sign, &n.to_string());
            out += &numbers.into_iter().fold(piece.to_owned(), fill);
        }
    }
    out
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
                json!({ "kind": "login", "value": { "code": 0, "output": "{\"loggedIn\":true}", "errors": "" } })
            }
            Some("note") => json!({ "kind": "shown" }),
            Some("done") | None => return Ok(spent),
            Some(other) => bail!("the login asks for {other}, which this test does not answer"),
        };
    }
}

/// Every function that reads a document, with every shape in two sizes.
pub(crate) fn run(_: &Path) -> Result<String> {
    let host = Host::new()?;
    let (mut count, mut failed, mut worst) = (0, Vec::new(), 0.0_f64);
    for (name, shape) in SHAPES {
        let leaks = name.contains("leak");
        let few = calls(&document(shape, PARTS), leaks)?;
        let many = calls(&document(shape, PARTS * TIMES), leaks)?;
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
