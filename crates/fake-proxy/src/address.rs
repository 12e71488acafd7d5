//! The address that the fake proxy listens on: the environment variables and defaults of the real proxies.

use std::io;
use std::net::TcpListener;

/// The host of every proxy where none is given.
pub(crate) const DEFAULT_HOST: &str = "127.0.0.1";
/// The port of every proxy where none is given.
const DEFAULT_PORT: u16 = 3456;

pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// The value of the first of these variables that is set.
pub(crate) fn first_of(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok())
}

/// Where a proxy is to listen that reads these variables; `port` comes before them.
///
/// # Errors
/// The text that the real program prints about a port that is none.
pub(crate) fn of(
    port: Option<u16>,
    port_variables: &[&str],
    host_variables: &[&str],
) -> Result<Address, String> {
    let given = || first_of(port_variables);
    let port = match port.map(Ok).or_else(|| given().map(|text| text.parse())) {
        None => DEFAULT_PORT,
        Some(Ok(port)) => port,
        Some(Err(_)) => return Err(format!("Invalid port: {}", given().unwrap_or_default())),
    };
    let host = first_of(host_variables).unwrap_or_else(|| DEFAULT_HOST.to_owned());
    Ok(Address { host, port })
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
