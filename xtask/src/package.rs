//! The OpenClaw package: the shim, the transpiled component, the helpers, and manifests generated from
//! `plugin-manifest.json`. The same sources give the same bytes.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use harness::places;

use crate::manifest::{self, Manifest};
use crate::{cargo, component, wheels};

/// What to package.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// A release: helpers for every platform, cross-compiled
    #[arg(long)]
    all: bool,
}

/// Seconds since 1970 that every file of the archive carries: npm's own constant, 1985-10-26.
const ARCHIVE_TIME: u64 = 499_162_500;

/// Builds and packages.
///
/// # Errors
/// If something does not build, or the package is not what it should be.
pub(crate) fn run(options: &Options) -> Result<()> {
    let manifest = manifest::read()?;
    let component = component::build()?;
    component::check(&component)?;
    let bytes = fs::read(&component)?;
    let bare = places::target().join("plugin.wasm");
    fs::copy(&component, &bare)?;

    let mut files = shim(&manifest)?;
    // With declarations: programs of one's own import the component from here too.
    read_into(&mut files, &component::transpile(&component)?, "component")?;
    files.insert("component/plugin.wasm".to_owned(), bytes);
    let own = places::platform();
    let wanted = if options.all {
        manifest.package.platforms.clone()
    } else {
        vec![own]
    };
    for platform in &wanted {
        let helper = fs::read(helper(platform, &bare)?)?;
        files.insert(
            format!("bin/{platform}/{}", manifest.identity.helper),
            helper,
        );
    }
    files.insert("checksums.json".to_owned(), checksums(&files)?);
    check(&files)?;

    let folder = places::package();
    write(&folder, &files)?;
    let archive = places::target().join(format!(
        "{}-{}.tgz",
        manifest.identity.id, manifest.identity.version
    ));
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
        "{}: {} files, {} KB, helpers for {}",
        folder.display(),
        files.len(),
        size / 1000,
        wanted.join(", ")
    );
    println!(
        "{}: {} KB",
        archive.display(),
        fs::metadata(&archive)?.len() / 1000
    );
    println!(
        "{}: {} KB",
        bare.display(),
        fs::metadata(&bare)?.len() / 1000
    );
    Ok(())
}

/// The files that are copied or generated.
fn shim(manifest: &Manifest) -> Result<BTreeMap<String, Vec<u8>>> {
    let root = places::root();
    let mut files = BTreeMap::new();
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

/// Takes every file below a folder, under a name.
fn read_into(files: &mut BTreeMap<String, Vec<u8>>, folder: &Path, name: &str) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{name}/{file}");
        if path.is_dir() {
            read_into(files, &path, &name)?;
        } else {
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}

/// The compiler's name of a platform.
fn target_of(platform: &str) -> Result<&'static str> {
    Ok(match platform {
        "linux-x64" => "x86_64-unknown-linux-musl",
        "linux-arm64" => "aarch64-unknown-linux-musl",
        "darwin-arm64" => "aarch64-apple-darwin",
        "darwin-x64" => "x86_64-apple-darwin",
        other => bail!("no helper is made for {other}"),
    })
}

/// Builds the helper for a platform around a component.
///
/// # Errors
/// If it does not build, or there is none for that platform.
pub(crate) fn helper(platform: &str, component: &Path) -> Result<PathBuf> {
    let target = target_of(platform)?;
    let command = if platform == places::platform() {
        "build"
    } else {
        "zigbuild"
    };
    let target_folder = places::target();
    let registry = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let flags = [
        (places::root(), "/claude-proxy"),
        (target_folder.clone(), "/target"),
        (
            registry.context("neither CARGO_HOME nor HOME is set")?,
            "/cargo",
        ),
    ]
    .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
    .join("\x1f");
    let mut build = cargo::cargo(&[
        command,
        "--locked",
        "--release",
        "--package",
        "claude-proxy-host",
    ]);
    build
        .args(["--bin", "claude-proxy", "--target", target, "--target-dir"])
        .arg(&target_folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .env("CLAUDE_PROXY_COMPONENT", component);
    if command == "zigbuild" {
        build.env(
            "PATH",
            env::join_paths(
                std::iter::once(wheels::tools("zig")?)
                    .chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())),
            )?,
        );
    }
    cargo::bring_target(target)?;
    cargo::run(&mut build)?;
    Ok(target_folder.join(target).join("release/claude-proxy"))
}

/// `checksums.json`: what the shim compares files with before it uses them.
fn checksums(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>> {
    let sums: BTreeMap<&String, String> = files
        .iter()
        .map(|(name, bytes)| (name, component::digest(bytes)))
        .collect();
    Ok((serde_json::to_string_pretty(&sums)? + "\n").into_bytes())
}

/// A package must not carry tests, or tell where it was built.
fn check(files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let home = env::home_dir().map(|home| home.join(".cargo"));
    let folders = [
        Some(places::root()),
        Some(places::target()),
        home,
        env::var_os("CARGO_HOME").map(PathBuf::from),
    ];
    let told: Vec<String> = folders
        .into_iter()
        .flatten()
        .map(|folder| folder.display().to_string())
        .collect();
    for (name, bytes) in files {
        ensure!(
            !name.contains("test") && !name.ends_with(".map"),
            "{name} does not belong into the package"
        );
        for folder in &told {
            let found = bytes
                .windows(folder.len())
                .any(|window| window == folder.as_bytes());
            ensure!(!found, "{name} tells that it was built in {folder}");
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
fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    if folder.exists() {
        if holds(folder, files)? {
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

/// Whether a folder holds exactly these files.
fn holds(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<bool> {
    let mut found = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found += 1;
            }
        }
    }
    let same = |(name, bytes): (&String, &Vec<u8>)| {
        fs::read(folder.join(name)).is_ok_and(|there| there == *bytes)
    };
    Ok(found == files.len() && files.iter().all(same))
}

/// The archive, as `npm pack` lays it out.
fn pack(files: &BTreeMap<String, Vec<u8>>, archive: &Path) -> Result<()> {
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
