use super::*;
use crate::settings::Api;

fn answer(id: &str, status: u16, body: &str) -> Observation {
    Observation {
        id: id.to_owned(),
        outcome: Outcome::Response(Response {
            status,
            headers: Vec::new(),
            body: body.to_owned(),
        }),
        elapsed_ms: 1,
    }
}

const MERIDIAN_ROOT: &str = r#"{"status":"ok","service":"meridian","format":"anthropic"}"#;
const HEALTHY: &str = r#"{"status":"healthy","version":"1.43.0","auth":{"loggedIn":true}}"#;
const DEGRADED: &str =
    r#"{"status":"degraded","version":"1.43.0","error":"Could not verify auth status"}"#;
const LOGGED_OUT: &str = r#"{"status":"unhealthy","version":"1.43.0","auth":{"loggedIn":false}}"#;

/// A whole round against a table of answers; what is not in the table is a 404.
fn round(settings: &Settings, owned: Option<bool>, table: &[(&str, u16, &str)]) -> Verdict {
    let mut seen = Vec::new();
    for _ in 0..5 {
        match judge(settings, owned, &seen) {
            Step::Judged(verdict) => return verdict,
            Step::Ask(probes) => {
                for probe in probes {
                    let (_, status, body) = table
                        .iter()
                        .find(|(id, _, _)| *id == probe.id)
                        .copied()
                        .unwrap_or(("", 404, ""));
                    seen.push(answer(&probe.id, status, body));
                }
            }
        }
    }
    panic!("the round does not end");
}

#[test]
fn a_proxy_of_the_other_dialect_is_ready_where_that_was_configured() {
    let openai = Settings {
        api: Api::OpenaiCompletions,
        ..Settings::default()
    };
    let table = [
        (ROOT, 404, "{}"),
        (
            HEALTH,
            200,
            r#"{"status":"ok","provider":"claude-code-cli"}"#,
        ),
    ];
    for owned in [Some(true), Some(false)] {
        let verdict = round(&openai, owned, &table);
        assert_eq!(verdict.readiness, Readiness::Ready);
        assert_eq!(verdict.code, "ready-key-not-enforced");
    }
    // Meridian answers in both.
    let table = [(ROOT, 200, MERIDIAN_ROOT), (HEALTH, 200, HEALTHY)];
    assert_eq!(
        round(&openai, Some(true), &table).readiness,
        Readiness::Ready
    );
}

#[test]
fn every_shape_has_its_own_verdict() {
    let keyed = [(WITHOUT_KEY, 401, ""), (WITH_KEY, 200, "meridian_x 1")];
    let with = |health: (u16, &'static str), keys: &[(&'static str, u16, &'static str)]| {
        let mut table = vec![(ROOT, 200, MERIDIAN_ROOT), (HEALTH, health.0, health.1)];
        table.extend_from_slice(keys);
        table
    };
    for (name, table, owned, readiness, code, login, key) in [
        (
            "ours",
            with((200, HEALTHY), &keyed),
            Some(true),
            Readiness::Ready,
            "ready",
            Login::Claimed,
            KeyCheck::Enforced,
        ),
        (
            "ours, seen from elsewhere",
            with((200, HEALTHY), &keyed),
            None,
            Readiness::Ready,
            "ready",
            Login::Claimed,
            KeyCheck::Enforced,
        ),
        (
            "degraded",
            with((200, DEGRADED), &keyed),
            Some(true),
            Readiness::Ready,
            "ready",
            Login::Unknown,
            KeyCheck::Enforced,
        ),
        (
            "logged out",
            with((503, LOGGED_OUT), &keyed),
            Some(true),
            Readiness::Ready,
            "logged-out",
            Login::None,
            KeyCheck::Enforced,
        ),
        (
            "old, keyed model list",
            with(
                (200, HEALTHY),
                &[
                    (WITHOUT_KEY, 401, ""),
                    (WITH_KEY, 404, ""),
                    (WITH_KEY_AGAIN, 200, "{}"),
                ],
            ),
            Some(true),
            Readiness::Ready,
            "ready",
            Login::Claimed,
            KeyCheck::Enforced,
        ),
        (
            "no key asked",
            with(
                (200, HEALTHY),
                &[(WITHOUT_KEY, 200, "{}"), (WITH_KEY, 200, "")],
            ),
            Some(true),
            Readiness::Ready,
            "ready-key-not-enforced",
            Login::Claimed,
            KeyCheck::NotEnforced,
        ),
        (
            "somebody else's",
            with(
                (200, HEALTHY),
                &[(WITHOUT_KEY, 401, ""), (WITH_KEY, 401, "")],
            ),
            Some(false),
            Readiness::Foreign,
            "key-rejected",
            Login::Claimed,
            KeyCheck::Rejected,
        ),
        (
            "ours with a lost key",
            with(
                (200, HEALTHY),
                &[(WITHOUT_KEY, 401, ""), (WITH_KEY, 401, "")],
            ),
            Some(true),
            Readiness::Unhealthy,
            "key-rejected",
            Login::Claimed,
            KeyCheck::Rejected,
        ),
        (
            "openai only",
            vec![
                (ROOT, 404, "{}"),
                (
                    HEALTH,
                    200,
                    r#"{"status":"ok","provider":"claude-code-cli"}"#,
                ),
            ],
            Some(true),
            Readiness::Unhealthy,
            "wrong-api",
            Login::Unknown,
            KeyCheck::Unchecked,
        ),
        (
            "a web server",
            vec![(ROOT, 200, "<html>"), (HEALTH, 404, "")],
            Some(false),
            Readiness::Foreign,
            "wrong-service",
            Login::Unknown,
            KeyCheck::Unchecked,
        ),
        (
            "a web server of ours",
            vec![(ROOT, 404, "<html>"), (HEALTH, 404, "")],
            Some(true),
            Readiness::Unhealthy,
            "wrong-service",
            Login::Unknown,
            KeyCheck::Unchecked,
        ),
        (
            "an unknown program of ours",
            vec![(ROOT, 200, "ok"), (HEALTH, 200, "{}")],
            Some(true),
            Readiness::Ready,
            "ready-unrecognized",
            Login::Unknown,
            KeyCheck::Unchecked,
        ),
        (
            "ours, whose /health fails",
            with((500, "busy"), &keyed),
            Some(true),
            Readiness::Ready,
            "ready",
            Login::Unknown,
            KeyCheck::Enforced,
        ),
        (
            "its older name",
            {
                let mut table = with((200, HEALTHY), &keyed);
                table[0].2 = r#"{"status":"ok","service":"claude-max-proxy"}"#;
                table
            },
            Some(true),
            Readiness::Ready,
            "ready",
            Login::Claimed,
            KeyCheck::Enforced,
        ),
        (
            "logged out, by 200",
            with((200, LOGGED_OUT), &keyed),
            Some(true),
            Readiness::Ready,
            "logged-out",
            Login::None,
            KeyCheck::Enforced,
        ),
        (
            "openai only, the user's own",
            vec![
                (ROOT, 404, "{}"),
                (
                    HEALTH,
                    200,
                    r#"{"status":"ok","provider":"claude-code-cli"}"#,
                ),
            ],
            Some(false),
            Readiness::Foreign,
            "wrong-api",
            Login::Unknown,
            KeyCheck::Unchecked,
        ),
        (
            "broken",
            vec![(ROOT, 500, "")],
            Some(true),
            Readiness::Unhealthy,
            "server-error",
            Login::Unknown,
            KeyCheck::Unchecked,
        ),
    ] {
        let verdict = round(&Settings::default(), owned, &table);
        assert_eq!(
            (
                verdict.readiness,
                verdict.code.as_str(),
                verdict.login,
                verdict.key
            ),
            (readiness, code, login, key),
            "{name}"
        );
        assert!(!verdict.detail.is_empty(), "{name}");
        assert!(
            matches!(verdict.code.as_str(), "ready" | "ready-unrecognized")
                || verdict.next.is_some(),
            "{name}"
        );
    }
}

#[test]
fn a_version_that_is_none_is_not_shown() {
    let long = "9".repeat(LONGEST_VERSION + 1);
    for (said, shown) in [
        ("1.43.0-rc.1+x", Some("1.43.0-rc.1+x")),
        ("\u{1b}]0;title\u{7}1", None),
        ("1\n2", None),
        ("", None),
        (&long, None),
    ] {
        let body = format!("{}", serde_json::json!({ "version": said }));
        let body = document::parse(&body).unwrap().root;
        assert_eq!(version(Some(&body)).as_deref(), shown, "{said:?}");
    }
}

#[test]
fn a_transport_that_fails_is_named() {
    let mut said = Vec::new();
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
        assert!(!said.contains(&verdict.detail), "{verdict:?}");
        said.push(verdict.detail);
    }
}

#[test]
fn without_keys_nothing_is_asked_with_one() {
    let settings = Settings {
        access_key: AccessKeyMode::Off,
        ..Settings::default()
    };
    let Step::Ask(probes) = judge(&settings, None, &[answer(ROOT, 200, MERIDIAN_ROOT)]) else {
        panic!()
    };
    assert!(probes.iter().all(|probe| !probe.with_key));
    let verdict = round(
        &settings,
        None,
        &[(ROOT, 200, MERIDIAN_ROOT), (HEALTH, 200, HEALTHY)],
    );
    assert_eq!((verdict.code.as_str(), verdict.next), ("ready", None));
}
