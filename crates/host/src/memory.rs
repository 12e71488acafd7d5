//! Gives memory back between two pieces of work: the budget of a resident supervisor is what runit needs with its logger
//! (2.5 MB, `cargo xtask bench supervise`), and the component's runtime alone is more.

/// Drops the pages of this program's code from memory; what is needed again is read from the program's file, usually
/// without a disk access. A supervisor that judged something otherwise keeps the whole judge resident.
#[cfg(target_os = "linux")]
pub(crate) fn release_code_pages() {
    if let Some((start, length)) = own_code() {
        // SAFETY: a private mapping of a file that nobody can write to: dropping its pages changes no byte that can be
        // read or executed, the next access brings them back.
        // It is a matter of memory only, so a refusal changes nothing.
        let _ = unsafe { rustix::mm::madvise(start, length, rustix::mm::Advice::LinuxDontNeed) };
    }
}

/// Elsewhere the system does as it likes.
#[cfg(not(target_os = "linux"))]
pub(crate) fn release_code_pages() {}

/// Start and length of the executable mapping that holds this function.
#[cfg(target_os = "linux")]
fn own_code() -> Option<(*mut std::ffi::c_void, usize)> {
    let here = (own_code as fn() -> Option<(*mut std::ffi::c_void, usize)>) as usize;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        // Writable code would be a copy that only lives in memory.
        let found = (start..end).contains(&here) && rest.starts_with("r-xp");
        found.then(|| (std::ptr::with_exposed_provenance_mut(start), end - start))
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn code_that_was_dropped_still_runs() {
        let (_, length) = super::own_code().unwrap();
        assert!(length > 4096);
        for _ in 0..3 {
            super::release_code_pages();
            assert_eq!(format!("{:?}", vec![1, 2]), "[1, 2]");
        }
    }
}
