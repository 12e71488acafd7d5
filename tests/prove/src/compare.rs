//! Compares the component's report on generated documents with where OpenClaw's own code leads them. A document that is called
//! closed and leads elsewhere is a failure; one that is called open and leads nowhere else is counted by cause.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow, bail, ensure};
use claude_proxy_provider::audit::{Report, Severity};

use crate::document::Document;
use crate::judge::{Answer, Judge, Lead, Scope};
use crate::target::Target;
use crate::{Options, SHOWN, unknown_keys};

/// One open document in so many is asked to the end: what is open by mistake is counted there, and costs nobody a leak.
const SAMPLE: u64 = 8;

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

/// Compares.
///
/// # Errors
/// If one document is called closed and leads elsewhere, or nothing could be compared.
pub(crate) fn prove(target: &Target, options: &Options) -> Result<()> {
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
