//! The types that cross the interface: `build.rs` writes them from `wit/`, which documents each, and the component passes them on as they
//! are. What they can do stands in the module of their subject, which also has their names.

include!(concat!(env!("OUT_DIR"), "/wit.rs"));
