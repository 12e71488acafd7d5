//! Free ports for servers that cannot choose one themselves.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::wait;

/// The ports to give away: below those that Linux gives to clients, which would take one before its server does.
const FIRST: u32 = 16_384;
const COUNT: u32 = 16_000;
/// Between two of them: a Gateway opens more ports beside its own.
const STEP: u32 = 16;
/// How many were given away by this process.
static GIVEN: AtomicU32 = AtomicU32::new(0);

/// A port of the loopback address that is free, and that is given away once in this process.
///
/// # Errors
/// If there is none.
pub fn free() -> Result<u16> {
    for _ in 0..COUNT / STEP {
        let n = GIVEN.fetch_add(1, Ordering::Relaxed);
        // Processes that run beside each other begin elsewhere.
        let at = std::process::id().wrapping_mul(37).wrapping_add(n) % (COUNT / STEP);
        let port = u16::try_from(FIRST + at * STEP)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}

/// Whether somebody accepts connections there.
#[must_use]
pub fn is_listening(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

/// Waits until nobody accepts connections there any more.
///
/// # Errors
/// If somebody still does after `limit`.
pub fn wait_until_free(port: u16, limit: Duration) -> Result<()> {
    let what = format!("nobody listens on port {port}");
    wait::until_true(&what, limit, || Ok(!is_listening(port)))
}
