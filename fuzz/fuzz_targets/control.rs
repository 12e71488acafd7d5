//! The protocol of the control socket, both ends: any bytes, cut anywhere, are answered line by line or end the connection.
#![no_main]

use claude_proxy_supervisor::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let answers = fuzzing::requests(bytes);
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    assert!(answers.len() <= lines, "more answers than lines");
    for answer in &answers {
        assert!(answer.is_object(), "{answer}");
    }
    let _ = fuzzing::events(bytes);
});
