//! The machine against a simulated world. Each step is checked in [`sim::Sim::run_actions`].

mod cases;
mod histories;
mod matrix;
mod sim;
