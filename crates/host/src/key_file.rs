//! The key of a proxy that has one already: read from a file of the user's, and only where nobody else can read it.

use std::io::{self, Read as _};
use std::path::Path;

use secrecy::SecretString;

use crate::private_file::{self, Fault, PrivateFileError};

/// Longest key that is accepted, in bytes.
pub const MAX_BYTES: usize = 1024;

/// What to do about a key file that cannot be used: a command where one does it.
pub fn next_step(error: &PrivateFileError) -> String {
    let path = error.path.display();
    match &error.fault {
        Fault::Link => "Name the file itself in `keyFile`, not a link to it.".to_owned(),
        Fault::Kind(_) => "Name a file in `keyFile` that holds the key alone.".to_owned(),
        Fault::Owner(_) => "Name a file of the user who runs the Gateway in `keyFile`.".to_owned(),
        Fault::Permissions(_) => format!("chmod 600 '{path}'"),
        Fault::NotAKey(_) => format!("Put the proxy's key into `{path}`, alone on one line."),
        Fault::Io(why) if why.kind() == io::ErrorKind::NotFound => {
            format!("Put the proxy's key into `{path}`, mode 600, or correct `keyFile`.")
        }
        Fault::Io(_) => format!("See to it that the user who runs the Gateway can read `{path}`."),
    }
}

/// Reads the key, with its surrounding blanks cut off. Never through a link.
///
/// # Errors
/// [`PrivateFileError`] where others could read it too, or it holds no key.
pub fn read(path: &Path) -> Result<SecretString, PrivateFileError> {
    read_private(path).map_err(|fault| fault.of(path))
}

fn read_private(path: &Path) -> Result<SecretString, Fault> {
    let mut bytes = Vec::new();
    private_file::open(path)?
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > MAX_BYTES {
        return Err(Fault::NotAKey("is longer than 1024 bytes"));
    }
    match std::str::from_utf8(bytes.trim_ascii()) {
        Ok("") => Err(Fault::NotAKey("is empty")),
        Ok(key) if key.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(key.into()),
        _ => Err(Fault::NotAKey("holds more than one word of plain text")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use secrecy::ExposeSecret as _;

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
            assert_eq!(key.expose_secret(), "sk-own-1234");
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
        let long = vec![b'x'; MAX_BYTES + 1];
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
            let next = next_step(&error);
            assert!(!next.is_empty() && !next.contains('\n'), "{next}");
        }
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).unwrap();
        assert!(matches!(read(&path).unwrap_err().fault, Fault::Kind(_)));
    }
}
