//! Who answers on the port: whether it is the proxy, and takes our key.

use super::{Judgment, Known, Listener, Look, fail, pass, unknown, warn};
use crate::health::{KeyCheck, Readiness};
use crate::{ID, advice, proxy_kind};

/// Who holds the port.
enum Holder<'f> {
    /// Nobody.
    Free,
    /// The proxy that the supervisor started.
    Ours(&'f Listener),
    /// A proxy of the user's own.
    Attached(&'f Listener),
    /// Another program.
    Stranger(&'f Listener),
}

impl<'f> Holder<'f> {
    /// # Errors
    /// Where nobody can vouch for who listens.
    fn of(look: &'f Look) -> Result<Self, &'f str> {
        if look.verdict.code == "refused" {
            return Ok(Self::Free);
        }
        let listener = look.listener.as_ref().map_err(String::as_str)?;
        Ok(match (listener.ours, look.verdict.readiness) {
            (Some(true), _) => Self::Ours(listener),
            (_, Readiness::Ready) => Self::Attached(listener),
            _ => Self::Stranger(listener),
        })
    }
}

/// A process, as far as it is known.
fn shown(listener: &Listener) -> String {
    if !listener.seen {
        return "? a process that cannot be seen from here".to_owned();
    }
    let pid = listener.pid.map(|pid| pid.to_string());
    format!(
        "{} {}",
        pid.as_deref().unwrap_or("?"),
        listener.command.as_deref().unwrap_or("?")
    )
}

/// The port's number, for people.
fn number(f: &Known<'_>) -> String {
    let port = f.proxy.as_ref().map(|proxy| proxy.port.to_string());
    port.unwrap_or_else(|_| "?".to_owned())
}

/// The look at the port with who holds it, or what is said without.
fn looked<'f>(f: &'f Known<'_>) -> Result<(&'f Look, Holder<'f>), Judgment> {
    let look = f.look.as_ref().map_err(|why| unknown(why))?;
    Ok((look, Holder::of(look).map_err(unknown)?))
}

pub(super) fn port(f: &Known<'_>) -> Judgment {
    let number = number(f);
    match looked(f).map(|(_, holder)| holder) {
        Err(judged) => judged,
        Ok(holder) if let Some(host) = f.elsewhere() => match holder {
            Holder::Free => fail(
                format!("nothing listens on {host}:{number}"),
                format!("Start the proxy on {host}."),
            ),
            Holder::Ours(_) | Holder::Attached(_) => pass(format!("{number}: the proxy on {host}")),
            Holder::Stranger(_) => fail(
                format!("another program answers on {host}:{number}"),
                free_the_port(f),
            ),
        },
        Ok(Holder::Free) => pass(format!("{number} is free")),
        Ok(Holder::Ours(who)) => pass(format!("{number}: the proxy ({})", shown(who))),
        Ok(Holder::Attached(who)) => pass(format!("{number}: your own proxy ({})", shown(who))),
        Ok(Holder::Stranger(who)) => fail(stranger(f, who), free_the_port(f)),
    }
}

/// What a probe of the proxy gave.
pub(super) fn health(f: &Known<'_>) -> Judgment {
    let verdict = match &f.look {
        Ok(look) => &look.verdict,
        Err(why) => return unknown(why),
    };
    let detail = verdict.detail.clone();
    match (verdict.readiness, verdict.code.as_str()) {
        (Readiness::Ready, _) => pass(detail),
        (Readiness::Starting, _) if let Some(host) = f.elsewhere() => {
            fail(detail, format!("Start the proxy on {host}."))
        }
        (Readiness::Starting, "refused") => warn(detail, "openclaw gateway run"),
        (Readiness::Starting, _) => warn(detail, "claude-proxy status --watch"),
        (Readiness::Foreign, _) => fail(detail, free_the_port(f)),
        (Readiness::Unhealthy, _) if let Some(host) = f.elsewhere() => fail(
            detail,
            format!("See on {host} whether the proxy runs, and restart it there."),
        ),
        (Readiness::Unhealthy, _) => fail(detail, "claude-proxy restart"),
    }
}

/// Whether it is the proxy.
pub(super) fn identity(f: &Known<'_>) -> Judgment {
    let (look, holder) = match looked(f) {
        Ok(looked) => looked,
        Err(judged) => return judged,
    };
    let verdict = &look.verdict;
    match verdict.readiness {
        _ if matches!(holder, Holder::Free) => pass("nothing listens"),
        Readiness::Unhealthy if verdict.name.is_some() => pass("recognized"),
        Readiness::Foreign | Readiness::Unhealthy => fail(&verdict.detail, free_the_port(f)),
        Readiness::Ready | Readiness::Starting => pass("recognized"),
    }
}

/// Whether it takes our key, and no request without it.
pub(super) fn access_key(f: &Known<'_>) -> Judgment {
    let (look, holder) = match looked(f) {
        Ok(looked) => looked,
        Err(judged) => return judged,
    };
    if f.proxy.as_ref().is_ok_and(|proxy| !proxy.keyed) {
        return warn(
            "keys are turned off: any local program and any web page may use the proxy",
            format!("openclaw config unset plugins.entries.{ID}.config.accessKey"),
        );
    }
    match look.verdict.key {
        KeyCheck::Enforced => pass("refused without the key, accepted with it"),
        KeyCheck::NotEnforced | KeyCheck::Rejected if let Some(host) = f.elsewhere() => fail(
            "the proxy does not ask for the key of this machine",
            format!(
                "Start it on {host} with that key (`claude-proxy key path` names the file), or set keyFile to a file with its own."
            ),
        ),
        KeyCheck::NotEnforced => warn(
            "the proxy does not ask for it: any local program and any web page may use it",
            "Take a proxy, or a version of it, that knows access keys (docs/proxies.md).",
        ),
        KeyCheck::Rejected => fail(
            "the proxy was started with another key",
            match holder {
                Holder::Stranger(_) => free_the_port(f),
                _ => "claude-proxy restart".to_owned(),
            },
        ),
        KeyCheck::Unchecked => pass("not asked; nothing listens"),
    }
}

/// The command that takes the verdict's next step.
fn command<'f>(f: &'f Known<'_>) -> Option<&'f str> {
    f.looked()?.verdict.command.as_deref()
}

/// How to go to another port; `None` where the present one is not known.
fn move_away(f: &Known<'_>) -> Option<String> {
    let port = f.proxy.as_ref().ok()?.port;
    (port > 0).then(|| advice::other_port_command(port))
}

/// What to do about the program on the port: a proxy that can be used is used, any other program is left alone, and the
/// plugin's own proxy goes to another port. To end the program is the user's to decide.
fn free_the_port(f: &Known<'_>) -> String {
    if let Some(command) = command(f) {
        return command.to_owned();
    }
    if let Some(host) = f.elsewhere() {
        return format!(
            "See on {host} what listens on the port, or log in again with another host or port."
        );
    }
    move_away(f)
        .unwrap_or_else(|| "Stop that program, or log in again with another port.".to_owned())
}

/// What holds the port, with the ways to go on that the fix is not.
fn stranger(f: &Known<'_>, who: &Listener) -> String {
    let name = f.looked().and_then(|look| look.verdict.name.as_deref());
    let kind = name.and_then(proxy_kind::by_name);
    let title = kind.map_or_else(String::new, |kind| format!(", which is {}", kind.title));
    let go = move_away(f).filter(|_| command(f).is_some());
    let go = go.map(|command| format!("move with `{command}`"));
    let end = who.pid.map(|pid| format!("end it with `kill {pid}`"));
    let ways: Vec<String> = go.into_iter().chain(end).collect();
    let ways = match ways.is_empty() {
        true => String::new(),
        false => format!(" (or {})", ways.join(", or ")),
    };
    format!("{} is held by {}{title}{ways}", number(f), shown(who))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::tests::{check, found, look, stranger};
    use super::*;
    use crate::health::Login;

    fn with(readiness: Readiness, code: &str, key: KeyCheck) -> Look {
        let mut look = look(readiness, code, Login::Unknown);
        look.verdict.key = key;
        look.listener = stranger();
        look
    }

    fn judged(look: Look, id: &str) -> (Status, String) {
        let check = check(&found(look), id);
        (check.status, check.fix.unwrap_or(check.detail))
    }

    #[test]
    fn a_stranger_on_the_port_is_left_alone_and_named() {
        // A restart would not help where the listener is not ours.
        let foreign = with(Readiness::Foreign, "other", KeyCheck::Rejected);
        for id in ["port", "health", "identity", "access-key"] {
            assert_eq!(
                judged(foreign.clone(), id),
                (Status::Fail, "claude-proxy setup --port 3457".to_owned())
            );
        }
        let mut ours = foreign;
        ours.listener.as_mut().unwrap().ours = Some(true);
        assert_eq!(judged(ours, "access-key").1, "claude-proxy restart");
    }

    #[test]
    fn who_listens_is_told_as_far_as_it_is_known() {
        let ready = with(Readiness::Ready, "ready", KeyCheck::Enforced);
        let told = |look: &Look| judged(look.clone(), "port").1;
        assert!(told(&ready).contains("your own proxy (4312 python3"));
        let mut ours = ready.clone();
        ours.listener = Ok(Listener {
            ours: Some(true),
            ..Listener::default()
        });
        assert!(told(&ours).contains("the proxy (? a process that cannot be seen"));
        let free = with(Readiness::Starting, "refused", KeyCheck::Unchecked);
        for (id, words) in [
            ("port", "3456 is free"),
            ("identity", "nothing listens"),
            ("access-key", "nothing listens"),
        ] {
            let (status, told) = judged(free.clone(), id);
            assert_eq!(status, Status::Pass);
            assert!(told.contains(words), "{told}");
        }
        // Where nobody vouches for the listener nothing is said of it.
        let mut unvouched = ready;
        unvouched.listener = Err("no helper".to_owned());
        for id in ["port", "identity", "access-key"] {
            assert_eq!(judged(unvouched.clone(), id).0, Status::Unknown);
        }
    }
}
