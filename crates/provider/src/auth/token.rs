//! What a headless token looks like.

use super::TokenState;

/// Beginning of a token that `claude setup-token` makes.
const PREFIX: &str = "sk-ant-oat";
/// Shorter than any token, in bytes.
const SHORTEST: usize = 40;

/// What can be said of `CLAUDE_CODE_OAUTH_TOKEN`, whose value goes nowhere from here; whether the vendor takes it only an answer
/// shows.
pub fn judge(token: Option<&str>) -> TokenState {
    match token {
        None | Some("") => TokenState::Absent,
        Some(text)
            if text.starts_with(PREFIX)
                && text.len() >= SHORTEST
                && text.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            TokenState::Present
        }
        Some(_) => TokenState::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_told_by_its_shape() {
        let whole = format!("sk-ant-oat01-{}", "aA0_-".repeat(19));
        for (token, state) in [
            (None, TokenState::Absent),
            (Some(""), TokenState::Absent),
            (Some(whole.as_str()), TokenState::Present),
            (Some("sk-ant-oat01-cut-off"), TokenState::Malformed),
            (Some(&format!("{whole}\n")), TokenState::Malformed),
            (Some(&format!("\"{whole}\"")), TokenState::Malformed),
            (Some(&format!("{whole}\u{fffd}")), TokenState::Malformed),
            (Some(&whole.replace("oat", "api")), TokenState::Malformed),
        ] {
            assert_eq!(judge(token), state, "{token:?}");
        }
    }
}
