//! How long the first words of an answer take, through OpenClaw and by asking the proxy itself, in turns.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use harness::gateway::Gateway;
use harness::home::{GATEWAY_TOKEN, Home};
use serde_json::{Value, json};

/// Longest time for an answer.
const ANSWER: Duration = Duration::from_secs(120);

/// Measures so many answers of each kind and prints medians and their ratio. The conversations are new ones: none is resumed.
///
/// # Errors
/// If an answer holds no words.
pub(crate) fn tell(home: &Home, gateway: &Gateway<'_>, runs: usize) -> Result<()> {
    let config = home.config()?;
    let entry = &config["models"]["providers"]["anthropic-claude-proxy"];
    let key = home.helper(["key", "path"])?.success()?;
    let key = fs::read_to_string(key.text().trim()).context("the access key")?;
    let (mut direct, mut through) = (Vec::new(), Vec::new());
    for n in 0..runs {
        direct.push(ask_proxy(entry, key.trim(), n)?);
        through.push(ask_gateway(gateway, n)?);
    }
    let (direct, through) = (median(&mut direct), median(&mut through));
    println!(
        "\nfirst words, medians of {runs}: {:.2} s through OpenClaw, {:.2} s from the proxy itself; ratio {:.2}",
        through.as_secs_f64(),
        direct.as_secs_f64(),
        through.as_secs_f64() / direct.as_secs_f64()
    );
    Ok(())
}

fn ask_proxy(entry: &Value, key: &str, n: usize) -> Result<Duration> {
    let base = entry["baseUrl"].as_str().context("baseUrl")?;
    let mut headers: Vec<(&str, &str)> =
        vec![("x-api-key", key), ("anthropic-version", "2023-06-01")];
    let own = entry["headers"].as_object().into_iter().flatten();
    headers.extend(own.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))));
    let body = json!({
        "model": "claude-opus-4-6", "max_tokens": 1000, "stream": true,
        "messages": [{ "role": "user", "content": format!("direct-{n}") }],
    });
    first_words(
        &format!("{base}/v1/messages"),
        &headers,
        &body,
        "text_delta",
    )
}

fn ask_gateway(gateway: &Gateway<'_>, n: usize) -> Result<Duration> {
    let token = format!("Bearer {GATEWAY_TOKEN}");
    let session = format!("agent:main:timed-{n}");
    let headers = [
        ("authorization", token.as_str()),
        ("x-openclaw-session-key", session.as_str()),
    ];
    let body = json!({
        "model": "openclaw", "stream": true,
        "messages": [{ "role": "user", "content": format!("through-{n}") }],
    });
    first_words(
        &gateway.url("v1/chat/completions"),
        &headers,
        &body,
        "\"content\":\"",
    )
}

/// The time from the request to the first event that holds words.
fn first_words(url: &str, headers: &[(&str, &str)], body: &Value, mark: &str) -> Result<Duration> {
    let since = Instant::now();
    let mut request = ureq::post(url)
        .config()
        .timeout_global(Some(ANSWER))
        .build()
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send(body.to_string())?;
    for line in BufReader::new(response.body_mut().as_reader()).lines() {
        if line?.contains(mark) {
            return Ok(since.elapsed());
        }
    }
    bail!("{url}: an answer without words")
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
