use super::*;
use crate::settings::Api;

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
                    seen.push(Observation::answered(&probe.id, status, body));
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
#[rustfmt::skip]
fn every_shape_has_its_own_verdict() {
    type Said = (&'static str, u16, &'static str);
    const KEYED: &[Said] = &[(WITHOUT_KEY, 401, ""), (WITH_KEY, 200, "meridian_x 1")];
    const KEYLESS: &[Said] = &[(WITHOUT_KEY, 200, "{}"), (WITH_KEY, 200, "")];
    const REFUSED: &[Said] = &[(WITHOUT_KEY, 401, ""), (WITH_KEY, 401, "")];
    const OLDER: &[Said] = &[
        (WITHOUT_KEY, 401, ""),
        (WITH_KEY, 404, ""),
        (WITH_KEY_AGAIN, 200, "{}"),
    ];
    const OPENAI: &str = r#"{"status":"ok","provider":"claude-code-cli"}"#;
    let root = |status: u16, body: &'static str, health: Said| vec![(ROOT, status, body), health];
    let meridian = |status: u16, health: &'static str, keys: &[Said]| {
        let mut table = root(200, MERIDIAN_ROOT, (HEALTH, status, health));
        table.extend_from_slice(keys);
        table
    };
    let mut older_name = meridian(200, HEALTHY, KEYED);
    older_name[0].2 = r#"{"status":"ok","service":"claude-max-proxy"}"#;
    let nothing = (HEALTH, 404, "");
    let (ours, theirs) = (Some(true), Some(false));
    use KeyCheck::{Enforced, NotEnforced, Rejected, Unchecked};
    use Login::{Claimed, None as NoLogin, Unknown};
    use Readiness::{Foreign, Ready, Unhealthy};
    for (table, owned, readiness, code, login, key) in [
        (meridian(200, HEALTHY, KEYED), ours, Ready, "ready", Claimed, Enforced),
        (meridian(200, HEALTHY, KEYED), None, Ready, "ready", Claimed, Enforced),
        (meridian(200, DEGRADED, KEYED), ours, Ready, "ready", Unknown, Enforced),
        (meridian(503, LOGGED_OUT, KEYED), ours, Ready, "logged-out", NoLogin, Enforced),
        (meridian(200, LOGGED_OUT, KEYED), ours, Ready, "logged-out", NoLogin, Enforced),
        (meridian(500, "busy", KEYED), ours, Ready, "ready", Unknown, Enforced),
        (meridian(200, HEALTHY, OLDER), ours, Ready, "ready", Claimed, Enforced),
        (older_name, ours, Ready, "ready", Claimed, Enforced),
        (meridian(200, HEALTHY, KEYLESS), ours, Ready, "ready-key-not-enforced", Claimed, NotEnforced),
        (meridian(200, HEALTHY, REFUSED), theirs, Foreign, "key-rejected", Claimed, Rejected),
        (meridian(200, HEALTHY, REFUSED), ours, Unhealthy, "key-rejected", Claimed, Rejected),
        (root(404, "{}", (HEALTH, 200, OPENAI)), ours, Unhealthy, "wrong-api", Unknown, Unchecked),
        (root(404, "{}", (HEALTH, 200, OPENAI)), theirs, Foreign, "wrong-api", Unknown, Unchecked),
        (root(200, "<html>", nothing), theirs, Foreign, "wrong-service", Unknown, Unchecked),
        (root(404, "<html>", nothing), ours, Unhealthy, "wrong-service", Unknown, Unchecked),
        (root(200, "ok", (HEALTH, 200, "{}")), ours, Ready, "ready-unrecognized", Unknown, Unchecked),
        (vec![(ROOT, 500, "")], ours, Unhealthy, "server-error", Unknown, Unchecked),
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
            "{owned:?} {table:?}"
        );
        assert!(!verdict.detail.is_empty(), "{verdict:?}");
        assert!(
            matches!(verdict.code.as_str(), "ready" | "ready-unrecognized")
                || verdict.next.is_some(),
            "{verdict:?}"
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
    let Step::Ask(probes) = judge(
        &settings,
        None,
        &[Observation::answered(ROOT, 200, MERIDIAN_ROOT)],
    ) else {
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
