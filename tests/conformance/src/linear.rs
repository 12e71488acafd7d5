//! The cost of a document grows as its size does, whatever its shape. Counted in wasmtime's fuel, which is the same on every
//! machine and in every run.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::rust::{Host, MEMORY};

/// Parts of the smaller document; the larger one has [`TIMES`] times as many.
const PARTS: usize = 4_000;
const TIMES: usize = 4;
/// How many times the smaller document's fuel the larger one may take. Sorting adds a little to [`TIMES`]; a cost that grows
/// with the square would be 16 times.
const MOST: u64 = 5;

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
        let key = "k".repeat(parts * 4);
        let twins = list(parts, |n| format!("k{n}:1,k{n}:2,"));
        format!("{{{key}:{{{twins}}}}}")
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
    ("providers", |parts| {
        let all = list(parts, |n| {
            format!("p{n}:{{baseUrl:'http://10.0.0.1/{n}'}},")
        });
        format!("{{models:{{providers:{{{all}}}}}}}")
    }),
    ("plugins", |parts| {
        let all = list(parts, |n| format!("p{n}:{{config:{{provider:'openai'}}}},"));
        format!("{{plugins:{{entries:{{{all}}}}}}}")
    }),
    ("channels", |parts| {
        let all = list(parts, |n| format!("c{n}:'openai/m{n}',"));
        format!("{{channels:{{modelByChannel:{{slack:{{{all}}}}}}}}}")
    }),
    ("media models", |parts| {
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
    ("questions", |parts| {
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

/// The functions that read a document, with this one.
fn calls(document: &str) -> [(&'static str, &'static str, Vec<Value>); 4] {
    let input = json!({ "document": document, "files": [], "variables": [], "backups": [] });
    let request = |fix: bool| {
        json!({
            "host": null, "port": null, "models": null, "setDefault": true, "grantHooks": true, "fix": fix,
            "harden": fix, "unharden": false,
        })
    };
    [
        ("provider", "settings-from-config", vec![json!(document)]),
        ("config", "audit", vec![input.clone()]),
        ("config", "apply", vec![input.clone(), request(false)]),
        ("config", "apply", vec![input, request(true)]),
    ]
}

/// Every function that reads a document, with every shape in two sizes.
pub(crate) fn run(component: &Path) -> Result<String> {
    let host = Host::new(component)?;
    let (mut count, mut failed, mut worst) = (0, Vec::new(), 0.0_f64);
    for (name, shape) in SHAPES {
        let (small, large) = (shape(PARTS), shape(PARTS * TIMES));
        for (n, ((interface, function, few), (_, _, many))) in
            calls(&small).into_iter().zip(calls(&large)).enumerate()
        {
            let mut fuel = [0; 2];
            for (spent, arguments) in fuel.iter_mut().zip([few, many]) {
                let mut guest = host.instance(MEMORY)?;
                if let Err(why) = guest.call(interface, function, &arguments) {
                    println!("{}", why.root_cause());
                }
                *spent = guest.spent()?;
            }
            let [few, many] = fuel;
            count += 1;
            worst = worst.max(many as f64 / few as f64);
            println!(
                "{interface}.{function}#{n} {name}: {few} {many} {:.2}",
                many as f64 / few as f64
            );
            if many > few * MOST {
                failed.push(format!(
                    "{interface}.{function} with {name}: {few} instructions for {PARTS} parts, {many} for {TIMES} times as many"
                ));
            }
        }
    }
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(format!(
        "{count} calls; {TIMES} times the size costs at most {worst:.1} times as much"
    ))
}
