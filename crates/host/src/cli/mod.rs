//! The `claude-proxy` program.

mod access_key;
mod args;
mod audit;
mod checks;
mod context;
mod control;
mod demo;
mod diff;
mod doctor;
mod edit;
mod failure;
mod health;
mod host_report;
mod install_dirs;
mod key;
mod last_answer;
mod launch;
mod log;
mod logs;
mod models;
mod output;
mod path;
mod probe;
mod programs;
mod prompt;
mod quota;
mod run;
mod search_path;
mod setup;
mod status;
mod supervisor_client;
mod timeout;
mod turn;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use context::Context;
use failure::CommandError;

/// Runs the program with the given arguments, its name first, and returns its exit code.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    if let Some(code) = hidden(&arguments) {
        return code;
    }
    let json = arguments.iter().any(|argument| argument == "--json");
    let parsed = match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => parsed,
        Err(why) => {
            // Help and version are asked for and go to standard output; a wrong flag does not.
            let asked_for = !why.use_stderr();
            let shown = why.print();
            return if asked_for && shown.is_ok() {
                ExitCode::SUCCESS
            } else if asked_for {
                CommandError::from_output(shown).exit(json)
            } else {
                ExitCode::from(args::USAGE)
            };
        }
    };
    match dispatch(parsed) {
        Ok(code) => ExitCode::from(code),
        Err(halt) => halt.exit(json),
    }
}

/// Programs inside this one, which take arguments of their own.
fn hidden(arguments: &[OsString]) -> Option<ExitCode> {
    let rest = || {
        arguments
            .iter()
            .skip(2)
            .map(|argument| argument.to_string_lossy().into_owned())
    };
    match arguments.get(1)?.to_str()? {
        "fake-proxy" => Some(claude_proxy_fake_proxy::main(rest())),
        launch::TRAMPOLINE => Some(launch::trampoline(arguments.get(2..).unwrap_or_default())),
        _ => None,
    }
}

fn dispatch(arguments: Arguments) -> Result<u8, CommandError> {
    let context = Context::new(arguments.globals)?;
    match arguments.command {
        Command::Setup(args) => setup::run(&context, &args),
        Command::Audit(args) => audit::run(&context, &args),
        Command::Run(args) => run::run(&context, &args),
        Command::Supervise(args) => run::supervise(&context, &args),
        Command::Status(args) if args.watch => watch::run(&context, &args),
        Command::Status(args) => status::run(&context, &args),
        Command::Health(args) => health::run(&context, &args),
        Command::Doctor(args) => doctor::run(&context, &args),
        Command::Models(args) => models::run(&context, &args),
        Command::Logs(args) => logs::run(&context, &args),
        Command::Start(args) => control::start(&context, &args),
        Command::Stop(args) => control::stop(&context, &args),
        Command::Restart(args) => control::restart(&context, &args),
        Command::Key(args) => key::run(&context, &args),
        Command::Path(args) => path::run(&context, &args),
        Command::Find { names } => install_dirs::print_found(&names),
        Command::Demo(args) => demo::run(&args),
    }
}
