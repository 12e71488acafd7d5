//! Flags and commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Exit code for a wrong flag.
pub(super) const USAGE: u8 = 2;

/// Claude models through your own local proxy, and through nothing else.
#[derive(Debug, Parser)]
#[command(name = "claude-proxy", version, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) globals: GlobalArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Clone, Args)]
pub(super) struct GlobalArgs {
    /// OpenClaw's configuration [default: $OPENCLAW_CONFIG_PATH, else openclaw.json in its state directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Directory of access key, log and control socket [default: claude-proxy in OpenClaw's state directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) state_dir: Option<PathBuf>,
    /// Version of the OpenClaw that reads the configuration, or - for what it says of itself, on standard input [default:
    /// the version that wrote it]
    #[arg(
        long,
        global = true,
        value_name = "VERSION",
        allow_hyphen_values = true
    )]
    pub(super) openclaw: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Log in: choose address and models, and close the configuration
    Setup(Setup),
    /// Find every route that leads around the proxy
    Audit(Audit),
    /// Keep the proxy running, in the foreground
    Run(Run),
    /// Keep the proxy running for another program: events on standard output
    Supervise(Supervise),
    /// What the proxy does now, and the one thing to do next
    Status(Status),
    /// Ask the proxy how it is
    Health(ProxyArgs),
    /// Check the whole installation
    Doctor(Doctor),
    /// The models, with context and output limits
    Models(Models),
    /// The proxy's output
    Logs(Logs),
    /// Start the proxy of a running supervisor
    Start(ProxyArgs),
    /// Stop the proxy of a running supervisor
    Stop(Stop),
    /// Start the proxy of a running supervisor again, also after it was given up
    Restart(ProxyArgs),
    /// The local access key
    Key(Key),
    /// Where everything lies
    Path(ProxyArgs),
    /// Full paths of programs, as a JSON list
    #[command(hide = true)]
    Find {
        /// Their names
        names: Vec<String>,
    },
    /// The whole story on a temporary directory: no network, no login
    Demo(Demo),
}

#[derive(Debug, Args)]
pub(super) struct Setup {
    /// Where the proxy runs
    #[arg(long, value_name = "HOST", allow_hyphen_values = true)]
    pub(super) host: Option<String>,
    /// Its port
    #[arg(long, value_name = "PORT", allow_hyphen_values = true)]
    pub(super) port: Option<String>,
    /// Models to register, commas between
    #[arg(long, value_name = "IDS")]
    pub(super) models: Option<String>,
    /// Make the first model the default model
    #[arg(long)]
    pub(super) set_default: bool,
    /// Also pin or turn off everything that selects a provider by itself
    #[arg(long, conflicts_with = "unharden")]
    pub(super) harden: bool,
    /// Take back what --harden changed
    #[arg(long)]
    pub(super) unharden: bool,
    /// Ask nothing: take the answers given here, else the present values and defaults
    #[arg(long, short = 'y')]
    pub(super) yes: bool,
    /// Show the change, write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print one JSON object; implies --yes
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// Close every route that can be closed by itself
    #[arg(long)]
    pub(super) fix: bool,
    /// With --fix: show the change, write nothing
    #[arg(long, requires = "fix")]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) address: Address,
    /// Program and arguments of the proxy, after `--`
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Supervise {
    /// Process to end with
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) parent: u32,
    #[command(flatten)]
    pub(super) run: Run,
}

#[derive(Debug, Args)]
pub(super) struct Address {
    /// Where the proxy runs [default: as configured]
    #[arg(long, value_name = "HOST", allow_hyphen_values = true)]
    pub(super) host: Option<String>,
    /// Its port [default: as configured]
    #[arg(long, value_name = "PORT", allow_hyphen_values = true)]
    pub(super) port: Option<String>,
    /// What it speaks: anthropic-messages or openai-completions [default: as configured]
    #[arg(long, value_name = "API")]
    pub(super) api: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ProxyArgs {
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// One of several proxies [default: the configured port]
    #[arg(long, value_name = "PORT", allow_hyphen_values = true)]
    pub(super) port: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    pub(super) proxy: ProxyArgs,
    /// Show every change until interrupted
    #[arg(long, conflicts_with = "json")]
    pub(super) watch: bool,
    /// Do not ask the proxy how much of the plan is used: for who asks often
    #[arg(long, hide = true)]
    pub(super) no_quota: bool,
}

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    pub(super) proxy: ProxyArgs,
    /// Apply what is safe: close the configuration, bring the provider entry up to date, make the state directory private
    #[arg(long)]
    pub(super) fix: bool,
    /// Also send two short messages through the proxy, which costs a little of your plan, and judge what comes back
    #[arg(long)]
    pub(super) turn: bool,
    /// Ask nothing before --fix writes or --turn sends
    #[arg(long, short = 'y')]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct Models {
    #[command(flatten)]
    pub(super) proxy: ProxyArgs,
    /// The whole catalog, not only the configured models
    #[arg(long)]
    pub(super) all: bool,
}

#[derive(Debug, Args)]
pub(super) struct Logs {
    #[command(flatten)]
    pub(super) proxy: ProxyArgs,
    /// How many lines
    #[arg(long, short = 'n', value_name = "LINES", default_value_t = 100)]
    pub(super) lines: usize,
    /// Go on with new lines until interrupted
    #[arg(long, short, conflicts_with = "json")]
    pub(super) follow: bool,
}

#[derive(Debug, Args)]
pub(super) struct Stop {
    #[command(flatten)]
    pub(super) proxy: ProxyArgs,
    /// End the supervisor too
    #[arg(long)]
    pub(super) supervisor: bool,
}

#[derive(Debug, Args)]
pub(super) struct Key {
    #[command(subcommand)]
    pub(super) what: KeyCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Path of the file that holds it
    Path(ProxyArgs),
    /// Make a new one
    Rotate(Rotate),
}

#[derive(Debug, Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    pub(super) proxy: ProxyArgs,
    /// Also while a supervisor uses the old one
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Keep the temporary directory and say where it is
    #[arg(long)]
    pub(super) keep: bool,
}
