//! The picture in the documentation is the table that the machine executes.
#![allow(
    clippy::disallowed_methods,
    reason = "`UPDATE_DOCS` writes the picture"
)]

use claude_proxy_supervisor::machine::mermaid;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/supervision.md");
const BEGIN: &str = "<!-- picture -->\n";
const END: &str = "<!-- /picture -->";

#[test]
fn the_picture_is_up_to_date() {
    let text = std::fs::read_to_string(DOCUMENT).expect("docs/supervision.md");
    let (before, rest) = text
        .split_once(BEGIN)
        .expect("the beginning of the picture");
    let (_, after) = rest.split_once(END).expect("the end of the picture");
    let wanted = format!("{before}{BEGIN}```mermaid\n{}```\n{END}{after}", mermaid());
    if std::env::var_os("UPDATE_PICTURE").is_some() {
        std::fs::write(DOCUMENT, &wanted).expect("docs/supervision.md");
    }
    let text = std::fs::read_to_string(DOCUMENT).expect("docs/supervision.md");
    assert_eq!(
        text, wanted,
        "redraw it: UPDATE_PICTURE=1 cargo test -p claude-proxy-supervisor --test picture"
    );
}
