//! Where to listen: the names, the defaults and the refusals of the real proxies.

use std::io;
use std::net::TcpListener;

use crate::environment::Environment;
use crate::switches::{Service, Switches};

/// The port of both real proxies where none is given.
const DEFAULT_PORT: &str = "3456";
/// The host of both real proxies where none is given.
const DEFAULT_HOST: &str = "127.0.0.1";

/// Where to listen.
pub(crate) struct Address {
    /// As it was given; shown in the start-up lines.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Where the given service is to listen.
///
/// # Errors
/// The text that the real program prints about a port that is none.
pub(crate) fn of(switches: &Switches, environment: &Environment) -> Result<Address, String> {
    if switches.service == Service::OpenAi {
        let given = switches.operand.clone().or_else(|| switches.port.clone());
        // An empty argument is no argument there.
        let given = given
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| DEFAULT_PORT.to_owned());
        return match given.parse() {
            Ok(port) if port > 0 => Ok(Address {
                host: DEFAULT_HOST.to_owned(),
                port,
            }),
            _ => Err(format!("Invalid port: {given}")),
        };
    }
    #[cfg(feature = "faults")]
    if let Some(form) = crate::forwarding::Form::of(switches.service) {
        let named = |name: Option<&str>| environment.first_of(&[name?]);
        let given = switches.port.clone().or_else(|| named(form.port));
        let given = given.unwrap_or_else(|| DEFAULT_PORT.to_owned());
        let Ok(port) = given.parse() else {
            return Err(format!("Invalid port: {given}"));
        };
        let host = switches.host.clone().or_else(|| named(form.host));
        return Ok(Address {
            host: host.unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            port,
        });
    }
    // Set but empty counts as given: the real program then fails, and so must this one.
    let either = |given: &Option<String>, names: &[&str]| {
        given.clone().or_else(|| environment.first_of(names))
    };
    let port = either(&switches.port, &["MERIDIAN_PORT", "CLAUDE_PROXY_PORT"]);
    let host = either(&switches.host, &["MERIDIAN_HOST", "CLAUDE_PROXY_HOST"]);
    let port = port.unwrap_or_else(|| DEFAULT_PORT.to_owned());
    let Ok(port) = port.parse() else {
        return Err(format!(
            "[PROXY] Uncaught exception (recovered): options.port should be >= 0 and < 65536. \
             Received type number ({port})."
        ));
    };
    Ok(Address {
        host: host.unwrap_or_else(|| DEFAULT_HOST.to_owned()),
        port,
    })
}

/// Binds, as Node does: `localhost` is IPv4 only, an empty host is every interface.
///
/// # Errors
/// Those of resolving and binding.
pub(crate) fn bind(address: &Address) -> io::Result<TcpListener> {
    match address.host.as_str() {
        "" => TcpListener::bind(("::", address.port))
            .or_else(|_| TcpListener::bind(("0.0.0.0", address.port))),
        "localhost" => TcpListener::bind((DEFAULT_HOST, address.port)),
        host => TcpListener::bind((host, address.port)),
    }
}
