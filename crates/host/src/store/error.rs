//! Why a configuration file cannot be read or replaced.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file must not, or cannot, be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadOnly {
    /// `OPENCLAW_CONFIG_READONLY=1`.
    #[error("is managed outside OpenClaw (OPENCLAW_CONFIG_READONLY=1)")]
    Switch,
    /// `OPENCLAW_NIX_MODE=1`.
    #[error("is managed by Nix (OPENCLAW_NIX_MODE=1)")]
    Nix,
    /// It is in the Nix store.
    #[error("lies in the Nix store")]
    NixStore,
    /// Its owner may not write to it.
    #[error("is read-only")]
    Mode,
    /// Nobody may write to its directory as this user.
    #[error("lies in a directory that you cannot write to")]
    Directory,
    /// Its file system is mounted read-only.
    #[error("lies on a read-only file system")]
    FileSystem,
    /// It belongs to another user, and could not be given back to them.
    #[error("belongs to another user, whose file it would not stay")]
    Owner,
}

impl ReadOnly {
    fn next(self) -> &'static str {
        match self {
            Self::Switch => "Make the change where the configuration is managed.",
            Self::Nix | Self::NixStore => {
                "Make the change in your Nix configuration, then rebuild."
            }
            Self::Mode => "Allow it with `chmod u+w`, if you manage the file yourself.",
            Self::Directory => "Run this as the user whose configuration it is.",
            Self::FileSystem => "Make the change where the file system is made.",
            Self::Owner => "Run this as the owner of the file.",
        }
    }
}

/// Why a configuration was not read or not replaced.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` {fault}")]
pub struct StoreError {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub fault: StoreFault,
}

/// What is wrong with a configuration file, or went wrong with it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFault {
    /// It must not, or cannot, be written.
    #[error("{0}")]
    ReadOnly(ReadOnly),
    /// Somebody else wrote to it since it was read; their text is what is there.
    #[error("was changed by another program{}", more_than_once(kept.as_deref()))]
    Changed {
        /// Where a text is that another writer left in between, if there is one.
        kept: Option<PathBuf>,
    },
    /// It changed since it was read, or that is unknown, and the text that was replaced could not be put back. It is not
    /// lost. The new text is in the file.
    #[error(
        "may have been changed by another program while it was replaced, and what was there could not be put back ({why}); it is kept in `{kept}`"
    )]
    NotRestored {
        /// The operating system's error.
        #[source]
        why: io::Error,
        /// Where the replaced text is.
        kept: PathBuf,
    },
    /// The new text is less than half as long, which OpenClaw takes for damage: it would put an old copy back.
    #[error("would shrink from {from} to {to} bytes, which OpenClaw takes for damage and undoes")]
    Shrinks {
        /// Bytes before.
        from: usize,
        /// Bytes after.
        to: usize,
    },
    /// Another program of this plugin holds the lock.
    #[error("is being changed by another `claude-proxy`")]
    Busy,
    /// It is no regular file, but this.
    #[error("is {0}")]
    NotAFile(&'static str),
    /// It is not UTF-8; the offset of the first byte that is not.
    #[error("is not UTF-8 from byte {0} on")]
    NotText(usize),
    /// It is longer than any configuration; its length in bytes.
    #[error("has {0} bytes")]
    TooLong(u64),
    /// The new text is in place, but may not be on disk yet.
    #[error("is written, but the disk did not confirm it: {0}")]
    Unsynced(#[source] io::Error),
    /// The operating system refused something.
    #[error("{what}: {why}")]
    Io {
        /// What could not be done: "cannot be …".
        what: &'static str,
        /// The operating system's error.
        #[source]
        why: io::Error,
    },
}

impl StoreFault {
    /// The error that this is for a path.
    pub(super) fn of(self, path: &Path) -> StoreError {
        StoreError {
            path: path.to_owned(),
            fault: self,
        }
    }
}

impl StoreError {
    pub(super) fn io(what: &'static str, path: &Path, why: io::Error) -> Self {
        StoreFault::Io { what, why }.of(path)
    }

    /// Stable identifier, kebab-case.
    pub fn code(&self) -> &'static str {
        match self.fault {
            StoreFault::ReadOnly(_) => "config-read-only",
            StoreFault::Changed { .. } => "config-changed",
            StoreFault::NotRestored { .. } => "config-not-restored",
            StoreFault::Shrinks { .. } => "config-shrinks",
            StoreFault::Busy => "config-busy",
            StoreFault::NotAFile(_) => "config-not-a-file",
            StoreFault::NotText(_) => "config-not-text",
            StoreFault::TooLong(_) => "config-too-long",
            StoreFault::Unsynced(_) => "config-unsynced",
            StoreFault::Io { .. } => "config-io",
        }
    }

    /// What is accepted in the place of what was found.
    pub fn accepted(&self) -> &'static str {
        match self.fault {
            StoreFault::ReadOnly(_) => "a file that you may write to",
            StoreFault::Changed { .. } | StoreFault::NotRestored { .. } | StoreFault::Busy => {
                "a file that nobody else is changing"
            }
            StoreFault::Shrinks { .. } => "a text of at least half the length",
            StoreFault::NotAFile(_) => "a regular file, or a link to one",
            StoreFault::NotText(_) => "UTF-8",
            StoreFault::TooLong(_) => "a file of at most 64 MiB",
            StoreFault::Unsynced(_) | StoreFault::Io { .. } => {
                "a file that can be read and written"
            }
        }
    }

    /// The next step.
    pub fn next(&self) -> &'static str {
        match &self.fault {
            StoreFault::ReadOnly(why) => why.next(),
            StoreFault::Changed { .. } => "Run the same command again.",
            StoreFault::NotRestored { .. } => {
                "Check free disk space, compare the two files, and keep what you want as that path."
            }
            StoreFault::Shrinks { .. } => "Remove large parts by hand and in several steps.",
            StoreFault::Busy => "Wait for the other command, then run this one again.",
            StoreFault::NotAFile(_) | StoreFault::TooLong(_) => {
                "Name the configuration file with `--config`."
            }
            StoreFault::NotText(_) => "Restore the file from a backup, or correct that place.",
            StoreFault::Unsynced(_) => "Check free disk space, then run the same command again.",
            StoreFault::Io { why, .. } => match why.kind() {
                io::ErrorKind::PermissionDenied => {
                    "Run this as the user whose configuration it is."
                }
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "Free some disk space, then run the same command again."
                }
                _ => "Check that path, then run the same command again.",
            },
        }
    }
}

fn more_than_once(kept: Option<&Path>) -> String {
    kept.map_or_else(String::new, |kept| {
        format!(
            ", more than once; one version is kept in `{}`",
            kept.display()
        )
    })
}
