//! The poll loop: everything that can wake the supervisor up, and what is done then.

use super::Supervisor;
use super::questions::Round;
use crate::clock::{Instant, timeout};
use crate::control::Server;
use crate::health::HealthPolicy;
use crate::http::Exchange;
use crate::parent::Parent;
use crate::status::{Event, Status};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use std::io;

/// What can wake the supervisor up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Child,
    Output,
    Stop,
    Monitor,
    Parent,
    Holder,
    Stdout,
    Control,
    Question,
}

impl<O, F> Supervisor<O, F>
where
    O: HealthPolicy,
    F: FnMut(&Event<O::Verdict>, &Status<O::Verdict>),
{
    /// Sleeps until something happens, and hands it to the machine.
    pub(super) fn wait(&mut self) -> io::Result<()> {
        let deadline = self.deadline();
        let now = Instant::now();
        let timeout = deadline.map(|at| timeout(at.since_ns(now)));
        for source in self.sleep(timeout.as_ref())? {
            match source {
                Source::Child => {
                    self.signals.take_child();
                    self.collect();
                }
                Source::Output => {
                    self.capture.advance();
                    if self
                        .await_listener
                        .as_mut()
                        .is_some_and(|watch| watch.said(now))
                        && let Some(last_output_line) = self.capture.last_line()
                    {
                        self.emit(Event::Progress { last_output_line });
                    }
                }
                Source::Stop => {
                    let again = self.signals.take_stop() > 1 || self.ending;
                    self.finish(again);
                }
                Source::Monitor => self.hear_monitor(),
                Source::Parent if self.lease.is_none() => {
                    if self.parent.as_mut().is_some_and(Parent::ended) {
                        self.parent = None;
                        self.finish(true);
                    }
                }
                Source::Stdout if self.lease.is_none() => {
                    self.watch_stdout = false;
                    self.finish(true);
                }
                Source::Holder => {
                    self.holder_fd = None;
                    self.machine.handle_holder_gone(Instant::now().ms());
                }
                Source::Control => self.serve(),
                // Questions are looked at below; what a lease covers is looked at when it is over.
                Source::Question | Source::Parent | Source::Stdout => {}
            }
        }
        self.questions();
        self.on_time();
        Ok(())
    }

    /// Polls everything there is to wait for; what happened, each source once.
    fn sleep(&self, timeout: Option<&Timespec>) -> io::Result<Vec<Source>> {
        let stdout = io::stdout();
        let read = PollFlags::IN;
        let mut sources = Vec::with_capacity(16);
        let mut fds = Vec::with_capacity(16);
        let mut add = |source, fd, flags| {
            sources.push(source);
            fds.push(PollFd::from_borrowed_fd(fd, flags));
        };
        add(Source::Child, self.signals.child(), read);
        add(Source::Output, self.capture.interest(), read);
        add(Source::Stop, self.signals.stop(), read);
        if let Some(monitor) = &self.monitor {
            add(Source::Monitor, monitor.interest(), read);
        }
        if self.lease.is_none() {
            for fd in self.parent.iter().flat_map(Parent::interests) {
                add(Source::Parent, fd, read);
            }
        }
        if let Some(fd) = &self.holder_fd {
            add(Source::Holder, fd.as_fd(), read);
        }
        if self.watch_stdout && self.lease.is_none() {
            add(Source::Stdout, stdout.as_fd(), PollFlags::empty());
        }
        for (fd, writes) in self.control.iter().flat_map(Server::interests) {
            add(
                Source::Control,
                fd,
                if writes { read | PollFlags::OUT } else { read },
            );
        }
        for (fd, flags) in self.open_exchanges().filter_map(Exchange::interest) {
            add(Source::Question, fd, flags);
        }
        match poll(&mut fds, timeout) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut happened: Vec<Source> = sources
            .into_iter()
            .zip(&fds)
            .filter(|(source, fd)| match source {
                // Nothing else is meant by an end of the reader; a closed descriptor never had one.
                Source::Stdout => fd.revents().intersects(PollFlags::ERR | PollFlags::HUP),
                _ => !fd.revents().is_empty(),
            })
            .map(|(source, _)| source)
            .collect();
        happened.dedup();
        Ok(happened)
    }

    fn open_exchanges(&self) -> impl Iterator<Item = &Exchange> {
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
            self.open_exchanges().map(Exchange::deadline).min(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what is due.
    fn on_time(&mut self) {
        let now = Instant::now();
        if self
            .await_listener
            .as_ref()
            .is_some_and(|watch| watch.due <= now)
        {
            self.look_for_listener(now);
        }
        if self.sweep.as_ref().is_some_and(|sweep| sweep.due <= now) {
            self.sweep(now);
        }
        if let Some((period, due)) = &mut self.watchdog
            && *due <= now
        {
            *due = now.plus_ms(*period);
            self.tell_manager("WATCHDOG=1");
        }
        if self.lease.is_some_and(|due| due <= now) {
            self.lease = None;
            self.finish(true);
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
