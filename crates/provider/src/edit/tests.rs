//! Properties of edits of any text: the new text has the wanted value, and everything that did not change has the same bytes.

use proptest::prelude::*;

use super::merge_patch::merge_patch_of;
use super::rewrite::rewrite;
use super::spans::{Body, Node, ParsedText, is_identifier};
use super::{ApplyRequest, apply, merge_patch};
use crate::audit::AuditInput;
use crate::document::{self, Value};
use crate::problem::ErrorKind;

/// A stream of small decisions.
struct Choices(Vec<u8>, usize);

impl Choices {
    fn next(&mut self, below: u8) -> u8 {
        let n = self.0.get(self.1 % self.0.len().max(1)).copied();
        self.1 += 1;
        n.unwrap_or_default() % below
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop::sample::select(vec!["0", "-1.5", "0x1F", "1e3", ".5", "Infinity", "3456"])
            .prop_map(|n| Value::Number(n.to_owned())),
        "[a-c\"'\\\\\n\u{2028}/*é{},:\\[\\]]{0,4}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            members(inner),
        ]
    })
}

fn members(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-e$ /]{0,2}", inner, 0..5)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// Writes values in random ways that JSON5 allows. Every comment has its own number.
struct Printer {
    out: String,
    how: Choices,
    comments: usize,
    /// Whether there are comments between a key and its value, which are removed with the member.
    inside_members: bool,
}

impl Printer {
    fn trivia(&mut self) {
        let choice = self.how.next(12);
        if (3..6).contains(&choice) {
            self.comments += 1;
        }
        let n = self.comments;
        match choice {
            0 => self.out.push_str("\n  "),
            1 => self.out.push_str("\r\n\t"),
            2 => self.out.push(' '),
            3 => self.out.push_str(&format!(" /*#{n};*/ ")),
            4 => self.out.push_str(&format!(" // #{n};\n    ")),
            5 => self.out.push_str(&format!("\n /*#{n};\n*/\n")),
            6 => self.out.push_str("\u{2028}\u{a0}"),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let quote = if self.how.next(2) == 0 { '"' } else { '\'' };
        self.out.push(quote);
        for c in text.chars() {
            match c {
                '\n' => self.out.push_str("\\n"),
                '\\' => self.out.push_str("\\\\"),
                c if c == quote => self.out.extend(['\\', c]),
                'a' if self.how.next(4) == 0 => self.out.push_str("\\u0061"),
                'b' if self.how.next(4) == 0 => self.out.push_str("\\\r\nb"),
                c => self.out.push(c),
            }
        }
        self.out.push(quote);
    }

    fn value(&mut self, value: &Value) {
        let (open, close) = match value {
            Value::Array(_) => ('[', ']'),
            Value::Object(_) => ('{', '}'),
            Value::Null => return self.out.push_str("null"),
            Value::Bool(flag) => return self.out.push_str(&flag.to_string()),
            Value::Number(source) => return self.out.push_str(source),
            Value::String(text) => return self.text(text),
        };
        let mut parts: Vec<(Option<&str>, &Value)> = Vec::new();
        match value {
            Value::Array(items) => parts.extend(items.iter().map(|item| (None, item))),
            Value::Object(entries) => {
                parts.extend(
                    entries
                        .iter()
                        .map(|(key, value)| (Some(key.as_str()), value)),
                );
            }
            _ => {}
        }
        self.out.push(open);
        let count = parts.len();
        for (n, (key, value)) in parts.into_iter().enumerate() {
            self.trivia();
            if let Some(key) = key {
                if is_identifier(key) && self.how.next(2) == 0 {
                    self.out.push_str(key);
                } else {
                    self.text(key);
                }
                if self.inside_members {
                    self.trivia();
                }
                self.out.push(':');
                if self.inside_members {
                    self.trivia();
                }
            }
            self.value(value);
            self.trivia();
            if n + 1 < count || self.how.next(3) == 0 {
                self.out.push(',');
            }
        }
        self.trivia();
        self.out.push(close);
    }
}

/// A text with this value, and the number of comments in it.
fn print(value: &Value, how: &[u8], inside_members: bool) -> (String, usize) {
    let mut printer = Printer {
        out: String::new(),
        how: Choices(how.to_vec(), 0),
        comments: 0,
        inside_members,
    };
    printer.trivia();
    printer.value(value);
    printer.trivia();
    (printer.out, printer.comments)
}

/// Another value: some parts are removed, replaced, added or moved. With `scalars_only`, no list or object is removed, and only items
/// of lists of scalars are moved, because a list or an object that changes and moves cannot be recognized.
fn changed(value: &Value, how: &mut Choices, scalars_only: bool) -> Value {
    let fresh = || {
        let inner = Value::Object(vec![("n x".to_owned(), Value::Bool(true))]);
        Value::Array(vec![Value::String("it's".to_owned()), inner])
    };
    let is_scalar = |value: &Value| !matches!(value, Value::Array(_) | Value::Object(_));
    let part = |part: &Value, how: &mut Choices, stays: bool| match how.next(6) {
        0 if !stays => None,
        1 if !stays => Some(fresh()),
        2 if !stays || is_scalar(part) => Some(Value::Null),
        3 => Some(part.clone()),
        _ => Some(changed(part, how, scalars_only)),
    };
    match value {
        Value::Array(items) => {
            let stay = scalars_only && !items.iter().all(is_scalar);
            let mut items: Vec<Value> = items
                .iter()
                .filter_map(|item| part(item, how, stay))
                .collect();
            match how.next(6) {
                _ if stay => {}
                0 => items.push(fresh()),
                1 => items.insert(0, Value::String("first".to_owned())),
                2 => items.reverse(),
                _ => {}
            }
            Value::Array(items)
        }
        Value::Object(entries) => {
            let mut entries: Vec<(String, Value)> = entries
                .iter()
                .filter_map(|(key, value)| {
                    let stays = scalars_only && !is_scalar(value);
                    Some((key.clone(), part(value, how, stays)?))
                })
                .collect();
            for n in 0..how.next(3) {
                entries.push((format!("new{n}"), fresh()));
            }
            Value::Object(entries)
        }
        other => other.clone(),
    }
}

fn spans(text: &str) -> Node {
    document::parse_with_spans(text).expect("legal").1
}

fn edit(text: &str, old: &Value, new: &Value) -> String {
    rewrite(&ParsedText::new(text, spans(text)), old, new).expect("nothing stands in the way")
}

/// Checks that every unchanged member of an object has the same bytes.
fn same_bytes(
    before: (&str, &Node, &Value),
    after: (&str, &Node, &Value),
) -> Result<(), TestCaseError> {
    let ((text, node, old), (new_text, new_node, new)) = (before, after);
    if old == new {
        prop_assert_eq!(&text[node.span.clone()], &new_text[new_node.span.clone()]);
        return Ok(());
    }
    let (Body::Object(children), Body::Object(new_children)) = (&node.body, &new_node.body) else {
        return Ok(());
    };
    for child in children {
        let key = &child.key;
        let there = new_children.iter().find(|new| new.key == *key);
        let values = old.get(key).zip(new.get(key));
        if let Some((new_child, (old, new))) = there.zip(values) {
            same_bytes((text, &child.value, old), (new_text, &new_child.value, new))?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// The new text has the wanted value, in the wanted order, and an edit to the same value changes nothing.
    #[test]
    fn means_what_was_wanted(
        old in members(value()),
        how in prop::collection::vec(any::<u8>(), 1..80),
        what in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let (text, _) = print(&old, &how, true);
        prop_assert_eq!(&document::parse(&text).expect("legal").root, &old);
        prop_assert_eq!(edit(&text, &old, &old), text.clone());
        let new = changed(&old, &mut Choices(what, 0), false);
        let edited = edit(&text, &old, &new);
        let again = document::parse(&edited).map(|document| document.root);
        prop_assert_eq!(again, Ok(new.clone()), "{}\n---\n{}", text, edited);
        let (root, new_root) = (spans(&text), spans(&edited));
        same_bytes((&text, &root, &old), (&edited, &new_root, &new))?;
    }

    /// No comment between members or items is lost.
    #[test]
    fn keeps_comments(
        old in members(value()),
        how in prop::collection::vec(any::<u8>(), 1..80),
        what in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let (text, comments) = print(&old, &how, false);
        let new = changed(&old, &mut Choices(what, 0), true);
        let edited = edit(&text, &old, &new);
        for n in 1..=comments {
            let mark = format!("#{n};");
            prop_assert_eq!(edited.matches(&mark).count(), 1, "{}\n---\n{}", text, edited);
        }
    }

    /// Strict JSON stays strict JSON.
    #[test]
    fn keeps_strict_json_strict(
        old in members(value()),
        pretty in any::<bool>(),
        what in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let json = json(&old);
        let text = if pretty { format!("{json:#}\n") } else { json.to_string() };
        let old = document::parse(&text).expect("JSON is JSON5").root;
        let new = changed(&old, &mut Choices(what, 0), false);
        let edited = edit(&text, &old, &new);
        let read: Result<serde_json::Value, _> = serde_json::from_str(&edited);
        prop_assert!(read.is_ok(), "{}\n---\n{}", text, edited);
    }
}

/// Parts of configurations that edits touch or must leave alone; each a top-level member.
const PARTS: &[&[&str]] = &[
    &[
        "{}",
        r#"{"defaults":{"workspace":"~/w"}}"#,
        r#"{"defaults":{"model":"openai/gpt-6-astra"},"entries":{"ops":{"model":{"fallbacks":["openai/x","claude-max-proxy"]}}}}"#,
        r#"{"defaults":{"model":{"primary":"claude-max-proxy","fallbacks":["openai/x","google/y"]},"pdfModel":"google/z","models":{"openai/x":{"alias":"claude-max-proxy"},"anthropic-claude-proxy/old":{"alias":"claude-max-proxy"},"google/y":{"alias":"y","params":{"a":1}}}}}"#,
        r#"{"list":[{"id":"a","model":"xai/grok"},{"id":"b","models":{"xai/grok":{"alias":"claude-max-proxy"}}}],"defaults":{"modelPolicy":{"allow":["*"]},"heartbeat":{"model":"openai/small"}}}"#,
        r#"{"entries":{"ops":{"runtime":{"type":"acp","acp":{"agent":"codex"}}}},"defaults":{"imageModel":{"primary":"openai/i","fallbacks":["xai/i"]}}}"#,
    ],
    &[
        "{}",
        r#"{"providers":{"openai":{"baseUrl":"https://api.openai.com/v1","apiKey":"sk","models":[{"id":"gpt-6-astra"}]}}}"#,
        r#"{"mode":"merge","providers":{"anthropic-claude-proxy":{"baseUrl":"http://localhost:4000/","headers":{"a":"b"},"models":[{"id":"claude-opus-4-6","x":1},{"id":"old"},{"id":"claude-haiku-4","baseUrl":"https://evil.example"}]}}}"#,
        r#"{"providers":{"anthropic-claude-proxy":{"baseUrl":"http://10.1.2.3:1","api":"openai-completions","apiKey":"k","models":[]},"lan":{"baseUrl":"http://10.1.1.1","models":[{"id":"m"}]}}}"#,
    ],
    &[
        "{}",
        r#"{"entries":{"llm-task":{"llm":{"allowModelOverride":true,"allowedModels":["*"]},"config":{"defaultProvider":"openai","defaultModel":"x"}}},"allow":["telegram"]}"#,
        r#"{"entries":{"anthropic-claude-proxy":{"config":{"port":4001,"allowedFallbacks":["google/y"]}},"xai":{"config":{"xSearch":{"enabled":true,"model":"grok"}}}},"deny":["anthropic-claude-proxy","xai"]}"#,
    ],
    &[
        "{}",
        r#"{"deny":["exec"],"media":{"models":[{"provider":"openai","model":"w"},{"type":"cli","command":"whisper"}]}}"#,
        r#"{"links":{"models":[{"command":"llm"}]},"web":{"search":{"provider":"gemini"}}}"#,
    ],
    &[
        "{}",
        r#"{"mode":"remote","remote":{"url":"wss://g.example"}}"#,
        r#"{"mode":"local"}"#,
    ],
    &["{}", r#"{"vars":{"OPENAI_API_KEY":"sk-1","OTHER":"x"}}"#],
    &[
        "{}",
        r#"{"search":{"provider":"openai","remote":{"baseUrl":"https://e.example"}}}"#,
    ],
];

const PART_NAMES: &[&str] = &[
    "agents", "models", "plugins", "tools", "gateway", "env", "memory",
];

prop_compose! {
    fn configuration()(
        picks in prop::collection::vec(any::<prop::sample::Index>(), PARTS.len()),
        junk in value(),
        swap in any::<bool>(),
    ) -> Value {
        let mut members: Vec<(String, Value)> = PART_NAMES
            .iter()
            .zip(PARTS)
            .zip(picks)
            .filter_map(|((name, parts), pick)| {
                let part = pick.get(parts);
                (*part != "{}").then(|| ((*name).to_owned(), document::parse(part).unwrap().root))
            })
            .collect();
        members.insert(members.len() / 2, ("ui".to_owned(), junk));
        if swap {
            members.reverse();
        }
        Value::Object(members)
    }
}

prop_compose! {
    fn request()(
        port in prop::option::of(1_u16..),
        models in prop::option::of(prop::sample::subsequence(
            vec!["claude-opus-4.6", "claude-haiku-4", "claude-opus-9", "claude-sonnet-4.5"],
            1..4,
        ).prop_shuffle()),
        set_default in any::<bool>(),
        grant_hooks in any::<bool>(),
        fix in any::<bool>(),
        harden in any::<bool>(),
    ) -> ApplyRequest {
        ApplyRequest {
            port,
            models: models.map(|ids| ids.into_iter().map(str::to_owned).collect()),
            set_default,
            grant_hooks,
            fix,
            harden,
            ..ApplyRequest::default()
        }
    }
}

/// A value as one of serde_json.
fn json(value: &Value) -> serde_json::Value {
    serde_json::from_str(&value.json()).expect("JSON")
}

/// A JSON merge patch as RFC 7396 has it.
fn merged(mut target: serde_json::Value, patch: &serde_json::Value) -> serde_json::Value {
    let Some(changes) = patch.as_object() else {
        return patch.clone();
    };
    if !target.is_object() {
        target = serde_json::json!({});
    }
    let members = target.as_object_mut().unwrap();
    for (key, change) in changes {
        match change {
            serde_json::Value::Null => members.remove(key),
            change => {
                let was = members.remove(key).unwrap_or_default();
                members.insert(key.clone(), merged(was, change))
            }
        };
    }
    target
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// An edit of any configuration is idempotent, changes only what it names, opens nothing, and is the same as its merge patch.
    #[test]
    fn edits_any_configuration(
        old in configuration(),
        request in request(),
        how in prop::collection::vec(any::<u8>(), 1..80),
    ) {
        let (text, _) = print(&old, &how, false);
        let applied = match apply(&AuditInput::of(&text), &request) {
            Ok(applied) => applied,
            // An address or a row that is not ours may stop an edit, as long as no fix was asked for.
            Err(error) if error.kind == ErrorKind::InvalidSettings && !request.fix => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
        };
        let new = document::parse(&applied.text).expect("an edited text is readable").root;
        let (root, new_root) = (spans(&text), spans(&applied.text));
        same_bytes((&text, &root, &old), (&applied.text, &new_root, &new))?;
        prop_assert_eq!(old.get("ui"), new.get("ui"));
        prop_assert_eq!(old.at(&["env"]).and_then(|env| env.get("vars")), new.at(&["env", "vars"]));

        let again = apply(&AuditInput::of(&applied.text), &request).expect("a second time");
        prop_assert_eq!(&again.text, &applied.text);
        prop_assert_eq!(again.changes.len(), 0, "{:?}", again.changes);

        let patch = merge_patch(&AuditInput::of(&text), &request).expect("the same edit");
        let patch = serde_json::from_str(&patch).expect("JSON");
        prop_assert_eq!(merged(json(&old), &patch), json(&new));

        for change in &applied.changes {
            let parts = document::path::parts(&change.path).expect("a path");
            prop_assert!(
                super::draft::value_at(&old, &parts) != super::draft::value_at(&new, &parts),
                "{} did not change", change.path
            );
            prop_assert!(!change.why.is_empty());
        }
        if request.fix && request.set_default {
            let open: Vec<_> = applied
                .report
                .findings
                .iter()
                .filter(|finding| finding.severity <= crate::audit::Severity::Undecided)
                .filter(|finding| !matches!(finding.code.as_str(), "unproven" | "chosen-fallback"))
                .collect();
            prop_assert!(open.is_empty(), "{:?}\n{}", open, applied.text);
        }
    }

    /// `unharden` undoes `harden`.
    #[test]
    fn takes_hardening_back(old in configuration(), how in prop::collection::vec(any::<u8>(), 1..80)) {
        let (text, _) = print(&old, &how, false);
        let plain = ApplyRequest { fix: true, set_default: true, ..ApplyRequest::default() };
        let before = apply(&AuditInput::of(&text), &plain).expect("a login").text;
        let harden = ApplyRequest { harden: true, ..ApplyRequest::default() };
        let hardened = apply(&AuditInput::of(&before), &harden).expect("hardened");
        let unharden = ApplyRequest { unharden: true, ..ApplyRequest::default() };
        let after = apply(&AuditInput::of(&hardened.text), &unharden).expect("taken back");
        let sorted = |text: &str| json(&document::parse(text).unwrap().root);
        let left = merge_patch_of(&document::parse(&before).unwrap().root, &document::parse(&after.text).unwrap().root);
        prop_assert_eq!(sorted(&after.text), sorted(&before), "{:?}\n{}", left, before);
        prop_assert!(after.text.len() * 2 >= hardened.text.len(), "OpenClaw would restore a backup");
        prop_assert!(!hardened.report.findings.iter().any(|f| f.code == "unpinned-slots" || f.code == "outside-provider"));
    }
}
