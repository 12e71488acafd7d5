//! Every transition there is, as data. The machine moves by looking its cause up here, the picture in `docs/` is drawn
//! from here, and the matrix test walks every pair of state and cause.

use serde::Serialize;

macro_rules! words {
    ($(#[$head:meta])* $enum:ident { $($(#[$doc:meta])* $name:ident = $text:literal,)+ }) => {
        $(#[$head])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $enum { $($(#[$doc])* $name,)+ }

        impl $enum {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The text for people; of a state, the one that `status` uses.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

words! {
    /// What is observed of the service.
    State {
        /// Not running: not desired, or not ours to start and not started by anybody else yet.
        Stopped = "stopped",
        /// The port is being checked, or the process runs and is not verified yet.
        Starting = "starting",
        /// Verified.
        Ready = "ready",
        /// It stopped answering as it should.
        Unhealthy = "unhealthy",
        /// Told to end, with everything that it started.
        Stopping = "stopping",
        /// Ended; will be started again after a delay.
        Backoff = "backoff",
        /// Given up: by the start limit, or because a retry cannot help.
        Failed = "failed",
        /// Somebody else's verified server, used and never signaled.
        Attached = "attached",
        /// A stranger holds the port.
        Blocked = "blocked",
    }
}

words! {
    /// Why the state changes.
    Cause {
        /// A start command.
        StartWanted = "start",
        /// A restart command.
        RestartWanted = "restart",
        /// A stop command while a process is there.
        StopWanted = "stop",
        /// A stop command while no process is there.
        Withdrawn = "stop, no process",
        /// A stranger holds the port.
        PortHeld = "port held by a stranger",
        /// A usable server of the same user holds the port.
        PortUsable = "usable server on the port",
        /// Nobody listens, and there is no program to start.
        Absent = "nobody listens, nothing to start",
        /// The port that was held is free.
        Freed = "port free again",
        /// The attached server went away.
        Detached = "attached server gone",
        /// The round's verdict is good and of the current process.
        Verified = "verified",
        /// A bad verdict or a liveness failure.
        NotReady = "not answering as it should",
        /// Liveness failed too often in a row.
        Hung = "hang",
        /// The start took too long.
        StartTimedOut = "start timed out",
        /// Somebody else listens in place of our process.
        Intruded = "port taken by another process",
        /// It ended and is started again at once.
        EndedRetryNow = "ended, first time",
        /// It ended and is started again after a delay.
        EndedRetryLater = "ended again, or before ready",
        /// It ended too often.
        StartLimit = "start limit",
        /// It ended in a way that another start cannot change, or may not be started again.
        CannotHelp = "retry cannot help",
        /// It ended well and may not be started again.
        EndedQuietly = "ended, no restart wanted",
        /// Nothing of it is left, as desired.
        AllGone = "nothing left",
        /// Nothing of it is left, and it is desired again.
        ComesBack = "nothing left, wanted again",
        /// The delay is over.
        BackoffOver = "delay over",
        /// The pause after giving up is over.
        RetryDue = "pause over",
    }
}

/// One transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// State before.
    pub from: State,
    /// Why.
    pub cause: Cause,
    /// State after.
    pub to: State,
}

macro_rules! table {
    ($($cause:ident: $($from:ident)|+ => $to:ident;)+) => {
        &[$($(Transition { from: State::$from, cause: Cause::$cause, to: State::$to },)+)+]
    };
}

/// All transitions. A pair of state and cause that is not here changes nothing.
pub const TRANSITIONS: &[Transition] = table! {
    StartWanted: Stopped | Failed => Starting;
    RestartWanted: Stopped | Backoff | Failed | Blocked | Attached => Starting;
    RestartWanted: Starting | Ready | Unhealthy => Stopping;
    StopWanted: Starting | Ready | Unhealthy | Backoff | Failed => Stopping;
    Withdrawn: Starting | Backoff | Failed | Attached | Blocked => Stopped;
    PortHeld: Starting | Attached | Stopped => Blocked;
    PortUsable: Starting | Blocked | Stopped => Attached;
    Absent: Starting => Stopped;
    Freed: Blocked => Starting;
    Detached: Attached => Starting;
    Verified: Starting | Unhealthy => Ready;
    NotReady: Ready => Unhealthy;
    Hung: Starting | Ready | Unhealthy => Stopping;
    StartTimedOut: Starting => Stopping;
    Intruded: Starting | Ready | Unhealthy => Stopping;
    EndedRetryNow: Ready | Unhealthy | Stopping => Starting;
    EndedRetryLater: Starting | Ready | Unhealthy | Stopping => Backoff;
    StartLimit: Starting | Ready | Unhealthy | Stopping => Failed;
    CannotHelp: Starting | Ready | Unhealthy | Stopping => Failed;
    EndedQuietly: Ready | Unhealthy => Stopping;
    AllGone: Stopping => Stopped;
    ComesBack: Stopping => Starting;
    BackoffOver: Backoff => Starting;
    RetryDue: Failed => Starting;
};

/// Where `cause` leads from `from`; `None` where it changes nothing.
pub fn next(from: State, cause: Cause) -> Option<State> {
    TRANSITIONS
        .iter()
        .find(|t| t.from == from && t.cause == cause)
        .map(|t| t.to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_is_a_function() {
        let mut seen = BTreeSet::new();
        for t in TRANSITIONS {
            assert!(seen.insert((t.from, t.cause)), "two rows for {t:?}");
            assert_ne!(t.from, t.to, "a row that goes nowhere: {t:?}");
        }
    }

    #[test]
    fn every_cause_and_state_is_used() {
        for cause in Cause::ALL {
            assert!(
                TRANSITIONS.iter().any(|t| t.cause == *cause),
                "{cause:?} leads nowhere"
            );
        }
        for &state in State::ALL {
            assert!(
                TRANSITIONS.iter().any(|t| t.to == state),
                "{state:?} cannot be reached"
            );
            assert!(
                TRANSITIONS.iter().any(|t| t.from == state),
                "{state:?} cannot be left"
            );
        }
    }
}
