//! Reads the output of `claude auth status`.

use super::AuthStatus;
use crate::document::{self, Value};
use crate::health::Login;

/// The login that the CLI claims. `status` is `None` if there is no CLI or it did not answer in time.
pub fn judge(status: Option<&AuthStatus>) -> Login {
    status.map_or(Login::Unknown, |status| read(status).0)
}

/// The login that the CLI claims, and its whole answer.
pub(crate) fn read(status: &AuthStatus) -> (Login, Option<Value>) {
    let body = document::parse(&status.output)
        .ok()
        .map(|parsed| parsed.root);
    let logged_in = body.as_ref().and_then(|body| body.get("loggedIn"));
    let login = match (status.code, logged_in.and_then(Value::as_bool)) {
        (Some(0), Some(true)) => Login::Claimed,
        // A CLI without a login answers too, with exit code 1.
        (_, Some(false)) => Login::None,
        // An unknown format, or a claim together with a failure.
        _ => Login::Unknown,
    };
    (login, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_counts_where_nothing_failed() {
        for (code, output, login) in [
            (Some(0), r#"{"loggedIn":true}"#, Login::Claimed),
            (Some(0), "{\n  \"loggedIn\": true\n}\n", Login::Claimed),
            (Some(1), r#"{"loggedIn":false}"#, Login::None),
            (Some(0), r#"{"loggedIn":false}"#, Login::None),
            (Some(1), r#"{"loggedIn":true}"#, Login::Unknown),
            (None, r#"{"loggedIn":true}"#, Login::Unknown),
            (Some(0), r#"{"loggedIn":"yes"}"#, Login::Unknown),
            (Some(0), "Logged in.", Login::Unknown),
            (Some(0), "", Login::Unknown),
        ] {
            let output = output.to_owned();
            let status = AuthStatus { code, output };
            assert_eq!(judge(Some(&status)), login, "{status:?}");
        }
        assert_eq!(judge(None), Login::Unknown);
    }
}
