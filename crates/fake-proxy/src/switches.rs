//! The switches: one table, from which flags, environment variables and the help text come.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Every environment variable of the fake proxy starts with this; the rest is the flag in capitals.
pub(crate) const PREFIX: &str = "FAKE_PROXY_";

/// Set by a wrapper for the process that it starts; not a switch.
pub(crate) const WRAPPED: &str = "FAKE_PROXY_WRAPPED";

/// One switch as the user sees it.
pub(crate) struct Switch {
    /// The flag without its dashes.
    pub(crate) name: &'static str,
    /// What kind of value follows; empty for a switch that is on or off.
    pub(crate) value: &'static str,
    /// What it does, one line.
    pub(crate) help: &'static str,
}

const fn switch(name: &'static str, value: &'static str, help: &'static str) -> Switch {
    Switch { name, value, help }
}

/// All switches, in the order of the help text.
pub(crate) const SWITCHES: &[Switch] = &[
    switch(
        "port",
        "N",
        "port, before MERIDIAN_PORT and CLAUDE_PROXY_PORT; 0 takes a free one (default of listener)",
    ),
    switch(
        "host",
        "HOST",
        "address, before MERIDIAN_HOST and CLAUDE_PROXY_HOST",
    ),
    switch("requests", "FILE", "append one JSON line a request to FILE"),
    switch(
        "record-bodies",
        "",
        "put query and body into those lines too",
    ),
    switch(
        "service",
        "KIND",
        "what speaks on the port: meridian, claude-max-proxy (its older name), openai, html, garbage, tls",
    ),
    switch(
        "login",
        "STATE",
        "ok, token, degraded (200), unhealthy (503), rejected (healthy, but 401 on messages), at-start (exit 1)",
    ),
    switch(
        "no-key-check",
        "",
        "serve everybody, although MERIDIAN_API_KEY is set",
    ),
    switch(
        "messages-status",
        "STATUS",
        "answer every chat request with this error, for example 529 or 500",
    ),
    switch("slow-start-ms", "MS", "wait before listening"),
    switch(
        "slow-health-ms",
        "MS",
        "wait before answering /health and /v1/models, as with a slow claude; / stays quick",
    ),
    switch(
        "slow-messages-ms",
        "MS",
        "wait before a chat answer; a streamed one is spread over this time",
    ),
    switch("say", "TEXT", "write TEXT to stderr at start"),
    switch(
        "exit-at-start",
        "CODE",
        "end with this code instead of listening",
    ),
    switch(
        "crash-after-ms",
        "MS",
        "end this long after listening began",
    ),
    switch(
        "crash-on-request",
        "N",
        "end on receiving the Nth request, unanswered",
    ),
    switch(
        "crash-on-chat",
        "N",
        "the same, counting chat requests only",
    ),
    switch(
        "crash-with",
        "HOW",
        "an exit code, or abort; for the three above (default 1)",
    ),
    switch(
        "hang",
        "",
        "accept, read, never answer; SIGUSR1 does the same to any fake proxy",
    ),
    switch(
        "spin-on-dead-reader",
        "",
        "when stderr has no reader left: burn a core and never answer, as the real proxy does",
    ),
    switch("ignore-term", "", "take no notice of SIGTERM"),
    switch(
        "wrapper",
        "SHAPE",
        "serve from a child: plain (as npx), setsid (child leaves session and group), daemon (and the parent exits 0)",
    ),
    switch(
        "busy-port",
        "HOW",
        "fail (exit 1), or yield (exit 0 if a Meridian holds the port, as later versions do)",
    ),
    switch(
        "flood-mb",
        "MB",
        "write that many megabytes of lines to stdout after starting",
    ),
    switch(
        "emit",
        "LIST",
        "write to stderr after starting, comma separated: secrets, escapes, endless, utf8",
    ),
];

/// What speaks on the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Meridian 1.43.
    Meridian,
    /// The same program under the name it had before March 2026.
    ClaudeMaxProxy,
    /// `claude-max-api-proxy` 1.0, which knows the OpenAI dialect only.
    OpenAi,
    /// Some other program with web pages.
    Html,
    /// Something that does not speak HTTP.
    Garbage,
    /// Something that expects TLS.
    Tls,
}

/// What the proxy believes about its login, and what is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// A stored subscription login that works.
    Ok,
    /// A token from the environment: works, and no account is shown.
    Token,
    /// Logged out the usual way: the proxy cannot tell, and chat is refused.
    Degraded,
    /// Logged out, and the proxy says so.
    Unhealthy,
    /// Claimed but dead, as with an expired login.
    Rejected,
    /// Logged out and noticed before listening.
    AtStart,
}

impl Login {
    /// Whether a chat request is answered.
    pub(crate) fn works(self) -> bool {
        match self {
            Self::Ok | Self::Token => true,
            Self::Degraded | Self::Unhealthy | Self::Rejected | Self::AtStart => false,
        }
    }
}

/// How a crash ends the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    /// With an exit code.
    Exit(u8),
    /// By `SIGABRT`.
    Abort,
}

/// How the serving process hangs below the one that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapper {
    /// In the same group; the parent waits and forwards no signal.
    Plain,
    /// As `Plain`, but the child leads a session and group of its own.
    Setsid,
    /// As `Setsid`, and the parent ends at once with 0.
    Daemon,
}

/// What to do about a port that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BusyPort {
    /// Exit 1, as 1.43 does.
    Fail,
    /// Exit 0 if a Meridian is there, as later versions do; else exit 1.
    Yield,
}

/// An odd thing to write to stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// Invented tokens, and the access key that was given.
    Secrets,
    /// Terminal control sequences.
    Escapes,
    /// Eight megabytes without a line end.
    Endless,
    /// Bytes that are not UTF-8, and a NUL.
    Utf8,
}

/// The parsed switches; each field is explained in [`SWITCHES`].
#[derive(Clone, Debug)]
pub(crate) struct Switches {
    pub(crate) port: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) requests: Option<PathBuf>,
    pub(crate) record_bodies: bool,
    pub(crate) service: Service,
    pub(crate) login: Login,
    pub(crate) no_key_check: bool,
    pub(crate) messages_status: Option<u16>,
    pub(crate) slow_start: Duration,
    pub(crate) slow_health: Duration,
    pub(crate) slow_messages: Duration,
    pub(crate) say: Option<String>,
    pub(crate) exit_at_start: Option<u8>,
    pub(crate) crash_after: Option<Duration>,
    pub(crate) crash_on_request: Option<u64>,
    pub(crate) crash_on_chat: Option<u64>,
    pub(crate) crash_with: Crash,
    pub(crate) hang: bool,
    pub(crate) spin_on_dead_reader: bool,
    pub(crate) ignore_term: bool,
    pub(crate) wrapper: Option<Wrapper>,
    pub(crate) busy_port: BusyPort,
    pub(crate) flood_mb: u64,
    pub(crate) emit: Vec<Oddity>,
    /// The first argument that is no flag; only `--service openai` has a use for it.
    pub(crate) operand: Option<String>,
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Mode {
    /// Be the proxy.
    Proxy(Switches),
    /// Be everything outside.
    Listener(Switches),
    /// Print the help text.
    Help,
    /// Print the version of the proxy that is imitated.
    Version,
}

/// Why the switches were refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SwitchError {
    /// There is no such flag or variable.
    Unknown(String),
    /// The flag needs a value and none followed.
    NoValue(&'static str),
    /// An argument that is no flag has no meaning here.
    Stray(String),
    /// The value is not one that is accepted.
    BadValue {
        /// The flag's name.
        name: &'static str,
        /// What was given.
        found: String,
        /// What would be accepted.
        accepted: &'static str,
    },
}

impl fmt::Display for SwitchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "there is no switch `{name}`; see --help"),
            Self::NoValue(name) => write!(f, "`--{name}` needs a value; see --help"),
            Self::Stray(word) => write!(f, "`{word}` has no meaning here; see --help"),
            Self::BadValue {
                name,
                found,
                accepted,
            } => {
                write!(
                    f,
                    "`--{name}` (or {}) is `{found}`; accepted: {accepted}",
                    variable(name)
                )
            }
        }
    }
}

impl std::error::Error for SwitchError {}

/// The environment variable that does the same as the flag `name`.
pub(crate) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// The help text.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "Fake of the local Claude proxy: tests and demonstrations only.\n\n\
         Usage: fake-proxy [SWITCHES]            the proxy\n       \
         fake-proxy listener [SWITCHES]   the outside: records and answers every request\n\n\
         Each switch is also an environment variable, for example FAKE_PROXY_SLOW_START_MS=500. A flag wins.\n",
    );
    for Switch { name, value, help } in SWITCHES {
        let flag = format!("--{name} {value}");
        text.push_str(&format!("\n  {flag:<27} {help}"));
    }
    text
}

/// Reads the arguments and those variables of `environment` that start with [`PREFIX`].
///
/// # Errors
/// [`SwitchError`] for the first thing that is not understood. A misspelt variable is refused like a misspelt flag:
/// a fault that is silently off would make a test pass for nothing.
pub(crate) fn parse(
    args: impl Iterator<Item = String>,
    environment: &[(OsString, OsString)],
) -> Result<Mode, SwitchError> {
    let mut values = Values::default();
    for (key, value) in environment {
        let key = key.to_string_lossy();
        if key == WRAPPED || !key.starts_with(PREFIX) {
            continue;
        }
        let Some(known) = SWITCHES.iter().find(|known| variable(known.name) == key) else {
            return Err(SwitchError::Unknown(key.into_owned()));
        };
        // As if unset, so that a variable can be switched off without being removed.
        if !value.is_empty() {
            values
                .0
                .insert(known.name, value.to_string_lossy().into_owned());
        }
    }

    let mut listener = false;
    let mut operand = None;
    let mut args = args;
    let mut first = true;
    while let Some(argument) = args.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Mode::Help),
            "--version" | "-v" => return Ok(Mode::Version),
            "listener" if first => listener = true,
            word => {
                if let Some(flag) = word.strip_prefix("--") {
                    let (flag, inline) = match flag.split_once('=') {
                        Some((flag, value)) => (flag, Some(value.to_owned())),
                        None => (flag, None),
                    };
                    let Some(known) = SWITCHES.iter().find(|known| known.name == flag) else {
                        return Err(SwitchError::Unknown(word.to_owned()));
                    };
                    let value = match inline {
                        Some(value) => value,
                        None if known.value.is_empty() => "1".to_owned(),
                        None => args.next().ok_or(SwitchError::NoValue(known.name))?,
                    };
                    values.0.insert(known.name, value);
                } else if operand.is_none() {
                    operand = Some(word.to_owned());
                } else {
                    return Err(SwitchError::Stray(word.to_owned()));
                }
            }
        }
        first = false;
    }

    let switches = values.typed(operand)?;
    if let Some(word) = &switches.operand
        && (listener || switches.service != Service::OpenAi)
    {
        return Err(SwitchError::Stray(word.clone()));
    }
    Ok(if listener {
        Mode::Listener(switches)
    } else {
        Mode::Proxy(switches)
    })
}

/// The values as they came, by switch name; a flag has overwritten its variable.
#[derive(Default)]
struct Values(BTreeMap<&'static str, String>);

impl Values {
    fn typed(mut self, operand: Option<String>) -> Result<Switches, SwitchError> {
        Ok(Switches {
            port: self.0.remove("port"),
            host: self.0.remove("host"),
            requests: self.0.remove("requests").map(PathBuf::from),
            record_bodies: self.on("record-bodies")?,
            service: self
                .one_of(
                    "service",
                    "meridian, claude-max-proxy, openai, html, garbage, tls",
                    &[
                        ("meridian", Service::Meridian),
                        ("claude-max-proxy", Service::ClaudeMaxProxy),
                        ("openai", Service::OpenAi),
                        ("html", Service::Html),
                        ("garbage", Service::Garbage),
                        ("tls", Service::Tls),
                    ],
                )?
                .unwrap_or(Service::Meridian),
            login: self
                .one_of(
                    "login",
                    "ok, token, degraded, unhealthy, rejected, at-start",
                    &[
                        ("ok", Login::Ok),
                        ("token", Login::Token),
                        ("degraded", Login::Degraded),
                        ("unhealthy", Login::Unhealthy),
                        ("rejected", Login::Rejected),
                        ("at-start", Login::AtStart),
                    ],
                )?
                .unwrap_or(Login::Ok),
            no_key_check: self.on("no-key-check")?,
            messages_status: self.number("messages-status", "400 to 599", |status: &u16| {
                (400..=599).contains(status)
            })?,
            slow_start: self.milliseconds("slow-start-ms")?.unwrap_or_default(),
            slow_health: self.milliseconds("slow-health-ms")?.unwrap_or_default(),
            slow_messages: self.milliseconds("slow-messages-ms")?.unwrap_or_default(),
            say: self.0.remove("say"),
            exit_at_start: self.number("exit-at-start", "0 to 255", |_| true)?,
            crash_after: self.milliseconds("crash-after-ms")?,
            crash_on_request: self.number("crash-on-request", "1 or more", |n| *n > 0)?,
            crash_on_chat: self.number("crash-on-chat", "1 or more", |n| *n > 0)?,
            crash_with: self.crash_with()?,
            hang: self.on("hang")?,
            spin_on_dead_reader: self.on("spin-on-dead-reader")?,
            ignore_term: self.on("ignore-term")?,
            wrapper: self.one_of(
                "wrapper",
                "plain, setsid, daemon",
                &[
                    ("plain", Wrapper::Plain),
                    ("setsid", Wrapper::Setsid),
                    ("daemon", Wrapper::Daemon),
                ],
            )?,
            busy_port: self
                .one_of(
                    "busy-port",
                    "fail, yield",
                    &[("fail", BusyPort::Fail), ("yield", BusyPort::Yield)],
                )?
                .unwrap_or(BusyPort::Fail),
            flood_mb: self
                .number("flood-mb", "0 to 100000", |mb| *mb <= 100_000)?
                .unwrap_or(0),
            emit: self.oddities()?,
            operand,
        })
    }

    fn on(&mut self, name: &'static str) -> Result<bool, SwitchError> {
        let accepted = "1, true, 0, false";
        let states = [("1", true), ("true", true), ("0", false), ("false", false)];
        Ok(self.one_of(name, accepted, &states)?.unwrap_or(false))
    }

    fn one_of<T: Copy>(
        &mut self,
        name: &'static str,
        accepted: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, SwitchError> {
        let Some(found) = self.0.remove(name) else {
            return Ok(None);
        };
        match choices.iter().find(|(word, _)| *word == found) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => Err(SwitchError::BadValue {
                name,
                found,
                accepted,
            }),
        }
    }

    fn number<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        accepted: &'static str,
        fits: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, SwitchError> {
        let Some(found) = self.0.remove(name) else {
            return Ok(None);
        };
        match found.parse().ok().filter(fits) {
            Some(number) => Ok(Some(number)),
            None => Err(SwitchError::BadValue {
                name,
                found,
                accepted,
            }),
        }
    }

    fn milliseconds(&mut self, name: &'static str) -> Result<Option<Duration>, SwitchError> {
        let number: Option<u32> = self.number(name, "milliseconds, a whole number", |_| true)?;
        Ok(number.map(|ms| Duration::from_millis(ms.into())))
    }

    fn crash_with(&mut self) -> Result<Crash, SwitchError> {
        if self.0.get("crash-with").is_some_and(|how| how == "abort") {
            self.0.remove("crash-with");
            return Ok(Crash::Abort);
        }
        let code = self.number("crash-with", "0 to 255, or abort", |_| true)?;
        Ok(Crash::Exit(code.unwrap_or(1)))
    }

    fn oddities(&mut self) -> Result<Vec<Oddity>, SwitchError> {
        let Some(found) = self.0.remove("emit") else {
            return Ok(Vec::new());
        };
        found
            .split(',')
            .map(|word| match word {
                "secrets" => Ok(Oddity::Secrets),
                "escapes" => Ok(Oddity::Escapes),
                "endless" => Ok(Oddity::Endless),
                "utf8" => Ok(Oddity::Utf8),
                _ => Err(SwitchError::BadValue {
                    name: "emit",
                    found: word.to_owned(),
                    accepted: "secrets, escapes, endless, utf8",
                }),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(args: &[&str], environment: &[(&str, &str)]) -> Result<Mode, SwitchError> {
        let environment: Vec<_> = environment
            .iter()
            .map(|(key, value)| (OsString::from(key), OsString::from(value)))
            .collect();
        parse(args.iter().map(|arg| (*arg).to_owned()), &environment)
    }

    fn proxy(args: &[&str], environment: &[(&str, &str)]) -> Switches {
        match given(args, environment) {
            Ok(Mode::Proxy(switches)) => switches,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_flag_wins_over_its_variable_and_an_empty_variable_is_unset() {
        let environment = [
            ("FAKE_PROXY_SLOW_START_MS", "7"),
            ("FAKE_PROXY_HANG", ""),
            ("OTHER", "x"),
        ];
        assert_eq!(
            proxy(&[], &environment).slow_start,
            Duration::from_millis(7)
        );
        assert!(!proxy(&[], &environment).hang);
        let switches = proxy(&["--slow-start-ms", "9", "--hang"], &environment);
        assert_eq!(switches.slow_start, Duration::from_millis(9));
        assert!(switches.hang);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let bad = |args: &[&str], environment: &[(&str, &str)]| {
            given(args, environment).unwrap_err().to_string()
        };
        assert_eq!(
            bad(&["--hangs"], &[]),
            "there is no switch `--hangs`; see --help"
        );
        assert_eq!(
            bad(&[], &[("FAKE_PROXY_HANGS", "1")]),
            "there is no switch `FAKE_PROXY_HANGS`; see --help"
        );
        assert_eq!(bad(&["--port"], &[]), "`--port` needs a value; see --help");
        assert_eq!(
            bad(&["4000"], &[]),
            "`4000` has no meaning here; see --help"
        );
        assert_eq!(
            bad(&[], &[("FAKE_PROXY_LOGIN", "maybe")]),
            "`--login` (or FAKE_PROXY_LOGIN) is `maybe`; accepted: ok, token, degraded, unhealthy, rejected, at-start"
        );
        for args in [
            ["--messages-status", "200"],
            ["--crash-on-request", "0"],
            ["--crash-with", "256"],
            ["--emit", "secrets,x"],
            ["--slow-start-ms", "-1"],
        ] {
            assert!(given(&args, &[]).is_err(), "{args:?}");
        }
    }

    #[test]
    fn every_switch_is_read_and_documented() {
        let readme = include_str!("../README.md");
        for switch in SWITCHES {
            // A value that nothing accepts shows that the switch is looked at; free text is taken as it is.
            let free_text = ["port", "host", "requests", "say"].contains(&switch.name);
            let flag = format!("--{}=\u{1}", switch.name);
            assert_eq!(given(&[&flag], &[]).is_err(), !free_text, "{}", switch.name);
            assert!(
                readme.contains(&format!("| `--{}", switch.name)),
                "{} is not in the README",
                switch.name
            );
        }
    }
}
