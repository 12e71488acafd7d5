//! The poll loop.

use super::Supervisor;
use super::probes::Round;
use crate::clock::{Instant, timeout};
use crate::control::Server;
use crate::health::HealthPolicy;
use crate::http::Exchange;
use crate::parent::Parent;
use crate::status::Event;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use std::io;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wakeup {
    Child,
    Output,
    Stop,
    Monitor,
    Parent,
    Holder,
    Stdout,
    Control,
    Probe,
}

impl<P: HealthPolicy> Supervisor<P> {
    /// Sleeps until something happens, and hands it to the machine.
    pub(super) fn wait(&mut self) -> io::Result<()> {
        let deadline = self.deadline();
        let now = Instant::now();
        let timeout = deadline.map(|at| timeout(at.since_ns(now)));
        for source in self.poll_sources(timeout.as_ref())? {
            match source {
                Wakeup::Child => {
                    self.signals.take_child();
                    self.collect();
                }
                Wakeup::Output => {
                    self.capture.advance();
                    if self
                        .await_listener
                        .as_mut()
                        .is_some_and(|watch| watch.note_output(now))
                        && let Some(last_output_line) = self.capture.last_line()
                    {
                        self.emit(Event::Progress { last_output_line });
                    }
                }
                Wakeup::Stop => {
                    let again = self.signals.take_stop() > 1 || self.ending;
                    self.shut_down(again);
                }
                Wakeup::Monitor => self.handle_monitor(),
                Wakeup::Parent if self.lease.is_none() => {
                    if self.parent.as_mut().is_some_and(Parent::ended) {
                        self.parent = None;
                        self.shut_down(true);
                    }
                }
                Wakeup::Stdout if self.lease.is_none() => {
                    self.watch_stdout = false;
                    self.shut_down(true);
                }
                Wakeup::Holder => {
                    self.holder_fd = None;
                    self.machine.handle_holder_gone(Instant::now().ms());
                }
                Wakeup::Control => self.serve(),
                // Probes are advanced below; what a lease covers is checked when it is over.
                Wakeup::Probe | Wakeup::Parent | Wakeup::Stdout => {}
            }
        }
        self.advance_probes();
        self.run_due();
        Ok(())
    }

    /// Polls everything there is to wait for; what happened, each source once.
    fn poll_sources(&self, timeout: Option<&Timespec>) -> io::Result<Vec<Wakeup>> {
        let stdout = io::stdout();
        let read = PollFlags::IN;
        let mut sources = Vec::with_capacity(16);
        let mut fds = Vec::with_capacity(16);
        let mut add = |source, fd, flags| {
            sources.push(source);
            fds.push(PollFd::from_borrowed_fd(fd, flags));
        };
        add(Wakeup::Child, self.signals.child(), read);
        add(Wakeup::Output, self.capture.interest(), read);
        add(Wakeup::Stop, self.signals.stop(), read);
        if let Some(monitor) = &self.monitor {
            add(Wakeup::Monitor, monitor.interest(), read);
        }
        if self.lease.is_none() {
            for fd in self.parent.iter().flat_map(Parent::interests) {
                add(Wakeup::Parent, fd, read);
            }
        }
        if let Some(fd) = &self.holder_fd {
            add(Wakeup::Holder, fd.as_fd(), read);
        }
        if self.watch_stdout && self.lease.is_none() {
            add(Wakeup::Stdout, stdout.as_fd(), PollFlags::empty());
        }
        for (fd, writes) in self.control.iter().flat_map(Server::interests) {
            add(
                Wakeup::Control,
                fd,
                if writes { read | PollFlags::OUT } else { read },
            );
        }
        for (fd, flags) in self.exchanges_in_flight().filter_map(Exchange::interest) {
            add(Wakeup::Probe, fd, flags);
        }
        match poll(&mut fds, timeout) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut happened: Vec<Wakeup> = sources
            .into_iter()
            .zip(&fds)
            .filter(|(source, fd)| match source {
                // Nothing else is meant by an end of the reader; a closed descriptor never had one.
                Wakeup::Stdout => fd.revents().intersects(PollFlags::ERR | PollFlags::HUP),
                _ => !fd.revents().is_empty(),
            })
            .map(|(source, _)| source)
            .collect();
        happened.dedup();
        Ok(happened)
    }

    fn exchanges_in_flight(&self) -> impl Iterator<Item = &Exchange> {
        self.round
            .iter()
            .flat_map(Round::exchanges)
            .chain(self.liveness.iter().map(|(_, exchange)| exchange))
    }

    /// When to wake up although nothing happened.
    fn deadline(&self) -> Option<Instant> {
        [
            self.machine.next_deadline().map(Instant::at),
            self.await_listener.as_ref().map(|watch| watch.due),
            self.sweep.as_ref().map(|sweep| sweep.due),
            self.watchdog.map(|(_, due)| due),
            self.lease,
            self.exchanges_in_flight().map(Exchange::deadline).min(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn run_due(&mut self) {
        let now = Instant::now();
        if self
            .await_listener
            .as_ref()
            .is_some_and(|watch| watch.due <= now)
        {
            self.poll_listener(now);
        }
        if self.sweep.as_ref().is_some_and(|sweep| sweep.due <= now) {
            self.sweep(now);
        }
        if let Some((period, due)) = &mut self.watchdog
            && *due <= now
        {
            *due = now.plus_ms(*period);
            self.notify_manager("WATCHDOG=1");
        }
        if self.lease.is_some_and(|due| due <= now) {
            self.lease = None;
            self.shut_down(true);
        }
        if self
            .machine
            .next_deadline()
            .is_some_and(|due| due <= now.ms())
        {
            self.machine.handle_deadline(now.ms());
        }
    }
}
