//! The whole chain on loopback; the README beside this crate says what it is.

#![allow(
    clippy::indexing_slicing,
    reason = "configuration and JSON of our own making; a panic ends a developer's command"
)]

mod api;
mod checks;
mod long;
mod proxies;
mod report;
mod vendors;

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::ExitCode;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use harness::gateway::Gateway;
use harness::home::{Home, ID};
use harness::rpc::Rpc;
use harness::{namespace, places, ports, wait};
use serde_json::json;

use checks::{Before, CHECKS, TURNS, Taken, Turn};
use proxies::Proxy;

/// Runs a conversation through the real OpenClaw, a real proxy and the real Claude CLI, and judges what reached the API.
#[derive(Parser)]
#[command(name = "cargo xtask chain")]
struct Options {
    /// A proxy of yours, program and arguments (`{port}` where the port goes), instead of the pinned claude-max-api-proxy
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    proxy: Vec<String>,
    /// The dialect that it speaks
    #[arg(long, value_name = "API", requires = "proxy")]
    api: Option<String>,
    /// Has so many turns in one session instead, and judges that each one's words arrive once and in order
    #[arg(long, value_name = "N", default_value_t = 0)]
    turns: usize,
}

/// How long the proxy may take to be ready.
const READY: Duration = Duration::from_secs(120);
/// How long the Gateway may take to stop.
const STOP: Duration = Duration::from_secs(60);
/// How long what a turn began may take to reach the API.
const LATER: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let options = Options::parse();
    let done = if namespace::is_inside() {
        run(&options)
    } else {
        run_inside()
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs this program again in a namespace, with the same arguments.
fn run_inside() -> Result<()> {
    ensure!(
        namespace::is_permitted(),
        "the chain makes network and mount namespaces, which needs root and util-linux\n\
         hint: run it as root, for example in a container with `--privileged`"
    );
    let mut inside = namespace::command(&env::current_exe()?);
    let status = inside.args(env::args_os().skip(1)).status()?;
    ensure!(status.success(), "the chain failed ({status})");
    Ok(())
}

fn run(options: &Options) -> Result<()> {
    let began = Instant::now();
    let folder = tempfile::tempdir()?;
    vendors::set_up(folder.path())?;
    let (api, authority) = api::start(folder.path())?;
    let proxy = match options.proxy.as_slice() {
        [] => proxies::pinned()?,
        command => proxies::given(command, options.api.as_deref()),
    };
    println!("proxy: {}", proxy.name);

    let mut home = Home::new()?;
    // Invented, and of the right shape: without a login neither the CLI nor a proxy asks anything.
    home.set(
        "CLAUDE_CODE_OAUTH_TOKEN",
        format!("sk-ant-oat01-{}", "invented".repeat(8)),
    );
    home.set("NODE_EXTRA_CA_CERTS", authority.to_string_lossy());
    symlink(places::claude()?, home.path().join("bin/claude"))?;
    set_up(&home, &proxy)?;

    let mut gateway = started(&home)?;
    if options.turns > 0 {
        return long::talk(&gateway, &api, options.turns);
    }
    let mut taken = Vec::new();
    for turn in &TURNS {
        match turn.before {
            Before::Nothing => {}
            Before::ProxyRestart => {
                home.helper(["restart"])?.success()?;
            }
            Before::GatewayRestart => {
                gateway.stop(STOP)?;
                gateway = started(&home)?;
            }
            Before::Compaction => {
                let key = json!({ "key": turn.session });
                let told = Rpc::connect(&home)?.call("sessions.compact", &key)?;
                ensure!(told["compacted"] == true, "it was not compacted: {told}");
            }
        }
        let before = api.exchanges().len();
        let (reply, beside) = thread::scope(|scope| {
            let beside = turn
                .beside
                .map(|session| scope.spawn(|| Turn::take_beside(session, &gateway)));
            let reply = turn.take(&gateway);
            (reply, beside.map(ScopedJoinHandle::join))
        });
        if let Some(Ok(beside)) = beside {
            beside?;
        }
        if let Some(awaited) = turn.later {
            let heard = || Ok(api.exchanges().split_off(before).iter().any(awaited));
            // Where it never comes the check fails.
            let _ = wait::until_true("what the turn began", LATER, heard);
        }
        let exchanges = api.exchanges().split_off(before);
        let one = Taken {
            name: turn.name,
            reply: reply?,
            exchanges,
        };
        report::turn(&one);
        taken.push(one);
    }
    let turn = doctors_turn(&home, &proxy);
    drop(gateway);
    home.kill_processes()?;
    println!();
    let verdict = judge(&proxy, &taken).and(turn);
    println!("\nthe chain took {:.0} s", began.elapsed().as_secs_f64());
    if verdict.is_err() {
        let log = fs::read_to_string(home.path().join("gateway.log")).unwrap_or_default();
        let kept = places::target().join("chain.log");
        fs::write(&kept, log)?;
        println!("the Gateway's log: {}", kept.display());
    }
    verdict
}

/// A Gateway with its proxy.
fn started(home: &Home) -> Result<Gateway<'_>> {
    let gateway = Gateway::start(home)?;
    gateway.line("proxy is ready", READY)?;
    Ok(gateway)
}

/// The plugin linked, its settings written, and a setup as a user types it.
fn set_up(home: &Home, proxy: &Proxy) -> Result<()> {
    home.link(&proxy.settings)?;
    home.set_up(ports::free()?)
        .context("the plugin could not be set up")?;
    // OpenClaw lets a client switch only to what is allowed by name; a user adds this to switch between our models.
    home.edit(|config| {
        config["agents"]["defaults"]["modelPolicy"] = json!({ "allow": [format!("{ID}/*")] });
        // The fake API's summaries are no good ones.
        config["agents"]["defaults"]["compaction"] =
            json!({ "qualityGuard": { "enabled": false } });
    })
}

/// What `doctor --turn` finds here. Of a proxy with known gaps it is only printed.
fn doctors_turn(home: &Home, proxy: &Proxy) -> Result<()> {
    let doctor = home
        .helper(["doctor", "--turn", "--yes", "--json"])?
        .json()?;
    let checks = doctor["checks"].as_array().context("no checks")?;
    let mut wrong = Vec::new();
    for check in checks {
        let id = check["id"].as_str().unwrap_or_default();
        if id.starts_with("turn-") {
            let (status, detail) = (&check["status"], &check["detail"]);
            println!("doctor --turn: {id} {status}: {detail}");
            if status != "pass" && proxy.gaps.is_empty() {
                wrong.push(id);
            }
        }
    }
    let wrong = wrong.join(", ");
    ensure!(wrong.is_empty(), "`doctor --turn` does not pass: {wrong}");
    Ok(())
}

/// Tells check by check, and fails where it is not as expected.
fn judge(proxy: &Proxy, taken: &[Taken]) -> Result<()> {
    let mut wrong = Vec::new();
    for check in &CHECKS {
        let gap = proxy.gaps.iter().find(|gap| gap.check == check.name);
        match (check.judge(taken), gap) {
            (Ok(()), None) => println!("✓ {}", check.name),
            (Err(_), Some(gap)) => println!("~ {}: known gap: {}", check.name, gap.why),
            (Ok(()), Some(_)) => {
                println!(
                    "✗ {}: a known gap has closed; take it out of the list",
                    check.name
                );
                wrong.push(check.name);
            }
            (Err(why), None) => {
                println!("✗ {}: {why:#}", check.name);
                wrong.push(check.name);
            }
        }
    }
    ensure!(wrong.is_empty(), "not as expected: {}", wrong.join(", "));
    Ok(())
}
