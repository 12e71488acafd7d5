//! `cargo xtask bench component`: size, times and memory of the component in each host, as medians over several
//! processes, beside the budgets.

mod rust;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::{hosts, vectors};

pub(crate) use rust::measure;

/// Processes for each row; the median is shown.
const PROCESSES: usize = 15;

/// What one process measured, by name. Times are in microseconds, memory in kilobytes.
type Figures = BTreeMap<String, f64>;

/// A host, and the command that measures it.
type Row<'a> = (&'static str, &'a dyn Fn() -> Result<Command>);

/// Measures everything and prints tables.
pub(crate) fn table(component: &Path) -> Result<()> {
    ensure!(
        !cfg!(debug_assertions),
        "a debug build measures itself; use `cargo xtask bench component`"
    );
    let size = fs::metadata(component)?.len();
    let root = vectors::folder().join("../..");
    let document = root.join("crates/provider/tests/cases/closed-hardened.json");
    let this = env::current_exe()?;
    let own = || {
        let mut command = Command::new(&this);
        command.arg("measure").arg(&document);
        Ok(command)
    };
    let glue = hosts::transpiled(component)?;
    let node = |script: &str, about: &Path| {
        let mut command = hosts::node()?;
        command.arg(vectors::folder().join("node").join(script));
        command.arg(about);
        Ok(command)
    };
    let entry = root.join("openclaw/index.js");
    let rows: &[Row<'_>] = &[
        ("crates/host, the component inside", &own),
        ("Node", &|| node("measure.mjs", &glue)),
        ("the OpenClaw package in Node", &|| {
            node("package.mjs", &entry)
        }),
        ("Python", &|| {
            let mut command = hosts::python()?;
            command
                .arg(vectors::folder().join("python/measure.py"))
                .arg(component);
            Ok(command)
        }),
    ];
    // Turn by turn, so that a busy moment of the machine hits every row.
    let mut seen: Vec<BTreeMap<String, Vec<f64>>> = vec![BTreeMap::new(); rows.len()];
    for _ in 0..PROCESSES {
        for ((_, command), all) in rows.iter().zip(&mut seen) {
            let figures: Figures = serde_json::from_str(&hosts::last_line(&mut command()?)?)?;
            for (name, figure) in figures {
                all.entry(name).or_default().push(figure);
            }
        }
    }
    let medians: Vec<Figures> = seen.into_iter().map(medians).collect();
    for ((host, _), figures) in rows.iter().zip(&medians) {
        println!("\n{host} (medians of {PROCESSES} processes)");
        for (name, figure) in figures {
            println!("  {name:<34} {}", shown(name, *figure));
        }
    }
    verdict(size, &medians);
    Ok(())
}

fn medians(all: BTreeMap<String, Vec<f64>>) -> Figures {
    let median = |(name, mut values): (String, Vec<f64>)| {
        values.sort_by(f64::total_cmp);
        let middle = values.get(values.len() / 2).copied();
        Some((name, middle?))
    };
    all.into_iter().filter_map(median).collect()
}

fn shown(name: &str, figure: f64) -> String {
    match name {
        "peak memory" => format!("{:>9.1} MB", figure / 1e3),
        _ if figure >= 1e3 => format!("{:>9.2} ms", figure / 1e3),
        _ => format!("{figure:>9.2} us"),
    }
}

/// Ratios, and the budgets.
fn verdict(size: u64, medians: &[Figures]) {
    let of = |row: usize, name: &str| {
        let figures = medians.get(row);
        figures
            .and_then(|figures| figures.get(name))
            .copied()
            .unwrap_or(f64::NAN)
    };
    println!("\nthe component beside the same functions called natively");
    if let Some(embedded) = medians.first() {
        for name in rust::with_native(embedded) {
            let (inside, native) = (of(0, name), of(0, &format!("{name}, native")));
            println!(
                "  {name:<34} {:>9.1} times, {:.1} us more",
                inside / native,
                inside - native
            );
        }
    }
    const READY: &str = "load, instantiate, first answer";
    let ready = of(0, READY);
    let package = of(2, "import") + of(2, "register");
    println!("\nbudgets");
    for (what, is, most, unit) in [
        ("size", size as f64, 700_000.0, "bytes"),
        ("load and instantiate", ready / 1e3, 1.0, "ms"),
        ("import and register in OpenClaw", package / 1e3, 30.0, "ms"),
    ] {
        let verdict = if is <= most { "met" } else { "missed" };
        println!("  {what:<34} {is:>9.2} of {most} {unit}: {verdict}");
    }
}
