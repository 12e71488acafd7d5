//! From words to values: what is not understood is refused.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::table::variable;
use super::{Ids, Listing, Login, Service, Switches};
use crate::api::RefusalKind;
use crate::http::Cut;

/// The values as they came, by switch name; a flag has overwritten its variable.
#[derive(Default)]
pub(super) struct Values(pub(super) BTreeMap<&'static str, String>);

impl Values {
    /// The values with their types.
    ///
    /// # Errors
    /// What is accepted in place of a value that is not.
    pub(super) fn typed(mut self, operand: Option<String>) -> Result<Switches, String> {
        let services = [
            ("meridian", Service::Meridian),
            ("claude-max-proxy", Service::ClaudeMaxProxy),
            ("openai", Service::OpenAi),
            ("claude-code-router", Service::ClaudeCodeRouter),
            ("litellm", Service::LiteLlm),
            ("cliproxyapi", Service::CliProxyApi),
            ("html", Service::Html),
            ("garbage", Service::Garbage),
            ("tls", Service::Tls),
        ];
        let logins = [
            ("ok", Login::Ok),
            ("token", Login::Token),
            ("degraded", Login::Degraded),
            ("unhealthy", Login::Unhealthy),
            ("rejected", Login::Rejected),
            ("at-start", Login::AtStart),
        ];
        let rules = [
            ("pinned", Ids::Pinned),
            ("opus-verbatim", Ids::OpusVerbatim),
            ("verbatim", Ids::Verbatim),
        ];
        let lists = [
            ("real", Listing::Real),
            ("none", Listing::None),
            ("rubbish", Listing::Rubbish),
            ("many", Listing::Many),
        ];
        let cuts = [("connection", Cut::Connection), ("stream", Cut::Stream)];
        Ok(Switches {
            port: self.0.remove("port"),
            host: self.0.remove("host"),
            key: self.0.remove("key"),
            requests: self.0.remove("requests").map(PathBuf::from),
            record_bodies: self.on("record-bodies")?,
            service: self.one_of("service", services)?.unwrap_or_default(),
            login: self.one_of("login", logins)?.unwrap_or_default(),
            messages_status: self.number("messages-status", "400 to 599", |status: &u16| {
                (400..=599).contains(status)
            })?,
            api_refusal: self.one_of("api-refusal", RefusalKind::WORDS)?,
            ids: self.one_of("ids", rules)?.unwrap_or_default(),
            models: self.one_of("models", lists)?.unwrap_or_default(),
            renewal_days: self.number("renewal-days", "days, a whole number", |_| true)?,
            quota: self.number("quota", "percent, 0 to 100", |percent: &u32| {
                *percent <= 100
            })?,
            lose_words: self.on("lose-words")?,
            slow_start: self.milliseconds("slow-start-ms")?,
            slow_health: self.milliseconds("slow-health-ms")?,
            slow_messages: self.milliseconds("slow-messages-ms")?,
            cut: self.one_of("cut", cuts)?,
            say: self.0.remove("say"),
            exit_at_start: self.number("exit-at-start", "0 to 255", |_| true)?,
            hang: self.on("hang")?,
            operand,
        })
    }

    fn on(&mut self, name: &'static str) -> Result<bool, String> {
        let states = [("1", true), ("true", true), ("0", false), ("false", false)];
        Ok(self.one_of(name, states)?.unwrap_or(false))
    }

    fn one_of<T, const N: usize>(
        &mut self,
        name: &'static str,
        choices: [(&str, T); N],
    ) -> Result<Option<T>, String> {
        let words = choices.each_ref().map(|(word, _)| *word).join(", ");
        self.value(name, &words, |found| {
            let mut choices = choices.into_iter();
            choices.find_map(|(word, choice)| (word == found).then_some(choice))
        })
    }

    fn number<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        accepted: &str,
        fits: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, String> {
        self.value(name, accepted, |found| found.parse().ok().filter(fits))
    }

    fn milliseconds(&mut self, name: &'static str) -> Result<Duration, String> {
        let number: Option<u32> = self.number(name, "milliseconds, a whole number", |_| true)?;
        Ok(Duration::from_millis(number.unwrap_or_default().into()))
    }

    fn value<T>(
        &mut self,
        name: &'static str,
        accepted: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let Some(found) = self.0.remove(name) else {
            return Ok(None);
        };
        let refusal = || {
            let variable = variable(name);
            format!("`--{name}` (or {variable}) is `{found}`; accepted: {accepted}")
        };
        read(&found).map(Some).ok_or_else(refusal)
    }
}
