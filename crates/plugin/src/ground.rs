//! What the standard library of this target would bring along: memory, and what a panic ends in.

use alloc::alloc::{alloc, realloc};
use core::alloc::Layout;
use core::arch::wasm32::unreachable;
use core::panic::PanicInfo;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Nobody could read more than that the instance is gone, which the trap says already.
#[panic_handler]
fn trap(_: &PanicInfo<'_>) -> ! {
    unreachable()
}

// `memcmp` is what the compiler takes for granted, and no instruction of WebAssembly.
#[link(name = "c")]
unsafe extern "C" {}

/// By this a host makes room for what it passes in. That of the C library would take it from another allocator than the
/// one that gives it back.
///
/// # Safety
/// As the canonical ABI of components says of `realloc`: what is old was given by it and has this length and alignment.
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn make_room(old: *mut u8, old_len: usize, align: usize, len: usize) -> *mut u8 {
    if len == 0 {
        return core::ptr::without_provenance_mut(align);
    }
    let (Ok(old_layout), Ok(layout)) = (
        Layout::from_size_align(old_len, align),
        Layout::from_size_align(len, align),
    ) else {
        unreachable()
    };
    // SAFETY: the caller promises a block of this layout, and the new length is not zero.
    let new = unsafe {
        if old_len == 0 {
            alloc(layout)
        } else {
            realloc(old, old_layout, len)
        }
    };
    if new.is_null() {
        unreachable()
    }
    new
}
