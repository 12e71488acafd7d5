//! `cargo xtask bench audit`: time and memory of the audit, by size and shape of the document.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON and lists of our own making; a panic ends a developer's command"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use harness::home::Home;
use harness::places;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use serde_json::{Value, json};

/// The provider of the documents.
const ID: &str = "anthropic-claude-proxy";
/// Sizes of the documents, in bytes.
const SIZES: &[usize] = &[1_000, 10_000, 100_000, 1_000_000, 10_000_000];
/// Runs of which the median counts.
const RUNS: usize = 5;

/// Writes a document of about that many bytes.
type Shape = fn(usize) -> String;

/// Shapes of a document: a name, and the text of about that many bytes.
const SHAPES: &[(&str, Shape)] = &[
    ("rows of models", |size| rows(size, true)),
    ("the same on one line", |size| rows(size, false)),
    ("many agents", |size| agents(size)),
    ("many unknown keys", |size| keys(size)),
    ("comments", |size| {
        format!("{}{}", "// a comment\n".repeat(size / 13), base())
    }),
    ("one long text", |size| {
        let mut document = base();
        document["ui"] = json!({ "note": "text ".repeat(size / 5) });
        document.to_string()
    }),
];

fn base() -> Value {
    let model = format!("{ID}/claude-opus-4-8");
    json!({
        "agents": { "defaults": { "model": { "primary": model, "fallbacks": [] } } },
        "models": { "providers": { ID: {
            "baseUrl": "http://127.0.0.1:3456", "api": "anthropic-messages",
            "models": [{ "id": "claude-opus-4-8", "name": "Claude" }],
        } } },
    })
}

fn rows(size: usize, pretty: bool) -> String {
    let mut document = base();
    let rows = (0..=size / 110).map(|row| {
        json!({ "id": format!("claude-{row}"), "name": "Claude", "reasoning": true, "input": ["text"], "maxTokens": 8192 })
    });
    document["models"]["providers"][ID]["models"] = rows.collect();
    if pretty {
        format!("{document:#}")
    } else {
        document.to_string()
    }
}

fn agents(size: usize) -> String {
    let mut document = base();
    for agent in 0..=size / 90 {
        document["agents"]["entries"][format!("agent-{agent}")] =
            json!({ "name": "Agent", "model": format!("{ID}/claude-opus-4-8") });
    }
    document.to_string()
}

fn keys(size: usize) -> String {
    let mut document = base();
    for key in 0..=size / 20 {
        document["unknown"][format!("key-{key}")] = json!(key);
    }
    document.to_string()
}

fn main() -> Result<()> {
    let home = Home::new()?;
    let file = home.path().join("document.json");
    let ordinary = places::root().join("crates/provider/tests/cases/closed-hardened.json");
    let [wall, processor, peak] = median(&home, &ordinary)?;
    println!(
        "whole process, ordinary file of {} bytes: {wall:.1} ms, {processor:.1} ms on a processor, {peak} KB",
        fs::metadata(&ordinary)?.len(),
    );
    println!(
        "\n| document | bytes | ms | ms on a processor | peak KB |\n| --- | ---: | ---: | ---: | ---: |"
    );
    for (name, text) in SHAPES {
        for size in SIZES {
            let text = text(*size);
            fs::write(&file, &text)?;
            let [wall, processor, peak] = median(&home, &file)?;
            let bytes = text.len();
            println!("| {name} | {bytes} | {wall:.1} | {processor:.1} | {peak} |");
        }
    }
    Ok(())
}

/// What one run took: milliseconds from start to end, those on a processor (what else the machine does counts little in
/// them), and the highest amount of memory that was seen, in KB.
type Cost = [f64; 3];

/// The median of each.
fn median(home: &Home, file: &Path) -> Result<Cost> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        runs.push(audit(home, file)?);
    }
    Ok(std::array::from_fn(|n| {
        runs.sort_by(|one, other| one[n].total_cmp(&other[n]));
        runs[RUNS / 2][n]
    }))
}

fn audit(home: &Home, file: &Path) -> Result<Cost> {
    let mut command = home.command(places::helper()?)?;
    command
        .args(["audit", "--json", "--config"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let since = Instant::now();
    let mut child = command.spawn()?;
    let pid = Pid::from_child(&child);
    let own = PathBuf::from(format!("/proc/{}", child.id()));
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let mut peak = 0.0_f64;
    // The memory is forgotten when the process ends, so the last value before is what can be had.
    while waitid(WaitId::Pid(pid), options)?.is_none() {
        let text = fs::read_to_string(own.join("status")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(now.unwrap_or(0.0));
        #[expect(
            clippy::disallowed_methods,
            reason = "between two looks at a process that is measured"
        )]
        thread::sleep(Duration::from_micros(200));
    }
    let wall = since.elapsed().as_secs_f64() * 1e3;
    // The nanoseconds on a processor are still there while nobody has waited for it.
    let spent = fs::read_to_string(own.join("schedstat"))?;
    let spent: f64 = spent.split(' ').next().context("no time")?.parse()?;
    child.wait()?;
    Ok([wall, spent / 1e6, peak])
}
