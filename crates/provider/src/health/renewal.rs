//! Warns of a login that ends soon, if the proxy's `/health` reports it (Meridian from 1.58 on).

use super::next_steps::at_proxy;
use super::{Login, Readiness, Verdict};
use crate::document::Value;
use crate::settings::Settings;

/// The code of the verdict on a usable proxy whose login ends soon.
pub const CODE: &str = "renewal-soon";
/// The beginning of the sentence about the end of the login.
const SENTENCE: &str = "Its Claude login ends ";
/// A login with at most so many days left ends soon, if the proxy does not say that itself.
const SOON_DAYS: u64 = 7;

/// The next step for the user.
const LOG_IN: &str =
    "Run `claude auth login`, or on a machine without a browser `claude setup-token`, before then.";

/// Adds to the verdict on a usable proxy that its login ends soon. `body` is the answer of `/health`.
pub fn with_renewal(settings: &Settings, verdict: Verdict, body: Option<&Value>) -> Verdict {
    let usable = verdict.readiness == Readiness::Ready && verdict.login == Login::Claimed;
    let Some(when) = body.and_then(when).filter(|_| usable) else {
        return verdict;
    };
    let step = at_proxy(settings, LOG_IN);
    Verdict {
        code: CODE.to_owned(),
        detail: format!("{} {SENTENCE}{when}.", verdict.detail),
        next: Some(match &verdict.next {
            Some(first) => format!("{first} {step}"),
            None => step,
        }),
        ..verdict
    }
}

/// The sentence about the end of the login in a verdict, if it has one.
pub fn sentence(verdict: &Verdict) -> Option<&str> {
    let detail = (verdict.code == CODE).then_some(&verdict.detail)?;
    detail.get(detail.find(SENTENCE)?..)
}

/// When the login ends, in words; `None` if it does not end soon or that is not known.
fn when(body: &Value) -> Option<String> {
    let auth = body.get("auth")?;
    let days = auth.get("daysUntilRenewal").and_then(Value::as_u64);
    let soon = auth.get("renewalRequiredSoon").and_then(Value::as_bool);
    match (soon, days) {
        (Some(false), _) | (None, None) => None,
        (None, Some(days)) if days > SOON_DAYS => None,
        (_, Some(0)) => Some("today".to_owned()),
        (_, Some(1)) => Some("in 1 day".to_owned()),
        (_, Some(days)) => Some(format!("in {days} days")),
        (Some(true), None) => Some("soon".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document, health};

    fn verdict() -> Verdict {
        let detail = "The proxy answers.".to_owned();
        Verdict {
            login: Login::Claimed,
            ..health::verdict(Readiness::Ready, "ready", detail, None)
        }
    }

    #[test]
    fn a_login_that_ends_soon_is_a_warning() {
        // When it ends, where that is reported, and what the proxy answers.
        for row in [
            "- {}",
            "- {daysUntilRenewal:30,renewalRequiredSoon:false}",
            "- {daysUntilRenewal:3,renewalRequiredSoon:false}",
            "- {daysUntilRenewal:30}",
            "in 7 days - {daysUntilRenewal:7}",
            "in 3 days - {daysUntilRenewal:3,renewalRequiredSoon:true}",
            "in 1 day - {daysUntilRenewal:1,renewalRequiredSoon:true}",
            "today - {daysUntilRenewal:0,renewalRequiredSoon:true}",
            "soon - {daysUntilRenewal:-2,renewalRequiredSoon:true}",
            "soon - {renewalRequiredSoon:true}",
            "- {renewalRequiredSoon:'yes'}",
        ] {
            let (when, auth) = row.split_once("- ").unwrap();
            let body = document::parse(&format!("{{auth:{auth}}}")).unwrap();
            let warned = with_renewal(&Settings::default(), verdict(), Some(&body.root));
            if when.is_empty() {
                assert_eq!(warned, verdict(), "{auth}");
                continue;
            }
            assert_eq!(warned.code, CODE, "{auth}");
            let end = format!("login ends {}.", when.trim());
            assert!(warned.detail.ends_with(&end), "{auth}");
            assert!(warned.next.unwrap().contains("claude auth login"));
        }
    }

    #[test]
    fn a_login_that_is_gone_or_not_ours_is_no_warning() {
        let body = document::parse(r#"{"auth":{"renewalRequiredSoon":true}}"#).unwrap();
        let none = Verdict {
            login: Login::None,
            ..verdict()
        };
        let foreign = Verdict {
            readiness: Readiness::Foreign,
            ..verdict()
        };
        for verdict in [none, foreign] {
            assert_eq!(
                with_renewal(&Settings::default(), verdict.clone(), Some(&body.root)),
                verdict
            );
        }
    }
}
