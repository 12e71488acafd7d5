//! The proxy without switches, for `claude-proxy demo`.

use std::convert::Infallible;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use crate::address;
use crate::http::{Reply, Request};
use crate::meridian::{self, Behavior, Context};
use crate::output::{print_error, print_line};
use crate::server::{self, Handler};

/// Runs the fake proxy where the environment says (`MERIDIAN_HOST`, `MERIDIAN_PORT`, `MERIDIAN_API_KEY`). There are no arguments.
///
/// Returns only when it cannot listen; the exit code is then 1, or 2 for arguments.
pub fn main(mut args: impl Iterator<Item = String>) -> ExitCode {
    if let Some(argument) = args.next() {
        print_error(&format!(
            "fake-proxy: `{argument}` has no meaning here: switches are left out of what is shipped"
        ));
        return ExitCode::from(2);
    }
    let Err(why) = serve();
    print_error(&format!("fake-proxy: cannot listen: {why}"));
    ExitCode::FAILURE
}

fn serve() -> io::Result<Infallible> {
    let address = address::of(None, &meridian::PORT, &meridian::HOST).map_err(io::Error::other)?;
    let listener = address::bind(&address)?;
    let context = Context::new(Healthy, &[meridian::KEY]);
    print_line(&format!(
        "Meridian running at http://{}:{}",
        address.host, address.port
    ));
    server::serve(&listener, &Arc::new(context))
}

/// A proxy without faults.
struct Healthy;

impl Behavior for Healthy {}

impl Handler for Context<Healthy> {
    fn answer(&self, request: &Request) -> Reply {
        self.reply(request, self.next())
    }
}
