//! Who listens on the port: the check before a start, the wait for the program to listen, and whose the listener is.

use super::Supervisor;
use crate::clock::Instant;
use crate::health::HealthPolicy;
use crate::machine::PortReport;
#[cfg(linux_calls)]
use crate::parent::Parent;
use crate::port::{self, Availability, Owner};
use crate::status::Event;
use crate::tree;
use std::io;

/// First interval between checks for the listener, in nanoseconds.
const FIRST_POLL_NS: u64 = 150_000;
/// Longest interval between checks for the listener, in nanoseconds.
const MAX_POLL_NS: u64 = 50_000_000;
/// Time until output of a starting program is reported as progress, in nanoseconds.
const FIRST_PROGRESS_NS: u64 = 2_000_000_000;
const NEXT_PROGRESS_NS: u64 = 10_000_000_000;

/// The wait for the program to listen. Checks often at first and then every eighth of the time that has passed.
#[derive(Debug)]
pub(super) struct ListenerWatch {
    generation: u64,
    since: Instant,
    pub(super) due: Instant,
    /// When output is reported as progress again.
    progress_due: Instant,
}

impl ListenerWatch {
    pub(super) fn new(generation: u64, now: Instant) -> Self {
        Self {
            generation,
            since: now,
            due: now.plus_ns(FIRST_POLL_NS),
            progress_due: now.plus_ns(FIRST_PROGRESS_NS),
        }
    }

    /// The program wrote output: it has often just begun to listen. Returns whether progress is due.
    pub(super) fn note_output(&mut self, now: Instant) -> bool {
        self.due = now;
        let is_due = self.progress_due <= now;
        if is_due {
            self.progress_due = now.plus_ns(NEXT_PROGRESS_NS);
        }
        is_due
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListenerOwner {
    Nobody,
    Ours,
    Foreign,
    /// Unknown: the kernel does not say.
    Unknown,
}

impl<P: HealthPolicy> Supervisor<P> {
    pub(super) fn check_port(&mut self, check: u64) {
        let attach_only = self.spec.argv.is_empty();
        let mut availability = port::availability(self.listen);
        if availability == Availability::Held && self.remove_orphan() {
            availability = port::availability(self.listen);
        }
        // A server on another machine is probed, not looked up in the kernel. So is one on a reserved port of this machine.
        let is_asked = attach_only && matches!(availability, Availability::Unusable(_));
        self.remote = is_asked && !port::is_local(self.listen.ip());
        let mut ended = None;
        let report = match availability {
            Availability::Unusable(_) if attach_only => PortReport::Remote,
            Availability::Free => PortReport::Free,
            Availability::Held => PortReport::Held,
            Availability::Unusable(detail) => {
                let why = self.policy.diagnose_spawn(&io::Error::other(detail));
                let retry = why.retry;
                ended = Some(self.record_exit(None, None, why));
                PortReport::Unusable { retry }
            }
        };
        if matches!(report, PortReport::Held | PortReport::Remote) && !self.remote {
            let holder = port::holder_or_known(self.connect_address, self.holder.as_ref());
            if self.holder != holder || self.holder_fd.is_none() {
                let pid = holder.as_ref().and_then(|holder| holder.pid);
                self.holder_fd = pid.and_then(|pid| super::process::watch(pid).ok());
            }
            self.holder = holder;
        } else {
            self.clear_holder();
        }
        self.machine.handle_port(Instant::now().ms(), check, report);
        if let Some(exit) = ended {
            self.emit(Event::Exited(exit));
        }
    }

    pub(super) fn clear_holder(&mut self) {
        self.holder = None;
        self.holder_fd = None;
    }

    /// Removes what an earlier supervisor of this place left on the port, if it is that.
    fn remove_orphan(&mut self) -> bool {
        #[cfg(linux_calls)]
        if let Some((name, value)) = self.spec.mark.as_ref().filter(|_| self.control.is_some()) {
            let variable = format!("{name}={value}").into_bytes();
            let host = self.parent.as_ref().map(Parent::pid);
            let holder = port::holder_or_known(self.connect_address, self.holder.as_ref());
            let leftovers = tree::Leftovers::new(variable, host);
            if let Some(pid) = holder
                .and_then(|holder| holder.pid)
                .filter(|pid| leftovers.contains(*pid))
            {
                self.warn(format!(
                    "process {pid} was left by an earlier supervisor and is removed"
                ));
                leftovers.kill();
                return true;
            }
        }
        false
    }

    /// Whose process listens where the service should: of ours those are known that stayed in the group of the program.
    #[cfg(not(linux_calls))]
    pub(super) fn listening(&mut self) -> ListenerOwner {
        let Some(child) = &self.child else {
            return ListenerOwner::Nobody;
        };
        // Cheaper than searching every process.
        if crate::http::connect(self.connect_address).is_err() {
            return ListenerOwner::Nobody;
        }
        let all = port::visible_listeners(self.connect_address);
        if all.iter().any(|one| !tree::in_group(one.pid, child.pid)) {
            return ListenerOwner::Foreign;
        }
        match all.iter().find(|one| one.exact) {
            Some(one) => {
                self.listener = Some((one.pid, 0));
                ListenerOwner::Ours
            }
            None => ListenerOwner::Unknown,
        }
    }

    /// Whose process listens where the service should.
    #[cfg(linux_calls)]
    pub(super) fn listening(&mut self) -> ListenerOwner {
        let Some(child) = &self.child else {
            return ListenerOwner::Nobody;
        };
        let Some(listeners) = port::listeners(self.connect_address) else {
            return match crate::http::connect(self.connect_address) {
                Ok(_) => ListenerOwner::Unknown,
                Err(_) => ListenerOwner::Nobody,
            };
        };
        let own = rustix::process::geteuid().as_raw();
        let mut result = ListenerOwner::Nobody;
        for listener in listeners {
            let known = self
                .listener
                .filter(|(_, inode)| *inode == listener.inode)
                .map(|(pid, _)| pid);
            let direct = [known, Some(child.pid)].into_iter().flatten();
            let pid = port::owner_among(direct, listener.inode).or_else(|| {
                port::owner_among(tree::descendants(std::process::id()), listener.inode)
            });
            match pid {
                Some(pid) => {
                    self.listener = Some((pid, listener.inode));
                    if result == ListenerOwner::Nobody {
                        result = ListenerOwner::Ours;
                    }
                }
                // One listener that is not ours is enough: connections may reach it. Of another user's processes the
                // descriptors are hidden, but not whose the socket is.
                None if listener.uid != own
                    || port::owner_among(tree::all_pids(), listener.inode).is_some() =>
                {
                    return ListenerOwner::Foreign;
                }
                None => result = ListenerOwner::Unknown,
            }
        }
        result
    }

    pub(super) fn poll_listener(&mut self, now: Instant) {
        let Some(generation) = self.await_listener.as_ref().map(|watch| watch.generation) else {
            return;
        };
        let child = self.child.as_ref();
        if child.is_none_or(|child| child.generation != generation) {
            self.await_listener = None;
            return;
        }
        match self.listening() {
            ListenerOwner::Nobody => {
                if let Some(watch) = &mut self.await_listener {
                    let pause = (now.since_ns(watch.since) / 8).clamp(FIRST_POLL_NS, MAX_POLL_NS);
                    watch.due = Instant::now().plus_ns(pause);
                }
            }
            found => {
                self.await_listener = None;
                let owned = found != ListenerOwner::Foreign;
                self.machine
                    .handle_listening(Instant::now().ms(), generation, owned);
            }
        }
    }

    /// Who listens, for the status.
    pub(super) fn owner(&self) -> Option<Owner> {
        if let Some((pid, _)) = self.listener {
            return Some(Owner {
                pid: Some(pid),
                #[cfg(linux_calls)]
                command: tree::command_line(pid),
                #[cfg(linux_calls)]
                user: Some(tree::user_name(rustix::process::geteuid().as_raw())),
                ours: true,
                same_user: Some(true),
                ..Owner::default()
            });
        }
        self.holder.clone()
    }
}
