//! Log lines on standard error.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes the messages of this program, and of nothing else, to standard error: time, level, text.
///
/// Nothing here uses spans, so a subscriber of thirty lines does what the usual crate does with a megabyte of memory.
struct StandardError;

/// Has log lines written from now on. The first call counts.
pub(super) fn install() {
    // Another subscriber is there already: a second call.
    let _ = tracing::subscriber::set_global_default(StandardError);
}

impl Subscriber for StandardError {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = format!(
            "{} {:<5} ",
            humantime::format_rfc3339_millis(SystemTime::now()),
            event.metadata().level()
        );
        event.record(&mut Message(&mut line));
        line.push('\n');
        // Where nobody reads the log, nobody misses the line.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Message<'a>(&'a mut String);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing into a string cannot fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}
