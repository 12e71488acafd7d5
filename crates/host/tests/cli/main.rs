//! The `claude-proxy` program as its users see it.

mod config;
mod process;
mod support;
mod terminal;
