//! The component inside this program: its bytes, and the machine code that was made from them at build time.

use wasmtime::Engine;
use wasmtime::component::Component;

/// The component, as built for every host.
pub const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plugin.wasm"));
/// SHA-256 of [`BYTES`], in hexadecimal.
pub const SHA256: &str = env!("CLAUDE_PROXY_COMPONENT_SHA256");
/// Target triple that the machine code was made for.
pub const TARGET: &str = env!("CLAUDE_PROXY_TARGET");

const LENGTH: usize = include_bytes!(concat!(env!("OUT_DIR"), "/plugin.cwasm")).len();

/// Machine code starts at a page of its own, so the image does too.
#[cfg_attr(target_arch = "x86_64", repr(C, align(4096)))]
#[cfg_attr(not(target_arch = "x86_64"), repr(C, align(65536)))]
struct Pages<T>(T);

/// On Linux the image lies in the program's own text segment: it is never copied, never writable, paged in where it is
/// used, shared between processes, and no page has to be made executable (which hardened systems refuse).
#[cfg_attr(
    target_os = "linux",
    unsafe(link_section = ".text.claude_proxy_component")
)]
static IMAGE: Pages<[u8; LENGTH]> =
    Pages(*include_bytes!(concat!(env!("OUT_DIR"), "/plugin.cwasm")));

/// Sets what loading the image needs of an engine.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables))]
pub(super) fn prepare(config: &mut wasmtime::Config) {
    #[cfg(target_os = "linux")]
    config.with_custom_code_memory(Some(std::sync::Arc::new(linux::TextSegment)));
}

/// Loads the image.
#[cfg(target_os = "linux")]
pub(super) fn load(engine: &Engine) -> wasmtime::Result<Component> {
    let image = std::ptr::NonNull::from(&IMAGE.0);
    // SAFETY: the bytes are what `build.rs` precompiled with this very version of wasmtime; wasmtime itself compares
    // version and settings. The memory is a `static` in a segment that nobody can write to.
    unsafe { Component::deserialize_raw(engine, image) }
}

/// Loads the image.
#[cfg(not(target_os = "linux"))]
pub(super) fn load(engine: &Engine) -> wasmtime::Result<Component> {
    // SAFETY: the bytes are what `build.rs` precompiled with this very version of wasmtime; wasmtime itself compares
    // version and settings.
    unsafe { Component::deserialize(engine, IMAGE.0.as_slice()) }
}

/// Gives back to the system the pages that the image occupies; they are read again from the program's file on use.
pub(super) fn forget() {
    #[cfg(target_os = "linux")]
    linux::forget(&IMAGE.0);
}

#[cfg(target_os = "linux")]
mod linux {
    use wasmtime::CustomCodeMemory;

    /// Code that is executable from the start.
    pub(super) struct TextSegment;

    impl CustomCodeMemory for TextSegment {
        fn required_alignment(&self) -> usize {
            4096
        }

        fn publish_executable(&self, _: *const u8, _: usize) -> wasmtime::Result<()> {
            Ok(())
        }

        fn unpublish_executable(&self, _: *const u8, _: usize) -> wasmtime::Result<()> {
            Ok(())
        }
    }

    pub(super) fn forget(image: &[u8]) {
        let page = rustix::param::page_size();
        let length = image.len() / page * page;
        let start = image.as_ptr().cast_mut().cast::<std::ffi::c_void>();
        if start.addr() % page != 0 {
            return;
        }
        // SAFETY: whole pages inside one `static` of a private read-only file mapping: dropping them changes no byte
        // that can be read, the next access brings them back from the file.
        // It is a matter of memory only, so a refusal changes nothing.
        let _ = unsafe { rustix::mm::madvise(start, length, rustix::mm::Advice::LinuxDontNeed) };
    }
}
