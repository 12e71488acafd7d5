//! The picture in the documentation is the table that the machine executes.

use claude_proxy_supervisor::machine::mermaid;

#[test]
fn the_picture_is_up_to_date() {
    let picture = format!("```mermaid\n{}```\n", mermaid());
    let held = harness::page::check_or_update("docs/supervision.md", "picture", &picture);
    assert!(held.is_ok(), "{held:?}");
}
