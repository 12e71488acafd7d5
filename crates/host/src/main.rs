//! The `claude-proxy` program. Everything it does is in the library.

fn main() -> std::process::ExitCode {
    claude_proxy_host::cli::main(std::env::args_os())
}
