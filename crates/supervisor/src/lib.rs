//! Keeps one local HTTP server running.
//!
//! Two halves. [`machine`] decides: a state machine without a clock, a process or a socket, whose transitions are data.
//! [`Supervisor`] acts: one thread, one poll loop, no async runtime. What an answer or an end *means* is not known here;
//! the embedding program says so through [`HealthPolicy`].
//!
//! # Order of calls
//! [`monitor::split`] first in `main`, then [`Supervisor::new`], then [`Supervisor::run`], which returns when the service
//! is stopped for good. The calling process must have no other children: every process that descends from it is taken
//! for a part of the service and is killed with it.

#![deny(unsafe_code)]

pub mod capture;
mod clock;
pub mod control;
mod driver;
#[cfg(fuzzing)]
pub mod fuzzing;
mod health;
pub mod http;
pub mod machine;
pub mod monitor;
mod notify;
mod parent;
pub mod port;
mod spec;
mod status;
#[allow(
    unsafe_code,
    reason = "the one place for calls that no library wraps safely"
)]
mod sys;
mod tree;

pub use clock::Instant;
pub use driver::{Ended, LogSpec, Options, SetupError, Supervisor, resolve};
pub use health::{Diagnosis, Exit, HealthPolicy, Usability, Verdict};
pub use machine::{Cause, State};
pub use port::Owner;
pub use secrecy::SecretString;
pub use spec::Spec;
pub use status::{Event, LastExit, Listen, Status};
