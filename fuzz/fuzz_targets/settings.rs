//! Settings: what is accepted can be used, is the same after a round trip, and never listens on every interface.
#![no_main]

use std::net::IpAddr;

use claude_proxy_provider::document::{Value, parse};
use claude_proxy_provider::settings::{self, Settings};
use claude_proxy_provider::{Error, health, launch};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // A provider entry may follow the settings.
    let (own, entry) = text.split_once('\n').unwrap_or((text, "null"));
    let alone = settings::parse(own);
    check(&alone);
    let (Ok(own), Ok(entry)) = (parse(own), parse(entry)) else {
        return;
    };
    if entry.root != Value::Null {
        check(&settings::from_parts(Some(&own.root), Some(&entry.root)));
    }
});

fn check(read: &Result<Settings, Error>) {
    let settings = match read {
        Ok(settings) => settings,
        Err(error) => {
            let problems = &error.problems;
            assert!(!problems.is_empty(), "refused without a reason");
            for problem in problems {
                for said in [&problem.code, &problem.accepted, &problem.next] {
                    assert!(!said.is_empty(), "{problem:?}");
                }
                let said = problem.to_string();
                assert!(
                    !said.contains(['\u{1b}', '\u{9b}', '\u{7f}', '\r']),
                    "{said:?}"
                );
            }
            return;
        }
    };
    assert!(settings.port > 0);
    assert!(!settings.listen_address.is_empty());
    assert!(
        !settings
            .listen_address
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_unspecified()),
        "every interface: {}",
        settings.listen_address
    );
    assert!(!settings.models.is_empty());
    assert!(
        settings
            .command
            .first()
            .is_some_and(|program| !program.is_empty())
    );
    let text = serde_json::to_string(settings).expect("settings are JSON");
    assert_eq!(
        settings::parse(&text).as_ref(),
        Ok(settings),
        "the same again"
    );
    let names = [
        "PATH",
        "ANTHROPIC_API_KEY",
        "AWS_PROFILE",
        "SECRET",
        "MERIDIAN_HOST",
    ];
    let names = names.map(str::to_owned);
    if let Ok(plan) = launch::launch(settings, &names) {
        for name in ["ANTHROPIC_API_KEY", "AWS_PROFILE"] {
            assert!(
                !plan.inherit.iter().any(|passed| passed == name),
                "{name} is passed on"
            );
        }
        assert!(plan.environment.iter().all(|(_, value)| !value.is_empty()));
        assert!(
            plan.environment
                .iter()
                .any(|(name, _)| name == "MERIDIAN_HOST")
        );
    }
    assert!(matches!(
        health::judge(settings, None, &[]),
        health::Judgment::Ask(_)
    ));
}
