//! A machine of its own for `--run`: only loopback, and a name server that writes down every name that any process looks up,
//! a program that is no Node process too, and knows none.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, ensure};
use harness::places;

use super::Options;

/// Set for the process inside.
const INSIDE: &str = "PROVE_INSIDE";

/// The port of name servers.
const PORT: u16 = 53;

/// Whether this process is to be run again inside: not where it runs there already, nor where this user or this system has no
/// namespaces. That is said then.
pub(super) fn is_wanted() -> bool {
    if env::var_os(INSIDE).is_some() {
        return false;
    }
    let can = rustix::process::geteuid().is_root()
        && Command::new("unshare")
            .args(["--net", "--mount", "true"])
            .output()
            .is_ok_and(|ended| ended.status.success());
    if !can {
        println!(
            "no network namespace here (that takes root and unshare): what is no Node process could look up names unseen"
        );
    }
    can
}

/// Runs the same inside.
///
/// # Errors
/// If it fails there.
pub(super) fn enter(options: &Options, version: &Path, count: u64) -> Result<()> {
    // A build may have put another program in this one's place meanwhile. Beside it, since a temporary folder may be one
    // that nothing is started from.
    let folder = tempfile::tempdir_in(places::target())?;
    let program = folder.path().join("prove");
    fs::copy("/proc/self/exe", &program).context("cannot copy this program")?;
    let mut command = Command::new("unshare");
    command
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child"])
        .arg("--mount-proc")
        .arg(&program)
        .arg("prove")
        .args(["--run", &count.to_string()])
        .args(["--documents", &options.documents.to_string()])
        .args(["--seed", &options.seed.to_string()])
        .arg("--openclaw")
        .arg(version)
        .env(INSIDE, "1");
    if let Some(number) = options.show {
        command.args(["--show", &number.to_string()]);
    }
    let ended = command.status().context("cannot start unshare")?;
    ensure!(ended.success(), "it failed in a namespace of its own");
    Ok(())
}

/// The name server of this namespace.
pub(super) struct Names(Arc<Mutex<Vec<String>>>);

impl Names {
    /// Brings loopback up and begins to answer, if this process runs inside.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn serve(folder: &Path) -> Result<Option<Self>> {
        if env::var_os(INSIDE).is_none() {
            return Ok(None);
        }
        run(Command::new("ip").args(["link", "set", "lo", "up"]))?;
        let settings = folder.join("resolv.conf");
        fs::write(&settings, "nameserver 127.0.0.1\noptions attempts:1\n")?;
        let place = fs::canonicalize("/etc/resolv.conf")?;
        run(Command::new("mount").arg("--bind").args([settings, place]))?;
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, PORT))?;
        let names = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&names);
        thread::spawn(move || {
            let mut question = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut question) {
                let Some(asked) = question.get_mut(..length) else {
                    continue;
                };
                if let Some(name) = name_in(asked) {
                    heard
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(name);
                }
                // The question comes back as an answer: there is no such name.
                if let Some(flags) = asked.get_mut(2..4) {
                    flags.copy_from_slice(&[0x81, 0x83]);
                    let _unreachable = socket.send_to(asked, from);
                }
            }
        });
        Ok(Some(Self(names)))
    }

    /// What was looked up since the last call.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The name that a question asks for.
fn name_in(question: &[u8]) -> Option<String> {
    let mut rest = question.get(12..)?;
    let mut labels = Vec::new();
    while let [length, tail @ ..] = rest
        && *length > 0
    {
        let (label, more) = tail.split_at_checked(usize::from(*length))?;
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        rest = more;
    }
    Some(labels.join("."))
}

fn run(command: &mut Command) -> Result<()> {
    let ended = command
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(
        ended.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&ended.stderr).trim()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_question_is_read_and_rubbish_is_none() {
        let mut question = vec![0; 12];
        question.extend_from_slice(b"\x03Api\x06openai\x03com\0\0\x01\0\x01");
        assert_eq!(name_in(&question).as_deref(), Some("api.openai.com"));
        assert_eq!(name_in(&question[..20]), None);
        assert_eq!(name_in(b"short"), None);
    }
}
