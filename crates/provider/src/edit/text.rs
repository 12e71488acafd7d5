//! Edits of the text: from the value that is there to the value that is wanted, touching nothing else.

use std::collections::BTreeMap;
use std::ops::Range;

use super::scan::{
    Body, Child, Lines, Node, Style, comment_end, is_blank, is_identifier, is_line_end,
    own_line_indent, skip_trivia,
};
use crate::catalog::canonical;
use crate::document::Value;
use crate::gather::gather;
use crate::quote;

/// Why a text cannot be edited, with the keys that lead to the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blocked {
    /// A key on the way is there more than once.
    Duplicate(Vec<String>),
    /// An object on the way takes part of its content from another file.
    Include(Vec<String>),
    /// The spans do not fit the value: a defect of this module, found before it did harm.
    Mismatch(Vec<String>),
}

/// New text of a whole document: `old` is what `text` means, `new` what it shall mean.
pub(super) fn rewrite(
    text: &str,
    lines: &Lines,
    root: &Node,
    style: &Style,
    old: &Value,
    new: &Value,
) -> Result<String, Blocked> {
    let mut edits = Edits {
        text,
        lines,
        style,
        cut: Vec::new(),
        put: Vec::new(),
        keys: Vec::new(),
    };
    edits.value(root, old, new)?;
    Ok(edits.apply())
}

/// A value as text, over several lines, for a place whose line is indented by `indent`.
pub(super) fn render(value: &Value, style: &Style, indent: &str) -> String {
    let mut out = String::new();
    lines(&mut out, value, style, indent);
    out
}

/// Longest value, in bytes, that may share its line where the document does that.
const SHORT: usize = 80;

/// One place of the new content of a list or an object.
enum Slot<'v> {
    /// What is there.
    Keep(usize),
    /// A new value, with its key in an object.
    New(Option<&'v str>, &'v Value),
    /// An item that is there, at another place.
    Moved(Range<usize>),
}

/// What comes first at one place: what is added before a value, then what stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Between,
    Instead,
}

struct Edits<'t> {
    text: &'t str,
    lines: &'t Lines,
    style: &'t Style,
    cut: Vec<Range<usize>>,
    /// Place, order among those at one place, and text.
    put: Vec<(usize, Order, String)>,
    /// The way to the value in hand, for messages.
    keys: Vec<String>,
}

impl Edits<'_> {
    /// Notes a range to leave out; the ranges are kept in order.
    fn cut(&mut self, range: Range<usize>) {
        let at = self.cut.partition_point(|other| other.start <= range.start);
        self.cut.insert(at, range);
    }

    /// Notes a text to put in; what was put first at a place stays first.
    fn put(&mut self, place: usize, order: Order, text: String) {
        let at = self
            .put
            .partition_point(|(other, before, _)| (*other, *before) <= (place, order));
        self.put.insert(at, (place, order, text));
    }

    fn value(&mut self, node: &Node, old: &Value, new: &Value) -> Result<(), Blocked> {
        if old == new {
            return Ok(());
        }
        match (&node.body, old, new) {
            (Body::Object(children), Value::Object(before), Value::Object(after)) => {
                match kept(before, after) {
                    Some(kept) => self.object(node, children, before, after, kept),
                    None => self.instead(node, old, new),
                }
            }
            (Body::Array(children), Value::Array(old), Value::Array(new)) => {
                self.array(node, children, old, new)
            }
            _ => self.instead(node, old, new),
        }
    }

    fn instead(&mut self, node: &Node, old: &Value, new: &Value) -> Result<(), Blocked> {
        self.no_include(old)?;
        let indent = self.lines.indent(self.text, node.span.start);
        let text = self.fitting(new, indent, false);
        self.cut(node.span.clone());
        self.put(node.span.start, Order::Instead, text);
        Ok(())
    }

    fn object(
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
        let (mut before, mut after) = (Lookup::new(old), Lookup::new(new));
        // An object means each of its keys once.
        let twins = (children.len() != old.len())
            .then(|| positions(children.iter().map(|child| child.key.clone())));
        let mut slots = Vec::with_capacity(children.len() + 1);
        let mut gone = false;
        for (n, child) in children.iter().enumerate() {
            let key = &child.key;
            let Some(was) = before.find(key) else {
                return Err(Blocked::Mismatch(self.keys.clone()));
            };
            let wanted = after.find(key);
            if wanted == Some(was) {
                slots.push(Slot::Keep(n));
                continue;
            }
            self.keys.push(key.clone());
            if twins.as_ref().is_some_and(|all| of(all, key).len() > 1) {
                return Err(Blocked::Duplicate(self.keys.clone()));
            }
            match wanted {
                Some(wanted) => {
                    self.value(&child.value, was, wanted)?;
                    slots.push(Slot::Keep(n));
                }
                None => {
                    self.no_include(was)?;
                    gone = true;
                }
            }
            self.keys.pop();
        }
        let added = new.iter().skip(kept);
        slots.extend(added.map(|(key, value)| Slot::New(Some(key), value)));
        if gone || new.len() > kept {
            self.container(node, children, &slots);
        }
        Ok(())
    }

    fn array(
        &mut self,
        node: &Node,
        children: &[Child],
        old: &[Value],
        new: &[Value],
    ) -> Result<(), Blocked> {
        if children.len() != old.len() {
            return Err(Blocked::Mismatch(self.keys.clone()));
        }
        let fits = || old.iter().zip(new).all(|(left, right)| fit(left, right));
        let mut names = Positions::new();
        let places = if old.len() == new.len() && fits() {
            (0..old.len()).map(Some).collect()
        } else {
            names = positions(old.iter().map(name));
            matched(&names, old, new)
        };
        let mut used = vec![false; old.len()];
        for place in places.iter().flatten() {
            if let Some(flag) = used.get_mut(*place) {
                *flag = true;
            }
        }
        let mut slots = Vec::with_capacity(new.len());
        for (wanted, place) in new.iter().zip(&places) {
            if let Some(n) = *place
                && let (Some(item), Some(child)) = (old.get(n), children.get(n))
            {
                self.keys.push(format!("[{n}]"));
                self.value(&child.value, item, wanted)?;
                self.keys.pop();
                slots.push(Slot::Keep(n));
                continue;
            }
            // An item that is there, but not in this order, moves with its text.
            let is_free = |n: &usize| used.get(*n) == Some(&false) && old.get(*n) == Some(wanted);
            let there = of(&names, &name(wanted)).iter().copied().find(is_free);
            match there.and_then(|n| Some((used.get_mut(n)?, children.get(n)?))) {
                Some((flag, child)) => {
                    *flag = true;
                    slots.push(Slot::Moved(child.value.span.clone()));
                }
                None => slots.push(Slot::New(None, wanted)),
            }
        }
        for (item, _) in old.iter().zip(&used).filter(|(_, used)| !**used) {
            self.no_include(item)?;
        }
        let unmoved = slots.len() == old.len() && places.iter().all(Option::is_some);
        if !unmoved {
            self.container(node, children, &slots);
        }
        Ok(())
    }

    /// Content that is taken from another file is never cut off.
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

    /// Puts the slots in place of a container's content. Comments between items stay where they are.
    fn container(&mut self, node: &Node, children: &[Child], slots: &[Slot<'_>]) {
        let (start, end) = (node.span.start + 1, node.span.end.saturating_sub(1));
        let gap_end = children.first().map_or(end, Child::start);
        let several_lines = self.slice(start..gap_end).contains(is_line_end);
        if !self.has_comments(start, end, children) {
            if slots.is_empty() {
                self.cut(start..end);
                return;
            }
            if children.is_empty() {
                self.cut(start..end);
                let text = self.fresh(node, slots);
                self.put(start, Order::Between, text);
                return;
            }
        }
        let base = self.lines.indent(self.text, node.span.start).to_owned();
        let indent = children
            .first()
            .and_then(|child| own_line_indent(self.text, child.start()))
            .map_or_else(|| format!("{base}{}", self.style.indent), str::to_owned);
        let trailing = children.last().is_some_and(|child| child.comma.is_some());
        let mut kept = vec![false; children.len()];
        let mut at = if several_lines {
            self.after_comments(start)
        } else {
            start
        };
        for (n, slot) in slots.iter().enumerate() {
            let comma = trailing || n + 1 < slots.len();
            let text = match slot {
                Slot::Keep(n) => {
                    let Some(child) = children.get(*n) else {
                        continue;
                    };
                    if let Some(flag) = kept.get_mut(*n) {
                        *flag = true;
                    }
                    match child.comma {
                        None if comma => {
                            self.put(child.value.span.end, Order::Between, ",".to_owned());
                        }
                        Some(place) if !comma => self.cut(place..place + 1),
                        None | Some(_) => {}
                    }
                    at = if several_lines {
                        self.after_comments(child.end())
                    } else {
                        child.end()
                    };
                    continue;
                }
                Slot::New(key, value) => {
                    let outer = if several_lines { &indent } else { &base };
                    let value = self.fitting(value, outer, !several_lines);
                    key.map_or_else(|| value.clone(), |key| self.member(key, &value))
                }
                Slot::Moved(span) => self.slice(span.clone()).to_owned(),
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
            self.put(at, Order::Between, format!("{before}{text}{comma}"));
        }
        let last_kept = kept.iter().rposition(|kept| *kept);
        for (n, (child, kept)) in children.iter().zip(kept).enumerate() {
            if !kept {
                let at_end = last_kept.is_none_or(|last| last < n);
                self.cut_child(child, start, at_end);
            }
        }
    }

    /// The content of a container that held nothing, not even a comment.
    fn fresh(&self, node: &Node, slots: &[Slot<'_>]) -> String {
        let mut entries = Vec::new();
        let mut items = Vec::new();
        for slot in slots {
            match slot {
                Slot::New(Some(key), value) => entries.push(((*key).to_owned(), (*value).clone())),
                Slot::New(None, value) => items.push((*value).clone()),
                Slot::Keep(_) | Slot::Moved(_) => {}
            }
        }
        let value = match node.body {
            Body::Array(_) => Value::Array(items),
            Body::Object(_) | Body::Scalar => Value::Object(entries),
        };
        let text = self.fitting(&value, self.lines.indent(self.text, node.span.start), false);
        let mut inner = text.chars();
        inner.next();
        inner.next_back();
        inner.as_str().to_owned()
    }

    /// `at_end` says that nothing that is kept follows.
    fn cut_child(&mut self, child: &Child, container_start: usize, at_end: bool) {
        let value_end = child.value.span.end;
        if let Some(comma) = child.comma
            && !self.slice(value_end..comma).trim().is_empty()
        {
            // A comment stands between the value and its comma; it stays.
            self.cut(child.start()..value_end);
            self.cut(comma..comma + 1);
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
            self.cut(line_start..after + line_end);
        } else if begins_line {
            self.cut(child.start()..after);
        } else if at_end {
            self.cut(line_start..child.end());
        } else {
            self.cut(child.start()..after);
        }
    }

    /// The end of the comments that begin on the same line; `at` where there is none.
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

    /// A value as text: on one line where the document or a short value wants that, else over several.
    fn fitting(&self, value: &Value, indent: &str, prefer_one_line: bool) -> String {
        if self.style.one_line || prefer_one_line {
            let mut out = String::new();
            one_line(&mut out, value, self.style);
            if self.style.one_line || out.len() <= SHORT {
                return out;
            }
        }
        render(value, self.style, indent)
    }

    fn member(&self, key: &str, value: &str) -> String {
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
        let mut put = self.put.into_iter().peekable();
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
        for range in &self.cut {
            copy(&mut out, range.start.max(at), true, &mut at);
            copy(&mut out, range.end.max(at), false, &mut at);
        }
        copy(&mut out, self.text.len(), true, &mut at);
        out
    }
}

/// Finds entries by key, at once where they are asked for in order.
pub(super) struct Lookup<'v> {
    entries: &'v [(String, Value)],
    /// Where the next one is looked for first.
    next: usize,
    /// Positions by key, once one was asked for out of order.
    index: Option<BTreeMap<&'v str, usize>>,
}

impl<'v> Lookup<'v> {
    pub(super) fn new(entries: &'v [(String, Value)]) -> Self {
        Self {
            entries,
            next: 0,
            index: None,
        }
    }

    pub(super) fn find(&mut self, key: &str) -> Option<&'v Value> {
        let entries = self.entries;
        let n = match entries.get(self.next) {
            Some((name, _)) if name == key => self.next,
            _ => {
                let keys = entries.iter().enumerate();
                let index = self
                    .index
                    .get_or_insert_with(|| gather(keys.map(|(n, (name, _))| (name.as_str(), n))));
                *index.get(key)?
            }
        };
        self.next = n + 1;
        entries.get(n).map(|(_, value)| value)
    }
}

/// Positions by text, in rising order.
type Positions = BTreeMap<String, Vec<usize>>;

/// The positions of texts.
fn positions(texts: impl Iterator<Item = String>) -> Positions {
    let mut positions = Positions::new();
    for (n, text) in texts.enumerate() {
        positions.entry(text).or_default().push(n);
    }
    positions
}

/// Those of one text.
fn of<'p>(positions: &'p Positions, text: &str) -> &'p [usize] {
    positions.get(text).map_or(&[], Vec::as_slice)
}

/// What an item is known by: the canonical `id` of a model, else the whole of it as text.
fn name(item: &Value) -> String {
    match item.get("id").and_then(Value::as_str) {
        Some(id) => format!("id {}", canonical(id)),
        None => super::draft::shown(item),
    }
}

/// For each new item the old one whose place it takes, in rising order: first those that stand for the same thing, then,
/// between them, pairs of which one can become the other. `names` are those of the old items.
fn matched(names: &Positions, old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    let mut next = 0;
    let mut places: Vec<Option<usize>> = Vec::with_capacity(new.len());
    for wanted in new {
        let known = of(names, &name(wanted));
        let found = known.get(known.partition_point(|n| *n < next)).copied();
        places.push(found);
        next = found.map_or(next, |n| n + 1);
    }
    let mut kinds: [Vec<usize>; 3] = Default::default();
    for (n, item) in old.iter().enumerate() {
        if let Some(kind) = kind(item).and_then(|kind| kinds.get_mut(kind)) {
            kind.push(n);
        }
    }
    // Before which old item each new one must stand.
    let mut until = old.len();
    let mut bounds: Vec<usize> = Vec::with_capacity(new.len());
    for place in places.iter().rev() {
        until = place.unwrap_or(until);
        bounds.push(until);
    }
    let mut from = 0;
    for ((place, wanted), until) in places.iter_mut().zip(new).zip(bounds.iter().rev()) {
        if place.is_none()
            && let Some(all) = kind(wanted).and_then(|kind| kinds.get(kind))
        {
            let found = all.get(all.partition_point(|n| *n < from)).copied();
            *place = found.filter(|n| n < until);
        }
        from = place.map_or(from, |place| place + 1);
    }
    places
}

/// Items of one kind may be edited into each other: texts and numbers, or containers that no `id` tells apart.
fn kind(item: &Value) -> Option<usize> {
    match item {
        Value::Object(_) => item.get("id").is_none().then_some(0),
        Value::Array(_) => Some(1),
        _ => Some(2),
    }
}

/// How many of an object's keys stay, where it can become the other by taking away, changing and adding at the end.
fn kept(old: &[(String, Value)], new: &[(String, Value)]) -> Option<usize> {
    let mut after = Lookup::new(new);
    let mut kept = 0;
    for (key, _) in old {
        if after.find(key).is_some() {
            if after.next != kept + 1 {
                return None;
            }
            kept += 1;
        }
    }
    Some(kept)
}

/// Whether two items stand for the same thing, equal or of one `id`, or may be edited into each other.
fn fit(left: &Value, right: &Value) -> bool {
    let kinds = (kind(left), kind(right));
    kinds.0.is_some() && kinds.0 == kinds.1 || left == right || name(left) == name(right)
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

fn write_key(out: &mut String, key: &str, style: &Style) {
    match style.key_quote {
        None if is_identifier(key) => out.push_str(key),
        None => out.push_str(&quote::text(key, style.quote)),
        Some(quote) => out.push_str(&quote::text(key, quote)),
    }
    out.push(':');
    out.push_str(&style.colon_gap);
}

fn one_line(out: &mut String, value: &Value, style: &Style) {
    let gap = if style.colon_gap.is_empty() { "" } else { " " };
    match value {
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                    out.push_str(gap);
                }
                one_line(out, item, style);
            }
            out.push(']');
        }
        Value::Object(entries) if !entries.is_empty() => {
            out.push('{');
            for (n, (key, value)) in entries.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                out.push_str(gap);
                write_key(out, key, style);
                one_line(out, value, style);
            }
            out.push_str(gap);
            out.push('}');
        }
        Value::Object(_) => out.push_str("{}"),
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(text) => out.push_str(text),
        Value::String(text) => out.push_str(&quote::text(text, style.quote)),
    }
}

fn lines(out: &mut String, value: &Value, style: &Style, indent: &str) {
    let inner = format!("{indent}{}", style.indent);
    let next = |out: &mut String, n: usize| {
        if n > 0 {
            out.push(',');
        }
        out.push_str(style.newline);
        out.push_str(&inner);
    };
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            if style.short_objects_on_one_line {
                let mut short = String::new();
                one_line(&mut short, value, style);
                if short.len() <= SHORT {
                    out.push_str(&short);
                    return;
                }
            }
            out.push('{');
            for (n, (key, value)) in entries.iter().enumerate() {
                next(out, n);
                write_key(out, key, style);
                lines(out, value, style, &inner);
            }
            out.push_str(style.newline);
            out.push_str(indent);
            out.push('}');
        }
        Value::Array(items) if items.iter().any(is_container) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                next(out, n);
                lines(out, item, style, &inner);
            }
            out.push_str(style.newline);
            out.push_str(indent);
            out.push(']');
        }
        _ => one_line(out, value, style),
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}
