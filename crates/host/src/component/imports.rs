//! The imports that the component may have: what a command reads and prints with, and nothing that gives authority.

use wasmtime::Engine;
use wasmtime::component::Component;

use super::Error;

/// Interfaces of WASI 0.2 that the component is a command by. Its typed interfaces call none of them, and here all of them
/// trap.
pub(super) const ALLOWED: [&str; 6] = [
    "wasi:cli/environment",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:io/error",
    "wasi:io/streams",
];

/// Refuses a component that wants more than it needs, before anything of it runs.
pub(super) fn check(engine: &Engine, component: &Component) -> Result<(), Error> {
    for (name, _) in component.component_type().imports(engine) {
        let interface = name
            .split_once('@')
            .map_or(name, |(interface, _)| interface);
        if !ALLOWED.contains(&interface) {
            return Err(Error::Import {
                name: name.to_owned(),
            });
        }
    }
    Ok(())
}
