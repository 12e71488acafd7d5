//! The keys that OpenClaw's schema takes, at any depth: what `data/keys.txt` says, packed by `build.rs`.
//!
//! Names are there as hashes of 32 bits, no two of them alike. A key that is misspelled so that it has the hash of one that is
//! taken in the same object, of at most some hundred, is taken for that: once in more than ten million misspellings.

use super::version::Version;

include!("shape/name.rs");
include!(concat!(env!("OUT_DIR"), "/shapes.rs"));

/// What stands for any other key, and for a list's items.
const OTHER: u32 = hash("*");
const ITEMS: u32 = hash("[]");

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
        self.find(hash(key)).or_else(|| self.find(OTHER))
    }

    /// That of a list's items.
    pub(crate) fn item(self) -> Self {
        self.find(ITEMS).unwrap_or(Self { at: None, ..self })
    }

    fn find(self, name: u32) -> Option<Self> {
        let Some(at) = self.at else { return Some(self) };
        let mut rest = SHAPES.get(usize::from(at)..)?;
        let mut known = 0;
        for _ in 0..number(&mut rest) {
            known += number(&mut rest);
            let kind = number(&mut rest);
            let mut at = None;
            if kind & 1 == 1
                && let Some((there, more)) = rest.split_first_chunk()
            {
                at = Some(u16::from_le_bytes(*there));
                rest = more;
            }
            let versions = MASKS.get(kind >> 1).copied().unwrap_or_default();
            if NAMES.get(known) == Some(&name) && self.version.is_in(versions) {
                return Some(Self { at, ..self });
            }
        }
        None
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
