//! Compares tables of README.md and of the docs with the code and the manifest that they describe.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use claude_proxy_provider::audit::{Code, KNOWN};
use claude_proxy_provider::settings::Settings;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The rows of the table under a heading row, as cells.
fn table(page: &str, head: &str) -> Vec<Vec<String>> {
    let text = read(page);
    let (_, rest) = text.split_once(head).unwrap();
    rest.lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|')
                .split(" | ")
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .collect()
}

/// The words in backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn names(folder: &str, extension: &str) -> BTreeSet<String> {
    fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(extension))
        .collect()
}

#[test]
fn the_settings_of_readme_are_those_of_the_schema_with_their_defaults() {
    let manifest: Value = serde_json::from_str(&read("plugin-manifest.json")).unwrap();
    let mut schema: BTreeSet<String> = manifest["configSchema"]["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    // Written by the login and by hardening, not by people.
    assert!(schema.remove("previousDefault") && schema.remove("hardened"));
    let defaults = serde_json::to_value(Settings::default()).unwrap();
    let read: BTreeSet<String> = defaults.as_object().unwrap().keys().cloned().collect();
    assert_eq!(read, schema, "the settings that are read, and the schema");
    let mut documented = BTreeSet::new();
    for row in table("README.md", "| setting | default | meaning |") {
        let name = quoted(&row[0])[0].to_owned();
        if let [default] = quoted(&row[1])[..] {
            let is = &defaults[&name];
            let documented_default =
                serde_json::from_str(default).unwrap_or(Value::String(default.to_owned()));
            assert_eq!(documented_default, *is, "{name}");
        } else if defaults[&name].is_null() {
            assert_eq!(row[1], "none", "{name}");
        } else {
            assert_eq!(name, "models", "no default is documented");
            let prompts = table("README.md", "| prompt | default | |");
            let models: Vec<Value> = quoted(&prompts[2][1])[0]
                .split(", ")
                .map(Value::from)
                .collect();
            assert_eq!(defaults["models"], Value::Array(models));
        }
        documented.insert(name);
    }
    assert_eq!(documented, schema);
}

#[test]
fn the_exit_codes_are_those_of_the_program() {
    let source = read("crates/host/src/cli/failure.rs");
    let mut codes: BTreeSet<String> = source
        .lines()
        .filter(|line| line.starts_with("pub(super) const") && line.contains(": u8 = "))
        .map(|line| {
            line.rsplit(' ')
                .next()
                .unwrap()
                .trim_end_matches(';')
                .to_owned()
        })
        .collect();
    codes.insert("0".to_owned());
    let documented: BTreeSet<String> = table("docs/host.md", "| exit code | meaning |")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(documented, codes);
}

#[test]
fn every_finding_has_a_row() {
    let rows = table("docs/fail-closed.md", "| code | severity | when |");
    let documented: BTreeSet<&str> = rows.iter().flat_map(|row| quoted(&row[0])).collect();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    assert_eq!(documented, codes);
}

#[test]
fn the_maps_name_every_file() {
    let rows = table("docs/openclaw.md", "| file | subject |");
    let documented: BTreeSet<String> = rows
        .iter()
        .flat_map(|row| quoted(&row[0]))
        .map(str::to_owned)
        .collect();
    assert_eq!(documented, names("openclaw", ".js"));

    let page = read("docs/architecture.md");
    for name in names("crates", "") {
        let documented = page.contains(&format!("`crates/{name}`"));
        assert!(
            documented,
            "docs/architecture.md does not name crates/{name}"
        );
    }
    let sources = table("docs/architecture.md", "| subject | files |");
    let documented: BTreeSet<String> = sources
        .iter()
        .flat_map(|row| quoted(&row[1]))
        .filter(|name| name.ends_with(".rs") && !name.contains('/'))
        .map(str::to_owned)
        .collect();
    let mut files = names("crates/provider/src", ".rs");
    // It only joins.
    assert!(files.remove("lib.rs"));
    assert_eq!(documented, files);
}

#[test]
fn the_versions_are_those_of_the_manifest() {
    let manifest: Value = serde_json::from_str(&read("plugin-manifest.json")).unwrap();
    let readme = read("README.md");
    let package = &manifest["package"];
    for (name, text) in [
        ("minHostVersion", "OpenClaw {} or later"),
        ("openclawVersion", "measured with OpenClaw {}"),
    ] {
        let version = package[name].as_str().unwrap().trim_start_matches(">=");
        assert!(
            readme.contains(&text.replace("{}", version)),
            "{name} {version}"
        );
    }
    let known = KNOWN.split_last().unwrap();
    let known = format!("the routes of {} and {}:", known.1.join(", "), known.0);
    assert!(readme.contains(&known), "{known}");
    let node = package["engines"]["node"].as_str().unwrap();
    let node = node.trim_start_matches(">=").trim_end_matches(".0");
    assert!(
        readme.contains(&format!("Node.js {node} or later")),
        "{node}"
    );
}

#[test]
fn the_tests_and_targets_that_are_named_exist() {
    let rows = table("docs/security.md", "| target | what must hold |");
    let documented: BTreeSet<String> = rows
        .iter()
        .map(|row| format!("{}.rs", quoted(&row[0])[0]))
        .collect();
    assert_eq!(documented, names("fuzz/fuzz_targets", ".rs"));

    let promised = table("docs/development.md", "| what is promised | test |");
    let mut named: Vec<String> = promised
        .iter()
        .flat_map(|row| quoted(&row[1]))
        .map(str::to_owned)
        .collect();
    let security = read("docs/security.md");
    named.extend(quoted(&security).into_iter().map(str::to_owned));
    let sources = [
        "tests/cases/",
        "crates/host/tests/cli/",
        "crates/host/src/cli/",
        "crates/host/src/store/tests",
        "crates/provider/tests/",
        "crates/provider/tests/audit_rules/",
        "crates/supervisor/tests/processes/",
        "crates/supervisor/src/",
        "crates/supervisor/src/http/tests",
    ];
    let mut seen = 0;
    for name in &named {
        let Some((module, test)) = name.split_once("::") else {
            continue;
        };
        let start = test.trim_end_matches(['…', '*']);
        let is_there = sources.iter().any(|place| {
            let file = match place.strip_suffix('/') {
                Some(folder) => format!("{folder}/{module}.rs"),
                None if place.contains(&format!("/{module}/")) => format!("{place}.rs"),
                None => return false,
            };
            let source = fs::read_to_string(root().join(file)).unwrap_or_default();
            source.contains(&format!("fn {start}"))
        });
        assert!(is_there, "{name}");
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
}

/// The value of the constant or field of this name in a source file.
fn value(file: &str, name: &str) -> u64 {
    let source = read(file);
    let after = |text: &str| source.split_once(text).map(|(_, rest)| rest.to_owned());
    let rest = after(&format!("const {name}: "))
        .and_then(|rest| rest.split_once(" = ").map(|(_, value)| value.to_owned()))
        .unwrap_or_else(|| panic!("{file}: {name}"));
    let end = rest.find([';', ',']).unwrap();
    let number = |text: &str| text.trim().replace('_', "").parse::<u64>().unwrap();
    let text = &rest[..end];
    match (text.split_once(" << "), text.split_once(" * ")) {
        (Some((base, bits)), _) => number(base) << number(bits),
        (_, Some((one, other))) => number(one) * number(other),
        _ => number(text),
    }
}

#[test]
fn the_numbers_of_the_pages_are_those_of_the_sources() {
    // Where the constant is, its name, what it is counted in, the page, and the words on it.
    const NUMBERS: &str = "
        host/src/cli/launch.rs HANG_GRACE_MS 1 supervision KILL after at most {} ms
        host/src/cli/launch.rs HURRY_GRACE_MS 1 supervision TERM, {} ms, KILL
        supervisor/src/driver/listener.rs FIRST_POLL_NS 10000 supervision from 0.{} ms
        supervisor/src/http/response.rs MAX_HEAD 1024 supervision At most {} KB are read before the body
        supervisor/src/http/response.rs MAX_FRAMING 1024 supervision {} KB of chunk sizes
        supervisor/src/capture.rs PIPE 1048576 supervision a pipe of {} MB
        supervisor/src/capture/ring.rs LINES 1 supervision its last {} lines
        host/src/key_file.rs MAX_BYTES 1 security at most {} bytes and one word
        host/src/store/mod.rs MAX_BYTES 1048576 security `at most {} MiB`
        provider/src/document/mod.rs MAX_DEPTH 1 security `more than {} levels of nesting`";
    for row in NUMBERS.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let [file, name, unit, page, documented] = row.splitn(5, ' ').collect::<Vec<_>>()[..]
        else {
            panic!("{row}");
        };
        let number = value(&format!("crates/{file}"), name) / unit.parse::<u64>().unwrap();
        let text = documented.replace("{}", &number.to_string());
        assert!(
            read(&format!("docs/{page}.md")).contains(&text),
            "{page}: {text}"
        );
    }
    let bits = 8 * value("crates/host/src/state.rs", "KEY_BYTES");
    let documented = format!("{bits} bits from the operating system");
    assert!(read("docs/security.md").contains(&documented));
    let quiet = value("crates/host/src/cli/launch.rs", "RECHECK_MS");
    assert_eq!(quiet, 2_000, "docs/supervision.md says: every two seconds");

    let page = read("docs/embedding.md");
    let imports = read("crates/host/src/component/imports.rs");
    let count = imports.matches("    \"wasi:").count();
    assert_eq!(count, 13, "docs/embedding.md says: thirteen");
    assert!(page.contains("(thirteen of `wasi:cli` and `wasi:io`)"));
    let world = read("wit/world.wit");
    let (_, version) = world.split_once("package claude-proxy:plugin@").unwrap();
    let version = version.split(';').next().unwrap();
    assert!(
        page.contains(&format!("claude-proxy:plugin/{{}}@{version}")),
        "{version}"
    );

    // What `run` ends with, and what the samples make of it.
    let running = read("docs/running.md");
    let helpless = value("crates/host/src/cli/failure.rs", "PERMANENT");
    assert!(running.contains(&format!(
        "0 stopped, 1 failed, {helpless} a retry cannot help"
    )));
    let unit = read("docs/samples/claude-proxy.service");
    for line in [
        &format!("RestartPreventExitStatus={helpless}"),
        "Type=notify",
        "WatchdogSec=",
    ] {
        assert!(unit.contains(line), "{line}");
    }
    assert!(!read("docs/samples/kubernetes.yaml").contains("livenessProbe"));
}

#[test]
fn what_contributing_names_is_there() {
    let page = read("CONTRIBUTING.md");
    let paths = quoted(&page).into_iter().filter(|path| {
        let is_path =
            path.contains('/') && !path.contains([' ', '*']) && path.split('/').count() > 2;
        is_path && !path.starts_with("target/")
    });
    let mut seen = 0;
    for path in paths {
        assert!(root().join(path).exists(), "{path}");
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}
