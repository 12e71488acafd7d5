//! The few calls that differ between systems, and the only `unsafe` code of the crate.
//!
//! `linux_calls` is set by `build.rs`. Two functions ask for the system itself, since what other systems have instead of
//! the call cannot be built on Linux: `watch_process` (kqueue) and `peer_user` (`getpeereid`).

use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType};
use rustix::process::Pid;
use std::io;

/// A non-blocking, close-on-exec socket.
pub(crate) fn socket(family: AddressFamily, kind: SocketType) -> Result<OwnedFd, Errno> {
    #[cfg(linux_calls)]
    {
        use rustix::net::SocketFlags;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        rustix::net::socket_with(family, kind, flags, None)
    }
    #[cfg(not(linux_calls))]
    {
        let fd = rustix::net::socket(family, kind, None)?;
        rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(fd)
    }
}

/// Sends without a signal when the other end is gone.
pub(crate) fn send(fd: impl AsFd, bytes: &[u8]) -> Result<usize, Errno> {
    #[cfg(linux_calls)]
    let flags = rustix::net::SendFlags::NOSIGNAL;
    // Elsewhere Rust's runtime, which ignores the signal, has to do.
    #[cfg(not(linux_calls))]
    let flags = rustix::net::SendFlags::empty();
    rustix::net::send(fd, bytes, flags)
}

/// A descriptor that becomes readable when the process ends.
pub(crate) fn watch_process(pid: Pid) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    {
        Ok(rustix::process::pidfd_open(
            pid,
            rustix::process::PidfdFlags::empty(),
        )?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        use rustix::event::kqueue::{
            Event, EventFilter, EventFlags, ProcessEvents, kevent, kqueue,
        };
        let queue = kqueue()?;
        let filter = EventFilter::Proc {
            pid,
            flags: ProcessEvents::EXIT,
        };
        let event = Event::new(filter, EventFlags::ADD, std::ptr::null_mut());
        // SAFETY: the event names a process, no descriptor that would have to stay valid.
        unsafe { kevent(&queue, &[event], &mut [] as &mut [Event], None) }?;
        rustix::io::fcntl_setfd(&queue, rustix::io::FdFlags::CLOEXEC)?;
        Ok(queue)
    }
}

/// A descriptor that becomes readable when this thread ends, although others of its process go on.
///
/// # Errors
/// `EINVAL` before Linux 6.9.
#[cfg(linux_calls)]
pub(crate) fn watch_thread(thread: Pid) -> Result<OwnedFd, rustix::io::Errno> {
    use rustix::process::PidfdFlags;
    // `PIDFD_THREAD`, which rustix has no name for.
    let of_thread = PidfdFlags::from_bits_retain(libc::O_EXCL.unsigned_abs());
    rustix::process::pidfd_open(thread, of_thread)
}

/// User of the process at the other end of a Unix socket.
///
/// Asked of the C library, since rustix's record has no room for the process id 0, which the kernel gives for a process
/// outside of our PID namespace.
pub(crate) fn peer_user(fd: impl AsFd) -> io::Result<u32> {
    let fd = fd.as_fd().as_raw_fd();
    #[cfg(target_os = "linux")]
    {
        let mut peer = libc::ucred {
            pid: 0,
            uid: u32::MAX,
            gid: u32::MAX,
        };
        let mut size =
            libc::socklen_t::try_from(size_of::<libc::ucred>()).map_err(io::Error::other)?;
        let place = (&raw mut peer).cast();
        // SAFETY: `place` and `size` describe `peer`, which outlives the call.
        match unsafe {
            libc::getsockopt(
                fd,
                libc::SOL_SOCKET,
                libc::SO_PEERCRED,
                place,
                &raw mut size,
            )
        } {
            0 => Ok(peer.uid),
            _ => Err(io::Error::last_os_error()),
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let (mut user, mut group) = (u32::MAX, u32::MAX);
        // SAFETY: both places outlive the call.
        match unsafe { libc::getpeereid(fd, &raw mut user, &raw mut group) } {
            0 => Ok(user),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

pub(crate) enum Fork {
    Child,
    /// The old one, with the pid of the new one.
    Parent(Pid),
}

/// Forks a process that has a single thread.
pub(crate) fn fork() -> io::Result<Fork> {
    // SAFETY: callers fork before any thread is started, so the child has the whole of the process's state and may run
    // any code, not only what is safe in a signal handler.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Fork::Child),
        pid => Pid::from_raw(pid)
            .map(Fork::Parent)
            .ok_or_else(|| io::Error::from(io::ErrorKind::Other)),
    }
}

/// Prepares a command so that its process leads its own session and group, ends with the supervisor's thread where the
/// kernel can arrange that, and inherits no descriptor but the standard ones.
pub(crate) fn isolate(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;
    let parent = rustix::process::getpid();
    let setup = move || -> io::Result<()> {
        rustix::process::setsid()?;
        #[cfg(linux_calls)]
        {
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
            // The supervisor may have ended before the kernel knew.
            if rustix::process::getppid() != Some(parent) {
                return Err(io::Error::from(rustix::io::Errno::SRCH));
            }
            // Everything that was inherited without close-on-exec. A kernel before 5.11 does not know the flag; then
            // what the supervisor's own parent left open stays open, as with any other program that it starts.
            // SAFETY: a system call on integers; it only marks descriptors of the new process.
            unsafe {
                libc::syscall(
                    libc::SYS_close_range,
                    3,
                    libc::c_uint::MAX,
                    libc::CLOSE_RANGE_CLOEXEC,
                )
            };
        }
        #[cfg(not(linux_calls))]
        let _ = parent;
        Ok(())
    };
    // SAFETY: between fork and exec the closure only makes system calls; it takes no lock and allocates nothing (an
    // `io::Error` made from an error number or a kind is a plain value).
    unsafe { command.pre_exec(setup) };
}
