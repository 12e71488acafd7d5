//! The component as a thing to ship. Build tools call this; nothing of it is in a shipped program.
//!
//! 1. [`component`] turns what cargo linked into the component: smaller by `wasm-opt`, then labelled.
//! 2. [`oci`] packs it as an OCI artifact and checks such a pack, offline.
//! 3. [`wit`] documents the WIT package and holds all version numbers together.
#![forbid(unsafe_code)]

pub mod component;
pub mod label;
pub mod oci;
pub mod wit;
