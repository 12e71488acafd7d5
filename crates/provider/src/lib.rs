//! All policy of the plugin as pure functions: no I/O, no clock, no threads, no environment. What needs the world is
//! returned as a question, and the host answers by calling again.
#![forbid(unsafe_code)]

pub mod address;
pub mod advice;
pub mod answer;
pub mod audit;
pub mod auth;
pub mod catalog;
pub mod chat;
mod collect;
pub mod configured;
pub mod descriptor;
pub mod doctor;
pub mod document;
pub mod edit;
pub mod filter;
pub mod health;
pub mod launch;
pub mod listing;
pub mod model_id;
pub mod pin;
pub mod problem;
pub mod proxy_kind;
pub mod quota;
mod release;
pub mod runtime;
pub mod settings;
mod strings;
pub mod turn;
pub mod wit;

pub use problem::{Error, Problem};

/// Plugin and provider id (`plugin-manifest.json`).
pub const ID: &str = "anthropic-claude-proxy";
/// What every refusal says first.
pub(crate) const NOTHING_SENT: &str = "nothing was sent";
/// Model alias that names the first model.
pub const MODEL_ALIAS: &str = "claude-max-proxy";
/// Value of `apiKey` in the provider entry: it satisfies OpenClaw's check for a credential and opens nothing.
pub const PLACEHOLDER_KEY: &str = "claude-proxy-local";
