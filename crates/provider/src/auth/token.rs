//! Checks the form of a headless token.

use super::TokenState;

/// Beginning of a token from `claude setup-token`.
const PREFIX: &str = "sk-ant-oat";
/// Every token is longer than this, in bytes.
const MIN_LENGTH: usize = 40;

/// Checks the form of `CLAUDE_CODE_OAUTH_TOKEN`. The value is not kept. Only an answer shows whether the vendor accepts it.
pub fn judge(token: Option<&str>) -> TokenState {
    match token {
        None | Some("") => TokenState::Absent,
        Some(text)
            if text.starts_with(PREFIX)
                && text.len() >= MIN_LENGTH
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
    fn a_token_is_recognized_by_its_shape() {
        let token = format!("sk-ant-oat01-{}", "aA0_-".repeat(19));
        for (given, state) in [
            (None, TokenState::Absent),
            (Some(""), TokenState::Absent),
            (Some(token.as_str()), TokenState::Present),
            (Some("sk-ant-oat01-cut-off"), TokenState::Malformed),
            (Some(&format!("{token}\n")), TokenState::Malformed),
            (Some(&format!("\"{token}\"")), TokenState::Malformed),
            (Some(&format!("{token}\u{fffd}")), TokenState::Malformed),
            (Some(&token.replace("oat", "api")), TokenState::Malformed),
        ] {
            assert_eq!(judge(given), state, "{given:?}");
        }
    }
}
