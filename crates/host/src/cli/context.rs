//! The context of a command: configuration, state, the component and the settings in force.

use std::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::args::GlobalArgs;
use super::failure::{Failure, UNKNOWN};
use super::host_report;
use crate::audit::{self, Audited, Openclaw};
use crate::component::{CallError, ClaudeProxy, Limits, auth, types};
use crate::location::{Locations, Lookup, STATE_NAME};
use crate::state::StateDir;
use crate::store::{Document, Store};

/// What one call of the component may cost here: a configuration of 10 MB is audited in a tenth of both.
pub(super) const LIMITS: Limits = Limits {
    deadline: Duration::from_secs(20),
    memory: 1 << 30,
};

/// The environment of this process.
pub(super) const ENVIRONMENT: Lookup<'static> = &|name: &str| std::env::var_os(name);

/// Arguments of this process, and what was read with them.
pub(super) struct Context {
    globals: GlobalArgs,
    document: OnceCell<Document>,
    openclaw: Openclaw,
}

impl Context {
    pub(super) fn new(globals: GlobalArgs) -> Result<Self, Failure> {
        let openclaw = match globals.openclaw.as_deref() {
            None => Openclaw::default(),
            Some("-") => host_report::read(std::io::stdin().lock())?,
            Some(version) => Openclaw::of_version(version),
        };
        Ok(Self {
            globals,
            document: OnceCell::new(),
            openclaw,
        })
    }

    /// The same arguments, with the configuration read anew.
    pub(super) fn reload(&self) -> Self {
        Self {
            globals: self.globals.clone(),
            document: OnceCell::new(),
            openclaw: self.openclaw.clone(),
        }
    }

    /// What can be seen of the headless token; its value goes no further than the component, which keeps nothing.
    ///
    /// # Errors
    /// The component broke.
    pub(super) fn token(&self, component: &mut ClaudeProxy) -> Result<auth::TokenState, CallError> {
        let token = std::env::var_os("CLAUDE_CODE_OAUTH_TOKEN");
        // What is no text is none of its letters.
        let token = token.as_deref().map(OsStr::to_string_lossy);
        component.judge_token(token.as_deref())
    }

    /// The component. Every failure is a broken installation.
    pub(super) fn component(&self, exit: u8) -> Result<ClaudeProxy, Failure> {
        ClaudeProxy::load(LIMITS).map_err(|why| Failure::component(exit, &why, None))
    }

    pub(super) fn store(&self) -> Store {
        Store::new(ENVIRONMENT)
    }

    pub(super) fn config_path(&self, exit: u8) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.globals.config {
            return Ok(path.clone());
        }
        Locations::new(ENVIRONMENT)
            .config_path()
            .map_err(|why| Failure::home(exit, &why))
    }

    /// The configuration, read once; `exit` is the exit code where it cannot be read.
    pub(super) fn document(&self, exit: u8) -> Result<&Document, Failure> {
        if let Some(read) = self.document.get() {
            return Ok(read);
        }
        let path = self.config_path(exit)?;
        let read = self
            .store()
            .read(&path)
            .map_err(|why| Failure::store(exit, &why))?;
        Ok(self.document.get_or_init(|| read))
    }

    /// What is known of the OpenClaw that reads the configuration.
    pub(super) fn openclaw(&self) -> &Openclaw {
        &self.openclaw
    }

    /// Audits a configuration here, for the OpenClaw that was named.
    pub(super) fn audit(
        &self,
        component: &mut ClaudeProxy,
        document: &Document,
        exit: u8,
    ) -> Result<Audited, Failure> {
        audit::audit(component, document, ENVIRONMENT, &self.openclaw)
            .map_err(|why| Failure::component(exit, &why, Some(document.target())))
    }

    pub(super) fn state(&self, exit: u8) -> Result<StateDir, Failure> {
        if let Some(path) = &self.globals.state_dir {
            return Ok(StateDir::at(path));
        }
        Locations::new(ENVIRONMENT)
            .state_root()
            .map(|root| StateDir::at(root.join(STATE_NAME)))
            .map_err(|why| Failure::home(exit, &why))
    }

    /// The settings in force: those of the configuration, or the defaults where there is none.
    pub(super) fn settings(
        &self,
        component: &mut ClaudeProxy,
        exit: u8,
    ) -> Result<types::Settings, Failure> {
        let document = self.document(exit)?;
        audit::settings(component, document, ENVIRONMENT)
            .map_err(|why| Failure::component(exit, &why, Some(document.target())))
    }

    /// What a command about a proxy works with: the component, the settings in force for a port that may be named by a
    /// flag, and the state.
    pub(super) fn load(
        &self,
        port: Option<&str>,
    ) -> Result<(ClaudeProxy, types::Settings, StateDir), Failure> {
        let mut component = self.component(UNKNOWN)?;
        let settings = self.settings_for(&mut component, port)?;
        Ok((component, settings, self.state(UNKNOWN)?))
    }

    /// The settings in force, for a port that may be named by a flag. A broken configuration does not matter where the
    /// flag is all that is needed.
    pub(super) fn settings_for(
        &self,
        component: &mut ClaudeProxy,
        port: Option<&str>,
    ) -> Result<types::Settings, Failure> {
        let configured = self.settings(component, UNKNOWN);
        let Some(port) = port else {
            return configured;
        };
        let settings = match configured {
            Ok(settings) => settings,
            Err(_) => component.parse_settings("{}")?,
        };
        let asked = with_port(component, &settings, port)?;
        if asked.port == settings.port || asked.key_file.is_none() {
            return Ok(asked);
        }
        // The key of a file belongs to the configured proxy.
        Ok(component.with_changes(&asked, r#"{"keyFile":null}"#)?)
    }
}

/// The settings with a port given on the command line, by the component's own rule.
pub(super) fn with_port(
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    text: &str,
) -> Result<types::Settings, Failure> {
    // A number goes in as a number, anything else as a string, so that the complaint shows what was typed.
    let value = match text.trim().parse::<u64>() {
        Ok(number) if text.bytes().all(|b| b.is_ascii_digit()) => Value::from(number),
        _ => Value::from(text),
    };
    with_flag(component, settings, "--port", "port", value)
}

/// The settings with one of them given as a flag. A complaint names the flag.
pub(super) fn with_flag(
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    flag: &str,
    name: &str,
    value: Value,
) -> Result<types::Settings, Failure> {
    let changed = component.with_changes(settings, &json!({ name: value }).to_string());
    changed.map_err(|why| {
        let mut failure = Failure::component(super::args::USAGE, &why, None);
        failure.headline = format!("{flag} is not accepted");
        for problem in &mut failure.problems {
            problem.path = flag.to_owned();
        }
        failure
    })
}

/// The names of the environment's variables that are text.
pub(super) fn variable_names() -> Vec<String> {
    let text = |(name, value): (OsString, OsString)| value.to_str().and(name.into_string().ok());
    std::env::vars_os().filter_map(text).collect()
}
