//! Private state of one port: access key, log and control socket.
//!
//! Everything lies in one directory that only its owner may enter, nothing in it is reached through a link, and the
//! access key is made by the operating system's generator.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::text_file::{self, is_link};

/// Length of an access key in bytes; it is written as twice as many hexadecimal digits.
const KEY_BYTES: usize = 32;

/// A local access key. Its value appears in no debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey(String);

impl AccessKey {
    /// A key that was read elsewhere.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The key itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey(…)")
    }
}

/// Why state cannot be used. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The path is a link, and must not be.
    #[error("`{0}` is a link")]
    Link(PathBuf),
    /// The path is not what it should be.
    #[error("`{0}` is not a {1}")]
    Kind(PathBuf, &'static str),
    /// The path belongs to another user.
    #[error("`{0}` belongs to the user with number {1}")]
    Owner(PathBuf, u32),
    /// Other users may read or change it.
    #[error("`{0}` is open to other users (mode {mode:03o})", mode = .1 & 0o777)]
    Permissions(PathBuf, u32),
    /// The key file does not hold a key.
    #[error("`{0}` does not hold an access key")]
    NotAKey(PathBuf),
    /// The operating system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// The operating system refused.
    #[error("`{0}`: {1}")]
    Io(PathBuf, #[source] io::Error),
}

impl StateError {
    /// What to do about it.
    pub fn next(&self) -> String {
        match self {
            Self::Link(path) => format!("Remove the link `{}`.", path.display()),
            Self::Kind(path, _) => format!("Move `{}` away.", path.display()),
            Self::Owner(path, _) => format!(
                "Run this as the owner of `{0}`, or remove `{0}`.",
                path.display()
            ),
            Self::Permissions(path, _) => format!(
                "Others could have read the key: `rm {}`, then start the proxy again.",
                path.display()
            ),
            Self::NotAKey(path) => {
                format!(
                    "Make a new key: `rm {}`, then start the proxy again.",
                    path.display()
                )
            }
            Self::Random => "Try again; the system has no random numbers yet.".to_owned(),
            Self::Io(path, _) => format!("Make `{}` writable for you.", path.display()),
        }
    }
}

/// The directory with the state of every port.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
}

impl StateDir {
    /// Names the directory; nothing is looked at or made yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// File with the access key of a port.
    pub fn key_path(&self, port: u16) -> PathBuf {
        self.path.join(format!("access-key-{port}"))
    }

    /// The proxy's output.
    pub fn log_path(&self, port: u16) -> PathBuf {
        self.path.join(format!("proxy-{port}.log"))
    }

    /// The supervisor's control socket.
    pub fn socket_path(&self, port: u16) -> PathBuf {
        self.path.join(format!("control-{port}.sock"))
    }

    /// Empty directory in which a started proxy works, so that it finds no project of somebody's there.
    pub fn work_path(&self) -> PathBuf {
        self.path.join("work")
    }

    /// Makes the directory where it is missing, and sees to it that only its owner may enter.
    ///
    /// # Errors
    /// [`StateError`] where it is a link, somebody else's, or cannot be made.
    pub fn prepare(&self) -> Result<(), StateError> {
        private_directory(&self.path)?;
        private_directory(&self.work_path())
    }

    /// Looks at the directory and its files without changing anything.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn inspect(&self) -> Result<(), StateError> {
        let Some(meta) = metadata(&self.path)? else {
            return Ok(());
        };
        check_directory(&self.path, &meta)?;
        if meta.mode() & 0o077 != 0 {
            return Err(StateError::Permissions(self.path.clone(), meta.mode()));
        }
        let entries = fs::read_dir(&self.path).map_err(|why| self.io(why))?;
        for entry in entries {
            let path = entry.map_err(|why| self.io(why))?.path();
            if let Some(meta) = metadata(&path)? {
                if meta.is_symlink() {
                    return Err(StateError::Link(path));
                }
                check_owner(&path, &meta)?;
                if meta.mode() & 0o077 != 0 {
                    return Err(StateError::Permissions(path, meta.mode()));
                }
            }
        }
        Ok(())
    }

    fn io(&self, why: io::Error) -> StateError {
        StateError::Io(self.path.clone(), why)
    }

    /// The access key of a port; `None` where there is none yet.
    ///
    /// # Errors
    /// [`StateError`] where the file is not private or does not hold a key.
    pub fn key(&self, port: u16) -> Result<Option<AccessKey>, StateError> {
        let path = self.key_path(port);
        let file = match open_private(&path) {
            Ok(file) => file,
            Err(StateError::Io(_, why)) if why.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(why) => return Err(why),
        };
        let mut text = String::new();
        file.take(4096)
            .read_to_string(&mut text)
            .map_err(|why| StateError::Io(path.clone(), why))?;
        let key = text.trim_end();
        if key.len() == KEY_BYTES * 2 && key.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Some(AccessKey(key.to_owned())))
        } else {
            Err(StateError::NotAKey(path))
        }
    }

    /// The access key of a port, made where there is none yet.
    ///
    /// # Errors
    /// As [`StateDir::key`], and where the file cannot be written.
    pub fn key_or_new(&self, port: u16) -> Result<AccessKey, StateError> {
        self.prepare()?;
        // Two processes may make one at the same time; whoever loses reads the other's.
        match self.key(port)? {
            Some(key) => Ok(key),
            None => match self.write_key(port, false) {
                Err(StateError::Io(_, why)) if why.kind() == io::ErrorKind::AlreadyExists => self
                    .key(port)?
                    .ok_or_else(|| StateError::NotAKey(self.key_path(port))),
                other => other,
            },
        }
    }

    /// Replaces the access key of a port.
    ///
    /// # Errors
    /// [`StateError`] where the directory is not private or the file cannot be written.
    pub fn rotate_key(&self, port: u16) -> Result<AccessKey, StateError> {
        self.prepare()?;
        self.write_key(port, true)
    }

    /// Written whole under another name first: nobody ever reads half a key.
    fn write_key(&self, port: u16, replace: bool) -> Result<AccessKey, StateError> {
        let key = AccessKey(hex(&random::<KEY_BYTES>()?));
        let path = self.key_path(port);
        let new = self
            .path
            .join(format!(".access-key-{port}-{}", hex(&random::<8>()?)));
        let fail = |why| StateError::Io(path.clone(), why);
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)
            .and_then(|mut file| {
                file.write_all(key.0.as_bytes())?;
                file.write_all(b"\n")?;
                file.sync_all()
            })
            .and_then(|()| {
                if replace {
                    fs::rename(&new, &path)
                } else {
                    // A link fails where the name exists, which a rename does not.
                    fs::hard_link(&new, &path).and_then(|()| fs::remove_file(&new))
                }
            })
            .and_then(|()| File::open(&self.path)?.sync_all());
        if let Err(why) = written {
            // It may not be there any more, and matters to nobody if it is.
            let _ = fs::remove_file(&new);
            return Err(fail(why));
        }
        Ok(key)
    }
}

/// Random bytes of the system's.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], StateError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StateError::Random)?;
    Ok(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn metadata(path: &Path) -> Result<Option<fs::Metadata>, StateError> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(StateError::Io(path.to_owned(), why)),
    }
}

fn check_owner(path: &Path, meta: &fs::Metadata) -> Result<(), StateError> {
    if meta.uid() == rustix::process::geteuid().as_raw() {
        Ok(())
    } else {
        Err(StateError::Owner(path.to_owned(), meta.uid()))
    }
}

fn check_directory(path: &Path, meta: &fs::Metadata) -> Result<(), StateError> {
    if meta.is_symlink() {
        return Err(StateError::Link(path.to_owned()));
    }
    if !meta.is_dir() {
        return Err(StateError::Kind(path.to_owned(), "directory"));
    }
    check_owner(path, meta)
}

fn private_directory(path: &Path) -> Result<(), StateError> {
    let fail = |why| StateError::Io(path.to_owned(), why);
    let meta = match metadata(path)? {
        Some(meta) => meta,
        None => {
            match DirBuilder::new().recursive(true).mode(0o700).create(path) {
                Ok(()) => {}
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
                Err(why) => return Err(fail(why)),
            }
            metadata(path)?.ok_or_else(|| fail(io::ErrorKind::NotFound.into()))?
        }
    };
    check_directory(path, &meta)?;
    if meta.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(fail)?;
    }
    Ok(())
}

/// Opens a file for reading if only its owner can, never through a link.
fn open_private(path: &Path) -> Result<File, StateError> {
    let (file, meta) = text_file::open(path, false).map_err(|why| match is_link(&why) {
        true => StateError::Link(path.to_owned()),
        false => StateError::Io(path.to_owned(), why),
    })?;
    if !meta.is_file() {
        return Err(StateError::Kind(path.to_owned(), "regular file"));
    }
    check_owner(path, &meta)?;
    if meta.mode() & 0o077 != 0 {
        return Err(StateError::Permissions(path.to_owned(), meta.mode()));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, StateDir) {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path().join("claude-proxy"));
        (dir, state)
    }

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let (_dir, state) = place();
        let key = state.key_or_new(3456).unwrap();
        assert_eq!(key.expose().len(), 64);
        assert_eq!(state.key_or_new(3456).unwrap(), key);
        assert_ne!(state.key_or_new(3457).unwrap(), key);
        assert_eq!(mode(state.path()), 0o700);
        assert_eq!(mode(&state.key_path(3456)), 0o600);
        assert_ne!(state.rotate_key(3456).unwrap(), key);
        assert_eq!(mode(&state.key_path(3456)), 0o600);
        assert!(!format!("{key:?}").contains(key.expose()));
        state.inspect().unwrap();
        let names = fs::read_dir(state.path()).unwrap().count();
        assert_eq!(names, 3, "two keys and the work directory, no leftovers");
    }

    #[test]
    fn whoever_comes_second_uses_the_first_ones_key() {
        let (_dir, state) = place();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| state.key_or_new(1).unwrap()))
                .collect();
            all.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[test]
    fn a_key_that_others_could_read_is_not_used() {
        let (_dir, state) = place();
        state.key_or_new(1).unwrap();
        fs::set_permissions(state.key_path(1), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(state.key(1), Err(StateError::Permissions(..))));
        assert!(matches!(state.inspect(), Err(StateError::Permissions(..))));
        fs::set_permissions(state.key_path(1), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(state.key_path(1), "short\n").unwrap();
        assert!(matches!(state.key(1), Err(StateError::NotAKey(_))));
    }
}
