//! A generated document: changes to an empty configuration, kept as a list so that a failing one can be made smaller.

use std::collections::BTreeMap;

use serde_json::Value;

/// One value at a place. Later ones replace earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Put {
    /// Keys from the root.
    pub(super) path: Vec<String>,
    /// The value.
    pub(super) value: Value,
}

/// Puts that belong together: they come and go as one.
pub(super) type Group = Vec<Put>;

/// A document and what lies beside it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Document {
    /// The groups, in order: the order of keys in the text is that of the puts.
    pub(super) groups: Vec<Group>,
    /// Keys at the root whose values are moved into included files.
    pub(super) included: Vec<String>,
    /// Files of the state directory, by name.
    pub(super) state: BTreeMap<String, String>,
}

/// The text of a document, and its included files by name.
pub(super) struct Text {
    /// The main file.
    pub(super) main: String,
    /// Included files.
    pub(super) files: BTreeMap<String, String>,
}

/// An object with its keys in order.
#[derive(Debug, Default)]
struct Tree(Vec<(String, Node)>);

#[derive(Debug)]
enum Node {
    Object(Tree),
    Leaf(Value),
    /// Items with an id each, written as a list.
    List(Tree),
}

impl Tree {
    fn put(&mut self, path: &[String], value: &Value) {
        let [key, rest @ ..] = path else { return };
        let place = match self.0.iter().position(|(known, _)| known == key) {
            Some(place) => place,
            None => {
                self.0.push((key.clone(), Node::Leaf(Value::Null)));
                self.0.len() - 1
            }
        };
        let Some((_, node)) = self.0.get_mut(place) else {
            return;
        };
        if rest.is_empty() {
            *node = Node::Leaf(value.clone());
            return;
        }
        if !matches!(node, Node::Object(_)) {
            *node = Node::Object(Self::default());
        }
        if let Node::Object(inner) = node {
            inner.put(rest, value);
        }
    }

    /// Turns the agents' entries into a list.
    fn list_agents(&mut self) {
        let agents = self.0.iter_mut().find(|(key, _)| key == "agents");
        let Some((_, Node::Object(agents))) = agents else {
            return;
        };
        for (key, node) in &mut agents.0 {
            let entries = match node {
                _ if key != "entries" => continue,
                Node::Object(tree) => std::mem::take(tree),
                Node::Leaf(Value::Object(entries)) => {
                    let entry =
                        |(id, value): (&String, &Value)| (id.clone(), Node::Leaf(value.clone()));
                    Tree(entries.iter().map(entry).collect())
                }
                Node::Leaf(_) | Node::List(_) => continue,
            };
            "list".clone_into(key);
            *node = Node::List(entries);
        }
    }

    /// The items of a list, each with its key as `id`.
    fn items(&self) -> String {
        let items: Vec<String> = self
            .0
            .iter()
            .map(|(id, node)| {
                let text = match node {
                    Node::Object(tree) | Node::List(tree) => tree.text(),
                    Node::Leaf(value) => value.to_string(),
                };
                let rest = text.strip_prefix('{').unwrap_or("}");
                let comma = if rest == "}" { "" } else { "," };
                format!("{{\"id\":{}{comma}{rest}", Value::from(id.as_str()))
            })
            .collect();
        format!("[{}]", items.join(","))
    }

    fn text(&self) -> String {
        let members: Vec<String> = self
            .0
            .iter()
            .map(|(key, node)| {
                let value = match node {
                    Node::Object(tree) => tree.text(),
                    Node::Leaf(value) => value.to_string(),
                    Node::List(tree) => tree.items(),
                };
                format!("{}:{value}", Value::from(key.as_str()))
            })
            .collect();
        format!("{{{}}}", members.join(","))
    }
}

/// Where a version before 2026.8 keeps what stands at these keys.
fn former(path: &[String]) -> Vec<String> {
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    let generation;
    let (head, rest): (&[&str], &[&str]) = match keys.as_slice() {
        ["memory", "search", rest @ ..] => (&["agents", "defaults", "memorySearch"], rest),
        ["agents", "entries", id, "memory", "search", rest @ ..] => {
            (&["agents", "entries", id, "memorySearch"], rest)
        }
        ["tts", rest @ ..] => (&["messages", "tts"], rest),
        ["agents", "defaults", "mediaModels", kind, rest @ ..] => {
            generation = format!("{kind}GenerationModel");
            (&["agents", "defaults", &generation], rest)
        }
        rest => (&[], rest),
    };
    head.iter()
        .chain(rest)
        .map(|key| (*key).to_owned())
        .collect()
}

/// Whether a version before 2026.8 takes a place; it refuses a file with one that it does not.
fn in_former(path: &[String]) -> bool {
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    !matches!(
        keys.as_slice(),
        ["agents", .., "modelPolicy", _]
            | ["agents", "defaults", "decisionModel"]
            | ["agents", "defaults", "embeddedAgent", ..]
            | ["gateway", "cliAgents", _]
    )
}

impl Document {
    /// Writes it out, as versions before 2026.8 want it or as the present ones do.
    pub(super) fn text(&self, of_former: bool) -> Text {
        let mut tree = Tree::default();
        for put in self.groups.iter().flatten() {
            if !of_former {
                tree.put(&put.path, &put.value);
            } else if in_former(&put.path) {
                tree.put(&former(&put.path), &put.value);
            }
        }
        if of_former {
            tree.list_agents();
        }
        let mut files = BTreeMap::new();
        for (key, node) in &mut tree.0 {
            if let (true, Node::Object(inner)) = (self.included.contains(key), &*node) {
                let name = format!("{key}.json5");
                files.insert(name.clone(), inner.text());
                *node = Node::Object(Tree(vec![(
                    "$include".to_owned(),
                    Node::Leaf(Value::from(format!("./{name}"))),
                )]));
            }
        }
        Text {
            main: tree.text(),
            files,
        }
    }

    /// Every document that is one step smaller.
    pub(super) fn smaller(&self) -> impl Iterator<Item = Self> {
        let groups = (0..self.groups.len()).map(|n| {
            let mut less = self.clone();
            less.groups.remove(n);
            less
        });
        let puts = self.groups.iter().enumerate().flat_map(move |(n, group)| {
            (0..group.len()).filter_map(move |m| {
                let mut less = self.clone();
                let inner = less.groups.get_mut(n).filter(|inner| inner.len() > 1)?;
                inner.remove(m);
                Some(less)
            })
        });
        let included = (0..self.included.len()).map(|n| {
            let mut less = self.clone();
            less.included.remove(n);
            less
        });
        let state = self.state.keys().map(|name| {
            let mut less = self.clone();
            less.state.remove(name);
            less
        });
        groups.chain(puts).chain(included).chain(state)
    }
}
