//! The WIT package: its documentation as Markdown, and the versions that must be the same everywhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use wit_parser::{
    Docs, Function, FunctionKind, Handle, Interface, PackageId, Resolve, Type, TypeDef,
    TypeDefKind, WorldItem, WorldKey,
};

/// Reads a package with its dependencies.
fn read(folder: &Path) -> Result<(Resolve, PackageId)> {
    let mut resolve = Resolve::new();
    let (package, _) = resolve
        .push_dir(folder)
        .with_context(|| folder.display().to_string())?;
    Ok((resolve, package))
}

/// The version of the package in a folder.
///
/// # Errors
/// If it cannot be read, or has none.
pub fn version(folder: &Path) -> Result<String> {
    let (resolve, package) = read(folder)?;
    let version = resolve
        .packages
        .get(package)
        .and_then(|p| p.name.version.as_ref());
    Ok(version.context("the package has no version")?.to_string())
}

/// Checks that versions are the same: the package's, cargo's, the manifest's, the one that the component says.
///
/// # Errors
/// With all of them, if one differs.
pub fn same_version(wit: &Path, others: &[(&str, &str)]) -> Result<String> {
    let version = version(wit)?;
    if others.iter().all(|(_, other)| *other == version) {
        return Ok(version);
    }
    let all = others
        .iter()
        .map(|(place, other)| format!("{place}: {other}"));
    bail!(
        "versions differ: wit: {version}, {}",
        all.collect::<Vec<_>>().join(", ")
    )
}

/// The package as Markdown: one file for each interface and one for the world, by name.
///
/// # Errors
/// If it cannot be read, or an item has no documentation.
pub fn markdown(folder: &Path) -> Result<BTreeMap<String, String>> {
    let (resolve, id) = read(folder)?;
    let package = resolve.packages.get(id).context("no package")?;
    let mut files = BTreeMap::new();
    for (name, id) in &package.interfaces {
        let interface = resolve.interfaces.get(*id).context("no interface")?;
        files.insert(format!("{name}.md"), page(&resolve, name, interface)?);
    }
    let mut index = format!(
        "# `{}`\n\n{GENERATED}\n\n{}\n",
        package.name,
        docs("the package", &package.docs)?
    );
    for (name, id) in &package.worlds {
        let world = resolve.worlds.get(*id).context("no world")?;
        write!(
            index,
            "\n## World `{name}`\n\n{}\n\n",
            docs(name, &world.docs)?
        )?;
        for (key, item) in &world.exports {
            let (WorldKey::Interface(id), WorldItem::Interface { .. }) = (key, item) else {
                continue;
            };
            let interface = resolve.interfaces.get(*id).context("no interface")?;
            let full = resolve.id_of(*id).unwrap_or_default();
            let short = interface.name.clone().unwrap_or_default();
            let summary = interface.docs.contents.as_deref().unwrap_or_default();
            let summary = summary.lines().collect::<Vec<_>>().join(" ");
            if files.contains_key(&format!("{short}.md")) {
                writeln!(index, "- [`{short}`]({short}.md): {summary}")?;
            } else {
                writeln!(index, "- `{full}`: {summary}")?;
            }
        }
    }
    files.insert("README.md".to_owned(), index);
    Ok(files)
}

const GENERATED: &str = "<!-- Generated from wit/ by `cargo xtask conformance wit --write`. -->";

fn page(resolve: &Resolve, name: &str, interface: &Interface) -> Result<String> {
    let mut out = format!(
        "# Interface `{name}`\n\n{GENERATED}\n\n{}\n",
        docs(name, &interface.docs)?
    );
    let free: Vec<_> = interface
        .functions
        .values()
        .filter(|f| f.kind.resource().is_none())
        .collect();
    if !free.is_empty() {
        out.push_str("\n## Functions\n");
    }
    for function in free {
        signature(&mut out, resolve, function)?;
    }
    let types = interface
        .types
        .iter()
        .filter_map(|(name, id)| Some((name, *id, resolve.types.get(*id)?)));
    let own: Vec<_> = types
        .filter(|(_, _, ty)| !matches!(ty.kind, TypeDefKind::Type(Type::Id(_))))
        .collect();
    if !own.is_empty() {
        out.push_str("\n## Types\n");
    }
    for (name, id, ty) in own {
        write!(
            out,
            "\n### {} `{name}`\n\n{}\n",
            ty.kind.as_str(),
            docs(name, &ty.docs)?
        )?;
        let rows: Vec<(String, String, &Docs)> = members(resolve, ty);
        if !rows.is_empty() {
            let typed = matches!(ty.kind, TypeDefKind::Record(_) | TypeDefKind::Variant(_));
            out.push_str(if typed {
                "\n| name | type | |\n| --- | --- | --- |\n"
            } else {
                "\n| name | |\n| --- | --- |\n"
            });
            for (member, shown, text) in rows {
                let text = docs(&format!("{name}.{member}"), text)?
                    .replace('\n', " ")
                    .replace('|', "\\|");
                if typed {
                    writeln!(out, "| `{member}` | {shown} | {text} |")?;
                } else {
                    writeln!(out, "| `{member}` | {text} |")?;
                }
            }
        }
        for function in interface
            .functions
            .values()
            .filter(|f| f.kind.resource() == Some(id))
        {
            signature(&mut out, resolve, function)?;
        }
    }
    Ok(out)
}

fn members<'r>(resolve: &Resolve, ty: &'r TypeDef) -> Vec<(String, String, &'r Docs)> {
    match &ty.kind {
        TypeDefKind::Record(record) => record
            .fields
            .iter()
            .map(|field| {
                (
                    field.name.clone(),
                    format!("`{}`", shown(resolve, field.ty)),
                    &field.docs,
                )
            })
            .collect(),
        TypeDefKind::Variant(variant) => variant
            .cases
            .iter()
            .map(|case| {
                let ty = case.ty.map(|ty| format!("`{}`", shown(resolve, ty)));
                (case.name.clone(), ty.unwrap_or_default(), &case.docs)
            })
            .collect(),
        TypeDefKind::Enum(cases) => cases
            .cases
            .iter()
            .map(|case| (case.name.clone(), String::new(), &case.docs))
            .collect(),
        TypeDefKind::Flags(flags) => flags
            .flags
            .iter()
            .map(|flag| (flag.name.clone(), String::new(), &flag.docs))
            .collect(),
        _ => Vec::new(),
    }
}

fn signature(out: &mut String, resolve: &Resolve, function: &Function) -> Result<()> {
    let new = matches!(function.kind, FunctionKind::Constructor(_));
    let method = matches!(
        function.kind,
        FunctionKind::Method(_) | FunctionKind::AsyncMethod(_)
    );
    let parameters: Vec<_> = function
        .params
        .iter()
        .skip(usize::from(method))
        .map(|p| format!("{}: {}", p.name, shown(resolve, p.ty)))
        .collect();
    let result = function
        .result
        .filter(|_| !new)
        .map(|ty| format!(" -> {}", shown(resolve, ty)));
    write!(
        out,
        "\n### `{}({}){}`\n\n{}\n",
        if new {
            "constructor"
        } else {
            function.item_name()
        },
        parameters.join(", "),
        result.unwrap_or_default(),
        docs(&function.name, &function.docs)?
    )?;
    Ok(())
}

fn docs(item: &str, docs: &Docs) -> Result<String> {
    let text = docs.contents.as_deref().map(str::trim).unwrap_or_default();
    ensure!(!text.is_empty(), "{item} has no documentation");
    Ok(text.to_owned())
}

/// A type as WIT spells it.
fn shown(resolve: &Resolve, ty: Type) -> String {
    let Type::Id(id) = ty else {
        return match ty {
            Type::Bool => "bool".to_owned(),
            Type::String => "string".to_owned(),
            Type::Char => "char".to_owned(),
            number => format!("{number:?}").to_lowercase(),
        };
    };
    let Some(ty) = resolve.types.get(id) else {
        return String::new();
    };
    if let Some(name) = &ty.name {
        return name.clone();
    }
    let optional = |ty: Option<Type>| ty.map_or_else(|| "_".to_owned(), |ty| shown(resolve, ty));
    match &ty.kind {
        TypeDefKind::Option(some) => format!("option<{}>", shown(resolve, *some)),
        TypeDefKind::List(item) => format!("list<{}>", shown(resolve, *item)),
        TypeDefKind::Tuple(tuple) => {
            let all: Vec<_> = tuple.types.iter().map(|ty| shown(resolve, *ty)).collect();
            format!("tuple<{}>", all.join(", "))
        }
        TypeDefKind::Result(result) => match (result.ok, result.err) {
            (None, None) => "result".to_owned(),
            (ok, None) => format!("result<{}>", optional(ok)),
            (ok, err) => format!("result<{}, {}>", optional(ok), optional(err)),
        },
        TypeDefKind::Handle(Handle::Own(id)) => shown(resolve, Type::Id(*id)),
        TypeDefKind::Handle(Handle::Borrow(id)) => {
            format!("borrow<{}>", shown(resolve, Type::Id(*id)))
        }
        other => other.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const OLD: &str = "/// P.\npackage a:b@0.1.0;\n/// I.\ninterface i {\n /// R.\n record r { /// X.\n x: u8 }\n /// F.\n f: func(r: r) -> option<r>;\n}\n";
    const WORLD: &str = "/// W.\nworld plugin { export i; }\n";

    fn package(folder: &Path, text: &str) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("a.wit"), format!("{text}{WORLD}")).unwrap();
    }

    #[test]
    fn every_item_is_on_a_page() {
        let folder = tempfile::tempdir().unwrap();
        package(folder.path(), OLD);
        let page = &markdown(folder.path()).unwrap()["i.md"];
        assert!(
            page.contains("### `f(r: r) -> option<r>`") && page.contains("| `x` | `u8` | X. |"),
            "{page}"
        );
    }

    #[test]
    fn versions_that_differ_are_all_named() {
        let folder = tempfile::tempdir().unwrap();
        package(folder.path(), OLD);
        assert_eq!(
            same_version(folder.path(), &[("cargo", "0.1.0")]).unwrap(),
            "0.1.0"
        );
        let why = same_version(folder.path(), &[("cargo", "0.2.0")])
            .unwrap_err()
            .to_string();
        assert_eq!(why, "versions differ: wit: 0.1.0, cargo: 0.2.0");
    }
}
