//! The OpenClaw package: the shim, the transpiled component, the helpers, and manifests generated from
//! `plugin-manifest.json`. The same sources give the same bytes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use harness::places;

use crate::helper::{self, Build};
use crate::manifest::{self, Manifest};
use crate::{cargo, component};

/// What to package.
#[derive(Args)]
pub(crate) struct Options {
    /// The helper for this machine alone: a fraction of the time, and no zig
    #[arg(long)]
    this_machine: bool,
}

impl Options {
    /// What is enough to try and to test it here.
    pub(crate) fn this_machine() -> Self {
        Self { this_machine: true }
    }
}

/// The files of a package, by their paths in it.
type Files = BTreeMap<String, Vec<u8>>;

/// Seconds since 1970 that every file of the archive carries: npm's own constant, 1985-10-26.
const ARCHIVE_TIME: u64 = 499_162_500;

/// Builds and packages.
pub(crate) fn run(options: &Options) -> Result<()> {
    let build = if options.this_machine {
        Build::Release
    } else {
        Build::ReleaseOfAll
    };
    let files = collect(build)?;
    check(&files)?;
    write(&places::package(), &files)?;
    let identity = manifest::read()?.identity;
    let archive = places::target().join(format!("{}-{}.tgz", identity.id, identity.version));
    pack(&files, &archive)?;
    // What the tests of the package put in the proxy's place.
    cargo::run(&mut cargo::cargo(&[
        "build",
        "--locked",
        "--package",
        "claude-proxy-fake-proxy",
        "--features",
        "faults",
    ]))?;
    let size: usize = files.values().map(Vec::len).sum();
    println!(
        "{}: {} files, {} KB",
        places::package().display(),
        files.len(),
        size / 1000
    );
    for file in [archive, places::target().join("plugin.wasm")] {
        let size = fs::metadata(&file)?.len();
        println!("{}: {} KB", file.display(), size / 1000);
    }
    Ok(())
}

/// Builds and packages what is enough for the demonstration, in a folder of its own.
pub(crate) fn demo(folder: &Path) -> Result<()> {
    write(folder, &collect(Build::Demo)?)
}

/// Every file of a package.
fn collect(build: Build) -> Result<Files> {
    let manifest = manifest::read()?;
    let component = component::build()?;
    component::check(&component)?;
    let bytes = fs::read(&component)?;
    let bare = places::target().join("plugin.wasm");
    fs::copy(&component, &bare)?;

    let mut files = shim(&manifest)?;
    // With declarations: programs of one's own import the component from here too.
    let code = read(&component::transpile(&component)?)?.into_iter();
    files.extend(code.map(|(name, bytes)| (format!("component/{name}"), bytes)));
    files.insert("component/plugin.wasm".to_owned(), bytes);
    let wanted = match build {
        Build::ReleaseOfAll => manifest.package.platforms.clone(),
        Build::Release | Build::Emulated | Build::Demo => vec![places::platform()],
    };
    for platform in &wanted {
        let helper = fs::read(helper::build(platform, &bare, build)?)?;
        println!("helper for {platform}: {} KB", helper.len() / 1000);
        if !matches!(build, Build::Demo) {
            helper::check(platform, helper.len())?;
        }
        let name = format!("bin/{platform}/{}", manifest.identity.helper);
        files.insert(name, helper);
    }
    files.insert("checksums.json".to_owned(), checksums(&files)?);
    Ok(files)
}

/// The files that are copied or generated.
fn shim(manifest: &Manifest) -> Result<Files> {
    let root = places::root();
    let mut files = Files::new();
    for entry in fs::read_dir(root.join("openclaw"))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .context("a file name that is not UTF-8")?;
        // The shim is flat; folders beside it hold tests and types.
        if path.is_file() && name.ends_with(".js") {
            files.insert(name.to_owned(), fs::read(&path)?);
        }
    }
    let identity = manifest.identity_js()?.into_bytes();
    ensure!(
        files.get("identity.js") == Some(&identity),
        "openclaw/identity.js is not what plugin-manifest.json gives; it should be:\n{}",
        String::from_utf8_lossy(&identity)
    );
    for name in ["LICENSE", "README.md"] {
        files.insert(
            name.to_owned(),
            fs::read(root.join(name)).with_context(|| name.to_owned())?,
        );
    }
    files.insert(
        "openclaw.plugin.json".to_owned(),
        manifest.plugin_json()?.into_bytes(),
    );
    files.insert(
        "package.json".to_owned(),
        manifest.package_json()?.into_bytes(),
    );
    Ok(files)
}

/// Every file below a folder, by its path in it.
fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            let below = read(&path)?.into_iter();
            files.extend(below.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else {
            files.insert(name.into_owned(), fs::read(&path)?);
        }
    }
    Ok(files)
}

/// `checksums.json`: what the shim compares files with before it uses them.
fn checksums(files: &Files) -> Result<Vec<u8>> {
    let sums: BTreeMap<&String, String> = files
        .iter()
        .map(|(name, bytes)| (name, component::digest(bytes)))
        .collect();
    Ok((serde_json::to_string_pretty(&sums)? + "\n").into_bytes())
}

/// A package must hold no tests, and no path of the machine that built it.
fn check(files: &Files) -> Result<()> {
    let folders = [places::root(), places::target(), cargo::home()?];
    let paths = folders.map(|folder| folder.display().to_string());
    for (name, bytes) in files {
        ensure!(
            !name.contains("test") && !name.ends_with(".map"),
            "{name} must not be in the package"
        );
        for folder in &paths {
            let found = bytes
                .windows(folder.len())
                .any(|window| window == folder.as_bytes());
            ensure!(!found, "{name} holds the path of this machine: {folder}");
        }
    }
    Ok(())
}

fn mode(name: &str) -> u32 {
    if name.starts_with("bin/") {
        0o755
    } else {
        0o644
    }
}

/// Makes the folder hold these files and nothing else. What is there already stays untouched: a Gateway may run from it.
fn write(folder: &Path, files: &Files) -> Result<()> {
    if folder.exists() {
        if read(folder)? == *files {
            return Ok(());
        }
        fs::remove_dir_all(folder)?;
    }
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, bytes)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode(name)))?;
    }
    Ok(())
}

/// The archive, as `npm pack` lays it out.
fn pack(files: &Files, archive: &Path) -> Result<()> {
    let gzip = flate2::GzBuilder::new()
        .mtime(0)
        .write(File::create(archive)?, flate2::Compression::best());
    let mut tar = tar::Builder::new(gzip);
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len().try_into()?);
        header.set_mode(mode(name));
        header.set_mtime(ARCHIVE_TIME);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, format!("package/{name}"), bytes.as_slice())?;
    }
    tar.into_inner()?.finish()?;
    Ok(())
}
