//! Random faults for as long as you like: does anything stay behind, does anything grow?
//!
//! `soak [SECONDS] [SEED]` runs the example `supervise` around the example `child`, as a wrapper whose server left its
//! session, and goes on killing, suspending, silencing, flooding, stopping and restarting them. The numbers of the seed
//! choose the faults. Every fault must end in `ready` again. It ends with code 0 when no process is left, and neither
//! the descriptors nor the memory of the supervisor grew. Linux only.
#![allow(
    clippy::disallowed_methods,
    reason = "a program of its own, with its own deadlines"
)]

use std::process::ExitCode;

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("soak: it reads /proc, which only Linux has");
    ExitCode::from(2)
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    match linux::go() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("soak: {why}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use claude_proxy_supervisor::control::{self, Request};
    use claude_proxy_supervisor::machine::Rng;
    use harness::processes::{marked, signal};
    use harness::wait;
    use rustix::process::Signal;
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::error::Error;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    type Outcome<T> = Result<T, Box<dyn Error>>;

    /// How long a fault may keep the service away.
    const PATIENCE: Duration = Duration::from_secs(20);
    /// Faults before the first look at memory and descriptors: buffers reach their size, and the log begins anew.
    const WARM_UP: u64 = 100;
    /// Growth of the supervisor's anonymous memory that is no leak, in KB: the allocator keeps some pages.
    const SLACK_KB: u64 = 256;

    const FAULTS: [&str; 10] = [
        "kill the wrapper",
        "kill the server",
        "terminate the wrapper",
        "suspend the server",
        "silence",
        "slow start",
        "restart command",
        "stop and start commands",
        "stop and start at once",
        "a crowd of status requests",
    ];

    struct Soak {
        folder: tempfile::TempDir,
        socket: PathBuf,
        mark: String,
        supervisor: Child,
        rng: Rng,
    }

    impl Drop for Soak {
        fn drop(&mut self) {
            let _ = self.supervisor.kill();
            let _ = self.supervisor.wait();
            for pid in marked(&self.mark) {
                signal(pid, Signal::KILL);
            }
        }
    }

    pub(super) fn go() -> Outcome<()> {
        let mut arguments = std::env::args().skip(1);
        let seconds: u64 = arguments.next().map_or(Ok(10), |text| text.parse())?;
        let seed: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut soak = Soak::start(seed)?;
        let worker = number(
            &soak.until("the first start", |s| s["state"] == "ready")?,
            "/supervisorPid",
        )?;

        let mut done: BTreeMap<&str, u64> = BTreeMap::new();
        let mut count = 0;
        let mut worst = Duration::ZERO;
        let mut first = usage(worker)?;
        while Instant::now() < end {
            let index = usize::try_from(soak.rng.below(FAULTS.len() as u64))?;
            let fault = FAULTS.get(index).copied().unwrap_or_default();
            let since = Instant::now();
            soak.fault(fault)?;
            worst = worst.max(since.elapsed());
            *done.entry(fault).or_default() += 1;
            count += 1;
            if count == WARM_UP {
                first = usage(worker)?;
            }
        }
        let status = soak.until("the end", |s| s["state"] == "ready")?;
        let last = usage(worker)?;
        let restarts = number(&status, "/restarts")?;
        let stopped = soak.stop()?;

        for (fault, times) in &done {
            println!("{times:>6}  {fault}");
        }
        println!(
            "{count:>6}  faults in {seconds} s, {restarts} starts after the first, longest way back to ready {} ms",
            worst.as_millis()
        );
        println!(
            "descriptors {} -> {}, anonymous memory {} -> {} KB, stopped in {} ms, nothing left",
            first.descriptors,
            last.descriptors,
            first.memory_kb,
            last.memory_kb,
            stopped.as_millis()
        );
        if last.descriptors > first.descriptors {
            return Err("descriptors leak".into());
        }
        if last.memory_kb > first.memory_kb + SLACK_KB {
            return Err("memory leaks".into());
        }
        Ok(())
    }

    impl Soak {
        fn start(seed: u64) -> Outcome<Self> {
            let folder = tempfile::tempdir()?;
            let port = harness::ports::free()?.to_string();
            let own = std::env::current_exe()?;
            let beside = |name: &str| own.with_file_name(name);
            let socket = folder.path().join("control");
            let supervisor = Command::new(beside("supervise"))
                .args(["run", "--dir"])
                .arg(folder.path())
                .args(["--port", &port, "--liveness-ms", "50", "--grace-ms", "50"])
                // Every run counts as stable, so that no fault leads to a delay.
                .args(["--stable-ms", "0", "--delay-ms", "1", "--"])
                .arg(beside("child"))
                .args([&port, "--wrap", "--leave"])
                .env("CHILD_HANGS", folder.path().join("hang"))
                .env("CHILD_WAITS", folder.path().join("wait"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()?;
            let mark = format!("SUPERVISED_AT={}", socket.display());
            Ok(Self {
                folder,
                socket,
                mark,
                supervisor,
                rng: Rng::new(seed),
            })
        }

        /// Does one thing, and waits until the service is there again.
        fn fault(&mut self, fault: &str) -> Outcome<()> {
            let before = self.until(fault, |s| s["state"] == "ready")?;
            let starts = number(&before, "/restarts")?;
            let wrapper = number(&before, "/pid")?;
            let server = number(&before, "/owner/pid")?;
            let file = |name: &str| self.folder.path().join(name);
            match fault {
                "kill the wrapper" => signal(wrapper, Signal::KILL),
                "kill the server" => signal(server, Signal::KILL),
                "terminate the wrapper" => signal(wrapper, Signal::TERM),
                "suspend the server" => signal(server, Signal::STOP),
                "silence" => {
                    let silent = file("hang");
                    std::fs::write(&silent, "")?;
                    self.until(fault, |s| s["restarts"] != starts)?;
                    std::fs::remove_file(silent)?;
                }
                "slow start" => {
                    let slow = file("wait");
                    std::fs::write(&slow, "")?;
                    signal(wrapper, Signal::KILL);
                    self.until(fault, |s| {
                        s["restarts"] != starts && s["state"] == "starting"
                    })?;
                    std::fs::remove_file(slow)?;
                }
                "restart command" => drop(self.ask(&Request::Restart)?),
                "stop and start commands" => {
                    self.ask(&Request::Stop)?;
                    self.until(fault, |s| s["state"] == "stopped")?;
                    self.nothing_left()?;
                    self.ask(&Request::Start)?;
                }
                "stop and start at once" => {
                    self.ask(&Request::Stop)?;
                    self.ask(&Request::Start)?;
                }
                _ => {
                    for _ in 0..50 {
                        self.ask(&Request::Status)?;
                    }
                    return Ok(());
                }
            }
            self.until(fault, |s| s["restarts"] != starts && s["state"] == "ready")?;
            Ok(())
        }

        fn ask(&self, request: &Request) -> Outcome<Value> {
            Ok(control::request(&self.socket, request, PATIENCE)?)
        }

        fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Outcome<Value> {
            let mut last = Value::Null;
            let found = wait::until(what, PATIENCE, || {
                last = self.ask(&Request::Status).unwrap_or_default();
                Ok(wanted(&last).then(|| last.clone()))
            });
            found.map_err(|why| format!("{why}: it stays at {last}").into())
        }

        fn nothing_left(&self) -> Outcome<()> {
            match marked(&self.mark) {
                left if left.is_empty() => Ok(()),
                left => Err(format!("left: processes {left:?}").into()),
            }
        }

        /// Ends it; how long that took.
        fn stop(&mut self) -> Outcome<Duration> {
            let since = Instant::now();
            signal(self.supervisor.id(), Signal::TERM);
            let code = self.supervisor.wait()?.code();
            let took = since.elapsed();
            self.nothing_left()?;
            if code == Some(0) && !Path::new(&self.socket).exists() {
                Ok(took)
            } else {
                Err(format!("it ended with {code:?}").into())
            }
        }
    }

    fn number(status: &Value, name: &str) -> Outcome<u32> {
        let number = status.pointer(name).and_then(Value::as_u64);
        let number = number.ok_or_else(|| format!("no {name} in {status}"))?;
        Ok(u32::try_from(number)?)
    }

    #[derive(Clone, Copy)]
    struct Usage {
        descriptors: usize,
        memory_kb: u64,
    }

    fn usage(pid: u32) -> Outcome<Usage> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let memory_kb = status
            .lines()
            .find_map(|line| {
                line.strip_prefix("RssAnon:")?
                    .trim()
                    .strip_suffix(" kB")?
                    .parse()
                    .ok()
            })
            .ok_or("no RssAnon")?;
        // Probes and requests come and go: the fewest of many looks.
        let mut descriptors = usize::MAX;
        for _ in 0..50 {
            descriptors = descriptors.min(std::fs::read_dir(format!("/proc/{pid}/fd"))?.count());
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(Usage {
            descriptors,
            memory_kb,
        })
    }
}
