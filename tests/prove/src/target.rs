//! The OpenClaw that is asked, and the component's report for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use claude_proxy_provider::audit::{
    AuditInput, FileKind, KNOWN, OpenclawVersion, Report, StoredFile, Version, audit_with,
};
use harness::{places, versions};

use crate::document::{Document, Text};
use crate::grammar::Grammar;

/// An OpenClaw that is asked.
pub(crate) struct Target {
    pub(crate) package: PathBuf,
    pub(crate) version: String,
    /// Whether its files have the shape of those before 2026.8.
    pub(crate) former: bool,
    pub(crate) grammar: Grammar,
}

impl Target {
    /// One of a folder or a version.
    ///
    /// # Errors
    /// If it is not there, or the audit has no data of it.
    pub(crate) fn new(wanted: &str) -> Result<Self> {
        let package = package(wanted)?;
        let manifest = fs::read_to_string(package.join("package.json"))?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
        let version = manifest.get("version").and_then(serde_json::Value::as_str);
        let version = version.context("the package names no version")?.to_owned();
        ensure!(
            Version::named(&version).is_some(),
            "the audit knows nothing of OpenClaw {version}, so it calls nothing closed; it knows {}",
            KNOWN.join(", ")
        );
        Ok(Self {
            former: versions::numbers(&version) < versions::numbers("2026.8"),
            package,
            version,
            grammar: Grammar::read()?,
        })
    }

    /// A document as this version wants it.
    pub(crate) fn text(&self, document: &Document) -> Text {
        document.text(self.former)
    }

    /// The report of the component.
    pub(crate) fn report(&self, document: &Document) -> Report {
        self.report_of(self.text(document), &document.state)
    }

    /// The component's report on a text, with the files of the state directory.
    pub(crate) fn report_of(&self, text: Text, state: &BTreeMap<String, String>) -> Report {
        let kind = |name: &str| match name {
            ".env" => FileKind::Environment,
            _ => FileKind::Speech,
        };
        let stored = state.iter().map(|(name, text)| StoredFile {
            kind: kind(name),
            path: name.clone(),
            text: Some(text.clone()),
        });
        let input = AuditInput {
            document: text.main,
            openclaw: Some(OpenclawVersion {
                version: self.version.clone(),
                schema_known: false,
            }),
            stored_files: stored.collect(),
            ..AuditInput::default()
        };
        let file = |name: &str| text.files.get(name).cloned();
        audit_with(&input, file, |_| None).unwrap_or_default()
    }
}

/// The package of OpenClaw to ask: a folder, or what was fetched of a version.
fn package(wanted: &str) -> Result<PathBuf> {
    let places = [
        PathBuf::from(wanted),
        PathBuf::from(wanted).join("node_modules/openclaw"),
        places::peers(&places::openclaw_group(wanted)).join("node_modules/openclaw"),
    ];
    let mut found = places
        .into_iter()
        .filter(|folder| folder.join("dist").is_dir());
    found
        .next()
        .with_context(|| format!("there is no OpenClaw at {wanted}"))
}
