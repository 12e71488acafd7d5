//! Where to listen, read the way the real proxies read it, oddities included.

use std::ffi::OsString;
use std::io;
use std::net::TcpListener;

use crate::switches::{Service, Switches};

/// The port of both real proxies where none is given.
const DEFAULT_PORT: &str = "3456";
/// The host of both real proxies where none is given.
const DEFAULT_HOST: &str = "127.0.0.1";

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// As it was given; shown in the start-up lines.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A port that is none. It is shown the way the real program shows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadPort(pub(crate) String);

/// Where the given service is to listen.
///
/// # Errors
/// [`BadPort`], with the text that the real program prints.
pub(crate) fn of(
    switches: &Switches,
    environment: &[(OsString, OsString)],
) -> Result<Address, BadPort> {
    let variable = |name: &str| {
        let found = environment.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.to_string_lossy().into_owned())
    };
    if switches.service == Service::OpenAi {
        let given = switches.operand.clone().or_else(|| switches.port.clone());
        // An empty argument is no argument there.
        let given = given
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| DEFAULT_PORT.to_owned());
        return match leading_number(&given).map(u16::try_from) {
            Some(Ok(port)) if port > 0 => Ok(Address {
                host: DEFAULT_HOST.to_owned(),
                port,
            }),
            _ => Err(BadPort(format!("Invalid port: {given}"))),
        };
    }
    #[cfg(feature = "faults")]
    if let Some(form) = crate::forwarding::Form::of(switches.service) {
        let given = switches.port.clone();
        let given = given.or_else(|| form.port.and_then(variable));
        let given = given.unwrap_or_else(|| DEFAULT_PORT.to_owned());
        let port = leading_number(&given).map(u16::try_from);
        let Some(Ok(port)) = port else {
            return Err(BadPort(format!("Invalid port: {given}")));
        };
        let host = switches.host.clone();
        let host = host.or_else(|| form.host.and_then(variable));
        return Ok(Address {
            host: host.unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            port,
        });
    }
    // Set but empty counts as given: the real program then fails, and so must this one.
    let port = switches
        .port
        .clone()
        .or_else(|| variable("MERIDIAN_PORT"))
        .or_else(|| variable("CLAUDE_PROXY_PORT"));
    let host = switches
        .host
        .clone()
        .or_else(|| variable("MERIDIAN_HOST"))
        .or_else(|| variable("CLAUDE_PROXY_HOST"));
    let number = leading_number(&port.unwrap_or_else(|| DEFAULT_PORT.to_owned()));
    let Some(Ok(port)) = number.map(u16::try_from) else {
        let shown = number.map_or("NaN".to_owned(), |number| number.to_string());
        return Err(BadPort(format!(
            "[PROXY] Uncaught exception (recovered): options.port should be >= 0 and < 65536. \
             Received type number ({shown})."
        )));
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

/// JavaScript's `parseInt(text, 10)`: blanks in front and rubbish behind are ignored.
fn leading_number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(digits.len());
    let number: i64 = digits.get(..end)?.parse().ok()?;
    Some(if text.starts_with('-') {
        -number
    } else {
        number
    })
}

#[cfg(test)]
#[cfg(feature = "faults")]
mod tests {
    use super::*;
    use crate::switches::{Mode, parse};

    fn found(args: &[&str], environment: &[(&str, &str)]) -> Result<Address, String> {
        let environment: Vec<_> = environment
            .iter()
            .map(|(key, value)| (OsString::from(key), OsString::from(value)))
            .collect();
        let Ok(Mode::Proxy(switches)) =
            parse(args.iter().map(|arg| (*arg).to_owned()), &environment)
        else {
            panic!("{args:?}");
        };
        of(&switches, &environment).map_err(|BadPort(text)| text)
    }

    fn at(host: &str, port: u16) -> Result<Address, String> {
        Ok(Address {
            host: host.to_owned(),
            port,
        })
    }

    #[test]
    fn ports_and_hosts_are_read_as_by_the_real_proxy() {
        type Case<'a> = (&'a [(&'a str, &'a str)], Result<Address, String>);
        let cases: &[Case<'_>] = &[
            (&[], at("127.0.0.1", 3456)),
            (
                &[("MERIDIAN_PORT", "1"), ("CLAUDE_PROXY_PORT", "2")],
                at("127.0.0.1", 1),
            ),
            (
                &[("CLAUDE_PROXY_PORT", "2"), ("PORT", "3")],
                at("127.0.0.1", 2),
            ),
            (&[("MERIDIAN_PORT", "4705x")], at("127.0.0.1", 4705)),
            (&[("MERIDIAN_PORT", " 4706 ")], at("127.0.0.1", 4706)),
            (
                &[("MERIDIAN_HOST", "::1"), ("CLAUDE_PROXY_HOST", "h")],
                at("::1", 3456),
            ),
            (&[("MERIDIAN_HOST", "")], at("", 3456)),
            (
                &[("CLAUDE_PROXY_HOST", "localhost"), ("HOST", "h")],
                at("localhost", 3456),
            ),
        ];
        for (environment, expected) in cases {
            assert_eq!(&found(&[], environment), expected, "{environment:?}");
        }
        for (port, shown) in [
            ("", "NaN"),
            ("abc", "NaN"),
            ("70000", "70000"),
            ("-1", "-1"),
        ] {
            let text = found(&[], &[("MERIDIAN_PORT", port)]).unwrap_err();
            assert!(
                text.ends_with(&format!("< 65536. Received type number ({shown}).")),
                "{text}"
            );
        }
    }

    #[test]
    fn the_other_proxy_takes_its_port_as_first_argument_only() {
        let openai = |arg| {
            found(
                &["--service", "openai", arg],
                &[("MERIDIAN_PORT", "1"), ("MERIDIAN_HOST", "h")],
            )
        };
        assert_eq!(openai("5596junk"), at("127.0.0.1", 5596));
        assert_eq!(openai("abc"), Err("Invalid port: abc".to_owned()));
        assert_eq!(openai("0"), Err("Invalid port: 0".to_owned()));
        assert_eq!(found(&["--service", "openai"], &[]), at("127.0.0.1", 3456));
    }
}
