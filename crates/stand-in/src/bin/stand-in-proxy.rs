//! The stand-in proxy as a program of its own; the same code is embedded in `claude-proxy`.

use std::process::ExitCode;

fn main() -> ExitCode {
    claude_proxy_stand_in::main(std::env::args().skip(1))
}
