//! Measures one process: loading, instantiating, and calls beside the same functions called natively.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use claude_proxy_host::component::{config, runtime};
use claude_proxy_host::{ClaudeProxy, Limits};
use claude_proxy_provider as p;

use super::Figures;

/// Calls of each function, of which the mean is taken.
const TIMES: u32 = 2_000;
const LIMITS: Limits = Limits {
    deadline: Duration::from_secs(60),
    memory: 256 << 20,
};

/// Measures `crates/host` in this process, as programs use it. An ordinary configuration is in `document`.
pub(crate) fn measure(document: &Path) -> Result<()> {
    let mut figures = Figures::new();
    let since = Instant::now();
    let mut proxy = ClaudeProxy::load(LIMITS)?;
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

/// Notes the mean time of a call that was made often before.
fn mean<T, E>(
    figures: &mut Figures,
    name: &str,
    mut call: impl FnMut() -> Result<T, E>,
) -> Result<(), E> {
    for _ in 0..TIMES / 10 {
        black_box(call()?);
    }
    let since = Instant::now();
    for _ in 0..TIMES {
        black_box(call()?);
    }
    let each = since.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES);
    figures.insert(name.to_owned(), each);
    Ok(())
}

/// Each function in the component, then natively.
fn calls(proxy: &mut ClaudeProxy, document: &Path, figures: &mut Figures) -> Result<()> {
    let settings = proxy.parse_settings("{}")?;
    let native_settings = p::settings::Settings::default();
    let native_run = p::runtime::Run {
        provider: Some(p::ID.to_owned()),
        model: Some("claude-opus-4-6".to_owned()),
        trigger: "user".to_owned(),
        origin: String::new(),
    };
    let run = runtime::Run {
        provider: native_run.provider.clone(),
        model: native_run.model.clone(),
        trigger: native_run.trigger.clone(),
        origin: String::new(),
    };
    let native_input = p::audit::AuditInput::of(fs::read_to_string(document)?);
    let input = config::AuditInput {
        document: native_input.document.clone(),
        ..Default::default()
    };
    let json = r#"{"port":4000,"models":["claude-opus-4-6","claude-haiku-4-5"]}"#;

    mean(figures, "a fresh instance and `describe`", || {
        proxy.set_limits(LIMITS);
        proxy.describe()
    })?;
    mean(figures, "guard", || proxy.guard(&settings, &run))?;
    mean(figures, "guard, native", || {
        let (settings, run) = black_box((&native_settings, &native_run));
        Ok::<_, p::Error>(p::runtime::guard(settings, run))
    })?;
    mean(figures, "describe", || proxy.describe())?;
    mean(figures, "describe, native", || {
        Ok::<_, p::Error>(p::descriptor::describe())
    })?;
    mean(figures, "settings.parse", || proxy.parse_settings(json))?;
    mean(figures, "settings.parse, native", || {
        p::settings::parse(black_box(json))
    })?;
    mean(figures, "audit", || proxy.audit(&input))?;
    mean(figures, "audit, native", || {
        Ok::<_, p::Error>(p::audit::audit(black_box(&native_input)))
    })?;
    Ok(())
}

/// Names of the figures that have a native one beside them.
pub(super) fn with_native(figures: &BTreeMap<String, f64>) -> impl Iterator<Item = &str> {
    figures
        .keys()
        .filter_map(|name| name.strip_suffix(", native"))
}
