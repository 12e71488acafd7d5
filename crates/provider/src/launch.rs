//! How the proxy is started: its command, its address and, above all, which environment variables are passed to it.
//!
//! Claude Code prefers a credential, an address or a cloud in its environment to the user's login (`docs/proxies.md`). So only variables
//! on a list are passed, and those that are not passed are reported by name.

use std::collections::BTreeSet;

use crate::auth::SECRET_PREFIX;
use crate::settings::{AccessKeyMode, SETTINGS_PATH, Settings};
use crate::strings::matches_pattern;
use crate::{Error, Problem, pin, proxy_kind};

pub use crate::wit::provider::LaunchPlan;

/// Variables that are passed on. A `*` at the end stands for any rest.
const INHERITED: &str = "PATH Path HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TMPDIR XDG_* SSL_CERT_FILE SSL_CERT_DIR \
    NODE_EXTRA_CA_CERTS HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy \
    BUN_INSTALL BUN_INSTALL_CACHE_DIR npm_config_cache NPM_CONFIG_CACHE npm_config_registry NPM_CONFIG_REGISTRY \
    CLAUDE_CONFIG_DIR CLAUDE_CODE_OAUTH_TOKEN";

/// Variables that are never passed on, not even on request: each changes who answers, who pays, or what code runs.
const BYPASSES: &str = "ANTHROPIC_* AWS_* GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT CLOUD_ML_REGION VERTEX_REGION_* \
    CLAUDE_CODE_USE_* CLAUDE_CODE_SKIP_* CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR \
    CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR CLAUDE_CODE_OAUTH_REFRESH_TOKEN CLAUDE_CODE_SESSION_ACCESS_TOKEN \
    CLAUDE_CODE_SESSIONS_OAUTH_TOKEN CLAUDE_CODE_HOST_* CLAUDE_BRIDGE_* CLAUDE_CODE_SIMPLE \
    CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST CLAUDE_CODE_CUSTOM_OAUTH_URL USE_LOCAL_OAUTH USE_STAGING_OAUTH \
    CLAUDE_CODE_API_BASE_URL CLAUDE_CODE_REMOTE* CLAUDECODE CLAUDE_CODE_ENTRYPOINT CLAUDE_CODE_EXTRA_BODY \
    NODE_OPTIONS BUN_OPTIONS LD_PRELOAD LD_LIBRARY_PATH DYLD_*";

/// Whether a variable is passed to no proxy: one of the general ones, or one of any kind.
fn is_bypass(name: &str) -> bool {
    matches(BYPASSES, name)
        || proxy_kind::KINDS
            .iter()
            .any(|kind| matches(kind.strip, name))
}

fn matches(patterns: &str, name: &str) -> bool {
    let mut patterns = patterns.split_ascii_whitespace();
    patterns.any(|pattern| matches_pattern(pattern, name))
}

/// Decides how the proxy is started. `environment_names` are the names of all environment variables.
///
/// # Errors
/// `ErrorKind::InvalidSettings` if `passEnvironment` has a variable that would bypass the login.
pub fn launch(settings: &Settings, environment_names: &[String]) -> Result<LaunchPlan, Error> {
    let problems: Vec<Problem> = settings
        .pass_environment
        .iter()
        .enumerate()
        .filter(|(_, name)| is_bypass(name))
        .map(|(n, name)| {
            Problem::new(
                "variable-bypasses-login",
                format!("{SETTINGS_PATH}.passEnvironment[{n}]"),
                format!("`{name}`"),
                "variables that do not change who answers, who pays or what code runs",
                "Remove it: with this variable Claude Code would not use the login, or not the expected program.",
            )
        })
        .collect();
    if !problems.is_empty() {
        return Err(Error::invalid_settings(problems));
    }

    let port = settings.port.to_string();
    let kind = settings.kind();
    let host_variables = kind
        .host_variables
        .iter()
        .map(|&name| (name, &*settings.listen_address));
    let port_variables = kind.port_variables.iter().map(|&name| (name, &*port));
    let environment: Vec<_> = host_variables
        .chain(port_variables)
        .chain(kind.variables.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();

    let mut secret_variables = Vec::new();
    let mut inherit = BTreeSet::new();
    let mut stripped_variables = BTreeSet::new();
    for name in environment_names {
        let set_by_us = environment.iter().any(|(ours, _)| ours == name);
        let allowed = || {
            matches(INHERITED, name)
                || matches(kind.inherit, name)
                || settings.pass_environment.contains(name)
        };
        if is_bypass(name) {
            stripped_variables.insert(name.clone());
        } else if !set_by_us && allowed() {
            if name.contains("TOKEN") || name.contains("KEY") {
                secret_variables.push(name.clone());
            }
            inherit.insert(name.clone());
        }
    }

    let command = settings
        .command
        .iter()
        .map(|part| {
            part.replace("{port}", &port)
                .replace("{host}", &settings.listen_address)
        })
        .collect();
    Ok(LaunchPlan {
        command,
        address: settings.listen_address.clone(),
        port: settings.port,
        base_url: settings.base_url(),
        endpoint: settings.endpoint(),
        local: settings.is_local(),
        secret_variables,
        secret_prefix: SECRET_PREFIX.to_owned(),
        environment,
        inherit: inherit.into_iter().collect(),
        stripped_variables: stripped_variables.into_iter().collect(),
        key_variable: match settings.access_key {
            AccessKeyMode::Generated => kind.key_variable.map(str::to_owned),
            AccessKeyMode::Off => None,
        },
        proxy: settings.proxy.clone(),
        key_file: settings.key_file.clone(),
        pinned: pin::unpinned_reason(&settings.command).is_none(),
        auto_start: settings.auto_start,
        auto_restart: settings.auto_restart,
        restart_delay_ms: settings.restart_delay_ms,
        restart_max_ms: settings.restart_delay_ms.max(60_000),
        stable_after_ms: 2_000,
        start_limit: 5,
        retry_failed_ms: 300_000,
        start_timeout_ms: settings.start_timeout_ms,
        stop_grace_ms: settings.stop_grace_ms,
        liveness_period_ms: 2_000,
        liveness_failures: 3,
        login_period_ms: 60_000,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;

    fn plan(json: &str, environment: &str) -> Result<LaunchPlan, Error> {
        launch(&settings::parse(json).unwrap(), &names(environment))
    }

    fn names(list: &str) -> Vec<String> {
        list.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn only_the_allowed_variables_pass_and_the_dangerous_ones_are_named() {
        let there = "HOME PATH LC_ALL XDG_CONFIG_HOME CLAUDE_CODE_OAUTH_TOKEN ANTHROPIC_API_KEY ANTHROPIC_SOMETHING_NEW
             CLAUDE_CODE_USE_BEDROCK AWS_PROFILE NODE_OPTIONS TELEGRAM_TOKEN OPENAI_API_KEY MERIDIAN_WORKDIR
             MERIDIAN_PROFILES MERIDIAN_PORT MERIDIAN_API_KEY";
        let plan = plan("{}", there).unwrap();
        assert_eq!(
            plan.inherit,
            names("CLAUDE_CODE_OAUTH_TOKEN HOME LC_ALL MERIDIAN_WORKDIR PATH XDG_CONFIG_HOME")
        );
        assert_eq!(plan.secret_variables, ["CLAUDE_CODE_OAUTH_TOKEN"]);
        assert_eq!(plan.secret_prefix, "sk-ant-");
        assert_eq!(
            plan.stripped_variables,
            names(
                "ANTHROPIC_API_KEY ANTHROPIC_SOMETHING_NEW AWS_PROFILE CLAUDE_CODE_USE_BEDROCK MERIDIAN_API_KEY
                 MERIDIAN_PROFILES NODE_OPTIONS"
            )
        );
    }

    #[test]
    fn further_variables_pass_on_request_but_none_that_bypasses_the_login() {
        let allowed = plan(r#"{"passEnvironment":["FOO"]}"#, "FOO BAR");
        assert_eq!(allowed.unwrap().inherit, ["FOO"]);
        let error = plan(r#"{"passEnvironment":["FOO","ANTHROPIC_API_KEY"]}"#, "").unwrap_err();
        assert_eq!(error.problems[0].code, "variable-bypasses-login");
        assert!(error.problems[0].path.ends_with("passEnvironment[1]"));
    }

    #[test]
    fn each_kind_gets_host_port_and_key_in_its_own_way() {
        for (settings, variables, key, inherit) in [
            (
                "{}",
                "MERIDIAN_HOST=127.0.0.1 CLAUDE_PROXY_HOST=127.0.0.1 MERIDIAN_PORT=3456 CLAUDE_PROXY_PORT=3456 \
                 MERIDIAN_PASSTHROUGH=1 CLAUDE_CODE_MAX_RETRIES=2",
                "MERIDIAN_API_KEY",
                "MERIDIAN_WORKDIR PATH",
            ),
            (
                r#"{"command":["litellm","--config","x.yaml"]}"#,
                "HOST=127.0.0.1 PORT=3456",
                "LITELLM_MASTER_KEY",
                "LITELLM_LOG PATH",
            ),
            (
                r#"{"command":["ccr","start"]}"#,
                "SERVICE_PORT=3456",
                "",
                "PATH",
            ),
            (
                r#"{"command":["claude-max-api","{port}"],"api":"openai-completions"}"#,
                "CLAUDE_CODE_MAX_RETRIES=2",
                "",
                "PATH",
            ),
        ] {
            let plan = plan(settings, "LITELLM_LOG MERIDIAN_WORKDIR PATH").unwrap();
            let environment = plan.environment.iter();
            let environment: Vec<_> = environment
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            assert_eq!(environment.join(" "), variables);
            assert_eq!(plan.key_variable.unwrap_or_default(), key, "{settings}");
            assert_eq!(plan.inherit, names(inherit), "{settings}");
            assert!(!plan.command.iter().any(|word| word.contains('{')));
        }
    }

    /// A host that finds the same plan hands its running supervisor over instead of starting another.
    #[test]
    fn what_a_supervisor_works_by_is_in_the_plan() {
        for changed in [
            r#"{"keyFile":"/k"}"#,
            r#"{"proxy":"anthropic-messages"}"#,
            r#"{"accessKey":"off"}"#,
            r#"{"api":"openai-completions"}"#,
        ] {
            assert_ne!(plan(changed, ""), plan("{}", ""), "{changed}");
        }
    }
}
