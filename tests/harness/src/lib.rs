//! What tests and the demonstration run on. Everything that is waited for has a deadline, and a [`home::Home`] that goes out
//! of scope takes every process with it that was started from it.
//!
//! [`check`], [`child`], [`namespace`], [`page`], [`ports`], [`processes`] and [`wait`] are for tests of any crate; [`command`], [`home`] and [`places`] know the
//! checkout and the OpenClaw that was fetched, [`versions`] what is different in its older ones. With the feature `terminal`
//! there is a real pseudo-terminal, with `gateway` a Gateway with its RPC, with `openclaw` both, and pictures of the terminal.

pub mod check;
pub mod child;
pub mod command;
#[cfg(feature = "gateway")]
pub mod gateway;
pub mod home;
mod interrupt;
pub mod media;
pub mod namespace;
pub mod page;
pub mod places;
pub mod ports;
pub mod processes;
#[cfg(feature = "gateway")]
pub mod rpc;
#[cfg(feature = "terminal")]
pub mod terminal;
#[cfg(feature = "openclaw")]
pub mod vendor;
pub mod versions;
pub mod wait;
