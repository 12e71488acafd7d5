//! The slots for which OpenClaw chooses a provider by itself, and what closes each.

use super::shell::set;
use super::version::Version;
use crate::document::Value;

/// The setting that closes a slot.
pub(crate) enum Closing {
    /// This value at this path.
    Value(String, Value),
    /// These tools in `tools.deny`.
    Denied(&'static [&'static str]),
}

macro_rules! slots {
    ($($name:ident $description:literal [$($tool:literal)*] $closed_by:literal;)*) => {
        /// A slot for which OpenClaw chooses a provider by itself: one with a credential, or one that needs none.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Slot {
            $(#[doc = $description] $name,)*
        }

        impl Slot {
            /// Every slot.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What the slot is for, in words.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$name => $description,)*
                }
            }

            /// The tools of agents that use it, in any version.
            pub fn tools(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$($tool),*],)*
                }
            }

            /// What closes it, and in which versions that was seen.
            pub fn closed_by(self) -> &'static str {
                match self {
                    $(Self::$name => $closed_by,)*
                }
            }
        }
    };
}

include!("../../data/slots.rs");

impl Slot {
    /// The tools of every slot.
    pub(super) fn every_tool() -> Vec<String> {
        let tools = Self::ALL.iter().copied().flat_map(Self::tools);
        tools.map(|&tool| tool.to_owned()).collect()
    }

    /// The slot that a tool uses.
    pub(crate) fn of_tool(tool: &str) -> Option<Self> {
        let fills = |slot: &Self| {
            let mut tools = slot.tools().iter();
            tools.any(|known| known.eq_ignore_ascii_case(tool.trim()))
        };
        Self::ALL.iter().copied().find(fills)
    }

    /// The setting that closes it. `model` is a reference to one of the proxy's models.
    pub(crate) fn closing(self, version: Version, model: &str) -> Closing {
        let value = |path: &str, value| Closing::Value(path.to_owned(), value);
        let off = |path: &str| value(path, Value::Bool(false));
        let text = |path: &str, text: &str| value(path, Value::String(text.to_owned()));
        match self {
            Self::Memory => {
                let search = version.layout().search_path();
                text(&format!("{search}.provider"), "none")
            }
            Self::Pdf => text("agents.defaults.pdfModel", model),
            Self::Image => text("agents.defaults.imageModel", model),
            Self::Audio => off("tools.media.audio.enabled"),
            Self::Video => off("tools.media.video.enabled"),
            Self::Search => off("tools.web.search.enabled"),
            Self::MakeImage
            | Self::MakeVideo
            | Self::MakeMusic
            | Self::Speech
            | Self::XTools
            | Self::OwnTools => Closing::Denied(self.tools()),
        }
    }

    /// A command or a sentence that says how to close it. `model` is a reference to one of the proxy's models.
    pub(crate) fn fix(self, version: Version, model: &str) -> String {
        match self.closing(version, model) {
            _ if self == Self::Speech => set("plugins.entries.microsoft.enabled", "false"),
            Closing::Value(path, value) => {
                let command = set(&path, &value.json());
                // See `Slots::describes_stickers`.
                if self == Self::Image && version.is_in(0b01111) {
                    return format!(
                        "{command}   (beside Telegram, also add \"image\" to the input of each of the proxy's models)"
                    );
                }
                command
            }
            Closing::Denied(tools) => format!("Add \"{}\" to tools.deny.", tools.join("\" and \"")),
        }
    }
}
