//! Writes the types of the interface (`wit/`) as Rust types, which this crate and the bindings of `crates/plugin` share.
#![allow(
    clippy::indexing_slicing,
    reason = "an id is from the package that it is looked up in"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use wit_parser::{Docs, Resolve, Type, TypeDefKind, TypeId, TypeOwner};

const FOLDER: &str = "../../wit";

/// Enums whose first case is meant where nothing is said.
const WITH_DEFAULT: &[&str] = &["token-state"];

/// Writes a module for each interface, and a macro that gives their types to the generator of the bindings.
pub(crate) fn write_types() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build/wit.rs");
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut resolve = Resolve::new();
    let (package, _) = resolve.push_dir(FOLDER)?;
    let (mut modules, mut with) = (String::new(), String::new());
    for (module, id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[*id];
        let full_name = resolve.id_of(*id).ok_or("an interface without a name")?;
        modules += &docs(&interface.docs);
        writeln!(modules, "pub mod {module} {{")?;
        for (name, id) in &interface.types {
            let Some(definition) = definition(&resolve, *id)? else {
                continue;
            };
            modules += &docs(&resolve.types[*id].docs);
            modules += &definition;
            let rust = camel(name);
            writeln!(
                with,
                "\"{full_name}/{name}\": claude_proxy_provider::wit::{module}::{rust},"
            )?;
        }
        modules += "}\n";
    }
    let text = format!(
        "{modules}
        /// Generates the bindings of the component, which take these types as they are.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! component_bindings {{
            () => {{
                wit_bindgen::generate!({{ path: {FOLDER:?}, world: \"plugin\", generate_all, with: {{ {with} }} }});
            }};
        }}\n"
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("wit.rs"), text)?;
    Ok(())
}

fn docs(docs: &Docs) -> String {
    let lines = docs.contents.iter().flat_map(|text| text.lines());
    lines.map(|line| format!("/// {line}\n")).collect()
}

/// `ListedModel` for `listed-model`.
fn camel(name: &str) -> String {
    let words = name.split('-').filter_map(|word| word.split_at_checked(1));
    words
        .map(|(first, rest)| first.to_uppercase() + rest)
        .collect()
}

/// A record, a variant or an enum as Rust; `None` for a type that is none of them. JSON has its names in camel case, its cases as they are, and a
/// case with a value as `{"kind", "value"}`.
fn definition(resolve: &Resolve, id: TypeId) -> Result<Option<String>, Box<dyn Error>> {
    let name = camel(resolve.types[id].name.as_deref().unwrap_or_default());
    let mut derived =
        "Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize".to_owned();
    let mut members = String::new();
    Ok(Some(match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            for field in &record.fields {
                members += &docs(&field.docs);
                let name = field.name.replace('-', "_");
                writeln!(members, "pub {name}: {},", rust(resolve, &field.ty)?)?;
            }
            let mut serde = "rename_all = \"camelCase\", deny_unknown_fields".to_owned();
            if has_default(resolve, &Type::Id(id)) {
                derived += ", Default";
                serde += ", default";
            }
            format!("#[derive({derived})]\n#[serde({serde})]\npub struct {name} {{\n{members}}}\n")
        }
        TypeDefKind::Variant(variant) => {
            for case in &variant.cases {
                members += &docs(&case.docs);
                let value = case.ty.map(|ty| rust(resolve, &ty)).transpose()?;
                let value = value.map_or_else(String::new, |ty| format!("({ty})"));
                writeln!(members, "{}{value},", camel(&case.name))?;
            }
            let serde = "rename_all = \"kebab-case\", tag = \"kind\", content = \"value\"";
            format!("#[derive({derived})]\n#[serde({serde})]\npub enum {name} {{\n{members}}}\n")
        }
        TypeDefKind::Enum(cases) => {
            derived += ", Copy, PartialOrd, Ord";
            if has_default(resolve, &Type::Id(id)) {
                derived += ", Default";
                members += "#[default]\n";
            }
            let mut lifted = String::new();
            for (number, case) in cases.cases.iter().enumerate() {
                let pattern = match number + 1 == cases.cases.len() {
                    true => "_".to_owned(),
                    false => number.to_string(),
                };
                writeln!(lifted, "{pattern} => Self::{},", camel(&case.name))?;
                // The docs of the first case follow its attribute.
                members += &docs(&case.docs);
                writeln!(members, "{},", camel(&case.name))?;
            }
            format!(
                "#[derive({derived})]\n#[serde(rename_all = \"kebab-case\")]\npub enum {name} {{\n{members}}}
                impl {name} {{
                    /// The case of a number, for the bindings; the last one stands for every other number, of which a host cannot send one.
                    #[doc(hidden)]
                    pub fn _lift(number: u8) -> Self {{ match number {{ {lifted} }} }}
                }}\n"
            )
        }
        _ => return Ok(None),
    }))
}

/// Whether a type has a value that stands for nothing said.
fn has_default(resolve: &Resolve, ty: &Type) -> bool {
    let Type::Id(id) = ty else { return true };
    let definition = &resolve.types[*id];
    match &definition.kind {
        TypeDefKind::Option(_) | TypeDefKind::List(_) => true,
        TypeDefKind::Type(ty) => has_default(resolve, ty),
        TypeDefKind::Record(of) => of.fields.iter().all(|one| has_default(resolve, &one.ty)),
        _ => WITH_DEFAULT
            .iter()
            .any(|name| definition.name.as_deref() == Some(name)),
    }
}

/// How Rust writes a type.
fn rust(resolve: &Resolve, ty: &Type) -> Result<String, Box<dyn Error>> {
    let of = |ty: &Type| rust(resolve, ty);
    let unknown = |ty: String| Err(format!("no such type is known here: {ty}").into());
    let id = match ty {
        Type::Bool => return Ok("bool".to_owned()),
        Type::U8 => return Ok("u8".to_owned()),
        Type::U16 => return Ok("u16".to_owned()),
        Type::U32 => return Ok("u32".to_owned()),
        Type::U64 => return Ok("u64".to_owned()),
        Type::S32 => return Ok("i32".to_owned()),
        Type::String => return Ok("String".to_owned()),
        Type::Id(id) => *id,
        other => return unknown(format!("{other:?}")),
    };
    let definition = &resolve.types[id];
    Ok(
        match (&definition.kind, &definition.name, definition.owner) {
            (TypeDefKind::Type(ty), ..) => of(ty)?,
            (_, Some(name), TypeOwner::Interface(owner)) => {
                let module = resolve.interfaces[owner].name.as_deref();
                format!("super::{}::{}", module.unwrap_or_default(), camel(name))
            }
            (TypeDefKind::Option(ty), ..) => format!("Option<{}>", of(ty)?),
            (TypeDefKind::List(ty), ..) => format!("Vec<{}>", of(ty)?),
            (TypeDefKind::Tuple(tuple), ..) => {
                let types: Result<Vec<_>, _> = tuple.types.iter().map(of).collect();
                format!("({})", types?.join(", "))
            }
            (TypeDefKind::Result(result), ..)
                if let (Some(ok), Some(err)) = (&result.ok, &result.err) =>
            {
                format!("Result<{}, {}>", of(ok)?, of(err)?)
            }
            (kind, ..) => return unknown(format!("{kind:?}")),
        },
    )
}
