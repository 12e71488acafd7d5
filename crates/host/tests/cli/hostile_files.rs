//! Hostile files: links, directories of other users, malicious configurations. Each case ends closed and with a reason;
//! nothing is read or written through them. `docs/security.md` lists them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use claude_proxy_host::state::StateDir;
use secrecy::ExposeSecret as _;

use crate::hostile::{STRANGER, USER, UserHome};
use crate::process::get;
use crate::support::{Home, PROGRAM, can_be_root, ended, free_port, supervised_by_us};

#[test]
fn symlinks_in_the_state_directory_are_refused() {
    let victim_text = "not yours";
    for name in ["log", "key", "socket", "lock", "work", "folder"] {
        let home = Home::new();
        let port = free_port();
        home.set_up(port);
        let state = StateDir::at(home.state(""));
        let victim = home.path("victim");
        fs::write(&victim, victim_text).unwrap();
        let link = match name {
            "log" => state.log_path(port),
            "key" => state.key_path(port),
            "socket" => state.socket_path(port),
            "lock" => home.state(&format!("control-{port}.sock.lock")),
            "work" => state.work_path(),
            _ => home.path(".openclaw/claude-proxy"),
        };
        if name == "folder" {
            fs::create_dir_all(home.path("elsewhere")).unwrap();
            let _ = fs::remove_dir_all(&link);
            symlink(home.path("elsewhere"), &link).unwrap();
        } else {
            state.prepare().unwrap();
            let _ = fs::remove_dir(&link);
            symlink(&victim, &link).unwrap();
        }
        let mut command = home.supervise(Some(port), &[PROGRAM, "fake-proxy"]);
        ended(&mut command).ends(78).says(&["accepted", "hint"]);
        assert_eq!(fs::read_to_string(&victim).unwrap(), victim_text, "{name}");
        assert!(link.is_symlink(), "{name}: it stays");
        if name == "folder" {
            assert_eq!(fs::read_dir(home.path("elsewhere")).unwrap().count(), 0);
        }
        assert!(get(port, "/", None).is_err(), "{name}: nothing was started");
    }
}

/// Somebody who may write beside the key swaps it for a link and back, as fast as they can.
#[test]
fn a_link_that_comes_and_goes_is_never_read_through() {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::at(dir.path().join("state"));
    let ours = state.key_or_new(1).unwrap();
    let other = dir.path().join("other");
    fs::write(&other, "a".repeat(64)).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    let (path, spare) = (state.key_path(1), dir.path().join("spare"));
    let (link, stop) = (dir.path().join("link"), AtomicBool::new(false));
    fs::copy(&path, &spare).unwrap();
    let (mut read, mut refused, mut others) = (0, 0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let real = dir.path().join("real");
            while !stop.load(Ordering::Relaxed) {
                symlink(&other, &link).unwrap();
                fs::rename(&link, &path).unwrap();
                fs::copy(&spare, &real).unwrap();
                fs::rename(&real, &path).unwrap();
            }
        });
        let end = Instant::now() + crate::support::TIMEOUT;
        // Nothing may panic in here: the other thread would never end.
        while (read < 200 || refused < 200) && others == 0 && Instant::now() < end {
            match state.key(1) {
                Ok(Some(key)) if key.expose_secret() == ours.expose_secret() => read += 1,
                Ok(_) => others += 1,
                Err(_) => refused += 1,
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(others, 0, "another file was read as the key, or none");
    assert!(
        read >= 200 && refused >= 200,
        "{read} read, {refused} refused"
    );
}

#[test]
fn another_users_state_is_not_used() {
    if !can_be_root() {
        return;
    }
    let place = UserHome::new();
    let state = place.home.path("theirs");
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    std::os::unix::fs::chown(&state, Some(STRANGER), Some(STRANGER)).unwrap();
    let folder = state.display().to_string();
    let program = place.program.display().to_string();
    let mut command = place.command(&["supervise", "--state-dir", &folder]);
    supervised_by_us(&mut command, Some(free_port()), &[&program, "fake-proxy"]);
    ended(&mut command).ends(78).says(&["belongs to the user"]);
    let entries = fs::read_dir(&state).unwrap().count();
    assert_eq!(entries, 0, "nothing was put there");
}

/// A configuration in a folder that the user may not write to, as where somebody else manages it.
#[test]
fn a_folder_that_the_user_may_not_write_to_is_refused() {
    if !can_be_root() {
        return;
    }
    let place = UserHome::new();
    let config = place.home.config();
    let folder = config.parent().unwrap().to_owned();
    let text = "{ agents: { defaults: { model: 'openai/gpt-6' } } }";
    place.home.write_config(text);
    std::os::unix::fs::chown(&config, Some(USER), Some(USER)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    for arguments in [&["setup", "--yes"][..], &["audit", "--fix"]] {
        ended(&mut place.command(arguments)).ends(4).says(&[
            &*config.display().to_string(),
            "lies in a directory that you cannot write to",
            "hint: Run this as the user whose configuration it is.",
        ]);
        assert_eq!(place.home.read_config(), text);
        let entries = fs::read_dir(&folder).unwrap().count();
        assert_eq!(entries, 1, "nothing was put there");
    }
}

/// Malicious configurations: `audit` is undecided, `setup` refuses, the file is not touched, memory stays bounded.
#[test]
fn an_oversized_or_malformed_configuration_is_refused() {
    let deep = |open: &str, close: &str| {
        format!("{{ a: {}{} }}", open.repeat(100_000), close.repeat(100_000))
    };
    let big = format!("{{ a: \"{}\" }}", "x".repeat(100 << 20));
    let twice = "{ agents: { defaults: { model: 'anthropic-claude-proxy/claude-opus-4.6' } }, agents: { defaults: { model: 'openai/gpt-6' } } }";
    for (name, text, words) in [
        ("100 MB", big, "64 MiB"),
        ("deep lists", deep("[", "]"), "128 levels"),
        ("deep objects", deep("{a:", "}"), "128 levels"),
        ("duplicate keys", twice.to_owned(), "more than once"),
        ("an endless text", "\"".repeat(99_999), "found"),
        (
            "half a file",
            "{ \"models\": { // half\n".to_owned(),
            "found",
        ),
    ] {
        let home = Home::new();
        home.write_config(&text);
        let before = fs::metadata(home.config()).unwrap();
        let since = Instant::now();
        let audit = home.run(&["audit"]);
        assert_ne!(audit.code, 0, "{name} is not closed: {}", audit.out);
        let said = format!("{}{}", audit.out, audit.err);
        assert!(said.contains(words), "{name}: {said:.600}");
        assert!(said.len() < 20_000, "{name}: {} bytes of words", said.len());
        let setup = ["setup", "--yes", "--set-default"];
        for refused in [&setup[..], &["audit", "--fix"], &["status", "--json"]] {
            assert_ne!(home.run(refused).code, 0, "{name} {refused:?}");
        }
        assert!(since.elapsed() < crate::support::TIMEOUT, "{name}");
        let after = fs::metadata(home.config()).unwrap();
        let same = after.ino() == before.ino() && after.len() == before.len();
        let untouched = after.mtime_nsec() == before.mtime_nsec();
        assert!(same && untouched, "{name} was written");
    }
}
