//! Tests of the switches.

use std::time::Duration;

use super::table::switches;
use super::*;
use crate::environment::Environment;

fn given(args: &[&str], environment: &[(&str, &str)]) -> Result<Mode, String> {
    let environment = Environment::of(environment);
    parse(args.iter().map(|arg| (*arg).to_owned()), &environment)
}

fn proxy(args: &[&str], environment: &[(&str, &str)]) -> Switches {
    match given(args, environment) {
        Ok(Mode::Proxy(switches)) => switches,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_flag_wins_over_its_variable_and_an_empty_variable_is_unset() {
    let environment = [
        ("FAKE_PROXY_SLOW_START_MS", "7"),
        ("FAKE_PROXY_HANG", ""),
        ("OTHER", "x"),
    ];
    assert_eq!(
        proxy(&[], &environment).slow_start,
        Duration::from_millis(7)
    );
    assert!(!proxy(&[], &environment).hang);
    let switches = proxy(&["--slow-start-ms", "9", "--hang"], &environment);
    assert_eq!(switches.slow_start, Duration::from_millis(9));
    assert!(switches.hang);
}

#[test]
fn what_is_not_understood_is_refused() {
    let bad = |args: &[&str], environment: &[(&str, &str)]| given(args, environment).unwrap_err();
    assert_eq!(
        bad(&["--hangs"], &[]),
        "there is no switch `--hangs`; see --help"
    );
    assert_eq!(
        bad(&[], &[("FAKE_PROXY_HANGS", "1")]),
        "there is no switch `FAKE_PROXY_HANGS`; see --help"
    );
    assert_eq!(bad(&["--port"], &[]), "`--port` needs a value; see --help");
    assert_eq!(
        bad(&["4000"], &[]),
        "`4000` has no meaning here; see --help"
    );
    assert_eq!(
        bad(&[], &[("FAKE_PROXY_LOGIN", "maybe")]),
        "`--login` (or FAKE_PROXY_LOGIN) is `maybe`; accepted: ok, token, degraded, unhealthy, rejected, at-start"
    );
    for args in [["--messages-status", "200"], ["--slow-start-ms", "-1"]] {
        assert!(given(&args, &[]).is_err(), "{args:?}");
    }
}

#[test]
fn every_switch_is_read_and_documented() {
    let readme = include_str!("../../README.md");
    assert_eq!(switches().count(), 21);
    for (name, _) in switches() {
        // A value that nothing accepts shows that the switch is looked at; free text is taken as it is.
        let free_text = ["port", "host", "key", "requests", "say"].contains(&name);
        let flag = format!("--{}=\u{1}", name);
        assert_eq!(given(&[&flag], &[]).is_err(), !free_text, "{}", name);
        assert!(
            readme.contains(&format!("| `--{}", name)),
            "{} is not in the README",
            name
        );
    }
}
