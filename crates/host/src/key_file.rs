//! The key of a proxy that has one already: read from a file of the user's, and only where nobody else can read it.

use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::state::AccessKey;
use crate::text_file::{self, is_link};

/// Longest key that is accepted, in bytes.
pub const LONGEST: usize = 1024;

/// Why a key file cannot be used. What is in it is never told.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` {why}")]
pub struct KeyFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub why: KeyFileFault,
}

/// What is wrong with a key file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileFault {
    /// It is a link.
    #[error("is a link")]
    Link,
    /// It is no regular file.
    #[error("is not a regular file")]
    Kind,
    /// It belongs to the user with this number.
    #[error("belongs to the user with number {0}")]
    Owner(u32),
    /// Others may read or change it; its mode.
    #[error("is open to other users (mode {mode:03o})", mode = .0 & 0o777)]
    Permissions(u32),
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// It is longer than [`LONGEST`].
    #[error("is longer than {LONGEST} bytes")]
    TooLong,
    /// It is no single word of printable ASCII.
    #[error("holds more than one word of plain text")]
    NotAKey,
    /// The system refused.
    #[error("cannot be read: {0}")]
    Io(#[source] io::Error),
}

impl KeyFileError {
    /// What to do about it: a command where one does it.
    pub fn next(&self) -> String {
        let path = self.path.display();
        match &self.why {
            KeyFileFault::Link => "Name the file itself in `keyFile`, not a link to it.".to_owned(),
            KeyFileFault::Kind => "Name a file in `keyFile` that holds the key alone.".to_owned(),
            KeyFileFault::Owner(_) => {
                "Name a file of the user who runs the Gateway in `keyFile`.".to_owned()
            }
            KeyFileFault::Permissions(_) => format!("chmod 600 '{path}'"),
            KeyFileFault::Empty | KeyFileFault::TooLong | KeyFileFault::NotAKey => {
                format!("Put the proxy's key into `{path}`, alone on one line.")
            }
            KeyFileFault::Io(why) if why.kind() == io::ErrorKind::NotFound => {
                format!("Put the proxy's key into `{path}`, mode 600, or correct `keyFile`.")
            }
            KeyFileFault::Io(_) => {
                format!("See to it that the user who runs the Gateway can read `{path}`.")
            }
        }
    }
}

/// Reads the key, with its surrounding blanks cut off. Never through a link.
///
/// # Errors
/// [`KeyFileError`] where others could read it too, or it holds no key.
pub fn read(path: &Path) -> Result<AccessKey, KeyFileError> {
    check(path).map_err(|why| KeyFileError {
        path: path.to_owned(),
        why,
    })
}

fn check(path: &Path) -> Result<AccessKey, KeyFileFault> {
    // What it is comes from the file that was opened, whatever the name leads to by now.
    let (file, meta) = text_file::open(path, false).map_err(|why| match is_link(&why) {
        true => KeyFileFault::Link,
        false => KeyFileFault::Io(why),
    })?;
    if !meta.is_file() {
        return Err(KeyFileFault::Kind);
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(KeyFileFault::Owner(meta.uid()));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(KeyFileFault::Permissions(meta.mode()));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(KeyFileFault::Io)?;
    if bytes.len() > LONGEST {
        return Err(KeyFileFault::TooLong);
    }
    let key = bytes.trim_ascii();
    if key.is_empty() {
        return Err(KeyFileFault::Empty);
    }
    match std::str::from_utf8(key) {
        Ok(key) if key.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(AccessKey::of(key)),
        _ => Err(KeyFileFault::NotAKey),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn file(folder: &Path, name: &str, content: &[u8], mode: u32) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_private_file_with_one_word_is_a_key() {
        let folder = tempfile::tempdir().unwrap();
        for (content, mode) in [(&b"sk-own-1234"[..], 0o600), (b"  sk-own-1234\r\n", 0o400)] {
            let path = file(folder.path(), "key", content, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let key = read(&path).unwrap();
            assert_eq!(key.expose(), "sk-own-1234");
            assert!(!format!("{key:?}").contains("1234"));
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn what_is_none_is_one_line_with_a_next_step() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let good = file(folder, "good", b"secret-word", 0o600);
        let link = folder.join("link");
        symlink(&good, &link).unwrap();
        let long = vec![b'x'; LONGEST + 1];
        for (path, says) in [
            (link, "is a link"),
            (folder.to_owned(), "is not a regular file"),
            (folder.join("gone"), "cannot be read"),
            (file(folder, "empty", b"", 0o600), "is empty"),
            (file(folder, "blank", b" \n\n", 0o600), "is empty"),
            (file(folder, "group", b"secret-word", 0o640), "mode 640"),
            (file(folder, "world", b"secret-word", 0o604), "mode 604"),
            (file(folder, "long", &long, 0o600), "longer than"),
            (file(folder, "two", b"secret-word\nmore", 0o600), "one word"),
            (file(folder, "bytes", b"secret\xff", 0o600), "one word"),
        ] {
            let error = read(&path).unwrap_err();
            let said = error.to_string();
            assert!(said.contains(says) && !said.contains('\n'), "{said}");
            assert!(said.contains(path.to_str().unwrap()), "{said}");
            assert!(!said.contains("secret"), "{said}");
            let next = error.next();
            assert!(!next.is_empty() && !next.contains('\n'), "{next}");
        }
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).unwrap();
        assert!(matches!(read(&path).unwrap_err().why, KeyFileFault::Kind));
    }
}
