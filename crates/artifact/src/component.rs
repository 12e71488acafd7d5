//! From the core module that cargo links to the component that is shipped. The same input gives the same bytes.
//!
//! Cargo must be told to leave the last step to us: `-Clink-arg=--skip-wit-component` in the flags.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use wasmparser::{Parser, Payload};

use crate::label::{self, Label};

/// Features that rustc's `wasm32-wasip2` uses; `wasm-opt` accepts no other.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-extended-const",
];

/// Makes the component: optimises the core module where a `wasm-opt` is given, wraps it, drops names that nobody reads,
/// and labels it.
///
/// `wasm_opt` runs the tool; its arguments are added here. Its version decides the bytes, so pin it.
///
/// # Errors
/// If the module is not one that `--skip-wit-component` leaves, or the tool fails.
pub fn make(core: &[u8], wasm_opt: Option<Command>, label: &Label) -> Result<Vec<u8>> {
    let optimised = wasm_opt.map(|tool| optimise(core, tool)).transpose()?;
    let plain = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(optimised.as_deref().unwrap_or(core))
        .context("this is not what `--skip-wit-component` leaves")?
        .encode()?;
    label::put(&without_names(&plain)?, label)
}

/// Runs `wasm-opt -Oz` over a core module.
fn optimise(core: &[u8], mut tool: Command) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let (from, to) = (
        folder.path().join("in.wasm"),
        folder.path().join("out.wasm"),
    );
    fs::write(&from, core)?;
    let program = tool.get_program().display().to_string();
    let output = tool
        .args(FEATURES)
        .args([
            "--strip-debug",
            "--strip-producers",
            "--strip-target-features",
            // Nothing lies in the first KB: rustc puts the stack there, which grows towards it.
            "--low-memory-unused",
            "-Oz",
        ])
        .arg(&from)
        .arg("-o")
        .arg(&to)
        .output()
        .with_context(|| format!("cannot run wasm-opt by {program}; is it installed?"))?;
    ensure!(
        output.status.success(),
        "wasm-opt failed: {}",
        String::from_utf8_lossy(&output.stderr)
            .lines()
            .next()
            .unwrap_or_default()
    );
    Ok(fs::read(&to)?)
}

/// A component without the section that names its inner indices, for debuggers of components. The names of imports and
/// exports are elsewhere.
fn without_names(component: &[u8]) -> Result<Vec<u8>> {
    let mut out = component.get(..8).context("not a component")?.to_vec();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        let inside = match &payload {
            // The nested module or component is a section of this one, though the parser has gone into it.
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth == 1,
            Payload::CustomSection(custom) if depth == 1 => custom.name() != "component-name",
            _ => depth == 1,
        };
        if let (true, Some((id, range))) = (inside, payload.as_section()) {
            let body = component
                .get(usize::try_from(range.start)?..usize::try_from(range.end)?)
                .context("a section beyond the end")?;
            out.push(id);
            let mut length = body.len();
            while length >= 0x80 {
                out.push((length & 0x7f) as u8 | 0x80);
                length >>= 7;
            }
            out.push(length as u8);
            out.extend_from_slice(body);
        }
    }
    Ok(out)
}
