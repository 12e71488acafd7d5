//! Starts and stops, and that no process is left behind.

use super::*;

#[test]
fn a_start_a_status_and_a_stop() {
    let mut run = Run::start(&[], &[]);
    let status = run.until("ready");
    let pid = number(&status["pid"]);
    assert_eq!(answers(run.port), Some(pid));
    if cfg!(linux_calls) {
        assert_eq!(status["owner"]["pid"], pid);
        assert_eq!(status["owner"]["ours"], true);
        assert_eq!(status["verdict"]["name"], "ours");
    }
    assert_eq!(
        status["listen"],
        serde_json::json!({"host": "127.0.0.1", "port": run.port})
    );
    assert_eq!(status["restarts"], 0);
    assert_eq!(status["lastExit"], Value::Null);
    assert_eq!(run.stop(), 0);
    run.nothing_left();
    assert!(run.log().contains("listening on"));
    assert!(!run.socket().exists());
}

#[test]
fn the_program_gets_the_given_environment_and_no_descriptors() {
    let run = Run::start(&[], &[]);
    let pid = number(&run.until("ready")["pid"]);
    let environ =
        String::from_utf8(std::fs::read(format!("/proc/{pid}/environ")).unwrap()).unwrap();
    let mut given: Vec<String> = std::env::vars()
        .filter(|(n, _)| n != "NOTIFY_SOCKET")
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    let hang = run.dir.path().join("hang");
    given.push(format!("CHILD_HANGS={}", hang.display()));
    given.push(run.mark());
    let mut got: Vec<String> = environ.split_terminator('\0').map(str::to_owned).collect();
    given.sort();
    got.sort();
    assert_eq!(got, given);
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let own = pid.to_string();
    assert_eq!(fields[2..4], [&own, &own], "own group and session");
    // Elsewhere what we were given without close-on-exec is passed on.
    if cfg!(not(linux_calls)) {
        return;
    }
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let links = descriptors
        .flatten()
        .map(|fd| std::fs::read_link(fd.path()));
    let links: Vec<String> = links
        .map(|link| link.unwrap_or_default().display().to_string())
        .collect();
    let (pipes, others): (Vec<&String>, Vec<&String>) =
        links.iter().partition(|link| link.starts_with("pipe:"));
    assert_eq!(pipes.len(), 2, "{links:?}");
    let known = |link: &&String| *link == "/dev/null" || link.starts_with("socket:");
    assert!(others.iter().all(known), "{links:?}");
}

#[test]
fn the_first_crash_is_followed_by_a_start_at_once() {
    let run = Run::start(&["--delay-ms", "60000"], &[]);
    let before = run.until("ready");
    signal(number(&before["pid"]), Signal::KILL);
    let after = expect("a new process", || {
        let status = run.status();
        (status["state"] == "ready" && status["restarts"] == 1).then_some(status)
    });
    assert_ne!(before["pid"], after["pid"]);
    assert_eq!(after["lastExit"]["signal"], 9);
    signal(number(&after["pid"]), Signal::KILL);
    let backoff = run.until("backoff");
    assert!(number(&backoff["retryInMs"]) > 50_000);
    assert!(run.ask(&Request::Restart).is_some());
    run.until("ready");
}

#[test]
fn nothing_survives_the_violent_death_of_either_process() {
    for turn in 0..20 {
        let stubborn = &["--wrap", "--ignore-term"];
        let mut run = Run::start(&[], if turn % 4 < 2 { HIDING } else { stubborn });
        let status = run.until("ready");
        assert_eq!(with_variable(&run.mark()).len(), 2);
        let worker = number(&status["supervisorPid"]);
        let victim = [run.supervisor.id(), worker][turn % 2];
        #[expect(
            clippy::disallowed_methods,
            reason = "how long it takes is what is tested"
        )]
        let since = Instant::now();
        signal(victim, Signal::KILL);
        run.nothing_left();
        let took = since.elapsed();
        assert!(took < Duration::from_secs(2), "{took:?}");
        run.ended();
        expect_true("the worker to end", || {
            !Path::new(&format!("/proc/{worker}/exe")).exists()
        });
    }
}

#[cfg(linux_calls)]
#[test]
fn orphans_of_a_killed_supervisor_are_removed_by_the_next_start() {
    let mut run = Run::start(&[], HIDING);
    let orphan = run.orphan();
    run.start_again();
    let status = run.until("ready");
    assert_ne!(answers(run.port), Some(orphan));
    assert_eq!(status["owner"]["ours"], true);
    assert_eq!(with_variable(&run.mark()), [number(&status["pid"])]);
}

#[cfg(linux_calls)]
#[test]
fn ancestors_of_the_supervisor_are_not_taken_for_orphans() {
    let mut run = Run::start(&[], HIDING);
    let orphan = run.orphan();
    // A host program that was started from inside of the service, and so carries its mark, as does all that it starts.
    let mark = run.mark();
    let (name, value) = mark.split_once('=').unwrap();
    let inner = Run::command(run.dir.path(), run.port, &[], &[]);
    let mut host = Command::new("/bin/sh")
        .args(["-c", "sleep 1000 & echo $!; \"$@\"; exit", "host"])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env(name, value)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut other = String::new();
    BufReader::new(host.stdout.take().unwrap())
        .read_line(&mut other)
        .unwrap();
    let other: u32 = other.trim().parse().unwrap();
    run.supervisor = host;
    let status = run.until("ready");
    assert_ne!(answers(run.port), Some(orphan));
    let left = with_variable(&run.mark());
    for pid in [run.supervisor.id(), other, number(&status["supervisorPid"])] {
        assert!(left.contains(&pid), "{pid} is not among {left:?}");
    }
    assert!(!left.contains(&orphan));
    assert!(run.supervisor.try_wait().unwrap().is_none());
}

#[test]
fn a_stop_reaches_everything() {
    let cases: [&[&str]; 5] = [
        &["--wrap"],
        &["--wrap", "--leave"],
        &["--ignore-term"],
        &["--wrap", "--ignore-term"],
        &["--wrap", "--ignore-term", "--leave"],
    ];
    for child in cases {
        if child.contains(&"--leave") && cfg!(not(linux_calls)) {
            continue;
        }
        // What obeys ends long before its grace does, on the busiest machine; what does not is killed right after it.
        let stubborn = child.contains(&"--ignore-term");
        let grace = Duration::from_secs(if stubborn { 1 } else { 60 });
        let grace_ms = grace.as_millis().to_string();
        let mut run = Run::start(&["--grace-ms", &grace_ms], child);
        run.until("ready");
        #[expect(
            clippy::disallowed_methods,
            reason = "how long it takes is what is tested"
        )]
        let since = Instant::now();
        assert_eq!(run.stop(), 0, "{child:?}");
        run.nothing_left();
        let took = since.elapsed();
        assert_eq!(took >= grace, stubborn, "{child:?}: {took:?}");
    }
}

#[test]
fn a_suspended_program_can_be_stopped() {
    let mut run = Run::start(&["--grace-ms", "60000"], &[]);
    signal(number(&run.until("ready")["pid"]), Signal::STOP);
    assert_eq!(run.stop(), 0);
    run.nothing_left();
}

#[test]
fn a_stop_by_request_keeps_the_supervisor() {
    let mut run = Run::start(&[], &[]);
    run.until("ready");
    run.ask(&Request::Stop);
    let status = run.until("stopped");
    assert_eq!(status["pid"], Value::Null);
    assert_eq!(status["lastExit"]["diagnosis"], "stopped");
    run.nothing_left();
    run.ask(&Request::Start);
    run.until("ready");
    run.ask(&Request::Shutdown);
    assert_eq!(run.ended(), 0);
}
