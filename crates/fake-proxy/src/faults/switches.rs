//! The command line: what tests can switch on, and the help text.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::forwarding::Service;
use crate::api::RefusalKind;

/// Fake of the local Claude proxy: tests and demonstrations only.
#[derive(Debug, Parser)]
#[command(name = "fake-proxy", args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) other: Option<Other>,
    #[command(flatten)]
    pub(crate) switches: Switches,
}

/// What else it can be.
#[derive(Debug, Subcommand)]
pub(crate) enum Other {
    /// Everything outside: records every connection and answers every request, on a free port of the loopback address
    Listener {
        /// Append one JSON line a connection or request to FILE
        #[arg(long, value_name = "FILE")]
        requests: PathBuf,
    },
}

/// The switches of the proxy. The key of its user is in `FAKE_PROXY_KEY`, which no command line shows.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Switches {
    /// Port, as `claude-max-api-proxy` takes it
    #[arg(value_name = "PORT")]
    pub(crate) operand: Option<u16>,
    /// Port, before the variable of the service
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// Append one JSON line a request to FILE
    #[arg(long, value_name = "FILE")]
    pub(crate) requests: Option<PathBuf>,
    /// What speaks on the port
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub(crate) service: Service,
    /// What the proxy believes about its login, and what is true
    #[arg(long, value_name = "STATE", value_enum, default_value_t)]
    pub(crate) login: Login,
    /// The API behind refuses every chat
    #[arg(long, value_name = "WORD", value_enum)]
    pub(crate) api_refusal: Option<RefusalKind>,
    /// What `/v1/models` lists
    #[arg(long, value_name = "LIST", value_enum, default_value_t)]
    pub(crate) models: Listing,
    /// `/health` tells when the login ends, and within 7 days that it is soon
    #[arg(long, value_name = "DAYS")]
    pub(crate) renewal_days: Option<u32>,
    /// `/v1/usage/quota` tells so much of the five hours used, and half of it of the week
    #[arg(long, value_name = "PERCENT")]
    pub(crate) quota: Option<u32>,
    /// Take every conversation that goes on for a changed one: only the last user message goes on
    #[arg(long)]
    pub(crate) drop_messages: bool,
    /// Wait before listening
    #[arg(long, value_name = "MS", default_value_t)]
    pub(crate) slow_start_ms: u64,
    /// A streamed answer ends in its middle
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(crate) cut: Option<Cut>,
    /// Write TEXT to stderr at start
    #[arg(long, value_name = "TEXT")]
    pub(crate) say: Option<String>,
    /// End with this code instead of listening
    #[arg(long, value_name = "CODE")]
    pub(crate) exit_at_start: Option<u8>,
}

/// What the proxy believes about its login, and what is true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Login {
    /// A stored subscription login that works
    #[default]
    Ok,
    /// Logged out, and the proxy says so
    Unhealthy,
    /// Claimed but dead, as with an expired login
    Rejected,
    /// Logged out and noticed before listening
    AtStart,
}

/// What `/v1/models` lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listing {
    /// What the real one lists
    #[default]
    Real,
    /// Nothing
    None,
    /// Entries that are none
    Rubbish,
    /// Ten thousand models
    Many,
}

/// How a stream ends before its end: half of its events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Cut {
    /// The connection ends too, as with a proxy that was killed
    Connection,
    /// As if that were all
    Stream,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_is_documented_and_a_misspelled_one_is_refused() {
        let readme = include_str!("../../README.md");
        let command = <Cli as clap::CommandFactory>::command();
        for switch in command.get_arguments().filter_map(clap::Arg::get_long) {
            let documented = readme.contains(&format!("| `--{switch}"));
            assert!(documented || switch == "help", "--{switch}");
        }
        for line in [
            &["--portt", "1"][..],
            &["--login", "maybe"],
            &["--api-refusal", "402"],
            &["listener"],
            &["--cut", "stream", "listener", "--requests", "f"],
        ] {
            let line = [&["fake-proxy"], line].concat();
            assert!(Cli::try_parse_from(&line).is_err(), "{line:?}");
        }
    }
}
