//! The cleaning of the proxy's output: however the stream is cut, no secret, escape sequence or control character is
//! left.
#![no_main]

use claude_proxy_supervisor::SecretString;
use claude_proxy_supervisor::capture::{Redaction, strip_controls};
use claude_proxy_supervisor::fuzzing;
use libfuzzer_sys::fuzz_target;

/// Lines under this length are cleaned whole, in bytes.
const HOLD: usize = 16 * 1024;
const SECRET: &str = "0123456789abcdef";

fuzz_target!(|bytes: &[u8]| {
    let Some((&step, bytes)) = bytes.split_first() else {
        return;
    };
    let redaction = || Redaction {
        prefixes: vec!["sk-".to_owned()],
        literals: vec![SecretString::from(SECRET)],
    };
    let pieces = bytes.chunks(usize::from(step) + 1);
    let cleaned = fuzzing::clean(redaction(), pieces);
    let text = String::from_utf8(cleaned).expect("what comes out is UTF-8");
    assert!(
        !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')),
        "{text:?}"
    );
    assert!(!text.contains(SECRET), "{text:?}");
    for (at, _) in text.match_indices("sk-") {
        assert!(text[at + 3..].starts_with("[redacted]"), "{text:?}");
    }
    // Cut or not, the same comes out, as long as lines are short enough to be held back.
    if bytes.len() < HOLD {
        let whole = fuzzing::clean(redaction(), [bytes]);
        assert_eq!(
            String::from_utf8_lossy(&whole),
            text,
            "in pieces of {}",
            usize::from(step) + 1
        );
    }
    let once = strip_controls(&text);
    assert_eq!(once, text, "clean text stays as it is");
});
