//! The fake proxy as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    claude_proxy_fake_proxy::main(std::env::args().skip(1))
}
