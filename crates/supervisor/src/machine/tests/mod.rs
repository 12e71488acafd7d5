//! The machine against a simulated world. Each step is checked in [`sim::Sim::obey`].

mod cases;
mod histories;
mod matrix;
mod sim;
