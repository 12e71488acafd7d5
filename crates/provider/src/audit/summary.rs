//! A report in one line.

use super::Code;
use super::{Report, Severity};

/// The line, without whether it is closed, which is a field; it names the first place that is open.
pub(super) fn line(report: &Report) -> String {
    let mut line = String::new();
    let findings = &report.findings;
    if report.closed {
        add_count(&mut line, report.routes.len(), "route");
        line.push_str(" to the ");
        // A proxy on another machine is a finding, with its address.
        match findings
            .iter()
            .find(|one| one.code == Code::RemoteProxy.text())
        {
            Some(remote) => {
                line.push_str("proxy on ");
                line.push_str(&remote.leads_to);
            }
            None => line.push_str("local proxy"),
        }
    }
    let mut between = if report.closed { "; " } else { "" };
    for (severity, name) in [
        (Severity::Leak, "leak"),
        (Severity::Undecided, "undecided place"),
        (Severity::Exposure, "exposure"),
    ] {
        let count = findings
            .iter()
            .filter(|one| one.severity == severity)
            .count();
        if count > 0 {
            line.push_str(between);
            add_count(&mut line, count, name);
            between = ", ";
        }
    }
    if let Some(first) = report.open().next() {
        line.push_str("; first ");
        line.push_str(match first.path.as_str() {
            "" => first.message.trim_end_matches('.'),
            path => path,
        });
        if !first.leads_to.is_empty() {
            line.push_str(" -> ");
            line.push_str(&first.leads_to);
        }
    }
    line
}

/// Adds a number of things.
fn add_count(line: &mut String, count: usize, what: &str) {
    line.push_str(&count.to_string());
    line.push(' ');
    line.push_str(what);
    if count != 1 {
        line.push('s');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Finding, Route};

    fn finding(severity: Severity, code: Code, path: &str, leads_to: &str) -> Finding {
        Finding {
            severity,
            code: code.text().to_owned(),
            path: path.to_owned(),
            leads_to: leads_to.to_owned(),
            message: "It cannot be read.".to_owned(),
            fix: String::new(),
        }
    }

    /// The line of a report with so many routes.
    fn line_of(closed: bool, routes: usize, findings: Vec<Finding>) -> String {
        let route = Route {
            path: "a".to_owned(),
            leads_to: "b".to_owned(),
            closed,
        };
        line(&Report {
            closed,
            routes: vec![route; routes],
            findings,
            ..Report::default()
        })
    }

    #[test]
    fn a_closed_configuration_names_the_machine_of_the_proxy() {
        assert_eq!(line_of(true, 4, Vec::new()), "4 routes to the local proxy");
        let exposure = |code| finding(Severity::Exposure, code, "x", "http://box.lan:1");
        assert_eq!(
            line_of(true, 1, vec![exposure(Code::RemoteProxy)]),
            "1 route to the proxy on http://box.lan:1; 1 exposure"
        );
        let two = vec![exposure(Code::OutsideModel), exposure(Code::OutsideAlias)];
        assert_eq!(
            line_of(true, 2, two),
            "2 routes to the local proxy; 2 exposures"
        );
    }

    #[test]
    fn an_open_configuration_names_how_much_is_open_and_its_first_place() {
        let leak = |path| finding(Severity::Leak, Code::OtherModel, path, "y/z");
        let undecided = |path| finding(Severity::Undecided, Code::Unproven, path, "");
        assert_eq!(
            line_of(false, 2, vec![leak("a"), leak("b"), undecided("c")]),
            "2 leaks, 1 undecided place; first a -> y/z"
        );
        assert_eq!(
            line_of(false, 0, vec![undecided("")]),
            "1 undecided place; first It cannot be read"
        );
    }
}
