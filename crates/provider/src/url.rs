//! What the WHATWG URL standard makes of an address, as far as its origin goes: scheme, credentials, host and port. Paths
//! and queries are not looked at. OpenClaw hands addresses to `new URL`, so a spelling must mean here what it means there.
//!
//! It is written here because the crate that reads URLs is, with what it needs of Unicode, a tenth of the component, most
//! of it for parts that nothing here asks for. That crate is what the tests compare it with, and a fuzz target does.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

/// A URL up to its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    /// In lower case, without the colon.
    pub(crate) scheme: String,
    /// Whether a user name or a password stands before the host.
    pub(crate) credentials: bool,
    /// The host.
    pub(crate) host: Host,
    /// The port, unless it is the scheme's own.
    pub(crate) port: Option<u16>,
}

/// The host of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// A name, in lower case where the scheme is one of the web's.
    Name(String),
    /// An IPv4 address, in whatever spelling it was.
    V4(Ipv4Addr),
    /// An IPv6 address.
    V6(Ipv6Addr),
}

/// Why a text is no URL with a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does not parse.
    Syntax,
    /// There is no host in it.
    NoHost,
}

impl Url {
    /// Reads a text as `new URL` does without a base.
    ///
    /// A host that holds letters beyond ASCII, after those that are spellings of ASCII ones, does not parse here, though
    /// it may be a name elsewhere. An encoded name (`xn--`) is taken as it is.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim_matches(|c: char| c <= ' ');
        let text = text.replace(['\t', '\n', '\r'], "");
        let (scheme, rest) = text.split_once(':').ok_or(Fault::Syntax)?;
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !is_scheme {
            return Err(Fault::Syntax);
        }
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" | "ws" => Some(80),
            "https" | "wss" => Some(443),
            "ftp" => Some(21),
            _ => None,
        };
        // To the schemes of the web a backslash is a slash, and how many there are does not matter.
        let web = default_port.is_some();
        let rest = if web {
            rest.trim_start_matches(['/', '\\'])
        } else {
            // Of a file the host is not the machine that answers.
            rest.strip_prefix("//")
                .filter(|_| scheme != "file")
                .ok_or(Fault::NoHost)?
        };
        let end = rest.find(|c| matches!(c, '/' | '?' | '#') || (web && c == '\\'));
        let authority = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let (user, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        // The colon that is not within brackets begins the port.
        let after = place.rfind(']').unwrap_or(0);
        let colon = place.get(after..).and_then(|rest| rest.find(':'));
        let (host, port) = match colon {
            Some(n) => place.split_at_checked(after + n).unwrap_or((place, "")),
            None => (place, ""),
        };
        let port = match port.strip_prefix(':').unwrap_or_default() {
            "" => None,
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                Some(digits.parse::<u16>().map_err(|_| Fault::Syntax)?)
            }
            _ => return Err(Fault::Syntax),
        };
        if host.is_empty() {
            return Err(Fault::NoHost);
        }
        let host = match host.strip_prefix('[') {
            Some(rest) => rest
                .strip_suffix(']')
                .and_then(|address| address.parse().ok())
                .map(Host::V6),
            None if web => web_host(host),
            // Elsewhere than on the web, what is not plain is encoded, each scheme in its own way.
            None => (host.is_ascii() && !host.contains(is_forbidden))
                .then(|| Host::Name(host.to_owned())),
        };
        Ok(Self {
            scheme,
            credentials: !matches!(user, "" | ":"),
            host: host.ok_or(Fault::Syntax)?,
            port: port.filter(|port| default_port != Some(*port)),
        })
    }

    /// Scheme, host and port in canonical form.
    pub(crate) fn origin(&self) -> String {
        match self.port {
            Some(port) => format!("{}://{}:{port}", self.scheme, self.host),
            None => format!("{}://{}", self.scheme, self.host),
        }
    }
}

/// The host of a scheme of the web: percent-decoded, in ASCII, in lower case, and an IPv4 address where it ends in a number.
fn web_host(text: &str) -> Option<Host> {
    let name: String = String::from_utf8(percent_decoded(text))
        .ok()?
        .chars()
        .map(|c| ascii(c).to_ascii_lowercase())
        .collect();
    if name.is_empty() || !name.is_ascii() || name.contains(is_forbidden) || name.contains('%') {
        return None;
    }
    let parts = name.strip_suffix('.').unwrap_or(&name);
    let last = parts.rsplit('.').next().unwrap_or_default();
    let ends_in_a_number = (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()))
        || ipv4_number(last).is_some();
    if ends_in_a_number {
        ipv4(parts).map(Host::V4)
    } else {
        Some(Host::Name(name))
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |n: usize| tail.get(n).and_then(|b| char::from(*b).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                // Two hexadecimal digits are a byte.
                out.push((high * 16 + low) as u8);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

/// The IPv4 address that one to four numbers make; the last one fills what is left.
fn ipv4(parts: &str) -> Option<Ipv4Addr> {
    let mut numbers = Vec::new();
    for part in parts.split('.').take(5) {
        numbers.push(ipv4_number(part)?);
    }
    let (last, bytes) = numbers.split_last()?;
    let width = 4_u32.checked_sub(u32::try_from(bytes.len()).ok()?)?;
    if width == 0 || *last >> (8 * width) != 0 {
        return None;
    }
    let mut address = *last;
    for (n, byte) in (0_u32..).zip(bytes) {
        address |= u64::from(u8::try_from(*byte).ok()?) << (24 - 8 * n);
    }
    u32::try_from(address).ok().map(Ipv4Addr::from)
}

/// A number of an IPv4 address, decimal, octal (`017`) or hexadecimal (`0x1f`). One that needs more than 32 bits is no
/// address, so how much more does not matter.
fn ipv4_number(part: &str) -> Option<u64> {
    let (digits, radix) = match part.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => match part.strip_prefix('0') {
            Some(digits) if !digits.is_empty() => (digits, 8),
            _ if part.is_empty() => return None,
            _ => (part, 10),
        },
    };
    digits.chars().try_fold(0_u64, |value, c| {
        Some((value * u64::from(radix) + u64::from(c.to_digit(radix)?)).min(1 << 40))
    })
}

/// What no host may hold.
fn is_forbidden(c: char) -> bool {
    c <= ' ' || c == '\u{7f}' || "#/:<>?@[\\]^|".contains(c)
}

/// Digits, letters and dots in the spellings that host parsing (UTS 46) turns into ASCII.
fn ascii(c: char) -> char {
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
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => f.write_str(&address.to_string()),
            Self::V6(address) => f.write_str(&bracketed(*address)),
        }
    }
}

/// An IPv6 address in brackets, in hexadecimal throughout, the first of the longest rows of zeros left out.
fn bracketed(address: Ipv6Addr) -> String {
    let pieces = address.segments();
    let zeros = |from: usize| {
        pieces
            .iter()
            .skip(from)
            .take_while(|piece| **piece == 0)
            .count()
    };
    let mut longest = (0, 1);
    for from in 0..pieces.len() {
        if zeros(from) > longest.1 {
            longest = (from, zeros(from));
        }
    }
    let (from, long) = longest;
    let mut out = "[".to_owned();
    let mut n = 0;
    while let Some(piece) = pieces.get(n) {
        if long > 1 && n == from {
            out.push_str("::");
            n += long;
            continue;
        }
        if !out.ends_with([':', '[']) {
            out.push(':');
        }
        out.push_str(&format!("{piece:x}"));
        n += 1;
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces of which texts are made that are URLs, nearly so, or not at all.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            8 => prop::sample::select(vec![
                "http", "https", "HTTP", "ws", "wss", "ftp", "grpc", "unix", ":", "//", "/", "\\", "@", "?", "#", ".", "..",
                "127", "0", "1", "255", "256", "0x7f", "0X7F", "0177", "08", "0x", "2130706433", "4294967295", "4294967296",
                "18446744073709551616", "localhost", "LocalHost", "example", "com", "xn--", "[", "]", "::1", "::", "ffff",
                "7f00", "::ffff:127.0.0.1", "1:2:3:4:5:6:7:8", "1:0:0:2:0:0:0:3", ":80", ":443", ":3456", ":65536", ":00080",
                "user", "%31", "%2e", "%2F", "%", "%zz", "%00", "%EF%BC%91", " ", "\t", "\n", "\u{0}", "\u{7f}", "１", "．", "。",
                "ａ", "²", "₁", "𝟏", "é", "／", "<", ">", "^", "|", "`", "{", "}", "\"", "'", "!", "$", "*", ",", ";", "=", "_", "~",
            ]).prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
        ];
        prop_oneof![
            prop::collection::vec(piece.clone(), 0..10).prop_map(|pieces| pieces.concat()),
            prop::collection::vec(piece, 0..6)
                .prop_map(|pieces| format!("http://{}", pieces.concat())),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// What is read here, the field's crate reads so too; what is not, needs more of Unicode, or is not of the web.
        #[test]
        fn reads_what_the_library_reads(text in text()) {
            let ours = Url::parse(&text);
            let theirs = ::url::Url::parse(&text);
            let web = matches!(
                theirs.as_ref().map(::url::Url::scheme),
                Ok("http" | "https" | "ws" | "wss" | "ftp")
            );
            // Encoded names are not checked here, and names beyond ASCII not read.
            let encoded = text.to_ascii_lowercase().contains("xn--");
            let beyond = !text.is_ascii() || text.contains('%');
            match (&ours, &theirs) {
                (Ok(ours), Ok(theirs)) if web => {
                    prop_assert_eq!(&ours.scheme, theirs.scheme());
                    let host = ours.host.to_string();
                    prop_assert_eq!(Some(host.as_str()), theirs.host_str());
                    prop_assert_eq!(ours.port, theirs.port());
                    let credentials = !theirs.username().is_empty() || theirs.password().is_some();
                    prop_assert_eq!(ours.credentials, credentials);
                }
                (Err(why), Ok(theirs)) if web => prop_assert!(beyond, "{:?}: {}", why, theirs),
                (Ok(ours), Err(why)) => prop_assert!(encoded, "{:?}: {}", ours, why),
                _ => {}
            }
        }
    }
}
