//! The component inside this program: its bytes, and the machine code that was made from them at build time.

use wasmtime::Engine;
use wasmtime::component::Component;

/// The component, as built for every host.
pub const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plugin.wasm"));

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

/// The image in use. Dropped after everything that was loaded from it.
pub(super) struct Image {
    /// Whether it is used where it lies; else a copy of it.
    #[cfg(target_os = "linux")]
    in_place: bool,
}

impl Image {
    /// Takes the image, in place where nobody else uses it there: the runtime knows one owner an address.
    pub(super) fn take() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            in_place: linux::lease(),
        }
    }

    /// Sets what loading the image needs of an engine.
    #[cfg_attr(not(target_os = "linux"), expect(unused_variables))]
    pub(super) fn prepare(&self, config: &mut wasmtime::Config) {
        #[cfg(target_os = "linux")]
        if self.in_place {
            config.with_custom_code_memory(Some(std::sync::Arc::new(linux::TextSegment)));
        }
    }

    pub(super) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        #[cfg(target_os = "linux")]
        if self.in_place {
            let image = std::ptr::NonNull::from(&IMAGE.0);
            // SAFETY: the bytes are what `build.rs` precompiled with this very version of wasmtime, which compares
            // version and settings itself. The memory is a `static` in a segment that nobody can write to.
            return unsafe { Component::deserialize_raw(engine, image) };
        }
        // SAFETY: as above; the memory is copied.
        unsafe { Component::deserialize(engine, IMAGE.0.as_slice()) }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Image {
    fn drop(&mut self) {
        if self.in_place {
            linux::give_back();
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::atomic::{AtomicBool, Ordering};

    use wasmtime::CustomCodeMemory;

    static IN_USE: AtomicBool = AtomicBool::new(false);

    pub(super) fn lease() -> bool {
        !IN_USE.swap(true, Ordering::AcqRel)
    }

    pub(super) fn give_back() {
        IN_USE.store(false, Ordering::Release);
    }

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
}
