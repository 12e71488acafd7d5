use super::*;

#[test]
fn a_version_that_is_none_is_not_shown() {
    let long = "9".repeat(MAX_VERSION + 1);
    for (given, shown) in [
        ("1.43.0-rc.1+x", Some("1.43.0-rc.1+x")),
        ("\u{1b}]0;title\u{7}1", None),
        ("1\n2", None),
        ("", None),
        (&long, None),
    ] {
        let body = format!("{}", serde_json::json!({ "version": given }));
        let body = document::parse(&body).unwrap().root;
        assert_eq!(version(Some(&body)).as_deref(), shown, "{given:?}");
    }
}

#[test]
fn a_transport_that_fails_is_named() {
    let mut details = Vec::new();
    for (outcome, readiness, code) in [
        (Outcome::Refused, Readiness::Starting, "refused"),
        (Outcome::TimedOut, Readiness::Unhealthy, "no-answer"),
        (
            Outcome::NotHttp("SSH-2.0".to_owned()),
            Readiness::Foreign,
            "not-http",
        ),
        (Outcome::Tls, Readiness::Foreign, "tls"),
        (
            Outcome::Failed("reset".to_owned()),
            Readiness::Unhealthy,
            "transport",
        ),
    ] {
        let seen = [Observation {
            id: ROOT.to_owned(),
            outcome,
            elapsed_ms: 0,
        }];
        let Step::Judged(verdict) = judge(&Settings::default(), None, &seen) else {
            panic!("{code}")
        };
        assert_eq!(
            (verdict.readiness, verdict.code.as_str()),
            (readiness, code)
        );
        assert!(verdict.detail.contains("127.0.0.1:3456"), "{verdict:?}");
        assert!(
            verdict.next.is_some() || readiness == Readiness::Starting,
            "{verdict:?}"
        );
        assert!(!details.contains(&verdict.detail), "{verdict:?}");
        details.push(verdict.detail);
    }
}
