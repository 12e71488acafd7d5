//! Answers on the port: any bytes lead to an outcome, whole or piece by piece to the same one, within the bounds.
#![no_main]

use claude_proxy_supervisor::{Outcome, fuzzing};
use libfuzzer_sys::fuzz_target;

const MAX_BODY: usize = 512;

fuzz_target!(|bytes: &[u8]| {
    let whole = fuzzing::answer(bytes, MAX_BODY);
    if let Outcome::Response(response) = &whole {
        // A byte that is no UTF-8 becomes three.
        assert!(response.body.len() <= 3 * MAX_BODY);
        assert!(response.status >= 200 || response.status == 101);
    }
    if let Outcome::NotHttp(excerpt) = &whole {
        assert!(!excerpt.contains(char::is_control) && excerpt.chars().count() <= 80);
    }
    // What is told early is what is told at the end.
    for at in (0..bytes.len()).step_by(bytes.len() / 16 + 1) {
        if let Some(early) = fuzzing::answer_so_far(&bytes[..at], MAX_BODY) {
            match (&early, &whole) {
                // The excerpt is of what came.
                (Outcome::NotHttp(early), Outcome::NotHttp(whole)) => {
                    assert!(whole.starts_with(early.as_str()), "{early:?} and {whole:?}");
                }
                _ => assert_eq!(early, whole, "after {at} bytes"),
            }
        }
    }
});
