//! Compares the keys that the component reports as unknown with those that OpenClaw's own validation refuses. One is
//! added to every shape of the version's schema, and to objects of generated documents.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use claude_proxy_provider::audit::Version;
use claude_proxy_provider::audit::coverage::places;
use claude_proxy_provider::document::path::{self, Part};
use serde_json::{Value, json};

use crate::document::Text;
use crate::judge::{Answer, Judge, Scope};
use crate::random::Random;
use crate::target::Target;
use crate::{Options, SHOWN};

/// Keys that no version takes.
const UNKNOWN: &[&str] = &[
    "unheard",
    "Unheard of",
    "ünheard.of",
    "unheardModel",
    "*",
    "[]",
    "",
];
/// One generated document in so many gets one.
const SHARE: u64 = 8;

/// What was compared.
#[derive(Default)]
struct Tally {
    refused: u64,
    taken: u64,
    /// OpenClaw refuses these documents, and the reason does not name the key.
    unclear: u64,
    /// Keys of which the two reports differ.
    wrong: Vec<String>,
}

/// Compares.
///
/// # Errors
/// If one judge names a key that the other does not.
pub(crate) fn prove(target: &Target, judge: &mut Judge, options: &Options) -> Result<()> {
    let mut tally = Tally::default();
    let mut random = Random::new(options.seed, 0);
    let version = Version::named(&target.version).unwrap_or_else(Version::newest);
    for place in places(version) {
        let steps = place.split('.').filter(|step| !step.is_empty());
        let parts: Vec<Part> = steps
            .map(|step| match step {
                "[]" => Part::Index(0),
                "*" => Part::Key("a".to_owned()),
                key => Part::Key(key.to_owned()),
            })
            .collect();
        tally.compare(target, judge, &json!({}), &parts, random.of(UNKNOWN))?;
    }
    for number in 0..options.documents / SHARE {
        let mut random = Random::new(options.seed, number);
        let text = target.text(&target.grammar.document(options.seed, number)?);
        let root: Value = serde_json::from_str(&text.main)?;
        let mut all = Vec::new();
        objects(&root, &mut Vec::new(), &mut all);
        if let Some(parts) = all.get(random.below(all.len())) {
            tally.compare(target, judge, &root, parts, random.of(UNKNOWN))?;
        }
    }
    println!(
        "unknown keys: {} refused by OpenClaw, {} taken, {} unclear; the component differs in {}",
        tally.refused,
        tally.taken,
        tally.unclear,
        tally.wrong.len()
    );
    ensure!(
        tally.wrong.is_empty(),
        "the component and OpenClaw differ:\n{}",
        tally.wrong[..tally.wrong.len().min(SHOWN)].join("\n")
    );
    ensure!(
        tally.refused > 0 && tally.taken > 0,
        "no key was compared, so nothing was proven"
    );
    Ok(())
}

impl Tally {
    fn compare(
        &mut self,
        target: &Target,
        judge: &mut Judge,
        root: &Value,
        parts: &[Part],
        key: &str,
    ) -> Result<()> {
        let text = |root: &Value| Text {
            main: root.to_string(),
            files: BTreeMap::new(),
        };
        let mut with = root.clone();
        let mut answer = Answer::default();
        let mut names = true;
        for value in [json!(1), json!("x"), json!({}), json!([])] {
            let Some(object) = at(&mut with, parts).as_object_mut() else {
                return Ok(());
            };
            object.insert(key.to_owned(), value);
            answer = judge.ask(&text(&with), &BTreeMap::new(), Scope::Quick)?;
            names &= names_key(&answer.why, key);
            if answer.valid {
                break;
            }
        }
        match (answer.valid, names) {
            (true, _) => self.taken += 1,
            // A value that does not fit has not always another reason than a key, so every kind of value is tried.
            (false, true) => self.refused += 1,
            (false, false) => {
                self.unclear += 1;
                return Ok(());
            }
        }
        let place = path::key(&path::format(parts), key);
        let report = target.report_of(text(&with), &BTreeMap::new());
        let mut findings = report.findings.iter();
        let named = findings.any(|one| one.code == "refused-key" && one.path == place);
        if named == answer.valid {
            self.wrong
                .push(format!("{place} in {with}: OpenClaw: {}", answer.why));
        }
        Ok(())
    }
}

/// Whether the reason for which OpenClaw refuses a document is this key.
fn names_key(why: &str, key: &str) -> bool {
    let phrases = ["nrecognized key", "additional properties"];
    let mut issues = why
        .split(" - ")
        .flat_map(|issue| phrases.iter().filter_map(|phrase| issue.split_once(phrase)));
    issues.any(|(_, keys)| keys.contains(&format!("{key:?}")))
}

/// The value at a place, with objects and lists made on the way.
fn at<'a>(root: &'a mut Value, parts: &[Part]) -> &'a mut Value {
    let mut value = root;
    for part in parts {
        let empty = value.is_null();
        value = match part {
            Part::Key(key) => {
                if empty {
                    *value = json!({});
                }
                &mut value[key.as_str()]
            }
            Part::Index(n) => {
                if empty {
                    *value = json!([null]);
                }
                &mut value[*n]
            }
        };
    }
    if value.is_null() {
        *value = json!({});
    }
    value
}

/// Where the objects of a document stand.
fn objects(value: &Value, at: &mut Vec<Part>, out: &mut Vec<Vec<Part>>) {
    if value.is_object() {
        out.push(at.clone());
    }
    let entries = value.as_object().into_iter().flatten();
    let entries = entries.map(|(key, value)| (Part::Key(key.clone()), value));
    let items = value.as_array().into_iter().flatten().enumerate();
    let items = items.map(|(n, value)| (Part::Index(n), value));
    for (part, value) in entries.chain(items) {
        at.push(part);
        objects(value, at, out);
        at.pop();
    }
}
