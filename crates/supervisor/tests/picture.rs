//! The picture in the documentation is the table that the machine executes.

use claude_proxy_supervisor::machine::{State, TRANSITIONS};

#[test]
fn the_picture_is_up_to_date() {
    let picture = format!("```mermaid\n{}```\n", mermaid());
    let held = harness::page::check_or_update("docs/supervision.md", "picture", &picture);
    assert!(held.is_ok(), "{held:?}");
}

/// The table as a Mermaid state diagram.
fn mermaid() -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> stopped\n");
    for &from in State::ALL {
        for &to in State::ALL {
            let why: Vec<&str> = TRANSITIONS
                .iter()
                .filter(|t| t.from == from && t.to == to)
                .map(|t| t.cause.as_str())
                .collect();
            if !why.is_empty() {
                text.push_str(&format!(
                    "    {} --> {}: {}\n",
                    from.as_str(),
                    to.as_str(),
                    why.join(" / ")
                ));
            }
        }
    }
    text
}
