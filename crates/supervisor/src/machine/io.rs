//! What goes into the machine and what comes out of it.

use super::transitions::{Cause, State};

/// A point in time: milliseconds since any fixed moment. The machine only compares and adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ms(pub u64);

impl Ms {
    /// Later by so many milliseconds.
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds since `earlier`; 0 when it is later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The desired state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desired {
    /// The service should be there.
    Up,
    /// It should not.
    Down,
}

/// A command of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// It should be there.
    Start,
    /// It should not.
    Stop,
    /// Up, with a new process and cleared counters. Leaves every state.
    Restart,
    /// It should not be there, and its grace period is cut to [`super::Timing::hurry_grace`].
    Abort,
}

/// The result of a port check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortReport {
    /// Nobody holds it.
    Free,
    /// Somebody does.
    Held,
    /// It is not a port of this machine: only a probe shows whether a server is there.
    Remote,
    /// The address cannot be listened on; whether another try can help.
    Unusable {
        /// Whether another try can help.
        retry: bool,
    },
}

/// Which process a round or a liveness probe is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Our process of this generation.
    Child(u64),
    /// Whoever holds the port.
    Holder,
}

/// What is to be done. Each is done once, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Check the port; answer with [`super::Machine::handle_port`].
    CheckPort {
        /// Its number.
        check: u64,
    },
    /// Start the program; answer with [`super::Machine::handle_spawned`] or [`super::Machine::handle_spawn_failed`].
    Spawn {
        /// Generation of the process.
        generation: u64,
    },
    /// Watch for the port to be listened on; answer with [`super::Machine::handle_listening`].
    AwaitListener {
        /// Generation of the process.
        generation: u64,
    },
    /// Probe identity and readiness; answer with [`super::Machine::handle_verdict`].
    Round {
        /// Its number.
        round: u64,
        /// About which process.
        subject: Subject,
    },
    /// Send a liveness probe; answer with [`super::Machine::handle_liveness`].
    Liveness {
        /// Its number.
        probe: u64,
        /// About which process.
        subject: Subject,
    },
    /// Send TERM to the process and everything that it started.
    Terminate {
        /// Generation of the process.
        generation: u64,
    },
    /// Send KILL to the process and everything that it started, until nothing is left.
    Kill {
        /// Generation of the process.
        generation: u64,
    },
    /// Report that the state changed.
    Report {
        /// State before.
        from: State,
        /// Why.
        cause: Cause,
        /// State after.
        to: State,
    },
}
