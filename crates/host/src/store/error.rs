//! Why a configuration file cannot be read or replaced.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file must not, or cannot, be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOnly {
    /// `OPENCLAW_CONFIG_READONLY=1`.
    Switch,
    /// `OPENCLAW_NIX_MODE=1`.
    Nix,
    /// It lies in the Nix store.
    NixStore,
    /// Its owner may not write to it.
    Mode,
    /// Nobody may write to its directory as this user.
    Directory,
    /// Its file system is mounted read-only.
    FileSystem,
    /// It belongs to another user, and could not be given back to them.
    Owner,
}

impl ReadOnly {
    /// The reason, to follow the path of the file.
    fn reason(self) -> &'static str {
        match self {
            Self::Switch => "is managed outside OpenClaw (OPENCLAW_CONFIG_READONLY=1)",
            Self::Nix => "is managed by Nix (OPENCLAW_NIX_MODE=1)",
            Self::NixStore => "lies in the Nix store",
            Self::Mode => "is read-only",
            Self::Directory => "lies in a directory that you cannot write to",
            Self::FileSystem => "lies on a read-only file system",
            Self::Owner => "belongs to another user, whose file it would not stay",
        }
    }

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
#[non_exhaustive]
pub enum StoreError {
    /// It must not, or cannot, be written.
    #[error("`{path}` {}", why.reason())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// Why.
        why: ReadOnly,
    },
    /// Somebody else wrote to it since it was read; their text is what is there.
    #[error("`{path}` was changed by another program{}", kept_elsewhere(kept.as_deref()))]
    Changed {
        /// The file.
        path: PathBuf,
        /// Where a text lies that another writer left in between, if there is one.
        kept: Option<PathBuf>,
    },
    /// It changed since it was read, or that is unknown, and the text that was replaced could not be put back. It is
    /// not lost.
    #[error(
        "`{path}` may have been changed by another program while it was replaced, and what was there could not be put back ({why}); it is kept in `{kept}`"
    )]
    NotRestored {
        /// The file. The new text is in it.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        why: io::Error,
        /// Where the replaced text lies.
        kept: PathBuf,
    },
    /// The new text is less than half as long, which OpenClaw takes for damage: it would put an old copy back.
    #[error(
        "`{path}` would shrink from {from} to {to} bytes, which OpenClaw takes for damage and undoes"
    )]
    Shrinks {
        /// The file.
        path: PathBuf,
        /// Bytes before.
        from: usize,
        /// Bytes after.
        to: usize,
    },
    /// Another program of this plugin holds the lock.
    #[error("`{path}` is being changed by another `claude-proxy`")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It is no regular file.
    #[error("`{path}` is {what}")]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// It is not UTF-8.
    #[error("`{path}` is not UTF-8 from byte {at} on")]
    NotText {
        /// The file.
        path: PathBuf,
        /// Offset of the first byte that is not.
        at: usize,
    },
    /// It is longer than any configuration.
    #[error("`{path}` has {bytes} bytes")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        bytes: u64,
        /// The limit in bytes.
        longest: u64,
    },
    /// The new text is in place, but may not be on disk yet.
    #[error("`{path}` is written, but the disk did not confirm it: {why}")]
    Unsynced {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        why: io::Error,
    },
    /// The operating system refused something.
    #[error("cannot {what} `{path}`: {why}")]
    Io {
        /// What was tried, as a verb.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        why: io::Error,
    },
}

impl StoreError {
    pub(super) fn io(what: &'static str, path: &Path, why: io::Error) -> Self {
        Self::Io {
            what,
            path: path.to_owned(),
            why,
        }
    }

    /// Stable identifier, kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ReadOnly { .. } => "config-read-only",
            Self::Changed { .. } => "config-changed",
            Self::NotRestored { .. } => "config-not-restored",
            Self::Shrinks { .. } => "config-shrinks",
            Self::Busy { .. } => "config-busy",
            Self::NotAFile { .. } => "config-not-a-file",
            Self::NotText { .. } => "config-not-text",
            Self::TooLong { .. } => "config-too-long",
            Self::Unsynced { .. } => "config-unsynced",
            Self::Io { .. } => "config-io",
        }
    }

    /// The file that it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::ReadOnly { path, .. }
            | Self::Changed { path, .. }
            | Self::NotRestored { path, .. }
            | Self::Shrinks { path, .. }
            | Self::Busy { path }
            | Self::NotAFile { path, .. }
            | Self::NotText { path, .. }
            | Self::TooLong { path, .. }
            | Self::Unsynced { path, .. }
            | Self::Io { path, .. } => path,
        }
    }

    /// What is accepted in the place of what was found.
    pub fn accepted(&self) -> &'static str {
        match self {
            Self::ReadOnly { .. } => "a file that you may write to",
            Self::Changed { .. } | Self::NotRestored { .. } | Self::Busy { .. } => {
                "a file that nobody else is changing"
            }
            Self::Shrinks { .. } => "a text of at least half the length",
            Self::NotAFile { .. } => "a regular file, or a link to one",
            Self::NotText { .. } => "UTF-8",
            Self::TooLong { .. } => "a file of at most 64 MiB",
            Self::Unsynced { .. } | Self::Io { .. } => "a file that can be read and written",
        }
    }

    /// The next step.
    pub fn next(&self) -> &'static str {
        match self {
            Self::ReadOnly { why, .. } => why.next(),
            Self::Changed { .. } => "Run the same command again.",
            Self::NotRestored { .. } => {
                "Check free disk space, compare the two files, and keep what you want as that path."
            }
            Self::Shrinks { .. } => "Remove large parts by hand and in several steps.",
            Self::Busy { .. } => "Wait for the other command, then run this one again.",
            Self::NotAFile { .. } => "Name the configuration file with `--config`.",
            Self::NotText { .. } => "Restore the file from a backup, or correct that place.",
            Self::TooLong { .. } => "Name the configuration file with `--config`.",
            Self::Unsynced { .. } => "Check free disk space, then run the same command again.",
            Self::Io { why, .. } => match why.kind() {
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

fn kept_elsewhere(kept: Option<&Path>) -> String {
    kept.map_or_else(String::new, |kept| {
        format!(
            ", more than once; one version is kept in `{}`",
            kept.display()
        )
    })
}
