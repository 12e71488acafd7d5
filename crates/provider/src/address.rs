//! Whether an address is on this machine. Addresses are parsed as in the WHATWG URL standard, because OpenClaw gives them to `new URL`.

use url::{Host, ParseError, Url};

/// What an address turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Certainly this machine.
    Loopback {
        /// Scheme, host and port in canonical form.
        origin: String,
        /// Whether the text was already canonical (a trailing slash apart).
        canonical: bool,
    },
    /// Another machine, or one that may be another.
    Elsewhere {
        /// The host in lower case and decoded, to compare it with the user's list.
        host: String,
        /// Scheme, host and port in canonical form.
        origin: String,
    },
    /// No address that can be decided: the reason, without the text, which may contain a password.
    Unprovable(&'static str),
}

impl Address {
    /// Whether it is certainly this machine.
    pub fn is_loopback(&self) -> bool {
        matches!(self, Self::Loopback { .. })
    }

    /// Where it leads, for reports: without user name, password, path and query.
    pub fn leads_to(&self) -> &str {
        match self {
            Self::Loopback { origin, .. } | Self::Elsewhere { origin, .. } => origin,
            Self::Unprovable(_) => "an address that cannot be judged",
        }
    }
}

/// Decides where an address (`http://127.0.0.1:3456`) leads.
///
/// It is this machine if the scheme is http or https, there is no user name or password, and the host is `localhost`, `[::1]`, an IPv4
/// address in 127/8 in any spelling that a URL may have, or such an address mapped to IPv6. Names that end in a dot or in `.localhost`,
/// `0.0.0.0` and private networks count as elsewhere.
pub fn decide(text: &str) -> Address {
    if text.contains("${") {
        return Address::Unprovable("it holds a variable that has no value");
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(ParseError::EmptyHost) => return Address::Unprovable(NO_HOST),
        Err(_) => return Address::Unprovable("it is not a URL whose host can be read"),
    };
    // The host of a `file:` address does not answer requests.
    let Some(host) = url.host().filter(|_| url.scheme() != "file") else {
        return Address::Unprovable(NO_HOST);
    };
    let port = url.port().map(|port| format!(":{port}"));
    let origin = format!("{}://{host}{}", url.scheme(), port.unwrap_or_default());
    let credentials = !url.username().is_empty() || url.password().is_some();
    if !matches!(url.scheme(), "http" | "https") || credentials || !is_loopback(&host) {
        return Address::Elsewhere {
            host: host.to_string(),
            origin,
        };
    }
    let canonical = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
    Address::Loopback { origin, canonical }
}

const NO_HOST: &str = "it has no host";

/// Decides where a host (`127.0.0.1`, `::1`, `localhost`) leads, as the plugin's setting `host` has it.
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

/// A text that may be an address, without a user name and a password.
pub(crate) fn without_userinfo(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("(user information)@{rest}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host as Node 24's `new URL(text).hostname` gives it, where the parts that matter agree.
    #[test]
    fn accepts_every_spelling_of_this_machine() {
        const CANONICAL: &str = "
            http://127.0.0.1:3456 http://127.0.0.1:3456/ http://127.0.0.1:3456/v1 https://localhost http://[::1]:3456
            http://[::ffff:7f00:1]:3456 http://127.200.3.4 http://127.0.0.1/@evil.example";
        const UNUSUAL: &str = "
            http://LOCALHOST:3456 HTTP://127.0.0.1 http:127.0.0.1 http://2130706433:3456 http://0x7f000001 http://0177.0.0.1
            http://127.1 http://127.0.0.1. http://%31%32%37.0.0.1 http://[::ffff:127.0.0.1] http://[0:0:0:0:0:0:0:1]
            http://127.0.0.1:80 http://127.0.0.1:3456?x=@evil.example";
        let spaced = [
            "http:/\\127.0.0.1",
            " \thttp://127.0.0.1\n",
            "http://127.0.\t0.1",
            "http://127.0.0.1\\@evil.example/",
        ];
        let canonical = CANONICAL.split_whitespace().map(|text| (text, true));
        let unusual = UNUSUAL.split_whitespace().chain(spaced);
        for (text, canonical) in canonical.chain(unusual.map(|text| (text, false))) {
            match decide(text) {
                Address::Loopback { canonical: c, .. } => assert_eq!(c, canonical, "{text:?}"),
                other => assert_eq!(format!("{other:?}"), "loopback", "{text:?}"),
            }
        }
    }

    #[test]
    fn refuses_everything_else() {
        const REFUSED: &str = "
            http://127.0.0.1:3456@outside.example/v1 http://127.0.0.1@evil.example http://user@127.0.0.1 http://:secret@127.0.0.1
            http://127.0.0.1／@evil.example http://127.0.0.1.evil.example http://localhost.evil.example http://localhost.
            http://foo.localhost http://localhost%00.evil.example http://lоcalhost http://0.0.0.0:3456 http://0 http://134744072
            http://128.0.0.1 http://126.255.255.255 http://10.0.0.1 http://169.254.169.254 http://[::] http://[::2]
            http://[::127.0.0.1] http://[fe80::1%25lo] http://[::1%lo] http://[::ffff:8.8.8.8] http://[::ffff:0:7f00:1]
            http://256.0.0.1 http://127.0.0.0x1g ftp://127.0.0.1 ws://127.0.0.1 file:///127.0.0.1 unix:/run/proxy.sock
            http+unix://%2Frun%2Fproxy.sock ｈttp://127.0.0.1 127.0.0.1:3456 //127.0.0.1 http:// http://${HOST}:3456
            http://127.0.0.1:99999";
        for text in REFUSED.split_whitespace().chain([""]) {
            assert!(!decide(text).is_loopback(), "{text:?}");
        }
    }

    /// Whatever Unicode makes of them: nothing is proven, and the message asks for a plain spelling.
    #[test]
    fn does_not_judge_hosts_beyond_ascii() {
        for text in [
            "http://１２７.０.０.１",
            "http://𝟏𝟐𝟕。0．0｡1",
            "http://ｌｏｃａｌｈｏｓｔ",
            "http://¹²⁷.0.0.₁",
            "http://%EF%BC%91.0.0.1",
            "http://bücher.example",
        ] {
            assert!(matches!(decide(text), Address::Unprovable(_)), "{text:?}");
        }
        assert_eq!(
            decide("http://xn--bcher-kva.example").leads_to(),
            "http://xn--bcher-kva.example"
        );
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
    fn hosts_beyond_the_web_are_shown_without_harm() {
        for (text, shown) in [
            ("grpc://a\u{9b}b", "grpc://a%C2%9Bb"),
            ("foo://a\u{202e}b", "foo://a%E2%80%AEb"),
            ("grpc://u:secret@a\u{7f}", "grpc://a%7F"),
        ] {
            assert_eq!(decide(text).leads_to(), shown, "{text:?}");
        }
        assert_eq!(decide("file://localhost/x"), Address::Unprovable(NO_HOST));
        assert_eq!(decide("file://server/x"), Address::Unprovable(NO_HOST));
        assert_eq!(
            decide("grpc://u:secret@Host:1/x").leads_to(),
            "grpc://Host:1"
        );
        assert_eq!(
            without_userinfo("https://u:se@cret@hôst"),
            "(user information)@hôst"
        );
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
