//! The report of the OpenClaw that runs this command, on standard input: its version, where its own resolvers lead, and
//! what it has stored in databases that only it reads.

use std::io::Read;

use serde::Deserialize;

use super::args::USAGE;
use super::failure::Failure;
use crate::audit::Openclaw;
use crate::component::case::by_name;
use crate::component::config::{OpenclawVersion, StoredData, StoredKind};
use crate::component::types::Problem;

const MAX_BYTES: u64 = 64 << 20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HostReport {
    version: String,
    schema_known: bool,
    stored: Vec<Stored>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(with = "by_name")]
    kind: StoredKind,
    path: String,
    text: Option<String>,
}

/// Reads the report.
///
/// # Errors
/// Where it is not what the plugin inside OpenClaw writes.
pub(super) fn read(input: impl Read) -> Result<Openclaw, Failure> {
    let report: HostReport = serde_json::from_reader(input.take(MAX_BYTES)).map_err(|why| {
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
    })?;
    let stored = report.stored.into_iter().map(|one| StoredData {
        kind: one.kind,
        path: one.path,
        text: one.text,
    });
    Ok(Openclaw {
        host: Some(OpenclawVersion {
            version: report.version,
            schema_known: report.schema_known,
        }),
        stored: stored.collect(),
    })
}
