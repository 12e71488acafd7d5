use super::configuration::Alias;
use super::*;
use crate::auth::AuthStatus;
use crate::health::{self, Login, Verdict};
use crate::report::{Finding, Report, Route, Severity};

/// Nothing was looked at.
pub(super) fn facts() -> Facts {
    fn not_looked<T>() -> Result<T, String> {
        Err("it was not looked at".to_owned())
    }
    Facts {
        platform: not_looked(),
        oauth_token: not_looked(),
        claude_version: not_looked(),
        claude_elsewhere: None,
        claude_login: None,
        bun_version: None,
        node_version: None,
        runtime_elsewhere: None,
        openclaw_version: not_looked(),
        proxy: not_looked(),
        look: not_looked(),
        configuration: not_looked(),
        state_dir: not_looked(),
        disk_free: not_looked(),
        clock: 0,
        clock_written: None,
    }
}

/// A proxy here on port 3456, whose command has these words; its program is there.
pub(super) fn proxy(words: &str) -> Proxy {
    Proxy {
        elsewhere: None,
        port: 3456,
        command: Ok(Command {
            words: words.split(' ').map(str::to_owned).collect(),
            pinned: false,
            program: Ok("/usr/bin/x".to_owned()),
            elsewhere: None,
        }),
        key_file: None,
        keyed: true,
    }
}

/// A look that found a proxy; who listens is not known.
pub(super) fn look(readiness: Readiness, code: &str, login: Login) -> Look {
    Look {
        verdict: Verdict {
            login,
            ..health::verdict(readiness, code, "As it is.".to_owned(), None)
        },
        listener: Ok(Listener::default()),
        listed: Vec::new(),
    }
}

/// That a process of somebody else's listens.
pub(super) fn stranger() -> Result<Listener, String> {
    Ok(Listener {
        ours: None,
        seen: true,
        pid: Some(4312),
        command: Some("python3 -m http.server".to_owned()),
    })
}

/// A proxy of which only this was found.
pub(super) fn found(look: Look) -> Facts {
    Facts {
        proxy: Ok(proxy("x")),
        look: Ok(look),
        ..facts()
    }
}

/// What `claude auth status` said.
pub(super) fn said(code: i32, output: &str) -> Option<AuthStatus> {
    let output = output.to_owned();
    Some(AuthStatus {
        code: Some(code),
        output,
    })
}

/// A configuration with these findings that keep it open.
pub(super) fn configuration(findings: Vec<Finding>) -> Configuration {
    Configuration {
        report: Report {
            closed: findings.is_empty(),
            findings,
            ..Report::default()
        },
        unread: Vec::new(),
        fix_helps: false,
        plugin: Ok((true, true)),
        alias: Alias::Nothing,
    }
}

/// A finding that keeps a file open.
pub(super) fn finding(severity: Severity, code: &str) -> Finding {
    Finding {
        severity,
        code: code.to_owned(),
        path: String::new(),
        leads_to: String::new(),
        message: "m".to_owned(),
        fix: "Correct it.".to_owned(),
    }
}

/// A route to a model that is the default.
pub(super) fn default_route(leads_to: &str) -> Route {
    Route {
        path: "agents.defaults.model.primary".to_owned(),
        leads_to: leads_to.to_owned(),
        closed: true,
    }
}

pub(super) fn check(facts: &Facts, id: &str) -> Check {
    of(examine(facts), id)
}

/// The check of facts whose configuration is already judged.
pub(super) fn check_with(facts: &Facts, configuration: Configuration, id: &str) -> Check {
    let installation = Installation {
        facts,
        configuration: Ok(configuration),
    };
    of(run_checks(&installation), id)
}

fn of(checks: Vec<Check>, id: &str) -> Check {
    checks.into_iter().find(|check| check.id == id).unwrap()
}

#[test]
fn every_id_of_the_contract_is_there() {
    let ids: Vec<String> = examine(&facts()).into_iter().map(|c| c.id).collect();
    let known = "platform claude-cli login oauth-token runtime proxy-command proxy-pinned port health identity access-key \
                 key-file proxy-kind config-closed default-model model-alias plugin-enabled hooks-permission \
                 openclaw-version state-dir disk clock";
    assert_eq!(ids.join(" "), known);
}

#[test]
fn what_fails_has_a_fix_and_what_is_not_known_is_not_a_pass() {
    for check in examine(&facts()) {
        assert_ne!(check.status, Status::Pass, "{}", check.id);
        assert!(
            check.status != Status::Fail || check.fix.is_some(),
            "{}",
            check.id
        );
    }
}

#[test]
fn a_place_that_is_wrong_is_told() {
    let of = |state_dir, disk_free| {
        let facts = Facts {
            state_dir,
            disk_free,
            ..facts()
        };
        (
            check(&facts, "state-dir").status,
            check(&facts, "disk").status,
        )
    };
    assert_eq!(
        of(Ok(None), Ok(MIN_FREE_BYTES)),
        (Status::Pass, Status::Pass)
    );
    assert_eq!(
        of(Ok(Some("It is a link.".to_owned())), Ok(MIN_FREE_BYTES - 1)),
        (Status::Fail, Status::Fail)
    );
}
