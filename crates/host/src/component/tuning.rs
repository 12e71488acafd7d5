// Included by `build.rs`, which compiles the component, and by `mod.rs`, which runs it: both must agree.

/// Sets what ahead-of-time code and engine must have in common: no unwind tables and no addresses for backtraces that
/// nobody reads, no memory file for the initial data. Bounds checks are left to the processor (4 GiB of address space
/// are reserved, not used): measured, explicit ones double the machine code.
fn tune(config: &mut wasmtime::Config) {
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .memory_init_cow(false)
        .native_unwind_info(false)
        .generate_address_map(false);
}
