//! The faults of a process: late, short-lived, deaf.

use std::io;
use std::sync::Arc;
use std::thread;

use signal_hook::consts::signal::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::output::complain;
use crate::proxy::Proxy;
use crate::switches::{Login, Service, Switches};

/// What happens before listening; a code when it ends there.
pub(crate) fn before_listening(switches: &Switches) -> Option<u8> {
    if let Some(text) = &switches.say {
        complain(text);
    }
    #[expect(clippy::disallowed_methods, reason = "slow on purpose")]
    thread::sleep(switches.slow_start);
    if switches.exit_at_start.is_some() {
        return switches.exit_at_start;
    }
    // The other proxy checks nothing.
    if switches.service != Service::OpenAi {
        match switches.login {
            Login::AtStart => {
                complain("\x1b[31m✗ Not logged in to Claude.\x1b[0m Run: claude login");
                return Some(1);
            }
            Login::Degraded => {
                complain(
                    "\x1b[33m⚠ Could not verify Claude auth status. If requests fail, run: claude login\x1b[0m",
                );
            }
            Login::Ok | Login::Token | Login::Unhealthy | Login::Rejected => {}
        }
    }
    None
}

/// Installs the signal handlers of a server.
///
/// # Errors
/// The system refuses the handlers.
pub(crate) fn handle_signals(proxy: &Arc<Proxy>) -> io::Result<()> {
    let mut listed = vec![SIGUSR1];
    // Meridian has no handler and dies of the signal; the other proxy ends when its last answer is out.
    let ends_gracefully = proxy.context.switches.service == Service::OpenAi;
    if ends_gracefully {
        listed.extend([SIGTERM, SIGINT]);
    }
    let mut signals = Signals::new(listed)?;
    let proxy = Arc::clone(proxy);
    thread::spawn(move || {
        for signal in signals.forever() {
            match signal {
                SIGUSR1 => proxy.hang(),
                _ => proxy.end_when_idle(),
            }
        }
    });
    Ok(())
}
