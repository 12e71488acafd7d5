//! The `claude-proxy` program.

mod answer;
mod args;
mod audit;
mod checks;
mod claude_cli;
mod context;
mod control;
mod demo;
mod diff;
mod doctor;
mod edit;
mod elsewhere;
mod failure;
mod health;
mod key;
mod launch;
mod log;
mod logs;
mod models;
mod output;
mod path;
mod probe;
mod prompt;
mod quota;
mod run;
mod secret;
mod setup;
mod status;
mod timeout;
mod told;
mod turn;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use context::Context;
use failure::Halt;

/// Runs the program with the given arguments, its name first, and says how it ended.
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
                Halt::from_output(shown).exit(json)
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

fn dispatch(arguments: Arguments) -> Result<u8, Halt> {
    let context = Context::new(arguments.places)?;
    match arguments.command {
        Command::Setup(wanted) => setup::run(&context, &wanted),
        Command::Audit(wanted) => audit::run(&context, &wanted),
        Command::Run(wanted) => run::run(&context, &wanted),
        Command::Supervise(wanted) => run::supervise(&context, &wanted),
        Command::Status(wanted) if wanted.watch => watch::run(&context, &wanted),
        Command::Status(wanted) => status::run(&context, &wanted),
        Command::Health(wanted) => health::run(&context, &wanted),
        Command::Doctor(wanted) => doctor::run(&context, &wanted),
        Command::Models(wanted) => models::run(&context, &wanted),
        Command::Logs(wanted) => logs::run(&context, &wanted),
        Command::Start(wanted) => control::start(&context, &wanted),
        Command::Stop(wanted) => control::stop(&context, &wanted),
        Command::Restart(wanted) => control::restart(&context, &wanted),
        Command::Key(wanted) => key::run(&context, &wanted),
        Command::Path(wanted) => path::run(&context, &wanted),
        Command::Find { names } => elsewhere::print(&context, &names),
        Command::Demo(wanted) => demo::run(&wanted),
    }
}
