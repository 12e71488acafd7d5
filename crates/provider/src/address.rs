//! Whether an address is this machine: decided by parsing it as the WHATWG URL standard does (OpenClaw hands addresses to
//! `new URL`), never by matching text.

use alloc::format;
use alloc::string::{String, ToString};

use url::{Host, Url};

/// What an address turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Provably this machine.
    Loopback {
        /// Scheme, host and port in canonical form.
        origin: String,
        /// Whether the text was already canonical (a trailing slash apart).
        canonical: bool,
    },
    /// Provably, or for all we can tell, somewhere else.
    Elsewhere {
        /// Host, lower-cased and decoded, for comparison with a list that the user made.
        host: String,
        /// Scheme, host and port in canonical form.
        origin: String,
    },
    /// Not an address that can be judged; the reason, without the text (which may hold a password).
    Unprovable(&'static str),
}

impl Address {
    /// Whether it is provably this machine.
    pub fn is_loopback(&self) -> bool {
        matches!(self, Self::Loopback { .. })
    }

    /// Where it leads, for reports; never holds user name, password, path or query.
    pub fn leads_to(&self) -> &str {
        match self {
            Self::Loopback { origin, .. } | Self::Elsewhere { origin, .. } => origin,
            Self::Unprovable(_) => "an address that cannot be judged",
        }
    }
}

/// Decides about the address of a server (`http://127.0.0.1:3456`).
///
/// Loopback are: scheme http or https, no user name or password, and as host `localhost`, `[::1]`, an IPv4 address in 127/8
/// in any spelling that URL parsing turns into one, or such an address mapped into IPv6. Names that end in a dot or in
/// `.localhost`, `0.0.0.0` and private networks are elsewhere.
pub fn decide(text: &str) -> Address {
    if text.contains("${") {
        return Address::Unprovable("it holds a variable that has no value");
    }
    let Ok(url) = Url::parse(&ascii_digits_and_letters(text)) else {
        return Address::Unprovable("it is not a URL whose host can be read");
    };
    let Some(host) = url.host() else {
        return Address::Unprovable("it has no host");
    };
    let mut origin = format!("{}://{host}", url.scheme());
    if let Some(port) = url.port() {
        origin.push(':');
        origin.push_str(&port.to_string());
    }
    let loopback = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && is_loopback(&host);
    if !loopback {
        return Address::Elsewhere {
            host: host.to_string(),
            origin,
        };
    }
    let serialized = url.as_str();
    let canonical = text == serialized || serialized.strip_suffix('/') == Some(text);
    Address::Loopback { origin, canonical }
}

/// Decides about a bare host name (`127.0.0.1`, `::1`, `localhost`), as the plugin's `host` setting holds it.
pub fn decide_host(host: &str) -> Address {
    if host.contains(['/', '\\', '@', '?', '#', '%']) {
        return Address::Unprovable("it is not a host name");
    }
    if host.contains(':') && !host.starts_with('[') {
        decide(&format!("http://[{host}]"))
    } else {
        decide(&format!("http://{host}"))
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
        }
    }
}

/// Maps the digits, letters and dots that host parsing (UTS 46) turns into ASCII to what it turns them into. Characters that
/// mean something in a URL's syntax are left alone, so the structure is that of the original. The `url` crate is built
/// without the tables for the rest of Unicode: a host that still holds other characters does not parse, and is not loopback.
fn ascii_digits_and_letters(text: &str) -> String {
    // The scheme is not mapped: a full-width one is no scheme.
    let start = text.find(':').unwrap_or(0);
    let (scheme, rest) = text.split_at_checked(start).unwrap_or(("", text));
    let mut out = String::with_capacity(text.len());
    out.push_str(scheme);
    out.extend(rest.chars().map(|c| {
        let code = u32::from(c);
        let ascii = match code {
            // Full-width digits and letters.
            0xFF10..=0xFF19 | 0xFF21..=0xFF3A | 0xFF41..=0xFF5A => code - 0xFEE0,
            // Mathematical digits, five alphabets of ten.
            0x1_D7CE..=0x1_D7FF => 0x30 + (code - 0x1_D7CE) % 10,
            // Superscript and subscript digits.
            0x2070 | 0x2074..=0x2079 => 0x30 + (code - 0x2070),
            0x2080..=0x2089 => 0x30 + (code - 0x2080),
            0xB9 => 0x31,
            0xB2 | 0xB3 => code - 0x80,
            // Full-width and ideographic full stops.
            0xFF0E | 0x3002 | 0xFF61 => 0x2E,
            _ => code,
        };
        char::from_u32(ascii).unwrap_or(c)
    }));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host as Node 24's `new URL(text).hostname` gives it, where the parts that matter agree.
    #[test]
    fn accepts_every_spelling_of_this_machine() {
        for (text, canonical) in [
            ("http://127.0.0.1:3456", true),
            ("http://127.0.0.1:3456/", true),
            ("http://127.0.0.1:3456/v1", true),
            ("https://localhost", true),
            ("http://[::1]:3456", true),
            ("http://[::ffff:7f00:1]:3456", true),
            ("http://127.200.3.4", true),
            ("http://LOCALHOST:3456", false),
            ("HTTP://127.0.0.1", false),
            ("http:127.0.0.1", false),
            ("http:/\\127.0.0.1", false),
            (" \thttp://127.0.0.1\n", false),
            ("http://127.0.\t0.1", false),
            ("http://2130706433:3456", false),
            ("http://0x7f000001", false),
            ("http://0177.0.0.1", false),
            ("http://127.1", false),
            ("http://127.0.0.1.", false),
            ("http://%31%32%37.0.0.1", false),
            ("http://１２７.０.０.１", false),
            ("http://𝟏𝟐𝟕。0．0｡1", false),
            ("http://ｌｏｃａｌｈｏｓｔ", false),
            ("http://¹²⁷.0.0.₁", false),
            ("http://[::ffff:127.0.0.1]", false),
            ("http://[0:0:0:0:0:0:0:1]", false),
            ("http://127.0.0.1:80", false),
            ("http://127.0.0.1\\@evil.example/", false),
            ("http://127.0.0.1/@evil.example", true),
            ("http://127.0.0.1:3456?x=@evil.example", false),
        ] {
            match decide(text) {
                Address::Loopback { canonical: c, .. } => assert_eq!(c, canonical, "{text:?}"),
                other => assert_eq!(format!("{other:?}"), "loopback", "{text:?}"),
            }
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "http://127.0.0.1:3456@outside.example/v1",
            "http://127.0.0.1@evil.example",
            "http://user@127.0.0.1",
            "http://:secret@127.0.0.1",
            "http://127.0.0.1／@evil.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://localhost.",
            "http://foo.localhost",
            "http://localhost%00.evil.example",
            "http://lоcalhost",
            "http://0.0.0.0:3456",
            "http://0",
            "http://134744072",
            "http://128.0.0.1",
            "http://126.255.255.255",
            "http://10.0.0.1",
            "http://169.254.169.254",
            "http://[::]",
            "http://[::2]",
            "http://[::127.0.0.1]",
            "http://[fe80::1%25lo]",
            "http://[::1%lo]",
            "http://[::ffff:8.8.8.8]",
            "http://[::ffff:0:7f00:1]",
            "http://256.0.0.1",
            "http://127.0.0.0x1g",
            "ftp://127.0.0.1",
            "ws://127.0.0.1",
            "file:///127.0.0.1",
            "unix:/run/proxy.sock",
            "http+unix://%2Frun%2Fproxy.sock",
            "ｈttp://127.0.0.1",
            "127.0.0.1:3456",
            "//127.0.0.1",
            "http://",
            "http://${HOST}:3456",
            "http://127.0.0.1:99999",
            "",
        ] {
            assert!(!decide(text).is_loopback(), "{text:?}");
        }
    }

    #[test]
    fn never_shows_a_password() {
        for text in [
            "http://user:secret@evil.example/secret?secret",
            "http://user:secret@[bad",
        ] {
            assert!(!format!("{:?}", decide(text)).contains("secret"));
        }
    }

    #[test]
    fn decides_about_bare_hosts() {
        for host in ["127.0.0.1", "localhost", "::1", "[::1]", "2130706433"] {
            assert!(decide_host(host).is_loopback(), "{host}");
        }
        for host in [
            "",
            "0.0.0.0",
            "::",
            "evil.example",
            "127.0.0.1@evil.example",
            "127.0.0.1/",
            "127.0.0.1:1",
        ] {
            assert!(!decide_host(host).is_loopback(), "{host}");
        }
    }
}
