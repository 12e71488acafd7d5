//! Private state of one port: access key, log and control socket.
//!
//! Everything lies in one directory that only its owner may enter, nothing in it is reached through a link, and the
//! access key is made by the operating system's generator.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use crate::private_file::{self, Fault, PrivateFileError, check_owner, check_private};

/// Length of an access key in bytes; it is written as twice as many hexadecimal digits.
const KEY_BYTES: usize = 32;

/// What to do about state that cannot be used.
pub fn next_step(error: &PrivateFileError) -> String {
    let path = error.path.display();
    match error.fault {
        Fault::Link => format!("Remove the link `{path}`."),
        Fault::Kind(_) => format!("Move `{path}` away."),
        Fault::Owner(_) => format!("Run this as the owner of `{path}`, or remove `{path}`."),
        Fault::Permissions(_) => {
            format!("Others could have read the key: `rm {path}`, then start the proxy again.")
        }
        Fault::NotAKey(_) => format!("Make a new key: `rm {path}`, then start the proxy again."),
        Fault::Io(_) => format!("Make `{path}` writable for you."),
    }
}

/// The directory with the state of every port.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
}

impl StateDir {
    /// Names the directory; nothing is read or made yet.
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
    /// [`PrivateFileError`] where it is a link, somebody else's, or cannot be made.
    pub fn prepare(&self) -> Result<(), PrivateFileError> {
        for path in [self.path.clone(), self.work_path()] {
            private_directory(&path).map_err(|fault| fault.of(&path))?;
        }
        Ok(())
    }

    /// Looks at the directory and its files without changing anything.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn inspect(&self) -> Result<(), PrivateFileError> {
        let Some(meta) = metadata(&self.path).map_err(|fault| fault.of(&self.path))? else {
            return Ok(());
        };
        check_directory(&meta)
            .and_then(|()| check_private(&meta))
            .map_err(|fault| fault.of(&self.path))?;
        let entries = fs::read_dir(&self.path).map_err(|why| Fault::Io(why).of(&self.path))?;
        for entry in entries {
            let path = entry.map_err(|why| Fault::Io(why).of(&self.path))?.path();
            let meta = metadata(&path).map_err(|fault| fault.of(&path))?;
            let checked = meta.as_ref().map_or(Ok(()), check_private);
            checked.map_err(|fault| fault.of(&path))?;
        }
        Ok(())
    }

    /// The access key of a port; `None` where there is none yet.
    ///
    /// # Errors
    /// [`PrivateFileError`] where the file is not private or does not hold a key.
    pub fn key(&self, port: u16) -> Result<Option<SecretString>, PrivateFileError> {
        let path = self.key_path(port);
        match read_key(&path) {
            Ok(key) => Ok(Some(key)),
            Err(Fault::Io(why)) if why.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(fault.of(&path)),
        }
    }

    /// The access key of a port, made where there is none yet.
    ///
    /// # Errors
    /// As [`StateDir::key`], and where the file cannot be written.
    pub fn key_or_new(&self, port: u16) -> Result<SecretString, PrivateFileError> {
        self.prepare()?;
        if let Some(key) = self.key(port)? {
            return Ok(key);
        }
        let path = self.key_path(port);
        let made = match self.write_key(&path, false) {
            // Two processes may make one at the same time; whoever loses reads the other's.
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => read_key(&path),
            other => other.map_err(Fault::Io),
        };
        made.map_err(|fault| fault.of(&path))
    }

    /// Replaces the access key of a port.
    ///
    /// # Errors
    /// [`PrivateFileError`] where the directory is not private or the file cannot be written.
    pub fn rotate_key(&self, port: u16) -> Result<SecretString, PrivateFileError> {
        self.prepare()?;
        let path = self.key_path(port);
        self.write_key(&path, true)
            .map_err(|why| Fault::Io(why).of(&path))
    }

    /// Written whole under another name first: nobody ever reads half a key.
    fn write_key(&self, path: &Path, replace: bool) -> io::Result<SecretString> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let digits = bytes.map(|byte| format!("{byte:02x}"));
        let key = SecretString::from(digits.concat());
        let mut file = tempfile::Builder::new()
            .prefix(".access-key-")
            .tempfile_in(&self.path)?;
        writeln!(file, "{}", key.expose_secret())?;
        file.as_file().sync_all()?;
        match replace {
            true => file.persist(path)?,
            false => file.persist_noclobber(path)?,
        };
        File::open(&self.path)?.sync_all()?;
        Ok(key)
    }
}

fn read_key(path: &Path) -> Result<SecretString, Fault> {
    let mut text = String::new();
    private_file::open(path)?
        .take(4096)
        .read_to_string(&mut text)?;
    let key = text.trim_end();
    match key.len() == KEY_BYTES * 2 && key.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => Ok(key.into()),
        false => Err(Fault::NotAKey("does not hold an access key")),
    }
}

/// What a path leads to; `None` where there is nothing.
fn metadata(path: &Path) -> Result<Option<fs::Metadata>, Fault> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(Fault::Io(why)),
    }
}

fn check_directory(meta: &fs::Metadata) -> Result<(), Fault> {
    match meta.is_dir() || meta.is_symlink() {
        true => check_owner(meta),
        false => Err(Fault::Kind("directory")),
    }
}

fn private_directory(path: &Path) -> Result<(), Fault> {
    if metadata(path)?.is_none() {
        match DirBuilder::new().recursive(true).mode(0o700).create(path) {
            Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(why.into()),
            Ok(()) | Err(_) => {}
        }
    }
    let meta = fs::symlink_metadata(path)?;
    check_directory(&meta)?;
    if meta.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
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
        let key = |port| state.key_or_new(port).unwrap().expose_secret().to_owned();
        let first = key(3456);
        assert_eq!(first.len(), 64);
        assert_eq!(key(3456), first);
        assert_ne!(key(3457), first);
        assert_eq!(mode(state.path()), 0o700);
        assert_eq!(mode(&state.key_path(3456)), 0o600);
        let rotated = state.rotate_key(3456).unwrap();
        assert_ne!(rotated.expose_secret(), first);
        assert_eq!(mode(&state.key_path(3456)), 0o600);
        assert!(!format!("{rotated:?}").contains(rotated.expose_secret()));
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
        assert!(
            keys.iter()
                .all(|key| key.expose_secret() == keys[0].expose_secret())
        );
    }

    #[test]
    fn a_key_that_others_could_read_is_not_used() {
        let (_dir, state) = place();
        state.key_or_new(1).unwrap();
        fs::set_permissions(state.key_path(1), fs::Permissions::from_mode(0o644)).unwrap();
        let fault = |result: Result<(), PrivateFileError>| result.unwrap_err().fault;
        let key = || state.key(1).map(drop);
        assert!(matches!(fault(key()), Fault::Permissions(_)));
        assert!(matches!(fault(state.inspect()), Fault::Permissions(_)));
        fs::set_permissions(state.key_path(1), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(state.key_path(1), "short\n").unwrap();
        assert!(matches!(fault(key()), Fault::NotAKey(_)));
    }
}
