//! Addresses: what we take for loopback is loopback for other readers too.
#![no_main]

use std::net::IpAddr;

use claude_proxy_provider::address::{Address, decide, decide_host};
use claude_proxy_provider::settings::is_loopback_host;
use libfuzzer_sys::fuzz_target;

/// Whether a host is this machine, by the standard library's reading of addresses.
fn is_here(host: &str) -> bool {
    let host = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fuzz_target!(|text: &str| {
    let decided = decide(text);
    assert!(
        !decided.leads_to().contains(['@', '\u{1b}', '\n']),
        "{decided:?}"
    );
    if let Address::Loopback { origin, canonical } = &decided {
        let uri: http::Uri = origin.parse().expect("an origin is a URI");
        let host = uri.host().expect("with a host");
        assert!(is_here(host), "{text:?} was taken for {origin}");
        assert!(decide(origin).is_loopback(), "{origin} itself");
        // An HTTP client that reads the text as RFC 3986 says must not end up elsewhere.
        if *canonical && let Ok(uri) = text.parse::<http::Uri>() {
            assert!(
                uri.host().is_some_and(is_here),
                "{text:?} for another reader"
            );
        }
    }
    // Where RFC 3986 sees a plain authority elsewhere, so do we.
    if let Ok(uri) = text.parse::<http::Uri>()
        && matches!(uri.scheme_str(), Some("http" | "https"))
        && let Some(authority) = uri.authority()
        && !authority.as_str().contains(['@', '%', '\\'])
    {
        let host = authority.host();
        let named = host
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'.' | b'-'))
            && host.bytes().any(|b| b.is_ascii_alphabetic());
        if named && !host.eq_ignore_ascii_case("localhost") {
            assert!(!decide(text).is_loopback(), "{text:?} names {host}");
        }
    }
    let host = decide_host(text);
    if host.is_loopback() {
        assert!(!text.contains('@') && !text.contains('/'));
    }
    if is_loopback_host(text) {
        assert!(
            host.is_loopback(),
            "settings take {text:?} for this machine, the audit does not"
        );
    }
});
