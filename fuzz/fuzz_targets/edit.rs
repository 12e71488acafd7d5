//! The editor: only announced places change, a second run changes nothing, the new text can be read, and what was
//! closed stays closed.
#![no_main]

use claude_proxy_fuzz::edits;
use claude_proxy_provider::audit::AuditInput;
use claude_proxy_provider::document;
use claude_proxy_provider::edit::{apply, merge_patch};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some((request, text)) = edits::parse_request(text) else {
        return;
    };
    let Some(input) = edits::audit_input(text) else {
        return;
    };
    let Ok(applied) = apply(&input, &request) else {
        return;
    };
    if applied.changes.is_empty() {
        assert_eq!(applied.text, text, "text without changes");
    } else {
        document::parse(&applied.text).expect("the new text is JSON5");
        assert_ne!(applied.text, text, "changes without text");
    }
    if let Some(place) = edits::unannounced_change(text, &applied.text, &applied.changes) {
        panic!(
            "{place} changed without a word; announced: {:?}",
            applied.changes
        );
    }
    let before = edits::audit(&input, text);
    let after = edits::audit(&input, &applied.text);
    assert_eq!(after, applied.report, "the report is that of the new text");
    if before.closed && !request.unharden {
        assert!(after.closed, "it was closed: {:?}", after.findings);
    }
    let again = apply(
        &AuditInput {
            document: applied.text.clone(),
            ..input.clone()
        },
        &request,
    )
    .expect("what was done once can be done again");
    assert_eq!(
        again.text, applied.text,
        "the second time: {:?}",
        again.changes
    );
    assert_eq!(again.changes, [], "the second time");
    merge_patch(&input, &request).expect("the patch of an edit that is possible");
});
