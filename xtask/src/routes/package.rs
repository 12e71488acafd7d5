//! The inventory's raw material: what a package of OpenClaw itself says, written as data files of the audit. Nothing in them
//! is typed by hand, so that a new version is a reviewed difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use harness::places;
use serde::Deserialize;

/// What `xtask/prove/derive.mjs` prints.
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
    embeddings: String,
}

/// A bundled plugin that has to do with models, or brings tools.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plugin {
    id: String,
    on_by_default: bool,
    providers: Vec<String>,
    variables: Vec<String>,
    contracts: BTreeMap<String, Vec<String>>,
    understands: Vec<String>,
    tools: Vec<String>,
    dials: Vec<String>,
}

/// A file, by its name in the audit's data folder, and its text.
pub(super) type File = (String, String);

/// Asks a package.
///
/// # Errors
/// If Node cannot be run, or the package is incomplete.
pub(super) fn derive(folder: &Path) -> Result<Vec<File>> {
    let script = places::root().join("xtask/prove/derive.mjs");
    let out = Command::new(places::node_folder()?.join("node"))
        .args([&script, folder])
        .output()
        .context("cannot run Node")?;
    ensure!(
        out.status.success(),
        "{} cannot be read: {}",
        folder.display(),
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout)?;
    let package: Package = serde_json::from_str(&text)?;
    ensure!(
        package.missing.is_empty(),
        "OpenClaw {} has no {}: look for what took its place",
        package.version,
        package.missing.join(", ")
    );
    let file =
        |name: &str, end: &str, text: String| (format!("{name}-{}.{end}", package.version), text);
    Ok(vec![
        file("vendors", "rs", package.vendors()?),
        file("aliases", "rs", package.pairs("The aliases that OpenClaw {} adds by itself, and what they mean", &package.aliases)?),
        file("hosts", "rs", package.hosts()?),
        file("skills", "rs", package.pairs("The bundled skills of OpenClaw {} and the environment variable that their key becomes", &package.skills)?),
        file("package", "json", text),
    ])
}

/// Where the audit keeps its data.
pub(super) fn data() -> PathBuf {
    places::root().join("crates/provider/data")
}

/// The files that are not as they should be, by name.
///
/// # Errors
/// If one cannot be read.
pub(super) fn stale(files: &[File]) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for (name, text) in files {
        let there = data().join(name);
        if !there.exists() || fs::read_to_string(&there)? != *text {
            out.push(name.clone());
        }
    }
    Ok(out)
}

impl Package {
    fn pairs(&self, title: &str, pairs: &BTreeMap<String, String>) -> Result<String> {
        let mut out = format!(
            "// {}. Written by `cargo xtask routes`.\n&[\n",
            title.replace("{}", &self.version)
        );
        for (key, value) in pairs {
            writeln!(out, "    ({key:?}, {value:?}),")?;
        }
        out.push_str("]\n");
        Ok(out)
    }

    fn hosts(&self) -> Result<String> {
        let mut out = format!(
            "// The hosts that vendors' plugins of OpenClaw {} dial. Written by `cargo xtask routes`.\n&[\n",
            self.version
        );
        let vendors = self.plugins.iter();
        let vendors = vendors.filter(|plugin| !plugin.providers.is_empty());
        let hosts: BTreeSet<&String> = vendors.flat_map(|plugin| &plugin.dials).collect();
        for host in hosts.iter().filter(|host| !host.ends_with(".invalid")) {
            writeln!(out, "    {host:?},")?;
        }
        out.push_str("]\n");
        Ok(out)
    }

    fn vendors(&self) -> Result<String> {
        let mut out = format!(
            "// The vendors that OpenClaw {} ships: plugin (empty for the core's own), provider ids, variables that hold a credential, slots that\n\
             // one arms, and hosts that it dials without one. Written by `cargo xtask routes` from the manifests of the bundled plugins.\nvendors! {{\n",
            self.version
        );
        for plugin in &self.plugins {
            if plugin.providers.is_empty() {
                continue;
            }
            let slots = self.slots(plugin);
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
            Self::row(
                &mut out, &plugin.id, &providers, &variables, &slots, keyless,
            )?;
        }
        let known = |id: &String| {
            self.plugins
                .iter()
                .any(|plugin| plugin.providers.contains(id))
        };
        for (id, names) in self.core.iter().filter(|(id, _)| !known(id)) {
            Self::row(&mut out, "", std::slice::from_ref(id), names, &[], &[])?;
        }
        out.push_str("}\n");
        Ok(out)
    }

    fn row(
        out: &mut String,
        plugin: &str,
        providers: &[String],
        variables: &[String],
        slots: &[&str],
        dials: &[String],
    ) -> Result<()> {
        let quoted = |all: &[String]| {
            all.iter()
                .map(|text| format!("{text:?}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        writeln!(
            out,
            "    {plugin:?} [{}] [{}] [{}] [{}];",
            quoted(providers),
            quoted(variables),
            slots.join(" "),
            quoted(dials)
        )?;
        Ok(())
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
        ];
        all.into_iter()
            .filter(|(_, fits)| *fits)
            .map(|(slot, _)| slot)
            .collect()
    }
}
