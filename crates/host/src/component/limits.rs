//! What one call of the component may cost, and the thread that holds it to the deadline.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

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

/// Advances the engine's epoch when a call has used up its time.
pub(super) struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    watch: Mutex<Watch>,
    changed: Condvar,
}

#[derive(Default)]
struct Watch {
    /// End of the call under way.
    deadline: Option<Instant>,
    /// When the thread wakes up by itself, so that a deadline after that needs no wake-up now.
    wakes: Option<Instant>,
    stop: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watchdog {
    pub(super) fn start(engine: Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            watch: Mutex::default(),
            changed: Condvar::new(),
        });
        let watched = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("deadline".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || watch(&watched, &engine))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Opens a call that must have ended by `deadline`.
    pub(super) fn begin(&self, deadline: Instant) {
        let mut watch = self.shared.lock();
        watch.deadline = Some(deadline);
        if watch.wakes.is_none_or(|wakes| deadline < wakes) {
            self.shared.changed.notify_one();
        }
    }

    /// Closes the call; its deadline has no effect any more.
    pub(super) fn end(&self) {
        self.shared.lock().deadline = None;
    }
}

fn watch(shared: &Shared, engine: &Engine) {
    let mut watch = shared.lock();
    while !watch.stop {
        match watch.deadline {
            None => {
                watch.wakes = None;
                watch = shared
                    .changed
                    .wait(watch)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    // Under the lock, so that it cannot hit the next call.
                    engine.increment_epoch();
                    watch.deadline = None;
                } else {
                    watch.wakes = Some(deadline);
                    watch = shared
                        .changed
                        .wait_timeout(watch, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0;
                }
            }
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic there would only mean that nothing is watched any more.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{ClaudeProxy, Error, config::AuditInput};

    #[test]
    fn a_deadline_that_is_nearer_than_the_one_before_holds() {
        let limits = |milliseconds| Limits {
            deadline: Duration::from_millis(milliseconds),
            memory: 256 << 20,
        };
        let input = |document| AuditInput {
            document,
            ..AuditInput::default()
        };
        let mut proxy = ClaudeProxy::load(limits(60_000)).unwrap();
        // Long enough for the thread to go to sleep until the far deadline.
        let long = format!("[{}]", "{ a: 'b' },".repeat(20_000));
        proxy.audit(&input(long.clone())).unwrap();
        proxy.set_limits(limits(1));
        let ended = proxy.audit(&input(long));
        assert!(matches!(ended, Err(Error::Deadline(_))), "{ended:?}");
    }
}
