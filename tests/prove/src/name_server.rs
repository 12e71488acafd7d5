//! A name server for `--run`, inside a network namespace with only loopback: it resolves nothing and records every name
//! that any process looks up.

use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, ensure};
use harness::{namespace, places};

use crate::Options;

/// The port of name servers.
const PORT: u16 = 53;

/// Whether this process is to be run again in a namespace: not where it runs there already, nor where this user or this system
/// has none, which is printed.
pub(crate) fn wants_namespace() -> bool {
    let can = namespace::is_permitted();
    if !can {
        println!(
            "warning: no network namespace (that needs root and unshare); name look-ups of processes other than Node are not seen"
        );
    }
    can && !namespace::is_inside()
}

/// Runs the same command in a namespace.
pub(crate) fn run_in_namespace(options: &Options, version: &Path, count: u64) -> Result<()> {
    // A build may have put another program in this one's place meanwhile. Beside it, since a temporary folder may be one
    // that nothing is started from.
    let folder = tempfile::tempdir_in(places::target())?;
    let program = folder.path().join("prove");
    fs::copy("/proc/self/exe", &program).context("cannot copy this program")?;
    let mut command = namespace::command(&program);
    command
        .args(["--run", &count.to_string()])
        .args(["--documents", &options.documents.to_string()])
        .args(["--seed", &options.seed.to_string()])
        .arg("--openclaw")
        .arg(version);
    if let Some(number) = options.show {
        command.args(["--show", &number.to_string()]);
    }
    let status = command.status().context("cannot start unshare")?;
    ensure!(status.success(), "it failed in a namespace of its own");
    Ok(())
}

/// The name server of this namespace, and the names that were looked up.
pub(crate) struct NameServer(Arc<Mutex<Vec<String>>>);

impl NameServer {
    /// Begins to answer, if this process runs in a namespace.
    pub(crate) fn start(folder: &Path) -> Result<Option<Self>> {
        if !namespace::is_inside() {
            return Ok(None);
        }
        let settings = "nameserver 127.0.0.1\noptions attempts:1\n";
        namespace::set_up(folder, "resolv.conf", settings)?;
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, PORT))?;
        let names = Arc::new(Mutex::new(Vec::new()));
        let looked_up = Arc::clone(&names);
        thread::spawn(move || {
            let mut packet = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                let Some(question) = packet.get_mut(..length) else {
                    continue;
                };
                if let Some(name) = name_of(question) {
                    looked_up
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(name);
                }
                // The question comes back as an answer: there is no such name.
                if let Some(flags) = question.get_mut(2..4) {
                    flags.copy_from_slice(&[0x81, 0x83]);
                    let _unreachable = socket.send_to(question, from);
                }
            }
        });
        Ok(Some(Self(names)))
    }

    /// What was looked up since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The name that a question asks for.
fn name_of(question: &[u8]) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_a_dns_query_is_read() {
        let mut question = vec![0; 12];
        question.extend_from_slice(b"\x03Api\x06openai\x03com\0\0\x01\0\x01");
        assert_eq!(name_of(&question).as_deref(), Some("api.openai.com"));
        assert_eq!(name_of(&question[..20]), None);
        assert_eq!(name_of(b"short"), None);
    }
}
