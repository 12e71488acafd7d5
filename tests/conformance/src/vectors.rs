//! The vectors: calls with their expected results, in a form that needs no Rust to read. `README.md` has the rules.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One file: calls of one interface.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Name of the interface within the package.
    pub(crate) interface: String,
    /// Values that more than one call uses, by name.
    #[serde(default)]
    pub(crate) values: Map<String, Value>,
    /// The vectors, each with an instance of its own.
    pub(crate) vectors: Vec<Vector>,
}

/// Calls in order, in one instance. A resource that a constructor made is the one that later methods are called on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    /// What is shown, in a few words.
    pub(crate) name: String,
    /// The calls.
    pub(crate) calls: Vec<Call>,
}

/// One call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// Function; `flow` is the constructor of the resource, `flow.next` a method of it.
    pub(crate) function: String,
    /// Arguments, perhaps with `$settings`, `$text`, `$value` and `$with` in them.
    pub(crate) arguments: Vec<Value>,
    /// What comes back; null for a constructor.
    #[serde(default)]
    pub(crate) result: Value,
}

/// The member of an object that stands for settings.
pub(crate) const SETTINGS: &str = "$settings";

impl File {
    /// The arguments of a call with every rule applied.
    pub(crate) fn arguments(&self, call: &Call) -> Result<Vec<Value>> {
        call.arguments.iter().map(|a| self.expand(a)).collect()
    }

    fn expand(&self, value: &Value) -> Result<Value> {
        Ok(match value {
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|i| self.expand(i))
                    .collect::<Result<_>>()?,
            ),
            Value::Object(members) => {
                if let Some(parts) = members.get("$text") {
                    return text(parts);
                }
                let mut out = Map::new();
                if let Some(name) = members.get("$value") {
                    let name = name.as_str().context("$value names a value")?;
                    let named = self
                        .values
                        .get(name)
                        .with_context(|| format!("no value {name}"))?;
                    let named = self.expand(named)?;
                    let Some(with) = members.get("$with") else {
                        return Ok(named);
                    };
                    let (Value::Object(base), Value::Object(with)) = (named, self.expand(with)?)
                    else {
                        bail!("$with puts members over those of an object");
                    };
                    out = base;
                    out.extend(with);
                    return Ok(Value::Object(out));
                }
                for (key, value) in members {
                    out.insert(key.clone(), self.expand(value)?);
                }
                Value::Object(out)
            }
            plain => plain.clone(),
        })
    }
}

/// Text put together of pieces: a piece is text, or text and how often.
fn text(parts: &Value) -> Result<Value> {
    let mut out = String::new();
    for part in parts.as_array().context("$text is a list")? {
        match part {
            Value::String(piece) => out.push_str(piece),
            Value::Array(pair) => {
                let [Value::String(piece), count] = pair.as_slice() else {
                    bail!("a repeated piece is [text, count]");
                };
                let count = count.as_u64().context("a count")?;
                out.push_str(&piece.repeat(usize::try_from(count)?));
            }
            _ => bail!("a piece is text, or [text, count]"),
        }
    }
    Ok(Value::String(out))
}

/// The folder of this crate.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of vectors, by path, in order.
pub(crate) fn load() -> Result<Vec<(PathBuf, File)>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder().join("vectors"))? {
        let path = entry?.path();
        // What the filter says is not a call; it has a form of its own.
        if path.extension().is_some_and(|end| end == "json") && !path.ends_with("filter.json") {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let file = serde_json::from_str(&fs::read_to_string(&path)?)
                .with_context(|| path.display().to_string())?;
            Ok((path, file))
        })
        .collect()
}
