//! No other code of the project names a proxy.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, ends: &str, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["tests", "types", "node_modules", "proxy_kind"].contains(&&*name) {
                sources(&path, ends, out);
            }
        } else if name.ends_with(ends) {
            out.push(path);
        }
    }
}

/// The fake proxies (`crates/fake-proxy`), tests and generated names may name proxies; code that decides may not.
#[test]
fn nothing_else_knows_a_proxy_by_name() {
    const NAMES: &str =
        "meridian max-api max_api litellm claude-code-router cliproxy opencode-claude passthrough";
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["provider", "plugin", "supervisor", "host"] {
        let folder = root.join("crates").join(folder).join("src");
        sources(&folder, ".rs", &mut files);
    }
    sources(&root.join("openclaw"), ".js", &mut files);
    assert!(files.len() > 80, "{}", files.len());
    for path in files {
        // Names of OpenClaw's own providers, one of which is called the same.
        if path.ends_with("edit/harden.rs") || path.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (n, line) in code.lines().enumerate() {
            let line = line.to_lowercase();
            // Comments may name what was measured.
            if line.trim_start().starts_with("//") {
                continue;
            }
            for name in NAMES.split(' ') {
                assert!(!line.contains(name), "{}:{}: {line}", path.display(), n + 1);
            }
        }
    }
}
