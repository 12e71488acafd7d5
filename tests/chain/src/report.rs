//! Prints what happened in a turn.

use serde_json::Value;

use crate::checks::Taken;

/// How much of a text is shown, in characters.
const SHOWN: usize = 100;

/// One turn: what the user read, and every request that reached the API.
pub(crate) fn turn(taken: &Taken) {
    println!(
        "\n== {}: HTTP {} after {:.1} s, {} API calls: {}",
        taken.name,
        taken.reply.status,
        taken.reply.took.as_secs_f64(),
        taken.exchanges.len(),
        short(&taken.reply.text, 4 * SHOWN)
    );
    for exchange in &taken.exchanges {
        let seen = &exchange.seen;
        let title = if seen.title { " (title)" } else { "" };
        println!(
            "   {} {}{title} tools={}",
            exchange.status,
            seen.model,
            seen.tools.len()
        );
        if seen.title {
            continue;
        }
        for message in &seen.messages {
            let blocks = message["content"].as_array().into_iter().flatten();
            let blocks: Vec<String> = blocks.map(block).filter(|text| !text.is_empty()).collect();
            println!(
                "      {}: {}",
                message["role"].as_str().unwrap_or("?"),
                blocks.join(" | ")
            );
        }
    }
}

fn block(block: &Value) -> String {
    match block["text"].as_str() {
        Some(text) => short(text, SHOWN),
        None => block.to_string(),
    }
}

/// The beginning and the end of a text, on one line.
fn short(text: &str, shown: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let count = line.chars().count();
    if count <= shown {
        return line;
    }
    let half = shown / 2;
    let begin: String = line.chars().take(half).collect();
    let end: String = line.chars().skip(count - half).collect();
    format!("{begin} … {end}")
}
