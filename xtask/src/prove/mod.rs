//! `cargo xtask prove`: generates documents, and compares the component's report with where OpenClaw's own code leads.
//! A document that is called closed and leads elsewhere is a failure; one that is called open and leads nowhere else is
//! counted by cause.

mod document;
mod gateway;
mod generate;
mod grammar;
mod judge;
mod name_server;
mod random;
mod unknown_keys;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::Args;
use claude_proxy_provider::audit::{
    AuditInput, FileKind, KNOWN, OpenclawVersion, Report, Severity, StoredFile, Version, audit_with,
};
use harness::{places, versions};

use crate::fetch;
use document::{Document, Text};
use grammar::Grammar;
use judge::{Answer, Judge, Lead, Scope};

/// What to prove.
#[derive(Args)]
pub(crate) struct Options {
    /// How many documents
    #[arg(long, default_value_t = 100_000)]
    pub(crate) documents: u64,
    /// Which documents: the same seed gives the same ones
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folders with an installed OpenClaw, or versions, which are fetched; several with commas. Without it the pinned one
    #[arg(long, value_name = "DIR|VERSION,...")]
    pub(crate) openclaw: Option<String>,
    /// How many Node processes
    #[arg(long, default_value_t = 2)]
    pub(crate) judges: usize,
    /// Take so many closed documents into the real Gateway instead, start every kind of traffic, and fail on one look-up of a
    /// vendor's name
    #[arg(long, value_name = "COUNT")]
    pub(crate) run: Option<u64>,
    /// Print the document of this number, both reports, and nothing else; with `--run` begin with it
    #[arg(long, value_name = "NUMBER")]
    pub(crate) show: Option<u64>,
}

impl Options {
    /// So many documents of the pinned OpenClaw; with `run` so many of them in the Gateway.
    pub(crate) fn pinned(documents: u64, run: Option<u64>) -> Self {
        Self {
            documents,
            seed: 1,
            openclaw: None,
            judges: 2,
            run,
            show: None,
        }
    }
}

/// One open document in so many is asked to the end: what is open by mistake is counted there, and costs nobody a leak.
const SAMPLE: u64 = 8;

/// Most failures that are made smaller and shown.
const SHOWN: usize = 5;

/// The counts so far.
#[derive(Default)]
struct Tally {
    documents: u64,
    refused: u64,
    closed: u64,
    open: u64,
    /// Open ones of which every slot was asked, until one led elsewhere.
    sampled: u64,
    /// Slots that the version cannot be asked for.
    unasked: BTreeSet<String>,
    /// Called open while OpenClaw leads nowhere else, by the codes that opened it.
    false_open: BTreeMap<String, u64>,
    /// Reasons why slots could not be asked.
    errors: BTreeMap<String, u64>,
    /// Documents that are called closed and lead elsewhere, with where.
    false_closed: BTreeMap<u64, Vec<Lead>>,
}

/// Proves.
///
/// # Errors
/// If one document is called closed and leads elsewhere, or nothing could be compared.
pub(crate) fn run(options: &Options) -> Result<()> {
    let wanted: Vec<Option<&str>> = match &options.openclaw {
        None => vec![None],
        Some(list) => list.split(',').map(Some).collect(),
    };
    for wanted in wanted {
        let target = Target::new(wanted)?;
        match options.run {
            Some(count) => gateway::prove(&target, options, count)?,
            None => prove(&target, options)?,
        }
    }
    Ok(())
}

/// An OpenClaw that is asked.
struct Target {
    package: PathBuf,
    /// Its version, and whether its files have the shape of those before 2026.8.
    version: String,
    former: bool,
    grammar: Grammar,
}

impl Target {
    fn new(wanted: Option<&str>) -> Result<Self> {
        let package = package(wanted)?;
        let manifest = fs::read_to_string(package.join("package.json"))?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
        let version = manifest.get("version").and_then(serde_json::Value::as_str);
        let version = version.context("the package names no version")?.to_owned();
        ensure!(
            Version::named(&version).is_some(),
            "the audit knows nothing of OpenClaw {version}, so it calls nothing closed; it knows {}",
            KNOWN.join(", ")
        );
        Ok(Self {
            former: versions::numbers(&version) < versions::numbers("2026.8"),
            package,
            version,
            grammar: Grammar::read()?,
        })
    }

    fn text(&self, document: &Document) -> Text {
        document.text(self.former)
    }

    /// The report of the component.
    fn report(&self, document: &Document) -> Report {
        self.report_of(self.text(document), &document.state)
    }

    /// The component's report on a text, with the files of the state directory.
    fn report_of(&self, text: Text, state: &BTreeMap<String, String>) -> Report {
        let kind = |name: &str| match name {
            ".env" => FileKind::Environment,
            _ => FileKind::Speech,
        };
        let stored = state.iter().map(|(name, text)| StoredFile {
            kind: kind(name),
            path: name.clone(),
            text: Some(text.clone()),
        });
        let input = AuditInput {
            document: text.main,
            openclaw: Some(OpenclawVersion {
                version: self.version.clone(),
                schema_known: false,
            }),
            stored_files: stored.collect(),
            ..AuditInput::default()
        };
        let file = |name: &str| text.files.get(name).cloned();
        audit_with(&input, file, |_| None).unwrap_or_default()
    }
}

/// Proves for one package.
fn prove(target: &Target, options: &Options) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let judge = |name: &str| Judge::start(&target.package, &scratch.path().join(name));
    if let Some(number) = options.show {
        let document = target.grammar.document(options.seed, number)?;
        return show(target, &mut judge("one")?, &document);
    }
    let since = Instant::now();
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..options.judges.max(1))
            .map(|n| {
                let (judge, next, tally) = (&judge, &next, &tally);
                scope.spawn(move || worker(target, judge(&n.to_string())?, options, next, tally))
            })
            .collect();
        for worker in workers {
            worker.join().map_err(|_| anyhow!("a worker panicked"))??;
        }
        Ok(())
    })?;
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("OpenClaw {}", target.version);
    tally.print(options, since.elapsed().as_secs_f64());
    if !tally.false_closed.is_empty() {
        let mut judge = judge("last")?;
        for (number, leads) in tally.false_closed.iter().take(SHOWN) {
            println!("\nfalse closed: document {number} of seed {}", options.seed);
            // What was asked before may matter; then it does not fail alone.
            for (slot, lead, agent) in leads {
                println!("  {slot} -> {lead} {agent}, when it was asked among others");
            }
            let document = target.grammar.document(options.seed, *number)?;
            let small = minimize(target, &mut judge, document)?;
            show(target, &mut judge, &small)?;
        }
        bail!(
            "{} documents are called closed and lead elsewhere",
            tally.false_closed.len()
        );
    }
    ensure!(
        tally.closed > 0,
        "no document was closed, so nothing was proven"
    );
    unknown_keys::prove(target, &mut judge("keys")?, options)
}

/// The package of OpenClaw to ask.
fn package(wanted: Option<&str>) -> Result<PathBuf> {
    let Some(wanted) = wanted else {
        fetch::groups(fetch::OPENCLAW)?;
        return Ok(places::peers("openclaw").join("node_modules/openclaw"));
    };
    for folder in [
        PathBuf::from(wanted),
        PathBuf::from(wanted).join("node_modules/openclaw"),
    ] {
        if folder.join("dist").is_dir() {
            return Ok(folder);
        }
    }
    ensure!(
        !wanted.contains(std::path::is_separator),
        "there is no OpenClaw at {wanted}"
    );
    fetch::groups(fetch::OPENCLAW)?;
    fetch::openclaw_version(wanted)?;
    Ok(places::peers(&places::openclaw_group(wanted)).join("node_modules/openclaw"))
}

/// How many questions may be on the way to a judge.
const AHEAD: usize = 256;

/// One judge's share: this thread makes documents and sends them, another counts the answers.
fn worker(
    target: &Target,
    mut judge: Judge,
    options: &Options,
    next: &AtomicU64,
    tally: &Mutex<Tally>,
) -> Result<()> {
    let lock = || tally.lock().unwrap_or_else(PoisonError::into_inner);
    lock().unasked.extend(judge.unasked.drain(..));
    let Judge {
        requests, answers, ..
    } = &mut judge;
    let (send, sent) = mpsc::sync_channel::<(u64, Report, Scope)>(AHEAD);
    thread::scope(|scope| {
        let counter = scope.spawn(move || -> Result<()> {
            for (number, report, scope) in sent {
                let answer = answers.next()?;
                lock().count(number, &report, scope, &answer);
            }
            Ok(())
        });
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= options.documents {
                break;
            }
            let document = target.grammar.document(options.seed, number)?;
            let report = target.report(&document);
            let scope = match report.closed {
                true => Scope::All,
                false if number.is_multiple_of(SAMPLE) => Scope::ToTheFirst,
                false => Scope::Quick,
            };
            requests.send(&target.text(&document), &document.state, scope)?;
            if send.send((number, report, scope)).is_err() {
                break;
            }
        }
        drop(send);
        requests.close();
        counter.join().map_err(|_| anyhow!("a counter panicked"))?
    })
}

impl Tally {
    fn count(&mut self, number: u64, report: &Report, scope: Scope, answer: &Answer) {
        self.documents += 1;
        for (slot, message) in &answer.errors {
            *self.errors.entry(format!("{slot}: {message}")).or_default() += 1;
        }
        if !answer.valid {
            self.refused += 1;
            return;
        }
        if report.closed {
            self.closed += 1;
            if !answer.leads.is_empty() {
                self.false_closed.insert(number, answer.leads.clone());
            }
            return;
        }
        self.open += 1;
        if scope == Scope::Quick {
            return;
        }
        self.sampled += 1;
        if answer.leads.is_empty() {
            let mut codes: Vec<&str> = report
                .findings
                .iter()
                .filter(|finding| matches!(finding.severity, Severity::Leak | Severity::Undecided))
                .map(|finding| finding.code.as_str())
                .collect();
            codes.sort_unstable();
            codes.dedup();
            *self.false_open.entry(codes.join(" + ")).or_default() += 1;
        }
    }

    fn print(&self, options: &Options, seconds: f64) {
        let rate = self.documents as f64 / seconds.max(f64::MIN_POSITIVE);
        println!(
            "{} documents of seed {} in {seconds:.0} s, {rate:.0} a second",
            self.documents, options.seed
        );
        println!("{:>8} refused by OpenClaw", self.refused);
        println!("{:>8} closed", self.closed);
        println!("{:>8} of them lead elsewhere", self.false_closed.len());
        println!("{:>8} open", self.open);
        println!("{:>8} of them asked to the end", self.sampled);
        if !self.unasked.is_empty() {
            println!(
                "not asked: {}",
                self.unasked.iter().cloned().collect::<Vec<_>>().join(", ")
            );
        }
        let lists = [
            (
                "open, and no slot that was asked leads elsewhere",
                &self.false_open,
            ),
            ("slots that could not be asked", &self.errors),
        ];
        for (title, list) in lists {
            let mut sorted: Vec<_> = list.iter().collect();
            sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            println!("{:>8} {title}", list.values().sum::<u64>());
            for (what, count) in sorted.into_iter().take(20) {
                println!("{count:>16} {what}");
            }
        }
    }
}

/// Whether a document is called closed and leads elsewhere.
fn fails(target: &Target, judge: &mut Judge, document: &Document) -> Result<bool> {
    if !target.report(document).closed {
        return Ok(false);
    }
    let answer = judge.ask(&target.text(document), &document.state, Scope::All)?;
    Ok(answer.valid && !answer.leads.is_empty())
}

/// The smallest document that still fails.
fn minimize(target: &Target, judge: &mut Judge, mut document: Document) -> Result<Document> {
    'again: loop {
        for less in document.smaller() {
            if fails(target, judge, &less)? {
                document = less;
                continue 'again;
            }
        }
        return Ok(document);
    }
}

/// Prints a document and both reports.
fn show(target: &Target, judge: &mut Judge, document: &Document) -> Result<()> {
    let text = target.text(document);
    println!("{}", text.main);
    for (name, text) in text.files.iter().chain(&document.state) {
        println!("{name}: {text}");
    }
    let report = target.report(document);
    println!(
        "component: {}",
        if report.closed { "closed" } else { "open" }
    );
    for finding in &report.findings {
        println!(
            "  {:?} {} {} -> {}",
            finding.severity, finding.code, finding.path, finding.leads_to
        );
    }
    let answer = judge.ask(&text, &document.state, Scope::All)?;
    println!(
        "OpenClaw: {}",
        if answer.valid {
            "accepted"
        } else {
            &answer.why
        }
    );
    for (slot, lead, agent) in &answer.leads {
        println!("  {slot} -> {lead} {agent}");
    }
    for (slot, message) in &answer.errors {
        println!("  {slot}: {message}");
    }
    Ok(())
}
