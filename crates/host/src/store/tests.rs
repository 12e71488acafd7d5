use std::cell::Cell;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new(text: Option<&str>) -> Self {
        let place = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        if let Some(text) = text {
            fs::write(place.file(), text).unwrap();
        }
        place
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("openclaw.json")
    }

    fn document(&self) -> Document {
        store().read(&self.file()).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn store() -> Store {
    Store::new(&|_| None)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn fault<T>(result: Result<T, StoreError>) -> StoreFault {
    result.err().unwrap().fault
}

/// A store that does something at one moment.
fn at(wanted: Moment, act: impl Fn() -> io::Result<()> + 'static) -> Store {
    store().observed(move |moment| if moment == wanted { act() } else { Ok(()) })
}

#[test]
fn a_new_file_is_private_and_its_folder_too() {
    let place = Place::new(None);
    let path = place.dir.path().join("new/openclaw.json");
    let document = store().read(&path).unwrap();
    assert!(!document.exists());
    let replaced = store().replace(&document, "{}").unwrap();
    assert_eq!(replaced.backup, None);
    assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
}

#[test]
fn mode_is_kept_and_the_old_bytes_too() {
    let place = Place::new(Some("{ /* old */ }"));
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o640)).unwrap();
    let document = place.document();
    let backup = store().replace(&document, "{}").unwrap().backup.unwrap();
    assert_eq!(place.text(), "{}");
    assert_eq!(mode(&place.file()), 0o640);
    assert_eq!(fs::read_to_string(&backup).unwrap(), "{ /* old */ }");
    assert_eq!(mode(&backup), 0o600);
    assert_eq!(place.names().len(), 2, "{:?}", place.names());
    let name = backup.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("openclaw.json.claude-proxy-2"), "{name}");
    let document = place.document();
    assert_eq!(document.host_copies().unwrap(), Vec::<PathBuf>::new());
}

#[test]
fn a_link_is_followed_and_stays() {
    let place = Place::new(None);
    let real = place.dir.path().join("real");
    fs::create_dir(&real).unwrap();
    fs::write(real.join("it.json"), "old").unwrap();
    symlink("real/it.json", place.dir.path().join("second")).unwrap();
    symlink("second", place.file()).unwrap();
    let document = place.document();
    assert_eq!(document.text(), "old");
    store().replace(&document, "new").unwrap();
    assert!(
        fs::symlink_metadata(place.file()).unwrap().is_symlink(),
        "the link itself stays"
    );
    assert_eq!(fs::read_to_string(real.join("it.json")).unwrap(), "new");
    assert_eq!(fs::read_dir(&real).unwrap().count(), 2, "file and backup");

    let loop_path = place.dir.path().join("loop");
    symlink("loop", &loop_path).unwrap();
    assert!(matches!(
        fault(store().read(&loop_path)),
        StoreFault::NotAFile(_)
    ));
}

/// Writers that know nothing of our lock, at any moment: their file stays, and nothing of ours is left.
#[test]
fn a_change_by_another_program_is_seen_and_stays() {
    type Write = fn(&Path) -> io::Result<()>;
    let writers: [Write; 3] = [
        |file| fs::write(file, "theirs"),
        |file| {
            let other = file.with_extension("other");
            fs::write(&other, "theirs")?;
            fs::rename(&other, file)
        },
        // What the link leads to is not written.
        |file| {
            let victim = file.with_extension("victim");
            fs::write(&victim, "theirs")?;
            let _ = fs::remove_file(file);
            symlink(&victim, file)
        },
    ];
    let moments = MOMENTS
        .into_iter()
        .take_while(|moment| *moment != Moment::Verify);
    for (moment, old) in moments.flat_map(|moment| [(moment, Some("old")), (moment, None)]) {
        for (number, write) in writers.iter().copied().enumerate() {
            let place = Place::new(old);
            let document = place.document();
            let file = place.file();
            let why = at(moment, move || write(&file)).replace(&document, "ours");
            let case = format!("{moment:?} {old:?} {number}: {why:?}");
            let link = number == 2;
            let changed = matches!(
                why.as_ref().map_err(|why| &why.fault),
                Err(StoreFault::Changed { kept: None })
            );
            assert!(changed || (link && why.is_err()), "{case}");
            assert_eq!(place.text(), "theirs", "{case}");
            let meta = fs::symlink_metadata(place.file()).unwrap();
            assert_eq!(meta.is_symlink(), link, "{case}");
            assert_eq!(place.names().len(), 1 + usize::from(link), "{case}");
        }
    }
}

#[test]
fn nobodys_text_is_lost_when_two_come_at_once() {
    let place = Place::new(Some("old"));
    let document = place.document();
    let (file, count) = (place.file(), Cell::new(0));
    let busy = store().observed(move |moment| {
        if matches!(moment, Moment::Swap | Moment::Verify) {
            count.set(count.get() + 1);
            let other = file.with_extension("other");
            fs::write(&other, format!("theirs {}", count.get()))?;
            fs::rename(&other, &file)?;
        }
        Ok(())
    });
    let StoreFault::Changed { kept: Some(kept) } = fault(busy.replace(&document, "ours")) else {
        panic!("the second writer was not seen")
    };
    let texts = [place.text(), fs::read_to_string(kept).unwrap()];
    for theirs in ["theirs 1", "theirs 2"] {
        assert!(texts.contains(&theirs.to_owned()), "{texts:?}");
    }
}

#[test]
fn what_cannot_be_put_back_is_kept() {
    let place = Place::new(Some("old"));
    let document = place.document();
    let file = place.file();
    let vanishing = store().observed(move |moment| match moment {
        Moment::Swap => fs::write(&file, "theirs"),
        Moment::Verify => fs::remove_file(&file),
        _ => Ok(()),
    });
    let why = vanishing.replace(&document, "ours").unwrap_err();
    let StoreFault::NotRestored { kept, .. } = &why.fault else {
        panic!("{why}")
    };
    assert_eq!(fs::read_to_string(kept).unwrap(), "theirs");
    assert!(why.to_string().contains(&kept.display().to_string()));
    let backups = place
        .names()
        .into_iter()
        .filter(|name| name.starts_with("openclaw.json.claude-proxy-"));
    assert_eq!(backups.count(), 1, "the text that was read is in a backup");
    // Nor is it litter for the next one.
    fs::write(place.file(), "again").unwrap();
    let document = place.document();
    store().replace(&document, "ours").unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), "theirs");
}

#[test]
fn an_error_at_any_step_leaves_the_old_file() {
    let moments = MOMENTS
        .into_iter()
        .take_while(|moment| *moment != Moment::Verify);
    for moment in moments {
        for text in [Some("old"), None] {
            let place = Place::new(text);
            let document = place.document();
            let full = at(moment, || Err(io::ErrorKind::StorageFull.into()));
            let why = full.replace(&document, "new").unwrap_err();
            assert!(
                matches!(why.fault, StoreFault::Io { .. }),
                "{moment:?}: {why}"
            );
            assert!(why.next().contains("disk space"), "{why}");
            assert_eq!(
                fs::read_to_string(place.file()).ok().as_deref(),
                text,
                "{moment:?}"
            );
            let litter: Vec<String> = place
                .names()
                .into_iter()
                .filter(|name| name.starts_with('.'))
                .collect();
            assert_eq!(litter, Vec::<String>::new(), "{moment:?}");
        }
    }
}

/// What lies on the disk at any moment is what a writer leaves that is killed there: the old file or the new one, and nothing
/// that is in the way of the next.
#[test]
fn a_kill_at_any_moment_leaves_the_old_file_or_the_new_one() {
    for old in [Some("old"), None] {
        let (mut seen_old, mut seen_new) = (0, 0);
        for moment in MOMENTS {
            let (place, left) = (Place::new(old), Place::new(None));
            let document = place.document();
            let (from, to) = (place.dir.path().to_owned(), left.dir.path().to_owned());
            let writer = at(moment, move || {
                for entry in fs::read_dir(&from)? {
                    let name = entry?.file_name();
                    fs::copy(from.join(&name), to.join(&name))?;
                }
                Ok(())
            });
            writer.replace(&document, "new").unwrap();
            let text = fs::read_to_string(left.file()).ok();
            seen_old += u32::from(text.as_deref() == old);
            seen_new += u32::from(text.as_deref() == Some("new"));
            store().replace(&left.document(), "next").unwrap();
            let names = left.names();
            let litter = names.iter().find(|name| name.ends_with(".tmp"));
            assert_eq!(litter, None, "{moment:?}");
        }
        assert_eq!((seen_old, seen_new), (8, 4));
    }
}

#[test]
fn what_the_disk_did_not_confirm_is_said() {
    let place = Place::new(Some("old"));
    let document = place.document();
    let failing = at(Moment::SyncDirectory, || Err(io::ErrorKind::Other.into()));
    assert!(matches!(
        fault(failing.replace(&document, "new")),
        StoreFault::Unsynced(_)
    ));
    assert_eq!(place.text(), "new");
}

#[test]
fn what_must_not_be_written_is_refused_with_the_reason() {
    let place = Place::new(Some("old"));
    let refused = |store: &Store, place: &Place| {
        let document = store.read(&place.file()).unwrap();
        assert!(store.check_writable(&document).is_err());
        let StoreFault::ReadOnly(why) = fault(store.replace(&document, "new")) else {
            panic!("it was written")
        };
        assert_eq!(place.text(), "old");
        why
    };
    let with =
        |name: &'static str| Store::new(&move |asked| (asked == name).then(|| OsString::from("1")));
    assert_eq!(refused(&with("OPENCLAW_NIX_MODE"), &place), ReadOnly::Nix);
    assert_eq!(
        refused(&with("OPENCLAW_CONFIG_READONLY"), &place),
        ReadOnly::Switch
    );
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o444)).unwrap();
    assert_eq!(refused(&store(), &place), ReadOnly::Mode);
    let off = Store::new(&|_| Some(OsString::from("0")));
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o644)).unwrap();
    let document = off.read(&place.file()).unwrap();
    off.replace(&document, "new").unwrap();
}

#[test]
fn half_the_size_is_not_dropped_at_once() {
    let place = Place::new(Some(&"x".repeat(1000)));
    let document = place.document();
    assert!(matches!(
        fault(store().replace(&document, &"x".repeat(499))),
        StoreFault::Shrinks {
            from: 1000,
            to: 499
        }
    ));
    assert_eq!(place.text().len(), 1000);
    store().replace(&document, &"x".repeat(500)).unwrap();
    // Short files are of no interest to OpenClaw.
    let short = Place::new(Some(&"x".repeat(511)));
    let document = short.document();
    store().replace(&document, "").unwrap();
}

#[test]
fn only_text_files_are_read() {
    let place = Place::new(None);
    fs::write(place.file(), [b'a', 0xff]).unwrap();
    assert!(matches!(
        fault(store().read(&place.file())),
        StoreFault::NotText(1)
    ));
    assert!(matches!(
        fault(store().read(place.dir.path())),
        StoreFault::NotAFile(_)
    ));
    assert!(matches!(
        fault(store().read(Path::new("/dev/zero"))),
        StoreFault::NotAFile(_)
    ));
}

#[test]
fn copies_that_openclaw_may_restore_are_found() {
    let place = Place::new(Some("{}"));
    for name in [
        "openclaw.json.bak",
        "openclaw.json.bak.3",
        "openclaw.json.last-good",
        "openclaw.json.clobbered.1",
        "openclaw.json.bak.claude-proxy-2026-11-23T20-00-00Z",
        "other.json.bak",
    ] {
        fs::write(place.dir.path().join(name), "").unwrap();
    }
    let document = place.document();
    let names: Vec<_> = document
        .host_copies()
        .unwrap()
        .into_iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "openclaw.json.bak",
            "openclaw.json.bak.3",
            "openclaw.json.last-good"
        ]
    );
}

#[test]
fn copies_that_cannot_be_listed_are_not_taken_for_none() {
    let place = Place::new(None);
    let folder = place.dir.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let document = store().read(&folder.join("openclaw.json")).unwrap();
    assert_eq!(document.host_copies().unwrap(), Vec::<PathBuf>::new());
    fs::remove_dir(&folder).unwrap();
    assert_eq!(document.host_copies().unwrap(), Vec::<PathBuf>::new());
    fs::write(&folder, "").unwrap();
    assert!(matches!(
        fault(document.host_copies()),
        StoreFault::Io { .. }
    ));
}

#[test]
fn many_writers_of_ours_lose_nothing() {
    const EACH: usize = 25;
    let place = Place::new(Some("0"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut done = 0;
                while done < EACH {
                    let document = place.document();
                    let next = document.text().parse::<usize>().unwrap() + 1;
                    match store().replace(&document, &next.to_string()) {
                        Ok(_) => done += 1,
                        Err(why) => assert!(
                            matches!(why.fault, StoreFault::Changed { kept: None }),
                            "{why}"
                        ),
                    }
                }
            });
        }
    });
    assert_eq!(place.text(), (4 * EACH).to_string());
    assert_eq!(
        place.names().len(),
        1 + 4 * EACH,
        "a backup of each, in the same second too"
    );
}
