//! The switches as the user sees them: flags, environment variables, help text.

/// Every environment variable of the fake proxy starts with this; the rest is the flag in capitals.
pub(crate) const PREFIX: &str = "FAKE_PROXY_";

/// One switch as the user sees it.
pub(crate) struct Switch {
    /// The flag without its dashes.
    pub(crate) name: &'static str,
    /// What kind of value follows; empty for a switch that is on or off.
    pub(crate) value: &'static str,
    /// What it does, one line.
    pub(crate) help: &'static str,
}

const fn switch(name: &'static str, value: &'static str, help: &'static str) -> Switch {
    Switch { name, value, help }
}

/// All switches, in the order of the help text.
pub(crate) const SWITCHES: &[Switch] = &[
    switch(
        "port",
        "N",
        "port, before MERIDIAN_PORT and CLAUDE_PROXY_PORT; 0 takes a free one (default of listener)",
    ),
    switch(
        "host",
        "HOST",
        "address, before MERIDIAN_HOST and CLAUDE_PROXY_HOST",
    ),
    switch(
        "key",
        "KEY",
        "ask for this key, before the variable of the service: a proxy whose own file names it",
    ),
    switch("requests", "FILE", "append one JSON line a request to FILE"),
    switch(
        "record-bodies",
        "",
        "put query and body into those lines too",
    ),
    switch(
        "service",
        "KIND",
        "what speaks on the port: meridian, claude-max-proxy (its older name), openai, claude-code-router, litellm, cliproxyapi, html, garbage, tls",
    ),
    switch(
        "login",
        "STATE",
        "ok, token, degraded (200), unhealthy (503), rejected (healthy, but 401 on messages), at-start (exit 1)",
    ),
    switch(
        "messages-status",
        "STATUS",
        "answer every chat request with this error, for example 529 or 500",
    ),
    switch(
        "api-refusal",
        "WORD",
        "the API behind refuses every chat: 401, 403, 429, 429-bare (no time), 400-extra-usage, 400-too-long, 529, 500",
    ),
    switch(
        "ids",
        "RULE",
        "which ids reach the API as asked: pinned (none, up to 1.40), opus-verbatim (1.43, default), verbatim (later)",
    ),
    switch(
        "models",
        "LIST",
        "what /v1/models lists: real, none, rubbish, many (10000)",
    ),
    switch(
        "renewal-days",
        "DAYS",
        "/health tells when the login ends, and within 7 days that it is soon",
    ),
    switch(
        "quota",
        "PERCENT",
        "/v1/usage/quota tells so much of the five hours used, and half of it of the week",
    ),
    switch(
        "lose-words",
        "",
        "take every conversation that goes on for a changed one: only the last user message goes on",
    ),
    switch("slow-start-ms", "MS", "wait before listening"),
    switch(
        "slow-health-ms",
        "MS",
        "wait before answering /health and /v1/models, as with a slow claude; / stays quick",
    ),
    switch(
        "slow-messages-ms",
        "MS",
        "wait before a chat answer; a streamed one is spread over this time",
    ),
    switch("say", "TEXT", "write TEXT to stderr at start"),
    switch(
        "exit-at-start",
        "CODE",
        "end with this code instead of listening",
    ),
    switch(
        "hang",
        "",
        "accept, read, never answer; SIGUSR1 does the same to any fake proxy",
    ),
];

/// The environment variable that does the same as the flag `name`.
pub(crate) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// The help text.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "Fake of the local Claude proxy: tests and demonstrations only.\n\n\
         Usage: fake-proxy [SWITCHES]            the proxy\n       \
         fake-proxy listener [SWITCHES]   the outside: records and answers every request\n\n\
         Each switch is also an environment variable, for example FAKE_PROXY_SLOW_START_MS=500. A flag wins.\n",
    );
    for Switch { name, value, help } in SWITCHES {
        let flag = format!("--{name} {value}");
        text.push_str(&format!("\n  {flag:<27} {help}"));
    }
    text
}
