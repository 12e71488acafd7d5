//! Settings on this side: what programs here read of them, and all of them for the component.

use std::ops::Deref;
use std::sync::Arc;

use serde::Deserialize;
use wasmtime::component::ResourceAny;

use super::{CallError, ClaudeProxy, Instance, accepted};

/// What the component made of a settings object or a configuration. Members are read as fields; a change is made by
/// [`ClaudeProxy::with_changes`], which holds it to the same rules. It outlives the component that made it.
#[derive(Debug, Clone)]
pub struct Settings {
    json: Arc<str>,
    read: HostSettings,
}

/// The settings that something on this side acts on; the component has more.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HostSettings {
    /// The address on which the proxy listens, the setting `host`; an IPv6 address without brackets.
    #[serde(rename = "host")]
    pub listen_address: String,
    /// Its port.
    pub port: u16,
    /// Model ids to register, in order; the first is the default model.
    pub models: Vec<String>,
    /// How the local access key is used.
    pub access_key: AccessKeyMode,
    /// Full path of the file with the key of a proxy that has one already.
    pub key_file: Option<String>,
}

/// How the local access key is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessKeyMode {
    /// A random key is given to the proxy and asked of every client.
    Generated,
    /// No key: any local program and any web page may use the proxy.
    Off,
}

impl Settings {
    /// Every setting as one JSON object.
    pub fn json(&self) -> &str {
        &self.json
    }
}

impl Deref for Settings {
    type Target = HostSettings;

    fn deref(&self) -> &HostSettings {
        &self.read
    }
}

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl ClaudeProxy {
    /// Reads the plugin's own settings object, as JSON text; `{}` gives the defaults.
    pub fn parse_settings(&mut self, json: &str) -> Result<Settings, CallError> {
        self.settings(|instance| {
            let types = instance.plugin.claude_proxy_plugin_types();
            types.settings().call_parse(&mut instance.store, json)
        })
    }

    /// Reads the settings in force from a whole OpenClaw configuration, its includes and variables replaced.
    pub fn settings_from_config(&mut self, document: &str) -> Result<Settings, CallError> {
        self.settings(|instance| {
            let types = instance.plugin.claude_proxy_plugin_types();
            types
                .settings()
                .call_from_config(&mut instance.store, document)
        })
    }

    /// These settings with the members of a settings object, as JSON text, put over theirs.
    pub fn with_changes(&mut self, settings: &Settings, json: &str) -> Result<Settings, CallError> {
        self.settings(|instance| {
            instance.with_settings(settings, |instance, own| {
                let types = instance.plugin.claude_proxy_plugin_types();
                types
                    .settings()
                    .call_with_changes(&mut instance.store, own, json)
            })
        })
    }

    fn settings(
        &mut self,
        make: impl FnOnce(&mut Instance) -> wasmtime::Result<Made>,
    ) -> Result<Settings, CallError> {
        let json = accepted(self.enter(|instance| {
            let made = match make(instance)? {
                Ok(made) => made,
                Err(why) => return Ok(Err(why)),
            };
            let types = instance.plugin.claude_proxy_plugin_types();
            let json = types.settings().call_to_json(&mut instance.store, made)?;
            made.resource_drop(&mut instance.store)?;
            Ok(Ok(json))
        }))?;
        let read = serde_json::from_str(&json).map_err(|why| CallError::Incompatible {
            reason: format!("its settings are not those of this host: {why}"),
        })?;
        Ok(Settings {
            json: json.into(),
            read,
        })
    }
}

/// What a function that makes settings gives.
type Made = Result<ResourceAny, super::types::Error>;

impl Instance {
    /// Runs a function with the component's own form of these settings.
    pub(super) fn with_settings<R>(
        &mut self,
        settings: &Settings,
        function: impl FnOnce(&mut Self, ResourceAny) -> wasmtime::Result<R>,
    ) -> wasmtime::Result<R> {
        let types = self.plugin.claude_proxy_plugin_types().settings();
        let Ok(own) = types.call_parse(&mut self.store, &settings.json)? else {
            wasmtime::bail!("the component refuses the settings that it has made");
        };
        let result = function(self, own)?;
        own.resource_drop(&mut self.store)?;
        Ok(result)
    }
}
