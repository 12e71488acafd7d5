//! The directories of common installers, for programs that are in no directory of `PATH`: for advice and for the login's
//! offer, never for starting one.
//!
//! A Gateway that is a service has a shorter `PATH` than a shell; what an installer added to a shell's profile is not in it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::failure::CommandError;
use super::{output, search_path};

/// In the home directory; `*` is any one directory, the highest version first.
const HOME_DIRS: &[&str] = &[
    ".bun/bin",
    ".local/bin",
    ".npm-global/bin",
    ".nvm/versions/node/*/bin",
    ".volta/bin",
];
const SYSTEM_DIRS: &[&str] = &["/opt/homebrew/bin", "/usr/local/bin"];

/// Finds programs by their names, in `PATH` and then in the usual places; full paths, of those that are there.
pub(super) fn find_all(names: &[String]) -> Vec<String> {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let home = std::env::var_os("HOME");
    let paths = names
        .iter()
        .filter(|name| !name.contains('/'))
        .filter_map(|name| {
            search_path::find(name, &search).or_else(|| find(name, home.as_deref()))
        });
    paths.map(|path| path.display().to_string()).collect()
}

/// Prints what is found of these programs, for the login inside OpenClaw.
pub(super) fn print_found(names: &[String]) -> Result<u8, CommandError> {
    output::json(&find_all(names))?;
    Ok(0)
}

/// Finds a program by its name in the usual places. Directories and programs that others can change are passed over.
pub(super) fn find(program: &str, home: Option<&OsStr>) -> Option<PathBuf> {
    if program.is_empty() || program.contains('/') {
        return None;
    }
    let home = home.map(Path::new).filter(|home| home.is_absolute());
    let in_home = home
        .into_iter()
        .flat_map(|home| HOME_DIRS.iter().flat_map(move |place| expand(home, place)));
    in_home
        .chain(SYSTEM_DIRS.iter().map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|path| search_path::is_executable(path) && is_trusted(path))
}

fn expand(home: &Path, place: &str) -> Vec<PathBuf> {
    let Some((before, after)) = place.split_once("/*/") else {
        return vec![home.join(place)];
    };
    let entries = fs::read_dir(home.join(before)).into_iter().flatten();
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    found.into_iter().map(|folder| folder.join(after)).collect()
}

/// The numbers in the name of a directory.
fn version(folder: &Path) -> Vec<u64> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// Whether nobody but this user and the system could have put the program there, what a link leads to included.
fn is_trusted(path: &Path) -> bool {
    let Ok(real) = path.canonicalize() else {
        return false;
    };
    let user = rustix::process::geteuid().as_raw();
    let owned = |path: &Path| fs::metadata(path).is_ok_and(|meta| [0, user].contains(&meta.uid()));
    [path, &real].iter().all(|path| {
        owned(path) && path.parent().is_some_and(owned) && !search_path::is_world_writable(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_program_is_found_where_installers_put_it() {
        let home = tempfile::tempdir().unwrap();
        let put = |place: &str, name: &str| {
            let folder = home.path().join(place);
            fs::create_dir_all(&folder).unwrap();
            let path = folder.join(name);
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let look = |name: &str| find(name, Some(home.path().as_os_str()));
        put(".nvm/versions/node/v9.11.2/bin", "x-node");
        let newest = put(".nvm/versions/node/v24.1.0/bin", "x-node");
        assert_eq!(look("x-node"), Some(newest));
        for place in [".bun/bin", ".local/bin", ".npm-global/bin", ".volta/bin"] {
            let name = format!("x{}", place.replace('/', "-"));
            assert_eq!(look(&name), None);
            let path = put(place, &name);
            assert_eq!(look(&name), Some(path));
        }
        // Others could have put it there, or what it leads to.
        let open = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        let folder = home.path().join(".bun/bin");
        open(&folder, 0o777);
        assert_eq!(look("x.bun-bin"), None);
        open(&folder, 0o755);
        let planted = put("shared", "planted");
        symlink(&planted, folder.join("x-linked")).unwrap();
        assert!(look("x-linked").is_some());
        open(&home.path().join("shared"), 0o777);
        assert_eq!(look("x-linked"), None);
        // No program, and no name.
        fs::write(folder.join("x-text"), "").unwrap();
        for name in ["x-text", "x-missing", "", "../x-node", "/bin/sh"] {
            assert_eq!(look(name), None, "{name}");
        }
        assert_eq!(find("x-node", None), None);
        assert_eq!(find("x-node", Some(OsStr::new("relative"))), None);
    }
}
