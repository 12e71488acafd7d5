//! The report of the OpenClaw that runs this command, on standard input: its version, where its own resolvers lead, and
//! what it has stored in databases that only it reads.

use std::io::Read;

use heck::ToUpperCamelCase as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::args::USAGE;
use super::failure::Failure;
use crate::audit::Openclaw;
use crate::component::config::OpenclawVersion;
use crate::component::types::Problem;

const MAX_BYTES: u64 = 64 << 20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HostReport {
    version: String,
    schema_known: bool,
    stored_files: Vec<Value>,
    stored_lists: Vec<Value>,
    not_asked: Vec<String>,
}

/// Reads the report.
///
/// # Errors
/// Where it is not what the plugin inside OpenClaw writes.
pub(super) fn read(input: impl Read) -> Result<Openclaw, Failure> {
    let report = serde_json::from_reader::<_, HostReport>(input.take(MAX_BYTES));
    let read = report.and_then(|report| {
        Ok(Openclaw {
            version: Some(OpenclawVersion {
                version: report.version,
                schema_known: report.schema_known,
            }),
            stored_files: of_a_kind(report.stored_files)?,
            stored_lists: of_a_kind(report.stored_lists)?,
            not_asked: report.not_asked,
        })
    });
    read.map_err(|why| {
        Failure::new(
            USAGE,
            "standard input is not what --openclaw - reads",
            Problem::new(
                "not-told",
                "standard input",
                why.to_string(),
                "what the plugin inside OpenClaw writes (docs/openclaw.md)",
                "Run `openclaw claude-proxy audit`, or name the version: `--openclaw VERSION`.",
            ),
        )
    })
}

/// Reads records of the interface, whose kind is by name.
fn of_a_kind<T: DeserializeOwned>(records: Vec<Value>) -> serde_json::Result<Vec<T>> {
    let read = |mut record: Value| {
        if let Some(Value::String(kind)) = record.get_mut("kind") {
            *kind = kind.to_upper_camel_case();
        }
        serde_json::from_value(record)
    };
    records.into_iter().map(read).collect()
}
