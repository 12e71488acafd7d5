//! Generates plausible documents by the grammar in `tests/prove/documents.grammar`, and two fixed ones that every run
//! begins with.

use anyhow::{Context as _, Result, anyhow};
use claude_proxy_provider::audit::{AuditInput, OpenclawVersion, Version, bundled};
use claude_proxy_provider::edit::{ApplyRequest, apply};
use serde_json::{Map, Value, json};

use crate::document::{Assignment, Document};
use crate::grammar::Grammar;
use crate::random::Random;

impl Grammar {
    /// The document of a number.
    pub(crate) fn document(&self, seed: u64, number: u64) -> Result<Document> {
        let random = &mut Random::new(seed, number);
        let mut groups = Vec::new();
        for step in self.rule("document")? {
            groups.push(self.expand(step, random)?);
        }
        let is_closed = random.one_in(2);
        for step in self.rule("closing")? {
            if is_closed || !random.one_in(3) {
                groups.push(self.expand(step, random)?);
            }
        }
        for _ in 0..random.below(5) {
            groups.push(self.expand("@change", random)?);
        }
        groups.retain(|group| !group.is_empty());
        let mut out = Document {
            groups,
            ..Document::default()
        };
        if random.one_in(12) {
            out.included.push(self.text("SECTION", random).to_owned());
        }
        if random.one_in(20) {
            let (name, text) = match random.below(2) {
                0 => (".env", self.dot_env(random)),
                _ => {
                    let choice = self.expand("@stored_speech", random)?;
                    ("settings/tts.json", choice[0].value.to_string())
                }
            };
            out.state.insert(name.to_owned(), text);
        }
        Ok(out)
    }

    /// A `.env` file.
    fn dot_env(&self, random: &mut Random) -> String {
        let mut out = String::new();
        for _ in 0..=random.below(2) {
            let name = self.text("VARIABLE", random);
            let line = self.text("ENVIRONMENT_LINE", random);
            out += &line
                .replace("NAME", name)
                .replace("VALUE", self.text("KEY", random));
            out += self.text("LINE_END", random);
        }
        out
    }

    /// A document that leaves every service open, with keys of two vendors.
    pub(crate) fn open(&self) -> Result<Document> {
        let groups = vec![self.expand("@open", &mut Random::new(0, 0))?];
        Ok(Document {
            groups,
            ..Document::default()
        })
    }
}

/// What `setup --harden` writes, with every key of every vendor that the version ships.
pub(crate) fn hardened(version: &str) -> Result<Document> {
    let input = AuditInput {
        openclaw: Some(OpenclawVersion {
            version: version.to_owned(),
            schema_known: false,
        }),
        ..AuditInput::default()
    };
    let request = ApplyRequest {
        set_default: true,
        grant_hooks: true,
        fix: true,
        harden: true,
        ..ApplyRequest::default()
    };
    let applied = apply(&input, &request).map_err(|why| anyhow!("{why:?}"))?;
    let root: Map<String, Value> = serde_json::from_str(&applied.text)?;
    let written = root.into_iter().map(|(key, value)| Assignment {
        path: vec![key],
        value,
    });
    let version = Version::named(version).context("no version")?;
    let keys = bundled(version)
        .flat_map(|vendor| vendor.variables)
        .map(|name| Assignment {
            path: ["env", "vars", name].map(str::to_owned).to_vec(),
            value: json!("sk-x"),
        });
    Ok(Document {
        groups: written.chain(keys).map(|put| vec![put]).collect(),
        ..Document::default()
    })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// Seeds and numbers of documents are in notes and reports.
    #[test]
    fn a_seed_always_gives_the_same_documents() {
        let grammar = Grammar::read().unwrap();
        let mut all = String::new();
        for number in 0..20_000 {
            let document = grammar.document(1, number).unwrap();
            all += &document.text(false).main;
            all += &format!("{:?}{:?}\n", document.included, document.state);
        }
        let digest = Sha256::digest(all.as_bytes());
        assert_eq!(digest[..8], 0x8bd5_6c22_520c_3da5_u64.to_be_bytes());
    }
}
