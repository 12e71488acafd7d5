//! `docs/troubleshooting.md`: its prose is written by hand, its screens are compared with what the program printed.

use std::fs;

use super::machine::Machine;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/troubleshooting.md");

pub(super) struct Page {
    /// As far as its screens are those of the program.
    done: String,
    rest: String,
}

impl Page {
    pub(super) fn read() -> Self {
        let rest = fs::read_to_string(PAGE).unwrap();
        let done = String::new();
        Self { done, rest }
    }

    /// Puts the screen of the next heading, which must be this one, in the place of the present screen.
    pub(super) fn screen(&mut self, heading: &str, screen: &str) {
        let begin = format!("\n## {heading}\n");
        let at = self.rest.find("\n## ").unwrap_or(self.rest.len());
        let found = self.rest[at..].starts_with(&begin);
        assert!(found, "the next heading of {PAGE} is not {heading:?}");
        let (fence, end) = ("```console\n", "```\n");
        let from = at + self.rest[at..].find(fence).unwrap() + fence.len();
        let to = from + self.rest[from..].find(end).unwrap();
        self.done += &format!("{}{}\n", &self.rest[..from], screen.trim_end());
        self.rest.drain(..to);
    }

    /// A case: what is wrong, as its heading and the list of the page have it, the command, and what it said.
    pub(super) fn add(&mut self, wrong: &str, command: &str, seen: &str) {
        self.screen(wrong, &format!("$ {command}\n{seen}"));
        let listed = self.done.contains(&format!("\n- [{wrong}](#"));
        assert!(listed, "the list at the top of {PAGE} lacks {wrong:?}");
    }

    /// A case that the doctor tells.
    pub(super) fn doctor(&mut self, wrong: &str, machine: &Machine, titles: &[&str]) {
        let seen = machine.same_every_time(&machine.doctor(titles), None);
        assert!(
            seen.contains('✗') || seen.contains("\n! ") || seen.starts_with('!'),
            "{seen}"
        );
        self.add(wrong, "claude-proxy doctor", &seen);
    }

    /// Compares; with `UPDATE_DOCS` the screens are written.
    pub(super) fn check(self) {
        let text = self.done + &self.rest;
        let more = self.rest.contains("\n## ");
        assert!(!more, "{PAGE} has headings without a case: {}", self.rest);
        if harness::page::is_updating() {
            fs::write(PAGE, &text).unwrap();
        }
        assert!(
            fs::read_to_string(PAGE).unwrap() == text,
            "docs/troubleshooting.md shows other screens than the program; UPDATE_DOCS=1 with this test writes them:\n{text}"
        );
    }
}
