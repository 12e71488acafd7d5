//! The imports that the component may have: what Rust's `std` always links, of which nothing is granted.

use wasmtime::Engine;
use wasmtime::component::Component;

use super::CallError;

/// Interfaces of WASI 0.2 that `std` links. The typed interfaces of the component call none of them unless it panics, and
/// here all of them trap.
pub(super) const ALLOWED: [&str; 13] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
];

/// Refuses a component that wants more than it needs, before anything of it runs.
pub(super) fn check(engine: &Engine, component: &Component) -> Result<(), CallError> {
    for (name, _) in component.component_type().imports(engine) {
        let interface = name
            .split_once('@')
            .map_or(name, |(interface, _)| interface);
        if !ALLOWED.contains(&interface) {
            return Err(CallError::Import {
                name: name.to_owned(),
            });
        }
    }
    Ok(())
}
