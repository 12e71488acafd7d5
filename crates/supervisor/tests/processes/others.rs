//! Servers and programs that are not ours: named, attached to, never touched.

use super::*;

#[test]
fn a_stranger_is_named_and_never_replaced_or_signaled() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut run = Run::start_on(
        holder.local_addr().unwrap().port(),
        &["--recheck-ms", "20"],
        &[],
    );
    let status = run.until("blocked");
    assert_eq!(status["owner"]["ours"], false);
    let detail = status["detail"].as_str().unwrap();
    assert_eq!(status["owner"]["pid"], std::process::id());
    let command = status["owner"]["command"].as_str().unwrap();
    assert!(command.contains("processes"), "{command}");
    assert!(detail.contains("in use by process"), "{detail}");
    assert!(status["next"].as_str().unwrap().contains("another port"));
    assert_eq!(with_variable(&run.mark()).len(), 0);
    drop(holder);
    run.until("ready");
    assert_eq!(run.stop(), 0);
}

/// Has a program run where the kernel does not tell whose a socket is, as in a container that forbids `sock_diag`: it may
/// make no netlink socket.
fn without_sock_diag(command: &mut Command) {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, apply_filter,
    };
    use std::os::unix::process::CommandExt;
    let netlink = u64::from(libc::AF_NETLINK.unsigned_abs());
    let family = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, netlink);
    let rule = SeccompRule::new(vec![family.unwrap()]).unwrap();
    let filter = SeccompFilter::new(
        [(libc::SYS_socket, vec![rule])].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM.unsigned_abs()),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    // SAFETY: two system calls between fork and exec.
    unsafe {
        command.pre_exec(move || apply_filter(&program).map_err(std::io::Error::other));
    }
}

#[test]
fn the_key_is_not_sent_where_the_owner_of_the_port_is_unknown() {
    const OPTIONS: &[&str] = &[
        "--key",
        "secret-key",
        "--liveness-ms",
        "20",
        "--recheck-ms",
        "20",
    ];
    let cases = [(true, true), (true, false), (false, true), (false, false)];
    for (starts, known) in cases {
        let dir = tempfile::tempdir().unwrap();
        let received = dir.path().join("received");
        // Where Linux's tables are not asked, being seen tells the administrator nothing of whose another's program is.
        if known && !starts && cfg!(not(linux_calls)) && rustix::process::geteuid().is_root() {
            continue;
        }
        // Nor does it tell who answers where a program listens on every address.
        let hidden = |command: &mut Command| {
            command.env("CHILD_RECORDS", &received);
            if !known && cfg!(not(linux_calls)) {
                command.env("CHILD_LISTENS", "0.0.0.0");
            }
        };
        let port = free().unwrap();
        let _other = (!starts).then(|| other(port, hidden));
        let child: &[&str] = if starts { &[] } else { NO_PROGRAM };
        let mut run = Run::start_by(port, OPTIONS, child, |command| {
            hidden(command);
            if !known && cfg!(linux_calls) {
                without_sock_diag(command);
            }
        });
        let text = || std::fs::read_to_string(&received).unwrap_or_default();
        match (starts, known) {
            (_, true) => {
                run.until(if starts { "ready" } else { "attached" });
                expect_true("the key", || text().contains("secret-key"));
            }
            (starts, false) => {
                let status = expect("a verdict", || {
                    let status = run.status();
                    (status["verdict"]["code"] == "owner-unknown").then_some(status)
                });
                let detail = status["detail"].to_string();
                assert!(detail.contains("not shown the access key"), "{status}");
                assert!(status["next"].is_string(), "{status}");
                // Signs of life are asked for as well.
                let before = text().len();
                expect_true("more questions", || !starts || text().len() > before + 500);
                let state = if starts { "starting" } else { "blocked" };
                assert_eq!(run.status()["state"], state);
                assert!(!text().contains("secret-key"), "{}", text());
            }
        }
        assert_eq!(run.stop(), 0);
    }
}

#[test]
fn an_endless_answer_does_not_block_status_and_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let block = "HTTP/1.1 100 Continue\r\n\r\n".repeat(2048);
                let _ = stream.read(&mut [0; 2048]);
                while stream.write_all(block.as_bytes()).is_ok() {}
            });
        }
    });
    let mut run = Run::start_on(port, &["--recheck-ms", "20"], &[]);
    run.until("blocked");
    // Questions go on; none of them may hold the loop.
    for _ in 0..20 {
        assert!(run.ask(&Request::Status).is_some());
    }
    assert_eq!(run.stop(), 0);
}

#[cfg(linux_calls)]
#[test]
fn a_usable_server_is_attached_to_and_outlives_us() {
    let port = free().unwrap();
    let twin = other(port, |_| {});
    let pid = twin.id();
    let mut run = Run::start_on(port, &[], &[]);
    let status = run.until("attached");
    assert_eq!(status["owner"]["pid"], pid);
    assert_eq!(status["pid"], Value::Null);
    assert_eq!(run.stop(), 0);
    assert_eq!(answers(port), Some(pid));
    // The next one takes over as soon as it goes away.
    let run = Run::start_on(port, &[], &[]);
    run.until("attached");
    drop(twin);
    assert_ne!(run.until("ready")["pid"], pid);
}

#[cfg(linux_calls)]
#[test]
fn without_a_program_somebody_elses_server_is_waited_for() {
    let mut run = Run::start(&["--once", "--recheck-ms", "20"], NO_PROGRAM);
    let absent = |run: &Run| {
        let status = run.until("stopped");
        let nothing = format!("Nothing listens on 127.0.0.1:{};", run.port);
        let waiting = "waiting for a server that somebody else starts.";
        assert_eq!(status["detail"], format!("{nothing} {waiting}"));
        for unknown in ["owner", "next", "pid", "verdict", "lastExit"] {
            assert_eq!(status[unknown], Value::Null, "{unknown}");
        }
    };
    absent(&run);
    let other = other(run.port, |_| {});
    let status = run.until("attached");
    assert_eq!(status["owner"]["pid"], other.id());
    // The server closes first, so the port has connections that wind down when it is gone.
    for _ in 0..5 {
        answers(run.port);
    }
    drop(other);
    absent(&run);
    let stranger = TcpListener::bind(("127.0.0.1", run.port)).unwrap();
    assert_eq!(run.until("blocked")["owner"]["pid"], std::process::id());
    drop(stranger);
    absent(&run);
    // A look that changes nothing is not reported.
    let reports = run.log().matches("[supervisor] stopped (").count();
    assert_eq!(reports, 3);
    assert_eq!(run.stop(), 0);
    run.nothing_left();
}

#[test]
fn a_server_elsewhere_that_does_not_answer_is_waited_for() {
    // An address that no machine has.
    let options = ["--host", "192.0.2.1", "--once", "--recheck-ms", "20"];
    let mut run = Run::start(&options, NO_PROGRAM);
    let status = run.until("stopped");
    let detail = status["detail"].as_str().unwrap();
    assert!(detail.contains("answers on 192.0.2.1"), "{detail}");
    assert_eq!(status["owner"], Value::Null);
    assert_eq!(run.stop(), 0);
    assert!(!run.log().contains("blocked"), "{}", run.log());
}
