//! The `claude-proxy` program as its users see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod config;
mod documents;
mod first_day;
mod hostile;
mod hostile_files;
mod kinds;
mod machines;
mod process;
mod support;
mod terminal;
mod turn;
