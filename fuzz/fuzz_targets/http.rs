//! Answers on the port, as a stream: however the bytes are cut into reads they lead to the same result, within the
//! bounds; and where they go on for ever it is known in time.
#![no_main]

use claude_proxy_supervisor::fuzzing;
use claude_proxy_supervisor::http::NoReply;
use libfuzzer_sys::fuzz_target;

const MAX_BODY: usize = 512;
/// Sizes of reads, used in turn.
const READS: [usize; 5] = [1, 3, 64, 700, 4096];

/// The bytes in reads of different sizes.
fn reads(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    for size in READS.into_iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at(size.min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

fuzz_target!(|bytes: &[u8]| {
    let (whole, _) = fuzzing::answer([bytes], MAX_BODY, true);
    let Some(whole) = whole else {
        panic!("an answer that ended has no result");
    };
    if let Ok(response) = &whole {
        // A byte that is no UTF-8 becomes three.
        assert!(response.body.len() <= 3 * MAX_BODY);
        assert!(response.status >= 200 || response.status == 101);
    }
    if let Err(NoReply::NotHttp(excerpt)) = &whole {
        assert!(!excerpt.contains(char::is_control) && excerpt.chars().count() <= 80);
    }
    let (in_pieces, _) = fuzzing::answer(reads(bytes), MAX_BODY, true);
    match (in_pieces, &whole) {
        // The excerpt is of what came.
        (Some(Err(NoReply::NotHttp(early))), Err(NoReply::NotHttp(whole))) => {
            assert!(whole.starts_with(early.as_str()), "{early:?} and {whole:?}");
        }
        (in_pieces, whole) => assert_eq!(in_pieces.as_ref(), Some(whole)),
    }
    // A server that says it again and again, or its last part only.
    let longest = fuzzing::longest_answer(MAX_BODY);
    for again in [bytes, &bytes[bytes.len() / 2..]] {
        if again.is_empty() {
            continue;
        }
        let mut endless = bytes.to_vec();
        while endless.len() < longest {
            endless.extend_from_slice(again);
        }
        let (result, taken) = fuzzing::answer(reads(&endless[..longest]), MAX_BODY, false);
        assert!(result.is_some(), "nothing after {taken} bytes");
    }
});
