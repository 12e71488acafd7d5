//! Compiles the component with fuel metering, ahead of time, so that only build scripts need the compiler. Without
//! `CLAUDE_PROXY_COMPONENT` (`cargo xtask conformance` sets it) nothing is compiled.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

const GIVEN: &str = "CLAUDE_PROXY_COMPONENT";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={GIVEN}");
    let image = match env::var_os(GIVEN).map(PathBuf::from) {
        Some(path) => {
            println!("cargo::rerun-if-changed={}", path.display());
            let component = fs::read(&path)
                .map_err(|why| format!("{GIVEN} names {}: {why}", path.display()))?;
            let mut config = wasmtime::Config::new();
            config.consume_fuel(true);
            wasmtime::Engine::new(&config)
                .and_then(|engine| engine.precompile_component(&component))
                .map_err(|why| format!("the component does not compile: {why:?}"))?
        }
        None => Vec::new(),
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);
    fs::write(out.join("with-fuel.cwasm"), image)?;
    Ok(())
}
