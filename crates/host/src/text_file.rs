//! Reading a file that something else may have put there: whole, bounded, and never waiting.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// A whole text file; `None` for anything else.
pub(crate) fn read(path: &Path, longest: u64, links_allowed: bool) -> Option<String> {
    let mut flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
    if !links_allowed {
        flags |= OFlags::NOFOLLOW;
    }
    let file = File::options()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .ok()?;
    let meta = file.metadata().ok()?;
    if !meta.is_file() || meta.len() > longest || (!links_allowed && meta.nlink() > 1) {
        return None;
    }
    let mut text = String::new();
    file.take(longest + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= longest).then_some(text)
}
