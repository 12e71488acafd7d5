//! Measures in this process, which was started for it: load, instantiate, calls beside the same functions called natively.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use claude_proxy_host::component::{config, runtime};
use claude_proxy_host::{ClaudeProxy, Limits};
use claude_proxy_provider as p;

use super::Figures;

/// Calls of each function, of which the mean is taken.
const TIMES: u32 = 2_000;

/// Measures `crates/host` as programs use it. An ordinary configuration is in `document`.
pub(crate) fn here(document: &Path) -> Result<()> {
    let limits = Limits {
        deadline: Duration::from_secs(60),
        memory: 256 << 20,
    };
    let mut figures = Figures::new();
    let since = Instant::now();
    let mut proxy = ClaudeProxy::load(limits)?;
    note(&mut figures, "load", since);
    proxy.describe()?;
    note(&mut figures, "load, instantiate, first answer", since);
    calls(&mut proxy, document, &mut figures)?;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| {
        let number = line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?;
        number.parse().ok()
    });
    figures.insert("peak memory".to_owned(), peak.unwrap_or(f64::NAN));
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

fn note(figures: &mut Figures, name: &str, since: Instant) {
    figures.insert(name.to_owned(), since.elapsed().as_secs_f64() * 1e6);
}

/// Each function in the component, then natively.
fn calls(proxy: &mut ClaudeProxy, document: &Path, figures: &mut Figures) -> Result<()> {
    let mut warm = |name: &str, work: &mut dyn FnMut() -> Result<()>| -> Result<()> {
        for _ in 0..TIMES / 10 {
            work()?;
        }
        let since = Instant::now();
        for _ in 0..TIMES {
            work()?;
        }
        let each = since.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES);
        figures.insert(name.to_owned(), each);
        Ok(())
    };
    let limits = Limits {
        deadline: Duration::from_secs(60),
        memory: 256 << 20,
    };
    let settings = proxy.parse_settings("{}")?;
    let own_settings = p::settings::Settings::default();
    let (provider, model) = (p::ID.to_owned(), "claude-opus-4-6".to_owned());
    let own_run = p::runtime::Run {
        provider: Some(provider),
        model: Some(model),
        trigger: "user".to_owned(),
        origin: String::new(),
    };
    let run = runtime::Run {
        provider: own_run.provider.clone(),
        model: own_run.model.clone(),
        trigger: own_run.trigger.clone(),
        origin: String::new(),
    };
    let own_input = p::report::AuditInput {
        document: fs::read_to_string(document).context("no document")?,
        ..Default::default()
    };
    let input = config::AuditInput {
        document: own_input.document.clone(),
        ..Default::default()
    };
    let json = r#"{"port":4000,"models":["claude-opus-4-6","claude-haiku-4-5"]}"#;

    warm("a fresh instance and `describe`", &mut || {
        proxy.set_limits(limits);
        black_box(proxy.describe()?);
        Ok(())
    })?;
    warm("guard", &mut || {
        black_box(proxy.guard(&settings, &run)?);
        Ok(())
    })?;
    warm("guard, native", &mut || {
        black_box(p::runtime::guard(
            black_box(&own_settings),
            black_box(&own_run),
        ));
        Ok(())
    })?;
    warm("describe", &mut || {
        black_box(proxy.describe()?);
        Ok(())
    })?;
    warm("describe, native", &mut || {
        black_box(p::command::describe());
        Ok(())
    })?;
    warm("settings.parse", &mut || {
        black_box(proxy.parse_settings(json)?);
        Ok(())
    })?;
    warm("settings.parse, native", &mut || {
        black_box(p::settings::parse(black_box(json))).ok();
        Ok(())
    })?;
    warm("audit", &mut || {
        black_box(proxy.audit(&input)?);
        Ok(())
    })?;
    warm("audit, native", &mut || {
        black_box(p::audit::audit(black_box(&own_input)));
        Ok(())
    })?;
    Ok(())
}

/// Names of the figures that have a native one beside them.
pub(super) fn with_native(figures: &BTreeMap<String, f64>) -> impl Iterator<Item = &str> {
    figures
        .keys()
        .filter_map(|name| name.strip_suffix(", native"))
}
