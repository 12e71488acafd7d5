//! Edits of a configuration, and the making of a key, with faults at every system call.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use fastrand::Rng;
use nix::sys::signal::Signal;

use crate::fault::{self, Fault, Tally, menu};
use crate::tracer::{self, Chooser, Ended, Weather};

const OLD: &str = "{\n  // Mine.\n  gateway: { mode: 'local' },\n  agents: { defaults: { model: 'openai/gpt-6' } },\n}\n";
/// Longest that an edit may take. Locks are waited for 10 s.
const LONGEST: Duration = Duration::from_secs(60);

/// One thing that is done to a home.
struct Scene {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Files that it changes, below the home, and what is in them before.
    files: &'static [(&'static str, Option<&'static str>)],
}

const CONFIG: &str = ".openclaw/openclaw.json";
const KEY: &str = ".openclaw/claude-proxy/access-key-4567";

const SCENES: [Scene; 4] = [
    Scene {
        name: "setup on a configuration",
        arguments: &["setup", "--yes", "--set-default", "--port", "4567"],
        files: &[(CONFIG, Some(OLD))],
    },
    Scene {
        name: "setup without one",
        arguments: &["setup", "--yes", "--set-default", "--port", "4567"],
        files: &[(CONFIG, None)],
    },
    Scene {
        name: "audit --fix with a backup",
        arguments: &["audit", "--fix"],
        files: &[
            (CONFIG, Some(OLD)),
            (".openclaw/openclaw.json.bak", Some(OLD)),
        ],
    },
    Scene {
        name: "key rotate",
        arguments: &["key", "rotate", "--port", "4567"],
        files: &[(
            KEY,
            Some("0000000000000000000000000000000000000000000000000000000000000000\n"),
        )],
    },
];

/// Fails the call of one number in one way.
struct One {
    number: u64,
    choice: usize,
    seen: u64,
    done: Option<Fault>,
}

impl Chooser for One {
    fn choose(&mut self, call: u64) -> Option<Fault> {
        let faults = menu(call);
        if faults.is_empty() {
            return None;
        }
        self.seen += 1;
        if self.seen - 1 != self.number {
            return None;
        }
        self.done = faults.get(self.choice).copied();
        self.done
    }
}

/// Fails calls at random, one in so many.
struct Storm {
    rng: Rng,
    rarity: u64,
    done: Vec<Fault>,
}

impl Chooser for Storm {
    fn choose(&mut self, call: u64) -> Option<Fault> {
        let fault = fault::random(&mut self.rng, menu(call), self.rarity, 4);
        self.done.extend(fault);
        fault
    }
}

/// Every call in every way while faults are wanted, then storms.
pub(crate) fn run(program: &Path, wanted: u64, seed: u64, tally: &mut Tally) -> Result<()> {
    let since = Instant::now();
    let (mut calls, mut unchanged, mut changed) = (0_u64, 0_u64, 0_u64);
    let mut rng = Rng::with_seed(seed);
    let plays: Vec<Play<'_>> = SCENES
        .iter()
        .map(|scene| Play::new(program, scene))
        .collect::<Result<_>>()?;
    // (scene, number of the call, way), in an order that the seed gives, so that a short run looks everywhere.
    let mut cases = Vec::new();
    for (index, play) in plays.iter().enumerate() {
        calls += play.menus.len() as u64;
        for (number, ways) in play.menus.iter().enumerate() {
            cases.extend((0..*ways).map(|choice| (index, number as u64, choice)));
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
        let Some(play) = plays.get(index) else {
            continue;
        };
        let mut one = One {
            number,
            choice,
            seen: 0,
            done: None,
        };
        let what = play.once(&mut one, tally, format!("call {number}"))?;
        match what {
            After::Old => unchanged += 1,
            After::New => changed += 1,
        }
        if let Some(fault) = one.done {
            tally.fault(fault);
        }
    }
    let single = tally.total() - start;
    let mut storms = 0;
    while tally.total() - start < wanted {
        let play = plays.get(storms % plays.len()).context("no scene")?;
        storms += 1;
        let mut storm = Storm {
            rarity: 8 + rng.u64(..60),
            rng: Rng::with_seed(rng.u64(..u64::MAX)),
            done: Vec::new(),
        };
        match play.once(&mut storm, tally, format!("storm {storms}"))? {
            After::Old => unchanged += 1,
            After::New => changed += 1,
        }
        for fault in storm.done {
            tally.fault(fault);
        }
    }
    println!(
        "file store: {single} of {all} single faults ({calls} calls of {} scenes), {storms} storms with {} faults; {} runs left the old file, {changed} the new one; {:.0} s",
        SCENES.len(),
        tally.total() - start - single,
        unchanged,
        since.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Which text the first file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Old,
    New,
}

/// A scene whose outcome without faults is known.
struct Play<'a> {
    program: &'a Path,
    scene: &'a Scene,
    /// What is in each file afterwards.
    new: Vec<String>,
    /// How many ways to fail each call has, in order.
    menus: Vec<usize>,
}

struct Count(Vec<usize>);

impl Chooser for Count {
    fn choose(&mut self, call: u64) -> Option<Fault> {
        let ways = menu(call).len();
        if ways > 0 {
            self.0.push(ways);
        }
        None
    }
}

impl<'a> Play<'a> {
    fn new(program: &'a Path, scene: &'a Scene) -> Result<Self> {
        let mut play = Self {
            program,
            scene,
            new: Vec::new(),
            menus: Vec::new(),
        };
        let home = play.home()?;
        let mut count = Count(Vec::new());
        let ended = play.perform(home.path(), &mut count)?;
        ensure!(
            ended.code == Some(0),
            "`{}` ends with {ended:?} without any fault: {}",
            scene.name,
            play.said(home.path())
        );
        play.menus = count.0;
        for (file, _) in scene.files {
            play.new.push(fs::read_to_string(home.path().join(file))?);
        }
        Ok(play)
    }

    fn home(&self) -> Result<tempfile::TempDir> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        let home = tempfile::Builder::new().prefix("faults-").tempdir()?;
        for (file, text) in self.scene.files {
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
        let out = fs::File::create(home.join("lastOutputLine"))?;
        command
            .args(self.scene.arguments)
            .env_clear()
            .env("HOME", home)
            .env("PATH", "/nowhere")
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out);
        Ok(command)
    }

    fn perform(&self, home: &Path, chooser: &mut dyn Chooser) -> Result<Ended> {
        let weather = Arc::new(Weather::default());
        // An hour early, a year late: names of backups come from it.
        let off = match self.menus.len() % 3 {
            0 => 0,
            1 => -3_600,
            _ => 31_536_000,
        };
        weather.wall_s.store(off, Ordering::SeqCst);
        let ended = tracer::trace(self.command(home)?, None, &weather, LONGEST, chooser)?;
        ensure!(
            !weather.hung.load(Ordering::SeqCst),
            "`{}` hung",
            self.scene.name
        );
        Ok(ended)
    }

    fn said(&self, home: &Path) -> String {
        let said = fs::read(home.join("lastOutputLine")).unwrap_or_default();
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Once with faults, then without.
    fn once(&self, chooser: &mut dyn Chooser, tally: &mut Tally, what: String) -> Result<After> {
        let home = self.home()?;
        let ended = self.perform(home.path(), chooser)?;
        let said = self.said(home.path());
        let place = format!("{}, {what}", self.scene.name);
        let crashed = ended.signal.is_some_and(|signal| signal != Signal::SIGKILL);
        if crashed && ended.signal != Some(Signal::SIGABRT) || said.contains("panicked") {
            tally.violation(&format!("{place}: it ended with {ended:?}: {said}"));
        }
        let mut first = After::Old;
        for (index, (file, old)) in self.scene.files.iter().enumerate() {
            let path = home.path().join(file);
            let new = self.new.get(index).map(String::as_str).unwrap_or_default();
            let there = fs::read_to_string(&path).ok();
            let after = if there.as_deref() == *old {
                After::Old
            } else if there.as_deref().is_some_and(|text| self.is_new(text, new)) {
                After::New
            } else {
                tally.lost(&format!("{place}: {file} is {there:?}; it said: {said}"));
                After::Old
            };
            if index == 0 {
                first = after;
            }
            // A copy that could not be closed is an exposure, which is told and is no failure.
            let told = index > 0
                && (said.contains(&path.display().to_string()) || said.contains("cannot be read"));
            if ended.code == Some(0) && after == After::Old && !told {
                tally.violation(&format!(
                    "{place}: done, it says, and {file} is the old one: {said}"
                ));
            }
            if let (After::New, Some(old)) = (after, old)
                && *file != KEY
                && !has_backup(&path, old)?
            {
                tally.lost(&format!(
                    "{place}: {file} is new and its old bytes are gone; it said: {said}"
                ));
            }
        }
        // What a fault left must not be in the way of the next.
        let again = self.command(home.path())?.status()?;
        let settled = self
            .scene
            .files
            .iter()
            .zip(&self.new)
            .all(|((file, _), new)| {
                fs::read_to_string(home.path().join(file)).is_ok_and(|text| self.is_new(&text, new))
            });
        if !again.success() || !settled {
            tally.violation(&format!(
                "{place}: the next run gives {again}: {}",
                self.said(home.path())
            ));
        }
        Ok(first)
    }

    /// Whether a text is what comes out without faults. Of keys any is.
    fn is_new(&self, text: &str, new: &str) -> bool {
        if self.scene.files.iter().any(|(file, _)| *file == KEY) {
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
