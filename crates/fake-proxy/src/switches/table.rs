//! The switches as the user sees them: the help text is the table, and flags and environment variables are read from it.

/// Every environment variable of the fake proxy starts with this; the rest is the flag in capitals.
pub(crate) const PREFIX: &str = "FAKE_PROXY_";

/// The help text. Each line that begins with two dashes is a switch: its name, what kind of value follows (nothing for one that is on or
/// off), and behind two spaces what it does.
pub(crate) const HELP: &str = "\
Fake of the local Claude proxy: tests and demonstrations only.

Usage: fake-proxy [SWITCHES]            the proxy
       fake-proxy listener [SWITCHES]   the outside: records and answers every request

Each switch is also an environment variable, for example FAKE_PROXY_SLOW_START_MS=500. A flag wins.

  --port N                    port, before MERIDIAN_PORT and CLAUDE_PROXY_PORT; 0 takes a free one (default of listener)
  --host HOST                 address, before MERIDIAN_HOST and CLAUDE_PROXY_HOST
  --key KEY                   ask for this key, before the variable of the service: a proxy whose own file names it
  --requests FILE             append one JSON line a request to FILE
  --record-bodies             put query and body into those lines too
  --service KIND              what speaks on the port: meridian, claude-max-proxy (its older name), openai, claude-code-router, litellm, cliproxyapi, html, garbage, tls
  --login STATE               ok, token, degraded (200), unhealthy (503), rejected (healthy, but 401 on messages), at-start (exit 1)
  --messages-status STATUS    answer every chat request with this error, for example 529 or 500
  --api-refusal WORD          the API behind refuses every chat: 401, 403, 429, 429-bare (no time), 400-extra-usage, 400-too-long, 529, 500
  --ids RULE                  which ids reach the API as asked: pinned (none, up to 1.40), opus-verbatim (1.43, default), verbatim (later)
  --models LIST               what /v1/models lists: real, none, rubbish, many (10000)
  --renewal-days DAYS         /health tells when the login ends, and within 7 days that it is soon
  --quota PERCENT             /v1/usage/quota tells so much of the five hours used, and half of it of the week
  --lose-words                take every conversation that goes on for a changed one: only the last user message goes on
  --slow-start-ms MS          wait before listening
  --slow-health-ms MS         wait before answering /health and /v1/models, as with a slow claude; / stays quick
  --slow-messages-ms MS       wait before a chat answer; a streamed one is spread over this time
  --cut WHAT                  a streamed answer ends in its middle: connection (with it), stream (as if it were whole)
  --say TEXT                  write TEXT to stderr at start
  --exit-at-start CODE        end with this code instead of listening
  --hang                      accept, read, never answer; SIGUSR1 does the same to any fake proxy";

/// Name of each switch, without its dashes, and whether a value follows.
pub(crate) fn switches() -> impl Iterator<Item = (&'static str, bool)> {
    HELP.lines().filter_map(|line| {
        let (flag, _) = line.strip_prefix("  --")?.split_once("  ")?;
        Some(match flag.split_once(' ') {
            Some((name, _)) => (name, true),
            None => (flag, false),
        })
    })
}

/// The environment variable that does the same as the flag `name`.
pub(crate) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase().replace('-', "_"))
}
