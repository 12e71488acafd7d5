//! A child process of a test: its output line by line, and its end.

use std::io::{BufRead as _, BufReader, Read};
use std::ops::{Deref, DerefMut};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use crate::wait;

/// What a pipe gives, line by line, line ends kept; it is over when the channel is.
pub fn lines(from: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from
            .read_until(b'\n', &mut line)
            .is_ok_and(|count| count > 0)
        {
            if sender.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The exit status of a child, waited for.
///
/// # Panics
/// If it does not end within [`wait::TIMEOUT`].
#[track_caller]
pub fn exit_status(child: &mut Child) -> ExitStatus {
    wait::expect("the end of the process", || child.try_wait().ok().flatten())
}

/// A child that is killed when it goes out of scope.
#[derive(Debug)]
pub struct KillOnDrop(pub Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and that is all right.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Deref for KillOnDrop {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for KillOnDrop {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}
