//! Reporting: events, status, the service manager, the log.

use super::Supervisor;
use crate::clock::Instant;
use crate::control::Server;
use crate::health::{HealthPolicy, Usability, Verdict};
use crate::machine::{Cause, Desired, State};
use crate::port;
use crate::status::{Event, Listen, Status};

const STATUS_LINES: usize = 20;

impl<P: HealthPolicy> Supervisor<P> {
    pub(super) fn emit(&mut self, event: Event<P::Verdict>) {
        if let Some(control) = self
            .control
            .as_mut()
            .filter(|control| control.has_watchers())
            && let Ok(value) = serde_json::to_value(&event)
        {
            Server::publish(control, &value);
        }
        let status = self.status();
        (self.on_event)(&event, &status);
    }

    pub(super) fn warn(&mut self, message: String) {
        self.capture.note(&message);
        self.emit(Event::Warning { message });
    }

    pub(super) fn notify_manager(&self, message: &str) {
        if let Some(monitor) = &self.monitor {
            monitor.notify(message);
        }
    }

    pub(super) fn report(&mut self, from: State, cause: Cause, to: State) {
        if !matches!(to, State::Attached | State::Blocked) {
            self.clear_holder();
        }
        match to {
            State::Stopping => {
                self.stopping_because = Some(cause);
                self.cancel_probes();
            }
            // What was judged is not there any more.
            State::Stopped | State::Starting | State::Backoff | State::Failed => {
                self.verdict = None;
                self.cancel_probes();
            }
            State::Ready | State::Unhealthy | State::Attached | State::Blocked => {}
        }
        let detail = self.detail(to);
        let next = self.next_step(to);
        self.capture
            .note(&format!("{} ({}): {detail}", to.as_str(), cause.as_str()));
        let is_up = matches!(to, State::Ready | State::Attached);
        let sign = if is_up { "READY=1\n" } else { "" };
        let line = detail.replace('\n', " ");
        self.notify_manager(&format!("{sign}STATUS={}: {line}", to.as_str()));
        if to == State::Blocked {
            self.emit(Event::PortHeld {
                listen: self.listen(),
                owner: self.holder.clone(),
            });
        }
        let pid = self.child.as_ref().map(|child| child.pid);
        self.emit(Event::State {
            from,
            state: to,
            cause,
            detail,
            next,
            pid,
        });
        if is_up && let Some(verdict) = self.verdict.clone() {
            let after_ms = pid.map_or(0, |_| self.machine.ran_ms(Instant::now().ms()));
            let pid = pid.or(self.holder.as_ref().and_then(|holder| holder.pid));
            self.emit(Event::Ready {
                pid,
                after_ms,
                verdict,
            });
        }
        let last_error = self.capture.last_error().map(str::to_owned);
        if let Some(error) = last_error.as_ref().filter(|_| last_error != self.log_error) {
            let message = format!("the log is not written: {error}");
            self.emit(Event::Warning { message });
        }
        self.log_error = last_error;
    }

    /// Cancels all probes and closes their connections: a server may wait for its last one before it ends.
    fn cancel_probes(&mut self) {
        self.round = None;
        self.liveness = None;
        self.idle = None;
    }

    pub(super) fn status(&self) -> Status<P::Verdict> {
        let now = Instant::now().ms();
        let state = self.machine.state();
        Status {
            state,
            since_ms: now.since(self.machine.since()),
            pid: self.child.as_ref().map(|child| child.pid),
            restarts: self.machine.restarts(),
            last_exit: self.last_exit.clone(),
            listen: self.listen(),
            owner: self.owner(),
            summary: P::Verdict::summary(self.verdict.as_ref()),
            detail: self.detail(state),
            next: self.next_step(state),
            verdict: self.verdict.clone(),
            latency_ms: self.latency_ms,
            retry_in_ms: self.machine.respawn_at().map(|at| at.since(now)),
            // Before there is a process, the last lines are those of the one before.
            last_output_line: (state == State::Starting && self.child.is_some())
                .then(|| self.capture.last_line())
                .flatten(),
            last_lines: self.capture.last_lines(STATUS_LINES),
            log_error: self.log_error.clone(),
            supervisor_pid: std::process::id(),
        }
    }

    fn listen(&self) -> Listen {
        Listen {
            address: self.spec.address.clone(),
            port: self.spec.port,
        }
    }

    fn address(&self) -> String {
        format!("{}:{}", self.spec.address, self.spec.port)
    }

    fn detail(&self, state: State) -> String {
        let verdict = self
            .verdict
            .as_ref()
            .map(|verdict| verdict.detail().to_owned());
        let ended = self
            .last_exit
            .as_ref()
            .map(|exit| exit.why.reason.clone())
            .filter(|reason| !reason.is_empty());
        match state {
            State::Stopped
                if self.spec.argv.is_empty() && self.machine.desired() == Desired::Up =>
            {
                format!(
                    "Nothing {} on {}; waiting for a server that somebody else starts.",
                    if self.remote { "answers" } else { "listens" },
                    self.address()
                )
            }
            State::Stopped => "It is not running.".to_owned(),
            State::Starting if self.spec.argv.is_empty() => {
                verdict.unwrap_or_else(|| format!("Looking for a server on {}.", self.address()))
            }
            State::Starting => verdict
                .unwrap_or_else(|| format!("Waiting for it to listen on {}.", self.address())),
            State::Ready => verdict.unwrap_or_default(),
            State::Unhealthy => {
                verdict.unwrap_or_else(|| "It does not answer as it should.".to_owned())
            }
            State::Stopping => match self.machine.desired() {
                Desired::Down => "It is being stopped.".to_owned(),
                Desired::Up => "It is being stopped, to be started again.".to_owned(),
            },
            State::Backoff => {
                ended.unwrap_or_else(|| "It ended and will be started again.".to_owned())
            }
            State::Failed => ended.unwrap_or_else(|| "It could not be kept running.".to_owned()),
            State::Attached => {
                format!(
                    "Attached to a running proxy (not managed): {}.",
                    self.holder_text()
                )
            }
            State::Blocked if self.is_blocked_by_unknown_owner() => verdict.unwrap_or_default(),
            State::Blocked => {
                let judged = self.judged_stranger();
                let judged =
                    judged.map_or_else(String::new, |verdict| format!(" {}", verdict.detail()));
                format!(
                    "Port {} on {} is in use by {}.{judged}",
                    self.spec.port,
                    self.spec.address,
                    self.holder_text()
                )
            }
        }
    }

    /// What was judged of the program that holds the port. Another user's is not offered to anybody.
    fn judged_stranger(&self) -> Option<&P::Verdict> {
        if self.holder.as_ref().is_some_and(|holder| holder.stranger) {
            return None;
        }
        let verdict = self.verdict.as_ref();
        verdict.filter(|verdict| verdict.usability() == Usability::Unusable)
    }

    /// What holds the port might be usable, if it were known whose it is.
    fn is_blocked_by_unknown_owner(&self) -> bool {
        self.owner_unknown && self.verdict.is_some()
    }

    fn holder_text(&self) -> String {
        let Some(holder) = &self.holder else {
            return if port::has_no_listener(self.connect_address) {
                "connections of an ended program, which the system forgets within a minute, or by \
                 a program that does not listen"
            } else if self.remote {
                "another program"
            } else {
                "another program that cannot be seen from here"
            }
            .to_owned();
        };
        let user = holder.user.as_ref();
        let user = user.map_or_else(String::new, |user| format!(" of user {user}"));
        match (holder.pid, &holder.command) {
            (Some(pid), Some(command)) => format!("process {pid} ({command}){user}"),
            (Some(pid), None) => format!("process {pid}{user}"),
            (None, _) => format!("a process{user} that cannot be seen from here"),
        }
    }

    fn next_step(&self, state: State) -> Option<String> {
        let judged = self.verdict.as_ref().and_then(Verdict::next);
        let diagnosed = self.last_exit.as_ref();
        let diagnosed = diagnosed.and_then(|exit| exit.why.next.as_deref());
        let stranger = self.judged_stranger().and_then(Verdict::next);
        let next = match state {
            State::Blocked if self.is_blocked_by_unknown_owner() => judged,
            State::Blocked if stranger.is_some() => stranger,
            State::Blocked => {
                return Some(match self.holder.as_ref().and_then(|holder| holder.pid) {
                    Some(pid) => format!("Stop process {pid}, or choose another port."),
                    None => format!(
                        "Find out what uses port {} and stop it, or choose another port.",
                        self.spec.port
                    ),
                });
            }
            State::Failed | State::Backoff => diagnosed,
            State::Starting | State::Ready | State::Unhealthy | State::Attached => judged,
            State::Stopped | State::Stopping => None,
        };
        next.map(str::to_owned)
    }
}
