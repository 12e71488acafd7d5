//! Canonical JSON and the JSON that serde makes of the types of `crates/host`, each turned into the other. What a name is (a record's
//! member, a case of an enum or of a variant) is read from the component's own types.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value};
use wasmtime::component::Type;

/// Which of the two JSON forms a value is turned into.
#[derive(Clone, Copy)]
pub(crate) enum To {
    /// `base_url`, `NotEnforced`, `{"Refused": …}`.
    Serde,
    /// `baseUrl`, `not-enforced`, `{"kind": "refused", "value": …}`.
    Canonical,
}

impl To {
    /// Turns a value of a type into this form. Fails where the value does not have exactly the shape of the type.
    pub(crate) fn shape(self, ty: &Type, value: &Value) -> Result<Value> {
        let unfit = || format!("{value} is no {ty:?}");
        Ok(match ty {
            Type::Bool | Type::U16 | Type::U32 | Type::U64 | Type::S32 | Type::String => {
                value.clone()
            }
            Type::Option(_) if value.is_null() => Value::Null,
            Type::Option(some) => self.shape(&some.ty(), value)?,
            Type::List(list) => {
                let items = value.as_array().with_context(unfit)?.iter();
                items
                    .map(|item| self.shape(&list.ty(), item))
                    .collect::<Result<_>>()?
            }
            Type::Tuple(tuple) => {
                let items = value.as_array().with_context(unfit)?;
                ensure!(items.len() == tuple.types().len(), unfit());
                let typed = tuple.types().zip(items);
                typed
                    .map(|(ty, item)| self.shape(&ty, item))
                    .collect::<Result<_>>()?
            }
            Type::Record(record) => {
                let members = value.as_object().with_context(unfit)?;
                ensure!(members.len() == record.fields().len(), unfit());
                let mut out = Map::new();
                for field in record.fields() {
                    let (serde, canonical) = (snake(field.name), camel(field.name));
                    let (from, to) = self.order(serde, canonical);
                    let member = members.get(&from).with_context(unfit)?;
                    out.insert(to, self.shape(&field.ty, member)?);
                }
                Value::Object(out)
            }
            Type::Enum(cases) => {
                let given = value.as_str().with_context(unfit)?;
                let case = cases.names().find_map(|name| {
                    let (from, to) = self.order(pascal(name), name.to_owned());
                    (from == given).then_some(to)
                });
                Value::String(case.with_context(unfit)?)
            }
            Type::Variant(variant) => {
                let (given, payload) = self.opened(value).with_context(unfit)?;
                for case in variant.cases() {
                    let (from, to) = self.order(pascal(case.name), case.name.to_owned());
                    if from == given {
                        let payload = match (case.ty, payload) {
                            (Some(ty), Some(payload)) => Some(self.shape(&ty, payload)?),
                            (None, None) => None,
                            _ => bail!(unfit()),
                        };
                        return Ok(self.closed(to, payload));
                    }
                }
                bail!(unfit())
            }
            other => bail!("{other:?} is not in this package"),
        })
    }

    /// The name to read and the name to write.
    fn order(self, serde: String, canonical: String) -> (String, String) {
        match self {
            Self::Serde => (canonical, serde),
            Self::Canonical => (serde, canonical),
        }
    }

    /// The case and the payload of a variant in the other form.
    fn opened(self, value: &Value) -> Option<(&str, Option<&Value>)> {
        match self {
            Self::Serde => Some((value.get("kind")?.as_str()?, value.get("value"))),
            Self::Canonical => match value {
                Value::String(case) => Some((case, None)),
                Value::Object(one) if one.len() == 1 => one
                    .iter()
                    .next()
                    .map(|(case, value)| (case.as_str(), Some(value))),
                _ => None,
            },
        }
    }

    /// A variant in this form.
    fn closed(self, case: String, payload: Option<Value>) -> Value {
        let mut out = Map::new();
        match (self, payload) {
            (Self::Serde, None) => return Value::String(case),
            (Self::Serde, Some(payload)) => {
                out.insert(case, payload);
            }
            (Self::Canonical, payload) => {
                out.insert("kind".to_owned(), Value::String(case));
                out.extend(payload.map(|payload| ("value".to_owned(), payload)));
            }
        }
        Value::Object(out)
    }
}

/// `base-url` is `base_url` in Rust.
fn snake(name: &str) -> String {
    name.replace('-', "_")
}

/// `base-url` is `baseUrl` in canonical JSON.
pub(crate) fn camel(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    first + &words.map(capital).collect::<String>()
}

/// `not-enforced` is `NotEnforced` in Rust.
fn pascal(name: &str) -> String {
    name.split('-').map(capital).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
