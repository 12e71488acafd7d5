//! The plugin in a program of your own: without the command line and without the supervisor.
//!
//! `cargo run -p claude-proxy-host --no-default-features --example embed`

use std::time::{Duration, Instant};

use claude_proxy_host::component::config::{AuditInput, AuditOutcome};
use claude_proxy_host::{ClaudeProxy, Limits};

fn main() -> Result<(), claude_proxy_host::CallError> {
    let begun = Instant::now();
    let mut plugin = ClaudeProxy::load(Limits {
        deadline: Duration::from_secs(10),
        memory: 256 << 20,
    })?;
    let loaded = begun.elapsed();
    let who = plugin.describe()?;
    println!(
        "{} {}, loaded in {loaded:.2?}, answered after {:.2?}",
        who.id,
        who.version,
        begun.elapsed()
    );

    let defaults = plugin.parse_settings("{}")?;
    for model in plugin.models(&defaults.models)? {
        println!("  {:<28} {:>9} tokens", model.id, model.context_window);
    }

    let outcome = plugin.audit(&AuditInput {
        document: "{ agents: { defaults: { model: 'openai/gpt-6' } } }".to_owned(),
        ..AuditInput::default()
    })?;
    if let AuditOutcome::Report(report) = outcome {
        for finding in report.findings {
            println!(
                "  {} -> {}: {}",
                finding.path, finding.leads_to, finding.fix
            );
        }
    }
    Ok(())
}
