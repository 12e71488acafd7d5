use super::*;
use proptest::prelude::*;

fn rules() -> Redaction {
    Redaction {
        prefixes: vec!["sk-ant-".to_owned()],
        literals: vec![SecretString::from("p4ss word!")],
    }
}

fn clean(pieces: &[&[u8]]) -> String {
    let mut cleaner = Cleaner::new(rules());
    let mut out = Vec::new();
    for piece in pieces {
        cleaner.feed(piece, &mut |text| out.extend_from_slice(text));
    }
    cleaner.flush(&mut |text| out.extend_from_slice(text));
    String::from_utf8(out).unwrap()
}

#[test]
fn a_long_line_of_which_little_is_left_has_an_end() {
    let title = format!("\u{1b}]0;{}\u{7}done", "x".repeat(HOLD));
    assert_eq!(clean(&[title.as_bytes()]), "done\n");
    assert_eq!(clean(&[title.as_bytes(), b" and on\n"]), "done and on\n");
}

#[test]
fn secrets_are_replaced() {
    let cases = [
        (
            "key sk-ant-oat01-AbC_d and on\n",
            "key sk-ant-[redacted] and on\n",
        ),
        (
            "Authorization: Bearer abc.def-ghi\n",
            "Authorization: Bearer [redacted]\n",
        ),
        (
            "authorization: bearer abc\n",
            "authorization: bearer [redacted]\n",
        ),
        ("login p4ss word! ok\n", "login [redacted] ok\n"),
        ("mail a.b+c@example.org.\n", "mail [redacted].\n"),
        (
            "pkg name@1.2.3 and @scope/x\n",
            "pkg name@1.2.3 and @scope/x\n",
        ),
        (
            "{\"k\":\"sk-ant-x\",\"n\":1}\n",
            "{\"k\":\"sk-ant-[redacted]\",\"n\":1}\n",
        ),
    ];
    for (given, wanted) in cases {
        // A full stop at the end of a sentence may go with the address.
        let got = clean(&[given.as_bytes()]);
        assert_eq!(
            got.replace("[redacted]\n", "[redacted].\n"),
            wanted.replace("[redacted]\n", "[redacted].\n")
        );
    }
}

#[test]
fn an_escape_sequence_does_not_hide_a_secret() {
    assert_eq!(
        clean(&[b"sk-\x1b[31mant-\x1b[0mabc\x07def\n"]),
        "sk-ant-[redacted]\n"
    );
}

#[test]
fn escapes_and_controls_go() {
    assert_eq!(
        strip_controls(
            "\x1b[2J\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\x1b]8;;u\x1b\\y\x00\x08\u{9b}31mz"
        ),
        "red xyz"
    );
    assert_eq!(strip_controls("10%\r20%\r\ndone"), "10%\n20%\ndone");
    assert_eq!(strip_controls("a\u{202e}b\u{2066}c"), "abc");
}

#[test]
fn a_secret_in_an_endless_line_is_found_wherever_it_is_cut() {
    let secret = "sk-ant-0123456789";
    for offset in (HOLD - 600..HOLD + 40).step_by(7) {
        let text = format!("{}{}{}", " y".repeat(offset / 2), secret, " z".repeat(HOLD));
        let got = clean(&[text.as_bytes()]);
        assert!(!got.contains("0123"), "at {offset}");
        assert!(got.contains("sk-ant-[redacted]"), "at {offset}");
        // The same in small pieces.
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(1000).collect();
        assert!(!clean(&pieces).contains("0123"), "in pieces, at {offset}");
    }
}

#[test]
fn a_secret_longer_than_what_is_held_back_is_swallowed() {
    let text = format!("sk-ant-{} after\n", "a".repeat(3 * HOLD));
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(5_000).collect();
    assert_eq!(clean(&pieces), "sk-ant-[redacted] after\n");
}

#[test]
fn memory_for_an_endless_line_is_bounded() {
    let mut cleaner = Cleaner::new(rules());
    let mut total = 0;
    for _ in 0..1_000 {
        cleaner.feed(&[b'x'; 10_000], &mut |text| total += text.len());
        assert!(cleaner.held.len() <= HOLD + 10_000);
    }
    assert!(total > 9_000_000);
}

proptest! {
    #[test]
    fn the_way_the_stream_is_cut_does_not_matter(
        text in "([a-z .@\u{e9}\u{1b}\\[\r\n]|sk-ant-[a-z0-9]{1,6}|Bearer [a-z]{3}|p4ss word!){0,60}",
        cuts in proptest::collection::vec(1usize..20, 0..60),
    ) {
        let text = format!("{text}\n");
        let mut rest = text.as_bytes();
        let mut pieces = Vec::new();
        for cut in cuts {
            if cut >= rest.len() { break; }
            let (piece, next) = rest.split_at(cut);
            pieces.push(piece);
            rest = next;
        }
        pieces.push(rest);
        prop_assert_eq!(clean(&pieces), clean(&[text.as_bytes()]));
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_left(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let shown = clean(&[&bytes]);
        prop_assert!(shown.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
    }
}
