//! The switches: one table, from which flags, environment variables and the help text come.

mod kinds;
#[cfg(feature = "faults")]
mod parse;
#[cfg(feature = "faults")]
mod table;
#[cfg(feature = "faults")]
mod values;

use std::path::PathBuf;
use std::time::Duration;

use crate::api::RefusalKind;
use crate::http::Cut;

pub(crate) use kinds::{Ids, Listing, Login, Service};
#[cfg(feature = "faults")]
pub(crate) use parse::{Mode, parse};
#[cfg(feature = "faults")]
pub(crate) use table::HELP;

/// The parsed switches; each field is explained in the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Switches {
    pub(crate) port: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) requests: Option<PathBuf>,
    pub(crate) record_bodies: bool,
    pub(crate) service: Service,
    pub(crate) login: Login,
    pub(crate) messages_status: Option<u16>,
    pub(crate) api_refusal: Option<RefusalKind>,
    pub(crate) ids: Ids,
    pub(crate) models: Listing,
    pub(crate) renewal_days: Option<u32>,
    pub(crate) quota: Option<u32>,
    pub(crate) lose_words: bool,
    pub(crate) slow_start: Duration,
    pub(crate) slow_health: Duration,
    pub(crate) slow_messages: Duration,
    pub(crate) cut: Option<Cut>,
    pub(crate) say: Option<String>,
    pub(crate) exit_at_start: Option<u8>,
    pub(crate) hang: bool,
    /// The first argument that is no flag; only `--service openai` has a use for it.
    pub(crate) operand: Option<String>,
}

#[cfg(test)]
#[cfg(feature = "faults")]
impl Switches {
    /// Those of a proxy that is started with these arguments.
    pub(crate) fn of(args: &[&str]) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned());
        match parse(args, &crate::environment::Environment::of(&[])) {
            Ok(Mode::Proxy(switches)) => switches,
            other => panic!("{other:?}"),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "faults")]
mod tests;
