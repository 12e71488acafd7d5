//! Programs in the directories of `PATH`.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

/// Looks a program up as a shell would, and makes its path absolute. Directories of the search path that every user may
/// write to are passed over, as are programs that every user may change: anybody may have put anything there.
pub(super) fn find(program: &str, search: &OsStr) -> Option<PathBuf> {
    if program.contains('/') {
        let path = std::path::absolute(program).ok()?;
        return is_executable(&path).then_some(path);
    }
    let mut there = candidates(program, search).filter(|path| is_executable(path));
    there.find(|path| !is_world_writable(path))
}

/// Whether a path is a program that this user may run.
pub(super) fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, Access::EXEC_OK).is_ok()
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// This file may not be executed.
    #[error("`{0}` is not executable")]
    NotExecutable(PathBuf),
    /// Anything else, for people.
    #[error("{0}")]
    Other(String),
}

/// As [`find`], for who asks what would run: a program for another machine does not.
///
/// # Errors
/// Why there is none.
pub(super) fn find_usable(program: &str, search: &OsStr) -> Result<PathBuf, Unusable> {
    let path = find(program, search).ok_or_else(|| why_missing(program, search))?;
    match foreign_architecture(&path) {
        Some(machine) => Err(Unusable::Other(format!(
            "`{}` is built for {machine}, and this machine is {}",
            path.display(),
            std::env::consts::ARCH
        ))),
        None => Ok(path),
    }
}

/// The machine that a program is built for, where it is another one and nothing here runs its programs.
fn foreign_architecture(path: &Path) -> Option<&'static str> {
    let mut head = [0; 20];
    let mut file = std::fs::File::open(path).ok()?;
    std::io::Read::read_exact(&mut file, &mut head).ok()?;
    // ELF has its machine behind 18 bytes.
    let machine = match head {
        [0x7f, b'E', b'L', b'F', .., 62, 0] => "x86_64",
        [0x7f, b'E', b'L', b'F', .., 183, 0] => "aarch64",
        _ => return None,
    };
    let emulator = Path::new("/proc/sys/fs/binfmt_misc").join(format!("qemu-{machine}"));
    (machine != std::env::consts::ARCH && !emulator.exists()).then_some(machine)
}

pub(super) fn why_missing(program: &str, search: &OsStr) -> Unusable {
    if program.contains('/') {
        // Looked up by its path alone.
        return Unusable::Other(match fs::metadata(program) {
            Ok(meta) if meta.is_file() => return why_not_executable(Path::new(program)),
            Ok(_) => format!("`{program}` is not a file"),
            Err(why) if why.kind() == ErrorKind::NotFound => {
                format!("`{program}` is not there")
            }
            Err(why) => format!("`{program}` cannot be accessed: {why}"),
        });
    }
    let there = || candidates(program, search).filter(|path| path.is_file());
    match there().find(|path| is_world_writable(path)) {
        Some(planted) => Unusable::Other(format!(
            "`{}` is not used, since every user can write to it or to its directory",
            planted.display()
        )),
        None => there().next().map_or_else(
            || Unusable::Other(format!("`{program}` is in no directory of PATH")),
            |path| why_not_executable(&path),
        ),
    }
}

/// Why the system does not let this user run a file.
fn why_not_executable(path: &Path) -> Unusable {
    let allowed = fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o111 == 0o111);
    match allowed {
        true => Unusable::Other(format!(
            "`{}` lies on a file system that is mounted noexec",
            path.display()
        )),
        false => Unusable::NotExecutable(path.to_owned()),
    }
}

/// Where a search path leads. An empty or relative entry means the working directory, and is left out.
fn candidates(program: &str, search: &OsStr) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(search)
        .filter(|folder| folder.is_absolute())
        .map(move |folder| folder.join(program))
}

/// Whether every user could put something in this place.
pub(super) fn is_world_writable(path: &Path) -> bool {
    let open =
        |path: &Path| fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o002 != 0);
    open(path) || path.parent().is_some_and(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_as_a_shell_finds_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = place.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let (first, second) = (folder("a"), folder("b"));
        for (path, mode) in [(first.join("tool"), 0o644), (second.join("tool"), 0o755)] {
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::create_dir(first.join("folder")).unwrap();
        let search = std::env::join_paths([&first, &second]).unwrap();
        assert_eq!(find("tool", &search), Some(second.join("tool")));
        assert_eq!(find("folder", &search), None);
        assert_eq!(find("missing", &search), None);
        let anybodys = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            let found = find("tool", &search);
            let why = why_missing("tool", &search).to_string();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
            (found, why)
        };
        for path in [&second, &second.join("tool")] {
            let (found, why) = anybodys(path, 0o777);
            assert_eq!(found, None);
            assert!(why.contains("every user can write"), "{why}");
        }
        let why = |program: &str, search: &OsStr| why_missing(program, search).to_string();
        assert!(why("missing", &search).contains("no directory"));
        assert!(why("tool", first.as_os_str()).ends_with("a/tool` is not executable"));
        let absolute = second.join("tool");
        assert_eq!(
            find(absolute.to_str().unwrap(), "".as_ref()),
            Some(absolute)
        );
        assert_eq!(find("tool", ".:".as_ref()), None);
        for (path, why) in [
            (first.join("tool"), "is not executable"),
            (first.join("folder"), "is not a file"),
            (first.join("missing"), "is not there"),
        ] {
            let path = path.to_str().unwrap();
            assert_eq!(find(path, &search), None);
            assert_eq!(
                why_missing(path, &search).to_string(),
                format!("`{path}` {why}")
            );
        }
    }
}
