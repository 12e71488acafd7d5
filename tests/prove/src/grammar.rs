//! Reads `tests/prove/documents.grammar`, whose head explains the notation, and expands its rules.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::document::{Assignment, Group};
use crate::random::Random;

/// The grammar of generated documents.
const TEXT: &str = include_str!("../documents.grammar");

/// A grammar: lists of values and rules, by name.
pub(crate) struct Grammar {
    lists: BTreeMap<&'static str, Vec<Value>>,
    rules: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Grammar {
    /// Reads the grammar of documents.
    pub(crate) fn read() -> Result<Self> {
        let mut lists = BTreeMap::new();
        let mut rules = BTreeMap::new();
        for block in TEXT.split("\n\n") {
            let lines = block.lines().map(str::trim);
            let mut lines = lines.filter(|line| !line.starts_with('#'));
            let Some(name) = lines.next().and_then(|line| line.strip_suffix(':')) else {
                continue;
            };
            if name.starts_with(|first: char| first.is_ascii_uppercase()) {
                let text = lines.collect::<Vec<_>>().join(" ");
                let values = serde_json::Deserializer::from_str(&text).into_iter();
                let values: Result<Vec<Value>, _> = values.collect();
                lists.insert(name, values.context(name)?);
            } else {
                rules.insert(name, lines.collect());
            }
        }
        Ok(Self { lists, rules })
    }

    /// The lines of a rule.
    pub(crate) fn rule(&self, name: &str) -> Result<&[&'static str]> {
        let lines = self.rules.get(name).map(Vec::as_slice);
        lines.with_context(|| format!("the grammar has no rule {name}"))
    }

    /// What the steps of a line put into a document.
    pub(crate) fn expand(&self, line: &str, random: &mut Random) -> Result<Group> {
        let mut expansion = Expansion {
            grammar: self,
            random,
            drawn: BTreeMap::new(),
            group: Vec::new(),
        };
        expansion.steps(line).with_context(|| line.to_owned())?;
        Ok(expansion.group)
    }

    /// One of the texts of a list; an empty one where there is no such list.
    pub(crate) fn text(&self, list: &str, random: &mut Random) -> &str {
        let list = self.lists.get(list).map_or(&[][..], Vec::as_slice);
        let value = list.get(random.below(list.len()));
        value.and_then(Value::as_str).unwrap_or_default()
    }
}

/// A step that is being expanded.
struct Expansion<'a> {
    grammar: &'a Grammar,
    random: &'a mut Random,
    /// Values that were drawn for later, by name.
    drawn: BTreeMap<&'a str, Value>,
    group: Group,
}

impl<'a> Expansion<'a> {
    fn rule(&mut self, name: &str) -> Result<()> {
        let mut rest = self.grammar.rule(name)?;
        while let [line, after @ ..] = rest {
            let count = rest.iter().take_while(|line| line.starts_with('|')).count();
            if count == 0 {
                self.steps(line)?;
                rest = after;
            } else {
                let (choice, after) = rest.split_at(count);
                self.choose(choice)?;
                rest = after;
            }
        }
        Ok(())
    }

    /// Takes one of several alternatives.
    fn choose(&mut self, lines: &[&'a str]) -> Result<()> {
        let mut choices = Vec::new();
        for line in lines {
            let (weight, steps) = line[1..].split_once(' ').context("no steps")?;
            let weight: usize = if weight.is_empty() {
                1
            } else {
                weight.parse()?
            };
            choices.extend(std::iter::repeat_n(steps, weight));
        }
        let steps = self.random.of(&choices);
        self.steps(steps)
    }

    fn steps(&mut self, steps: &'a str) -> Result<()> {
        steps.split("; ").try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &'a str) -> Result<()> {
        if let Some((chance, steps)) = step
            .strip_prefix("1 in ")
            .and_then(|rest| rest.split_once(": "))
        {
            let (then, otherwise) = steps.split_once(" else ").unwrap_or((steps, "-"));
            let is_taken = self.random.one_in(chance.parse()?);
            return self.step(if is_taken { then } else { otherwise });
        }
        if let Some(rule) = step.strip_prefix('@') {
            return self.rule(rule);
        }
        if let Some((name, value)) = step.split_once(" := ") {
            let value = self.value(value)?;
            self.drawn.insert(name, value);
        } else if step != "-" {
            let (path, value) = step.split_once(" = ").context("not a step")?;
            let path = self.path(path)?;
            let value = self.value(value)?;
            self.group.push(Assignment { path, value });
        }
        Ok(())
    }

    /// The keys of a path.
    fn path(&mut self, template: &'a str) -> Result<Vec<String>> {
        let text = self.filled(template, |value| {
            value.as_str().unwrap_or_default().to_owned()
        })?;
        let mut keys = Vec::new();
        for (n, part) in text.split('"').enumerate() {
            match n % 2 {
                0 => keys.extend(
                    part.split('.')
                        .filter(|key| !key.is_empty())
                        .map(str::to_owned),
                ),
                _ => keys.push(part.to_owned()),
            }
        }
        Ok(keys)
    }

    fn value(&mut self, template: &'a str) -> Result<Value> {
        Ok(serde_json::from_str(
            &self.filled(template, Value::to_string)?,
        )?)
    }

    /// A template with a value in each of its places.
    fn filled(&mut self, template: &'a str, show: fn(&Value) -> String) -> Result<String> {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('<') {
            let (inner, after) = after.split_once('>').context("no end of a place")?;
            out += before;
            out += &show(&self.draw(inner)?);
            rest = after;
        }
        Ok(out + rest)
    }

    /// The value of a place.
    fn draw(&mut self, place: &str) -> Result<Value> {
        if let Some(value) = self.drawn.get(place) {
            return Ok(value.clone());
        }
        let (name, end) = match place.split_once('*') {
            Some((name, end)) => (name, Some(end)),
            None => (place, None),
        };
        if let Some(list) = self.grammar.lists.get(name) {
            let one = |random: &mut Random| list[random.below(list.len())].clone();
            let Some(end) = end else {
                return Ok(one(self.random));
            };
            let count = self.random.below(end.parse()?);
            return Ok((0..count).map(|_| one(self.random)).collect());
        }
        let choices: Vec<&str> = place.split(" | ").collect();
        Ok(serde_json::from_str(self.random.of(&choices))?)
    }
}
