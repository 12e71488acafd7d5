//! Edits a text so that it has a new value, and keeps all bytes that need not change.

use std::ops::Range;

use super::list_matching::{
    Positions, are_interchangeable, identity, match_items, positions, positions_of,
};
use super::lookup::{Lookup, count_kept};
use super::render::{SHORT, one_line, render, write_key};
use super::spans::{
    Body, Child, Lines, Node, ParsedText, Style, comment_end, is_blank, is_line_end,
    own_line_indent, skip_trivia,
};
use crate::document::Value;

/// Why a text cannot be edited, with the path of the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blocked {
    /// A key of the path occurs more than once.
    Duplicate(Vec<String>),
    /// An object of the path includes another file.
    Include(Vec<String>),
    /// The spans do not match the value. This is a defect of this module, found before it does harm.
    Mismatch,
}

/// The new text of a document. `old` is the value of `source`, `new` the wanted value.
pub(super) fn rewrite(
    source: &ParsedText<'_>,
    old: &Value,
    new: &Value,
) -> Result<String, Blocked> {
    let mut edits = Edits {
        text: source.text,
        lines: &source.lines,
        style: &source.style,
        removals: Vec::new(),
        insertions: Vec::new(),
        keys: Vec::new(),
    };
    edits.rewrite_value(&source.root, old, new)?;
    Ok(edits.apply())
}

/// One element of the new content of a list or an object.
enum Element<'v> {
    /// The present element at this position.
    Keep(usize),
    /// A new value; in an object with its key.
    New(Option<&'v str>, &'v Value),
    /// A present item that moves here: the span of its text.
    Moved(Range<usize>),
}

/// The order of insertions at one position: first those before a value, then the one that replaces the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Placement {
    Between,
    Instead,
}

struct Edits<'t> {
    text: &'t str,
    lines: &'t Lines,
    style: &'t Style,
    removals: Vec<Range<usize>>,
    /// Position, order at that position, and text.
    insertions: Vec<(usize, Placement, String)>,
    /// The path of the current value, for messages.
    keys: Vec<String>,
}

impl Edits<'_> {
    /// Removes a range of the text. `removals` is sorted.
    fn remove(&mut self, range: Range<usize>) {
        let at = self
            .removals
            .partition_point(|other| other.start <= range.start);
        self.removals.insert(at, range);
    }

    /// Inserts a text. `insertions` is sorted, and insertions at one position keep their order.
    fn insert(&mut self, place: usize, placement: Placement, text: String) {
        let at = self
            .insertions
            .partition_point(|(other, before, _)| (*other, *before) <= (place, placement));
        self.insertions.insert(at, (place, placement, text));
    }

    fn rewrite_value(&mut self, node: &Node, old: &Value, new: &Value) -> Result<(), Blocked> {
        if old == new {
            return Ok(());
        }
        match (&node.body, old, new) {
            (Body::Object(children), Value::Object(before), Value::Object(after)) => {
                match count_kept(before, after) {
                    Some(kept) => self.rewrite_object(node, children, before, after, kept),
                    None => self.replace(node, old, new),
                }
            }
            (Body::Array(children), Value::Array(old), Value::Array(new)) => {
                self.rewrite_array(node, children, old, new)
            }
            _ => self.replace(node, old, new),
        }
    }

    fn replace(&mut self, node: &Node, old: &Value, new: &Value) -> Result<(), Blocked> {
        self.no_include(old)?;
        let indent = self.lines.indent(self.text, node.span.start);
        let text = self.render_value(new, indent, false);
        self.remove(node.span.clone());
        self.insert(node.span.start, Placement::Instead, text);
        Ok(())
    }

    fn rewrite_object(
        &mut self,
        node: &Node,
        children: &[Child],
        old: &[(String, Value)],
        new: &[(String, Value)],
        kept: usize,
    ) -> Result<(), Blocked> {
        if old.iter().any(|(key, _)| key == "$include") {
            return Err(Blocked::Include(self.keys.clone()));
        }
        let (before, after) = (Lookup::new(old), Lookup::new(new));
        // Only an object with duplicate keys has more members in the text than in its value.
        let twins = (children.len() != old.len())
            .then(|| positions(children.iter().map(|child| child.key.clone())));
        let mut elements = Vec::with_capacity(children.len() + 1);
        let mut gone = false;
        for (n, child) in children.iter().enumerate() {
            let key = &child.key;
            let Some(was) = before.find(key) else {
                return Err(Blocked::Mismatch);
            };
            let wanted = after.find(key);
            if wanted == Some(was) {
                elements.push(Element::Keep(n));
                continue;
            }
            self.keys.push(key.clone());
            if twins
                .as_ref()
                .is_some_and(|all| positions_of(all, key).len() > 1)
            {
                return Err(Blocked::Duplicate(self.keys.clone()));
            }
            match wanted {
                Some(wanted) => {
                    self.rewrite_value(&child.value, was, wanted)?;
                    elements.push(Element::Keep(n));
                }
                None => {
                    self.no_include(was)?;
                    gone = true;
                }
            }
            self.keys.pop();
        }
        let added = new.iter().skip(kept);
        elements.extend(added.map(|(key, value)| Element::New(Some(key), value)));
        if gone || new.len() > kept {
            self.rewrite_container(node, children, &elements);
        }
        Ok(())
    }

    fn rewrite_array(
        &mut self,
        node: &Node,
        children: &[Child],
        old: &[Value],
        new: &[Value],
    ) -> Result<(), Blocked> {
        if children.len() != old.len() {
            return Err(Blocked::Mismatch);
        }
        let fits = || {
            old.iter()
                .zip(new)
                .all(|(left, right)| are_interchangeable(left, right))
        };
        let mut names = Positions::new();
        let places = if old.len() == new.len() && fits() {
            (0..old.len()).map(Some).collect()
        } else {
            names = positions(old.iter().map(identity));
            match_items(&names, old, new)
        };
        let mut used = vec![false; old.len()];
        for place in places.iter().flatten() {
            if let Some(flag) = used.get_mut(*place) {
                *flag = true;
            }
        }
        let mut elements = Vec::with_capacity(new.len());
        for (wanted, place) in new.iter().zip(&places) {
            if let Some(n) = *place
                && let (Some(item), Some(child)) = (old.get(n), children.get(n))
            {
                self.keys.push(format!("[{n}]"));
                self.rewrite_value(&child.value, item, wanted)?;
                self.keys.pop();
                elements.push(Element::Keep(n));
                continue;
            }
            // An item that is present at another position moves here with its text.
            let is_free =
                |n: &&usize| used.get(**n) == Some(&false) && old.get(**n) == Some(wanted);
            let mut there = positions_of(&names, &identity(wanted)).iter();
            let found = there.find(is_free);
            elements.push(
                match found.and_then(|n| Some((used.get_mut(*n)?, children.get(*n)?))) {
                    Some((flag, child)) => {
                        *flag = true;
                        Element::Moved(child.value.span.clone())
                    }
                    None => Element::New(None, wanted),
                },
            );
        }
        for (item, _) in old.iter().zip(&used).filter(|(_, used)| !**used) {
            self.no_include(item)?;
        }
        let unmoved = elements.len() == old.len() && places.iter().all(Option::is_some);
        if !unmoved {
            self.rewrite_container(node, children, &elements);
        }
        Ok(())
    }

    /// Refuses to remove or replace a value that includes another file.
    fn no_include(&self, value: &Value) -> Result<(), Blocked> {
        match value {
            Value::Object(entries) => entries.iter().try_for_each(|(key, value)| {
                if key == "$include" {
                    return Err(Blocked::Include(self.keys.clone()));
                }
                self.no_include(value)
            }),
            Value::Array(items) => items.iter().try_for_each(|item| self.no_include(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    /// Replaces the content of a list or an object. Comments between the elements stay where they are.
    fn rewrite_container(&mut self, node: &Node, children: &[Child], elements: &[Element<'_>]) {
        let (start, end) = (node.span.start + 1, node.span.end.saturating_sub(1));
        let gap_end = children.first().map_or(end, Child::start);
        let several_lines = self.slice(start..gap_end).contains(is_line_end);
        if !self.has_comments(start, end, children) {
            if elements.is_empty() {
                self.remove(start..end);
                return;
            }
            if children.is_empty() {
                self.remove(start..end);
                let text = self.render_content(node, elements);
                self.insert(start, Placement::Between, text);
                return;
            }
        }
        let base = self.lines.indent(self.text, node.span.start).to_owned();
        let indent = children
            .first()
            .and_then(|child| own_line_indent(self.text, child.start()))
            .map_or_else(|| format!("{base}{}", self.style.indent), str::to_owned);
        let trailing = children.last().is_some_and(|child| child.comma.is_some());
        // The positions of kept elements, which rise.
        let mut kept = Vec::new();
        let mut at = if several_lines {
            self.after_comments(start)
        } else {
            start
        };
        for (n, element) in elements.iter().enumerate() {
            let comma = trailing || n + 1 < elements.len();
            let text = match element {
                Element::Keep(n) => {
                    let Some(child) = children.get(*n) else {
                        continue;
                    };
                    kept.push(*n);
                    match child.comma {
                        None if comma => {
                            self.insert(child.value.span.end, Placement::Between, ",".to_owned());
                        }
                        Some(place) if !comma => self.remove(place..place + 1),
                        None | Some(_) => {}
                    }
                    at = if several_lines {
                        self.after_comments(child.end())
                    } else {
                        child.end()
                    };
                    continue;
                }
                Element::New(key, value) => {
                    let outer = if several_lines { &indent } else { &base };
                    let value = self.render_value(value, outer, !several_lines);
                    key.map_or_else(|| value.clone(), |key| self.render_member(key, &value))
                }
                Element::Moved(span) => self.slice(span.clone()).to_owned(),
            };
            let before = if several_lines {
                format!("{}{indent}", self.style.newline)
            } else if at == start && n == 0 {
                self.slice(start..gap_end)
                    .chars()
                    .take_while(|c| is_blank(*c))
                    .collect()
            } else {
                self.item_gap().to_owned()
            };
            let comma = if comma { "," } else { "" };
            self.insert(at, Placement::Between, format!("{before}{text}{comma}"));
        }
        for (n, child) in children.iter().enumerate() {
            if kept.binary_search(&n).is_err() {
                let at_end = kept.last().is_none_or(|last| *last < n);
                self.remove_child(child, start, at_end);
            }
        }
    }

    /// The text of the new content of a list or an object that was empty and had no comment.
    fn render_content(&self, node: &Node, elements: &[Element<'_>]) -> String {
        let mut entries = Vec::new();
        let mut items = Vec::new();
        for element in elements {
            match element {
                Element::New(Some(key), value) => {
                    entries.push(((*key).to_owned(), (*value).clone()))
                }
                Element::New(None, value) => items.push((*value).clone()),
                Element::Keep(_) | Element::Moved(_) => {}
            }
        }
        let value = match node.body {
            Body::Array(_) => Value::Array(items),
            Body::Object(_) | Body::Scalar => Value::Object(entries),
        };
        let text = self.render_value(&value, self.lines.indent(self.text, node.span.start), false);
        let mut inner = text.chars();
        inner.next();
        inner.next_back();
        inner.as_str().to_owned()
    }

    /// Removes an element. `at_end` says that all elements after it are removed too.
    fn remove_child(&mut self, child: &Child, container_start: usize, at_end: bool) {
        let value_end = child.value.span.end;
        if let Some(comma) = child.comma
            && !self.slice(value_end..comma).trim().is_empty()
        {
            // A comment stands between the value and its comma; it stays.
            self.remove(child.start()..value_end);
            self.remove(comma..comma + 1);
            return;
        }
        let before = self.slice(container_start..child.start());
        let line_start = container_start + before.trim_end_matches(is_blank).len();
        let begins_line = self
            .slice(container_start..line_start)
            .ends_with(is_line_end);
        let rest = self.slice(child.end()..self.text.len());
        let blanks = rest.len() - rest.trim_start_matches(is_blank).len();
        let after = child.end() + blanks;
        let line_end = line_end_length(rest.get(blanks..).unwrap_or_default());
        if begins_line && line_end > 0 {
            self.remove(line_start..after + line_end);
        } else if begins_line {
            self.remove(child.start()..after);
        } else if at_end {
            self.remove(line_start..child.end());
        } else {
            self.remove(child.start()..after);
        }
    }

    /// The end of the comments that begin on the same line; `at` if there is none.
    fn after_comments(&self, at: usize) -> usize {
        let mut end = at;
        let mut look = at;
        loop {
            match self.slice(look..self.text.len()).chars().next() {
                Some(c) if is_blank(c) => look += c.len_utf8(),
                Some('/') => match comment_end(self.text, look) {
                    Some(after) => {
                        look = after;
                        end = after;
                    }
                    None => return end,
                },
                _ => return end,
            }
        }
    }

    fn has_comments(&self, start: usize, end: usize, children: &[Child]) -> bool {
        let mut at = start;
        let mut found = false;
        for child in children {
            found |= !self.slice(at..child.start()).trim().is_empty();
            if let Some(comma) = child.comma {
                found |= !self.slice(child.value.span.end..comma).trim().is_empty();
            }
            at = child.end();
        }
        found || skip_trivia(self.text, at) != Some(end) || !self.slice(at..end).trim().is_empty()
    }

    /// A value as text: on one line if the document is on one line, or if that is preferred and the value is short; otherwise on
    /// several lines.
    fn render_value(&self, value: &Value, indent: &str, prefer_one_line: bool) -> String {
        if self.style.one_line || prefer_one_line {
            let out = one_line(value, self.style);
            if self.style.one_line || out.len() <= SHORT {
                return out;
            }
        }
        render(value, self.style, indent)
    }

    fn render_member(&self, key: &str, value: &str) -> String {
        let mut out = String::new();
        write_key(&mut out, key, self.style);
        out.push_str(value);
        out
    }

    fn item_gap(&self) -> &'static str {
        if self.style.colon_gap.is_empty() {
            ""
        } else {
            " "
        }
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn apply(self) -> String {
        let mut out = String::with_capacity(self.text.len() + 256);
        let mut at = 0;
        let mut put = self.insertions.into_iter().peekable();
        let mut copy = |out: &mut String, upto: usize, keep: bool, at: &mut usize| {
            while let Some((place, _, text)) = put.next_if(|(place, _, _)| *place <= upto) {
                if keep {
                    out.push_str(self.text.get(*at..place).unwrap_or_default());
                }
                *at = place.max(*at);
                out.push_str(&text);
            }
            if keep {
                out.push_str(self.text.get(*at..upto).unwrap_or_default());
            }
            *at = upto.max(*at);
        };
        for range in &self.removals {
            copy(&mut out, range.start.max(at), true, &mut at);
            copy(&mut out, range.end.max(at), false, &mut at);
        }
        copy(&mut out, self.text.len(), true, &mut at);
        out
    }
}

/// Length of the line end that a text begins with.
fn line_end_length(text: &str) -> usize {
    if text.starts_with("\r\n") {
        return 2;
    }
    text.chars()
        .next()
        .filter(|c| is_line_end(*c))
        .map_or(0, char::len_utf8)
}
