//! The faults of a process: late and short-lived.

use std::thread;

use crate::output::complain;
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
