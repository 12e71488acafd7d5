//! Reading a file that something else may have put there: whole, bounded, and never waiting.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file for reading, with what it is: nothing is waited for, and a link is refused ([`is_link`]) unless they are allowed.
pub(crate) fn open(path: &Path, links_allowed: bool) -> io::Result<(File, Metadata)> {
    let mut flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
    flags.set(OFlags::NOFOLLOW, !links_allowed);
    let mut options = File::options();
    let file = options
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    let meta = file.metadata()?;
    Ok((file, meta))
}

/// Whether a file was not opened because it is a link.
pub(crate) fn is_link(why: &io::Error) -> bool {
    why.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

/// A whole text file; `None` for anything else.
pub(crate) fn read(path: &Path, longest: u64, links_allowed: bool) -> Option<String> {
    let (file, meta) = open(path, links_allowed).ok()?;
    if !meta.is_file() || meta.len() > longest || (!links_allowed && meta.nlink() > 1) {
        return None;
    }
    let mut text = String::new();
    file.take(longest + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= longest).then_some(text)
}
