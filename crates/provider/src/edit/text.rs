//! Edits of the text: from the value that is there to the value that is wanted, touching nothing else.

use std::collections::BTreeMap;
use std::ops::Range;

use super::scan::{
    Body, Child, Node, Style, comment_end, is_blank, is_identifier, is_line_end, line_indent,
    own_line_indent, skip_trivia,
};
use crate::catalogue::canonical;
use crate::document::Value;

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
    root: &Node,
    style: &Style,
    old: &Value,
    new: &Value,
) -> Result<String, Blocked> {
    let mut edits = Edits {
        text,
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

/// One place of the new content of a list or an object.
enum Slot<'v> {
    /// What is there.
    Keep(usize),
    /// A new value, with its key in an object.
    New(Option<&'v str>, &'v Value),
    /// An item that is there, at another place.
    Moved(Range<usize>),
}

struct Edits<'t> {
    text: &'t str,
    style: &'t Style,
    cut: Vec<Range<usize>>,
    put: Vec<(usize, String)>,
    /// The way to the value in hand, for messages.
    keys: Vec<String>,
}

impl Edits<'_> {
    fn value(&mut self, node: &Node, old: &Value, new: &Value) -> Result<(), Blocked> {
        if old == new {
            return Ok(());
        }
        match (&node.body, old, new) {
            (Body::Object(children), Value::Object(old), Value::Object(new)) => {
                self.object(node, children, old, new)
            }
            (Body::Array(children), Value::Array(old), Value::Array(new)) => {
                self.array(node, children, old, new)
            }
            _ => {
                self.no_include(old)?;
                let indent = line_indent(self.text, node.span.start);
                let text = self.fitting(new, indent, false);
                self.cut.push(node.span.clone());
                self.put.push((node.span.start, text));
                Ok(())
            }
        }
    }

    fn object(
        &mut self,
        node: &Node,
        children: &[Child],
        old: &[(String, Value)],
        new: &[(String, Value)],
    ) -> Result<(), Blocked> {
        let before: BTreeMap<&str, &Value> = by_key(old);
        let after: BTreeMap<&str, &Value> = by_key(new);
        if before.contains_key("$include") {
            return Err(Blocked::Include(self.keys.clone()));
        }
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for child in children {
            *seen.entry(child.key(self.text).into_owned()).or_default() += 1;
        }
        let mut slots = Vec::with_capacity(children.len() + 1);
        let mut gone = false;
        for (n, child) in children.iter().enumerate() {
            let key = child.key(self.text);
            let Some(was) = before.get(&*key) else {
                return Err(Blocked::Mismatch(self.keys.clone()));
            };
            let wanted = after.get(&*key);
            if wanted == Some(was) {
                slots.push(Slot::Keep(n));
                continue;
            }
            self.keys.push(key.clone().into_owned());
            if seen.get(&*key).is_some_and(|count| *count > 1) {
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
        let kept = slots.len();
        for (key, value) in new {
            if !before.contains_key(key.as_str()) {
                slots.push(Slot::New(Some(key), value));
            }
        }
        if gone || slots.len() > kept {
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
        // Items are matched in order as far as possible; one that is there but earlier moves with its text.
        let mut used = vec![false; old.len()];
        let mut next = 0;
        let mut slots = Vec::with_capacity(new.len());
        let mut changed = new.len() != old.len();
        for wanted in new {
            let free = |n: &usize| used.get(*n) == Some(&false);
            let same = |n: &usize| old.get(*n).is_some_and(|item| same_item(item, wanted));
            let found = (next..old.len())
                .find(|n| free(n) && same(n))
                .or_else(|| (0..next).find(|n| free(n) && same(n)));
            let place = found.and_then(|n| Some((n, old.get(n)?, children.get(n)?)));
            if let Some((n, item, child)) = place {
                if let Some(flag) = used.get_mut(n) {
                    *flag = true;
                }
                if n >= next {
                    self.keys.push(format!("[{n}]"));
                    self.value(&child.value, item, wanted)?;
                    self.keys.pop();
                    slots.push(Slot::Keep(n));
                    next = n + 1;
                    continue;
                }
                changed = true;
                if item == wanted {
                    slots.push(Slot::Moved(child.value.span.clone()));
                    continue;
                }
            }
            changed = true;
            slots.push(Slot::New(None, wanted));
        }
        for (item, _) in old.iter().zip(&used).filter(|(_, used)| !**used) {
            self.no_include(item)?;
        }
        if changed {
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
                self.cut.push(start..end);
                return;
            }
            if children.is_empty() {
                self.cut.push(start..end);
                let text = self.fresh(node, slots);
                self.put.push((start, text));
                return;
            }
        }
        let base = line_indent(self.text, node.span.start).to_owned();
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
                        None if comma => self.put.push((child.value.span.end, ",".to_owned())),
                        Some(place) if !comma => self.cut.push(place..place + 1),
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
            self.put.push((at, format!("{before}{text}{comma}")));
        }
        for (child, kept) in children.iter().zip(kept) {
            if !kept {
                self.cut_child(child, start);
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
        let text = self.fitting(&value, line_indent(self.text, node.span.start), false);
        let mut inner = text.chars();
        inner.next();
        inner.next_back();
        inner.as_str().to_owned()
    }

    fn cut_child(&mut self, child: &Child, container_start: usize) {
        let value_end = child.value.span.end;
        if let Some(comma) = child.comma
            && !self.slice(value_end..comma).trim().is_empty()
        {
            // A comment stands between the value and its comma; it stays.
            self.cut.push(child.start()..value_end);
            self.cut.push(comma..comma + 1);
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
            self.cut.push(line_start..after + line_end);
        } else if child.comma.is_some() {
            self.cut.push(child.start()..after);
        } else if begins_line {
            self.cut.push(child.start()..value_end);
        } else {
            self.cut.push(line_start..value_end);
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
        const SHORT: usize = 80;
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

    fn apply(mut self) -> String {
        // Both sorts are stable: what was put first at a place stays first.
        self.cut.sort_by_key(|range| range.start);
        self.put.sort_by_key(|(at, _)| *at);
        let mut out = String::with_capacity(self.text.len() + 256);
        let mut at = 0;
        let mut put = self.put.into_iter().peekable();
        let mut copy = |out: &mut String, upto: usize, keep: bool, at: &mut usize| {
            while let Some((place, text)) = put.next_if(|(place, _)| *place <= upto) {
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

fn by_key(entries: &[(String, Value)]) -> BTreeMap<&str, &Value> {
    entries
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect()
}

/// Whether two items stand for the same thing: equal, or objects whose `id` names the same model.
fn same_item(left: &Value, right: &Value) -> bool {
    let id = |value: &Value| value.get("id").and_then(Value::as_str).map(canonical);
    left == right || (id(left).is_some() && id(left) == id(right))
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
        None => quoted(out, key, style.quote),
        Some(quote) => quoted(out, key, quote),
    }
    out.push(':');
    out.push_str(&style.colon_gap);
}

/// A text in quotes. Only escapes that JSON has are used, so that a strict JSON file stays one.
fn quoted(out: &mut String, text: &str, quote: char) {
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 0x20 || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
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
        Value::String(text) => quoted(out, text, style.quote),
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
