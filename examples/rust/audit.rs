//! audit PLUGIN.WASM OPENCLAW.JSON: the audit in a host of its own, with plain wasmtime.
#![allow(missing_docs)]

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

wasmtime::component::bindgen!({ path: "wit", world: "plugin" });
use exports::claude_proxy::plugin::config::{
    AuditInput, AuditOutcome, IncludedFile, Question, Variable,
};

fn main() -> wasmtime::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, component, document] = arguments.as_slice() else {
        wasmtime::bail!("usage: audit PLUGIN.WASM OPENCLAW.JSON");
    };
    let engine = Engine::default();
    let component = Component::from_file(&engine, component)?;
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&component)?; // no capability at all
    let mut store = Store::new(&engine, ());
    let plugin = Plugin::instantiate(&mut store, &component, &linker)?;

    let document = std::fs::read_to_string(document)?;
    let mut input = AuditInput {
        document,
        files: vec![],
        variables: vec![],
        backups: vec![],
        host: None,
        stored: vec![],
    };
    let report = loop {
        match plugin
            .claude_proxy_plugin_config()
            .call_audit(&mut store, &input)?
        {
            AuditOutcome::Report(report) => break report,
            // What this host does not look up counts as "not to be had", which is never closed.
            AuditOutcome::Needs(questions) => {
                questions.into_iter().for_each(|question| match question {
                    Question::File(path) => input.files.push(IncludedFile { path, text: None }),
                    Question::Variable(name) => {
                        input.variables.push(Variable { name, value: None })
                    }
                })
            }
        }
    };
    for finding in &report.findings {
        println!(
            "{} {}: {}",
            format!("{:?}", finding.severity)
                .rsplit(':')
                .next()
                .unwrap_or(""),
            finding.path,
            finding.message
        );
    }
    std::process::exit(i32::from(!report.closed));
}
