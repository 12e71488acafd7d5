//! Messages to the service manager that started us (`sd_notify`), where there is one.
#![expect(
    clippy::disallowed_methods,
    reason = "two variables are how a service manager says where it listens"
)]

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

/// The way to the service manager.
#[derive(Debug)]
pub(crate) struct Manager {
    socket: UnixDatagram,
    address: PathBuf,
}

impl Manager {
    /// Whether a service manager wants messages.
    pub(crate) fn is_configured() -> bool {
        std::env::var_os("NOTIFY_SOCKET").is_some()
    }

    /// From `NOTIFY_SOCKET`; `None` where no manager listens.
    pub(crate) fn from_environment() -> Option<Self> {
        let address = PathBuf::from(std::env::var_os("NOTIFY_SOCKET")?);
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        Some(Self { socket, address })
    }

    /// Sends one message. Errors are ignored: the service works without its manager.
    pub(crate) fn send(&self, message: &str) {
        #[cfg(target_os = "linux")]
        {
            use std::os::linux::net::SocketAddrExt;
            use std::os::unix::ffi::OsStrExt;
            if let Some(name) = self.address.as_os_str().as_bytes().strip_prefix(b"@") {
                if let Ok(address) = std::os::unix::net::SocketAddr::from_abstract_name(name) {
                    let _ = self.socket.send_to_addr(message.as_bytes(), &address);
                }
                return;
            }
        }
        let _ = self.socket.send_to(message.as_bytes(), &self.address);
    }
}

/// Time between signs of life that the manager asks for, in milliseconds: half of what it allows.
pub(crate) fn watchdog_period_ms() -> Option<u64> {
    let allowed: u64 = std::env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    (allowed > 0).then(|| (allowed / 2_000).max(1))
}
