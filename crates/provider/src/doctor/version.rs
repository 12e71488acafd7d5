//! The version of OpenClaw, and what holds only where it loads the plugin.

use std::cmp::Ordering;

use super::{Judgment, Known, fail, pass, unknown, warn};
use crate::ID;
use crate::audit::KNOWN;
use crate::release::compare;

/// The OpenClaw version that everything here was verified with.
pub const OPENCLAW_VERSION: &str = "2026.9.6";
/// The oldest OpenClaw that loads the plugin (`package.minHostVersion` of `plugin-manifest.json`); older ones skip it with a
/// warning.
pub const OPENCLAW_OLDEST: &str = "2026.7.1";
/// Characters of a version that are shown.
const MAX_VERSION: usize = 64;

pub(super) fn judge(f: &Known<'_>) -> Judgment {
    let version = match f.openclaw_version.as_deref() {
        // What the shim tells where OpenClaw does not say it.
        Ok("unknown") => return unknown("OpenClaw does not say it"),
        Ok(version) => version,
        Err(why) => return unknown(why),
    };
    let differs = format!("{}; verified with {OPENCLAW_VERSION}", shown(version));
    match compare(version, OPENCLAW_VERSION) {
        _ if KNOWN.contains(&version) => pass(version),
        Some(Ordering::Less) if compare(version, OPENCLAW_OLDEST) == Some(Ordering::Less) => fail(
            format!("{version} skips this plugin: it needs {OPENCLAW_OLDEST} or newer"),
            upgrade(),
        ),
        Some(Ordering::Less) => warn(differs, upgrade()),
        // Going back would be worse than a newer plugin.
        _ => warn(differs, format!("openclaw plugins update {ID}")),
    }
}

/// Whether the plugin is on.
pub(super) fn plugin(f: &Known<'_>) -> Judgment {
    loaded(f, || match plugin_is(f) {
        Ok((true, _)) => pass("yes"),
        Ok(_) => fail("no", format!("openclaw plugins enable {ID}")),
        Err(why) => unknown(why),
    })
}

/// Whether the guard may see runs.
pub(super) fn hooks(f: &Known<'_>) -> Judgment {
    loaded(f, || match plugin_is(f) {
        Ok((_, true)) => match version(f).filter(|version| leaves_guard_out(version)) {
            Some(version) => warn(
                format!(
                    "yes, but OpenClaw {version} leaves the guard out where a program names another model over HTTP, and in \
                     `openclaw agent --local`; there only a closed file keeps a run in"
                ),
                upgrade(),
            ),
            None => pass("yes"),
        },
        Ok(_) => fail(
            "no: runs on other providers are not stopped",
            format!(
                "openclaw config set plugins.entries.{ID}.hooks.allowConversationAccess true --strict-json"
            ),
        ),
        Err(why) => unknown(why),
    })
}

/// Whether some runs of a version ask the hooks of no plugin but their own provider's: seen in 2026.8.2 and 2026.9.1, neither in
/// 2026.7.35 nor in 2026.9.6 (`tests/cases/traffic.rs`).
fn leaves_guard_out(version: &str) -> bool {
    compare(version, "2026.8.0").is_some_and(Ordering::is_ge)
        && compare(version, "2026.9.6").is_some_and(Ordering::is_lt)
}

/// Whether the plugin is enabled, and has the permission of its guard.
fn plugin_is<'f>(f: &'f Known<'_>) -> Result<(bool, bool), &'f str> {
    let config = f.configuration.as_ref().map_err(String::as_str)?;
    config.plugin.as_ref().copied().map_err(String::as_str)
}

/// The version that reads the configuration: the installed one, else the one that the audit judged.
fn version<'a>(f: &'a Known<'_>) -> Option<&'a str> {
    let judged = f.configuration.as_ref().ok();
    f.openclaw_version
        .as_deref()
        .ok()
        .or_else(|| judged?.report.judged_version.as_deref())
}

/// What holds of the plugin only where OpenClaw loads it. Of a version that nobody knows nothing is held against it.
fn loaded(f: &Known<'_>, judge: impl Fn() -> Judgment) -> Judgment {
    let Some(version) = version(f) else {
        return judge();
    };
    match compare(version, OPENCLAW_OLDEST) {
        Some(Ordering::Less) => fail(
            format!("OpenClaw {version} skips this plugin: it needs {OPENCLAW_OLDEST} or newer"),
            upgrade(),
        ),
        Some(_) => judge(),
        // OpenClaw skips it as well where it cannot compare its own version.
        None => unknown(&format!(
            "whether OpenClaw {} loads this plugin is not known",
            shown(version)
        )),
    }
}

/// The way to the version that everything was verified with, for older ones.
fn upgrade() -> String {
    format!("npm install -g openclaw@{OPENCLAW_VERSION}")
}

/// As much of a version as a line needs.
pub(super) fn shown(version: &str) -> String {
    version.chars().take(MAX_VERSION).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{configuration, facts, finding};
    use super::super::{Facts, Status};
    use super::*;
    use crate::report::Severity;

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
            let known = Facts {
                openclaw_version: match installed {
                    "" => Err("there is none".to_owned()),
                    version => Ok(version.to_owned()),
                },
                ..facts()
            };
            let findings = match verdict.split_once(' ') {
                None => Vec::new(),
                Some((severity, count)) => {
                    let one = match severity {
                        "open" => finding(Severity::Leak, "other-model"),
                        _ => finding(Severity::Undecided, "unverified-host"),
                    };
                    vec![one; count.parse().unwrap()]
                }
            };
            let mut configuration = configuration(findings);
            configuration.report.judged_version =
                Some(judged.to_owned()).filter(|version| !version.is_empty());
            let checks = super::super::judged(&Known {
                facts: &known,
                configuration: Ok(configuration),
            });
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
        for line in [
            format!("\"minHostVersion\": \">={OPENCLAW_OLDEST}\""),
            format!("\"openclawVersion\": \"{OPENCLAW_VERSION}\""),
        ] {
            assert!(manifest.contains(&line), "{line}");
        }
    }
}
