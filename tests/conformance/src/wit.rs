//! The WIT package: is every item documented, and is the version the same everywhere?

use anyhow::{Result, ensure};
use wit_parser::{Docs, PackageId, Resolve, TypeDefKind};

/// Checks a package that was read. Fails where an item has no documentation; all of those are named.
fn check(resolve: &Resolve, package: PackageId) -> Result<()> {
    let mut bare = Vec::new();
    let mut item = |place: &str, docs: &Docs| {
        let text = docs.contents.as_deref().unwrap_or_default();
        if text.trim().is_empty() {
            bare.push(place.to_owned());
        }
    };
    for (name, world) in &resolve.packages[package].worlds {
        item(&format!("world {name}"), &resolve.worlds[*world].docs);
    }
    for (name, id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[*id];
        item(name, &interface.docs);
        for (function, found) in &interface.functions {
            item(&format!("{name}.{function}"), &found.docs);
        }
        for (type_name, id) in &interface.types {
            let place = format!("{name}.{type_name}");
            let mut member = |name: &str, docs: &Docs| item(&format!("{place}.{name}"), docs);
            match &resolve.types[*id].kind {
                // A name that is used from another interface is documented there.
                TypeDefKind::Type(_) => continue,
                TypeDefKind::Record(of) => of.fields.iter().for_each(|f| member(&f.name, &f.docs)),
                TypeDefKind::Enum(of) => of.cases.iter().for_each(|c| member(&c.name, &c.docs)),
                TypeDefKind::Variant(of) => of.cases.iter().for_each(|c| member(&c.name, &c.docs)),
                TypeDefKind::Flags(of) => of.flags.iter().for_each(|f| member(&f.name, &f.docs)),
                _ => {}
            }
            item(&place, &resolve.types[*id].docs);
        }
    }
    ensure!(
        bare.is_empty(),
        "without documentation: {}",
        bare.join(", ")
    );
    Ok(())
}

#[test]
fn an_item_without_documentation_is_named() {
    let mut resolve = Resolve::new();
    let text = "package a:b;\n/// I.\ninterface i {\n  /// R.\n  record r { x: u8 }\n}\n";
    let package = resolve.push_str("i.wit", text).unwrap();
    let why = check(&resolve, package).unwrap_err().to_string();
    assert_eq!(why, "without documentation: i.r.x");
}

#[test]
fn every_item_is_documented_and_the_version_is_ours() {
    let mut resolve = Resolve::new();
    let folder = crate::vectors::folder().join("../../wit");
    let (package, _) = resolve.push_dir(folder).unwrap();
    check(&resolve, package).unwrap();
    let version = resolve.packages[package].name.version.as_ref().unwrap();
    assert_eq!(version.to_string(), env!("CARGO_PKG_VERSION"));
    let described = claude_proxy_provider::descriptor::describe().version;
    assert_eq!(described, env!("CARGO_PKG_VERSION"));
}
