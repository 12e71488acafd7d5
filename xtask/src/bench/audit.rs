//! What the audit costs, by size and shape of the document, and what it finds in the sample cases beside OpenClaw's own
//! policy plugin.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use harness::home::Home;
use harness::places;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use serde_json::{Value, json};

/// The provider that is allowed, for both.
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

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// Cases for the comparison with OpenClaw's policy plugin: configurations, each with its `NAME.expect.json`
    #[arg(long)]
    cases: Option<PathBuf>,
    /// The comparison only
    #[arg(long)]
    only_compare: bool,
}

/// Measures and prints.
///
/// # Errors
/// If the package or OpenClaw is not there, or a program gives no answer.
pub(crate) fn run(options: &Options) -> Result<()> {
    let home = Home::new()?;
    if !options.only_compare {
        cost(&home)?;
    }
    let own = places::root().join("crates/provider/tests/cases");
    compare(&home, options.cases.as_ref().unwrap_or(&own))
}

fn cost(home: &Home) -> Result<()> {
    let file = home.path().join("document.json");
    let ordinary = places::root().join("crates/provider/tests/cases/closed-hardened.json");
    let Cost {
        wall,
        processor,
        peak,
    } = median(home, &ordinary)?;
    println!(
        "whole process, ordinary file of {} bytes: {:.1} ms, {:.1} ms on a processor, {peak} KB",
        fs::metadata(&ordinary)?.len(),
        wall.as_secs_f64() * 1e3,
        processor.as_secs_f64() * 1e3
    );
    println!(
        "\n| document | bytes | ms | ms on a processor | peak KB |\n| --- | ---: | ---: | ---: | ---: |"
    );
    for (name, text) in SHAPES {
        for size in SIZES {
            let text = text(*size);
            fs::write(&file, &text)?;
            let Cost {
                wall,
                processor,
                peak,
            } = median(home, &file)?;
            println!(
                "| {name} | {} | {:.1} | {:.1} | {peak} |",
                text.len(),
                wall.as_secs_f64() * 1e3,
                processor.as_secs_f64() * 1e3
            );
        }
    }
    Ok(())
}

/// What one run took.
struct Cost {
    /// From start to end.
    wall: Duration,
    /// On a processor; what else the machine does counts little.
    processor: Duration,
    /// The highest amount of memory that was seen, in KB.
    peak: u64,
}

/// Medians of the times, and the highest peak.
fn median(home: &Home, file: &Path) -> Result<Cost> {
    let (mut wall, mut processor, mut peak) = (Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        let one = audit(home, file)?;
        wall.push(one.wall);
        processor.push(one.processor);
        peak = peak.max(one.peak);
    }
    wall.sort();
    processor.sort();
    Ok(Cost {
        wall: wall[RUNS / 2],
        processor: processor[RUNS / 2],
        peak,
    })
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
    let mut peak = 0;
    // The memory is forgotten when the process ends, so the last value before is what can be had.
    while waitid(WaitId::Pid(pid), options)?.is_none() {
        let text = fs::read_to_string(own.join("status")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(now.unwrap_or(0));
        #[expect(
            clippy::disallowed_methods,
            reason = "between two looks at a process that is measured"
        )]
        thread::sleep(Duration::from_micros(200));
    }
    let wall = since.elapsed();
    // The nanoseconds on a processor are still there while nobody has waited for it.
    let spent = fs::read_to_string(own.join("schedstat"))?;
    let spent = spent.split(' ').next().context("no time")?.parse()?;
    child.wait()?;
    Ok(Cost {
        wall,
        processor: Duration::from_nanos(spent),
        peak,
    })
}

/// What one of the two says about a case.
struct Verdict {
    /// It raises an alarm.
    open: bool,
    /// It names every place that leaks.
    named: bool,
}

/// How many cases of one class there are, and how many of them each names.
#[derive(Default)]
struct Class {
    cases: usize,
    audit: usize,
    policy: usize,
}

fn compare(home: &Home, folder: &Path) -> Result<()> {
    fs::create_dir_all(home.path().join("workspace"))?;
    fs::write(
        home.path().join("workspace/policy.jsonc"),
        json!({ "models": { "providers": { "allow": [ID] } } }).to_string(),
    )?;
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".expect.json").map(str::to_owned));
    }
    names.sort();
    let (mut leaks, mut closed) = ([0; 4], [0; 3]);
    let mut classes: BTreeMap<String, Class> = BTreeMap::new();
    println!("\n| case | audit | policy plugin |\n| --- | --- | --- |");
    for name in names {
        let text = fs::read_to_string(folder.join(format!("{name}.expect.json")))?;
        let expected: Value = serde_json::from_str(&text)?;
        let file = folder.join(expected["file"].as_str().context("no file")?);
        let paths: Vec<&str> = expected["leaks"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let (ours, code) = ours(home, &file, &paths)?;
        let policy = policy(home, &file, &paths)?;
        if expected["closed"] == false {
            leaks[0] += 1;
            leaks[1] += usize::from(ours.named);
            leaks[2] += usize::from(policy.named);
            leaks[3] += usize::from(policy.open && !policy.named);
            let class = classes.entry(code).or_default();
            class.cases += 1;
            class.audit += usize::from(ours.named);
            class.policy += usize::from(policy.named);
        } else {
            closed[0] += 1;
            closed[1] += usize::from(ours.open);
            closed[2] += usize::from(policy.open);
        }
        println!("| {name} | {} | {} |", word(&ours), word(&policy));
    }
    println!(
        "\n| class of leak | cases | named by the audit | by the policy plugin |\n| --- | ---: | ---: | ---: |"
    );
    for (code, class) in classes {
        println!(
            "| `{code}` | {} | {} | {} |",
            class.cases, class.audit, class.policy
        );
    }
    println!(
        "\nof {} leaks: audit names {}, policy plugin names {} and raises an alarm about something else in {}",
        leaks[0], leaks[1], leaks[2], leaks[3]
    );
    println!(
        "of {} closed files, false alarms: audit {}, policy plugin {}",
        closed[0], closed[1], closed[2]
    );
    Ok(())
}

fn word(verdict: &Verdict) -> &'static str {
    match (verdict.open, verdict.named) {
        (true, true) => "the place",
        (true, false) => "an alarm",
        (false, _) => "silent",
    }
}

fn verdict(open: bool, found: &[String], paths: &[&str]) -> Verdict {
    let named = !paths.is_empty() && paths.iter().all(|path| found.iter().any(|one| one == path));
    Verdict { open, named }
}

/// With the code of what is found at the first of the places, which is the class of the case.
fn ours(home: &Home, file: &Path, paths: &[&str]) -> Result<(Verdict, String)> {
    let place = file.to_string_lossy();
    let report = home
        .helper(["audit", "--json", "--config", &*place])?
        .json()?;
    let open: Vec<&Value> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|one| one["severity"] == "leak" || one["severity"] == "undecided")
        .collect();
    let found: Vec<String> = open
        .iter()
        .filter_map(|one| one["path"].as_str().map(str::to_owned))
        .collect();
    let first = open
        .iter()
        .find(|one| Some(&one["path"].as_str().unwrap_or_default()) == paths.first());
    let code = first
        .and_then(|one| one["code"].as_str())
        .unwrap_or("not found");
    Ok((
        verdict(report["closed"] != true, &found, paths),
        code.to_owned(),
    ))
}

/// With a policy that allows only our provider, and the case included as it is.
fn policy(home: &Home, file: &Path, paths: &[&str]) -> Result<Verdict> {
    let folder = file.parent().context("no folder")?;
    let copy = home.path().join("case");
    fs::remove_dir_all(&copy).ok();
    fs::create_dir_all(copy.join("inc"))?;
    for from in [folder.to_owned(), folder.join("inc")] {
        for entry in fs::read_dir(&from).into_iter().flatten() {
            let path = entry?.path();
            if path.is_file() {
                let within = path.strip_prefix(folder)?;
                fs::copy(&path, copy.join(within))?;
            }
        }
    }
    let config = copy.join("with-policy.json");
    let document = json!({
        "$include": format!("./{}", file.file_name().context("no name")?.to_string_lossy()),
        "plugins": { "entries": { "policy": { "enabled": true, "config": { "enabled": true } } } },
        "agents": { "defaults": { "workspace": home.path().join("workspace") } },
    });
    fs::write(&config, document.to_string())?;
    let check = |which: &[&str]| {
        let mut command =
            home.openclaw_command([&["policy", "check", "--json"], which].concat())?;
        command.env("OPENCLAW_CONFIG_PATH", &config);
        harness::command::run(&mut command, Duration::from_secs(120))
    };
    let mut said = check(&[])?;
    if said.stderr.contains("Pass --agent") {
        said = check(&["--agent", "main"])?;
    }
    let report = said.json().with_context(|| file.display().to_string())?;
    let about: Vec<&Value> = report["findings"]
        .as_array()
        .context("no findings")?
        .iter()
        .filter(|one| {
            one["checkId"]
                .as_str()
                .is_some_and(|id| id.starts_with("policy/models-"))
        })
        .collect();
    let found: Vec<String> = about
        .iter()
        .filter_map(|one| one["ocPath"].as_str())
        .map(dotted)
        .collect();
    Ok(verdict(!about.is_empty(), &found, paths))
}

/// `oc://openclaw.config/a/b/#1` as `a.b[1]`.
fn dotted(path: &str) -> String {
    let path = path.trim_start_matches("oc://openclaw.config/");
    path.replace("/#", "[\u{0}")
        .split('/')
        .map(|part| match part.split_once("[\u{0}") {
            Some((name, index)) => format!("{name}[{index}]"),
            None => part.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(".")
}
