//! Every section of the product's first description, in the real OpenClaw. `docs/development.md` says which test proves
//! which sentence. A Gateway costs seconds to start, so what needs one and does not disturb the rest shares it.

#![allow(
    clippy::indexing_slicing,
    reason = "a test that looks for what is not there has failed"
)]

mod accepted;
mod bad_input;
mod bare;
mod crossing;
mod cut;
mod damage;
mod down;
mod first_run;
mod hosts;
mod install;
mod kinds;
mod login;
mod openai;
mod restored;
mod samples;
mod scene;
mod services;
mod traffic;
mod turns;
