//! Properties of every input.

use claude_proxy_provider::audit::Severity;
use claude_proxy_provider::document::{self, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{RULES, paths, put, report};

/// A random configuration, often with values at paths that matter.
fn tree() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("openai/x"),
        Just("anthropic-claude-proxy/a"),
        Just("${X}"),
        Just("http://127.0.0.1:1"),
        Just("https://e.example"),
        Just(""),
        Just("*"),
    ]
    .prop_map(|text| json!(text));
    let leaf = prop_oneof![
        text,
        any::<bool>().prop_map(|b| json!(b)),
        Just(Value::Null),
        any::<u8>().prop_map(|n| json!(n))
    ];
    const KEYS: &str = "agents defaults entries model primary fallbacks models providers anthropic-claude-proxy openai baseUrl alias \
        plugins config memory search provider tools media tts channels accounts enabled env vars list $include outside/m1 acp \
        proxy request __proto__";
    let key = proptest::sample::select(KEYS.split(' ').collect::<Vec<_>>());
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::btree_map(key.clone(), inner, 0..6).prop_map(|map| map
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_text_gets_a_report(text in ".{0,200}") {
        let report = report(&text);
        prop_assert!(!report.closed);
    }

    #[test]
    fn any_tree_gets_a_report(tree in tree()) {
        let report = report(&tree.to_string());
        prop_assert!(report.decided || !report.closed);
        prop_assert_eq!(report.closed, !report.findings.iter().any(|f| f.severity <= Severity::Undecided) && report.routes.iter().all(|r| r.closed));
    }

    /// A closed file with a fallback elsewhere is open, whatever else it holds; and nothing that was open becomes closed.
    #[test]
    fn an_outside_fallback_is_never_overlooked(tree in tree()) {
        let mut document = RULES["base"].clone();
        if let Some(map) = tree.as_object() {
            for (key, value) in map {
                if key != "agents" { document[key] = value.clone(); }
            }
        }
        let before = report(&document.to_string());
        document["agents"]["defaults"]["model"]["fallbacks"] = json!(["openai/x"]);
        let after = report(&document.to_string());
        prop_assert!(!after.closed, "{document}");
        let lost = paths(&before, &[Severity::Leak]).into_iter().find(|path| !paths(&after, &[Severity::Leak]).contains(path));
        prop_assert_eq!(lost, None);
    }

    /// Reading and writing a tree keeps it, so reports do not depend on spelling.
    #[test]
    fn spelling_does_not_matter(tree in tree()) {
        let compact = tree.to_string();
        let pretty = format!("\u{feff}// comment\n{}", serde_json::to_string_pretty(&tree).unwrap());
        prop_assert_eq!(report(&compact), report(&pretty));
        prop_assert!(!matches!(parse(&compact).unwrap().root, document::Value::Null) || tree.is_null());
    }
}

/// JavaScript lower-cases more than ASCII (`K` the Kelvin sign is `k`): what is not ASCII is never shown to be the proxy, and
/// an alias that is not may capture anything.
#[test]
fn what_is_not_ascii_is_never_closed() {
    for (reference, alias) in [
        ("anthropic-claude-proxy/ασ", "x"),
        ("anthropic-claude-proxy/m", "\u{212a}ey"),
        ("\u{212a}ey", "key"),
        ("anthropic\u{2d}claude-proxy/m\u{200b}", "x"),
        ("ａnthropic-claude-proxy/m", "x"),
    ] {
        let mut tree = RULES["base"].clone();
        put(
            &mut tree,
            "models.providers.anthropic-claude-proxy.models",
            Some(&json!([{"id": "m"}, {"id": "ασ"}])),
        );
        put(&mut tree, "agents.defaults.model", Some(&json!(reference)));
        put(
            &mut tree,
            "agents.defaults.models",
            Some(&json!({"outside/m": {"alias": alias}})),
        );
        assert!(!report(&tree.to_string()).closed, "{reference:?} {alias:?}");
    }
}
