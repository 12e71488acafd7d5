//! A fake of the local Claude proxy: demonstrations and tests without a login, never production.
//!
//! It answers as Meridian 1.43 does (routes, JSON shapes, access key, exit codes), names no model provider
//! and contacts nothing. Behind it is a fake of the Anthropic API ([`api`]), which also stands behind real proxies.
//!
//! With the feature `faults` every way in which the real proxy fails that a test needs can be switched on by a flag;
//! `--help` lists them. Three things can be run then: the proxy (default), other local proxies (`--service`), and `listener`,
//! which stands for everything outside and records what reaches it. Without the feature, as in what is shipped, there is the
//! proxy alone, and none of that code.
//!
//! There is one thread a connection and no async runtime, so that the program starts at once and a program that
//! embeds it pays little.

mod address;
pub mod api;
mod chat;
#[cfg(feature = "faults")]
mod faults;
mod http;
mod meridian;
mod output;
mod server;
#[cfg(not(feature = "faults"))]
mod shipped;

#[cfg(feature = "faults")]
pub use faults::{keyed_services, main};
#[cfg(not(feature = "faults"))]
pub use shipped::main;
