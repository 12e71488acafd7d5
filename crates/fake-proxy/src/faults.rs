//! The faults of a process: late, short-lived, noisy, deaf.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::thread;

use signal_hook::consts::signal::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::output::complain;
use crate::proxy::Proxy;
use crate::switches::{Crash, Login, Oddity, Service, Switches};

const MEGABYTE: u64 = 1_000_000;
/// How long the line without an end is, in bytes.
const ENDLESS: u64 = 8 * MEGABYTE;

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

/// Ends the process as a crash does.
pub(crate) fn crash(how: Crash) -> ! {
    complain("fake-proxy: crashing, as told");
    match how {
        Crash::Exit(code) => process::exit(code.into()),
        Crash::Abort => process::abort(),
    }
}

/// Takes no notice of `SIGTERM`, in a wrapper too. The signal is caught rather than ignored, because an ignored one
/// would be inherited by everything started from here.
///
/// # Errors
/// The system refuses the handler.
pub(crate) fn ignore_term() -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM])?;
    thread::spawn(move || signals.forever().for_each(drop));
    Ok(())
}

/// Installs the signal handlers of a server.
///
/// # Errors
/// The system refuses the handlers.
pub(crate) fn handle_signals(proxy: &Arc<Proxy>) -> io::Result<()> {
    let mut listed = vec![SIGUSR1];
    // Meridian has no handler and dies of the signal; the other proxy ends when its last answer is out.
    let ends_gracefully = proxy.switches.service == Service::OpenAi && !proxy.switches.ignore_term;
    if ends_gracefully {
        listed.extend([SIGTERM, SIGINT]);
    } else if proxy.switches.ignore_term {
        ignore_term()?;
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

/// Starts what is to happen while the server runs.
pub(crate) fn after_listening(proxy: &Arc<Proxy>) {
    let switches = &proxy.switches;
    if let Some(after) = switches.crash_after {
        let how = switches.crash_with;
        thread::spawn(move || {
            #[expect(clippy::disallowed_methods, reason = "slow on purpose")]
            thread::sleep(after);
            crash(how);
        });
    }
    for oddity in &switches.emit {
        // A reader that has gone is no reason to stop.
        let _ = emit(*oddity, proxy.key.as_deref().unwrap_or("none"));
    }
    if switches.flood_mb > 0 {
        let megabytes = switches.flood_mb;
        thread::spawn(move || {
            let _ = flood(megabytes);
            complain(&format!("fake-proxy: wrote {megabytes} MB"));
        });
    }
}

/// Writes lines of 100 bytes, numbered so that a reader can tell which are missing.
fn flood(megabytes: u64) -> io::Result<()> {
    let mut out = io::stdout();
    let mut block = Vec::with_capacity(64 * 1024);
    for line in 0..megabytes * MEGABYTE / 100 {
        writeln!(block, "flood {line:0>12} {:->80}", "")?;
        if block.len() + 100 > 64 * 1024 {
            out.write_all(&block)?;
            block.clear();
        }
    }
    out.write_all(&block)?;
    out.flush()
}

fn emit(oddity: Oddity, key: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    match oddity {
        // Invented, but of the right shape; the last one is the key that this process was given.
        Oddity::Secrets => writeln!(
            out,
            "using token sk-ant-oat01-{0}-AAAA\nANTHROPIC_API_KEY=sk-ant-api03-{0}AA\n\
             {{\"refreshToken\":\"sk-ant-ort01-{0}\"}}\nAuthorization: Bearer eyJhbGciOiJub25lIn0.{0}.sig\n\
             x-api-key: {key}",
            "FakeSecret0123456789abcdefghijklmnopqrstuvwxyz"
        ),
        Oddity::Escapes => out.write_all(
            b"\x1b[2J\x1b[H\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b]8;;http://example.invalid\x07link\x1b]8;;\x07\
              \x1b[?1049h over\rwritten \x08\x08\x9b31m \x07\n",
        ),
        Oddity::Endless => {
            let block = [b'x'; 10_000];
            (0..ENDLESS / 10_000).try_for_each(|_| out.write_all(&block))
        }
        Oddity::Utf8 => out.write_all(b"broken \xff\xfe \xc3\x28 \xe2\x82 \xed\xa0\x80 nul \0 end\n"),
    }
}
