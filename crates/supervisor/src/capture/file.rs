//! A log file of bounded size: when it is full it becomes `NAME.1`, in place of the one before.

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A size-rotated log file that only its owner can read.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: Option<File>,
    size: u64,
    limit: u64,
    last_error: Option<String>,
}

impl LogFile {
    /// Opens `path` for appending, mode 0600, never through a link. The two files together stay below `disk` bytes.
    pub fn open(path: &Path, disk: u64) -> io::Result<Self> {
        let file = open(path)?;
        let size = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            file: Some(file),
            size,
            limit: (disk / 2).max(1),
            last_error: None,
        })
    }

    /// Appends `text`, after a rotation when it does not fit. A failure loses the text and is remembered.
    pub(crate) fn write(&mut self, text: &[u8]) {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if self.size > 0 && self.size.saturating_add(length) > self.limit {
            self.rotate();
        }
        if self.file.is_none() {
            self.reopen();
        }
        if let Some(file) = &mut self.file {
            match file.write_all(text) {
                Ok(()) => {
                    self.size = self.size.saturating_add(length);
                    self.last_error = None;
                }
                Err(error) => self.failed(&error),
            }
        }
    }

    /// Why the last text was lost, if it was.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// Where the older part of the log at `path` is.
    pub fn rotated(path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(".1");
        PathBuf::from(name)
    }

    fn rotate(&mut self) {
        self.file = None;
        let rotated = Self::rotated(&self.path);
        // To rename over a file makes ext4 write the new one to the disk first, 4 to 9 ms in which the program's pipe fills up.
        // Where the older part cannot be removed, the renaming fails or replaces it.
        if std::fs::symlink_metadata(&self.path).is_ok() {
            let _ = std::fs::remove_file(&rotated);
        }
        if let Err(error) = std::fs::rename(&self.path, rotated) {
            // Full and not to be moved: begin again rather than grow.
            self.failed(&error);
            if std::fs::remove_file(&self.path).is_err() {
                return;
            }
        }
        self.reopen();
    }

    fn reopen(&mut self) {
        match open(&self.path) {
            Ok(file) => {
                self.size = file.metadata().map_or(0, |m| m.len());
                if self.size < self.limit {
                    self.file = Some(file);
                }
            }
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &io::Error) {
        self.last_error = Some(format!("{}: {error}", self.path.display()));
    }
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::WRONLY
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::NOFOLLOW
        | OFlags::CLOEXEC
        | OFlags::NONBLOCK;
    let fd = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    let file = File::from(fd);
    let meta = file.metadata()?;
    if !meta.is_file() || meta.uid() != rustix::process::geteuid().as_raw() || meta.nlink() != 1 {
        return Err(Errno::PERM.into());
    }
    if meta.mode() & 0o077 != 0 {
        rustix::fs::fchmod(&file, Mode::RUSR | Mode::WUSR)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn two_files_stay_below_the_limit_and_keep_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = LogFile::open(&path, 2_000).unwrap();
        for n in 0..1_000 {
            log.write(format!("line {n}\n").as_bytes());
        }
        let size = |p: &Path| std::fs::metadata(p).unwrap().len();
        assert!(size(&path) + size(&LogFile::rotated(&path)) <= 2_000);
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .ends_with("line 999\n")
        );
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&LogFile::rotated(&path)), 0o600);
    }

    #[test]
    fn a_link_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        std::fs::write(&target, "keep").unwrap();
        let path = dir.path().join("log");
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert!(LogFile::open(&path, 1_000).is_err());
        std::fs::remove_file(&path).unwrap();
        std::fs::hard_link(&target, &path).unwrap();
        assert!(LogFile::open(&path, 1_000).is_err());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "keep");
    }

    #[test]
    fn an_open_mode_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, "old\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        LogFile::open(&path, 1_000).unwrap().write(b"new\n");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old\nnew\n");
    }
}
