//! The supervisor with real processes: the example `supervise` around the example `child`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is a failed test"
)]

use claude_proxy_supervisor::control::{self, Request};
use harness::ports::free;
use harness::processes::{marked, signal};
use harness::wait::{PATIENCE, found};
use rustix::process::Signal;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples")
        .join(name);
    assert!(
        path.exists(),
        "{} is missing: run the tests of the whole package",
        path.display()
    );
    path
}

/// The pid that answers on a port.
fn answers(port: u16) -> Option<u32> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_millis(500)))
        .ok()?;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer
        .rsplit("\"pid\":")
        .next()?
        .trim_end_matches('}')
        .parse()
        .ok()
}

/// In place of the program's options: there is no program.
const NO_PROGRAM: &[&str] = &["no program"];

struct Run {
    supervisor: Child,
    dir: tempfile::TempDir,
    port: u16,
}

impl Run {
    fn start(options: &[&str], child: &[&str]) -> Self {
        Self::start_on(free().unwrap(), options, child)
    }

    fn start_on(port: u16, options: &[&str], child: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), port, options, child)
    }

    fn start_in(dir: tempfile::TempDir, port: u16, options: &[&str], child: &[&str]) -> Self {
        let supervisor = Self::command(dir.path(), port, options, child)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            supervisor,
            dir,
            port,
        }
    }

    fn command(dir: &Path, port: u16, options: &[&str], child: &[&str]) -> Command {
        let mut command = Command::new(example("supervise"));
        command
            .arg("run")
            .arg("--dir")
            .arg(dir)
            .args(["--port", &port.to_string()])
            .args(options);
        command.arg("--");
        if child != NO_PROGRAM {
            command
                .arg(example("child"))
                .arg(port.to_string())
                .args(child);
        }
        command
            .env("CHILD_HANGS", dir.join("hang"))
            .stderr(Stdio::inherit());
        command
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("control")
    }

    fn mark(&self) -> String {
        format!("SUPERVISED_AT={}", self.socket().display())
    }

    fn ask(&self, request: &Request) -> Option<Value> {
        control::request(&self.socket(), request, PATIENCE).ok()
    }

    fn status(&self) -> Value {
        self.ask(&Request::Status).unwrap_or(Value::Null)
    }

    fn until(&self, state: &str) -> Value {
        found(&format!("the state {state}"), || {
            Some(self.status()).filter(|status| status["state"] == state)
        })
    }

    fn nothing_left(&self) {
        found("everything to be gone", || {
            marked(&self.mark()).is_empty().then_some(())
        });
        // A process that is ending has no environment any more, and its socket for a moment longer.
        found("the port to be free", || {
            TcpStream::connect(("127.0.0.1", self.port))
                .is_err()
                .then_some(())
        });
    }

    fn stop(&mut self) -> i32 {
        signal(self.supervisor.id(), Signal::TERM);
        self.ended()
    }

    fn ended(&mut self) -> i32 {
        let status = found("the supervisor to end", || {
            self.supervisor.try_wait().unwrap()
        });
        status.code().unwrap_or(-1)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("output.log")).unwrap_or_default()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.supervisor.kill();
        let _ = self.supervisor.wait();
        for pid in marked(&self.mark()) {
            signal(pid, Signal::KILL);
        }
    }
}

fn number(value: &Value) -> u32 {
    u32::try_from(
        value
            .as_u64()
            .unwrap_or_else(|| panic!("no number: {value}")),
    )
    .unwrap()
}

#[test]
fn a_start_a_status_and_a_stop() {
    let mut run = Run::start(&[], &[]);
    let status = run.until("ready");
    let pid = number(&status["pid"]);
    assert_eq!(answers(run.port), Some(pid));
    assert_eq!(status["owner"]["pid"], pid);
    assert_eq!(status["owner"]["ours"], true);
    assert_eq!(status["verdict"]["name"], "ours");
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
    given.push(format!(
        "CHILD_HANGS={}",
        run.dir.path().join("hang").display()
    ));
    given.push(run.mark());
    let mut got: Vec<String> = environ.split_terminator('\0').map(str::to_owned).collect();
    given.sort();
    got.sort();
    assert_eq!(got, given);
    let links: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .flatten()
        .map(|fd| {
            std::fs::read_link(fd.path())
                .unwrap_or_default()
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(
        links.iter().filter(|l| l.starts_with("pipe:")).count(),
        2,
        "{links:?}"
    );
    assert!(
        links
            .iter()
            .all(|l| l == "/dev/null" || l.starts_with("pipe:") || l.starts_with("socket:")),
        "{links:?}"
    );
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    assert_eq!(
        (fields[2], fields[3]),
        (&*pid.to_string(), &*pid.to_string()),
        "own group and session"
    );
}

#[test]
fn the_first_crash_is_followed_by_a_start_at_once() {
    let run = Run::start(&["--delay-ms", "60000"], &[]);
    let before = run.until("ready");
    signal(number(&before["pid"]), Signal::KILL);
    let after = found("a new process", || {
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

/// The shape that other supervisors leave behind: a wrapper, and a server that left its session and group.
const HIDING: &[&str] = &["--wrap", "--leave"];

#[test]
fn nothing_survives_the_violent_death_of_either_process() {
    for turn in 0..20 {
        let mut run = Run::start(
            &[],
            if turn % 4 < 2 {
                HIDING
            } else {
                &["--wrap", "--ignore-term"]
            },
        );
        let status = run.until("ready");
        assert_eq!(marked(&run.mark()).len(), 2);
        let victim = if turn % 2 == 0 {
            run.supervisor.id()
        } else {
            number(&status["supervisorPid"])
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "how long it takes is what is tested"
        )]
        let since = Instant::now();
        signal(victim, Signal::KILL);
        run.nothing_left();
        assert!(
            since.elapsed() < Duration::from_secs(2),
            "{:?}",
            since.elapsed()
        );
        run.ended();
        let worker = number(&status["supervisorPid"]);
        found("the worker to end", || {
            (!Path::new(&format!("/proc/{worker}/exe")).exists()).then_some(())
        });
    }
}

#[test]
fn what_outlived_both_processes_is_removed_by_the_next_start() {
    let mut run = Run::start(&[], HIDING);
    let status = run.until("ready");
    let orphan = answers(run.port).unwrap();
    // Neither may notice that the other is gone before it is gone itself.
    for which in [Signal::STOP, Signal::KILL] {
        signal(run.supervisor.id(), which);
        signal(number(&status["supervisorPid"]), which);
    }
    run.ended();
    found("the wrapper to be gone", || {
        (marked(&run.mark()) == [orphan]).then_some(())
    });
    run.supervisor = Run::command(run.dir.path(), run.port, &[], &[])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = run.until("ready");
    assert_ne!(answers(run.port), Some(orphan));
    assert_eq!(status["owner"]["ours"], true);
    assert_eq!(marked(&run.mark()), [number(&status["pid"])]);
}

#[test]
fn what_a_supervisor_descends_from_is_not_taken_for_what_an_earlier_one_left() {
    let mut run = Run::start(&[], HIDING);
    let status = run.until("ready");
    let orphan = answers(run.port).unwrap();
    for which in [Signal::STOP, Signal::KILL] {
        signal(run.supervisor.id(), which);
        signal(number(&status["supervisorPid"]), which);
    }
    run.ended();
    // A host program that was started from inside of the service, and so carries its mark, as does all that it starts.
    let (name, value) = run
        .mark()
        .split_once('=')
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .unwrap();
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
    let left = marked(&run.mark());
    for pid in [run.supervisor.id(), other, number(&status["supervisorPid"])] {
        assert!(left.contains(&pid), "{pid} is not among {left:?}");
    }
    assert!(!left.contains(&orphan));
    assert!(run.supervisor.try_wait().unwrap().is_none());
}

#[test]
fn what_a_dead_wrapper_leaves_is_removed_before_the_next_start() {
    let run = Run::start(&[], HIDING);
    let status = run.until("ready");
    let server = answers(run.port).unwrap();
    signal(number(&status["pid"]), Signal::KILL);
    found("a new server", || {
        answers(run.port).filter(|pid| *pid != server)
    });
    let status = run.until("ready");
    assert_eq!(status["restarts"], 1);
    assert_eq!(marked(&run.mark()).len(), 2);
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
        // Long enough that a busy machine ends what obeys within it.
        let mut run = Run::start(&["--grace-ms", "1000"], child);
        run.until("ready");
        #[expect(
            clippy::disallowed_methods,
            reason = "how long it takes is what is tested"
        )]
        let since = Instant::now();
        assert_eq!(run.stop(), 0, "{child:?}");
        run.nothing_left();
        let stubborn = child.contains(&"--ignore-term");
        assert_eq!(
            since.elapsed() >= Duration::from_secs(1),
            stubborn,
            "{child:?}: {:?}",
            since.elapsed()
        );
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

#[test]
fn a_stranger_is_named_and_never_replaced_or_signalled() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut run = Run::start_on(
        holder.local_addr().unwrap().port(),
        &["--recheck-ms", "20"],
        &[],
    );
    let status = run.until("blocked");
    assert_eq!(status["owner"]["pid"], std::process::id());
    assert_eq!(status["owner"]["ours"], false);
    assert!(
        status["owner"]["command"]
            .as_str()
            .unwrap()
            .contains("processes")
    );
    assert!(
        status["detail"]
            .as_str()
            .unwrap()
            .contains("in use by process")
    );
    assert!(status["next"].as_str().unwrap().contains("another port"));
    assert_eq!(marked(&run.mark()).len(), 0);
    drop(holder);
    run.until("ready");
    assert_eq!(run.stop(), 0);
}

/// A server that somebody else runs, ended with the test.
struct Other(Child);

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Has a program run where the kernel does not tell whose a socket is, as in a container that forbids `sock_diag`: it may
/// make no netlink socket.
fn without_sock_diag(command: &mut Command) {
    use libc::{
        BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ALLOW,
        SECCOMP_RET_ERRNO, sock_filter,
    };
    use std::os::unix::process::CommandExt;
    let step = |code: u32, jt: u8, jf: u8, k: u32| sock_filter {
        code: u16::try_from(code).unwrap(),
        jt,
        jf,
        k,
    };
    // Offsets in `struct seccomp_data`: the number of the call, and the lower half of its first argument.
    let (call, family) = (0, 16);
    let socket = u32::try_from(libc::SYS_socket).unwrap();
    let netlink = libc::AF_NETLINK.unsigned_abs();
    let mut filter = [
        step(BPF_LD | BPF_W | BPF_ABS, 0, 0, call),
        step(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, socket),
        step(BPF_LD | BPF_W | BPF_ABS, 0, 0, family),
        step(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, netlink),
        step(
            BPF_RET | BPF_K,
            0,
            0,
            SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs(),
        ),
        step(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW),
    ];
    let deny = move || {
        let program = libc::sock_fprog {
            len: 6,
            filter: filter.as_mut_ptr(),
        };
        // SAFETY: the program and its steps outlive the calls, which read them.
        let done = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::prctl(
                    libc::PR_SET_SECCOMP,
                    libc::SECCOMP_MODE_FILTER,
                    &raw const program,
                ) == 0
        };
        if done {
            Ok(())
        } else {
            Err(std::io::Error::last_os_error())
        }
    };
    // SAFETY: two system calls between fork and exec.
    unsafe { command.pre_exec(deny) };
}

#[test]
fn a_program_of_which_the_kernel_does_not_tell_whose_it_is_is_not_shown_the_key() {
    const OPTIONS: &[&str] = &[
        "--key",
        "secret-key",
        "--liveness-ms",
        "20",
        "--recheck-ms",
        "20",
    ];
    for (starts, told) in [(true, true), (true, false), (false, true), (false, false)] {
        let dir = tempfile::tempdir().unwrap();
        let heard = dir.path().join("heard");
        let port = free().unwrap();
        let _other = (!starts).then(|| {
            let child = Command::new(example("child"))
                .arg(port.to_string())
                .env("CHILD_HEARS", &heard)
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            let child = Other(child);
            found("the other's server", || answers(port));
            child
        });
        let mut command = Run::command(
            dir.path(),
            port,
            OPTIONS,
            if starts { &[] } else { NO_PROGRAM },
        );
        command.env("CHILD_HEARS", &heard).stdout(Stdio::null());
        if !told {
            without_sock_diag(&mut command);
        }
        let mut run = Run {
            supervisor: command.spawn().unwrap(),
            dir,
            port,
        };
        let text = || std::fs::read_to_string(&heard).unwrap_or_default();
        match (starts, told) {
            (_, true) => {
                run.until(if starts { "ready" } else { "attached" });
                found("the key", || text().contains("secret-key").then_some(()));
            }
            (starts, false) => {
                let status = found("a verdict", || {
                    let status = run.status();
                    (status["verdict"]["code"] == "owner-unknown").then_some(status)
                });
                assert!(
                    status["detail"]
                        .as_str()
                        .unwrap()
                        .contains("not shown the access key"),
                    "{status}"
                );
                assert!(status["next"].is_string(), "{status}");
                // Signs of life are asked for as well.
                let before = text().len();
                found("more questions", || {
                    (!starts || text().len() > before + 500).then_some(())
                });
                assert_eq!(
                    run.status()["state"],
                    if starts { "starting" } else { "blocked" }
                );
                assert!(!text().contains("secret-key"), "{}", text());
            }
        }
        assert_eq!(run.stop(), 0);
    }
}

/// Answers that never end, each with what is repeated.
const ENDLESS: &[(&str, &str)] = &[
    ("", "HTTP/1.1 100 Continue\r\n\r\n"),
    ("HTTP/1.1 200 OK\r\n", "X-A: b\r\n"),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        "x=y;",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\nx\r\n",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        "X-A: b\r\n",
    ),
    ("HTTP/1.1 200 OK\r\n\r\n", "x"),
];

#[test]
fn a_program_that_answers_without_end_keeps_nobody_from_status_and_stop() {
    for (begin, repeated) in ENDLESS {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let block = repeated.repeat(65_536 / repeated.len());
                    let _ = stream.read(&mut [0; 2048]);
                    let _ = stream.write_all(begin.as_bytes());
                    while stream.write_all(block.as_bytes()).is_ok() {}
                });
            }
        });
        let mut run = Run::start_on(port, &["--recheck-ms", "20"], &[]);
        found("a state", || {
            matches!(run.status()["state"].as_str(), Some("blocked" | "attached")).then_some(())
        });
        // Questions go on; none of them may hold the loop.
        for _ in 0..20 {
            assert!(run.ask(&Request::Status).is_some(), "{repeated:?}");
        }
        assert_eq!(run.stop(), 0, "{repeated:?}");
    }
}

#[test]
fn a_usable_server_is_attached_to_and_outlives_us() {
    let port = free().unwrap();
    let mut twin = Command::new(example("child"))
        .arg(port.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    found("the twin", || answers(port));
    let mut run = Run::start_on(port, &[], &[]);
    let status = run.until("attached");
    assert_eq!(status["owner"]["pid"], twin.id());
    assert_eq!(status["pid"], Value::Null);
    assert_eq!(run.stop(), 0);
    assert_eq!(answers(port), Some(twin.id()));
    // The next one takes over as soon as it goes away.
    let run = Run::start_on(port, &[], &[]);
    run.until("attached");
    twin.kill().unwrap();
    twin.wait().unwrap();
    assert_ne!(run.until("ready")["pid"], twin.id());
}

#[test]
fn without_a_program_somebody_elses_server_is_waited_for() {
    let mut run = Run::start(&["--once", "--recheck-ms", "20"], NO_PROGRAM);
    let absent = |run: &Run| {
        let status = run.until("stopped");
        assert_eq!(
            status["detail"],
            format!(
                "Nothing listens on 127.0.0.1:{}; waiting for a server that somebody else starts.",
                run.port
            )
        );
        for unknown in ["owner", "next", "pid", "verdict", "lastExit"] {
            assert_eq!(status[unknown], Value::Null, "{unknown}");
        }
    };
    absent(&run);
    let mut other = Command::new(example("child"))
        .arg(run.port.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = run.until("attached");
    assert_eq!(status["owner"]["pid"], other.id());
    // The server closes first, so the port has connections that wind down when it is gone.
    for _ in 0..5 {
        answers(run.port);
    }
    other.kill().unwrap();
    other.wait().unwrap();
    absent(&run);
    let stranger = TcpListener::bind(("127.0.0.1", run.port)).unwrap();
    assert_eq!(run.until("blocked")["owner"]["pid"], std::process::id());
    drop(stranger);
    absent(&run);
    assert_eq!(
        run.log().matches("[supervisor] stopped (").count(),
        3,
        "a look that changes nothing is not reported"
    );
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

#[test]
fn an_end_before_ready_is_a_failed_start_with_its_reason() {
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
            .arg("run")
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
    found("another start", || {
        (run.status()["restarts"] != 4).then_some(())
    });
}

#[test]
fn a_hang_is_noticed_and_ended() {
    let run = Run::start(&["--liveness-ms", "40"], &[]);
    let before = run.until("ready");
    std::fs::write(run.dir.path().join("hang"), "").unwrap();
    found("a new process", || {
        (run.status()["restarts"] == 1).then_some(())
    });
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
fn big(megabytes: usize) -> Child {
    let mut parent = Command::new(example("child"))
        .args(["--memory-mb", &megabytes.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
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
    found("its threads to end", || {
        (std::fs::read_dir(&threads).unwrap().count() == 1).then_some(())
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
        found("the service to be gone", || {
            answers(run.port).is_none().then_some(())
        });
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
    let dir = tempfile::tempdir().unwrap();
    let port = free().unwrap();
    let mut supervisor = Run::command(dir.path(), port, &["--stdout", "--events"], &[])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(supervisor.stdout.take().unwrap());
    let mut run = Run {
        supervisor,
        dir,
        port,
    };
    let mut seen = Vec::new();
    let mut lines = stdout.lines();
    while !seen
        .last()
        .is_some_and(|event: &Value| event["event"] == "ready")
    {
        seen.push(serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap());
    }
    let names: Vec<&str> = seen.iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["state", "started", "verdict", "state", "ready"]);
    run.ask(&Request::Lease {
        ms: 60_000,
        parent: None,
    });
    drop(lines);
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

#[test]
fn what_is_told_of_an_end_is_not_told_of_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let port = free().unwrap();
    let mut supervisor = Run::command(dir.path(), port, &["--stdout", "--events"], &[])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut events = BufReader::new(supervisor.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let _run = Run {
        supervisor,
        dir,
        port,
    };
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
            assert_eq!(status["said"], Value::Null, "{event}");
            assert_eq!(status["verdict"], Value::Null, "{event}");
            assert_eq!(status["owner"], Value::Null, "{event}");
        }
        names.push(name);
    }
    assert_eq!(names, ["exited", "state", "started", "verdict", "state"]);
}

#[test]
fn every_change_is_told_in_the_words_of_the_state_that_it_leads_to() {
    let dir = tempfile::tempdir().unwrap();
    let port = free().unwrap();
    let options = ["--stdout", "--events", "--delay-ms", "60000"];
    let mut supervisor = Run::command(dir.path(), port, &options, &["--exit", "3"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut events = BufReader::new(supervisor.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let mut run = Run {
        supervisor,
        dir,
        port,
    };
    let ended = events.find(|event| event["event"] == "exited").unwrap();
    assert_eq!(ended["status"]["state"], "backoff");
    let backoff = events.next().unwrap();
    assert_eq!(backoff["state"], "backoff");
    assert_eq!(backoff["detail"], ended["reason"]);
    assert_eq!(run.stop(), 0);
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    let port = free().unwrap();
    let mut supervisor = Run::command(dir.path(), port, &["--stdout"], &[])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let reader = supervisor.stdout.take().unwrap();
    let mut run = Run {
        supervisor,
        dir,
        port,
    };
    run.until("ready");
    drop(reader);
    assert_eq!(run.ended(), 0);
    run.nothing_left();
}

#[test]
fn a_long_start_tells_what_the_program_says() {
    let dir = tempfile::tempdir().unwrap();
    let port = free().unwrap();
    let slow = ["--delay-ms", "600000", "--mutter-ms", "20"];
    let options = ["--stdout", "--events", "--timeout-ms", "600000"];
    let mut supervisor = Run::command(dir.path(), port, &options, &slow)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let events = BufReader::new(supervisor.stdout.take().unwrap());
    let mut run = Run {
        supervisor,
        dir,
        port,
    };
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let told = events.lines().map_while(Result::ok);
        for line in told.filter(|line| line.contains("\"progress\"")) {
            sender.send(line).unwrap();
        }
    });
    let told = lines.recv_timeout(PATIENCE).unwrap();
    assert!(told.contains("fetching part"), "{told}");
    let status = run.status();
    assert_eq!(status["state"], "starting");
    let said = status["said"].as_str().unwrap();
    assert!(said.starts_with("fetching part "), "{said}");
    // Rarely enough for a log: only output that comes later is worth another line.
    assert_eq!(run.stop(), 0);
    assert_eq!(lines.iter().count(), 0);
    run.nothing_left();
}

#[test]
fn a_flood_of_output_takes_bounded_space_and_its_end_is_kept() {
    let run = Run::start(&[], &["--flood", "30"]);
    run.until("ready");
    let status = found("the end of the flood", || {
        let status = run.status();
        status["lastLines"]
            .as_array()?
            .iter()
            .any(|l| l == "end of the flood")
            .then_some(status)
    });
    assert_eq!(status["logTrouble"], Value::Null);
    let disk: u64 = std::fs::read_dir(run.dir.path())
        .unwrap()
        .flatten()
        .map(|e| e.metadata().unwrap().len())
        .sum();
    assert!((4_000_000..=10_000_000).contains(&disk), "{disk}");
}

#[test]
fn the_service_manager_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let address = dir.path().join("notify");
    let manager = std::os::unix::net::UnixDatagram::bind(&address).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = free().unwrap();
    let mut command = Run::command(dir.path(), port, &[], &[]);
    command
        .env("NOTIFY_SOCKET", &address)
        .env("WATCHDOG_USEC", "20000")
        .stdout(Stdio::null());
    let mut run = Run {
        supervisor: command.spawn().unwrap(),
        dir,
        port,
    };
    let until = |wanted: &str| {
        let mut message = [0; 1024];
        found(wanted, || {
            let n = manager.recv(&mut message).unwrap();
            std::str::from_utf8(&message[..n])
                .unwrap()
                .contains(wanted)
                .then_some(())
        });
    };
    until("READY=1\nSTATUS=ready");
    until("WATCHDOG=1");
    run.stop();
    until("STOPPING=1");
    until("STATUS=stopped");
}

#[test]
fn two_supervisors_of_one_place_are_one_too_many() {
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
        match turn % 4 {
            0 => signal(number(&status["pid"]), Signal::KILL),
            1 => signal(
                answers(run.port).unwrap_or(number(&status["pid"])),
                Signal::KILL,
            ),
            2 => signal(number(&status["pid"]), Signal::TERM),
            _ => drop(run.ask(&Request::Restart)),
        }
        found("a new start", || {
            (run.status()["restarts"] != status["restarts"]).then_some(())
        });
    }
    run.until("ready");
    assert_eq!(marked(&run.mark()).len(), 2);
    // Probes and requests come and go.
    found("the descriptors to be as few as before", || {
        (descriptors() <= before).then_some(())
    });
}

#[test]
fn as_process_one_of_a_container() {
    let namespace = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    let may = Command::new("unshare")
        .args(namespace)
        .arg("true")
        .stderr(Stdio::null())
        .status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("not run: this user may not make a PID namespace");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let port = free().unwrap();
    let inner = Run::command(dir.path(), port, &[], HIDING);
    let mut command = Command::new("unshare");
    command
        .args(namespace)
        .arg(inner.get_program())
        .args(inner.get_args())
        .env("CHILD_HANGS", dir.path().join("hang"));
    let mut run = Run {
        supervisor: command.stdout(Stdio::null()).spawn().unwrap(),
        dir,
        port,
    };
    // Asked from outside of the namespace, where our pid means nothing.
    let status = run.until("ready");
    assert_eq!(status["supervisorPid"], 2);
    assert_eq!(status["owner"]["ours"], true);
    let children = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok());
    let first = children
        .filter(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit(") ")
                .next()
                .and_then(|s| s.split(' ').nth(1)?.parse().ok())
                == Some(run.supervisor.id())
        })
        .last()
        .unwrap();
    signal(first, Signal::TERM);
    assert_eq!(run.ended(), 0);
    run.nothing_left();
}
