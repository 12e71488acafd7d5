//! Checks a whole installation. The host gathers the facts; each check reads them and gives one line.

mod calendar;
mod claude;
mod command;
mod config_check;
mod configuration;
mod default_model;
mod listener;
mod programs;
mod proxy;
mod version;

use crate::auth::ProgramOutput;
use crate::health::{Readiness, Verdict};
use configuration::Configuration;

pub use crate::wit::doctor::{
    Check, Command, Facts, KeyFile, KeyFileError, Listener, PortCheck, ProgramAnswer, ProgramError,
    Proxy, Status,
};
pub use programs::{openclaw_version, questions};
pub use version::{OPENCLAW_OLDEST, OPENCLAW_VERSION};

/// The free space that the log of the proxy needs: 50 MB.
const MIN_FREE_BYTES: u64 = 50_000_000;

/// The facts, with the audited configuration.
struct Installation<'f> {
    facts: &'f Facts,
    configuration: Result<Configuration, String>,
    claude_version: Result<String, String>,
    bun_version: Option<String>,
    node_version: Option<String>,
}

impl std::ops::Deref for Installation<'_> {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        self.facts
    }
}

impl<'f> Installation<'f> {
    fn new(facts: &'f Facts, configuration: Result<Configuration, String>) -> Self {
        let version = |id| programs::version(&facts.programs, id);
        Self {
            claude_version: version(programs::CLAUDE),
            bun_version: version(programs::BUN).ok(),
            node_version: version(programs::NODE).ok(),
            facts,
            configuration,
        }
    }

    /// What the Claude CLI says of the login.
    fn claude_login(&self) -> Option<&ProgramOutput> {
        programs::answer(&self.programs, programs::LOGIN)?
            .outcome
            .as_ref()
            .ok()
    }

    /// Where a program is that is in no directory of `PATH`.
    fn installed_at(&self, id: &str) -> Option<&str> {
        programs::answer(&self.programs, id)?
            .installed_at
            .as_deref()
    }

    /// The machine of the proxy, where it is another one: what must be done is done there.
    fn remote_address(&self) -> Option<&str> {
        self.proxy.as_ref().ok()?.remote_address.as_deref()
    }

    /// The verdict on what answers on the port, if it was probed.
    fn verdict(&self) -> Option<&Verdict> {
        Some(&self.port_check.as_ref().ok()?.verdict)
    }

    /// Whether the running proxy answers as it should.
    fn is_ready(&self) -> bool {
        self.verdict()
            .is_some_and(|verdict| verdict.readiness == Readiness::Ready)
    }
}

/// Status, detail and fix of a check; or the reason why the result is unknown.
type CheckResult = Result<(Status, String, Option<String>), String>;

fn pass(detail: impl Into<String>) -> CheckResult {
    Ok((Status::Pass, detail.into(), None))
}

fn warn(detail: impl Into<String>, fix: impl Into<String>) -> CheckResult {
    Ok((Status::Warn, detail.into(), Some(fix.into())))
}

fn fail(detail: impl Into<String>, fix: impl Into<String>) -> CheckResult {
    Ok((Status::Fail, detail.into(), Some(fix.into())))
}

/// The result of a check that is not possible because the proxy runs on another machine.
fn not_here(host: &str) -> CheckResult {
    pass(format!("not checked: the proxy runs on {host}"))
}

/// A check: its id, its title and its function.
type Rule = (
    &'static str,
    &'static str,
    fn(&Installation<'_>) -> CheckResult,
);

const RULES: &[Rule] = &[
    ("platform", "Helper runs on this machine", |f| {
        pass(f.platform.as_ref()?)
    }),
    ("claude-cli", "Claude CLI", claude::cli),
    ("login", "Claude login", claude::login),
    ("oauth-token", "Headless token", claude::token),
    ("runtime", "Bun or Node.js", command::runtime),
    ("proxy-command", "Proxy command", command::program),
    ("proxy-pinned", "Proxy version pinned", command::pinned),
    ("port", "Port", listener::port),
    ("health", "Proxy answers", listener::health),
    ("identity", "Listener is the proxy", listener::identity),
    ("access-key", "Access key enforced", listener::access_key),
    ("key-file", "Key of your own proxy", proxy::key_file),
    ("proxy-kind", "Kind of proxy", proxy::kind),
    (
        "config-closed",
        "Configuration closed",
        config_check::closed,
    ),
    ("default-model", "Default model", default_model::check),
    ("model-alias", "Model alias", config_check::alias),
    ("plugin-enabled", "Plugin enabled", version::plugin),
    (
        "hooks-permission",
        "Guard has its permission",
        version::hooks,
    ),
    ("openclaw-version", "OpenClaw version", version::openclaw),
    ("state-dir", "State directory", |f| {
        match f.state_dir.as_ref()? {
            None => pass("private to you"),
            Some(wrong) => fail(
                wrong,
                "chmod 700 on the directory, 600 on its files; remove links",
            ),
        }
    }),
    ("disk", "Disk", |f| {
        let free = *f.disk_free.as_ref()?;
        let detail = format!("{} MB free", free / 1_000_000);
        match free < MIN_FREE_BYTES {
            true => fail(
                detail,
                "Free some space: the proxy's log and the configuration's backups need it.",
            ),
            false => pass(detail),
        }
    }),
    ("clock", "Clock", calendar::clock),
];

/// Makes all checks, in a fixed order.
pub fn examine(facts: &Facts) -> Vec<Check> {
    let input = facts.configuration.as_ref().map_err(Clone::clone);
    run_checks(&Installation::new(facts, input.and_then(Configuration::of)))
}

fn run_checks(installation: &Installation<'_>) -> Vec<Check> {
    let unknown = |why: &str| {
        (
            Status::Unknown,
            format!("Unknown: {}.", why.trim_end_matches('.')),
            None,
        )
    };
    RULES
        .iter()
        .map(|(id, title, check)| {
            let (status, detail, fix) = check(installation).unwrap_or_else(|why| unknown(&why));
            Check {
                id: (*id).to_owned(),
                status,
                title: (*title).to_owned(),
                detail,
                fix,
            }
        })
        .collect()
}
