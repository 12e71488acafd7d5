//! From words to values: what is not understood is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::table::variable;
use super::{Listing, Login, Service, Switches};
use crate::api::RefusalKind;
use crate::meridian::Ids;

/// Why the switches were refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SwitchError {
    /// There is no such flag or variable.
    Unknown(String),
    /// The flag needs a value and none followed.
    NoValue(&'static str),
    /// An argument that is no flag has no meaning here.
    Stray(String),
    /// The value is not one that is accepted.
    BadValue {
        /// The flag's name.
        name: &'static str,
        /// What was given.
        found: String,
        /// What would be accepted.
        accepted: &'static str,
    },
}

impl fmt::Display for SwitchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "there is no switch `{name}`; see --help"),
            Self::NoValue(name) => write!(f, "`--{name}` needs a value; see --help"),
            Self::Stray(word) => write!(f, "`{word}` has no meaning here; see --help"),
            Self::BadValue {
                name,
                found,
                accepted,
            } => {
                write!(
                    f,
                    "`--{name}` (or {}) is `{found}`; accepted: {accepted}",
                    variable(name)
                )
            }
        }
    }
}

impl std::error::Error for SwitchError {}

/// The values as they came, by switch name; a flag has overwritten its variable.
#[derive(Default)]
pub(super) struct Values(pub(super) BTreeMap<&'static str, String>);

impl Values {
    /// The values with their types.
    ///
    /// # Errors
    /// [`SwitchError::BadValue`].
    pub(super) fn typed(mut self, operand: Option<String>) -> Result<Switches, SwitchError> {
        Ok(Switches {
            port: self.0.remove("port"),
            host: self.0.remove("host"),
            key: self.0.remove("key"),
            requests: self.0.remove("requests").map(PathBuf::from),
            record_bodies: self.on("record-bodies")?,
            service: self
                .one_of(
                    "service",
                    "meridian, claude-max-proxy, openai, claude-code-router, litellm, cliproxyapi, html, garbage, tls",
                    &[
                        ("meridian", Service::Meridian),
                        ("claude-max-proxy", Service::ClaudeMaxProxy),
                        ("openai", Service::OpenAi),
                        ("claude-code-router", Service::ClaudeCodeRouter),
                        ("litellm", Service::LiteLlm),
                        ("cliproxyapi", Service::CliProxyApi),
                        ("html", Service::Html),
                        ("garbage", Service::Garbage),
                        ("tls", Service::Tls),
                    ],
                )?
                .unwrap_or(Service::Meridian),
            login: self
                .one_of(
                    "login",
                    "ok, token, degraded, unhealthy, rejected, at-start",
                    &[
                        ("ok", Login::Ok),
                        ("token", Login::Token),
                        ("degraded", Login::Degraded),
                        ("unhealthy", Login::Unhealthy),
                        ("rejected", Login::Rejected),
                        ("at-start", Login::AtStart),
                    ],
                )?
                .unwrap_or(Login::Ok),
            messages_status: self.number("messages-status", "400 to 599", |status: &u16| {
                (400..=599).contains(status)
            })?,
            api_refusal: self.api_refusal()?,
            ids: self
                .one_of(
                    "ids",
                    "pinned, opus-verbatim, verbatim",
                    &[
                        ("pinned", Ids::Pinned),
                        ("opus-verbatim", Ids::OpusVerbatim),
                        ("verbatim", Ids::Verbatim),
                    ],
                )?
                .unwrap_or_default(),
            models: self
                .one_of(
                    "models",
                    "real, none, rubbish, many",
                    &[
                        ("real", Listing::Real),
                        ("none", Listing::None),
                        ("rubbish", Listing::Rubbish),
                        ("many", Listing::Many),
                    ],
                )?
                .unwrap_or_default(),
            renewal_days: self.number("renewal-days", "days, a whole number", |_| true)?,
            quota: self.number("quota", "percent, 0 to 100", |percent: &u32| {
                *percent <= 100
            })?,
            lose_words: self.on("lose-words")?,
            slow_start: self.milliseconds("slow-start-ms")?.unwrap_or_default(),
            slow_health: self.milliseconds("slow-health-ms")?.unwrap_or_default(),
            slow_messages: self.milliseconds("slow-messages-ms")?.unwrap_or_default(),
            say: self.0.remove("say"),
            exit_at_start: self.number("exit-at-start", "0 to 255", |_| true)?,
            hang: self.on("hang")?,
            operand,
        })
    }

    fn on(&mut self, name: &'static str) -> Result<bool, SwitchError> {
        let accepted = "1, true, 0, false";
        let states = [("1", true), ("true", true), ("0", false), ("false", false)];
        Ok(self.one_of(name, accepted, &states)?.unwrap_or(false))
    }

    fn one_of<T: Copy>(
        &mut self,
        name: &'static str,
        accepted: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, SwitchError> {
        let Some(found) = self.0.remove(name) else {
            return Ok(None);
        };
        match choices.iter().find(|(word, _)| *word == found) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => Err(SwitchError::BadValue {
                name,
                found,
                accepted,
            }),
        }
    }

    fn number<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        accepted: &'static str,
        fits: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, SwitchError> {
        let Some(found) = self.0.remove(name) else {
            return Ok(None);
        };
        match found.parse().ok().filter(fits) {
            Some(number) => Ok(Some(number)),
            None => Err(SwitchError::BadValue {
                name,
                found,
                accepted,
            }),
        }
    }

    fn milliseconds(&mut self, name: &'static str) -> Result<Option<Duration>, SwitchError> {
        let number: Option<u32> = self.number(name, "milliseconds, a whole number", |_| true)?;
        Ok(number.map(|ms| Duration::from_millis(ms.into())))
    }

    fn api_refusal(&mut self) -> Result<Option<RefusalKind>, SwitchError> {
        let Some(found) = self.0.remove("api-refusal") else {
            return Ok(None);
        };
        match RefusalKind::of(&found) {
            Some(kind) => Ok(Some(kind)),
            None => Err(SwitchError::BadValue {
                name: "api-refusal",
                found,
                accepted: "401, 403, 429, 429-bare, 400-extra-usage, 400-too-long, 529, 500",
            }),
        }
    }
}
