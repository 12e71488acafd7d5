//! Derives the audit's inventory from a package of OpenClaw. Nothing in these data files is typed by hand, so that a
//! new version is a reviewed difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use claude_proxy_provider::audit::coverage;
use harness::command::{self, Outcome};
use harness::places;
use serde::{Deserialize, Serialize};

use super::data_file::{Format, Line};
use super::shapes;

/// What `xtask/derive.mjs` prints.
#[derive(Debug, Deserialize)]
struct Package {
    version: String,
    missing: Vec<String>,
    aliases: BTreeMap<String, String>,
    defaults: Defaults,
    core: BTreeMap<String, Vec<String>>,
    plugins: Vec<Plugin>,
    skills: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Defaults {
    /// Absent where the package has no such table, which `missing` names.
    #[serde(default)]
    embeddings: String,
}

/// A plugin that has to do with models, or brings tools.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Plugin {
    id: String,
    /// Whether it is a separate package, which OpenClaw installs when it finds its key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    official: bool,
    on_by_default: bool,
    providers: Vec<String>,
    variables: Vec<String>,
    contracts: BTreeMap<String, Vec<String>>,
    understands: Vec<String>,
    tools: Vec<String>,
    /// Hosts that its code names, chunks that only it imports included.
    dials: Vec<String>,
    /// Hosts that its own folder names.
    #[serde(skip_serializing)]
    names: Vec<String>,
}

/// A file, by its name in the audit's data folder, and its text.
pub(super) type File = (String, String);

/// The files that hold what packages say.
const VENDORS: Format = Format::code(
    "vendors.rs",
    "vendors",
    "The vendors in OpenClaw's package: plugin (empty for a provider of the core), provider ids, variables with a credential, slots that\n// the credential arms, and hosts that need no credential",
);
const OFFICIAL: Format = Format::code(
    "official.rs",
    "vendors",
    "The same for official plugins that arm a slot. OpenClaw installs them by itself if it starts with their key",
);
const HOSTS: Format = Format::code(
    "hosts.rs",
    "hosts",
    "The hosts to which OpenClaw's plugins connect for vendors",
);
const ALIASES: Format = Format::code(
    "aliases.rs",
    "pairs",
    "The aliases that OpenClaw adds by itself, and their references",
);
const SKILLS: Format = Format::code(
    "skills.rs",
    "pairs",
    "The bundled skills of OpenClaw, and the environment variable that is set to the key of each",
);
const KEYS: Format = Format::text(
    "keys.txt",
    "The keys that OpenClaw's configuration takes, by place; what the lines mean says xtask/src/routes/shapes.rs",
);
const CANDIDATES: Format = Format::text(
    "candidates.txt",
    "Paths of OpenClaw's configuration that could hold a model, a provider, an address or a credential",
);
const PLUGINS: Format = Format::text(
    "plugins.txt",
    "The manifests of OpenClaw's bundled plugins, the hosts in their code, and its catalog of official plugins, from which the data files are made",
);

/// Every data file, with the lines that this package gives.
///
/// # Errors
/// If Node cannot be run, the package is incomplete, or a data file cannot be read.
pub(super) fn derive(folder: &Path) -> Result<Vec<File>> {
    let package = Package::ask(folder)?;
    let schema = schema(folder)?;
    let version = package.version.as_str();
    let plain = |lines: Vec<String>| -> Vec<Line> {
        lines
            .into_iter()
            .map(|line| (String::new(), line))
            .collect()
    };
    let pairs = |pairs: &BTreeMap<String, String>| {
        let line = |(key, value): (&String, &String)| format!("{key:?} {value:?};");
        plain(pairs.iter().map(line).collect())
    };
    let found = coverage::derive(&schema)
        .map_err(|why| anyhow!("{}: {}; {}", why.path, why.found, why.next))?;
    let plugins: Result<Vec<String>, _> =
        package.plugins.iter().map(serde_json::to_string).collect();
    let files_with_lines = [
        (VENDORS, plain(package.vendors(false))),
        (OFFICIAL, plain(package.vendors(true))),
        (HOSTS, plain(package.hosts())),
        (ALIASES, pairs(&package.aliases)),
        (SKILLS, pairs(&package.skills)),
        (KEYS, shapes::lines(&schema)?),
        (CANDIDATES, plain(found.candidates)),
        (PLUGINS, plain(plugins?)),
    ];
    let mut files = Vec::new();
    let mut versions = Vec::new();
    for (format, lines) in files_with_lines {
        ensure!(
            !lines.is_empty(),
            "OpenClaw {version} gives no line for {}",
            format.name
        );
        let mut contents = format.read(&committed(format.name)?)?;
        contents.replace(version, lines);
        versions = contents.versions().into_iter().map(str::to_owned).collect();
        files.push((format.name.to_owned(), format.write(&contents)?));
    }
    let list = format!(
        "// The versions of OpenClaw for which the audit has data, oldest first. Written by `cargo xtask routes`.\n&{versions:?}\n"
    );
    files.push(("versions.rs".to_owned(), list));
    Ok(files)
}

/// What `openclaw config schema` of a package prints.
fn schema(folder: &Path) -> Result<String> {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(places::node_folder()?.join("node"));
    command
        .arg(folder.join("openclaw.mjs"))
        .args(["config", "schema"])
        .env_clear()
        .env("HOME", home.path())
        .env("OPENCLAW_STATE_DIR", home.path().join("state"));
    output_of(command, "`openclaw config schema`", folder)
}

/// Longest that a package may take to answer.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The standard output of a command.
fn output_of(mut command: Command, what: &str, folder: &Path) -> Result<String> {
    let ended = command::run(&mut command, TIMEOUT).and_then(Outcome::success);
    let folder = folder.display();
    let text = || format!("{folder} is not a complete OpenClaw package: {what} failed");
    Ok(ended.with_context(text)?.stdout)
}

/// Where the audit keeps its data.
pub(super) fn data() -> PathBuf {
    places::root().join("crates/provider/data")
}

/// The committed text of a data file; empty where there is none.
fn committed(name: &str) -> Result<String> {
    let path = data().join(name);
    match path.exists() {
        true => fs::read_to_string(&path).with_context(|| path.display().to_string()),
        false => Ok(String::new()),
    }
}

/// The files that are not as they should be, by name.
pub(super) fn stale(files: &[File]) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for (name, text) in files {
        if committed(name)? != *text {
            out.push(name.clone());
        }
    }
    Ok(out)
}

impl Package {
    /// Asks a package.
    fn ask(folder: &Path) -> Result<Self> {
        let mut command = Command::new(places::node_folder()?.join("node"));
        command.args([&places::root().join("xtask/derive.mjs"), folder]);
        let text = output_of(command, "derive.mjs", folder)?;
        let package: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is not an OpenClaw package", folder.display()))?;
        let parts: Vec<&str> = package.version.split('.').collect();
        ensure!(
            parts.len() == 3
                && parts
                    .iter()
                    .all(|part| part.len() < 6 && part.parse::<u32>().is_ok()),
            "{} names no released version of OpenClaw: {:?}",
            folder.display(),
            package.version.chars().take(64).collect::<String>()
        );
        ensure!(
            package.missing.is_empty(),
            "OpenClaw {} has no {}: look for what took its place",
            package.version,
            package.missing.join(", ")
        );
        Ok(package)
    }

    /// The hosts that plugins of vendors name in their own folders. Chunks that they import hold libraries too, which name
    /// hosts that are no vendor's.
    fn hosts(&self) -> Vec<String> {
        let vendors = self.plugins.iter();
        let vendors = vendors.filter(|plugin| !plugin.providers.is_empty());
        let hosts: BTreeSet<&String> = vendors.flat_map(|plugin| &plugin.names).collect();
        let real = hosts.iter().filter(|host| !host.ends_with(".invalid"));
        real.map(|host| format!("{host:?};")).collect()
    }

    fn vendors(&self, official: bool) -> Vec<String> {
        let mut out = Vec::new();
        for plugin in &self.plugins {
            let slots = self.slots(plugin);
            if plugin.providers.is_empty()
                || plugin.official != official
                || (official && slots.is_empty())
            {
                continue;
            }
            let keyless: &[String] =
                match plugin.on_by_default && plugin.variables.is_empty() && !slots.is_empty() {
                    true => &plugin.dials,
                    false => &[],
                };
            let mut variables = plugin.variables.clone();
            for (_, names) in self
                .core
                .iter()
                .filter(|(id, _)| plugin.providers.contains(id))
            {
                variables.extend(
                    names
                        .iter()
                        .filter(|name| !plugin.variables.contains(name))
                        .cloned(),
                );
            }
            variables.sort();
            let mut providers = plugin.providers.clone();
            providers.sort_by_key(|id| (*id != plugin.id, id.clone()));
            out.push(Self::row(
                &plugin.id, &providers, &variables, &slots, keyless,
            ));
        }
        if official {
            return out;
        }
        let known = |id: &String| {
            let mut plugins = self.plugins.iter().filter(|plugin| !plugin.official);
            plugins.any(|plugin| plugin.providers.contains(id))
        };
        for (id, names) in self.core.iter().filter(|(id, _)| !known(id)) {
            out.push(Self::row("", std::slice::from_ref(id), names, &[], &[]));
        }
        out
    }

    fn row(
        plugin: &str,
        providers: &[String],
        variables: &[String],
        slots: &[&str],
        dials: &[String],
    ) -> String {
        let quoted = |all: &[String]| {
            all.iter()
                .map(|text| format!("{text:?}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        format!(
            "{plugin:?} [{}] [{}] [{}] [{}];",
            quoted(providers),
            quoted(variables),
            slots.join(" "),
            quoted(dials)
        )
    }

    /// The slots that a plugin can fill.
    fn slots(&self, plugin: &Plugin) -> Vec<&'static str> {
        let offers = |contract: &str| plugin.contracts.contains_key(contract);
        let understands = |what: &str| plugin.understands.iter().any(|known| known == what);
        // A plugin of media understanding whose manifest does not say of what is asked for its code: sound, so far.
        let unsaid = offers("mediaUnderstandingProviders") && plugin.understands.is_empty();
        let has_tool = |names: &[&str]| {
            plugin
                .tools
                .iter()
                .any(|tool| names.contains(&tool.as_str()))
        };
        let all = [
            (
                "Memory",
                plugin.providers.contains(&self.defaults.embeddings),
            ),
            // Whoever sees images is asked for documents, and a document's own readers come first.
            ("Pdf", understands("pdf") || understands("image")),
            ("Image", understands("image")),
            ("Audio", understands("audio") || unsaid),
            ("Video", understands("video")),
            ("Search", offers("webSearchProviders")),
            ("MakeImage", offers("imageGenerationProviders")),
            ("MakeVideo", offers("videoGenerationProviders")),
            ("MakeMusic", offers("musicGenerationProviders")),
            ("Speech", offers("speechProviders")),
            ("XTools", has_tool(&["x_search", "code_execution"])),
            // Those that search or read pages by a vendor: OpenClaw's catalog names no others beside a key.
            ("OwnTools", plugin.official && !plugin.tools.is_empty()),
        ];
        all.into_iter()
            .filter(|(_, fits)| *fits)
            .map(|(slot, _)| slot)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_package_is_refused_with_the_part_that_is_missing() {
        let package = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = package.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let reason = || match Package::ask(package.path()) {
            Ok(_) => panic!("it was taken"),
            Err(why) => format!("{why:#}"),
        };
        assert!(
            reason().contains("package.json is not there"),
            "{}",
            reason()
        );
        put("package.json", "{}");
        put("openclaw.mjs", "");
        assert!(reason().contains("dist is not there"), "{}", reason());
        fs::create_dir_all(package.path().join("dist/extensions")).unwrap();
        assert!(reason().contains("skills is not there"), "{}", reason());
        fs::create_dir(package.path().join("skills")).unwrap();
        for (manifest, wanted) in [
            ("{", "package.json cannot be read"),
            (r#"{"version":"2026.9"}"#, "names no released version"),
            (r#"{"version":"2026.9.6"}"#, "has no DEFAULT_MODEL_ALIASES"),
        ] {
            put("package.json", manifest);
            assert!(reason().contains(wanted), "{wanted}: {}", reason());
        }
    }
}
