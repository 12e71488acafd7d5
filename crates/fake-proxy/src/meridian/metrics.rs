//! `/metrics`.

use super::Counts;
use crate::http::Reply;

/// The counts in Prometheus' format.
pub(super) fn metrics(counts: &Counts) -> Reply {
    let mut text = String::from(
        "# HELP meridian_requests_total Total proxy requests\n# TYPE meridian_requests_total counter\n",
    );
    for ((model, mode, status), count) in counts {
        let model = model
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let labels = format!("model=\"{model}\",mode=\"{mode}\",status=\"{status}\"");
        text.push_str(&format!("meridian_requests_total{{{labels}}} {count}\n"));
    }
    let total: u64 = counts.values().sum();
    text.push_str(&format!(
        "\n# HELP meridian_request_duration_ms Request duration by phase in milliseconds\n\
         # TYPE meridian_request_duration_ms histogram\n\
         meridian_request_duration_ms_bucket{{phase=\"total\",le=\"+Inf\"}} {total}\n\
         meridian_request_duration_ms_sum{{phase=\"total\"}} 0\n\
         meridian_request_duration_ms_count{{phase=\"total\"}} {total}\n"
    ));
    Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", text)
}
