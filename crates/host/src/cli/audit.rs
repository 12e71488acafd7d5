//! The fail-closed audit of the configuration.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::args::Audit;
use super::context::Context;
use super::edit::{self, Edit};
use super::failure::{CommandError, UNKNOWN};
use super::output::{self, Style, Tone};
use crate::component::case;
use crate::component::config::{ApplyRequest, Report, Severity};

pub(super) fn run(context: &Context, args: &Audit) -> Result<u8, CommandError> {
    let style = Style::of_stdout();
    let mut component = context.component(UNKNOWN)?;
    if args.fix {
        let edit = Edit {
            request: ApplyRequest {
                fix: true,
                ..ApplyRequest::default()
            },
            dry_run: args.dry_run,
            json: args.json,
            interactive: false,
        };
        let result = edit::write(context, &mut component, &edit, style)?;
        let report = &result.report;
        if args.json {
            let mut object = as_json(report);
            if let Value::Object(object) = &mut object {
                result.add_to(object);
            }
            output::json(&object)?;
        } else {
            let mut out = output::stdout();
            result.show(&mut out)?;
            show(report, style, &mut out)?;
        }
        return Ok(report.exit_code);
    }
    let document = context.document(UNKNOWN)?;
    let audited = context.audit(&mut component, document, UNKNOWN)?;
    if args.json {
        output::json(&as_json(&audited.report))?;
    } else {
        let mut out = output::stdout();
        if !document.exists() {
            writeln!(out, "{} does not exist.", document.path().display())?;
        }
        show(&audited.report, style, &mut out)?;
    }
    Ok(audited.report.exit_code)
}

fn as_json(report: &Report) -> Value {
    let routes: Vec<Value> = report
        .routes
        .iter()
        .map(|route| json!({"path": route.path, "leadsTo": route.leads_to, "closed": route.closed}))
        .collect();
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            json!({
                "severity": case::name(finding.severity),
                "code": finding.code,
                "path": finding.path,
                "leadsTo": finding.leads_to,
                "message": finding.message,
                "fix": finding.fix,
            })
        })
        .collect();
    json!({
        "closed": report.closed,
        "decided": report.decided,
        "summary": report.summary,
        "routes": routes,
        "findings": findings,
        "notExamined": report.not_examined,
        "knownVersions": report.known_versions,
        "judgedVersion": report.judged_version,
        "openTools": report.open_tools,
        "commands": report.commands,
    })
}

/// What closes the routes that a report calls open.
pub(super) const CLOSE: &str = "claude-proxy audit --fix";

/// Whether that helps: a document that cannot be read has no routes, and no edit helps there.
pub(super) fn can_be_closed(report: &Report) -> bool {
    !report.closed && !report.routes.is_empty()
}

/// The report in one line, as the shim's `lineOf` says it.
pub(super) fn show_line(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let word = super::status::closed_word(report.closed, style);
    writeln!(out, "{word}: {}", style.wrap(0, &report.summary))
}

/// One screen for people.
fn show(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    show_line(report, style, out)?;
    for finding in &report.findings {
        let tone = match finding.severity {
            Severity::Leak | Severity::Undecided => Tone::Bad,
            Severity::Exposure => Tone::Warn,
            Severity::Note => Tone::Faint,
        };
        let name = case::name(finding.severity);
        let path = match finding.path.as_str() {
            "" => String::new(),
            path => format!(" {path}"),
        };
        let to = if finding.leads_to.is_empty() {
            String::new()
        } else {
            format!(" -> {}", finding.leads_to)
        };
        writeln!(
            out,
            "\n{}{}{to}",
            style.paint(tone, &name),
            style.paint(Tone::Strong, &path)
        )?;
        writeln!(out, "  {}", style.wrap(2, &finding.message))?;
        if !finding.fix.is_empty() {
            writeln!(out, "  {}", style.hint(2, &finding.fix))?;
        }
    }
    if can_be_closed(report) {
        writeln!(out, "\n{}", style.hint(0, CLOSE))?;
    }
    let known = report.known_versions.join(", ");
    let judged = report.judged_version.as_deref();
    let judged = judged.map_or_else(
        || "the file does not say which one reads it".to_owned(),
        |version| format!("judged for {version}"),
    );
    writeln!(
        out,
        "\n{}",
        style.paint(
            Tone::Faint,
            &format!("known for OpenClaw {known}; {judged}")
        )
    )?;
    if !report.not_examined.is_empty() {
        let list = report.not_examined.join(", ");
        let text = style.wrap(0, &format!("not examined: {list}"));
        writeln!(out, "\n{}", style.paint(Tone::Faint, &text))?;
    }
    Ok(())
}
