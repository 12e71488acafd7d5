//! Tests of the switches.

use std::ffi::OsString;
use std::time::Duration;

use super::table::SWITCHES;
use super::values::SwitchError;
use super::*;

fn given(args: &[&str], environment: &[(&str, &str)]) -> Result<Mode, SwitchError> {
    let environment: Vec<_> = environment
        .iter()
        .map(|(key, value)| (OsString::from(key), OsString::from(value)))
        .collect();
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
    let bad = |args: &[&str], environment: &[(&str, &str)]| {
        given(args, environment).unwrap_err().to_string()
    };
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
    for switch in SWITCHES {
        // A value that nothing accepts shows that the switch is looked at; free text is taken as it is.
        let free_text = ["port", "host", "key", "requests", "say"].contains(&switch.name);
        let flag = format!("--{}=\u{1}", switch.name);
        assert_eq!(given(&[&flag], &[]).is_err(), !free_text, "{}", switch.name);
        assert!(
            readme.contains(&format!("| `--{}", switch.name)),
            "{} is not in the README",
            switch.name
        );
    }
}
