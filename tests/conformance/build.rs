//! A host for every frozen version of the WIT package: `wit/frozen/` says which there are.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    println!("cargo::rerun-if-changed={}", wit.display());
    let frozen = wit.join("frozen");
    let mut versions = Vec::new();
    if frozen.is_dir() {
        for entry in fs::read_dir(&frozen)? {
            versions.push(entry?.file_name().to_string_lossy().into_owned());
        }
    }
    versions.sort();
    let (mut code, mut list) = (String::new(), String::new());
    for version in versions {
        let module = format!("v{}", version.replace(|c: char| !c.is_ascii_digit(), "_"));
        let folder = frozen.join(&version);
        writeln!(code, "older!({module}, {folder:?});")?;
        write!(list, "({version:?}, {module}::run as Older), ")?;
    }
    writeln!(
        code,
        "pub(crate) const OLDER: &[(&str, Older)] = &[{list}];"
    )?;
    let out = env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?;
    fs::write(Path::new(&out).join("older.rs"), code)?;
    Ok(())
}
