//! Sizes, times and memory of the component in each host, as `cargo xtask bench component` shows them.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};
use claude_proxy_provider as p;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

use crate::{hosts, vectors};

mod bindings {
    wasmtime::component::bindgen!({ path: "../../wit", world: "plugin" });
}
use bindings::exports::claude_proxy::plugin::{runtime, types};

/// Processes for each row; the median is shown.
const PROCESSES: usize = 9;

/// What one process measured, by name. Times are in microseconds, memory in kilobytes.
type Figures = BTreeMap<String, f64>;

/// Measures in this process: load, instantiate, first call, and calls against the same functions called natively.
///
/// `how` is `compile`, or `load` for a file that was compiled ahead of time.
pub(crate) fn here(how: &str, path: &Path) -> Result<()> {
    let mut figures = Figures::new();
    let mut note = |name: &str, since: Instant| {
        figures.insert(name.to_owned(), since.elapsed().as_secs_f64() * 1e6);
    };
    let since = Instant::now();
    let engine = Engine::default();
    let component = if how == "compile" {
        Component::from_file(&engine, path)?
    } else {
        // SAFETY: the file was written by `table` a moment ago, by this very program.
        unsafe { Component::deserialize_file(&engine, path)? }
    };
    note("load", since);
    let since = Instant::now();
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&component)?;
    let pre = bindings::PluginPre::new(linker.instantiate_pre(&component)?)?;
    let mut store = Store::new(&engine, ());
    let plugin = pre.instantiate(&mut store)?;
    note("instantiate", since);
    let since = Instant::now();
    let provider = plugin.claude_proxy_plugin_provider();
    let settings = provider.call_parse_settings(&mut store, "{}")?;
    note("first call", since);
    let settings = settings.ok().context("the defaults are refused")?;

    let run = runtime::Run {
        provider: Some(p::ID.to_owned()),
        model: Some("claude-opus-4-6".to_owned()),
        trigger: "user".to_owned(),
        origin: String::new(),
    };
    let own = p::settings::Settings::default();
    let own_run = p::runtime::Run {
        provider: run.provider.clone(),
        model: run.model.clone(),
        trigger: run.trigger.clone(),
        origin: String::new(),
    };
    let guard = plugin.claude_proxy_plugin_runtime();
    let mut warm = |name: &str, work: &mut dyn FnMut() -> Result<()>| -> Result<()> {
        const TIMES: u32 = 2_000;
        for _ in 0..TIMES / 10 {
            work()?;
        }
        let since = Instant::now();
        for _ in 0..TIMES {
            work()?;
        }
        figures.insert(
            name.to_owned(),
            since.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES),
        );
        Ok(())
    };
    warm("instantiate, warm", &mut || {
        pre.instantiate(&mut Store::new(&engine, ()))?;
        Ok(())
    })?;
    warm("describe", &mut || {
        black_box(provider.call_describe(&mut store)?);
        Ok(())
    })?;
    warm("describe, native", &mut || {
        black_box(p::command::describe());
        Ok(())
    })?;
    warm("guard", &mut || {
        black_box::<runtime::GuardDecision>(guard.call_guard(&mut store, &settings, &run)?);
        Ok(())
    })?;
    warm("guard, native", &mut || {
        black_box(p::runtime::guard(black_box(&own), black_box(&own_run)));
        Ok(())
    })?;
    let json = r#"{"port":4000,"models":["claude-opus-4-6","claude-haiku-4-5"]}"#;
    warm("parse-settings", &mut || {
        black_box::<Result<types::Settings, types::Error>>(
            provider.call_parse_settings(&mut store, json)?,
        )
        .ok();
        Ok(())
    })?;
    warm("parse-settings, native", &mut || {
        black_box(p::settings::parse(black_box(json))).ok();
        Ok(())
    })?;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?
            .trim()
            .strip_suffix(" kB")?
            .parse()
            .ok()
    });
    figures.insert("peak memory".to_owned(), peak.unwrap_or(f64::NAN));
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// Runs a command some times; the median of each figure on its last line.
fn medians(mut command: impl FnMut() -> Result<Command>) -> Result<Figures> {
    let mut all: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for _ in 0..PROCESSES {
        let figures: Figures = serde_json::from_str(&hosts::said(&mut command()?)?)?;
        for (name, figure) in figures {
            all.entry(name).or_default().push(figure);
        }
    }
    let median = |(name, mut values): (String, Vec<f64>)| {
        values.sort_by(f64::total_cmp);
        let middle = values.get(values.len() / 2).copied();
        Some((name, middle?))
    };
    Ok(all.into_iter().filter_map(median).collect())
}

/// Measures everything and prints a table.
pub(crate) fn table(component: &Path) -> Result<()> {
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: the native figures are too high; use --release");
    }
    let bytes = fs::read(component)?;
    let engine = Engine::default();
    let image = engine.precompile_component(&bytes)?;
    let ahead = hosts::scratch().join("plugin.cwasm");
    fs::create_dir_all(hosts::scratch())?;
    fs::write(&ahead, &image)?;
    println!(
        "component {} bytes, compiled ahead of time {} bytes",
        bytes.len(),
        image.len()
    );
    let this = env::current_exe()?;
    let own = |how: &'static str, path: &Path| {
        let (this, path) = (this.clone(), path.to_owned());
        move || {
            let mut command = Command::new(&this);
            command.args(["measure", how]).arg(&path);
            Ok(command)
        }
    };
    let glue = hosts::transpiled(component)?;
    let rows = [
        ("wasmtime, ahead of time", medians(own("load", &ahead))?),
        ("wasmtime, compiling", medians(own("compile", component))?),
        (
            "Node",
            medians(|| {
                let mut command = hosts::node()?;
                command
                    .arg(vectors::folder().join("node/measure.mjs"))
                    .arg(&glue);
                Ok(command)
            })?,
        ),
        (
            "Python",
            medians(|| {
                let mut command = hosts::python()?;
                command
                    .arg(vectors::folder().join("python/measure.py"))
                    .arg(component);
                Ok(command)
            })?,
        ),
    ];
    for (host, figures) in &rows {
        println!("\n{host} (medians of {PROCESSES} processes)");
        for (name, figure) in figures {
            match name.as_str() {
                "peak memory" => println!("  {name:<24} {:>10.1} MB", figure / 1e3),
                _ if *figure >= 1e3 => println!("  {name:<24} {:>10.2} ms", figure / 1e3),
                _ => println!("  {name:<24} {figure:>10.2} us"),
            }
        }
    }
    let of = |row: usize, name: &str| {
        rows.get(row)
            .and_then(|(_, f)| f.get(name))
            .copied()
            .unwrap_or(f64::NAN)
    };
    println!(
        "\ncompiling / loading      {:>10.0} times",
        of(1, "load") / of(0, "load")
    );
    for name in ["describe", "guard", "parse-settings"] {
        let ratio = of(0, name) / of(0, &format!("{name}, native"));
        println!("{name:<24} {ratio:>10.1} times the native call");
    }
    Ok(())
}
