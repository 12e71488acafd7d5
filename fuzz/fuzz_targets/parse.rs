//! Our JSON5 reader beside the `json5` crate: both accept the same texts, with the same values and the same duplicate
//! keys.
#![no_main]

use claude_proxy_fuzz::reference::{self, Reference};
use claude_proxy_provider::document::{self, MAX_DEPTH};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let ours = document::parse(text);
    if reference::nesting_bound(text) > MAX_DEPTH {
        // The other reader recurses; ours must have stopped, unless the brackets were in texts or comments.
        return;
    }
    let theirs = json5::from_str::<Reference>(text);
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            assert!(
                reference::is_same(&ours.root, &theirs),
                "read differently: {:?} and {theirs:?}",
                ours.root
            );
            assert_eq!(
                !ours.duplicates.is_empty(),
                theirs.has_duplicates(),
                "duplicate keys"
            );
        }
        (Ok(ours), Err(why)) => {
            assert!(
                reference::is_only_ours(&ours.root),
                "only ours reads it: {why}: {:?}",
                ours.root
            );
        }
        // Keys beyond ASCII want quotes here.
        (Err(problem), Ok(_)) if problem.code == "json5-key" => {}
        (Err(problem), Ok(theirs)) => panic!("only the other reads it: {problem}: {theirs:?}"),
        (Err(_), Err(_)) => {}
    }
});
