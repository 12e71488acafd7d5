//! What OpenClaw fills by itself, and with what each is closed.

use super::finding::set;
use super::version::Version;
use crate::document::Value;

/// What closes a slot in a file.
pub(crate) enum Pin {
    /// A value at a path.
    Value(String, Value),
    /// These tools in `tools.deny`.
    Denied(&'static [&'static str]),
}

/// A slot that OpenClaw fills by itself from what has a credential, or needs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// Memory embeddings.
    Memory,
    /// The `pdf` tool.
    Pdf,
    /// The `image` tool and image understanding.
    Image,
    /// Transcription.
    Audio,
    /// Video understanding.
    Video,
    /// The `web_search` tool.
    Search,
    /// The `image_generate` tool.
    MakeImage,
    /// The `video_generate` tool.
    MakeVideo,
    /// The `music_generate` tool.
    MakeMusic,
    /// The `tts` tool and spoken replies.
    Speech,
    /// The `x_search` and `code_execution` tools.
    XTools,
    /// Tools that the plugin of a vendor brings beside what OpenClaw has a slot for.
    OwnTools,
}

/// The tools of official plugins that no slot of OpenClaw's covers (its catalog of official plugins, 2026.9.6).
const OWN_TOOLS: &[&str] = &[
    "firecrawl_scrape",
    "firecrawl_search",
    "tavily_extract",
    "tavily_search",
];

impl Slot {
    /// The tools of every slot.
    pub(super) fn every_tool() -> Vec<String> {
        let tools = Self::ALL.iter().copied().flat_map(Self::tools);
        tools.map(|&tool| tool.to_owned()).collect()
    }

    /// Every slot.
    pub const ALL: &[Self] = &[
        Self::Memory,
        Self::Pdf,
        Self::Image,
        Self::Audio,
        Self::Video,
        Self::Search,
        Self::MakeImage,
        Self::MakeVideo,
        Self::MakeMusic,
        Self::Speech,
        Self::XTools,
        Self::OwnTools,
    ];

    /// What it does, for people.
    pub fn what(self) -> &'static str {
        match self {
            Self::Memory => "memory embeddings",
            Self::Pdf => "the pdf tool",
            Self::Image => "image understanding",
            Self::Audio => "transcription",
            Self::Video => "video understanding",
            Self::Search => "web search",
            Self::MakeImage => "image generation",
            Self::MakeVideo => "video generation",
            Self::MakeMusic => "music generation",
            Self::Speech => "the tts tool",
            Self::XTools => "the x_search and code_execution tools",
            Self::OwnTools => "the tools of Firecrawl and Tavily",
        }
    }

    /// The tools of an agent that it fills, in any version.
    pub fn tools(self) -> &'static [&'static str] {
        match self {
            // Embeddings are made when the memory is read, whatever the tool is called with.
            Self::Memory | Self::Audio | Self::Video => &[],
            Self::Pdf => &["pdf"],
            Self::Image => &["view_image", "image"],
            Self::Search => &["web_search"],
            Self::MakeImage => &["image_generate"],
            Self::MakeVideo => &["video_generate"],
            Self::MakeMusic => &["music_generate"],
            Self::Speech => &["tts"],
            Self::XTools => &["x_search", "code_execution"],
            Self::OwnTools => OWN_TOOLS,
        }
    }

    /// The slot that a tool fills by itself.
    pub(crate) fn of_tool(tool: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|slot| {
            slot.tools()
                .iter()
                .any(|known| known.eq_ignore_ascii_case(tool.trim()))
        })
    }

    /// What closes it, and where that was seen: a function of OpenClaw 2026.9.6 that `cargo xtask prove` asks. Nothing else
    /// counts, however much it looks as if it did (`tts.provider` and `preferredModel` on the proxy select nothing).
    pub fn closed_by(self) -> &'static str {
        match self {
            Self::Memory => {
                "memory.search.provider \"none\", or enabled false, for every agent (resolveMemorySearchConfig); plugins.slots.memory \"none\"; the last two not where the Gateway serves /v1/embeddings"
            }
            Self::Pdf => {
                "pdfModel or imageModel on the proxy (resolvePdfModelConfigForTool); the tool denied"
            }
            Self::Image => {
                "imageModel on the proxy (resolveImageModelConfigForTool, resolveAutoEntries); the tool denied and tools.media.image.enabled false; until 2026.9.1 beside Telegram only where every row of the proxy sees images (describeStickerImage)"
            }
            Self::Audio => "tools.media.audio.enabled false (resolveAutoAudioEntries)",
            Self::Video => "tools.media.video.enabled false (resolveAutoEntries)",
            Self::Search => {
                "tools.web.search.enabled false (resolveWebSearchCandidates); the tool denied"
            }
            Self::MakeImage | Self::MakeVideo | Self::MakeMusic => {
                "its mediaModels entry (before 2026.8 imageGenerationModel and its like) on the proxy, which has no such service (resolveCapabilityModelCandidates); the tool denied"
            }
            Self::Speech => {
                "no speech plugin left that is on (resolveTtsProviderOrder); the tool denied, no automatic speech (resolveTtsAutoMode) and no voice channel"
            }
            Self::XTools => "both tools denied; plugin xai off",
            Self::OwnTools => "each of the tools denied",
        }
    }

    /// What closes it in a file; `model` is a reference to one of the proxy's.
    pub(crate) fn pin(self, version: Version, model: &str) -> Pin {
        let value = |path: &str, value| Pin::Value(path.to_owned(), value);
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
            | Self::OwnTools => Pin::Denied(self.tools()),
        }
    }

    /// A command, or a sentence, that says how to close it; `model` is a reference to one of the proxy's.
    pub(crate) fn fix(self, version: Version, model: &str) -> String {
        match self.pin(version, model) {
            _ if self == Self::Speech => set("plugins.entries.microsoft.enabled", "false"),
            Pin::Value(path, value) => {
                let command = set(&path, &value.json());
                // See `Slots::describes_stickers`.
                if self == Self::Image && version.is_in(0b01111) {
                    return format!(
                        "{command}   (beside Telegram, also add \"image\" to the input of each of the proxy's models)"
                    );
                }
                command
            }
            Pin::Denied(tools) => format!("Add \"{}\" to tools.deny.", tools.join("\" and \"")),
        }
    }
}
