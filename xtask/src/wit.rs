//! Is every item of the WIT package documented?

use std::path::Path;

use anyhow::{Result, bail};
use wit_parser::{Docs, Resolve, TypeDefKind};

/// Checks the package in a folder; how many items there are.
///
/// # Errors
/// If it cannot be read, or an item has no documentation; all of those are named.
pub(crate) fn check(folder: &Path) -> Result<usize> {
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(folder)?;
    let mut items: Vec<(String, &Docs)> = Vec::new();
    for (name, world) in &resolve.packages[package].worlds {
        items.push((format!("world {name}"), &resolve.worlds[*world].docs));
    }
    for (name, id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[*id];
        items.push((name.clone(), &interface.docs));
        for (function, item) in &interface.functions {
            items.push((format!("{name}.{function}"), &item.docs));
        }
        for (type_name, id) in &interface.types {
            let item = &resolve.types[*id];
            let place = format!("{name}.{type_name}");
            match &item.kind {
                TypeDefKind::Record(record) => {
                    items.extend(
                        record
                            .fields
                            .iter()
                            .map(|field| (format!("{place}.{}", field.name), &field.docs)),
                    );
                }
                TypeDefKind::Enum(cases) => {
                    items.extend(
                        cases
                            .cases
                            .iter()
                            .map(|case| (format!("{place}.{}", case.name), &case.docs)),
                    );
                }
                TypeDefKind::Variant(cases) => {
                    items.extend(
                        cases
                            .cases
                            .iter()
                            .map(|case| (format!("{place}.{}", case.name), &case.docs)),
                    );
                }
                TypeDefKind::Flags(flags) => {
                    items.extend(
                        flags
                            .flags
                            .iter()
                            .map(|flag| (format!("{place}.{}", flag.name), &flag.docs)),
                    );
                }
                // A name that is used from another interface is documented there.
                TypeDefKind::Type(_) => continue,
                _ => {}
            }
            items.push((place, &item.docs));
        }
    }
    let bare: Vec<_> = items
        .iter()
        .filter(|(_, docs)| {
            docs.contents
                .as_deref()
                .is_none_or(|text| text.trim().is_empty())
        })
        .map(|(place, _)| place.as_str())
        .collect();
    if !bare.is_empty() {
        bail!("without documentation: {}", bare.join(", "));
    }
    Ok(items.len())
}

#[cfg(test)]
mod tests {
    use std::fs;

    #[test]
    fn an_item_without_documentation_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let text = "package a:b;\n/// I.\ninterface i {\n  /// R.\n  record r { x: u8 }\n}\n";
        fs::write(folder.path().join("i.wit"), text).unwrap();
        let why = super::check(folder.path()).unwrap_err().to_string();
        assert_eq!(why, "without documentation: i.r.x");
    }
}
