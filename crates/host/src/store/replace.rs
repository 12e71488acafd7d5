//! One replacement, from the lock to the last sync.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{Access, AtFlags, FlockOperation, Gid, Uid};
use rustix::io::Errno;
use tempfile::NamedTempFile;

use super::{Document, Moment, Original, ReadOnly, Replaced, StoreError, StoreFault, split};

/// How long another writer of this program may take.
const TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_INTERVAL: Duration = Duration::from_millis(20);
/// OpenClaw's own bound: below this length, in bytes, it does not care about shrinking.
const SHORT: usize = 512;
/// Access bits and the set-id bits: everything of a mode that can be set.
const MODE_BITS: u32 = 0o7777;

pub(super) fn check_writable(
    managed: Option<ReadOnly>,
    document: &Document,
) -> Result<(), StoreError> {
    let refuse = |why| Err(StoreFault::ReadOnly(why).of(&document.target));
    if let Some(why) = managed {
        return refuse(why);
    }
    if document.target.starts_with("/nix/store") {
        return refuse(ReadOnly::NixStore);
    }
    if let Some(original) = &document.original
        && original.mode & 0o200 == 0
    {
        // The administrator could write all the same, but the mode is there for a reason.
        return refuse(ReadOnly::Mode);
    }
    let Some((directory, _)) = split(&document.target) else {
        return Ok(());
    };
    match rustix::fs::accessat(
        rustix::fs::CWD,
        directory,
        Access::WRITE_OK | Access::EXEC_OK,
        AtFlags::EACCESS,
    ) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::ROFS) => refuse(ReadOnly::FileSystem),
        Err(_) => refuse(ReadOnly::Directory),
    }
}

pub(super) fn replace(
    managed: Option<ReadOnly>,
    observer: &dyn Fn(Moment) -> io::Result<()>,
    document: &Document,
    text: &str,
) -> Result<Replaced, StoreError> {
    check_writable(managed, document)?;
    let target = &document.target;
    if let Some(original) = &document.original
        && original.text.len() >= SHORT
        && text.len() < original.text.len() / 2
    {
        let (from, to) = (original.text.len(), text.len());
        return Err(StoreFault::Shrinks { from, to }.of(target));
    }
    let Some((directory, name)) = split(target) else {
        return Err(StoreFault::NotAFile("a directory").of(target));
    };
    let name = name.to_string_lossy();
    let at = |moment: Moment, path: &Path| {
        observer(moment).map_err(|why| StoreError::io("cannot be replaced", path, why))
    };

    at(Moment::Lock, directory)?;
    make_directory(directory)?;
    let directory_file =
        File::open(directory).map_err(|why| StoreError::io("cannot be opened", directory, why))?;
    lock(&directory_file, target)?;
    let prefix = format!(".{name}.claude-proxy-");
    remove_leftovers(directory, &prefix);

    at(Moment::Compare, target)?;
    compare(document)?;

    at(Moment::Create, directory)?;
    // Removed when dropped: what goes wrong leaves nothing behind, and what was swapped out goes.
    let mut new = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".tmp")
        .tempfile_in(directory)
        .map_err(|why| StoreError::io("cannot take a new file", directory, why))?;
    at(Moment::Write, new.path())?;
    new.as_file()
        .write_all(text.as_bytes())
        .map_err(|why| StoreError::io("cannot be written", new.path(), why))?;
    at(Moment::Permissions, new.path())?;
    if let Some(original) = &document.original {
        keep_permissions(&new, original, target)?;
    }
    at(Moment::Sync, new.path())?;
    new.as_file()
        .sync_all()
        .map_err(|why| StoreError::io("cannot be written", new.path(), why))?;

    at(Moment::Backup, directory)?;
    let backup = document
        .original
        .as_ref()
        .map(|original| back_up(directory, &name, original))
        .transpose()?;

    at(Moment::Swap, target)?;
    let swapped = swap(&new, document)?;
    // From here on the new text is in place: what goes wrong no longer undoes it, except that another writer's text
    // goes back.
    let _ = observer(Moment::Verify);
    if let Some(original) = &document.original
        && swapped
        && let Err(why) = verify(&new, document, original, text)
    {
        if matches!(why.fault, StoreFault::NotRestored { .. }) {
            // The file of that name is what could not be put back.
            new.disable_cleanup(true);
        } else if let Some(backup) = &backup {
            // A copy of what neither the file nor this edit holds any more: of no use to anybody.
            let _ = fs::remove_file(backup);
        }
        return Err(why);
    }
    let _ = observer(Moment::Remove);
    // The next replacement removes what was swapped out if this one cannot.
    new.disable_cleanup(!swapped);
    drop(new);
    at(Moment::SyncDirectory, directory)
        .and_then(|()| {
            directory_file
                .sync_all()
                .map_err(|why| StoreError::io("cannot be written", directory, why))
        })
        .map_err(|why| match why.fault {
            StoreFault::Io { why, .. } => StoreFault::Unsynced(why).of(target),
            fault => fault.of(target),
        })?;
    let _ = observer(Moment::Done);
    Ok(Replaced { backup })
}

fn make_directory(directory: &Path) -> Result<(), StoreError> {
    if directory.exists() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|why| StoreError::io("cannot be created", directory, why))
}

/// Keeps other writers of this program out until the directory is closed. Nothing is left behind for it.
fn lock(directory: &File, target: &Path) -> Result<(), StoreError> {
    let until = Instant::now() + TIMEOUT;
    loop {
        match rustix::fs::flock(directory, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            #[expect(
                clippy::disallowed_methods,
                reason = "between two tries, up to a deadline"
            )]
            Err(Errno::WOULDBLOCK) if Instant::now() < until => std::thread::sleep(RETRY_INTERVAL),
            Err(Errno::WOULDBLOCK) => {
                return Err(StoreFault::Busy.of(target));
            }
            Err(Errno::INTR) => {}
            Err(why) => return Err(StoreError::io("cannot be locked", target, why.into())),
        }
    }
}

/// Removes what killed replacements left. Under the lock nobody else uses such a name.
fn remove_leftovers(directory: &Path, prefix: &str) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(prefix) && name.ends_with(".tmp") {
            // Litter only: what cannot be removed does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn changed(document: &Document) -> StoreError {
    StoreFault::Changed { kept: None }.of(&document.target)
}

fn compare(document: &Document) -> Result<(), StoreError> {
    let now = super::read_original(&document.target)?;
    let same = match (&now, &document.original) {
        (None, None) => true,
        (Some(now), Some(then)) => now.text == then.text,
        (None, Some(_)) | (Some(_), None) => false,
    };
    if same { Ok(()) } else { Err(changed(document)) }
}

fn keep_permissions(
    new: &NamedTempFile,
    original: &Original,
    target: &Path,
) -> Result<(), StoreError> {
    let mine = rustix::fs::fstat(new.as_file())
        .map_err(|why| StoreError::io("cannot be read", new.path(), why.into()))?;
    if (mine.st_uid, mine.st_gid) != (original.uid, original.gid) {
        rustix::fs::fchown(
            new.as_file(),
            Some(Uid::from_raw(original.uid)),
            Some(Gid::from_raw(original.gid)),
        )
        .map_err(|_| StoreFault::ReadOnly(ReadOnly::Owner).of(target))?;
    }
    // After the owner: changing that clears bits of the mode.
    new.as_file()
        .set_permissions(fs::Permissions::from_mode(original.mode & MODE_BITS))
        .map_err(|why| StoreError::io("cannot be given its permissions", new.path(), why))
}

/// Keeps the old bytes under a name with the time, which is none of those that OpenClaw restores by itself.
fn back_up(directory: &Path, name: &str, original: &Original) -> Result<PathBuf, StoreError> {
    let time = humantime::format_rfc3339_seconds(SystemTime::now())
        .to_string()
        .replace(':', "-");
    let mut number = 1;
    loop {
        let suffix = if number == 1 {
            String::new()
        } else {
            format!("-{number}")
        };
        let path = directory.join(format!("{name}.claude-proxy-{time}{suffix}"));
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        let written = match made {
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {
                number += 1;
                continue;
            }
            Err(why) => Err(why),
            Ok(mut file) => file
                .write_all(original.text.as_bytes())
                .and_then(|()| {
                    // So that the owner of the file can use it when an administrator made the edit.
                    let owner = (Uid::from_raw(original.uid), Gid::from_raw(original.gid));
                    let _ = rustix::fs::fchown(&file, Some(owner.0), Some(owner.1));
                    file.sync_all()
                })
                .inspect_err(|_| {
                    // Half a backup is worse than none.
                    let _ = fs::remove_file(&path);
                }),
        };
        return match written {
            Ok(()) => Ok(path),
            Err(why) => Err(StoreError::io("cannot take a backup", directory, why)),
        };
    }
}

/// Puts the new file in place. Says whether the old one is now under the new one's former name, where it can still be
/// compared; where the file system knows no exchange, it is gone.
fn swap(new: &NamedTempFile, document: &Document) -> Result<bool, StoreError> {
    let target = &document.target;
    let fail = |why: Errno| match why {
        Errno::ROFS => StoreFault::ReadOnly(ReadOnly::FileSystem).of(target),
        other => StoreError::io("cannot be replaced", target, other.into()),
    };
    if document.original.is_none() {
        // Unlike a rename, a link does not replace a file that appeared in the meantime.
        return match rustix::fs::link(new.path(), target) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Err(changed(document)),
            Err(why) => Err(fail(why)),
        };
    }
    match exchange(new.path(), target) {
        Ok(()) => Ok(true),
        Err(Errno::NOENT) => Err(changed(document)),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            compare(document)?;
            rustix::fs::rename(new.path(), target).map_err(fail)?;
            Ok(false)
        }
        Err(why) => Err(fail(why)),
    }
}

fn exchange(one: &Path, other: &Path) -> Result<(), Errno> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
}

/// After the exchange the old file can be compared safely: if it is not what was read, another program wrote to it
/// at the last moment, and gets its text back.
fn verify(
    new: &NamedTempFile,
    document: &Document,
    original: &Original,
    text: &str,
) -> Result<(), StoreError> {
    let out = super::read_original(new.path());
    if matches!(&out, Ok(Some(out)) if out.text == original.text) {
        return Ok(());
    }
    exchange(new.path(), &document.target).map_err(|why| {
        let kept = keep_other(new).unwrap_or_else(|| new.path().to_owned());
        let why = why.into();
        StoreFault::NotRestored { why, kept }.of(&document.target)
    })?;
    // What comes out now should be ours. If not, somebody wrote in this very moment too, and nobody's text is lost.
    let kept = match super::read_original(new.path()) {
        Ok(Some(back)) if back.text == text => None,
        _ => keep_other(new),
    };
    Err(StoreFault::Changed { kept }.of(&document.target))
}

fn keep_other(new: &NamedTempFile) -> Option<PathBuf> {
    let kept = new.path().with_extension("kept");
    fs::rename(new.path(), &kept).ok().map(|()| kept)
}
