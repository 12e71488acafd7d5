//! Tells the linker to write relocated numbers in their short form, which is a tenth of the component.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-cdylib=--compress-relocations");
}
