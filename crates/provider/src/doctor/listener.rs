//! Who answers on the port: whether it is the proxy, and takes our key.

use super::proxy::{free_the_port, stranger};
use super::{Facts, Judgment, elsewhere, fail, pass, unknown, warn};
use crate::ID;

pub(super) fn port(f: &Facts<'_>) -> Judgment {
    let number = f.get("port").unwrap_or("?");
    match f.get("port-owner") {
        Ok(owner) if let Some(host) = elsewhere(f) => match owner.split_once(' ') {
            None => fail(
                format!("nothing listens on {host}:{number}"),
                format!("Start the proxy on {host}."),
            ),
            Some(("attached" | "ours", _)) => pass(format!("{number}: the proxy on {host}")),
            Some(_) => fail(
                format!("another program answers on {host}:{number}"),
                free_the_port(f),
            ),
        },
        Ok("free") => pass(format!("{number} is free")),
        Ok(owner) => match owner.split_once(' ') {
            Some(("ours", who)) => pass(format!("{number}: the proxy ({who})")),
            Some(("attached", who)) => pass(format!("{number}: your own proxy ({who})")),
            Some(("stranger", who)) => fail(stranger(f, who), free_the_port(f)),
            _ => unknown(owner),
        },
        Err(why) => unknown(&why),
    }
}

/// What a probe of the proxy gave.
pub(super) fn health(f: &Facts<'_>) -> Judgment {
    match f.get("health") {
        Ok(text) => {
            let mut words = text.splitn(3, ' ');
            let readiness = words.next().unwrap_or("");
            let code = words.next().unwrap_or("");
            let detail = words.next().unwrap_or("").to_owned();
            match (readiness, code) {
                ("ready", _) => pass(detail),
                ("starting", _) if let Some(host) = elsewhere(f) => {
                    fail(detail, format!("Start the proxy on {host}."))
                }
                ("starting", "refused") => warn(detail, "openclaw gateway run"),
                ("starting", _) => warn(detail, "claude-proxy status --watch"),
                ("foreign", _) => fail(detail, free_the_port(f)),
                _ if let Some(host) = elsewhere(f) => fail(
                    detail,
                    format!("See on {host} whether the proxy runs, and restart it there."),
                ),
                _ => fail(detail, "claude-proxy restart"),
            }
        }
        Err(why) => unknown(&why),
    }
}

/// Whether it is the proxy.
pub(super) fn identity(f: &Facts<'_>) -> Judgment {
    match f.get("identity") {
        Ok("yes") => pass("recognized"),
        Ok("none") => pass("nothing listens"),
        Ok(other) => fail(other, free_the_port(f)),
        Err(why) => unknown(&why),
    }
}

/// Whether it takes our key, and no request without it.
pub(super) fn access_key(f: &Facts<'_>) -> Judgment {
    match f.get("access-key") {
        Ok("enforced") => pass("refused without the key, accepted with it"),
        Ok("off") => warn(
            "keys are turned off: any local program and any web page may use the proxy",
            format!("openclaw config unset plugins.entries.{ID}.config.accessKey"),
        ),
        Ok("not-enforced" | "rejected") if let Some(host) = elsewhere(f) => fail(
            "the proxy does not ask for the key of this machine",
            format!(
                "Start it on {host} with that key (`claude-proxy key path` names the file), or set keyFile to a file with its own."
            ),
        ),
        Ok("not-enforced") => warn(
            "the proxy does not ask for it: any local program and any web page may use it",
            "Take a proxy, or a version of it, that knows access keys (docs/proxies.md).",
        ),
        Ok("rejected") => fail(
            "the proxy was started with another key",
            match f.get("port-owner") {
                Ok(owner) if owner.starts_with("stranger ") => free_the_port(f),
                _ => "claude-proxy restart".to_owned(),
            },
        ),
        Ok(_) => pass("not asked; nothing listens"),
        Err(why) => unknown(&why),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::tests::status;

    #[test]
    fn a_stranger_on_the_port_is_left_alone_and_named() {
        // A restart would not help where the listener is not ours.
        let stranger = ("port-owner", "stranger 4312 python3 -m http.server");
        for (fact, id) in [
            (("port", "3456"), "port"),
            (
                ("health", "foreign other Another program answers."),
                "health",
            ),
            (("identity", "Another program answers."), "identity"),
            (("access-key", "rejected"), "access-key"),
        ] {
            let (result, fix) = status(&[("port", "3456"), stranger, fact], id);
            let fix = fix.unwrap();
            assert_eq!(
                (result, fix.as_str()),
                (Status::Fail, "claude-proxy setup --port 3457")
            );
        }
        assert_eq!(
            status(&[("access-key", "rejected")], "access-key")
                .1
                .as_deref(),
            Some("claude-proxy restart")
        );
        assert_eq!(status(&[("port-owner", "free")], "port").0, Status::Pass);
    }
}
