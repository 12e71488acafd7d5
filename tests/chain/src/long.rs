//! A long conversation in one session: the words of each turn reach the API once and in order, in that turn and in
//! every later one.

use anyhow::{Context as _, Result};
use claude_proxy_fake_proxy::api::Server;
use harness::gateway::Gateway;

use crate::checks::{SESSION, Taken, arrived};

/// Has so many turns.
///
/// # Errors
/// At the first turn of which something is lost, repeated or out of order.
pub(crate) fn talk(gateway: &Gateway<'_>, api: &Server, turns: usize) -> Result<()> {
    let mut said: Vec<String> = Vec::new();
    for turn in 1..=turns {
        let words = format!("long-word-{turn:03}");
        let before = api.exchanges().len();
        let reply =
            gateway.turn_with("openclaw", words.as_str(), &[(SESSION, "agent:main:long")])?;
        said.push(words);
        let taken = Taken {
            name: "long",
            reply,
            exchanges: api.exchanges().split_off(before),
        };
        let all: Vec<&str> = said.iter().map(String::as_str).collect();
        let whole = taken.answered().and_then(|()| arrived(taken.last()?, &all));
        println!(
            "turn {turn} of {turns}: {} calls of the API, {:.1} s",
            taken.exchanges.len(),
            taken.reply.took.as_secs_f64()
        );
        whole.with_context(|| format!("turn {turn} of a long conversation"))?;
    }
    Ok(())
}
