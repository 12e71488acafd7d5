//! The programs of `docs/embedding.md`: the guide shows the files of `examples/`, and each of them is run.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use harness::{command, page, places};

use crate::hosts;

const NODE: &str = "examples/node/audit.mjs";
const PYTHON: &str = "examples/python/audit.py";
const RUST: &str = "crates/host/examples/embed.rs";

/// Checks that the guide shows each file as it is.
pub(crate) fn check() -> Result<()> {
    for (name, language) in [(NODE, "js"), (PYTHON, "python"), (RUST, "rust")] {
        let text = fs::read_to_string(places::root().join(name))?;
        let shown = format!("```{language}\n{text}```\n");
        page::check_or_update("docs/embedding.md", name, &shown)?;
    }
    Ok(())
}

/// Runs each with a closed and with an open configuration.
pub(crate) fn run(component: &Path) -> Result<String> {
    check()?;
    let root = places::root();
    let folder = hosts::scratch().join("examples");
    let glue = folder.join("plugin");
    if glue.exists() {
        fs::remove_dir_all(&glue)?;
    }
    places::copy(&hosts::transpiled(component)?, &glue)?;
    fs::copy(root.join(NODE), folder.join("audit.mjs"))?;
    let (closed, open) = (folder.join("closed.json"), folder.join("open.json"));
    let input = claude_proxy_provider::audit::AuditInput::default();
    let request = claude_proxy_provider::edit::ApplyRequest {
        set_default: true,
        ..Default::default()
    };
    let applied = claude_proxy_provider::edit::apply(&input, &request)?;
    fs::write(&closed, applied.text)?;
    fs::write(
        &open,
        "{ $include: './x', agents: { defaults: { model: 'openai/gpt-6' } } }",
    )?;

    for (document, code) in [(&closed, 0), (&open, 1)] {
        let (mut in_node, mut in_python) = (hosts::node()?, hosts::python()?);
        in_node.arg(folder.join("audit.mjs")).arg(document);
        in_python.arg(root.join(PYTHON)).args([component, document]);
        for mut command in [in_node, in_python] {
            let ended = command::run(&mut command, hosts::LIMIT)?;
            ensure!(
                ended.code == Some(code)
                    && (code == 0 || ended.stdout.contains("agents.defaults.model")),
                "{command:?}: {ended:?}"
            );
        }
    }
    // Built with the other programs of the workspace; it has a document of its own.
    let embed = places::present(places::target().join("debug/examples/embed"), "conformance")?;
    hosts::last_line(&mut Command::new(embed))?;
    let tools = places::present(places::peers("tools").join("node_modules"), "fetch")?;
    let tsc = tools.join("typescript/bin/tsc");
    let mut types = hosts::node()?;
    let options = "--noEmit --strict --checkJs --allowJs --target esnext --module nodenext --skipLibCheck --types node --typeRoots";
    types
        .arg(tsc)
        .args(options.split(' '))
        .arg(tools.join("@types"));
    hosts::last_line(types.arg(folder.join("audit.mjs")))?;
    Ok("3 programs, and the types of the one in Node".to_owned())
}
