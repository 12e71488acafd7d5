//! Edits of a configuration, and the creation of a key, with a fault at every system call.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use fastrand::Rng;
use nix::sys::signal::Signal;

use crate::fault::{Fault, Injector, RandomFaults, Tally, possible};
use crate::tracer::{self, Conditions, Exit};

const OLD: &str = "{\n  // Mine.\n  gateway: { mode: 'local' },\n  agents: { defaults: { model: 'openai/gpt-6' } },\n}\n";
/// Longest that an edit may take. Locks are waited for 10 s.
const LONGEST: Duration = Duration::from_secs(60);

/// One thing that is done to a home.
struct Scenario {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Files that it changes, below the home, and what is in them before.
    files: &'static [(&'static str, Option<&'static str>)],
}

const CONFIG: &str = ".openclaw/openclaw.json";
const KEY: &str = ".openclaw/claude-proxy/access-key-4567";

const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "setup on a configuration",
        arguments: &["setup", "--yes", "--set-default", "--port", "4567"],
        files: &[(CONFIG, Some(OLD))],
    },
    Scenario {
        name: "setup without one",
        arguments: &["setup", "--yes", "--set-default", "--port", "4567"],
        files: &[(CONFIG, None)],
    },
    Scenario {
        name: "audit --fix with a backup",
        arguments: &["audit", "--fix"],
        files: &[
            (CONFIG, Some(OLD)),
            (".openclaw/openclaw.json.bak", Some(OLD)),
        ],
    },
    Scenario {
        name: "key rotate",
        arguments: &["key", "rotate", "--port", "4567"],
        files: &[(
            KEY,
            Some("0000000000000000000000000000000000000000000000000000000000000000\n"),
        )],
    },
];

/// Fails the call of one number in one way; of a number that no call has, none.
struct SingleFault {
    number: usize,
    choice: usize,
    /// How many ways to fail each call had that was seen.
    ways: Vec<usize>,
    injected: Option<Fault>,
}

impl SingleFault {
    fn new(number: usize, choice: usize) -> Self {
        Self {
            number,
            choice,
            ways: Vec::new(),
            injected: None,
        }
    }
}

impl Injector for SingleFault {
    fn inject(&mut self, call: u64) -> Option<Fault> {
        let faults = possible(call);
        if faults.is_empty() {
            return None;
        }
        self.ways.push(faults.len());
        if self.ways.len() - 1 != self.number {
            return None;
        }
        self.injected = faults.get(self.choice).copied();
        self.injected
    }
}

/// Every call in every way while faults are wanted, then storms.
pub(crate) fn run(program: &Path, wanted: u64, seed: u64, tally: &mut Tally) -> Result<()> {
    let since = Instant::now();
    let (mut calls, mut unchanged, mut changed) = (0_u64, 0_u64, 0_u64);
    let mut rng = Rng::with_seed(seed);
    let subjects: Vec<Subject<'_>> = SCENARIOS
        .iter()
        .map(|scenario| Subject::new(program, scenario))
        .collect::<Result<_>>()?;
    // (scenario, number of the call, way), in an order that the seed gives, so that a short run looks everywhere.
    let mut cases = Vec::new();
    for (index, subject) in subjects.iter().enumerate() {
        calls += subject.ways.len() as u64;
        for (number, count) in subject.ways.iter().enumerate() {
            cases.extend((0..*count).map(|choice| (index, number, choice)));
        }
    }
    let all = cases.len();
    for at in (1..cases.len()).rev() {
        let other = usize::try_from(rng.u64(..at as u64 + 1))?;
        cases.swap(at, other);
    }
    let start = tally.total();
    for (index, number, choice) in cases {
        if tally.total() - start >= wanted {
            break;
        }
        let Some(subject) = subjects.get(index) else {
            continue;
        };
        let mut single_fault = SingleFault::new(number, choice);
        let state = subject.run(&mut single_fault, tally, format!("call {number}"))?;
        match state {
            FileState::Old => unchanged += 1,
            FileState::New => changed += 1,
        }
        if let Some(fault) = single_fault.injected {
            tally.fault(fault);
        }
    }
    let single = tally.total() - start;
    let mut storms = 0;
    while tally.total() - start < wanted {
        let subject = subjects
            .get(storms % subjects.len())
            .context("no scenario")?;
        storms += 1;
        let mut faults = RandomFaults {
            possible,
            rarity: 8 + rng.u64(..60),
            kills: 4,
            rng: Rng::with_seed(rng.u64(..u64::MAX)),
            is_active: Arc::new(AtomicBool::new(true)),
            injected: Vec::new(),
        };
        match subject.run(&mut faults, tally, format!("storm {storms}"))? {
            FileState::Old => unchanged += 1,
            FileState::New => changed += 1,
        }
        for fault in faults.injected {
            tally.fault(fault);
        }
    }
    println!(
        "file store: {single} of {all} single faults ({calls} calls of {} scenarios), {storms} storms with {} faults; {} runs left the old file, {changed} the new one; {:.0} s",
        SCENARIOS.len(),
        tally.total() - start - single,
        unchanged,
        since.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Which text the first file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileState {
    Old,
    New,
}

/// A scenario whose outcome without faults is known.
struct Subject<'a> {
    program: &'a Path,
    scenario: &'a Scenario,
    /// What is in each file afterwards.
    new: Vec<String>,
    /// How many ways to fail each call has, in order.
    ways: Vec<usize>,
}

impl<'a> Subject<'a> {
    fn new(program: &'a Path, scenario: &'a Scenario) -> Result<Self> {
        let mut subject = Self {
            program,
            scenario,
            new: Vec::new(),
            ways: Vec::new(),
        };
        let home = subject.home()?;
        let mut none = SingleFault::new(usize::MAX, 0);
        let exit = subject.perform(home.path(), &mut none)?;
        ensure!(
            exit.code == Some(0),
            "`{}` ends with {exit:?} without any fault: {}",
            scenario.name,
            subject.output(home.path())
        );
        subject.ways = none.ways;
        for (file, _) in scenario.files {
            subject
                .new
                .push(fs::read_to_string(home.path().join(file))?);
        }
        Ok(subject)
    }

    fn home(&self) -> Result<tempfile::TempDir> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        let home = tempfile::Builder::new().prefix("faults-").tempdir()?;
        for (file, text) in self.scenario.files {
            let Some(text) = text else { continue };
            let path = home.path().join(file);
            let folder = path.parent().context("no folder")?;
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
            fs::write(&path, text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        }
        Ok(home)
    }

    fn command(&self, home: &Path) -> Result<Command> {
        let mut command = Command::new(self.program);
        let out = fs::File::create(home.join("output.txt"))?;
        command
            .args(self.scenario.arguments)
            .env_clear()
            .env("HOME", home)
            .env("PATH", "/nowhere")
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out);
        Ok(command)
    }

    fn perform(&self, home: &Path, injector: &mut dyn Injector) -> Result<Exit> {
        let conditions = Arc::new(Conditions::default());
        // An hour early, a year late: names of backups come from it.
        let offset = match self.ways.len() % 3 {
            0 => 0,
            1 => -3_600,
            _ => 31_536_000,
        };
        conditions.wall_s.store(offset, Ordering::SeqCst);
        let exit = tracer::trace(self.command(home)?, None, &conditions, LONGEST, injector)?;
        ensure!(
            !conditions.hung.load(Ordering::SeqCst),
            "`{}` hung",
            self.scenario.name
        );
        Ok(exit)
    }

    fn output(&self, home: &Path) -> String {
        let output = fs::read(home.join("output.txt")).unwrap_or_default();
        String::from_utf8_lossy(&output).into_owned()
    }

    /// Once with faults, then without.
    fn run(
        &self,
        injector: &mut dyn Injector,
        tally: &mut Tally,
        what: String,
    ) -> Result<FileState> {
        let home = self.home()?;
        let exit = self.perform(home.path(), injector)?;
        let output = self.output(home.path());
        let place = format!("{}, {what}", self.scenario.name);
        let crashed = exit.signal.is_some_and(|signal| signal != Signal::SIGKILL);
        if crashed && exit.signal != Some(Signal::SIGABRT) || output.contains("panicked") {
            tally.violation(&format!("{place}: it ended with {exit:?}: {output}"));
        }
        let mut first = FileState::Old;
        for (index, (file, old)) in self.scenario.files.iter().enumerate() {
            let path = home.path().join(file);
            let new = self.new.get(index).map(String::as_str).unwrap_or_default();
            let found = fs::read_to_string(&path).ok();
            let after = if found.as_deref() == *old {
                FileState::Old
            } else if found.as_deref().is_some_and(|text| self.is_new(text, new)) {
                FileState::New
            } else {
                tally.lost(&format!(
                    "{place}: {file} is {found:?}; its output: {output}"
                ));
                FileState::Old
            };
            if index == 0 {
                first = after;
            }
            // A copy that could not be closed is an exposure, which is reported and is no failure.
            let is_reported = index > 0
                && (output.contains(&path.display().to_string())
                    || output.contains("cannot be read"));
            if exit.code == Some(0) && after == FileState::Old && !is_reported {
                tally.violation(&format!(
                    "{place}: it ended well, and {file} is the old one: {output}"
                ));
            }
            if let (FileState::New, Some(old)) = (after, old)
                && *file != KEY
                && !has_backup(&path, old)?
            {
                tally.lost(&format!(
                    "{place}: {file} is new and its old bytes are gone; its output: {output}"
                ));
            }
        }
        // What a fault left must not be in the way of the next.
        let again = self.command(home.path())?.status()?;
        let settled = self
            .scenario
            .files
            .iter()
            .zip(&self.new)
            .all(|((file, _), new)| {
                fs::read_to_string(home.path().join(file)).is_ok_and(|text| self.is_new(&text, new))
            });
        if !again.success() || !settled {
            tally.violation(&format!(
                "{place}: the next run gives {again}: {}",
                self.output(home.path())
            ));
        }
        Ok(first)
    }

    /// Whether a text is what comes out without faults. Of keys any is.
    fn is_new(&self, text: &str, new: &str) -> bool {
        if self.scenario.files.iter().any(|(file, _)| *file == KEY) {
            return text.len() == new.len()
                && text.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit());
        }
        text == new
    }
}

fn has_backup(path: &Path, old: &str) -> Result<bool> {
    let name = path.file_name().context("no name")?.to_string_lossy();
    let prefix = format!("{name}.claude-proxy-");
    let folder = path.parent().context("no folder")?;
    let backups: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .collect();
    Ok(backups
        .iter()
        .any(|backup| fs::read_to_string(backup).is_ok_and(|text| text == old)))
}
