//! Installing, enabling, inspecting and removing the plugin with OpenClaw's own plugin manager.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Result, ensure};
use harness::home::Home;
use harness::places;
use serde_json::{Value, json};

// The default model of the machine before the plugin came.
use crate::scene::{FOREIGN, ID};

fn archive() -> Result<OsString> {
    let name = format!("{ID}-{}.tgz", env!("CARGO_PKG_VERSION"));
    Ok(places::present(places::target().join(name), "package")?.into_os_string())
}

/// It is loaded, with everything that it registers.
fn is_loaded(home: &Home) -> Result<()> {
    let seen = home
        .openclaw(["plugins", "inspect", ID, "--runtime", "--json"])?
        .success()?
        .json()?;
    let plugin = &seen["plugin"];
    assert_eq!(plugin["status"], "loaded", "{seen:#}");
    assert_eq!(plugin["services"], json!([ID]), "{plugin:#}");
    let text = seen.to_string();
    for name in ["claude-proxy.status", "claude-proxy.audit"] {
        assert!(text.contains(name), "{name}: {seen:#}");
    }
    Ok(())
}

#[test]
fn from_a_directory_and_it_can_be_removed_again() -> Result<()> {
    let home = Home::new()?;
    home.install(places::package())?;
    assert_eq!(home.config()?["plugins"]["entries"][ID]["enabled"], true);
    let enabled = home.openclaw(["plugins", "enable", ID])?.success()?;
    assert!(enabled.text().contains(ID), "{}", enabled.text());
    is_loaded(&home)?;
    // What was installed is what was built, and the helper can be run.
    let installed = home.state().join("extensions").join(ID);
    for file in ["checksums.json", "component/plugin.wasm"] {
        assert_eq!(
            fs::read(installed.join(file))?,
            fs::read(places::package().join(file))?,
            "{file}"
        );
    }
    let helper = installed.join(format!("bin/{}/claude-proxy", places::platform()));
    assert_eq!(fs::metadata(&helper)?.permissions().mode() & 0o777, 0o755);
    assert!(
        !installed.join("node_modules").exists(),
        "nothing is fetched at install time"
    );

    home.openclaw(["models", "set", FOREIGN])?.success()?;

    // With the permission that the login asks for, OpenClaw's own checks have nothing to say.
    home.helper(["setup", "--yes", "--set-default"])?
        .success()?;
    home.openclaw(["plugins", "doctor"])?.success()?;
    let audit = home
        .openclaw(["security", "audit", "--deep", "--json"])?
        .success()?
        .json()?;
    let about_us: Vec<&Value> = audit["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| {
            finding.to_string().contains(ID)
                && finding["checkId"]
                    .as_str()
                    .is_some_and(|id| id.contains("code"))
        })
        .collect();
    assert!(about_us.is_empty(), "{about_us:#?}");

    // The way back: what was the default model was written down, and is set again before the plugin goes.
    let config = home.config()?;
    assert_eq!(
        config["plugins"]["entries"][ID]["config"]["previousDefault"]["primary"],
        FOREIGN
    );
    home.openclaw(["models", "set", FOREIGN])?.success()?;

    let gone = home
        .openclaw(["plugins", "uninstall", ID, "--force"])?
        .success()?;
    assert!(gone.text().contains("Uninstalled"), "{}", gone.text());
    assert!(!installed.exists());
    home.openclaw(["config", "validate"])?.success()?;
    let status = home.openclaw(["models", "status"])?.success()?;
    assert!(status.text().contains(FOREIGN), "{}", status.text());
    let plugins = home.openclaw(["plugins", "list"])?.success()?;
    assert!(!plugins.text().contains(ID), "{}", plugins.text());
    Ok(())
}

#[test]
fn from_an_archive() -> Result<()> {
    let home = Home::new()?;
    home.install(archive()?)?;
    is_loaded(&home)
}

#[test]
fn from_an_archive_by_npm_without_fetching_anything() -> Result<()> {
    let mut home = Home::new()?;
    // Nobody listens there: an attempt to fetch would fail.
    home.set("npm_config_registry", "http://127.0.0.1:9");
    let mut source = OsString::from("npm-pack:");
    source.push(archive()?);
    home.install(source)?;
    is_loaded(&home)
}

/// The fake proxy of `claude-proxy demo` is the proxy alone: no fault can be switched on in what is shipped.
#[test]
fn the_shipped_helper_has_no_fault_switches() -> Result<()> {
    let home = Home::new()?;
    let refused = home.helper(["fake-proxy", "--drop-messages"])?;
    ensure!(
        refused.code == Some(2)
            && refused
                .stderr
                .contains("`--drop-messages` has no meaning here"),
        "{refused:?}"
    );
    // Nor is any of their code in it: the names that mean nothing else, as its README lists them, and what tests write to it.
    let readme = fs::read_to_string(places::root().join("crates/fake-proxy/README.md"))?;
    let rows = readme.lines().filter_map(|row| row.strip_prefix("| `--"));
    let switches = rows.filter_map(|row| row.split([' ', '`']).next());
    let mut names: Vec<&str> = switches.filter(|name| name.contains('-')).collect();
    ensure!(names.len() >= 5, "{names:?}");
    names.extend(["FAKE:", "FAKE_PROXY_KEY", "keyMatched", "fake-tool-ran"]);
    let program = fs::read(places::helper()?)?;
    let held = names.into_iter().find(|name| {
        let mut windows = program.windows(name.len());
        windows.any(|bytes| bytes == name.as_bytes())
    });
    ensure!(held.is_none(), "the shipped helper holds {held:?}");
    Ok(())
}
