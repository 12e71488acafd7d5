//! What one call of the component may cost, and the thread that holds it to the deadline.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use wasmtime::{Engine, ResourceLimiter};

/// What one call may cost. There is no default: who calls knows what is reasonable there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest time that one call may take.
    pub deadline: Duration,
    /// Most memory that the component may have, in bytes.
    pub memory: usize,
}

/// State of a store: what the component may have, and whether it asked for more.
#[derive(Debug)]
pub(super) struct Guest {
    memory: usize,
    pub(super) out_of_memory: bool,
}

impl Guest {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            memory: limits.memory,
            out_of_memory: false,
        }
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.memory {
            self.out_of_memory = true;
            // Rust's allocator would abort on a refused growth, with a trap without a message; this error has one.
            wasmtime::bail!("the component asked for {desired} bytes of memory");
        }
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Function tables of the component are some hundred entries and never grow.
        Ok(desired <= 100_000)
    }
}

/// Runs a call; if it takes longer than this, advances the engine's epoch, which ends it.
///
/// # Errors
/// If no thread can be started.
pub(super) fn within<R>(
    limit: Duration,
    engine: &Engine,
    call: impl FnOnce() -> R,
) -> std::io::Result<R> {
    let (running, ended) = mpsc::channel::<()>();
    // More than once, since the call may begin later than this thread and count from the epoch that it finds.
    let watch = move || {
        while ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            engine.increment_epoch();
        }
    };
    // The thread is gone when this returns: a late epoch cannot hit the next call.
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("deadline".to_owned())
            .stack_size(64 * 1024)
            .spawn_scoped(scope, watch)?;
        let result = call();
        drop(running);
        Ok(result)
    })
}
