//! Every fact, by name; what cannot be had carries its reason.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cli::context::Context;
use crate::cli::failure::{CANNOT_TELL, Failure};
use crate::component::doctor::Fact;
use crate::component::{ClaudeProxy, auth};

/// A fact's value, or why there is none.
pub(super) type Found = Result<String, String>;

/// The facts so far, and who is asked for more.
pub(super) struct Facts<'a> {
    pub(super) context: &'a Context,
    pub(super) component: &'a mut ClaudeProxy,
    facts: Vec<Fact>,
}

impl<'a> Facts<'a> {
    /// Looks at everything.
    pub(super) fn all(
        context: &'a Context,
        component: &'a mut ClaudeProxy,
        port: Option<&str>,
    ) -> Vec<Fact> {
        let mut all = Self {
            context,
            component,
            facts: Vec::new(),
        };
        let machine = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
        all.set("platform", Ok(machine));
        let token = context.token(all.component);
        let token = token.map_err(text).map(|state| {
            match state {
                auth::TokenState::Absent => "absent",
                auth::TokenState::Present => "present",
                auth::TokenState::Malformed => "malformed",
            }
            .to_owned()
        });
        all.set("oauth-token", token);
        let openclaw = all.programs();
        all.configuration(openclaw.as_deref());
        all.settings(port);
        all.place();
        all.facts
    }

    pub(super) fn set(&mut self, name: &str, found: Found) {
        let (value, error) = match found {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(error)),
        };
        self.facts.push(Fact {
            name: name.to_owned(),
            value,
            error,
        });
    }

    /// Sets those of these facts that are not known yet to the reason why they cannot be.
    pub(super) fn lack(&mut self, names: &[&str], why: &str) {
        for name in names {
            if !self.facts.iter().any(|fact| fact.name == *name) {
                self.set(name, Err(why.to_owned()));
            }
        }
    }

    fn place(&mut self) {
        let state = self.context.state(CANNOT_TELL).map_err(first_problem);
        let private = state.as_ref().map_err(Clone::clone).map(|state| {
            let inspected = state.inspect();
            inspected.map_or_else(|why| why.to_string(), |()| "ok".to_owned())
        });
        self.set("state-dir", private);
        let free = state.and_then(|state| free_bytes(state.path()));
        self.set("disk-free", free.map(|bytes| bytes.to_string()));
        self.set("clock", Ok(unix_seconds(SystemTime::now())));
        self.set("clock-written", self.written());
    }

    /// When the configuration was written, as Unix time.
    fn written(&self) -> Found {
        let path = self
            .context
            .config_path(CANNOT_TELL)
            .map_err(first_problem)?;
        let modified = std::fs::metadata(&path).and_then(|found| found.modified());
        modified.map(unix_seconds).map_err(text)
    }
}

fn unix_seconds(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().to_string()
}

/// A reason, for people.
pub(super) fn text(why: impl std::fmt::Display) -> String {
    why.to_string()
}

/// The first thing that is wrong, in one line.
pub(super) fn first_problem(failure: Failure) -> String {
    match failure.problems.first() {
        Some(problem) => format!("{}: {}", problem.path, problem.found),
        None => failure.headline,
    }
}

/// Bytes that this user may still write where a directory is, or would be.
fn free_bytes(path: &Path) -> Result<u64, String> {
    let there = path
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    rustix::fs::statvfs(there)
        .map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize))
        .map_err(text)
}
