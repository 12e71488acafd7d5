//! What happens when the program, the parent or the reader ends.

use super::*;

#[test]
fn an_exit_before_ready_is_a_failed_start_with_its_reason() {
    for code in ["0", "3"] {
        let run = Run::start(
            &["--delay-ms", "60000"],
            &["--exit", code, "--say", "sk-secret no such thing"],
        );
        let status = run.until("backoff");
        assert_eq!(status["lastExit"]["code"], code.parse::<u64>().unwrap());
        let reason = status["lastExit"]["reason"].as_str().unwrap();
        assert!(
            reason.contains("no such thing") && !reason.contains("secret"),
            "{reason}"
        );
        assert_eq!(status["lastLines"][0], "sk-[redacted] no such thing");
        assert!(!run.log().contains("secret"));
    }
}

#[test]
fn exit_codes_in_the_foreground() {
    let code = |options: &[&str], child: &[&str]| Run::start(options, child).ended();
    assert_eq!(code(&["--once"], &["--exit", "78"]), 78);
    assert_eq!(code(&["--once", "--no-restart"], &["--exit", "3"]), 1);
    let dir = tempfile::tempdir().unwrap();
    for program in ["/nonexistent/program", "/etc/passwd"] {
        let mut command = Command::new(example("supervise"));
        command
            .arg("--dir")
            .arg(dir.path())
            .args(["--port", "1", "--once", "--", program]);
        assert_eq!(command.status().unwrap().code(), Some(78), "{program}");
    }
}

#[test]
fn a_crash_loop_ends_in_failed_which_a_restart_leaves() {
    let run = Run::start(&["--delay-ms", "1"], &["--exit", "1"]);
    let status = run.until("failed");
    assert_eq!(status["restarts"], 4);
    assert!(
        number(&status["retryInMs"]) > 100_000,
        "it tries again by itself"
    );
    assert!(status["next"].is_string());
    run.ask(&Request::Restart);
    expect_true("another start", || run.status()["restarts"] != 4);
}

#[test]
fn a_hang_is_noticed_and_ended() {
    let run = Run::start(&["--liveness-ms", "40"], &[]);
    let before = run.until("ready");
    std::fs::write(run.dir.path().join("hang"), "").unwrap();
    expect_true("a new process", || run.status()["restarts"] == 1);
    std::fs::remove_file(run.dir.path().join("hang")).unwrap();
    let after = run.until("ready");
    assert_ne!(before["pid"], after["pid"]);
    assert_eq!(after["lastExit"]["diagnosis"], "hang");
}

#[test]
fn the_end_of_the_parent_is_the_end() {
    let mut parent = Command::new("sleep").arg("1000").spawn().unwrap();
    let mut run = Run::start(
        &["--parent", &parent.id().to_string(), "--grace-ms", "60000"],
        &["--wrap", "--ignore-term"],
    );
    run.until("ready");
    #[expect(
        clippy::disallowed_methods,
        reason = "how long it takes is what is tested"
    )]
    let since = Instant::now();
    parent.kill().unwrap();
    assert_eq!(run.ended(), 0);
    run.nothing_left();
    assert!(since.elapsed() < Duration::from_secs(5));
    parent.wait().unwrap();
}

/// A process with this much memory and a few threads, which end when its standard input does.
fn big(megabytes: usize) -> KillOnDrop {
    let mut command = Command::new(example("child"));
    command.args(["--memory-mb", &megabytes.to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut parent = KillOnDrop(command.spawn().unwrap());
    let mut said = String::new();
    BufReader::new(parent.stdout.as_mut().unwrap())
        .read_line(&mut said)
        .unwrap();
    assert_eq!(said, "big\n");
    parent
}

#[test]
fn a_parent_whose_threads_end_lives_on() {
    let mut parent = big(1);
    let mut run = Run::start(&["--parent", &parent.id().to_string()], &[]);
    let before = run.until("ready");
    drop(parent.stdin.take());
    let threads = format!("/proc/{}/task", parent.id());
    expect_true("its threads to end", || {
        std::fs::read_dir(&threads).unwrap().count() == 1
    });
    // An end would need less than one of these.
    for _ in 0..20 {
        assert_eq!(run.status()["pid"], before["pid"]);
        assert_eq!(run.status()["state"], "ready");
    }
    parent.kill().unwrap();
    assert_eq!(run.ended(), 0);
    parent.wait().unwrap();
}

#[cfg(linux_calls)]
#[test]
fn the_end_of_a_big_parent_is_noticed_before_its_memory_is_given_back() {
    // Needs thread descriptors (Linux 6.9): without them it is noticed all the same, but later.
    let thread = rustix::process::PidfdFlags::from_bits_retain(libc::O_EXCL.unsigned_abs());
    let known = rustix::process::pidfd_open(rustix::process::getpid(), thread).is_ok();
    let sooner = (0..5).any(|_| {
        let mut parent = big(400);
        let mut run = Run::start(&["--parent", &parent.id().to_string()], &[]);
        run.until("ready");
        parent.kill().unwrap();
        expect_true("the service to be gone", || answers(run.port).is_none());
        let sooner = parent.try_wait().unwrap().is_none();
        assert_eq!(run.ended(), 0);
        run.nothing_left();
        parent.wait().unwrap();
        sooner
    });
    assert!(sooner || !known, "never before the kernel was done with it");
}

#[test]
fn the_end_of_the_reader_is_the_end_unless_a_lease_holds() {
    let (mut run, events) = Run::with_events(&[], &[]);
    let mut names = events.map(|event| event["event"].as_str().unwrap().to_owned());
    for name in ["state", "started", "verdict", "state", "ready"] {
        assert_eq!(names.next().unwrap(), name);
    }
    run.ask(&Request::Lease {
        ms: 60_000,
        parent: None,
    });
    drop(names);
    let status = run.until("ready");
    // Another parent takes over: the reader counts no more.
    run.ask(&Request::Lease {
        ms: 0,
        parent: Some(std::process::id()),
    });
    assert_eq!(run.until("ready")["pid"], status["pid"]);
    // A lease that runs out is the end.
    run.ask(&Request::Lease {
        ms: 1,
        parent: None,
    });
    assert_eq!(run.ended(), 0);
    run.nothing_left();
}
