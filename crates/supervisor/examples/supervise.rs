//! The smallest embedding: supervises any server that answers `GET /health` with 200.
//!
//! `supervise --dir D --port P [OPTIONS] -- PROGRAM…`
#![allow(
    clippy::disallowed_methods,
    reason = "a program of its own, with its own environment"
)]

use clap::Parser;
use claude_proxy_supervisor::capture::Redaction;
use claude_proxy_supervisor::http::{HttpResult, Request};
use claude_proxy_supervisor::machine::Timing;
use claude_proxy_supervisor::{
    Diagnosis, Exit, HealthPolicy, LogSpec, Options, SecretString, Spec, Supervisor, Usability,
    Verdict, monitor,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

/// Periods of a server that starts within seconds.
const TIMING: Timing = Timing {
    auto_restart: true,
    restart_delay: 3_000,
    restart_max: 60_000,
    stable_after: 10_000,
    start_limit: 5,
    retry_failed: 300_000,
    start_timeout: 300_000,
    stop_grace: 2_000,
    hang_grace: 250,
    hurry_grace: 15,
    liveness_period: 1_000,
    liveness_failures: 2,
    login_period: 60_000,
    recheck: 2_000,
};

struct Simple {
    with_key: bool,
}

#[derive(Clone, PartialEq, Serialize)]
struct Judgment {
    #[serde(skip)]
    usability: Usability,
    code: String,
    detail: String,
    next: Option<String>,
    /// Whose it is.
    name: Option<&'static str>,
}

impl Judgment {
    fn new(usability: Usability, detail: String) -> Self {
        Self {
            usability,
            code: format!("{usability:?}").to_lowercase(),
            detail,
            next: None,
            name: None,
        }
    }
}

impl Verdict for Judgment {
    fn usability(&self) -> Usability {
        self.usability
    }

    fn detail(&self) -> &str {
        &self.detail
    }

    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    fn summary(_latest: Option<&Self>) -> Map<String, Value> {
        Map::new()
    }
}

impl HealthPolicy for Simple {
    /// Whether to send the key; there is one probe only.
    type Probe = bool;
    type Observation = HttpResult;
    type Verdict = Judgment;

    fn request(with_key: &bool) -> Request<'_> {
        Request {
            path: "/health",
            headers: &[],
            body: None,
            with_key: *with_key,
            timeout_ms: 250,
            max_body: 4096,
        }
    }

    fn observe(_with_key: bool, result: HttpResult, _elapsed_ms: u32) -> HttpResult {
        result
    }

    fn judge(
        &mut self,
        owned: Option<bool>,
        seen: &[HttpResult],
    ) -> ControlFlow<Judgment, Vec<bool>> {
        let Some(seen) = seen.last() else {
            return ControlFlow::Continue(vec![self.with_key]);
        };
        let (usability, detail) = match seen {
            Ok(r) if r.status == 200 => (Usability::Usable, "It answers.".to_owned()),
            Ok(r) => {
                let detail = format!("It answers {} to /health.", r.status);
                (Usability::Unusable, detail)
            }
            other => (Usability::Unclear, format!("No answer yet: {other:?}.")),
        };
        ControlFlow::Break(Judgment {
            name: owned.map(|owned| if owned { "ours" } else { "theirs" }),
            ..Judgment::new(usability, detail)
        })
    }

    fn inconclusive(&self) -> Judgment {
        let detail = "The probes are inconclusive.".to_owned();
        Judgment::new(Usability::Unusable, detail)
    }

    fn owner_unknown(&mut self) -> Judgment {
        Judgment {
            code: "owner-unknown".to_owned(),
            next: Some("Allow sock_diag.".to_owned()),
            ..Judgment::new(
                Usability::Unusable,
                "It was not shown the access key.".to_owned(),
            )
        }
    }

    fn liveness(&mut self) -> bool {
        self.with_key
    }

    fn diagnose(&mut self, exit: &Exit) -> Diagnosis {
        let how = match (exit.code, exit.signal) {
            (Some(code), _) => format!("code {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "an unknown cause".to_owned(),
        };
        let last = exit
            .output
            .last()
            .map(|line| format!(": {line}"))
            .unwrap_or_default();
        Diagnosis {
            code: "ended".to_owned(),
            reason: format!("It ended with {how}{last}"),
            next: Some("Look at its last lines.".to_owned()),
            retry: exit.code != Some(78),
        }
    }

    fn diagnose_spawn(&mut self, error: &io::Error) -> Diagnosis {
        Diagnosis {
            code: "not-started".to_owned(),
            reason: error.to_string(),
            next: Some("Correct the command.".to_owned()),
            retry: false,
        }
    }
}

#[derive(Parser)]
struct Arguments {
    /// For the log and the control socket
    #[arg(long)]
    dir: PathBuf,
    #[arg(long)]
    host: Option<String>,
    #[arg(long)]
    port: u16,
    #[arg(long)]
    key: Option<String>,
    #[arg(long)]
    parent: Option<u32>,
    #[arg(long, default_value_t = 1_000)]
    liveness_ms: u64,
    #[arg(long, default_value_t = 2_000)]
    grace_ms: u64,
    #[arg(long, default_value_t = 3_000)]
    delay_ms: u64,
    #[arg(long, default_value_t = 10_000)]
    stable_ms: u64,
    #[arg(long, default_value_t = 300_000)]
    timeout_ms: u64,
    #[arg(long, default_value_t = 2_000)]
    recheck_ms: u64,
    #[arg(long)]
    no_restart: bool,
    /// Ends when it has failed
    #[arg(long)]
    once: bool,
    /// Ends with the reader of standard output
    #[arg(long)]
    stdout: bool,
    /// Tells what happens, as JSON lines
    #[arg(long)]
    events: bool,
    #[arg(last = true)]
    program: Vec<String>,
}

fn main() -> ExitCode {
    match go() {
        Ok(code) => ExitCode::from(code),
        Err(text) => {
            eprintln!("supervise: {text}");
            ExitCode::from(2)
        }
    }
}

fn go() -> Result<u8, String> {
    // Before anything else: the monitor must be small.
    let monitor = monitor::split(|| {}).map_err(|e| e.to_string())?;
    // Where they are wrong this ends the worker, with whose exit code the monitor ends.
    let arguments = Arguments::parse();
    let mut spec = Spec::new(Timing {
        auto_restart: !arguments.no_restart,
        restart_delay: arguments.delay_ms,
        stable_after: arguments.stable_ms,
        start_timeout: arguments.timeout_ms,
        stop_grace: arguments.grace_ms,
        liveness_period: arguments.liveness_ms,
        recheck: arguments.recheck_ms,
        ..TIMING
    });
    spec.argv = arguments.program;
    spec.port = arguments.port;
    spec.address = arguments.host.unwrap_or(spec.address);
    spec.access_key = arguments.key.map(SecretString::from);
    let others = std::env::vars().filter(|(name, _)| name != "NOTIFY_SOCKET");
    spec.env = others.collect();
    let socket = arguments.dir.join("control");
    spec.mark = Some(("SUPERVISED_AT".to_owned(), socket.display().to_string()));
    let options = Options {
        parent: arguments.parent,
        exit_on_failed: arguments.once,
        end_with_stdout: arguments.stdout,
        redaction: Redaction {
            prefixes: vec!["sk-".to_owned()],
            ..Redaction::default()
        },
        log: Some(LogSpec {
            path: arguments.dir.join("output.log"),
            disk: 8 * 1024 * 1024,
        }),
        control: Some(socket),
    };
    let events = arguments.events;
    let policy = Simple {
        with_key: spec.access_key.is_some(),
    };
    let supervisor = Supervisor::new(
        spec,
        options,
        monitor,
        policy,
        move |event: &_, status: &_| {
            if events && let Ok(Value::Object(mut event)) = serde_json::to_value(event) {
                event.insert(
                    "status".to_owned(),
                    serde_json::to_value(status).unwrap_or_default(),
                );
                // Not `println!`, which ends the program when nobody reads.
                let _ = writeln!(std::io::stdout(), "{}", Value::Object(event));
            }
        },
    );
    Ok(supervisor.map_err(|e| e.to_string())?.run().exit_code())
}
