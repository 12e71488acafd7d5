//! A supervised proxy under faults: system calls of its supervisor fail, processes are killed and suspended, everything
//! is held still as on a sleeping machine, clocks jump. Afterwards the proxy must be ready again, and at the end no
//! process may be left.
#![allow(
    clippy::disallowed_methods,
    reason = "the storm lasts as long as a random number says"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use claude_proxy_supervisor::control::{self, Request};
use fastrand::Rng;
use harness::processes::{signal, with_variable};
use harness::wait;
use nix::sys::signal::Signal::SIGKILL;
use rustix::process::Signal;
use serde_json::Value;

use crate::fault::{self, Fault, RandomFaults, Tally};
use crate::tracer::{self, Conditions};

/// Length of a storm.
const STORM: Duration = Duration::from_millis(2_500);
/// How long after a storm the proxy may take to be ready, restarts by command included.
const RECOVERY: Duration = Duration::from_secs(60);
/// Longest round.
const LONGEST: Duration = Duration::from_secs(150);
/// How long after its supervisor's end a process may be seen.
const GRACE: Duration = Duration::from_secs(5);

/// The ways in which a supervisor's call can fail. It reads from pipes and sockets, which have no broken sectors.
fn possible(call: u64) -> &'static [Fault] {
    if i64::try_from(call) == Ok(libc::SYS_read) {
        return &[Fault::Error(libc::EINTR), Fault::Kill];
    }
    fault::possible(call)
}

/// What the operator did and found.
#[derive(Default)]
struct Findings {
    acts: Vec<&'static str>,
    violations: Vec<String>,
    recovered: bool,
    ended_early: bool,
}

/// Storms until so many faults were injected in all.
pub(crate) fn run(program: &Path, wanted: u64, seed: u64, tally: &mut Tally) -> Result<()> {
    let since = Instant::now();
    let before = tally.total();
    let mut rng = Rng::with_seed(seed ^ 0x5eed);
    let (mut rounds, mut recovered, mut ended, mut shifted_reads) = (0, 0, 0, 0);
    // The first round, without faults, shows that the rest works.
    while rounds == 0 || tally.total() < wanted {
        rounds += 1;
        let rarity = if rounds == 1 {
            u64::MAX
        } else {
            4 + rng.u64(..60)
        };
        let round = Round {
            program,
            seed: rng.u64(..),
            home: tempfile::Builder::new().prefix("faults-").tempdir()?,
            port: harness::ports::free()?,
        };
        let (findings, times) = round.run(rarity, tally)?;
        shifted_reads += times;
        recovered += u32::from(findings.recovered);
        ended += u32::from(findings.ended_early);
        for text in findings.violations.into_iter().chain(round.leftovers()) {
            tally.violation(&format!("driver, round {rounds}: {text}"));
        }
        if rounds == 1 && !findings.recovered {
            tally.violation("driver: without faults it is not ready");
        }
        for act in findings.acts {
            tally.event(act);
        }
        if !tally.is_clean() {
            break;
        }
    }
    println!(
        "driver: {} faults in {rounds} rounds; {recovered} times ready again, {ended} times ended with an error; {shifted_reads} wrong times read; {:.0} s",
        tally.total() - before,
        since.elapsed().as_secs_f64()
    );
    Ok(())
}

struct Round<'a> {
    program: &'a Path,
    seed: u64,
    home: tempfile::TempDir,
    port: u16,
}

impl Round<'_> {
    fn socket(&self) -> PathBuf {
        self.home
            .path()
            .join(format!("s/control-{}.sock", self.port))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command
            .args(["supervise", "--parent", &std::process::id().to_string()])
            .args(["--port", &self.port.to_string(), "--state-dir"])
            .arg(self.home.path().join("s"))
            .arg("--")
            .arg(self.program)
            .arg("fake-proxy")
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", "/nowhere")
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn run(&self, rarity: u64, tally: &mut Tally) -> Result<(Findings, u64)> {
        let storms = rarity < u64::MAX;
        let conditions = Conditions::default();
        // Some storms begin before the start, most when the proxy is there.
        let is_active = AtomicBool::new(storms && self.seed.is_multiple_of(4));
        let over = AtomicBool::new(false);
        let mut faults = RandomFaults {
            rng: Rng::with_seed(self.seed),
            possible,
            rarity,
            // A kill is the end of a storm; most go on.
            kills: 200,
            is_active: &is_active,
            injected: Vec::new(),
        };
        let mut operator = Operator {
            socket: self.socket(),
            mark: self.mark(),
            rng: Rng::with_seed(self.seed ^ 1),
            conditions: &conditions,
            over: &over,
            findings: Findings::default(),
        };
        // Its output must have a reader, or it ends.
        let (reader, writer) = std::io::pipe()?;
        let mut command = self.command();
        command.stdout(writer);
        let (exit, findings, last) = std::thread::scope(|scope| {
            let last = scope.spawn(|| BufReader::new(reader).lines().map_while(Result::ok).last());
            let acting = scope.spawn(|| {
                operator.act(&is_active, storms);
                operator.findings
            });
            let inject = &mut |call| faults.inject(call);
            let exit = tracer::trace(command, Some("supervise"), &conditions, LONGEST, inject);
            over.store(true, Ordering::SeqCst);
            (exit, acting.join(), last.join().ok().flatten())
        });
        let (exit, mut findings) = (exit?, findings.ok().context("the acting thread failed")?);
        let mut wrong = |what: String| {
            let violation = format!("{what}; its last line is {last:?}");
            findings.violations.push(violation);
        };
        if !exit.hung_at.is_empty() {
            wrong(format!("it did not end; {:?}", exit.hung_at));
        }
        if let Some(signal) = exit.signal.filter(|signal| *signal != SIGKILL) {
            wrong(format!("it ended with {signal}"));
        }
        if exit.code == Some(0) && findings.ended_early {
            wrong("it gave up as if all were well".to_owned());
        }
        faults
            .injected
            .into_iter()
            .for_each(|fault| tally.fault(fault));
        Ok((findings, conditions.shifted_reads.load(Ordering::SeqCst)))
    }

    fn mark(&self) -> String {
        format!("CLAUDE_PROXY_MARK={}", self.socket().display())
    }

    /// What is left once the supervisor is gone: nothing that was started may be.
    fn leftovers(&self) -> Option<String> {
        let mark = self.mark();
        let gone = || Ok(with_variable(&mark).is_empty());
        wait::until_true("every process is gone", GRACE, gone).err()?;
        let left = with_variable(&mark);
        left.iter().for_each(|pid| signal(*pid, Signal::KILL));
        Some(format!("processes {left:?} are left"))
    }
}

struct Operator<'a> {
    socket: PathBuf,
    mark: String,
    rng: Rng,
    conditions: &'a Conditions,
    over: &'a AtomicBool,
    findings: Findings,
}

impl Operator<'_> {
    fn act(&mut self, is_active: &AtomicBool, storms: bool) {
        let patience = Instant::now() + RECOVERY;
        while storms && !is_active.load(Ordering::SeqCst) && !self.is_over() {
            let status = self.ask(&Request::Status).unwrap_or_default();
            let ready = status.get("state").is_some_and(|state| state == "ready");
            is_active.store(ready || Instant::now() > patience, Ordering::SeqCst);
        }
        let end = Instant::now() + STORM;
        while is_active.load(Ordering::SeqCst) && Instant::now() < end && !self.is_over() {
            std::thread::sleep(Duration::from_millis(30 + self.rng.u64(..120)));
            let act = self.rng.u64(..8);
            self.perform(act);
        }
        is_active.store(false, Ordering::SeqCst);
        self.signal(Signal::CONT, "");
        self.recover();
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn perform(&mut self, act: u64) {
        let name = match act {
            0 => self.signal(Signal::KILL, "proxy killed"),
            1 => self.signal(Signal::STOP, "proxy suspended"),
            2 => self.signal(Signal::CONT, "proxy resumed"),
            3 => self.signal(Signal::TERM, "proxy terminated"),
            4 => {
                let ms = 100 + self.rng.u64(..400);
                self.conditions.hold_ms.store(ms, Ordering::SeqCst);
                "everything held still"
            }
            5 => {
                // What slept wakes up hours later.
                let hours = i64::try_from(self.rng.u64(..10)).unwrap_or(1);
                let ahead = 60 + hours * 3_600;
                self.conditions
                    .monotonic_s
                    .fetch_add(ahead, Ordering::SeqCst);
                "clock jumped ahead"
            }
            6 => {
                let days = i64::try_from(self.rng.u64(..800)).unwrap_or(0) - 400;
                let off = days * 86_400;
                self.conditions.wall_s.store(off, Ordering::SeqCst);
                "wall clock set"
            }
            _ => {
                let _ = self.ask(&Request::Restart);
                "restart command"
            }
        };
        self.findings.acts.push(name);
    }

    fn signal(&self, which: Signal, name: &'static str) -> &'static str {
        for pid in with_variable(&self.mark) {
            signal(pid, which);
        }
        name
    }

    fn ask(&self, request: &Request) -> Option<Value> {
        control::request(&self.socket, request, Duration::from_secs(2)).ok()
    }

    /// Waits for the proxy, with the one command where that is what the status asks for, and ends everything.
    fn recover(&mut self) {
        let end = Instant::now() + RECOVERY;
        let mut last = None;
        while !self.is_over() {
            if Instant::now() > end {
                let what = format!("not ready again, but {last:?}");
                self.findings.violations.push(what);
                break;
            }
            last = self.ask(&Request::Status).or(last);
            let state = last
                .as_ref()
                .and_then(|status| status.get("state")?.as_str());
            match state.unwrap_or_default() {
                // With its mark, or what stays would not be seen either; without one for a moment, where it was just killed.
                "ready" if !with_variable(&self.mark).is_empty() => {
                    self.findings.recovered = true;
                    break;
                }
                "failed" | "stopped" | "backoff" => {
                    let _ = self.ask(&Request::Restart);
                }
                _ => {}
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.findings.ended_early = self.is_over();
        while !self.is_over() && Instant::now() < end + GRACE {
            let _ = self.ask(&Request::Shutdown);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
