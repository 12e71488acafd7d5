//! The keys that OpenClaw's schema takes, at any depth: `data/keys.txt`, packed by `build.rs`.

use zerotrie::ZeroTrieSimpleAscii;

use super::version::Version;

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));

/// What stands for any other key, and for a list's items.
const OTHER: usize = 0;
const ITEMS: usize = 1;

/// What a version takes at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    version: Version,
    /// Where its lines begin; nowhere where anything goes.
    at: Option<u16>,
}

impl Shape {
    /// That of a whole configuration.
    pub(crate) fn root(version: Version) -> Self {
        Self {
            version,
            at: Some(0),
        }
    }

    /// Whether anything goes.
    pub(crate) fn is_any(self) -> bool {
        self.at.is_none()
    }

    /// That of what stands under a key; `None` where the key is refused.
    pub(crate) fn key(self, key: &str) -> Option<Self> {
        match ZeroTrieSimpleAscii::from_bytes(NAMES).get(key) {
            Some(name) if name != ITEMS => self.find(name, OTHER),
            _ => self.find(OTHER, OTHER),
        }
    }

    /// That of a list's items.
    pub(crate) fn item(self) -> Self {
        self.find(ITEMS, ITEMS).unwrap_or(Self { at: None, ..self })
    }

    /// What stands under a name, else what stands under another.
    fn find(self, name: usize, or: usize) -> Option<Self> {
        let Some(at) = self.at else { return Some(self) };
        let mut rest = SHAPES.get(usize::from(at)..)?;
        let mut other = None;
        for _ in 0..number(&mut rest) {
            let holds = u8::try_from(number(&mut rest)).is_ok_and(|mask| self.version.is_in(mask));
            let mut known = 0;
            for _ in 0..number(&mut rest) {
                let step = number(&mut rest);
                known += step >> 1;
                let mut at = None;
                if step & 1 == 1
                    && let Some((there, more)) = rest.split_first_chunk()
                {
                    at = Some(u16::from_le_bytes(*there));
                    rest = more;
                }
                if holds && known == name {
                    return Some(Self { at, ..self });
                }
                if holds && known == or {
                    other = Some(Self { at, ..self });
                }
            }
        }
        other
    }
}

impl Version {
    /// What its schema takes at a dotted path; `None` where it refuses a key of it.
    pub(super) fn shape(self, path: &str) -> Option<Shape> {
        let mut keys = path.split('.');
        keys.try_fold(Shape::root(self), |shape, key| shape.key(key))
    }

    /// Whether its schema takes a dotted path.
    pub(crate) fn has(self, path: &str) -> bool {
        self.shape(path).is_some()
    }
}

/// Takes a number.
fn number(bytes: &mut &[u8]) -> usize {
    let mut number = 0;
    let mut shift = 0;
    while let [byte, rest @ ..] = *bytes {
        *bytes = rest;
        number |= usize::from(byte & 127) << shift;
        shift += 7;
        if *byte < 128 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::super::version::KNOWN;
    use super::*;

    /// Of one place in one version: its lines, each a name and what stands there.
    type Lines = Vec<(&'static str, &'static str)>;

    fn places(version: Version) -> Vec<(&'static str, Lines)> {
        let mut places = Vec::new();
        for line in include_str!("../../data/keys.txt").lines() {
            if let Some(place) = line.strip_suffix("\" {") {
                places.push((place.trim_start_matches('"'), Vec::new()));
            }
            let Some((mask, line)) = line
                .strip_prefix("0b")
                .and_then(|line| line.split_once(' '))
            else {
                continue;
            };
            if version.is_in(u8::from_str_radix(mask, 2).unwrap()) {
                let line = line.split_once(' ').unwrap_or((line, ""));
                places.last_mut().unwrap().1.push(line);
            }
        }
        places.retain(|(_, lines)| !lines.is_empty());
        places
    }

    fn at(version: Version, place: &str) -> Shape {
        let steps = place.split('.').filter(|step| !step.is_empty());
        steps.fold(Shape::root(version), |shape, step| match step {
            "[]" => shape.item(),
            key => shape.key(key).unwrap_or_else(|| panic!("no {place}")),
        })
    }

    #[test]
    fn what_is_packed_is_what_the_file_says() {
        for version in KNOWN.iter().filter_map(|name| Version::named(name)) {
            let places = places(version);
            assert!(places.len() > 500, "{}", places.len());
            for (place, lines) in places {
                let shape = at(version, place);
                assert!(!shape.is_any(), "{place}");
                let open = lines.iter().any(|(name, _)| *name == "*");
                for other in ["unheard of", "*", "[]"] {
                    assert_eq!(shape.key(other).is_some(), open, "{place}.{other}");
                }
                for (name, there) in lines {
                    let found = match name {
                        "[]" => shape.item(),
                        name => shape.key(name).unwrap(),
                    };
                    let own = format!("{place}.{name}");
                    let known = match there {
                        "{..}" => at(version, own.trim_start_matches('.')),
                        "" => Shape { version, at: None },
                        "{}" => {
                            assert!(!found.is_any() && found.key("*").is_none(), "{own}");
                            continue;
                        }
                        there => at(version, there.trim_start_matches("= ").trim_matches('"')),
                    };
                    assert_eq!(found, known, "{own}");
                }
            }
        }
    }
}
