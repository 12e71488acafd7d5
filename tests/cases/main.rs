//! End-to-end tests in the real OpenClaw. `docs/development.md` says which test proves which promise. A Gateway takes
//! seconds to start, so tests that do not disturb each other share one.

#![allow(
    clippy::indexing_slicing,
    reason = "a test that looks for what is not there has failed"
)]

mod bad_input;
mod broken_answer;
mod damage;
mod downgrade;
mod every_version;
mod first_run;
mod install;
mod login;
mod minimal_system;
mod openai;
mod proxy_down;
mod restored_backup;
mod sample_edits;
mod samples;
mod scene;
mod services;
mod traffic;
mod traffic_kinds;
mod turns;
