//! The user's settings. They are checked strictly: all problems are reported at once, and no invalid value is silently replaced by a
//! default.
//!
//! An address or a list of models in the plugin's own settings wins over one in the provider entry
//! (`models.providers.anthropic-claude-proxy`), which wins over the default.
//!
//! To add a setting, add a member of [`Settings`] with its default, an arm in `Reader::settings`, and its name in the message about an unknown one, all in this file. `reader` can
//! read flags, times and lists.

mod provider_entry;
mod reader;
#[cfg(test)]
mod tests;
mod values;

use serde::Serialize;

use crate::catalog::DEFAULT_MODELS;
use crate::document::{self, Value, path};
pub use crate::proxy_kind::Api;
use crate::proxy_kind::{self, ProxyKind};
use crate::{Error, Problem};

use reader::Reader;
pub use values::{
    base_url, is_loopback_host, parse_address, parse_model_id, parse_models, parse_port,
};
pub(crate) use values::{excerpt, proxy_name};

/// How the local access key is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessKeyMode {
    /// A random key is given to the proxy, which asks every client for it.
    Generated,
    /// No key: any local program and any web page may use the proxy.
    Off,
}

/// What the guard does with runs that would go past the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardMode {
    /// Block a run whose provider is not ours.
    On,
    /// Block nothing. (The audit still reports open routes.)
    Off,
    /// As `On`, and also stop requests of the host's process that look like requests to a model.
    Strict,
}

/// All settings, with the defaults for those that the user did not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Start the proxy with the Gateway.
    pub auto_start: bool,
    /// Start the proxy again after it ends.
    pub auto_restart: bool,
    /// Delay before a second restart in a row, in milliseconds.
    pub restart_delay_ms: u32,
    /// The address on which the proxy listens, the setting `host`; an IPv6 address without brackets.
    #[serde(rename = "host")]
    pub listen_address: String,
    /// Its port.
    pub port: u16,
    /// Its kind: [`proxy_kind::AUTO`], or a name from [`crate::proxy_kind::KINDS`].
    pub proxy: String,
    /// The API that OpenClaw uses.
    pub api: Api,
    /// Program and arguments; never a shell line.
    pub command: Vec<String>,
    /// Model ids to register, in order; the first is the default model.
    pub models: Vec<String>,
    /// How the local access key is used.
    pub access_key: AccessKeyMode,
    /// Full path of the file with the key of the user's own proxy, which replaces the generated key.
    pub key_file: Option<String>,
    /// What the guard does with runs that would go past the proxy.
    pub guard: GuardMode,
    /// How long a start may take, in milliseconds.
    pub start_timeout_ms: u32,
    /// How long the proxy may take to end after TERM, in milliseconds.
    pub stop_grace_ms: u32,
    /// Hosts other than loopback that the user accepts for the proxy.
    pub remote_hosts: Vec<String>,
    /// Further environment variables that are passed to the proxy.
    pub pass_environment: Vec<String>,
    /// References to models of other providers that the user allows as fallbacks.
    pub allowed_fallbacks: Vec<String>,
}

/// Default listen address.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1";
/// Default port.
pub const DEFAULT_PORT: u16 = 3456;
/// Path of the plugin's settings in OpenClaw's configuration.
pub const SETTINGS_PATH: &str = "plugins.entries.anthropic-claude-proxy.config";

/// The default command: that of the default kind of proxy.
fn default_command() -> Vec<String> {
    let row = proxy_kind::KINDS.first();
    let words = row.map_or(&[][..], |row| row.command);
    words.iter().map(|&word| word.to_owned()).collect()
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_start: true,
            auto_restart: true,
            restart_delay_ms: 3000,
            listen_address: DEFAULT_ADDRESS.to_owned(),
            port: DEFAULT_PORT,
            proxy: proxy_kind::AUTO.to_owned(),
            api: Api::AnthropicMessages,
            command: default_command(),
            models: DEFAULT_MODELS.iter().map(|&m| m.to_owned()).collect(),
            access_key: AccessKeyMode::Generated,
            key_file: None,
            guard: GuardMode::On,
            start_timeout_ms: 300_000,
            stop_grace_ms: 2_000,
            remote_hosts: Vec::new(),
            pass_environment: Vec::new(),
            allowed_fallbacks: Vec::new(),
        }
    }
}

impl Settings {
    /// The kind of proxy: the one that is named, else the one that the command starts, else the usual one for the API.
    pub fn kind(&self) -> &'static ProxyKind {
        proxy_kind::by_name(&self.proxy)
            .or_else(|| proxy_kind::from_command(&self.command).filter(|row| row.speaks(self.api)))
            .or_else(|| proxy_kind::KINDS.iter().find(|row| row.api() == self.api))
            .unwrap_or(&proxy_kind::MERIDIAN)
    }

    /// `http://host:port`, with brackets around an IPv6 address.
    pub fn base_url(&self) -> String {
        base_url(&self.listen_address, self.port)
    }

    /// What the provider entry's `baseUrl` must say.
    pub fn endpoint(&self) -> String {
        self.api.endpoint(&self.base_url())
    }

    /// Whether the proxy is on this machine.
    pub fn is_local(&self) -> bool {
        is_loopback_host(&self.listen_address)
    }

    /// These settings with changes: `json` is an object of settings.
    ///
    /// # Errors
    /// `ErrorKind::InvalidSettings` with every problem at once.
    pub fn with_changes(&self, json: &str) -> Result<Self, Error> {
        let document = document::parse(json).map_err(|why| {
            Error::invalid_settings(vec![Problem::new(
                "not-json",
                SETTINGS_PATH,
                format!("text that is not JSON ({}: {})", why.path, why.found),
                "a JSON object",
                "Correct the settings object.",
            )])
        })?;
        read(self.clone(), Some(&document.root), None)
    }

    /// Every setting as one JSON object, which [`parse`] takes.
    pub fn to_json(&self) -> String {
        // Writing plain members cannot fail. (An empty text would be refused by every parser.)
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The name of the proxy in a sentence: `the local proxy`, or `the proxy on HOST`.
    pub fn proxy_name(&self) -> String {
        proxy_name(&self.listen_address)
    }
}

/// Reads the plugin's settings object from JSON text. `{}` gives the defaults.
///
/// # Errors
/// `ErrorKind::InvalidSettings` with every problem at once.
pub fn parse(json: &str) -> Result<Settings, Error> {
    Settings::default().with_changes(json)
}

/// The settings from the plugin's settings object and the provider entry, each of which may be missing.
///
/// # Errors
/// `ErrorKind::InvalidSettings` with every problem at once.
pub fn from_parts(config: Option<&Value>, provider: Option<&Value>) -> Result<Settings, Error> {
    read(Settings::default(), config, provider)
}

/// Changes settings by a provider entry and by an object of settings.
fn read(
    mut settings: Settings,
    config: Option<&Value>,
    provider: Option<&Value>,
) -> Result<Settings, Error> {
    let mut reader = Reader::default();
    if let Some(provider) = provider {
        reader.provider_entry(provider, &mut settings);
    }
    if let Some(config) = config {
        reader.settings(config, &mut settings);
        reader.kind(config, &mut settings);
    }
    if reader.problems.is_empty() && !settings.is_local() && !is_accepted_remote(&settings) {
        reader.problems.push(Problem::new(
            "host-not-local",
            format!("{SETTINGS_PATH}.host"),
            format!("`{}`", settings.listen_address),
            "a loopback host (`127.0.0.1`, `::1`, `localhost`), or a host that `remoteHosts` names",
            format!(
                "Use 127.0.0.1, or, if the proxy really runs there, add \"{}\" to {SETTINGS_PATH}.remoteHosts.",
                settings.listen_address
            ),
        ));
    }
    if let (AccessKeyMode::Off, Some(_)) = (settings.access_key, &settings.key_file) {
        reader.problems.push(Problem::new(
            "key-file-without-key",
            format!("{SETTINGS_PATH}.keyFile"),
            "a file, beside `accessKey` set to \"off\"",
            "`keyFile` or `accessKey` \"off\", not both",
            "Remove `accessKey`, so that the key of the file is used; or remove `keyFile`.",
        ));
    }
    // A network request does not show for which run it is, so the strict guard could not let those of a fallback through.
    if settings.guard == GuardMode::Strict && !settings.allowed_fallbacks.is_empty() {
        reader.problems.push(Problem::new(
            "strict-with-fallbacks",
            format!("{SETTINGS_PATH}.guard"),
            "`strict` beside `allowedFallbacks`",
            "`on` or `off`, or no `allowedFallbacks`",
            "The strict guard would stop the fallback too: remove `allowedFallbacks`, or set `guard` to \"on\".",
        ));
    }
    if reader.problems.is_empty() {
        Ok(settings)
    } else {
        Err(Error::invalid_settings(reader.problems))
    }
}

fn is_accepted_remote(settings: &Settings) -> bool {
    settings
        .remote_hosts
        .iter()
        .any(|host| host.eq_ignore_ascii_case(&settings.listen_address))
}

impl Reader {
    fn settings(&mut self, value: &Value, into: &mut Settings) {
        let Some(members) = self.object(SETTINGS_PATH, value) else {
            return;
        };
        for (key, value) in members {
            let path = path::key(SETTINGS_PATH, key);
            match key.as_str() {
                "autoStart" => self.flag(&path, value, &mut into.auto_start),
                "autoRestart" => self.flag(&path, value, &mut into.auto_restart),
                "restartDelayMs" => self.milliseconds(&path, value, 0, &mut into.restart_delay_ms),
                "startTimeoutMs" => {
                    self.milliseconds(&path, value, 1_000, &mut into.start_timeout_ms);
                }
                "stopGraceMs" => self.milliseconds(&path, value, 0, &mut into.stop_grace_ms),
                "host" => self.host(&path, value, &mut into.listen_address),
                "port" => self.port(&path, value, &mut into.port),
                "api" => match value.as_str().and_then(Api::of_name) {
                    Some(api) => into.api = api,
                    None => self.reject(
                        "wrong-value",
                        &path,
                        value,
                        "\"anthropic-messages\" or \"openai-completions\"",
                        "Use the one that the proxy speaks.",
                    ),
                },
                "proxy" => match value.as_str() {
                    Some(name) if name == proxy_kind::AUTO || proxy_kind::by_name(name).is_some() => {
                        into.proxy = name.to_owned();
                    }
                    _ => self.reject(
                        "wrong-value",
                        &path,
                        value,
                        &proxy_kind::accepted_values(),
                        "Name the kind of your proxy, or remove the setting to have it recognized.",
                    ),
                },
                "keyFile" => self.key_file(&path, value, &mut into.key_file),
                "command" => self.command(&path, value, &mut into.command),
                "models" => {
                    if let Some(list) = self.text_list(&path, value) {
                        self.models(&path, &list, &mut into.models);
                    }
                }
                "accessKey" => match value.as_str() {
                    Some("generated") => into.access_key = AccessKeyMode::Generated,
                    Some("off") => into.access_key = AccessKeyMode::Off,
                    _ => self.reject(
                        "wrong-value",
                        &path,
                        value,
                        "\"generated\" or \"off\"",
                        "Use one of the two.",
                    ),
                },
                "guard" => match value.as_str() {
                    Some("on") => into.guard = GuardMode::On,
                    Some("off") => into.guard = GuardMode::Off,
                    Some("strict") => into.guard = GuardMode::Strict,
                    _ => self.reject(
                        "wrong-value",
                        &path,
                        value,
                        "\"on\", \"off\" or \"strict\"",
                        "Use one of the three.",
                    ),
                },
                "remoteHosts" => self.list(&path, value, &mut into.remote_hosts),
                "passEnvironment" => self.list(&path, value, &mut into.pass_environment),
                "allowedFallbacks" => self.list(&path, value, &mut into.allowed_fallbacks),
                // Records of the former values that an edit replaced. They are no settings.
                "previousDefault" | "hardened" => {}
                _ => self.reject(
                    "unknown-key",
                    &path,
                    value,
                    "only the documented settings: autoStart, autoRestart, restartDelayMs, host, port, proxy, api, command, \
                     models, accessKey, keyFile, guard, startTimeoutMs, stopGraceMs, remoteHosts, passEnvironment, allowedFallbacks",
                    "Remove it, or correct its spelling.",
                ),
            }
        }
    }

    /// Takes the API from the kind, if one is named: the provider entry may be that of a former kind. A setting `api` must be an API of
    /// the kind.
    fn kind(&mut self, config: &Value, into: &mut Settings) {
        let Some(kind) = proxy_kind::by_name(&into.proxy) else {
            return;
        };
        match config.get("api") {
            None if config.get("proxy").is_none() => {}
            None => into.api = kind.api(),
            Some(value) if !kind.speaks(into.api) => self.reject(
                "api-not-spoken",
                &path::key(SETTINGS_PATH, "api"),
                value,
                &accepted_apis(kind),
                "Remove `api`, or name the other kind in `proxy`.",
            ),
            Some(_) => {}
        }
    }
}

/// The APIs of a kind, for a message.
fn accepted_apis(kind: &ProxyKind) -> String {
    let names: Vec<_> = kind
        .apis
        .iter()
        .map(|api| format!("\"{}\"", api.name()))
        .collect();
    format!("{}, which {} speaks", names.join(" or "), kind.title)
}
