//! Events, status, log and notifications: what they say, and how much space they take.

use super::*;
#[cfg(linux_calls)]
use harness::namespace;

#[test]
fn events_of_a_new_start_carry_nothing_of_the_last_end() {
    let (_run, mut events) = Run::with_events(&[], &[]);
    let ready = events.find(|event| event["event"] == "ready").unwrap();
    signal(number(&ready["pid"]), Signal::KILL);
    let mut names = Vec::new();
    for event in events {
        let name = event["event"].as_str().unwrap().to_owned();
        let status = &event["status"];
        if name == "ready" {
            break;
        }
        if status["verdict"].is_null() {
            assert_eq!(status["state"], "starting", "{event}");
            assert!(
                status["detail"].as_str().unwrap().starts_with("Waiting"),
                "{event}"
            );
        }
        if status["pid"].is_null() {
            assert_eq!(status["lastOutputLine"], Value::Null, "{event}");
            assert_eq!(status["verdict"], Value::Null, "{event}");
            assert_eq!(status["owner"], Value::Null, "{event}");
        }
        names.push(name);
    }
    assert_eq!(names, ["exited", "state", "started", "verdict", "state"]);
}

#[test]
fn each_event_describes_the_state_that_it_leads_to() {
    let (mut run, mut events) = Run::with_events(&["--delay-ms", "60000"], &["--exit", "3"]);
    let ended = events.find(|event| event["event"] == "exited").unwrap();
    assert_eq!(ended["status"]["state"], "backoff");
    let backoff = events.next().unwrap();
    assert_eq!(backoff["state"], "backoff");
    assert_eq!(backoff["detail"], ended["reason"]);
    assert_eq!(run.stop(), 0);
}

#[test]
fn a_long_start_tells_what_the_program_says() {
    let slow = ["--delay-ms", "600000", "--chatter-ms", "20"];
    let (mut run, events) = Run::with_events(&["--timeout-ms", "600000"], &slow);
    let (sender, progress) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for event in events.filter(|event| event["event"] == "progress") {
            sender.send(event.to_string()).unwrap();
        }
    });
    let line = progress.recv_timeout(TIMEOUT).unwrap();
    assert!(line.contains("fetching part"), "{line}");
    let status = run.status();
    assert_eq!(status["state"], "starting");
    let said = status["lastOutputLine"].as_str().unwrap();
    assert!(said.starts_with("fetching part "), "{said}");
    // Rarely enough for a log: only output that comes later is worth another line.
    assert_eq!(run.stop(), 0);
    assert_eq!(progress.iter().count(), 0);
    run.nothing_left();
}

#[test]
fn a_flood_of_output_takes_bounded_space_and_its_end_is_kept() {
    let run = Run::start(&[], &["--flood", "30"]);
    run.until("ready");
    let status = expect("the end of the flood", || {
        let status = run.status();
        let ended = status["lastLines"].to_string().contains("end of the flood");
        ended.then_some(status)
    });
    assert_eq!(status["logError"], Value::Null);
    let files = std::fs::read_dir(run.dir.path()).unwrap().flatten();
    let disk: u64 = files.map(|file| file.metadata().unwrap().len()).sum();
    assert!((4_000_000..=10_000_000).contains(&disk), "{disk}");
}

#[test]
fn the_service_manager_is_notified() {
    let dir = tempfile::tempdir().unwrap();
    let address = dir.path().join("notify");
    let manager = std::os::unix::net::UnixDatagram::bind(&address).unwrap();
    manager.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut run = Run::start_by(free().unwrap(), &[], &[], |command| {
        command
            .env("NOTIFY_SOCKET", &address)
            .env("WATCHDOG_USEC", "20000");
    });
    let until = |wanted: &str| {
        let mut message = [0; 1024];
        expect_true(wanted, || {
            let n = manager.recv(&mut message).unwrap();
            std::str::from_utf8(&message[..n]).unwrap().contains(wanted)
        });
    };
    until("READY=1\nSTATUS=ready");
    until("WATCHDOG=1");
    run.stop();
    until("STOPPING=1");
    until("STATUS=stopped");
}

#[test]
fn a_second_supervisor_of_the_same_directory_is_refused() {
    let run = Run::start(&[], &[]);
    run.until("ready");
    let status = Run::command(run.dir.path(), free().unwrap(), &[], &[])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
    run.until("ready");
}

#[test]
fn many_random_faults_leave_no_descriptor_and_no_process() {
    let run = Run::start(&["--stable-ms", "0", "--liveness-ms", "20"], HIDING);
    let worker = number(&run.until("ready")["supervisorPid"]);
    let descriptors = || {
        std::fs::read_dir(format!("/proc/{worker}/fd"))
            .unwrap()
            .count()
    };
    let mut before = 0;
    for turn in 0..30 {
        let status = run.until("ready");
        if turn == 2 {
            before = descriptors();
        }
        let wrapper = number(&status["pid"]);
        match turn % 4 {
            0 => signal(wrapper, Signal::KILL),
            1 => signal(answers(run.port).unwrap_or(wrapper), Signal::KILL),
            2 => signal(wrapper, Signal::TERM),
            _ => drop(run.ask(&Request::Restart)),
        }
        expect_true("a new start", || {
            run.status()["restarts"] != status["restarts"]
        });
    }
    run.until("ready");
    assert_eq!(with_variable(&run.mark()).len(), 2);
    // Probes and requests come and go.
    expect_true("the descriptors to be as few as before", || {
        descriptors() <= before
    });
}

#[cfg(linux_calls)]
#[test]
fn it_works_as_process_one_of_a_container() {
    let dir = tempfile::tempdir().unwrap();
    let port = free().unwrap();
    let mut unshare = Command::new("unshare");
    unshare.env("CHILD_HANGS", dir.path().join("hang"));
    let inner = Run::command(dir.path(), port, &[], HIDING);
    let Some(mut command) = namespace::of_processes(unshare, &inner).unwrap() else {
        eprintln!("not run: this user may not make a PID namespace");
        return;
    };
    let mut run = Run {
        supervisor: command.stdout(Stdio::null()).spawn().unwrap(),
        dir,
        port,
    };
    // Asked from outside of the namespace, where our pid means nothing.
    let status = run.until("ready");
    assert_eq!(status["supervisorPid"], 2);
    assert_eq!(status["owner"]["ours"], true);
    let first = namespace::first_process(run.supervisor.id()).unwrap();
    signal(first, Signal::TERM);
    assert_eq!(run.ended(), 0);
    run.nothing_left();
}
