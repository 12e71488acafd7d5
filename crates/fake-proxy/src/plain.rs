//! The proxy without switches, for `claude-proxy demo`.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::EXIT_USAGE;
use crate::address;
use crate::http::{Reply, Request};
use crate::meridian::{self, Context, Counts, Sessions};
use crate::output::{complain, say};
use crate::requests::Requests;
use crate::server::{self, Site};
use crate::switches::Switches;

/// How long a silent connection is kept.
const IDLE: Duration = Duration::from_secs(120);

struct Plain {
    switches: Switches,
    key: Option<String>,
    record: Requests,
    requests: AtomicU64,
    sessions: Mutex<Sessions>,
}

/// Runs the fake proxy where the environment says (`MERIDIAN_HOST`, `MERIDIAN_PORT`, `MERIDIAN_API_KEY`). There are no arguments.
///
/// Returns only when it cannot listen; the exit code is then 1, or 2 for arguments.
pub fn main(mut args: impl Iterator<Item = String>) -> ExitCode {
    if let Some(argument) = args.next() {
        complain(&format!(
            "fake-proxy: `{argument}` has no meaning here: switches are left out of what is shipped"
        ));
        return ExitCode::from(EXIT_USAGE);
    }
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain(&format!("fake-proxy: cannot listen: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let switches = Switches::default();
    let address = address::of(&switches, &environment)
        .map_err(|address::BadPort(text)| io::Error::other(text))?;
    let listener = address::bind(&address)?;
    let key = environment
        .iter()
        .find(|(name, _)| name == "MERIDIAN_API_KEY");
    let plain = Plain {
        switches,
        key: key
            .map(|(_, key)| key.to_string_lossy().into_owned())
            .filter(|key| !key.is_empty()),
        record: Requests::open(None, false)?,
        requests: AtomicU64::new(0),
        sessions: Mutex::default(),
    };
    say(&format!(
        "Meridian running at http://{}:{}",
        address.host, address.port
    ));
    server::serve(&listener, &Arc::new(plain));
    Ok(())
}

impl Site for Plain {
    fn idle(&self) -> Duration {
        IDLE
    }

    fn answer(&self, request: &Request) -> Option<Reply> {
        let context = Context {
            switches: &self.switches,
            key: self.key.as_deref(),
            passthrough: false,
            counts: &Counts::new(),
            sessions: &self.sessions,
            record: &self.record,
            number: self.requests.fetch_add(1, Ordering::SeqCst) + 1,
        };
        let answer = meridian::answer(request, &context);
        if let Some(line) = answer.log {
            complain(&line);
        }
        Some(answer.reply)
    }
}
