//! Checks of OpenClaw's version and of the plugin in it.

use std::cmp::Ordering;

use super::{CheckResult, Installation, fail, pass, warn};
use crate::ID;
use crate::audit::KNOWN;
use crate::configured::permit_command;
use crate::release::compare;

/// The OpenClaw version that everything here was verified with: the newest whose routes the audit knows.
pub const OPENCLAW_VERSION: &str = match KNOWN {
    [.., newest] => newest,
    [] => "",
};
/// The oldest OpenClaw that loads the plugin (`package.minHostVersion` in `plugin-manifest.json`). Older ones skip it with a warning.
pub const OPENCLAW_OLDEST: &str = "2026.7.1";
/// Longest version that is shown, in characters.
const MAX_SHOWN: usize = 64;

/// Whether the installed version loads the plugin, and whether everything was verified with it.
pub(super) fn openclaw(f: &Installation<'_>) -> CheckResult {
    let version = f.openclaw_version.as_deref()?;
    // The shim sends this if OpenClaw does not give its version.
    if version == "unknown" {
        return Err("OpenClaw does not say it".to_owned());
    }
    let differs = format!("{}; verified with {OPENCLAW_VERSION}", shown(version));
    match compare(version, OPENCLAW_VERSION) {
        _ if KNOWN.contains(&version) => pass(version),
        Some(Ordering::Less) if is_too_old(version) => fail(skips("", version), upgrade()),
        Some(Ordering::Less) => warn(differs, upgrade()),
        // For a newer OpenClaw, an update of the plugin is better than an older OpenClaw.
        _ => warn(differs, format!("openclaw plugins update {ID}")),
    }
}

/// Whether the plugin is enabled.
pub(super) fn plugin(f: &Installation<'_>) -> CheckResult {
    if_loaded(f, |is_enabled, _| match is_enabled {
        true => pass("yes"),
        false => fail("no", format!("openclaw plugins enable {ID}")),
    })
}

/// Whether the guard has its permission to see runs.
pub(super) fn hooks(f: &Installation<'_>) -> CheckResult {
    if_loaded(f, |_, is_granted| {
        if !is_granted {
            return fail(
                "no: runs on other providers are not stopped",
                permit_command(),
            );
        }
        match version(f).filter(|version| leaves_guard_out(version)) {
            Some(version) => warn(
                format!(
                    "yes, but OpenClaw {version} leaves the guard out where a program names another model over HTTP, and in \
                     `openclaw agent --local`; there only a closed file keeps a run in"
                ),
                upgrade(),
            ),
            None => pass("yes"),
        }
    })
}

/// Whether a version calls, for some runs, only the hooks of the run's own provider. Seen in 2026.8.2 and 2026.9.1, but not in
/// 2026.7.35 and 2026.9.6 (`tests/cases/traffic.rs`).
fn leaves_guard_out(version: &str) -> bool {
    compare(version, "2026.8.0").is_some_and(Ordering::is_ge)
        && compare(version, "2026.9.6").is_some_and(Ordering::is_lt)
}

/// The version that reads the configuration: the installed one, or else that of the audit.
fn version<'a>(f: &'a Installation<'_>) -> Option<&'a str> {
    let judged = f.configuration.as_ref().ok();
    f.openclaw_version
        .as_deref()
        .ok()
        .or_else(|| judged?.report.judged_version.as_deref())
}

/// A check of the plugin, which fails if the version of OpenClaw does not load plugins like this one. `check` is given whether the
/// plugin is enabled and whether its guard has its permission.
fn if_loaded(f: &Installation<'_>, check: impl Fn(bool, bool) -> CheckResult) -> CheckResult {
    match version(f) {
        Some(version) if is_too_old(version) => fail(skips("OpenClaw ", version), upgrade()),
        // OpenClaw also skips the plugin if it cannot compare its own version.
        Some(version) if compare(version, OPENCLAW_OLDEST).is_none() => Err(format!(
            "whether OpenClaw {} loads this plugin is not known",
            shown(version)
        )),
        _ => {
            let (is_enabled, is_granted) = f.configuration.as_ref()?.plugin.clone()?;
            check(is_enabled, is_granted)
        }
    }
}

fn is_too_old(version: &str) -> bool {
    compare(version, OPENCLAW_OLDEST) == Some(Ordering::Less)
}

fn skips(program: &str, version: &str) -> String {
    format!("{program}{version} skips this plugin: it needs {OPENCLAW_OLDEST} or newer")
}

/// The command that updates an older OpenClaw to the version with which everything was verified.
fn upgrade() -> String {
    format!("npm install -g openclaw@{OPENCLAW_VERSION}")
}

/// A version in the length in which it is shown.
pub(super) fn shown(version: &str) -> String {
    version.chars().take(MAX_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::super::configuration::{Alias, Configuration};
    use super::super::{Facts, Status};
    use super::*;
    use crate::audit::{Finding, Report, Severity};

    /// Facts of which only the version is known.
    fn facts(installed: &str) -> Facts {
        let facts = r#"{"platform":U,"oauthToken":U,"programs":[],"openclawVersion":V,"proxy":U,"portCheck":U,"configuration":U,"stateDir":U,
            "diskFree":U,"now":0,"configModified":null}"#;
        let version = match installed {
            "" => r#"{"Err":"there is none"}"#.to_owned(),
            version => format!(r#"{{"Ok":"{version}"}}"#),
        };
        let facts = facts.replace(":V", &format!(":{version}"));
        serde_json::from_str(&facts.replace(":U", r#":{"Err":"not looked at"}"#)).unwrap()
    }

    /// A configuration that this version was judged for, with as many such findings as the verdict says.
    fn configuration(judged: &str, verdict: &str) -> Configuration {
        let (severity, code, count) = match verdict.split_once(' ') {
            None => (Severity::Note, "", "0"),
            Some(("open", count)) => (Severity::Leak, "other-model", count),
            Some((_, count)) => (Severity::Undecided, "unverified-host", count),
        };
        let finding = Finding {
            severity,
            code: code.to_owned(),
            path: String::new(),
            leads_to: String::new(),
            message: "m".to_owned(),
            fix: "Close it: `openclaw claude-proxy audit --fix`.".to_owned(),
        };
        let findings = vec![finding; count.parse().unwrap()];
        Configuration {
            report: Report {
                closed: findings.is_empty(),
                findings,
                judged_version: Some(judged.to_owned()).filter(|version| !version.is_empty()),
                ..Report::default()
            },
            unread: Vec::new(),
            fix_helps: false,
            plugin: Ok((true, true)),
            alias: Alias::Nothing,
            keyless: false,
        }
    }

    #[test]
    fn nothing_is_promised_of_a_version_that_is_not_known() {
        use Status::{Fail, Pass, Unknown, Warn};
        // Installed, judged, verdict; then the configuration, the plugin, and the version.
        let cases = [
            ("2026.9.6", "", "closed", Pass, Pass, Pass),
            ("2026.9.6", "2026.7.35", "closed", Pass, Pass, Pass),
            ("2026.9.6", "", "undecided 1", Fail, Pass, Pass),
            ("", "2026.9.6", "closed", Unknown, Pass, Unknown),
            ("", "", "closed", Unknown, Pass, Unknown),
            ("", "2026.7.35", "closed", Unknown, Pass, Unknown),
            ("", "2026.7.35", "open 1", Fail, Pass, Unknown),
            ("2026.7.1", "", "closed", Pass, Pass, Pass),
            ("2026.7.35", "", "closed", Pass, Pass, Pass),
            ("2026.9.1", "", "closed", Pass, Pass, Pass),
            ("", "2026.8.1", "closed", Unknown, Pass, Unknown),
            ("2026.8.2", "", "closed", Pass, Pass, Pass),
            ("2026.9.5", "", "closed", Unknown, Pass, Warn),
            ("2026.10.1", "", "closed", Unknown, Pass, Warn),
            ("2026.10.1-beta.1", "", "undecided 1", Unknown, Pass, Warn),
            ("2026.9.10", "", "open 2", Fail, Pass, Warn),
            ("2026.7.1", "", "undecided 1", Fail, Pass, Pass),
            ("2026.7.1-2", "", "undecided 1", Unknown, Pass, Warn),
            ("2026.7.1-beta.3", "", "undecided 1", Unknown, Fail, Fail),
            ("2026.6.35", "2026.9.6", "undecided 1", Unknown, Fail, Fail),
            ("", "2026.6.35", "undecided 1", Unknown, Fail, Unknown),
            ("unknown", "", "undecided 1", Unknown, Unknown, Unknown),
            ("2026.9", "2026.9.6", "closed", Unknown, Unknown, Warn),
        ];
        for (installed, judged, verdict, config, plugin, version) in cases {
            let checks = super::super::run_checks(&Installation::new(
                &facts(installed),
                Ok(configuration(judged, verdict)),
            ));
            let check = |id: &str| checks.iter().find(|check| check.id == id).unwrap();
            let case = format!("{installed:?} {judged:?} {verdict}");
            assert_eq!(check("config-closed").status, config, "{case}");
            assert_eq!(check("plugin-enabled").status, plugin, "{case}");
            let read_by = Some(installed).filter(|installed| !installed.is_empty());
            let slips = ["2026.8.1", "2026.8.2", "2026.9.1", "2026.9.5"]
                .contains(&read_by.unwrap_or(judged));
            let hooks = if slips { Warn } else { plugin };
            assert_eq!(check("hooks-permission").status, hooks, "{case}");
            let of_version = check("openclaw-version");
            assert_eq!(of_version.status, version, "{case}");
            let older =
                version != Pass && compare(installed, OPENCLAW_VERSION) == Some(Ordering::Less);
            let fix = of_version.fix.clone().unwrap_or_default();
            assert_eq!(fix.starts_with("npm install"), older, "{case}: {fix}");
        }
    }

    #[test]
    fn the_oldest_host_is_that_of_the_manifest() {
        let manifest = include_str!("../../../../plugin-manifest.json");
        let line = format!("\"minHostVersion\": \">={OPENCLAW_OLDEST}\"");
        assert!(manifest.contains(&line), "{line}");
    }
}
