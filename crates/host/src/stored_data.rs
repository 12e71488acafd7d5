//! What OpenClaw has stored beside its configuration in plain files, as data for the audit: `.env` files, the agents' own
//! lists of models, the stored speech choice. Sessions, jobs and credentials lie in SQLite databases, which only OpenClaw
//! itself reads; the report says that they were not examined.
//!
//! Files are read as OpenClaw does, through links too, but only regular ones of a bounded length, and without waiting for a
//! pipe. What is there and cannot be read is handed over as that, and undecided.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::component::config::{FileKind, StoredFile};
use crate::location::{Locations, Lookup, folder_of};
use crate::text_file::read;

/// Longest file that is read, in bytes; OpenClaw reads no longer `.env` file either.
const MAX_BYTES: u64 = 1 << 20;
/// Most bytes that are read of all of them.
const MAX_TOTAL_BYTES: u64 = 16 << 20;
const MAX_AGENTS: usize = 1000;

/// Kinds of the audit's input that this module reads, with what stands for "there is none".
const KINDS: [(FileKind, &str); 3] = [
    (FileKind::Environment, ""),
    (FileKind::Models, "{}"),
    (FileKind::Speech, "{}"),
];

/// Everything that is stored beside a configuration. Of each kind at least one: an empty one where there is none.
///
/// The state directory is that of the environment where the configuration is the environment's too; else the folder of
/// the configuration, as for a file of another machine.
pub(crate) fn collect(config: &Path, lookup: Lookup<'_>) -> Vec<StoredFile> {
    let folder = folder_of(config);
    let locations = Locations::new(lookup);
    let own = locations
        .config_path()
        .is_ok_and(|own| std::path::absolute(config).is_ok_and(|path| path == own));
    let mut collector = Collector {
        all: Vec::new(),
        left: MAX_TOTAL_BYTES,
    };
    let mut folders = vec![folder.clone()];
    if own && let Ok(root) = locations.state_root() {
        if root != folder {
            folders.insert(0, root);
        }
        if let Some(path) = locations.gateway_environment() {
            collector.file(FileKind::Environment, &path);
        }
        if let Some(path) = locations.speech_choice() {
            collector.file(FileKind::Speech, &path);
        }
    }
    for folder in &folders {
        collector.file(FileKind::Environment, &folder.join(".env"));
        collector.file(FileKind::Speech, &folder.join("settings/tts.json"));
        collector.agents(&folder.join("agents"));
    }
    for (kind, none) in KINDS {
        if !collector.all.iter().any(|stored| stored.kind == kind) {
            collector.add(kind, &folder, Some(none.to_owned()));
        }
    }
    collector.all
}

struct Collector {
    all: Vec<StoredFile>,
    left: u64,
}

impl Collector {
    fn add(&mut self, kind: FileKind, path: &Path, text: Option<String>) {
        self.all.push(StoredFile {
            kind,
            path: path.to_string_lossy().into_owned(),
            text,
        });
    }

    /// Adds a file, if it is there.
    fn file(&mut self, kind: FileKind, path: &Path) {
        if let Err(why) = std::fs::metadata(path)
            && matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        {
            return;
        }
        let text = read(path, MAX_BYTES.min(self.left), true);
        let length = text.as_ref().map_or(0, |text| text.len() as u64);
        self.left = self.left.saturating_sub(length);
        self.add(kind, path, text);
    }

    /// Adds what the agents of a folder have; a folder that cannot be listed, or has too many, stands for itself.
    fn agents(&mut self, folder: &Path) {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return;
            }
            Err(_) => return self.add(FileKind::Models, folder, None),
        };
        let listed: Result<Vec<PathBuf>, _> = entries
            .take(MAX_AGENTS + 1)
            .map(|entry| entry.map(|entry| entry.path()))
            .collect();
        let Ok(mut agents) = listed else {
            return self.add(FileKind::Models, folder, None);
        };
        if agents.len() > MAX_AGENTS {
            self.add(FileKind::Models, folder, None);
        }
        agents.sort();
        for agent in agents {
            self.file(FileKind::Models, &agent.join("agent/models.json"));
            self.file(FileKind::Speech, &agent.join("settings/tts.json"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_stored_is_read_as_data_and_nothing_is_waited_for() {
        let place = tempfile::tempdir().unwrap();
        let home = place.path().join("home");
        let state = home.join(".openclaw");
        let put = |path: &Path, text: &[u8]| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put(&state.join("openclaw.json"), b"{}");
        let look = |config: &Path| {
            let home = home.clone().into_os_string();
            let prefs = place.path().join("prefs.json").into_os_string();
            let lookup = move |name: &str| -> Option<OsString> {
                match name {
                    "HOME" => Some(home.clone()),
                    "OPENCLAW_TTS_PREFS" => Some(prefs.clone()),
                    _ => None,
                }
            };
            collect(config, &lookup)
                .into_iter()
                .map(|stored| {
                    let path = Path::new(&stored.path).strip_prefix(place.path());
                    let path = path.unwrap().display().to_string();
                    (stored.kind, path, stored.text)
                })
                .collect::<Vec<_>>()
        };
        let config = state.join("openclaw.json");
        let one = |kind: FileKind, path: &str, text: Option<&str>| {
            (kind, path.to_owned(), text.map(str::to_owned))
        };
        let none = |folder: &str| KINDS.map(|(kind, text)| one(kind, folder, Some(text)));
        assert_eq!(look(&config), none("home/.openclaw"));

        put(&home.join(".config/openclaw/gateway.env"), b"A=1");
        put(&state.join(".env"), b"B=2");
        put(&place.path().join("prefs.json"), b"{\"tts\":{}}");
        put(&state.join("settings/tts.json"), &[0xff]);
        let agents = state.join("agents");
        put(&agents.join("a/agent/models.json"), b"{}");
        put(
            &agents.join("long/agent/models.json"),
            &vec![b' '; (1 << 20) + 1],
        );
        fs::create_dir_all(agents.join("folder/agent/models.json")).unwrap();
        fs::create_dir_all(agents.join("device/agent")).unwrap();
        symlink("/dev/zero", agents.join("device/agent/models.json")).unwrap();
        fs::create_dir_all(agents.join("gone/agent")).unwrap();
        symlink("/nowhere/at/all", agents.join("gone/agent/models.json")).unwrap();
        fs::create_dir_all(agents.join("loop/agent")).unwrap();
        symlink("models.json", agents.join("loop/agent/models.json")).unwrap();
        fs::create_dir_all(agents.join("pipe/settings")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            agents.join("pipe/settings/tts.json"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        put(&agents.join("file"), b"no folder");
        let at = |path: &str| format!("home/.openclaw/{path}");
        assert_eq!(
            look(&config),
            [
                one(
                    FileKind::Environment,
                    "home/.config/openclaw/gateway.env",
                    Some("A=1")
                ),
                one(FileKind::Speech, "prefs.json", Some("{\"tts\":{}}")),
                one(FileKind::Environment, &at(".env"), Some("B=2")),
                one(FileKind::Speech, &at("settings/tts.json"), None),
                one(
                    FileKind::Models,
                    &at("agents/a/agent/models.json"),
                    Some("{}")
                ),
                one(
                    FileKind::Models,
                    &at("agents/device/agent/models.json"),
                    None
                ),
                one(
                    FileKind::Models,
                    &at("agents/folder/agent/models.json"),
                    None
                ),
                one(FileKind::Models, &at("agents/long/agent/models.json"), None),
                one(FileKind::Models, &at("agents/loop/agent/models.json"), None),
                one(FileKind::Speech, &at("agents/pipe/settings/tts.json"), None),
            ]
        );

        // A file of another place is judged with what lies beside it.
        put(&place.path().join("other/openclaw.json"), b"{}");
        assert_eq!(
            look(&place.path().join("other/openclaw.json")),
            none("other")
        );
    }

    #[test]
    fn there_is_an_end_to_what_is_read() {
        let place = tempfile::tempdir().unwrap();
        for n in 0..=MAX_AGENTS {
            fs::create_dir_all(place.path().join(format!("agents/{n}"))).unwrap();
        }
        let found = collect(&place.path().join("openclaw.json"), &|_| None);
        let agents = place.path().join("agents").display().to_string();
        assert!(
            found
                .iter()
                .any(|one| one.path == agents && one.text.is_none())
        );

        let mut collector = Collector {
            all: Vec::new(),
            left: 3,
        };
        for name in ["one", "two"] {
            fs::write(place.path().join(name), "12").unwrap();
            collector.file(FileKind::Models, &place.path().join(name));
        }
        let texts: Vec<_> = collector
            .all
            .iter()
            .map(|one| one.text.as_deref())
            .collect();
        assert_eq!(texts, [Some("12"), None]);
    }
}
