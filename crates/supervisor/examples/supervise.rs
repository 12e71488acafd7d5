//! The smallest embedding: supervises any server that answers `GET /health` with 200.
//!
//! `supervise run --dir D --port P [--host H] [--key K] [--parent PID] [--liveness-ms N] [--grace-ms N] [--delay-ms N] [--retry-ms N] [--stable-ms N]
//! [--once] [--events] -- PROGRAM…`, `supervise status|stop|start|restart|watch --dir D`
#![allow(
    clippy::disallowed_methods,
    reason = "a program of its own, with its own environment"
)]

use claude_proxy_supervisor::capture::Redaction;
use claude_proxy_supervisor::control::{self, Request};
use claude_proxy_supervisor::{
    Diagnosis, ExitInfo, HealthPolicy, KeyCheck, LogSpec, Login, Observation, Options, Outcome,
    Probe, Readiness, Secret, SpawnErrorKind, Spec, Step, Supervisor, Verdict, monitor,
};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

struct Simple {
    /// Ask with the access key.
    with_key: bool,
}

fn probe(with_key: bool) -> Probe {
    Probe {
        id: "health".to_owned(),
        path: "/health".to_owned(),
        headers: Vec::new(),
        with_key,
        timeout_ms: 250,
        max_body: 4096,
    }
}

impl HealthPolicy for Simple {
    fn judge(&mut self, owned: Option<bool>, seen: &[Observation]) -> Step {
        let Some(seen) = seen.last() else {
            return Step::Ask(vec![probe(self.with_key)]);
        };
        let (readiness, detail) = match &seen.outcome {
            Outcome::Response(r) if r.status == 200 => (Readiness::Ready, "It answers.".to_owned()),
            Outcome::Response(r) => (
                Readiness::Foreign,
                format!("It answers {} to /health.", r.status),
            ),
            other => (Readiness::Starting, format!("No answer yet: {other:?}.")),
        };
        Step::Judged(Verdict {
            readiness,
            code: format!("{readiness:?}").to_lowercase(),
            detail,
            next: None,
            name: owned.map(|owned| {
                if owned {
                    "ours".to_owned()
                } else {
                    "theirs".to_owned()
                }
            }),
            version: None,
            login: Login::Unknown,
            key: KeyCheck::Unchecked,
        })
    }

    fn liveness(&mut self) -> Probe {
        probe(self.with_key)
    }

    fn diagnose(&mut self, exit: &ExitInfo) -> Diagnosis {
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

    fn next_if_unnamed(&self) -> Option<String> {
        Some("Allow sock_diag.".to_owned())
    }

    fn diagnose_spawn(&mut self, kind: SpawnErrorKind, detail: &str) -> Diagnosis {
        Diagnosis {
            code: kind.as_str().to_owned(),
            reason: detail.to_owned(),
            next: Some("Correct the command.".to_owned()),
            retry: false,
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match go(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(text) => {
            eprintln!("supervise: {text}");
            ExitCode::from(2)
        }
    }
}

fn go(arguments: Vec<String>) -> Result<u8, String> {
    let mut arguments = arguments.into_iter();
    let what = arguments.next().ok_or("what?")?;
    // Before anything else: the monitor must be small.
    let monitor = if what == "run" {
        Some(monitor::split().map_err(|e| e.to_string())?)
    } else {
        None
    };
    let mut spec = Spec {
        liveness_period_ms: 1_000,
        liveness_failures: 2,
        ..Spec::default()
    };
    let mut options = Options {
        monitor,
        auto_start: true,
        ..Options::default()
    };
    options.redaction = Redaction {
        prefixes: vec!["sk-".to_owned()],
        bearer: true,
        ..Redaction::default()
    };
    let mut dir = None;
    let mut events = false;
    spec.env = std::env::vars()
        .filter(|(name, _)| name != "NOTIFY_SOCKET")
        .collect();
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} needs a value"))
        };
        let number = |text: String| text.parse::<u64>().map_err(|e| format!("{text}: {e}"));
        match argument.as_str() {
            "--dir" => dir = Some(PathBuf::from(value()?)),
            "--host" => spec.host = value()?,
            "--key" => spec.access_key = Some(Secret::new(value()?)),
            "--port" => spec.port = value()?.parse().map_err(|e| format!("port: {e}"))?,
            "--parent" => {
                options.parent = Some(value()?.parse().map_err(|e| format!("parent: {e}"))?)
            }
            "--liveness-ms" => spec.liveness_period_ms = number(value()?)?,
            "--login-ms" => spec.login_period_ms = number(value()?)?,
            "--grace-ms" => spec.stop_grace_ms = number(value()?)?,
            "--stable-ms" => spec.stable_after_ms = number(value()?)?,
            "--delay-ms" => spec.restart_delay_ms = number(value()?)?,
            "--retry-ms" => spec.retry_failed_ms = number(value()?)?,
            "--timeout-ms" => spec.start_timeout_ms = number(value()?)?,
            "--recheck-ms" => spec.recheck_ms = number(value()?)?,
            "--no-restart" => spec.auto_restart = false,
            "--once" => options.exit_on_failed = true,
            "--stdout" => options.end_with_stdout = true,
            "--events" => events = true,
            "--" => {
                spec.argv = arguments.collect();
                break;
            }
            other => return Err(format!("unknown option {other}")),
        }
    }
    let socket = dir
        .as_ref()
        .map(|dir| dir.join("control"))
        .ok_or("--dir is needed")?;
    let request = match what.as_str() {
        "run" => {
            options.log = dir.map(|dir| LogSpec {
                path: dir.join("output.log"),
                disk: 8 * 1024 * 1024,
            });
            spec.mark = Some(("SUPERVISED_AT".to_owned(), socket.display().to_string()));
            options.control = Some(socket);
            let policy = Simple {
                with_key: spec.access_key.is_some(),
            };
            let supervisor = Supervisor::new(spec, options, policy, |event: &_, status: &_| {
                if events
                    && let Ok(serde_json::Value::Object(mut event)) = serde_json::to_value(event)
                {
                    event.insert(
                        "status".to_owned(),
                        serde_json::to_value(status).unwrap_or_default(),
                    );
                    let event = serde_json::Value::Object(event);
                    // Not `println!`, which ends the program when nobody reads.
                    let _ = writeln!(std::io::stdout(), "{event}");
                }
            });
            return Ok(supervisor.map_err(|e| e.to_string())?.run().exit_code());
        }
        "status" => Request::Status,
        "stop" => Request::Stop,
        "start" => Request::Start,
        "restart" => Request::Restart,
        "shutdown" => Request::Shutdown,
        "watch" => {
            let (status, client) =
                control::watch(&socket, Duration::from_secs(2)).map_err(|e| e.to_string())?;
            println!("{status}");
            for event in client {
                println!("{}", event.map_err(|e| e.to_string())?);
            }
            return Ok(0);
        }
        other => return Err(format!("unknown command {other}")),
    };
    let answer =
        control::request(&socket, &request, Duration::from_secs(2)).map_err(|e| e.to_string())?;
    println!("{answer}");
    Ok(0)
}
