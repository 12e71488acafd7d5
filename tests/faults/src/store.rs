//! Edits of a configuration, and the creation of a key, with a fault at every system call.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use fastrand::Rng;
use nix::sys::signal::Signal;

use crate::fault::{RandomFaults, Tally, possible};
use crate::tracer::{self, Conditions, Exit, Inject};

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

/// Every call in every way while faults are wanted, then storms.
pub(crate) fn run(program: &Path, wanted: u64, seed: u64, tally: &mut Tally) -> Result<()> {
    let since = Instant::now();
    let mut rng = Rng::with_seed(seed);
    let subjects: Vec<Subject<'_>> = SCENARIOS
        .iter()
        .map(|scenario| Subject::new(program, scenario))
        .collect::<Result<_>>()?;
    // (scenario, number of the call, way), in an order that the seed gives, so that a short run looks everywhere.
    let mut cases = Vec::new();
    for subject in &subjects {
        for (number, count) in subject.ways.iter().enumerate() {
            cases.extend((0..*count).map(|choice| (subject, number, choice)));
        }
    }
    let (all, calls) = (
        cases.len(),
        subjects.iter().map(|one| one.ways.len()).sum::<usize>(),
    );
    rng.shuffle(&mut cases);
    let (mut single, mut runs, mut changed) = (0, 0, 0);
    let start = tally.total();
    for (subject, number, choice) in cases {
        if tally.total() - start >= wanted {
            break;
        }
        // The call of this number fails in this way.
        let (mut seen, mut injected) = (0, None);
        let mut inject = |call: u64| {
            let faults = possible(call);
            if faults.is_empty() {
                return None;
            }
            seen += 1;
            if seen - 1 != number {
                return None;
            }
            injected = faults.get(choice).copied();
            injected
        };
        let state = subject.run(&mut inject, &format!("call {number}"), tally)?;
        runs += 1;
        changed += usize::from(state == FileState::New);
        if let Some(fault) = injected {
            tally.fault(fault);
            single += 1;
        }
    }
    let mut storms = 0;
    while tally.total() - start < wanted {
        let subject = rng.choice(&subjects).context("no scenario")?;
        storms += 1;
        let mut faults = RandomFaults {
            possible,
            rarity: 8 + rng.u64(..60),
            kills: 4,
            rng: rng.fork(),
            is_active: &AtomicBool::new(true),
            injected: Vec::new(),
        };
        let state = subject.run(
            &mut |call| faults.inject(call),
            &format!("storm {storms}"),
            tally,
        )?;
        changed += usize::from(state == FileState::New);
        faults
            .injected
            .into_iter()
            .for_each(|fault| tally.fault(fault));
    }
    println!(
        "file store: {single} of {all} single faults ({calls} calls of {} scenarios), {storms} storms with {} faults; {} runs left the old file, {changed} the new one; {:.0} s",
        SCENARIOS.len(),
        tally.total() - start - single,
        runs + storms - changed,
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
        let mut ways = Vec::new();
        let mut none = |call: u64| {
            ways.push(possible(call).len());
            None
        };
        let exit = subject.perform(home.path(), &mut none)?;
        ensure!(
            exit.code == Some(0),
            "`{}` ends with {exit:?} without any fault: {}",
            scenario.name,
            subject.output(home.path())
        );
        ways.retain(|count| *count > 0);
        subject.ways = ways;
        for (file, _) in scenario.files {
            let text = fs::read_to_string(home.path().join(file))?;
            subject.new.push(text);
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

    fn perform(&self, home: &Path, inject: Inject<'_>) -> Result<Exit> {
        let conditions = Conditions::default();
        // An hour early, a year late: names of backups come from it.
        let offset = match self.ways.len() % 3 {
            0 => 0,
            1 => -3_600,
            _ => 31_536_000,
        };
        conditions.wall_s.store(offset, Ordering::SeqCst);
        let exit = tracer::trace(self.command(home)?, None, &conditions, LONGEST, inject)?;
        ensure!(
            exit.hung_at.is_empty(),
            "`{}` hung: {exit:?}",
            self.scenario.name
        );
        Ok(exit)
    }

    fn output(&self, home: &Path) -> String {
        let output = fs::read(home.join("output.txt")).unwrap_or_default();
        String::from_utf8_lossy(&output).into_owned()
    }

    /// Once with faults, then without.
    fn run(&self, inject: Inject<'_>, what: &str, tally: &mut Tally) -> Result<FileState> {
        let home = self.home()?;
        let exit = self.perform(home.path(), inject)?;
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
                tally.violation(&format!(
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
                tally.violation(&format!(
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
                "{place}: the next run gives {again}, settled: {settled}; its output: {}",
                self.output(home.path())
            ));
        }
        // What a killed run left goes with the next one that writes.
        if !left_behind(home.path())?.is_empty() {
            for (file, old) in self.scenario.files {
                let path = home.path().join(file);
                match old {
                    Some(old) => fs::write(path, old)?,
                    None => fs::remove_file(path)?,
                }
            }
            self.command(home.path())?.status()?;
            let left = left_behind(home.path())?;
            if !left.is_empty() {
                tally.violation(&format!("{place}: left behind: {left:?}"));
            }
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

/// The temporary files in the folder of the configuration.
fn left_behind(home: &Path) -> Result<Vec<PathBuf>> {
    let folder = home.join(CONFIG).with_file_name("");
    let beside = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let is_temporary = |path: &PathBuf| path.extension().is_some_and(|end| end == "tmp");
    Ok(beside.filter(is_temporary).collect())
}

fn has_backup(path: &Path, old: &str) -> Result<bool> {
    let prefix = format!("{}.claude-proxy-", path.display());
    let mut beside = fs::read_dir(path.parent().context("no folder")?)?.flatten();
    Ok(beside.any(|entry| {
        let backup = entry.path();
        backup.to_string_lossy().starts_with(&prefix)
            && fs::read_to_string(backup).is_ok_and(|text| text == old)
    }))
}
