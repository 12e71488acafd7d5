//! `crates/host` as a library, in a program that has an engine of its own and compiles the component itself: every vector, and
//! the limits.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use claude_proxy_host::component::config::{AuditInput, AuditOutcome};
use claude_proxy_host::{ClaudeProxy, Error, Limits};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::{rust, typed, vectors};

const ROOMY: Limits = Limits {
    deadline: Duration::from_secs(60),
    memory: 256 << 20,
};

/// Loads, runs every vector, runs into each limit, and asks again.
pub(crate) fn run(path: &Path) -> Result<String> {
    let engine = Engine::new(&ClaudeProxy::config())?;
    let component = Component::from_file(&engine, path)?;
    let mut proxy = ClaudeProxy::with_component(&engine, &component, ROOMY)?;
    ensure!(
        proxy.describe()?.version == env!("CARGO_PKG_VERSION"),
        "it is another version"
    );
    let files: Vec<_> = vectors::load()?.into_iter().map(|(_, file)| file).collect();
    let mut types = rust::Host::new(path)?.instance(rust::MEMORY)?;
    let calls = typed::run(&mut proxy, &mut types, &files)?;
    let large = AuditInput {
        document: format!("{{ x: [{}] }}", "'text', 1, {},".repeat(200_000)),
        files: Vec::new(),
        variables: Vec::new(),
        backups: Vec::new(),
        host: None,
        stored: Vec::new(),
    };
    proxy.set_limits(Limits {
        deadline: Duration::from_millis(5),
        ..ROOMY
    });
    match proxy.audit(&large) {
        Err(Error::Deadline(_)) => {}
        other => bail!("a call beyond its deadline gives {other:?}"),
    }
    proxy.set_limits(Limits {
        memory: 8 << 20,
        ..ROOMY
    });
    match proxy.audit(&large) {
        Err(Error::Memory(_)) => {}
        other => bail!("a call beyond its memory gives {other:?}"),
    }
    proxy.set_limits(ROOMY);
    match proxy.audit(&large)? {
        AuditOutcome::Report(report) if !report.closed => {}
        other => bail!("the next call gives {other:?}"),
    }
    Ok(format!(
        "{calls} calls, an engine of the caller's, a deadline and a memory limit that hold"
    ))
}
