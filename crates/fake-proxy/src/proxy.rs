//! The proxy process: binds, says so, and answers as the chosen service with the chosen faults.

use std::io;
use std::net::TcpListener;
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::signal::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::address::{self, Address};
use crate::environment::Environment;
use crate::forwarding::Form;
use crate::http::{Reply, Request};
use crate::max_api::{self, Outcome};
use crate::meridian::{self, Context};
use crate::output::{complain, say};
use crate::server::{self, NotHttp, Site};
use crate::switches::{Service, Switches};

/// How long a silent connection is kept unless the environment says otherwise.
const IDLE: Duration = Duration::from_secs(120);

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) context: Context,
    idle: Duration,
    in_flight: AtomicU64,
    hanging: AtomicBool,
    ending: AtomicBool,
}

/// Listens and serves; returns only when it cannot.
pub(crate) fn run(switches: Switches, environment: &Environment) -> ExitCode {
    let failed = if switches.service == Service::OpenAi {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    };
    let address = match address::of(&switches, environment) {
        Ok(address) => address,
        Err(text) => {
            complain(&text);
            return failed;
        }
    };
    let listener = match address::bind(&address) {
        Ok(listener) => listener,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => return busy(&address, &switches),
        Err(error) => {
            // Meridian says nothing about any other reason, and its exit code is 0.
            if switches.service == Service::OpenAi {
                complain(&format!("Failed to start server: Error: {error}"));
            }
            return failed;
        }
    };
    let proxy = match Proxy::new(switches, environment) {
        Ok(proxy) => Arc::new(proxy),
        Err(error) => {
            complain(&format!(
                "fake-proxy: cannot open the request record: {error}"
            ));
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = handle_signals(&proxy) {
        complain(&format!("fake-proxy: cannot handle signals: {error}"));
        return ExitCode::FAILURE;
    }
    announce(&address, &listener, proxy.context.switches.service);
    server::serve(&listener, &proxy);
    ExitCode::SUCCESS
}

/// Installs the signal handlers of a server.
///
/// # Errors
/// The system refuses the handlers.
fn handle_signals(proxy: &Arc<Proxy>) -> io::Result<()> {
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

impl Proxy {
    fn new(switches: Switches, environment: &Environment) -> io::Result<Self> {
        let idle = environment.first_of(&[
            "MERIDIAN_IDLE_TIMEOUT_SECONDS",
            "CLAUDE_PROXY_IDLE_TIMEOUT_SECONDS",
        ]);
        let idle = idle
            .and_then(|seconds| seconds.parse().ok())
            .filter(|seconds| *seconds > 0);
        let key = match Form::of(switches.service) {
            Some(form) => form.key,
            None => Some("MERIDIAN_API_KEY"),
        };
        Ok(Self {
            idle: idle.map_or(IDLE, Duration::from_secs),
            in_flight: AtomicU64::new(0),
            hanging: AtomicBool::new(switches.hang),
            ending: AtomicBool::new(false),
            context: Context::new(switches, environment, key.as_slice())?,
        })
    }

    /// From now on nothing is answered.
    pub(crate) fn hang(&self) {
        self.hanging.store(true, Ordering::SeqCst);
    }

    /// Ends the process with 0, at once or after the last answer that is under way.
    pub(crate) fn end_when_idle(&self) {
        if !self.ending.swap(true, Ordering::SeqCst) {
            say("\nShutting down...");
        }
        self.end_if_told_and_idle();
    }

    fn end_if_told_and_idle(&self) {
        if self.ending.load(Ordering::SeqCst) && self.in_flight.load(Ordering::SeqCst) == 0 {
            process::exit(0);
        }
    }
}

impl Site for Proxy {
    fn idle(&self) -> Duration {
        self.idle
    }

    fn not_http(&self) -> Option<NotHttp> {
        match self.context.switches.service {
            Service::Garbage => Some(NotHttp::AtOnce(
                b"\x00\x01\xfe\xff220 something else entirely\r\n\x80\x81\r\n",
            )),
            // The alert with which a TLS server meets plain text: unexpected message.
            Service::Tls => Some(NotHttp::AfterFirstBytes(b"\x15\x03\x03\x00\x02\x02\x0a")),
            _ => None,
        }
    }

    fn answer(&self, request: &Request) -> Option<Reply> {
        let Context {
            switches,
            key,
            record,
            ..
        } = &self.context;
        let key = key.as_deref();
        let number = self.context.next();
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        record.request(number, request, meridian::key_seen(request, key));
        if self.hanging.load(Ordering::SeqCst) {
            return None;
        }
        if let Some(form) = Form::of(switches.service) {
            return Some(form.answer(request, switches, key, number));
        }
        match switches.service {
            Service::OpenAi => match max_api::answer(request, switches, number) {
                Outcome::Reply(reply) => Some(reply),
                Outcome::Crash => {
                    complain("TypeError: Cannot read properties of undefined (reading 'result')");
                    process::exit(1)
                }
            },
            Service::Html => {
                let page = "<!doctype html>\n<html><head><title>Some other program</title></head><body></body></html>\n";
                Some(Reply::new(200, "text/html", page).with("Server", "SomethingElse/1.0"))
            }
            _ => Some(self.context.reply(request, number)),
        }
    }

    fn answered(&self) {
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        self.end_if_told_and_idle();
    }

    fn unreadable(&self, first: &[u8]) {
        self.context.record.unreadable(first);
    }
}

/// The start-up lines of the service.
fn announce(address: &Address, listener: &TcpListener, service: Service) {
    let port = listener
        .local_addr()
        .map_or(address.port, |local| local.port());
    let host = &address.host;
    match service {
        Service::Meridian | Service::ClaudeMaxProxy => say(&format!(
            "Meridian running at http://{host}:{port}\n\
             Telemetry dashboard: http://{host}:{port}/telemetry\n\
             Model pins: opus=claude-opus-4-8 sonnet=claude-sonnet-4-6 haiku=claude-haiku-4-5\n\
             Claude executable: /fake/claude (resolved via env)\n\
             \n\
             Point any Anthropic-compatible tool at this endpoint:\n  \
             ANTHROPIC_API_KEY=x ANTHROPIC_BASE_URL=http://{host}:{port}"
        )),
        Service::OpenAi => say(&format!(
            "Claude Code CLI Provider - Standalone Server\n\
             ============================================\n\
             \n\
             Checking Claude CLI...\n  \
             Claude CLI: OK\n\
             Checking authentication...\n  \
             Authentication: OK\n\
             \n\
             [Server] Claude Code CLI provider running at http://{host}:{port}\n\
             [Server] OpenAI-compatible endpoint: http://{host}:{port}/v1/chat/completions"
        )),
        Service::ClaudeCodeRouter | Service::LiteLlm | Service::CliProxyApi => {
            say(&format!("Forwarding proxy at http://{host}:{port}"));
        }
        Service::Html | Service::Garbage | Service::Tls => {
            say(&format!("Some other program at http://{host}:{port}"));
        }
    }
}

/// Ends because the port is taken.
fn busy(address: &Address, switches: &Switches) -> ExitCode {
    let port = address.port;
    if switches.service == Service::OpenAi {
        complain(&format!(
            "Failed to start server: Error: Port {port} is already in use\n    at Server.<anonymous> (fake-proxy)"
        ));
        return ExitCode::FAILURE;
    }
    complain(&format!(
        "\nError: Port {port} is already in use.\n\
         \nIs another instance of the proxy already running?\n  \
         Check with: lsof -i :{port}\n  \
         Kill it with: kill $(lsof -ti :{port})\n\
         \nOr use a different port:\n  \
         MERIDIAN_PORT=4567 meridian"
    ));
    ExitCode::FAILURE
}
