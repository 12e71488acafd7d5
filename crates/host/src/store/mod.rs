//! The configuration file on disk: read whole, replaced whole or not at all.
//!
//! [`Store::replace`] keeps other writers of this program out by a lock, makes sure that the file still holds the bytes
//! that the edit began with, and puts the new text in its place by one rename. Killed at any moment, the file is the
//! old one or the new one.

mod error;
mod replace;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::text_file;

pub use error::{ReadOnly, StoreError, StoreFault};

const MAX_BYTES: u64 = 64 << 20;
const MAX_LINKS: usize = 40;

/// A moment in [`Store::replace`], in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Before the lock is taken.
    Lock,
    /// Before the file is compared with what was read.
    Compare,
    /// Before the new file is made under another name.
    Create,
    /// Before the new text is written there.
    Write,
    /// Before owner and mode are set.
    Permissions,
    /// Before the new file is forced to disk.
    Sync,
    /// Before the old bytes are kept as a backup.
    Backup,
    /// Before the names are exchanged.
    Swap,
    /// Before what was swapped out is compared with what was read.
    Verify,
    /// Before what was swapped out is removed.
    Remove,
    /// Before the directory is forced to disk.
    SyncDirectory,
    /// When everything is done.
    Done,
}

/// Every moment, in order.
#[cfg(test)]
const MOMENTS: [Moment; 12] = [
    Moment::Lock,
    Moment::Compare,
    Moment::Create,
    Moment::Write,
    Moment::Permissions,
    Moment::Sync,
    Moment::Backup,
    Moment::Swap,
    Moment::Verify,
    Moment::Remove,
    Moment::SyncDirectory,
    Moment::Done,
];

/// Called at every moment, so that a test can fail it, look at the disk, or act as another writer.
type Observer = Box<dyn Fn(Moment) -> io::Result<()>>;

/// A configuration file as it was read.
#[derive(Debug, Clone)]
pub struct Document {
    /// Path as it was asked for.
    path: PathBuf,
    /// The file itself, links followed.
    target: PathBuf,
    /// What it held; `None` where there is no file.
    original: Option<Original>,
}

#[derive(Debug, Clone)]
struct Original {
    text: String,
    mode: u32,
    uid: u32,
    gid: u32,
}

impl Document {
    /// Path as it was asked for.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file itself, where the path is a link.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// What it holds; empty where there is no file.
    pub fn text(&self) -> &str {
        self.original.as_ref().map_or("", |original| &original.text)
    }

    /// Whether there is a file.
    pub fn exists(&self) -> bool {
        self.original.is_some()
    }

    /// Copies that OpenClaw may put back by itself, by name: `NAME.bak`, `NAME.bak.1` and so on, and `NAME.last-good`
    /// (measured on OpenClaw 2026.9.6). The backups of [`Store::replace`] are not among them.
    ///
    /// # Errors
    /// [`StoreError`] where the directory cannot be listed, so that there may be copies that nobody knows of.
    pub fn host_copies(&self) -> Result<Vec<PathBuf>, StoreError> {
        let Some((directory, name)) = split(&self.target) else {
            return Ok(Vec::new());
        };
        let prefix = format!("{}.", name.to_string_lossy());
        let restored = |rest: &str| {
            let number = rest.strip_prefix("bak.").unwrap_or("");
            rest == "bak"
                || rest == "last-good"
                || (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        };
        let entries: Vec<fs::DirEntry> = match fs::read_dir(directory).and_then(Iterator::collect) {
            Ok(entries) => entries,
            Err(why) if why.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(why) => return Err(StoreError::io("cannot be listed", directory, why)),
        };
        let is_copy = |entry: &fs::DirEntry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.strip_prefix(&prefix).is_some_and(restored)
        };
        let copies = entries.iter().filter(|entry| is_copy(entry));
        let mut found: Vec<PathBuf> = copies.map(fs::DirEntry::path).collect();
        found.sort();
        Ok(found)
    }
}

/// Where a replacement left things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The old bytes; `None` where there was no file.
    pub backup: Option<PathBuf>,
}

/// Reads and replaces configuration files.
pub struct Store {
    managed: Option<ReadOnly>,
    observer: Observer,
}

impl Store {
    /// A store that honors OpenClaw's own switches against writing, read from `lookup`.
    pub fn new(lookup: crate::location::Lookup<'_>) -> Self {
        let on = |name: &str| lookup(name).is_some_and(|value: OsString| value == "1");
        let managed = if on("OPENCLAW_NIX_MODE") {
            Some(ReadOnly::Nix)
        } else if on("OPENCLAW_CONFIG_READONLY") {
            Some(ReadOnly::Switch)
        } else {
            None
        };
        Self {
            managed,
            observer: Box::new(|_| Ok(())),
        }
    }

    /// Has every moment of a replacement reported before it comes. An error makes it fail, up to [`Moment::Swap`] and at
    /// [`Moment::SyncDirectory`].
    #[cfg(test)]
    fn observed(mut self, observer: impl Fn(Moment) -> io::Result<()> + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Reads a configuration. A file that is not there is an empty document.
    ///
    /// # Errors
    /// [`StoreError`] where it is not a readable text file.
    pub fn read(&self, path: &Path) -> Result<Document, StoreError> {
        let target = follow(path)?;
        Ok(Document {
            path: path.to_owned(),
            original: read_original(&target)?,
            target,
        })
    }

    /// Whether a configuration could be replaced, as far as that is known without trying.
    ///
    /// # Errors
    /// [`StoreFault::ReadOnly`] with the reason.
    pub fn check_writable(&self, document: &Document) -> Result<(), StoreError> {
        replace::check_writable(self.managed, document)
    }

    /// Puts a new text in the place of what was read.
    ///
    /// # Errors
    /// [`StoreError`]; the file is as it was, except after [`StoreFault::Unsynced`].
    pub fn replace(&self, document: &Document, text: &str) -> Result<Replaced, StoreError> {
        replace::replace(self.managed, &self.observer, document, text)
    }
}

/// Follows links at the end of a path to the name that is the file, or would be.
fn follow(path: &Path) -> Result<PathBuf, StoreError> {
    let mut at = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&at) {
            Ok(meta) if meta.is_symlink() => {
                let to =
                    fs::read_link(&at).map_err(|why| StoreError::io("cannot be read", &at, why))?;
                at = match at.parent() {
                    Some(parent) if to.is_relative() => parent.join(to),
                    _ => to,
                };
            }
            Ok(_) => return Ok(at),
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(at),
            Err(why) => return Err(StoreError::io("cannot be read", &at, why)),
        }
    }
    Err(StoreFault::NotAFile("a link that leads to itself").of(path))
}

fn read_original(target: &Path) -> Result<Option<Original>, StoreError> {
    let (file, meta) = match text_file::open(target, false) {
        Ok(opened) => opened,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(StoreError::io("cannot be read", target, why)),
    };
    if !meta.is_file() {
        let kind = match meta.is_dir() {
            true => "a directory",
            false => "a device, pipe or socket",
        };
        return Err(StoreFault::NotAFile(kind).of(target));
    }
    if meta.len() > MAX_BYTES {
        return Err(StoreFault::TooLong(meta.len()).of(target));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
    file.take(MAX_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|why| StoreError::io("cannot be read", target, why))?;
    let text = String::from_utf8(bytes)
        .map_err(|why| StoreFault::NotText(why.utf8_error().valid_up_to()).of(target))?;
    Ok(Some(Original {
        text,
        mode: meta.mode(),
        uid: meta.uid(),
        gid: meta.gid(),
    }))
}

fn split(path: &Path) -> Option<(&Path, &std::ffi::OsStr)> {
    let directory = match path.parent()? {
        parent if parent.as_os_str().is_empty() => Path::new("."),
        parent => parent,
    };
    Some((directory, path.file_name()?))
}

#[cfg(test)]
mod tests;
