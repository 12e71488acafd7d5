//! The health policy: any answers lead to a verdict, nothing is recognized as ours without the key or the kernel's
//! word, and the texts are short and printable.
#![no_main]

use arbitrary::{Result, Unstructured};
use claude_proxy_provider::health::{
    Diagnosis, Exit, KeyCheck, Observation, Outcome, Readiness, Response, Judgment, diagnose, judge,
    judge_with_models,
};
use claude_proxy_provider::proxy_kind;
use claude_proxy_provider::settings::{AccessKeyMode, Settings};
use libfuzzer_sys::fuzz_target;

const BODIES: [&str; 8] = [
    r#"{"status":"ok","service":"meridian","format":"anthropic"}"#,
    r#"{"status":"healthy","version":"1.43.0","auth":{"loggedIn":true},"mode":"internal"}"#,
    r#"{"status":"ok","provider":"claude-code-cli"}"#,
    r#"{"status":"degraded","error":"Could not verify auth status"}"#,
    "meridian_requests_total 1",
    r#"{"message":"LLMs API","version":"1.0.51"}"#,
    "<!DOCTYPE html><title>LiteLLM API - Swagger UI</title>",
    r#"{"message":"CLI Proxy API Server"}"#,
];
/// Longest sentence that a verdict may hold, in characters.
const LONGEST: usize = 600;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Unstructured::new(bytes);
    let _ = run(&mut input);
});

fn run(input: &mut Unstructured<'_>) -> Result<()> {
    let access_key = if input.arbitrary()? {
        AccessKeyMode::Generated
    } else {
        AccessKeyMode::Off
    };
    let named = proxy_kind::KINDS.iter().map(|kind| kind.name);
    let names: Vec<&str> = named.chain([proxy_kind::AUTO]).collect();
    let settings = Settings {
        access_key,
        proxy: (*input.choose(&names)?).to_owned(),
        key_file: (access_key == AccessKeyMode::Generated && input.arbitrary()?)
            .then(|| "/home/u/key".to_owned()),
        ..Settings::default()
    };
    let owned: Option<bool> = input.arbitrary()?;
    let mut seen: Vec<Observation> = Vec::new();
    let mut rounds = 0;
    let verdict = loop {
        match judge(&settings, owned, &seen) {
            Judgment::Judged(verdict) => break verdict,
            Judgment::Ask(probes) => {
                assert!(!probes.is_empty(), "asks nothing");
                rounds += 1;
                assert!(rounds <= 4, "asks on and on");
                for probe in probes {
                    assert!(
                        seen.iter().all(|o| o.id != probe.id),
                        "asks {} again",
                        probe.id
                    );
                    seen.push(Observation {
                        id: probe.id,
                        outcome: outcome(input)?,
                        elapsed_ms: input.arbitrary()?,
                    });
                }
            }
        }
    };
    let keyed = settings.access_key == AccessKeyMode::Generated;
    if verdict.key == KeyCheck::Enforced {
        assert!(keyed, "a key that was never given");
    }
    if verdict.readiness == Readiness::Ready && verdict.code == "ready" && keyed {
        assert_eq!(verdict.key, KeyCheck::Enforced, "{verdict:?}");
    }
    let shown = [
        Some(&verdict.detail),
        verdict.next.as_ref(),
        verdict.command.as_ref(),
        verdict.name.as_ref(),
        verdict.version.as_ref(),
    ];
    shown.into_iter().flatten().for_each(|text| harmless(text));
    if let Judgment::Judged(verdict) = judge_with_models(&settings, &seen) {
        harmless(&verdict.detail);
    }

    let exit = Exit {
        code: input.arbitrary()?,
        signal: input.arbitrary()?,
        ran_ms: input.arbitrary()?,
        was_ready: input.arbitrary()?,
        output: input.arbitrary()?,
    };
    let Diagnosis { code, reason, .. } = diagnose(&settings, &exit);
    assert!(!code.is_empty() && !reason.is_empty());
    Ok(())
}

fn outcome(input: &mut Unstructured<'_>) -> Result<Outcome> {
    Ok(match input.int_in_range(0..=9)? {
        0 => Outcome::Refused,
        1 => Outcome::TimedOut,
        2 => Outcome::NotHttp("hello".to_owned()),
        3 => Outcome::Tls,
        _ => Outcome::Response(Response {
            status: *input.choose(&[200, 401, 403, 404, 500, 503, 302])?,
            headers: Vec::new(),
            body: if input.ratio(2, 3)? {
                (*input.choose(&BODIES)?).to_owned()
            } else {
                let text: String = input.arbitrary()?;
                if input.arbitrary()? {
                    serde_json::json!({"service": "meridian", "status": "healthy", "version": text})
                        .to_string()
                } else {
                    text
                }
            },
        }),
    })
}

fn harmless(text: &str) {
    assert!(
        !text.contains(char::is_control),
        "control characters: {text:?}"
    );
    assert!(
        text.chars().count() <= LONGEST,
        "{} characters",
        text.chars().count()
    );
}
