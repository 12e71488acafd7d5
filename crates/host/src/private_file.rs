//! Files and directories that only their owner may read.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::text_file::{self, is_link};

/// Why a private file or directory cannot be used. Its content is in no message.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` {fault}")]
pub struct PrivateFileError {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub fault: Fault,
}

/// What is wrong with a private file or directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It is a link.
    #[error("is a link")]
    Link,
    /// It is something else than this.
    #[error("is not a {0}")]
    Kind(&'static str),
    /// It belongs to the user with this number.
    #[error("belongs to the user with number {0}")]
    Owner(u32),
    /// Others may read or change it; its mode.
    #[error("is open to other users (mode {mode:03o})", mode = .0 & 0o777)]
    Permissions(u32),
    /// There is no access key in it; why.
    #[error("{0}")]
    NotAKey(&'static str),
    /// The system refused.
    #[error("cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

impl Fault {
    /// The error that this is for a path.
    pub(crate) fn of(self, path: &Path) -> PrivateFileError {
        PrivateFileError {
            path: path.to_owned(),
            fault: self,
        }
    }
}

/// Opens a file for reading if only its owner can read it, never through a link, and without waiting for a pipe.
pub(crate) fn open(path: &Path) -> Result<File, Fault> {
    // What it is comes from the file that was opened, whatever the name leads to by now.
    let (file, meta) = text_file::open(path, false).map_err(|why| match is_link(&why) {
        true => Fault::Link,
        false => Fault::Io(why),
    })?;
    if !meta.is_file() {
        return Err(Fault::Kind("regular file"));
    }
    check_private(&meta)?;
    Ok(file)
}

/// Whether a file or directory belongs to this user and is closed to all others.
pub(crate) fn check_private(meta: &Metadata) -> Result<(), Fault> {
    check_owner(meta)?;
    match meta.mode() & 0o077 {
        0 => Ok(()),
        _ => Err(Fault::Permissions(meta.mode())),
    }
}

/// Whether a file or directory belongs to this user.
pub(crate) fn check_owner(meta: &Metadata) -> Result<(), Fault> {
    if meta.is_symlink() {
        return Err(Fault::Link);
    }
    match meta.uid() == rustix::process::geteuid().as_raw() {
        true => Ok(()),
        false => Err(Fault::Owner(meta.uid())),
    }
}
