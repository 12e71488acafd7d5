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

/// The bindings pass an enum of `crates/provider` by the number of its case.
#[test]
fn the_cases_of_an_enum_have_the_order_of_the_package() {
    use claude_proxy_provider as p;

    let mut resolve = Resolve::new();
    let folder = crate::vectors::folder().join("../../wit");
    let (package, _) = resolve.push_dir(folder).unwrap();
    let mut compared = 0;
    for (interface, id) in &resolve.packages[package].interfaces {
        for (name, id) in &resolve.interfaces[*id].types {
            let TypeDefKind::Enum(cases) = &resolve.types[*id].kind else {
                continue;
            };
            for (number, case) in cases.cases.iter().enumerate() {
                macro_rules! case {
                    ($type:path) => {{
                        let case = <$type>::_lift(number as u8);
                        (case as usize, serde_json::to_value(case).unwrap())
                    }};
                }
                let (at, spelled) = match (interface.as_str(), name.as_str()) {
                    ("chat", "answer-kind") => case!(p::answer::AnswerKind),
                    ("auth", "token-state") => case!(p::auth::TokenState),
                    ("doctor", "status") => case!(p::doctor::Status),
                    ("health", "key-check") => case!(p::health::KeyCheck),
                    ("health", "spawn-error") => case!(p::health::SpawnError),
                    ("health", "readiness") => case!(p::health::Readiness),
                    ("types", "input-kind") => case!(p::catalog::InputKind),
                    ("types", "error-kind") => case!(p::problem::ErrorKind),
                    ("types", "login") => case!(p::health::Login),
                    ("config", "file-kind") => case!(p::audit::FileKind),
                    ("config", "list-kind") => case!(p::audit::ListKind),
                    ("config", "severity") => case!(p::audit::Severity),
                    ("runtime", "state") => case!(p::runtime::State),
                    _ => panic!("{interface}.{name} is not compared"),
                };
                assert_eq!((at, spelled), (number, case.name.clone().into()));
                compared += 1;
            }
        }
    }
    assert!(compared > 30);
}
