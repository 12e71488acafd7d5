//! A program in a real pseudo-terminal, seen as a person sees it: through a terminal emulator, so that what is compared
//! is the text on the screen and not the escape sequences that drew it.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use pty_process::blocking::{self, Pty};

use crate::child::KillOnDrop;
use crate::home::{Home, ID};
use crate::wait;

/// Lines of the screen: enough for a whole session, so that nothing scrolls away.
const ROWS: NonZeroU16 = NonZeroU16::MIN.saturating_add(399);
/// Columns of the screen.
const COLUMNS: NonZeroU16 = NonZeroU16::MIN.saturating_add(117);

/// How long a question of the login may take to come on a busy machine.
const LOGIN: Duration = Duration::from_secs(240);

/// A program in a terminal. Dropping it kills the program.
pub struct Terminal {
    child: KillOnDrop,
    pty: Arc<Pty>,
    screen: Arc<Mutex<vt100::Parser>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Terminal {
    /// Starts a program; its environment, arguments and folder are those of the command.
    ///
    /// # Errors
    /// If there is no terminal to be had, or the program cannot be started.
    pub fn start(command: &Command) -> Result<Self> {
        let (pty, pts) = blocking::open()?;
        pty.resize(pty_process::Size::new(ROWS.get(), COLUMNS.get()))?;
        let mut inside = blocking::Command::new(command.get_program())
            .args(command.get_args())
            .env_clear();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                inside = inside.env(name, value);
            }
        }
        if let Some(folder) = command.get_current_dir() {
            inside = inside.current_dir(folder);
        }
        let child = inside
            .spawn(pts)
            .with_context(|| format!("cannot start {command:?} in a terminal"))?;
        let pty = Arc::new(pty);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)));
        let reader = {
            let (pty, screen) = (Arc::clone(&pty), Arc::clone(&screen));
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                // The end of the last program that has the terminal open is an error here, and the end of the output.
                while let Ok(count @ 1..) = (&*pty).read(&mut bytes) {
                    lock(&screen).process(bytes.get(..count).unwrap_or_default());
                }
            })
        };
        Ok(Self {
            child: KillOnDrop(child),
            pty,
            screen,
            reader: Some(reader),
        })
    }

    /// What is on the screen.
    #[must_use]
    pub fn screen(&self) -> String {
        let text = lock(&self.screen).screen().contents();
        text.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// What is on the screen, as SVG.
    #[cfg(feature = "openclaw")]
    #[must_use]
    pub fn screenshot(&self) -> String {
        let lines = lock(&self.screen).screen().contents_formatted_basic();
        anstyle_svg::Term::new().render_svg(lines.trim_end())
    }

    /// Waits until the screen shows a text.
    ///
    /// # Errors
    /// If it does not within `limit`; with what it shows instead.
    pub fn expect(&self, text: &str, limit: Duration) -> Result<()> {
        wait::until_true(&format!("{text:?} on the screen"), limit, || {
            Ok(self.screen().contains(text))
        })
        .with_context(|| format!("the screen shows:\n{}", self.screen()))
    }

    /// Presses keys.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn press(&self, keys: &str) -> Result<()> {
        (&*self.pty)
            .write_all(keys.as_bytes())
            .context("the terminal is gone")
    }

    /// Answers questions as they come, by what they ask.
    ///
    /// # Errors
    /// If one does not come within `limit`; with what the screen shows.
    pub fn answer(&self, answers: &[(&str, &str)], limit: Duration) -> Result<()> {
        answers.iter().try_for_each(|(question, keys)| {
            self.expect(question, limit)?;
            self.press(keys)
        })
    }

    /// Waits for the end of the program; the status and everything the screen shows then.
    ///
    /// # Errors
    /// If it does not end within `limit`; with what the screen shows.
    pub fn finish(mut self, limit: Duration) -> Result<(ExitStatus, String)> {
        Ok((self.ended(limit)?, self.screen()))
    }

    /// As [`Terminal::finish`], with the screen as SVG too.
    ///
    /// # Errors
    /// As [`Terminal::finish`].
    #[cfg(feature = "openclaw")]
    pub fn finish_with_screenshot(
        mut self,
        limit: Duration,
    ) -> Result<(ExitStatus, String, String)> {
        Ok((self.ended(limit)?, self.screen(), self.screenshot()))
    }

    fn ended(&mut self, limit: Duration) -> Result<ExitStatus> {
        let child = &mut self.child;
        let ended = wait::until("the program in the terminal ends", limit, || {
            Ok(child.try_wait()?)
        });
        let status = ended.with_context(|| format!("the screen shows:\n{}", self.screen()))?;
        // The last output may still be on its way; a grandchild that keeps the terminal open must not hold this up.
        let reader = self.reader.as_ref();
        wait::until_true("the rest of the output", Duration::from_secs(1), || {
            Ok(reader.is_none_or(thread::JoinHandle::is_finished))
        })
        .ok();
        Ok(status)
    }
}

/// Logs in to the provider at a terminal, with Enter for everything but the port; what else it asks is in `more`. The screen.
///
/// # Errors
/// If a question does not come, or the login fails; with the screen.
pub fn log_in(home: &Home, port: u16, more: &[&str]) -> Result<String> {
    let line = ["models", "auth", "login", "--provider", ID, "--set-default"];
    let terminal = Terminal::start(&home.openclaw_command(line)?)?;
    let port = format!("{CLEAR}{port}{ENTER}");
    let mut answers = vec![
        ("Proxy host", ENTER),
        ("Proxy port", &port),
        ("Model IDs", ENTER),
    ];
    answers.extend(more.iter().map(|question| (*question, ENTER)));
    terminal.answer(&answers, LOGIN)?;
    let (status, screen) = terminal.finish(LOGIN)?;
    ensure!(status.success(), "the login failed:\n{screen}");
    Ok(screen)
}

fn lock(screen: &Mutex<vt100::Parser>) -> MutexGuard<'_, vt100::Parser> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Enter.
pub const ENTER: &str = "\r";
/// Deletes what is in the field.
pub const CLEAR: &str = "\x15";
/// Ctrl-C.
pub const INTERRUPT: &str = "\x03";
