//! The native side of the plugin: the component, loaded and bounded, and everything that needs authority around it.
//!
//! The component decides and this crate acts. Without features it is the embedding alone, for a host program of your
//! own:
//!
//! ```
//! use std::time::Duration;
//! use claude_proxy_host::{ClaudeProxy, Limits};
//!
//! let limits = Limits { deadline: Duration::from_secs(10), memory: 256 << 20 };
//! let mut plugin = ClaudeProxy::load(limits)?;
//! assert_eq!(plugin.describe()?.id, "anthropic-claude-proxy");
//! let settings = plugin.parse_settings(r#"{"port": 4567}"#)?;
//! let plan = plugin.launch(&settings, &["PATH".to_owned()])?;
//! assert_eq!(plan.base_url, "http://127.0.0.1:4567");
//! # Ok::<(), claude_proxy_host::CallError>(())
//! ```
//!
//! - [`component`] is the typed interface; its types are those of the WIT package.
//! - [`store`] reads and replaces configuration files, [`audit`](mod@audit) reads what the audit asks for from disk.
//! - [`state`] keeps access keys, [`location`] knows where OpenClaw keeps its files.
//! - Its types can be written and read, in serde's own form (`base_url`, `{"Refused": …}`), which is not the JSON of the
//!   conformance kit or of the command.
//! - `health_policy` (feature `supervise`) lets the component judge for `claude-proxy-supervisor`.
//! - `cli` (feature `cli`) is the `claude-proxy` program.

pub mod audit;
#[cfg(feature = "cli")]
pub mod cli;
pub mod component;
#[cfg(feature = "supervise")]
pub mod health_policy;
pub mod key_file;
pub mod location;
#[cfg(feature = "supervise")]
mod memory;
pub mod private_file;
pub mod state;
pub mod store;
mod stored_data;
mod text_file;

pub use component::{CallError, ClaudeProxy, Flow, Limits};
