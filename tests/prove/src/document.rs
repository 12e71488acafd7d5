//! A generated document: changes to an empty configuration, kept as a list so that a failing one can be made smaller.

use std::collections::BTreeMap;

use harness::versions;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A value at a place. Later ones replace earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assignment {
    /// Keys from the root.
    pub(crate) path: Vec<String>,
    /// The value.
    pub(crate) value: Value,
}

/// Assignments that belong together: they come and go as one.
pub(crate) type Group = Vec<Assignment>;

/// A document and what lies beside it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Document {
    /// The groups, in order: the order of keys in the text is that of the assignments.
    pub(crate) groups: Vec<Group>,
    /// Keys at the root whose values are moved into included files.
    pub(crate) included: Vec<String>,
    /// Files of the state directory, by name.
    pub(crate) state: BTreeMap<String, String>,
}

/// The text of a document, and its included files by name.
pub(crate) struct Text {
    /// The main file.
    pub(crate) main: String,
    /// Included files.
    pub(crate) files: BTreeMap<String, String>,
}

/// An object with its keys in order; of two that are the same both are written.
#[derive(Debug, Default)]
struct Tree(Vec<(String, Node)>);

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Node {
    Object(Tree),
    Leaf(Value),
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, node)| (key, node)))
    }
}

impl Tree {
    fn assign(&mut self, path: &[String], value: &Value) {
        let [key, rest @ ..] = path else { return };
        let known = self.0.iter().position(|(known, _)| known == key);
        let place = known.unwrap_or_else(|| {
            self.0.push((key.clone(), Node::Leaf(Value::Null)));
            self.0.len() - 1
        });
        let node = &mut self.0[place].1;
        if rest.is_empty() {
            *node = Node::Leaf(value.clone());
            return;
        }
        if !matches!(node, Node::Object(_)) {
            *node = Node::Object(Self::default());
        }
        if let Node::Object(inner) = node {
            inner.assign(rest, value);
        }
    }

    /// Assigns a value, an object member by member.
    fn assign_all(&mut self, path: &[String], value: &Value) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (key, value) in members {
                    self.assign_all(&[path, std::slice::from_ref(key)].concat(), value);
                }
            }
            value => self.assign(path, value),
        }
    }

    fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Document {
    /// Writes it out, as versions before 2026.8 want it or as the present ones do.
    pub(crate) fn text(&self, of_former: bool) -> Text {
        let mut tree = Tree::default();
        for put in self.groups.iter().flatten() {
            tree.assign(&put.path, &put.value);
        }
        if of_former {
            let mut config = serde_json::to_value(&tree).unwrap_or_default();
            versions::to_former_layout(&mut config);
            tree = Tree::default();
            for (key, value) in config.as_object().into_iter().flatten() {
                tree.assign_all(std::slice::from_ref(key), value);
            }
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
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut without = |remove: &dyn Fn(&mut Self)| {
            let mut less = self.clone();
            remove(&mut less);
            all.push(less);
        };
        for n in 0..self.groups.len() {
            without(&|less| drop(less.groups.remove(n)));
        }
        for (n, group) in self
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.len() > 1)
        {
            for m in 0..group.len() {
                without(&|less| drop(less.groups[n].remove(m)));
            }
        }
        for n in 0..self.included.len() {
            without(&|less| drop(less.included.remove(n)));
        }
        for name in self.state.keys() {
            without(&|less| drop(less.state.remove(name)));
        }
        all
    }
}
