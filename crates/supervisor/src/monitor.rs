//! Two processes instead of one, so that nothing survives the violent death of either.
//!
//! [`split`] forks before anything else happens. The old process, the *monitor*, keeps the pid that the world knows, hands
//! signals on, and waits. The new one, the *worker*, supervises. Both are sub-reapers: when the worker is killed, every
//! process that it started, whatever session or group it moved to, is handed to the monitor, which kills it; when the
//! monitor is killed, the worker sees the end of their common socket and kills everything itself. The monitor allocates
//! next to nothing and shares its pages with the worker.

use crate::clock::{Instant, timeout};
use crate::notify::Manager;
use crate::sys::{self, Fork};
use crate::tree;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::process::{Pid, Signal};
use std::io::{self, PipeReader, Read, Write};
use std::os::unix::net::UnixStream;

const STOP: u8 = b's';
/// From worker to monitor: the rest of the message is the process group of the program.
const LEADER: &str = "\u{1}";
/// From monitor to worker: stop, and do not wait.
const STOP_NOW: u8 = b'h';
/// From monitor to worker, first of all: signals are heard from now on.
const LISTENING: u8 = b'r';

/// The worker's end of the socket to its monitor.
#[derive(Debug)]
pub struct Monitor {
    socket: UnixStream,
    /// Whether a service manager listens to the monitor.
    managed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message {
    Nothing,
    Stop,
    StopNow,
    Closed,
}

/// Forks the monitor off. Returns in the worker only; the monitor ends with the worker's exit code.
///
/// Must be called before any thread is started and before anything is allocated that should not be there twice; the
/// first line of `main` is the place. The monitor calls `release_memory` once, before it waits for as long as the worker lives.
pub fn split(release_memory: fn()) -> io::Result<Monitor> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    theirs.set_nonblocking(true)?;
    // Children that this process had before it became us, as it may after `exec`, are nobody's to kill.
    let preexisting = if tree::has_children() {
        tree::descendants(std::process::id())
    } else {
        Vec::new()
    };
    tree::adopt_orphans();
    match sys::fork()? {
        Fork::Child => {
            drop(ours);
            // Out of the monitor's group: who kills that group leaves the worker to clean up.
            let _ = rustix::process::setsid();
            // A signal that reaches the monitor before its handlers are registered would end it.
            let mut fds = [PollFd::new(&theirs, PollFlags::IN)];
            while let Err(rustix::io::Errno::INTR) = poll(&mut fds, None) {}
            let _ = (&theirs).read(&mut [0; 1]);
            Ok(Monitor {
                socket: theirs,
                managed: Manager::is_configured(),
            })
        }
        Fork::Parent(worker) => {
            drop(theirs);
            let code = run_monitor(&ours, worker, &preexisting, release_memory).unwrap_or(1);
            #[expect(
                clippy::disallowed_methods,
                reason = "the monitor is this call; the worker returns from it"
            )]
            std::process::exit(code)
        }
    }
}

impl Monitor {
    pub(crate) fn interest(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    pub(crate) fn receive(&self) -> Message {
        let mut word = [0; 16];
        match (&self.socket).read(&mut word) {
            Ok(0) => Message::Closed,
            Ok(n) if word.iter().take(n).any(|b| *b == STOP_NOW) => Message::StopNow,
            Ok(n) if word.iter().take(n).any(|b| *b == STOP) => Message::Stop,
            Ok(_) => Message::Nothing,
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => Message::Nothing,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => Message::Nothing,
            Err(_) => Message::Closed,
        }
    }

    /// Tells the monitor which group to kill where it cannot find the processes by itself.
    #[cfg(not(linux_calls))]
    pub(crate) fn leader(&self, pid: u32) {
        let _ = (&self.socket).write(format!("{LEADER}{pid}\0").as_bytes());
    }

    /// Has the monitor notify the service manager, which accepts messages only from the pid that it knows.
    pub(crate) fn notify(&self, message: &str) {
        if !self.managed {
            return;
        }
        let mut bytes = message.as_bytes().to_vec();
        bytes.push(0);
        let _ = (&self.socket).write(&bytes);
    }
}

/// Signals that ask for an end, and a pipe that becomes readable with each.
#[derive(Debug)]
pub(crate) struct Signals {
    stop: PipeReader,
    child: PipeReader,
}

impl Signals {
    pub(crate) fn register() -> io::Result<Self> {
        let pipe = |signals: &[i32]| -> io::Result<PipeReader> {
            let (read, write) = io::pipe()?;
            rustix::io::ioctl_fionbio(&read, true)?;
            for signal in signals {
                signal_hook::low_level::pipe::register(*signal, write.try_clone()?)?;
            }
            Ok(read)
        };
        Ok(Self {
            stop: pipe(&[libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT])?,
            child: pipe(&[libc::SIGCHLD])?,
        })
    }

    pub(crate) fn stop(&self) -> BorrowedFd<'_> {
        self.stop.as_fd()
    }

    pub(crate) fn child(&self) -> BorrowedFd<'_> {
        self.child.as_fd()
    }

    pub(crate) fn take_stop(&self) -> usize {
        drain(&self.stop)
    }

    pub(crate) fn take_child(&self) {
        drain(&self.child);
    }
}

fn drain(mut pipe: &PipeReader) -> usize {
    let mut bytes = [0; 64];
    let mut count = 0;
    while let Ok(n) = pipe.read(&mut bytes) {
        count += n;
        if n < bytes.len() {
            break;
        }
    }
    count
}

/// Runs the monitor until the worker ends. Returns the exit code.
fn run_monitor(
    mut socket: &UnixStream,
    worker: Pid,
    preexisting: &[u32],
    release_memory: fn(),
) -> io::Result<i32> {
    let signals = Signals::register()?;
    // The worker waits for it, or for the end of the socket.
    socket.write_all(&[LISTENING])?;
    let manager = Manager::from_environment();
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_name(c"supervise-monitor");
    let mut status = None;
    let mut stops = 0;
    let mut message = Vec::new();
    let mut open = true;
    let mut leader = None;
    release_memory();
    loop {
        // As process 1 of a container the monitor collects every orphan.
        while let Ok(Some(reaped)) = tree::reap() {
            if i32::try_from(reaped.pid).is_ok_and(|pid| pid == worker.as_raw_nonzero().get()) {
                status = Some(reaped.status);
            }
        }
        if let Some(status) = status {
            if let Some(leader) = leader {
                tree::signal_group(leader, Signal::KILL);
            }
            kill_all(preexisting);
            return Ok(status.exit_status().unwrap_or(1));
        }
        let mut fds = [signals.stop(), signals.child(), socket.as_fd()]
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        // A socket that was closed would be reported for ever.
        let fds = if open { &mut fds[..] } else { &mut fds[..2] };
        match poll(fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        signals.take_child();
        let asked = signals.take_stop();
        if asked > 0 {
            stops += asked;
            let word = if stops > 1 { STOP_NOW } else { STOP };
            let _ = socket.write(&[word]);
        }
        let mut bytes = [0; 1024];
        match socket.read(&mut bytes) {
            Ok(0) => open = false,
            Ok(n) => {
                for byte in bytes.iter().take(n) {
                    if *byte == 0 {
                        let text = String::from_utf8_lossy(&message);
                        if let Some(pid) = text.strip_prefix(LEADER) {
                            leader = pid.parse().ok();
                        } else if let Some(manager) = &manager {
                            manager.send(&text);
                        }
                        message.clear();
                    } else {
                        message.push(*byte);
                    }
                }
            }
            Err(_) => {}
        }
    }
}

/// Kills every descendant but the `spared` ones, again and again until none is left. Gives up after a while: a process
/// that the kernel does not let go of, or one of another user, stays.
pub(crate) fn kill_all(spared: &[u32]) {
    let end = Instant::now().plus_ms(2_000);
    let mut pause_ns = 200_000;
    while Instant::now() < end {
        loop {
            match tree::reap() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(()) => return,
            }
        }
        if tree::signal_descendants(Signal::KILL, |pid| spared.contains(&pid)) == 0
            && !spared.is_empty()
        {
            return;
        }
        let _ = poll(&mut [], Some(&timeout(pause_ns)));
        pause_ns = (pause_ns * 2).min(20_000_000);
    }
}
