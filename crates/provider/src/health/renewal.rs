//! A login that ends soon, as the proxy's own health answer tells it (Meridian from 1.58 on): said while it still works.

use super::{Login, Readiness, Verdict};
use crate::document::Value;
use crate::settings::Settings;

/// The code of a verdict that is good, but not for long.
pub const CODE: &str = "renewal-soon";
/// How the sentence about it begins.
const SENTENCE: &str = "Its Claude login ends ";
/// From so many days before its end on a login is told, where the proxy has no opinion of its own.
const SOON_DAYS: u64 = 7;

/// The one next step.
pub fn next(settings: &Settings) -> String {
    let step = "Run `claude auth login`, or on a machine without a browser `claude setup-token`, before then.";
    if settings.is_local() {
        step.to_owned()
    } else {
        format!("On {}: {step}", settings.host)
    }
}

/// A verdict of a usable proxy, with the end of its login where that is near. `body` is what it answered on `/health`.
pub fn with_renewal(settings: &Settings, verdict: Verdict, body: Option<&Value>) -> Verdict {
    let usable = verdict.readiness == Readiness::Ready && verdict.login == Login::Claimed;
    let Some(when) = body.and_then(when).filter(|_| usable) else {
        return verdict;
    };
    Verdict {
        code: CODE.to_owned(),
        detail: format!("{} {SENTENCE}{when}.", verdict.detail),
        next: Some(match &verdict.next {
            Some(first) => format!("{first} {}", next(settings)),
            None => next(settings),
        }),
        ..verdict
    }
}

/// The sentence about the login in a verdict that tells its end.
pub fn sentence(verdict: &Verdict) -> Option<&str> {
    let detail = (verdict.code == CODE).then_some(&verdict.detail)?;
    detail.get(detail.find(SENTENCE)?..)
}

/// When the login ends, for people; `None` where that is not soon, or not told.
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
    fn a_login_that_ends_soon_is_told() {
        // When it ends, where that is told; and what the proxy says of days and of the end.
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
            let told = with_renewal(&Settings::default(), verdict(), Some(&body.root));
            if when.is_empty() {
                assert_eq!(told, verdict(), "{auth}");
                continue;
            }
            assert_eq!(told.code, CODE, "{auth}");
            let end = format!("login ends {}.", when.trim());
            assert!(told.detail.ends_with(&end), "{auth}");
            assert!(told.next.unwrap().contains("claude auth login"));
        }
    }

    #[test]
    fn a_login_that_is_gone_is_told_otherwise() {
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
