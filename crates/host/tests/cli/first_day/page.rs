//! The page that the cases make.

use std::fmt::Write as _;

use super::machine::Machine;

#[derive(Default)]
pub(super) struct Page {
    pub(super) list: String,
    pub(super) cases: String,
    pub(super) count: usize,
}

impl Page {
    /// Adds a case: what is wrong, why, the command, what it said, and what to do.
    pub(super) fn add(&mut self, wrong: &str, why: &str, command: &str, seen: &str, act: &str) {
        self.count += 1;
        let anchor: String = format!("{} {wrong}", self.count)
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || c == '-' => Some(c),
                _ => None,
            })
            .collect();
        writeln!(self.list, "{}. [{wrong}](#{anchor})", self.count).unwrap();
        write!(
            self.cases,
            "\n## {}. {wrong}\n\n{why}\n\n```console\n$ {command}\n{}\n```\n\n{act}\n",
            self.count,
            seen.trim_end()
        )
        .unwrap();
    }

    /// Adds a case that the doctor tells.
    pub(super) fn doctor(
        &mut self,
        wrong: &str,
        why: &str,
        machine: &Machine,
        titles: &[&str],
        act: &str,
    ) {
        let seen = machine.same_every_time(&machine.doctor(titles), None);
        assert!(
            seen.contains('✗') || seen.contains("\n! ") || seen.starts_with('!'),
            "{seen}"
        );
        self.add(wrong, why, "claude-proxy doctor", &seen, act);
    }
}

pub(super) const HEAD: &str = "# When it does not work

`claude-proxy doctor` (or `openclaw claude-proxy doctor`) finds most of this by itself: ✗ must be put right, ! is worth a look,
? unknown. The line below is the command that helps. `claude-proxy status` ends with `next`, the one next step.

A test makes each of these faults on a fresh machine (with a fake proxy, and small programs that say what the Claude CLI
says), and the output below is what the program said then; only paths, process ids, sizes and dates are replaced. Where a command of the helper or a `kill` helps, the test ran it and the
check passed after it. `claude-proxy` is the helper: `openclaw claude-proxy path` prints where it is.

";
