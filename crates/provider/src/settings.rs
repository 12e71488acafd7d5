//! The user's settings: read strictly, with every problem named at once and nothing replaced by a default in silence.
//!
//! Where an address or a model list can come from two places, the plugin's own settings win over the provider entry
//! (`models.providers.anthropic-claude-proxy`), which wins over the default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::{self, Address};
use crate::catalog::{DEFAULT_MODELS, canonical};
use crate::document::path;
use crate::document::{self, Value};
use crate::proxy_kind::{self, ProxyKind};
use crate::quote;
use crate::{Error, ID, Problem};

/// How the local access key is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessKeyMode {
    /// A random key is given to the proxy and asked of every client.
    Generated,
    /// No key: any local program and any web page may use the proxy.
    Off,
}

/// How OpenClaw talks to the proxy; its own names for the two (`models.providers.*.api`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Api {
    /// Anthropic's Messages API.
    #[serde(rename = "anthropic-messages")]
    AnthropicMessages,
    /// OpenAI's Chat Completions.
    #[serde(rename = "openai-completions")]
    OpenaiCompletions,
}

impl Api {
    /// OpenClaw's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnthropicMessages => "anthropic-messages",
            Self::OpenaiCompletions => "openai-completions",
        }
    }

    /// The one of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::AnthropicMessages, Self::OpenaiCompletions]
            .into_iter()
            .find(|api| api.name() == name)
    }

    /// The address that OpenClaw must be given for a proxy at `http://host:port`: it appends `/v1/messages` in the one
    /// dialect and only `/chat/completions` in the other.
    pub fn endpoint(self, address: &str) -> String {
        match self {
            Self::AnthropicMessages => address.to_owned(),
            Self::OpenaiCompletions => format!("{address}/v1"),
        }
    }
}

/// How runs that would leave the proxy are treated at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardMode {
    /// Block a run whose provider is not ours.
    On,
    /// Do not look; the audit still does.
    Off,
    /// As `On`, and requests of the host's process that have the form of one to a model are stopped too.
    Strict,
}

/// What a user may set, with the defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Start the proxy with the Gateway.
    pub auto_start: bool,
    /// Start it again when it ends.
    pub auto_restart: bool,
    /// Delay before a second restart in a row, in milliseconds.
    pub restart_delay_ms: u32,
    /// Where the proxy listens; an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Its kind: [`proxy_kind::AUTO`], or the name of a row ([`crate::proxy_kind::ROWS`]).
    pub proxy: String,
    /// How OpenClaw talks to it.
    pub api: Api,
    /// Program and arguments; never a shell line.
    pub command: Vec<String>,
    /// Model ids to register, in order; the first is the default model.
    pub models: Vec<String>,
    /// How the local access key is used.
    pub access_key: AccessKeyMode,
    /// Full path of the file with the key of a proxy that has one already; it takes the place of the generated key.
    pub key_file: Option<String>,
    /// How runs that would leave the proxy are treated.
    pub guard: GuardMode,
    /// How long a start may take, in milliseconds.
    pub start_timeout_ms: u32,
    /// How long the proxy may take to end after TERM, in milliseconds.
    pub stop_grace_ms: u32,
    /// Hosts other than loopback that the user accepts for the proxy.
    pub remote_hosts: Vec<String>,
    /// Further inherited environment variables that the proxy may see.
    pub pass_environment: Vec<String>,
    /// Model references outside this provider that the user chose on purpose as fallbacks.
    pub allowed_fallbacks: Vec<String>,
}

/// Longest path of a file, in bytes.
const LONGEST_PATH: usize = 4096;
/// Longest delay and deadline that is accepted, in milliseconds: one hour.
const LONGEST_MS: u64 = 3_600_000;
/// Default host.
pub const DEFAULT_HOST: &str = "127.0.0.1";
/// Default port.
pub const DEFAULT_PORT: u16 = 3456;

/// The default command as JSON, for messages.
fn command_text() -> String {
    let words: Vec<_> = default_command()
        .iter()
        .map(|word| format!("\"{word}\""))
        .collect();
    format!("[{}]", words.join(", "))
}

/// The command of the kind that is meant where nobody says.
fn default_command() -> Vec<String> {
    let row = proxy_kind::ROWS.first();
    let words = row.map_or(&[][..], |row| row.command);
    words.iter().map(|&word| word.to_owned()).collect()
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_start: true,
            auto_restart: true,
            restart_delay_ms: 3000,
            host: DEFAULT_HOST.to_owned(),
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
    /// `http://host:port`, with brackets around an IPv6 address.
    pub fn base_url(&self) -> String {
        base_url(&self.host, self.port)
    }

    /// What the provider entry's `baseUrl` must say.
    pub fn endpoint(&self) -> String {
        self.api.endpoint(&self.base_url())
    }

    /// Whether the proxy is on this machine.
    pub fn is_local(&self) -> bool {
        is_loopback_host(&self.host)
    }

    /// What the proxy is called in a sentence: a person may run two, and only one on this machine can be started from here.
    pub fn called(&self) -> String {
        the_proxy(&self.host)
    }
}

/// `the local proxy`, or `the proxy on HOST`.
pub(crate) fn the_proxy(host: &str) -> String {
    if is_loopback_host(host) {
        "the local proxy".to_owned()
    } else {
        format!("the proxy on {host}")
    }
}

/// `http://host:port`, with brackets around an IPv6 address.
pub fn base_url(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("http://[{host}]:{port}")
    } else {
        format!("http://{host}:{port}")
    }
}

/// Whether a host, as settings hold it, can only be this machine.
pub fn is_loopback_host(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Path of the plugin's settings in OpenClaw's configuration.
pub const SETTINGS_PATH: &str = "plugins.entries.anthropic-claude-proxy.config";

/// Reads the plugin's own settings object as JSON text; `{}` gives the defaults.
///
/// # Errors
/// [`Error::InvalidSettings`] with every problem at once.
pub fn parse(json: &str) -> Result<Settings, Error> {
    let document = document::parse(json).map_err(|why| {
        Error::InvalidSettings(vec![Problem::new(
            "not-json",
            SETTINGS_PATH,
            format!("text that is not JSON ({}: {})", why.path, why.found),
            "a JSON object",
            "Correct the settings object.",
        )])
    })?;
    from_parts(Some(&document.root), None)
}

/// Puts the settings together from the plugin's settings object and the provider entry, either of which may be absent.
///
/// # Errors
/// [`Error::InvalidSettings`] with every problem at once.
pub fn from_parts(config: Option<&Value>, provider: Option<&Value>) -> Result<Settings, Error> {
    let mut reader = Reader {
        problems: Vec::new(),
    };
    let mut settings = Settings::default();
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
            format!("`{}`", settings.host),
            "a loopback host (`127.0.0.1`, `::1`, `localhost`), or a host that `remoteHosts` names",
            format!(
                "Use 127.0.0.1, or, if the proxy really runs there, add \"{}\" to {SETTINGS_PATH}.remoteHosts.",
                settings.host
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
    // A request does not say whose it is, so none could be let through for a fallback.
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
        Err(Error::InvalidSettings(reader.problems))
    }
}

fn is_accepted_remote(settings: &Settings) -> bool {
    settings
        .remote_hosts
        .iter()
        .any(|host| host.eq_ignore_ascii_case(&settings.host))
}

/// Checks a host as typed by a user and gives it back as settings hold it: trimmed, without brackets.
///
/// # Errors
/// What is wrong with it, at `path`.
pub fn parse_host(path: &str, text: &str) -> Result<String, Problem> {
    const ACCEPTED: &str =
        "a host name or an IP address, such as `127.0.0.1`, without scheme, port or path";
    let text = text.trim();
    let problem = |code: &str, next: &str| {
        Problem::new(code, path, format!("`{}`", shown(text)), ACCEPTED, next)
    };
    if text.is_empty() {
        return Err(problem(
            "host-empty",
            "An empty host would make the proxy listen on all interfaces; use 127.0.0.1.",
        ));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    if let Ok(ip) = bare.parse::<std::net::IpAddr>() {
        if ip.is_unspecified() {
            return Err(problem(
                "host-unspecified",
                "That address means all interfaces; use 127.0.0.1 (or ::1).",
            ));
        }
        return Ok(bare.to_owned());
    }
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    // A name whose last label is a number is an IPv4 address in disguise (`127.1`, `2130706433`, `0x7f.1`) to every
    // URL parser, and must be written as one.
    let last_is_numeric = text
        .rsplit('.')
        .next()
        .is_some_and(|label| label.bytes().next().is_some_and(|b| b.is_ascii_digit()));
    if text.len() > 253 || !text.split('.').all(label_ok) || last_is_numeric {
        return Err(problem(
            "host-invalid",
            "Write the host alone, for example 127.0.0.1.",
        ));
    }
    Ok(text.to_owned())
}

/// Checks a port as typed by a user.
///
/// # Errors
/// What is wrong with it, at `path`.
pub fn parse_port(path: &str, text: &str) -> Result<u16, Problem> {
    match text.trim().parse::<u16>() {
        Ok(port) if port > 0 && text.trim().bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err(Problem::new(
            "port-out-of-range",
            path,
            format!("`{}`", shown(text.trim())),
            "a whole number from 1 to 65535",
            "Choose a free port, for example 3456.",
        )),
    }
}

/// Checks one model id and gives it back trimmed.
///
/// # Errors
/// What is wrong with it, at `path`.
pub fn parse_model_id(path: &str, text: &str) -> Result<String, Problem> {
    let id = text.trim();
    let bad = |code: &str, next: String| {
        Err(Problem::new(
            code,
            path,
            format!("`{}`", shown(id)),
            "a model id such as `claude-opus-4.6`, without spaces, commas or slashes",
            next,
        ))
    };
    if id.is_empty() {
        return bad(
            "model-empty",
            "Name at least one model, for example claude-opus-4.6.".to_owned(),
        );
    }
    if let Some(rest) = id.strip_prefix(ID).and_then(|rest| rest.strip_prefix('/')) {
        return bad(
            "model-with-provider",
            format!("Leave the provider out: {}", shown(rest)),
        );
    }
    if id.len() > 128
        || !id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._:[]@".contains(&b))
    {
        return bad(
            "model-invalid",
            "Write the id as the proxy lists it.".to_owned(),
        );
    }
    Ok(id.to_owned())
}

/// Checks a whole model list: at least one, none twice in another spelling.
///
/// # Errors
/// Every problem, at `path` with the item's index.
pub fn parse_models(path: &str, ids: &[String]) -> Result<Vec<String>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut models: Vec<String> = Vec::new();
    let mut known = BTreeMap::new();
    if ids.is_empty() {
        problems.push(Problem::new(
            "models-empty",
            path,
            "an empty list",
            "at least one model id",
            "Name at least one model, or remove the setting to get the default list.",
        ));
    }
    for (n, id) in ids.iter().enumerate() {
        match parse_model_id(&format!("{path}[{n}]"), id) {
            Err(problem) => problems.push(problem),
            Ok(id) => match known.get(&canonical(&id)).and_then(|n| models.get(*n)) {
                Some(twin) => problems.push(Problem::new(
                    "model-twice",
                    format!("{path}[{n}]"),
                    format!("`{id}`"),
                    "each model once",
                    format!("It names the same model as `{twin}`; keep one of them."),
                )),
                None => {
                    known.insert(canonical(&id), models.len());
                    models.push(id);
                }
            },
        }
    }
    if problems.is_empty() {
        Ok(models)
    } else {
        Err(problems)
    }
}

/// At most 60 characters of a user's text, control characters escaped, for messages.
pub(crate) fn shown(text: &str) -> String {
    let end = text.char_indices().nth(60).map(|(n, _)| n);
    let mut out = quote::visible(text.get(..end.unwrap_or(text.len())).unwrap_or_default());
    if end.is_some() {
        out.push('…');
    }
    out
}

/// How a JSON value is named in a message. Strings are shown, containers only counted: they may hold secrets.
pub(crate) fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(source) => shown(source),
        Value::String(s) => format!("the text \"{}\"", shown(s)),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(members) => format!("an object of {}", members.len()),
    }
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn wrong(&mut self, code: &str, path: &str, value: &Value, accepted: &str, next: &str) {
        self.problems
            .push(Problem::new(code, path, found(value), accepted, next));
    }

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
                "host" => self.host(&path, value, &mut into.host),
                "port" => self.port(&path, value, &mut into.port),
                "api" => match value.as_str().and_then(Api::of_name) {
                    Some(api) => into.api = api,
                    None => self.wrong(
                        "wrong-value",
                        &path,
                        value,
                        "\"anthropic-messages\" or \"openai-completions\"",
                        "Use the one that the proxy speaks.",
                    ),
                },
                "proxy" => match value.as_str() {
                    Some(name) if name == proxy_kind::AUTO || proxy_kind::named(name).is_some() => {
                        into.proxy = name.to_owned();
                    }
                    _ => self.wrong(
                        "wrong-value",
                        &path,
                        value,
                        &proxy_kind::accepted(),
                        "Name the kind of your proxy, or remove the setting to have it recognized.",
                    ),
                },
                "keyFile" => self.key_file(&path, value, &mut into.key_file),
                "command" => self.command(&path, value, &mut into.command),
                "models" => {
                    if let Some(list) = self.texts(&path, value) {
                        self.keep_models(&path, &list, &mut into.models);
                    }
                }
                "accessKey" => match value.as_str() {
                    Some("generated") => into.access_key = AccessKeyMode::Generated,
                    Some("off") => into.access_key = AccessKeyMode::Off,
                    _ => self.wrong(
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
                    _ => self.wrong(
                        "wrong-value",
                        &path,
                        value,
                        "\"on\", \"off\" or \"strict\"",
                        "Use one of the three.",
                    ),
                },
                "remoteHosts" => {
                    if let Some(list) = self.texts(&path, value) {
                        into.remote_hosts = list;
                    }
                }
                "passEnvironment" => {
                    if let Some(list) = self.texts(&path, value) {
                        into.pass_environment = list;
                    }
                }
                "allowedFallbacks" => {
                    if let Some(list) = self.texts(&path, value) {
                        into.allowed_fallbacks = list;
                    }
                }
                // Written by the config writer as its record of what it replaced; not settings.
                "previousDefault" | "hardened" => {}
                _ => self.wrong(
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

    /// Where a kind is named, what it speaks is known: an entry of an earlier kind does not count, a setting must fit.
    fn kind(&mut self, config: &Value, into: &mut Settings) {
        let Some(kind) = proxy_kind::named(&into.proxy) else {
            return;
        };
        match config.get("api") {
            None => into.api = kind.api(),
            Some(value) if !kind.speaks(into.api) => self.wrong(
                "api-not-spoken",
                &path::key(SETTINGS_PATH, "api"),
                value,
                &spoken(kind),
                "Remove `api`, or name the other kind in `proxy`.",
            ),
            Some(_) => {}
        }
    }

    fn key_file(&mut self, path: &str, value: &Value, into: &mut Option<String>) {
        let fits = |text: &&str| {
            text.starts_with('/') && text.len() <= LONGEST_PATH && !text.contains(char::is_control)
        };
        // Settings that were written out say so of what is not set.
        if *value == Value::Null {
            return;
        }
        match value.as_str().filter(fits) {
            Some(text) => *into = Some(text.to_owned()),
            None => self.wrong(
                "wrong-value",
                path,
                value,
                "the full path of a file, from `/` on",
                "Name the file with the key of your proxy; `~` and variables are not filled in.",
            ),
        }
    }

    /// The provider entry belongs to OpenClaw and may hold much more than is read here.
    fn provider_entry(&mut self, value: &Value, into: &mut Settings) {
        let root = format!("models.providers.{ID}");
        if self.object(&root, value).is_none() {
            return;
        }
        if let Some(url) = value.get("baseUrl") {
            let path = format!("{root}.baseUrl");
            match url.as_str().map(|text| split_base_url(&path, text)) {
                Some(Ok((host, port))) => {
                    into.host = host;
                    into.port = port;
                }
                Some(Err(problem)) => self.problems.push(problem),
                None => self.wrong(
                    "wrong-type",
                    &path,
                    url,
                    "text such as \"http://127.0.0.1:3456\"",
                    "Write the proxy's address.",
                ),
            }
        }
        // Another one is the audit's to judge, and the login's to replace.
        if let Some(api) = value
            .get("api")
            .and_then(Value::as_str)
            .and_then(Api::of_name)
        {
            into.api = api;
        }
        if let Some(Value::Array(rows)) = value.get("models") {
            let ids: Vec<String> = rows
                .iter()
                .filter_map(|row| row.get("id").and_then(Value::as_str))
                .map(str::to_owned)
                .collect();
            if !ids.is_empty() {
                self.keep_models(&format!("{root}.models"), &ids, &mut into.models);
            }
        }
    }

    fn object<'a>(&mut self, path: &str, value: &'a Value) -> Option<&'a [(String, Value)]> {
        let object = value.as_object();
        if object.is_none() {
            self.wrong("wrong-type", path, value, "an object", "Write an object.");
        }
        object
    }

    fn flag(&mut self, path: &str, value: &Value, into: &mut bool) {
        match value.as_bool() {
            Some(flag) => *into = flag,
            None => self.wrong(
                "wrong-type",
                path,
                value,
                "true or false",
                "Write true or false, without quotes.",
            ),
        }
    }

    fn milliseconds(&mut self, path: &str, value: &Value, least: u64, into: &mut u32) {
        match value
            .as_u64()
            .filter(|ms| (least..=LONGEST_MS).contains(ms))
        {
            Some(ms) => *into = u32::try_from(ms).unwrap_or(u32::MAX),
            None => self.wrong(
                "out-of-range",
                path,
                value,
                &format!("a whole number of milliseconds from {least} to {LONGEST_MS}"),
                "Write a number in that range, without quotes.",
            ),
        }
    }

    fn host(&mut self, path: &str, value: &Value, into: &mut String) {
        match value.as_str().map(|text| parse_host(path, text)) {
            Some(Ok(host)) => *into = host,
            Some(Err(problem)) => self.problems.push(problem),
            None => self.wrong(
                "wrong-type",
                path,
                value,
                "text such as \"127.0.0.1\"",
                "Write the host in quotes.",
            ),
        }
    }

    fn port(&mut self, path: &str, value: &Value, into: &mut u16) {
        match value.as_u64().and_then(|n| u16::try_from(n).ok()) {
            Some(port) if port > 0 => *into = port,
            _ => self.wrong(
                "port-out-of-range",
                path,
                value,
                "a whole number from 1 to 65535",
                "Write a port number, without quotes, for example 3456.",
            ),
        }
    }

    fn command(&mut self, path: &str, value: &Value, into: &mut Vec<String>) {
        if value.as_str().is_some() {
            self.wrong(
                "command-not-a-list",
                path,
                value,
                &format!("a list with the program first, such as {}", command_text()),
                "Split the command into a list; no shell is used.",
            );
            return;
        }
        let Some(list) = self.texts(path, value) else {
            return;
        };
        if list.is_empty()
            || list.iter().any(|part| part.contains('\0'))
            || list.first().is_some_and(|p| p.trim().is_empty())
        {
            self.wrong(
                "command-empty",
                path,
                value,
                &format!("a list with the program first, such as {}", command_text()),
                "Name the program that starts the proxy, or remove the setting to get the default.",
            );
            return;
        }
        *into = list;
    }

    fn keep_models(&mut self, path: &str, list: &[String], into: &mut Vec<String>) {
        match parse_models(path, list) {
            Ok(models) => *into = models,
            Err(problems) => self.problems.extend(problems),
        }
    }

    fn texts(&mut self, path: &str, value: &Value) -> Option<Vec<String>> {
        let Some(items) = value.as_array() else {
            self.wrong(
                "wrong-type",
                path,
                value,
                "a list of texts",
                "Write a list, for example [\"…\"].",
            );
            return None;
        };
        let mut out = Vec::new();
        for (n, item) in items.iter().enumerate() {
            match item.as_str() {
                Some(text) => out.push(text.to_owned()),
                None => self.wrong(
                    "wrong-type",
                    &format!("{path}[{n}]"),
                    item,
                    "text",
                    "Write the item in quotes.",
                ),
            }
        }
        (out.len() == items.len()).then_some(out)
    }
}

/// What a kind speaks, for a message.
fn spoken(kind: &ProxyKind) -> String {
    let names: Vec<_> = kind
        .apis
        .iter()
        .map(|api| format!("\"{}\"", api.name()))
        .collect();
    format!("{}, which {} speaks", names.join(" or "), kind.title)
}

/// Host and port of a base URL that holds nothing else. The launch needs an address that means one thing to everybody, so
/// an unusual spelling of this machine is taken for what it means.
fn split_base_url(path: &str, text: &str) -> Result<(String, u16), Problem> {
    let problem = || {
        Problem::new(
            "base-url-invalid",
            path,
            format!("\"{}\"", shown(&address::without_userinfo(text))),
            "`http://HOST:PORT`, with `/v1` after it for the OpenAI dialect, and nothing more",
            format!("Write it as http://{DEFAULT_HOST}:{DEFAULT_PORT}, with your own port."),
        )
    };
    let canonical = match address::decide(text) {
        Address::Loopback {
            origin,
            canonical: false,
        } if is_only_an_origin(text) => origin,
        _ => text.trim().to_owned(),
    };
    let rest = canonical.strip_prefix("http://").ok_or_else(problem)?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    // Which form it must have is for the login to write; the address is the same.
    let rest = rest.strip_suffix("/v1").unwrap_or(rest);
    let (host, port) = match rest.strip_prefix('[') {
        Some(v6) => {
            let (host, after) = v6.split_once(']').ok_or_else(problem)?;
            (host, after.strip_prefix(':'))
        }
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let host = parse_host(path, host).map_err(|_| problem())?;
    let port = match port {
        Some(port) => parse_port(path, port).map_err(|_| problem())?,
        None => 80,
    };
    Ok((host, port))
}

/// Whether a URL ends after its host and port.
fn is_only_an_origin(text: &str) -> bool {
    let rest = text.trim().split_once("://").map(|(_, rest)| rest);
    rest.is_some_and(|rest| {
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        !rest.contains(['/', '\\', '?', '#'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &serde_json::Value) -> Value {
        document::parse(&json.to_string()).unwrap().root
    }

    fn problems(config: &str) -> Vec<(String, String)> {
        match parse(config) {
            Ok(_) => Vec::new(),
            Err(error) => error
                .problems()
                .iter()
                .map(|p| {
                    (
                        p.code.clone(),
                        p.path.replace(&format!("{SETTINGS_PATH}."), ""),
                    )
                })
                .collect(),
        }
    }

    #[test]
    fn a_key_that_a_terminal_would_obey_is_spelled_out() {
        let error = parse("{\"ho\\u001b[2Jst\\u007f\": 1}").unwrap_err();
        let said = error.to_string();
        assert!(said.contains("ho\\u001b[2Jst\\u007f"), "{said}");
        assert!(!said.contains(char::is_control), "{said:?}");
    }

    #[test]
    fn nothing_set_gives_the_defaults() {
        let settings = parse("{}").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.base_url(), "http://127.0.0.1:3456");
        assert_eq!(settings.command, ["bunx", "opencode-claude-max-proxy"]);
        assert_eq!(settings.restart_delay_ms, 3000);
        assert_eq!(settings.models, DEFAULT_MODELS);
    }

    #[test]
    fn the_api_is_read_from_either_place_and_decides_the_address() {
        let entry = |text: &str| document::parse(text).unwrap().root;
        let openai =
            entry(r#"{"baseUrl": "http://127.0.0.1:3457/v1", "api": "openai-completions"}"#);
        let settings = from_parts(None, Some(&openai)).unwrap();
        assert_eq!(settings.api, Api::OpenaiCompletions);
        assert_eq!(settings.base_url(), "http://127.0.0.1:3457");
        assert_eq!(settings.endpoint(), "http://127.0.0.1:3457/v1");
        // The plugin's own setting wins, so that there is a way back.
        let own = entry(r#"{"api": "anthropic-messages"}"#);
        let settings = from_parts(Some(&own), Some(&openai)).unwrap();
        assert_eq!(settings.endpoint(), "http://127.0.0.1:3457");
        assert_eq!(
            problems(r#"{"api": "openai-responses"}"#),
            [("wrong-value".to_owned(), "api".to_owned())]
        );
        for address in ["http://127.0.0.1:3457/v2", "http://127.0.0.1:3457/v1/x"] {
            let entry = value(&serde_json::json!({ "baseUrl": address }));
            assert!(from_parts(None, Some(&entry)).is_err(), "{address}");
        }
    }

    #[test]
    fn bad_settings_are_named_and_never_replaced() {
        for (config, code, path) in [
            (r#"{"port":"3456"}"#, "port-out-of-range", "port"),
            (r#"{"port":0}"#, "port-out-of-range", "port"),
            (r#"{"port":65536}"#, "port-out-of-range", "port"),
            (r#"{"port":1.5}"#, "port-out-of-range", "port"),
            (r#"{"autoStart":"yes"}"#, "wrong-type", "autoStart"),
            (r#"{"restartDelayMs":-1}"#, "out-of-range", "restartDelayMs"),
            (r#"{"command":[]}"#, "command-empty", "command"),
            (r#"{"command":[""]}"#, "command-empty", "command"),
            (r#"{"command":"bunx x"}"#, "command-not-a-list", "command"),
            (r#"{"command":["a",1]}"#, "wrong-type", "command[1]"),
            (r#"{"models":[]}"#, "models-empty", "models"),
            (r#"{"models":["a b"]}"#, "model-invalid", "models[0]"),
            (r#"{"models":["x","X"]}"#, "model-twice", "models[1]"),
            (
                r#"{"models":["anthropic-claude-proxy/x"]}"#,
                "model-with-provider",
                "models[0]",
            ),
            (r#"{"host":""}"#, "host-empty", "host"),
            (r#"{"host":"0.0.0.0"}"#, "host-unspecified", "host"),
            (r#"{"host":"::"}"#, "host-unspecified", "host"),
            (r#"{"host":"http://x"}"#, "host-invalid", "host"),
            (r#"{"host":"127.1"}"#, "host-invalid", "host"),
            (r#"{"host":"2130706433"}"#, "host-invalid", "host"),
            (r#"{"host":"a..b"}"#, "host-invalid", "host"),
            (r#"{"host":"example.com"}"#, "host-not-local", "host"),
            (r#"{"host":7}"#, "wrong-type", "host"),
            (r#"{"prot":3456}"#, "unknown-key", "prot"),
            (r#"{"accessKey":true}"#, "wrong-value", "accessKey"),
            (r#"{"proxy":"meridan"}"#, "wrong-value", "proxy"),
            (r#"{"proxy":""}"#, "wrong-value", "proxy"),
            (r#"{"proxy":null}"#, "wrong-value", "proxy"),
            (
                r#"{"proxy":"claude-max-api-proxy","api":"anthropic-messages"}"#,
                "api-not-spoken",
                "api",
            ),
            (r#"{"keyFile":"key"}"#, "wrong-value", "keyFile"),
            (r#"{"keyFile":"~/key"}"#, "wrong-value", "keyFile"),
            (r#"{"keyFile":""}"#, "wrong-value", "keyFile"),
            (r#"{"keyFile":7}"#, "wrong-value", "keyFile"),
            (
                r#"{"keyFile":"/k","accessKey":"off"}"#,
                "key-file-without-key",
                "keyFile",
            ),
            (r#"{"guard":"maybe"}"#, "wrong-value", "guard"),
            (
                r#"{"guard":"strict","allowedFallbacks":["openai/gpt-6"]}"#,
                "strict-with-fallbacks",
                "guard",
            ),
            (r#"[]"#, "wrong-type", SETTINGS_PATH),
            (r#"{"#, "not-json", SETTINGS_PATH),
        ] {
            assert_eq!(
                problems(config),
                [(code.to_owned(), path.to_owned())],
                "{config}"
            );
        }
        assert_eq!(
            problems(r#"{"port":0,"x":1,"host":""}"#).len(),
            3,
            "all at once"
        );
    }

    #[test]
    fn a_named_kind_brings_its_dialect() {
        let entry = document::parse(r#"{"api": "anthropic-messages"}"#)
            .unwrap()
            .root;
        let own = document::parse(r#"{"proxy": "claude-max-api-proxy", "keyFile": "/k"}"#);
        let settings = from_parts(Some(&own.unwrap().root), Some(&entry)).unwrap();
        assert_eq!(settings.api, Api::OpenaiCompletions);
        assert_eq!(settings.key_file.as_deref(), Some("/k"));
        let settings = parse(r#"{"proxy":"litellm","api":"openai-completions"}"#).unwrap();
        assert_eq!(settings.api, Api::OpenaiCompletions);
        let error = parse(r#"{"proxy":"x"}"#).unwrap_err().to_string();
        for row in proxy_kind::ROWS {
            assert!(error.contains(row.name), "{error}");
        }
    }

    #[test]
    fn hosts_are_taken_as_people_write_them() {
        for (text, host) in [
            ("localhost", "localhost"),
            (" 127.0.0.1 ", "127.0.0.1"),
            ("[::1]", "::1"),
            ("::1", "::1"),
        ] {
            assert_eq!(parse_host("host", text).unwrap(), host);
        }
        assert_eq!(base_url("::1", 1), "http://[::1]:1");
    }

    #[test]
    fn the_settings_win_over_the_provider_entry_and_that_over_the_defaults() {
        let entry = value(&serde_json::json!({
            "baseUrl": "http://127.0.0.1:9999/", "models": [{"id": "claude-haiku-4"}], "headers": {"x": "y"}
        }));
        let from_entry = from_parts(None, Some(&entry)).unwrap();
        assert_eq!(
            (from_entry.port, from_entry.models.as_slice()),
            (9999, &["claude-haiku-4".to_owned()][..])
        );
        for url in [
            "http://2130706433:9999",
            "http://0x7f.1:9999/",
            "HTTP://127.1:9999",
        ] {
            let entry = value(&serde_json::json!({"baseUrl": url}));
            let settings = from_parts(None, Some(&entry)).unwrap();
            assert_eq!(
                (settings.host.as_str(), settings.port),
                ("127.0.0.1", 9999),
                "{url}"
            );
        }
        let config = value(&serde_json::json!({"port": 4000}));
        let both = from_parts(Some(&config), Some(&entry)).unwrap();
        assert_eq!((both.port, both.models.len()), (4000, 1));
        for url in [
            "https://127.0.0.1:1",
            "http://u:p@127.0.0.1:1",
            "http://127.0.0.1:99999",
            "http://0x7f.1:1/v1",
            "http://0x8f.1:1",
            "${X}",
        ] {
            let entry = value(&serde_json::json!({"baseUrl": url}));
            let error = from_parts(None, Some(&entry)).unwrap_err();
            let problem = &error.problems()[0];
            assert_eq!(problem.code, "base-url-invalid", "{url}");
            assert!(!problem.found.contains("u:p"), "no credentials in messages");
        }
    }

    #[test]
    fn a_remote_host_must_be_named_twice() {
        let named = parse(r#"{"host":"10.0.0.2","remoteHosts":["10.0.0.2"]}"#).unwrap();
        assert!(!named.is_local());
        assert_eq!(problems(r#"{"host":"10.0.0.2"}"#)[0].0, "host-not-local");
    }
}
