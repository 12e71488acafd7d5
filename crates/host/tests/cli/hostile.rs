//! Hostile neighbors: other users on the port, web pages, planted programs, malicious output. Each case ends closed and
//! with a reason; nothing is sent to the wrong party and nothing is lost. `docs/security.md` lists them.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use claude_proxy_host::state::StateDir;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::process::{get, supervise};
use crate::support::{
    Home, PROGRAM, Supervised, can_be_root, check, ended, expect_true, free_port, has, pid,
    private, says, signal, supervised_by_us,
};

/// A user that is neither the one of the tests nor the administrator.
pub(crate) const STRANGER: u32 = 54_321;
/// A user for whom the program runs, so that it sees no more of others than a user does.
pub(crate) const USER: u32 = 54_322;

/// A server, of another user as a rule, that answers as the proxy does, to any key, and remembers what it was sent.
struct Impostor {
    port: u16,
    received: Arc<Mutex<String>>,
    gone: Arc<AtomicBool>,
}

impl Impostor {
    /// Listens on a port, 0 for any.
    fn listen(port: u16) -> Self {
        Self::listen_as(STRANGER, port)
    }

    /// The same, run by this user.
    fn listen_as(user: u32, port: u16) -> Self {
        let received = Arc::new(Mutex::new(String::new()));
        let gone = Arc::new(AtomicBool::new(false));
        let (send, listening) = mpsc::channel();
        let (to, until) = (Arc::clone(&received), Arc::clone(&gone));
        std::thread::spawn(move || {
            // Of this thread alone; the kernel notes it for the sockets that it makes.
            let user = rustix::process::Uid::from_raw(user);
            rustix::thread::set_thread_res_uid(user, user, user).unwrap();
            let listener = loop {
                match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                    Ok(listener) => break listener,
                    Err(why) if why.kind() == std::io::ErrorKind::AddrInUse => {
                        std::thread::yield_now();
                    }
                    Err(why) => panic!("{why}"),
                }
            };
            send.send(listener.local_addr().unwrap().port()).unwrap();
            while let Ok((stream, _)) = listener.accept() {
                if until.load(Ordering::SeqCst) {
                    return;
                }
                answer(stream, &to);
            }
        });
        let port = listening.recv_timeout(crate::support::TIMEOUT).unwrap();
        Self {
            port,
            received,
            gone,
        }
    }

    fn received(&self) -> String {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::SeqCst);
        #[expect(clippy::disallowed_methods, reason = "a client like any other")]
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn answer(mut stream: TcpStream, received: &Mutex<String>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let mut request = Vec::new();
    let mut bytes = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut bytes) {
            Ok(0) | Err(_) => break,
            Ok(n) => request.extend_from_slice(&bytes[..n]),
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    received.lock().unwrap().push_str(&request);
    let keyed = request.to_ascii_lowercase().contains("x-api-key:");
    let (status, body) = match request.split(' ').nth(1) {
        Some("/") => (200, r#"{"status":"ok","service":"meridian"}"#),
        Some("/health") => (
            200,
            "{\"status\":\"healthy\",\"version\":\"\\u001b]0;owned\\u0007\\u001b[31m9\",\"auth\":{\"loggedIn\":true}}",
        ),
        _ if keyed => (200, r#"{"data":[{"id":"claude-opus-4-6"}]}"#),
        _ => (401, "{}"),
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
}

/// The status where the stranger has the port: there is no address to send to.
fn blocked_by_stranger() -> Value {
    json!({ "state": "blocked", "baseUrl": null, "owner": { "user": STRANGER.to_string() } })
}

/// The state of a home with a key that was made earlier.
fn with_key(home: &Home, port: u16) -> String {
    home.set_up(port);
    StateDir::at(home.state("")).key_or_new(port).unwrap();
    home.key(port)
}

#[test]
fn another_users_server_is_named_and_gets_no_key() {
    if !can_be_root() {
        return;
    }
    let home = Home::new();
    let port = free_port();
    // A login refuses the port of another program.
    let key = with_key(&home, port);
    let impostor = Impostor::listen(port);

    // Without a supervisor, as a one-off agent run looks at it.
    let status = home.run(&["status", "--json"]).ends(1).json();
    has(&status, blocked_by_stranger());
    says(&status["detail"], &["another user"]);
    let health = home.run(&["health"]);
    health.ends(1);
    assert!(!health.out.contains('\u{1b}'), "{:?}", health.out);
    home.run(&["models"]);
    let doctor = home.run(&["doctor", "--json"]).json();
    assert_eq!(check(&doctor, "identity")["status"], "fail", "{doctor}");
    // It is not to be used.
    says(&check(&doctor, "port")["fix"], &["setup --port"]);

    // With one.
    let running = supervise(&home, port, &[]);
    has(&running.state("blocked")["status"], blocked_by_stranger());
    drop(running);

    // With one that would use a proxy that the user started.
    home.configure(&json!({ "autoStart": false, "port": port }));
    let running = Supervised::start(home.supervise(None, &[]));
    running.state("blocked");
    drop(running);

    let received = impostor.received();
    assert!(received.contains("GET /health"), "it was asked: {received}");
    assert!(!received.contains(&key), "it was shown the key");
}

/// A web server of this process, on a port or, with 0, on any; its port, and what it was sent.
pub(crate) fn stranger(port: u16) -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = Arc::new(Mutex::new(String::new()));
    let to = Arc::clone(&received);
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..length]);
            to.lock().unwrap().push_str(&request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
        }
    });
    (port, received)
}

#[test]
fn another_program_of_the_user_is_not_shown_the_key() {
    let home = Home::new();
    let port = free_port();
    let key = with_key(&home, port);
    let received = stranger(port).1;
    for asked in [
        &["models"][..],
        &["setup", "--yes", "--port", &port.to_string()],
        &["doctor"],
        &["status"],
        &["health"],
    ] {
        home.run(asked);
        let received = received.lock().unwrap();
        let shown = received.contains(&key);
        assert!(received.contains("GET / "), "{asked:?} asks: {received}");
        assert!(!shown, "{asked:?} shows the key: {received}");
    }
}

/// A home whose program runs as another user than the tests, and sees no more of strangers than any user.
pub(crate) struct UserHome {
    pub(crate) home: Home,
    pub(crate) program: PathBuf,
}

impl UserHome {
    pub(crate) fn new() -> Self {
        let home = Home::new();
        let own = |path: &Path| std::os::unix::fs::chown(path, Some(USER), Some(USER)).unwrap();
        own(&home.path(""));
        own(&home.path("bin"));
        // The build folder may be out of reach of other users.
        let program = home.path("bin/claude-proxy");
        if fs::hard_link(PROGRAM, &program).is_err() {
            fs::copy(PROGRAM, &program).unwrap();
        }
        Self { home, program }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path(""))
            .env("PATH", "/usr/bin:/bin")
            .current_dir(self.home.path(""))
            .stdin(std::process::Stdio::null())
            .uid(USER)
            .gid(USER);
        command
    }
}

#[test]
fn a_port_that_is_taken_between_restarts_is_given_up() {
    if !can_be_root() {
        return;
    }
    let place = UserHome::new();
    let port = free_port();
    let hold = place.home.path("hold");
    // Waits while the file is there, and does not end when the port is taken: it listens elsewhere, as some do.
    let program = place.program.display();
    let script = place.home.program(
        "proxy",
        &format!(
            "while [ -e '{}' ]; do sleep 0.01; done\n'{program}' fake-proxy || exec sleep 1000",
            hold.display()
        ),
    );
    let script = script.display().to_string();
    let mut command = place.command(&["supervise"]);
    supervised_by_us(&mut command, Some(port), &[&script]);
    let mut running = Supervised::start(command);
    let ready = running.event("ready");
    let key = place.home.key(port);

    fs::write(&hold, "").unwrap();
    for victim in [&ready["status"]["owner"], &ready] {
        signal(pid(victim), Signal::KILL);
    }
    let impostor = Impostor::listen(port);
    fs::remove_file(&hold).unwrap();
    has(&running.state("blocked")["status"], blocked_by_stranger());
    let received = impostor.received();
    assert!(!received.contains(&key), "{received}");

    drop(impostor);
    running.event("ready");
    running.signal(Signal::TERM);
    assert_eq!(running.end(), 0);
    assert!(get(port, "/", None).is_err(), "nothing is left");
}

/// Its socket may be a forwarder's, behind which anybody answers.
#[test]
fn the_administrators_server_gets_no_key_where_one_of_ours_is_started() {
    if !can_be_root() {
        return;
    }
    let place = UserHome::new();
    let port = free_port();
    let impostor = Impostor::listen_as(0, port);
    let mut command = place.command(&["supervise"]);
    let program = place.program.display().to_string();
    supervised_by_us(&mut command, Some(port), &[&program, "fake-proxy"]);
    let running = Supervised::start(command);
    running.state("blocked");
    // The second round begins when the first has ended.
    let rounds = || impostor.received().matches("GET / ").count();
    expect_true("two rounds of questions", || rounds() > 1);
    drop(running);
    let received = impostor.received();
    assert!(received.contains("GET /health"), "it was asked: {received}");
    assert!(!received.contains(&place.home.key(port)), "{received}");
}

/// What a page in the user's browser can send: its own origin, and after rebinding its name to this machine, its host.
#[test]
fn a_web_page_gets_nothing_without_the_key() {
    let home = Home::new();
    let port = free_port();
    let running = supervise(&home, port, &[]);
    running.event("ready");
    let ask = |head: &str, headers: &str| {
        #[expect(clippy::disallowed_methods, reason = "a client like any other")]
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let body = r#"{"model":"claude-opus-4-6","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#;
        write!(
            stream,
            "{head} HTTP/1.1\r\n{headers}connection: close\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
    };
    let here = format!("host: 127.0.0.1:{port}\r\n");
    let pages = [
        format!("{here}origin: https://page.example\r\n"),
        format!("{here}origin: null\r\n"),
        format!("{here}origin: http://127.0.0.1:{port}\r\n"),
        format!("host: page.example:{port}\r\norigin: http://page.example:{port}\r\n"),
        format!("host: localhost:{port}\r\norigin: http://localhost:{port}\r\n"),
        "host: page.example\r\nx-forwarded-for: 127.0.0.1\r\n".to_owned(),
        format!("{here}authorization: Bearer claude-proxy-local\r\n"),
        format!("{here}x-api-key: claude-proxy-local\r\n"),
    ];
    for page in &pages {
        for path in [
            "POST /v1/messages",
            "POST /v1/chat/completions",
            "GET /v1/models",
        ] {
            assert_eq!(ask(path, page), 401, "{path} {page}");
        }
    }
    let key = home.key(port);
    let keyed = format!("{here}x-api-key: {key}\r\n");
    assert_eq!(ask("POST /v1/messages", &keyed), 200, "it does answer");
}

/// The setting that turns keys off works, and the doctor names its price.
#[test]
fn doctor_warns_where_the_access_key_is_off() {
    let home = Home::new();
    let port = free_port();
    home.configure(&json!({ "accessKey": "off", "port": port }));
    let running = supervise(&home, port, &[]);
    let ready = running.event("ready");
    assert_eq!(ready["status"]["keyFile"], Value::Null);
    assert_eq!(get(port, "/v1/models", None).unwrap(), 200);
    let said = home.checked("access-key");
    assert_eq!(said["status"], "warn", "{said}");
    says(&said["detail"], &["any web page"]);
}

#[test]
fn after_a_rotation_the_old_key_is_refused() {
    let home = Home::new();
    let port = free_port();
    home.set_up(port);
    let first = supervise(&home, port, &[]);
    first.event("ready");
    let old = home.key(port);
    assert_eq!(home.checked("access-key")["status"], "pass");
    let forced = home.run(&["key", "rotate", "--force", "--json"]);
    assert_eq!(forced.ends(0).json()["restartNeeded"], true);
    let new = home.key(port);
    assert_ne!(new, old);
    for text in [&forced.out, &forced.err] {
        assert!(!text.contains(&new) && !text.contains(&old), "{text}");
    }
    // Until the restart the proxy has the old one, and that is said rather than tried.
    assert_eq!(home.checked("access-key")["status"], "fail");
    drop(first);
    expect_true("the port is free", || get(port, "/", None).is_err());
    let second = supervise(&home, port, &[]);
    second.event("ready");
    assert_eq!(get(port, "/v1/models", Some(&old)).unwrap(), 401);
    assert_eq!(get(port, "/v1/models", Some(&new)).unwrap(), 200);
    assert_eq!(home.checked("access-key")["status"], "pass");
}

#[test]
fn a_planted_program_is_not_run() {
    let home = Home::new();
    let port = free_port().to_string();
    let ran = home.path("ran");
    let planted = home.path("open");
    fs::create_dir(&planted).unwrap();
    let script = format!("#!/bin/sh\ntouch '{}'\n", ran.display());
    fs::set_permissions(&planted, fs::Permissions::from_mode(0o777)).unwrap();
    // One in the working directory too, which an empty or relative entry means.
    for place in [planted.join("bunx"), home.path("bunx")] {
        private(&place, &script, 0o755);
    }
    let path = format!("{}::.", planted.display());
    let mut command = home.command(&["run", "--port", &port]);
    ended(command.env("PATH", &path))
        .ends(78)
        .says(&["every user can write", "open/bunx"]);

    let mut command = home.supervise(port.parse().ok(), &[]);
    command.env("PATH", &path);
    let failed = Supervised::start(command).state("failed");
    says(&failed["status"]["detail"], &["every user can write"]);

    let mut doctor = home.command(&["doctor", "--json"]);
    let doctor = ended(doctor.env("PATH", &path)).json();
    let command = check(&doctor, "proxy-command");
    assert_eq!(command["status"], "fail", "{command}");
    assert!(!ran.exists(), "it ran");
}

#[test]
fn what_the_proxy_prints_does_no_harm() {
    let home = Home::new();
    let port = free_port();
    let token = "sk-ant-oat01-abcdefghijklmnopqrstuvwxyz";
    // Escape sequences, secrets also across writes, bytes that are no text, and a line of 300 KB, before it serves.
    let script = home.program(
        "loud",
        &format!(
            r#"
printf '\033]0;title\007\033[2J\033[31mred\033[0m\r\n'
printf '\302\233 31m and \377\376 and \342\200\256 turned\n'
printf 'token {token} and key %s\n' "$MERIDIAN_API_KEY"
printf 'sk-ant-'; /bin/sleep 0.05; printf 'split-in-two\n'
printf 'Authorization: Bearer abc.def-ghi\nmail somebody@mail.example\n'
/usr/bin/head -c 300000 /dev/zero | /usr/bin/tr '\0' x
printf '%s\n' "$MERIDIAN_API_KEY"
exec '{PROGRAM}' fake-proxy"#
        ),
    );
    let text = port.to_string();
    let script = script.display().to_string();
    let running = Supervised::start(home.supervise(Some(port), &[&script]));
    let ready = running.event("ready");
    let key = home.key(port);
    let status = home.run(&["status", "--json", "--port", &text]).out;
    let logs = home.run(&["logs", "-n", "100", "--port", &text]).out;
    let file = fs::read_to_string(home.state(&format!("proxy-{port}.log"))).unwrap();
    assert!(file.contains("red"), "it was kept: {file:.300}");
    for (where_, shown) in [
        ("event", ready.to_string()),
        ("status", status),
        ("logs", logs),
        ("file", file),
    ] {
        for secret in [&key, token, "split-in-two", "abc.def-ghi", "somebody@"] {
            assert!(!shown.contains(secret), "{secret} in {where_}");
        }
        let control = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{202e}';
        assert!(!shown.contains(control), "control characters in {where_}");
    }
}
