//! The summary that the login shows before it asks for models: the proxy, the Claude login, and the models that the proxy lists.

use super::{Flow, MAX_OFFERED, Prompt, Stage, TokenState};
use crate::health::{Login, Readiness};
use crate::listing::{self, Listing};
use crate::settings::Settings;
use crate::{advice, proxy_kind};

impl Flow {
    pub(super) fn show_summary(&mut self) -> Prompt {
        self.stage = Stage::Summary;
        let mut lines = Vec::new();
        let address = self.settings.base_url();
        let verdict = self.verdict.as_ref();
        let is_ready = verdict.is_some_and(|verdict| verdict.readiness == Readiness::Ready);
        match verdict {
            Some(verdict) if is_ready => {
                let kind = verdict.name.as_deref().and_then(proxy_kind::by_name);
                let name = kind.map_or("a program that is not known here", |kind| kind.title);
                let version = verdict.version.as_deref();
                let version = version.map_or_else(String::new, |version| format!(" {version}"));
                lines.push(format!("Proxy: {name}{version} answers on {address}."));
                if let Some(kind) = kind {
                    lines.extend(advice::warnings(kind, verdict.own_tools));
                }
            }
            Some(verdict) if verdict.code == "refused" => {
                let Settings {
                    listen_address,
                    command,
                    auto_start,
                    ..
                } = &self.settings;
                let start = match (self.settings.is_local(), auto_start) {
                    (true, true) => {
                        format!("The Gateway will start it with `{}`", command.join(" "))
                    }
                    (true, false) => "Start it before the first message".to_owned(),
                    (false, _) => format!("Start it on {listen_address} before the first message"),
                };
                lines.push(format!("Proxy: nothing listens on {address} yet. {start}."));
            }
            Some(verdict) => {
                lines.push(format!("Proxy: {}", verdict.detail));
                lines.extend(
                    verdict
                        .next
                        .iter()
                        .map(|next| format!("  {}", advice::hint(next))),
                );
            }
            None => {}
        }
        let login_next = if self.options.headless {
            "run `claude setup-token` on a machine with a browser and set CLAUDE_CODE_OAUTH_TOKEN where the Gateway runs"
        } else {
            "run `claude auth login` (without a browser: `claude setup-token` and CLAUDE_CODE_OAUTH_TOKEN)"
        };
        lines.push(match self.login {
            Login::Claimed => "Claude login: claimed (only a real answer proves it).".to_owned(),
            Login::None => format!("Claude login: none; {login_next}."),
            Login::Unknown => format!("Claude login: unknown; if it is missing, {login_next}."),
        });
        let token = match self.options.token {
            TokenState::Absent => None,
            TokenState::Present => {
                Some("is set; it is passed to the proxy only and stored nowhere")
            }
            TokenState::Malformed => {
                Some("is set but does not look like a token of `claude setup-token`")
            }
        };
        lines.extend(token.map(|state| format!("CLAUDE_CODE_OAUTH_TOKEN {state}.")));
        match &self.listing {
            Listing::Models(models) => {
                let names = listing::names(models, MAX_OFFERED, str::to_owned);
                lines.push(format!("The proxy lists: {names}."));
            }
            Listing::None(why) if is_ready => lines.push(format!("Models: {why}.")),
            Listing::None(_) => {}
        }
        Prompt::note("What was found".to_owned(), lines)
    }
}
