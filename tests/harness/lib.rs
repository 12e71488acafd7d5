//! What the end-to-end tests and the demonstration run on: the real OpenClaw in a throw-away home, a real
//! pseudo-terminal, real processes and sockets. Everything that is waited for has a deadline, and a [`home::Home`] that
//! goes out of scope takes every process with it that was started from it.

pub mod command;
pub mod gateway;
pub mod home;
mod interrupt;
pub mod outside;
pub mod picture;
pub mod places;
pub mod ports;
pub mod processes;
pub mod rpc;
pub mod terminal;
pub mod wait;
