//! The status as a live screen, or as lines where there is no terminal.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, SystemTime};

use claude_proxy_supervisor::control;
use serde_json::Value;

use super::args::Status;
use super::context::Context;
use super::failure::{CommandError, FAILED};
use super::output::{Style, Tone};
use super::status::{collect, collect_with_quota, is_up, show};
use super::supervisor_client::text;

const TIMEOUT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_secs(1);
const LATENCIES: usize = 40;

/// Shows the status until interrupted, or until the supervisor ends.
pub(super) fn run(context: &Context, args: &Status) -> Result<u8, CommandError> {
    let (first, socket) = collect_with_quota(context, args)?;
    let mut screen = Screen {
        style: Style::of_stdout(),
        latencies: VecDeque::new(),
        height: 0,
    };
    screen.draw(&first)?;
    let Ok((_, events)) = control::watch(&socket, TIMEOUT) else {
        // Without a supervisor there are no events.
        return Ok(if is_up(&first) { 0 } else { FAILED });
    };
    let events = forward(events);
    loop {
        match events.recv_timeout(POLL_INTERVAL) {
            Err(RecvTimeoutError::Disconnected) => return Ok(FAILED),
            Err(RecvTimeoutError::Timeout) if !screen.style.is_live() => continue,
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
        }
        let now = context.reload();
        let (mut component, settings, state) = now.load(args.proxy.port.as_deref())?;
        screen.draw(&collect(&now, &mut component, &settings, &state)?)?;
    }
}

/// Turns events into wake-ups; what happened is read from the status.
fn forward(events: control::Client) -> Receiver<()> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for _ in events.map_while(Result::ok) {
            if sender.send(()).is_err() {
                return;
            }
        }
    });
    receiver
}

struct Screen {
    style: Style,
    latencies: VecDeque<u64>,
    /// Lines on the screen that the next drawing replaces.
    height: usize,
}

impl Screen {
    fn draw(&mut self, status: &Value) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if !self.style.is_live() {
            let time = humantime::format_rfc3339_seconds(SystemTime::now());
            let (state, detail) = (text(status, "state"), text(status, "detail"));
            writeln!(out, "{time} {state}: {detail}")?;
            return out.flush();
        }
        if let Some(latency) = status["latencyMs"].as_u64() {
            if self.latencies.len() == LATENCIES {
                self.latencies.pop_front();
            }
            self.latencies.push_back(latency);
        }
        let mut text = Vec::new();
        show(status, self.style, &mut text)?;
        if let Some(last) = self.latencies.back() {
            let label = self.style.paint(Tone::Faint, "latency   ");
            writeln!(text, "{label}{} {last} ms", sparkline(&self.latencies))?;
        }
        if self.height > 0 {
            // Up, and clear to the end of the screen.
            write!(out, "\x1b[{}F\x1b[J", self.height)?;
        }
        self.height = text.iter().filter(|byte| **byte == b'\n').count();
        out.write_all(&text)?;
        out.flush()
    }
}

/// Latencies as bars, the highest one full.
fn sparkline(values: &VecDeque<u64>) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = values.iter().copied().max().unwrap_or(0).max(1);
    values
        .iter()
        .filter_map(|value| BARS.get(usize::try_from(value * 7 / highest).ok()?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_scaled_to_the_highest() {
        assert_eq!(sparkline(&VecDeque::from([0, 7, 14])), "▁▄█");
        assert_eq!(sparkline(&VecDeque::from([0, 0])), "▁▁");
    }
}
