//! Which proxy the Gateway is to start, where the settings name none of the user's: one that is installed already, by its
//! full path, in place of a package name that may lead nowhere.

use crate::proxy_kind;
use crate::quote;
use crate::settings::Settings;

/// Programs that are looked for, the best first, with their arguments: those of the kinds that are used unasked.
fn programs(settings: &Settings) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let api = settings.api;
    proxy_kind::ROWS
        .iter()
        .filter(move |kind| kind.is_used_unnamed() && kind.api() == api)
        .flat_map(|kind| {
            let arguments = match kind.command {
                [program, arguments @ ..] if kind.programs.contains(program) => arguments,
                _ => &[],
            };
            kind.programs.iter().map(move |name| (*name, arguments))
        })
}

/// The names to look for; none where the settings name a command already, or nothing is started from here.
pub(super) fn wanted(settings: &Settings) -> Vec<String> {
    let open = settings.command == Settings::default().command;
    if !open || !settings.auto_start || !settings.is_local() {
        return Vec::new();
    }
    programs(settings)
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The command for what was found: full paths, in any order.
pub(super) fn command(settings: &Settings, found: &[String]) -> Option<Vec<String>> {
    programs(settings).find_map(|(name, arguments)| {
        let is_it = |path: &&String| path.starts_with('/') && path.rsplit('/').next() == Some(name);
        let path = found.iter().find(is_it)?;
        let arguments = arguments.iter().map(|word| (*word).to_owned());
        Some(std::iter::once(path.clone()).chain(arguments).collect())
    })
}

/// The question whether it is to be taken.
pub(super) fn question(settings: &Settings, command: &[String]) -> String {
    format!(
        "Start the proxy with `{}`, which is installed here? (no keeps `{}`, which is fetched from a registry at each start)",
        quote::harmless(&command.join(" ")),
        settings.command.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Api;

    #[test]
    fn the_best_program_that_fits_is_taken_by_its_full_path() {
        let settings = Settings::default();
        let found = |paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            command(&settings, &paths).map(|command| command.join(" "))
        };
        for (paths, expected) in [
            (
                &["/a/opencode-claude-max-proxy", "/b/meridian"][..],
                Some("/b/meridian"),
            ),
            (
                &["/a/opencode-claude-max-proxy"],
                Some("/a/opencode-claude-max-proxy"),
            ),
            (&["meridian"], None),
            (&["/a/meridian/other"], None),
            (&["/a/claude-max-api"], None),
            (&[], None),
        ] {
            assert_eq!(found(paths).as_deref(), expected, "{paths:?}");
        }
        let openai = Settings {
            api: Api::OpenaiCompletions,
            ..Settings::default()
        };
        let paths = ["/a/claude-max-api".to_owned()];
        assert_eq!(
            command(&openai, &paths).unwrap(),
            ["/a/claude-max-api", "{port}"]
        );
    }

    #[test]
    fn nothing_is_looked_for_where_a_command_is_set() {
        assert!(wanted(&Settings::default()).contains(&"meridian".to_owned()));
        for settings in [
            Settings {
                command: vec!["x".to_owned()],
                ..Settings::default()
            },
            Settings {
                auto_start: false,
                ..Settings::default()
            },
            Settings {
                host: "10.0.0.9".to_owned(),
                ..Settings::default()
            },
        ] {
            assert!(wanted(&settings).is_empty(), "{settings:?}");
        }
    }
}
