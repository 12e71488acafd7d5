//! `cargo xtask prove`: generates documents, and compares the component's verdict with where OpenClaw's own code leads.
//! A document that is called closed and leads elsewhere is a failure; one that is called open and leads nowhere else is
//! counted by cause.

mod document;
mod generate;
mod judge;
mod random;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use claude_proxy_provider::audit::audit_with;
use claude_proxy_provider::report::{AuditInput, Report, Severity};
use harness::places;

use crate::fetch;
use document::Document;
use judge::{Answer, Judge};

/// What to prove.
#[derive(Args)]
pub(crate) struct Options {
    /// How many documents
    #[arg(long, default_value_t = 100_000)]
    pub(crate) documents: u64,
    /// Which documents: the same seed gives the same ones
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// A folder with an installed OpenClaw, or the version of one below `target/peers`; without it the pinned one
    #[arg(long, value_name = "DIR|VERSION")]
    pub(crate) openclaw: Option<String>,
    /// How many Node processes
    #[arg(long, default_value_t = 2)]
    pub(crate) judges: usize,
    /// Print the document of this number, both verdicts, and nothing else
    #[arg(long, value_name = "NUMBER")]
    pub(crate) show: Option<u64>,
}

/// Most failures that are made smaller and shown.
const SHOWN: usize = 5;

/// What was found so far.
#[derive(Default)]
struct Tally {
    documents: u64,
    refused: u64,
    closed: u64,
    open: u64,
    /// Called open while OpenClaw leads nowhere else, by the codes that opened it.
    false_open: BTreeMap<String, u64>,
    /// Reasons why slots could not be asked.
    errors: BTreeMap<String, u64>,
    /// Numbers of documents that are called closed and lead elsewhere.
    false_closed: Vec<u64>,
}

/// Proves.
///
/// # Errors
/// If one document is called closed and leads elsewhere, or nothing could be compared.
pub(crate) fn run(options: &Options) -> Result<()> {
    let package = package(options.openclaw.as_deref())?;
    let scratch = tempfile::tempdir()?;
    if let Some(number) = options.show {
        let mut judge = Judge::start(&package, &scratch.path().join("one"))?;
        let document = generate::document(options.seed, number);
        return show(&mut judge, &document);
    }
    let since = Instant::now();
    let next = AtomicU64::new(0);
    let mut tally = Tally::default();
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..options.judges.max(1))
            .map(|n| {
                let (package, folder, next) = (&package, scratch.path().join(n.to_string()), &next);
                scope.spawn(move || worker(Judge::start(package, &folder), options, next))
            })
            .collect();
        for worker in workers {
            let part = worker
                .join()
                .map_err(|_| anyhow::anyhow!("a worker panicked"))??;
            tally.add(part);
        }
        Ok(())
    })?;
    let seconds = since.elapsed().as_secs_f64();
    tally.print(options, seconds);
    let mut judge = Judge::start(&package, &scratch.path().join("last"))?;
    println!("OpenClaw {}", judge.greeting.version);
    if !judge.greeting.missing.is_empty() {
        println!(
            "this version lacks {}; not asked: {}",
            judge.greeting.missing.join(", "),
            judge.greeting.unasked.join(", ")
        );
    }
    for number in tally.false_closed.iter().take(SHOWN) {
        println!("\nfalse closed: document {number} of seed {}", options.seed);
        let small = minimise(&mut judge, generate::document(options.seed, *number))?;
        show(&mut judge, &small)?;
    }
    ensure!(
        tally.closed > 0,
        "no document was closed, so nothing was proven"
    );
    if !tally.false_closed.is_empty() {
        bail!(
            "{} documents are called closed and lead elsewhere",
            tally.false_closed.len()
        );
    }
    Ok(())
}

/// The package of OpenClaw to ask.
fn package(wanted: Option<&str>) -> Result<PathBuf> {
    let Some(wanted) = wanted else {
        fetch::openclaw()?;
        return Ok(places::peers("openclaw").join("node_modules/openclaw"));
    };
    let folders = [
        PathBuf::from(wanted),
        PathBuf::from(wanted).join("node_modules/openclaw"),
        places::peers(&format!("openclaw-{wanted}")).join("node_modules/openclaw"),
    ];
    let found = folders.iter().find(|folder| folder.join("dist").is_dir());
    found.cloned().with_context(|| {
        format!("no OpenClaw at {wanted}; install one with `npm install openclaw@{wanted} --ignore-scripts` and name its folder")
    })
}

/// The verdict of the component.
fn verdict(document: &Document) -> Report {
    let text = document.text();
    let input = AuditInput {
        document: text.main,
        ..AuditInput::default()
    };
    let file = |name: &str| text.files.get(name).cloned();
    audit_with(&input, file, |_| None).unwrap_or_default()
}

/// How many questions may be on the way to a judge.
const AHEAD: usize = 256;

/// One judge's share: this thread makes documents and asks, another listens.
fn worker(judge: Result<Judge>, options: &Options, next: &AtomicU64) -> Result<Tally> {
    let mut judge = judge?;
    let Judge { input, output, .. } = &mut judge;
    let (send, asked) = mpsc::sync_channel::<(u64, Report, bool)>(AHEAD);
    thread::scope(|scope| {
        let listener = scope.spawn(move || -> Result<Tally> {
            let mut tally = Tally::default();
            for (number, report, stored) in asked {
                tally.count(number, &report, stored, &output.answer()?);
            }
            Ok(tally)
        });
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= options.documents {
                break;
            }
            let document = generate::document(options.seed, number);
            let report = verdict(&document);
            input.ask(&document.text(), &document.state, report.closed)?;
            if send
                .send((number, report, !document.state.is_empty()))
                .is_err()
            {
                break;
            }
        }
        drop(send);
        input.close();
        listener
            .join()
            .map_err(|_| anyhow::anyhow!("a listener panicked"))?
    })
}

impl Tally {
    fn count(&mut self, number: u64, report: &Report, stored: bool, answer: &Answer) {
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
            if !answer.leads.is_empty() && !stored {
                self.false_closed.push(number);
            }
            return;
        }
        self.open += 1;
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

    fn add(&mut self, other: Self) {
        self.documents += other.documents;
        self.refused += other.refused;
        self.closed += other.closed;
        self.open += other.open;
        for (into, from) in [
            (&mut self.false_open, other.false_open),
            (&mut self.errors, other.errors),
        ] {
            for (key, count) in from {
                *into.entry(key).or_default() += count;
            }
        }
        self.false_closed.extend(other.false_closed);
        self.false_closed.sort_unstable();
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
fn fails(judge: &mut Judge, document: &Document) -> Result<bool> {
    if !verdict(document).closed {
        return Ok(false);
    }
    let answer = judge.ask(&document.text(), &document.state)?;
    Ok(answer.valid && !answer.leads.is_empty())
}

/// The smallest document that still fails.
fn minimise(judge: &mut Judge, mut document: Document) -> Result<Document> {
    'again: loop {
        let smaller: Vec<Document> = document.smaller().collect();
        for less in smaller {
            if fails(judge, &less)? {
                document = less;
                continue 'again;
            }
        }
        return Ok(document);
    }
}

/// Prints a document and both verdicts.
fn show(judge: &mut Judge, document: &Document) -> Result<()> {
    let text = document.text();
    println!("{}", text.main);
    for (name, text) in text.files.iter().chain(&document.state) {
        println!("{name}: {text}");
    }
    let report = verdict(document);
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
    let answer = judge.ask(&text, &document.state)?;
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
