//! The proxy process with all its switches: binds, says so, and answers as the chosen service with the chosen faults. For
//! tests alone: nothing of this is in what is shipped.

mod forwarding;
mod listener;
mod max_api;
mod meridian;
mod openai;
mod record;
mod switches;

use std::convert::Infallible;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clap::Parser as _;

use crate::address::{self, Address};
use crate::http::{Reply, Request};
use crate::meridian::{Context, HOST, KEY, PORT, key_matches};
use crate::output::{print_error, print_line};
use crate::server::{self, Handler};

pub use forwarding::keyed_services;
use forwarding::{ForwardingProxy, Service};
use record::Record;
pub(crate) use switches::{Cli, Switches};
use switches::{Login, Other};

/// Runs the fake proxy with the given arguments (the program's name left out) and this process's environment.
///
/// Returns when the server could not start; a server that runs does so until the process is ended. The exit code is 1, or 2
/// for a switch that is not understood.
///
/// A fault may end the process: do not run it inside a process that has other work.
pub fn main(args: impl Iterator<Item = String>) -> ExitCode {
    let line = match Cli::try_parse_from(["fake-proxy".to_owned()].into_iter().chain(args)) {
        Ok(line) => line,
        Err(why) => {
            let _ = why.print();
            return ExitCode::from(u8::try_from(why.exit_code()).unwrap_or(2));
        }
    };
    if let Some(Other::Listener { requests }) = line.other {
        return listener::run(&requests);
    }
    if let Some(code) = fail_before_listening(&line.switches) {
        return ExitCode::from(code);
    }
    let Err(why) = run(line.switches);
    print_error(&why);
    ExitCode::FAILURE
}

/// What happens before listening; a code when it ends there.
fn fail_before_listening(switches: &Switches) -> Option<u8> {
    if let Some(text) = &switches.say {
        print_error(text);
    }
    #[expect(clippy::disallowed_methods, reason = "slow on purpose")]
    thread::sleep(Duration::from_millis(switches.slow_start_ms));
    if switches.exit_at_start.is_none() && switches.login == Login::AtStart {
        print_error("\x1b[31m✗ Not logged in to Claude.\x1b[0m Run: claude login");
        return Some(1);
    }
    switches.exit_at_start
}

/// Where the service listens, by its own variables.
fn address_of(switches: &Switches) -> Result<Address, String> {
    let port = switches.port.or(switches.operand);
    match (switches.service, ForwardingProxy::of(switches.service)) {
        (Service::OpenAi, _) => address::of(port, &[], &[]),
        (_, Some(form)) => address::of(port, form.port.as_slice(), form.host.as_slice()),
        _ => address::of(port, &PORT, &HOST),
    }
}

/// Listens and serves; returns only when it cannot.
fn run(switches: Switches) -> Result<Infallible, String> {
    let address = address_of(&switches)?;
    let Address { host, port } = &address;
    let listener = address::bind(&address).map_err(|why| match why.kind() {
        io::ErrorKind::AddrInUse => format!("Error: Port {port} is already in use"),
        _ => format!("Failed to start server: Error: {why}"),
    })?;
    let name = match switches.service {
        Service::Meridian => "Meridian",
        Service::OpenAi => "Claude Code CLI provider",
        Service::Html => "Some other program",
        _ => "Forwarding proxy",
    };
    let key = ForwardingProxy::of(switches.service).map_or(Some(KEY), |form| form.key);
    let keys: Vec<&str> = ["FAKE_PROXY_KEY"].into_iter().chain(key).collect();
    let record = Record::open(switches.requests.as_deref());
    let record = record.map_err(|why| format!("cannot open the request record: {why}"))?;
    let context = Context::new(switches, &keys);
    print_line(&format!("{name} running at http://{host}:{port}"));
    server::serve(&listener, &Arc::new(Proxy { context, record }))
}

struct Proxy {
    context: Context<Switches>,
    record: Record,
}

impl Handler for Proxy {
    fn answer(&self, request: &Request) -> Reply {
        let Self { context, record } = self;
        let key = context.key.as_deref();
        let number = context.next();
        record.request(request, key_matches(request, key));
        let switches = &context.behavior;
        if let Some(form) = ForwardingProxy::of(switches.service) {
            return form.answer(request, key);
        }
        match switches.service {
            Service::OpenAi => max_api::answer(request, switches, number),
            Service::Html => {
                let page = "<!doctype html>\n<html><head><title>Some other program</title></head><body></body></html>\n";
                Reply::new(200, "text/html", page).with("Server", "SomethingElse/1.0")
            }
            _ => context.reply(request, number),
        }
    }

    fn unreadable(&self, first: &[u8]) {
        self.record.unreadable(first);
    }
}
