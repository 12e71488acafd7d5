// The settings that `harden` pins: path, value, and what it costs the user. For each version of OpenClaw only those in its schema are
// written. Measured with OpenClaw 2026.9.6: with these settings, without vendors' plugins and entries, a turn made no request to
// another vendor although the keys of four vendors were in the environment.
&[
    ("agents.defaults.model", Pin::Some, "Without a default model OpenClaw picks one."),
    ("agents.defaults.modelPolicy.allow", OnlyOurs, "Users, sessions, hooks and scheduled jobs can choose this provider's models only."),
    ("agents.defaults.utilityModel", Empty, "Titles come from the main model instead of a small one."),
    ("agents.defaults.decisionModel", Empty, "No separate model for decisions."),
    ("agents.defaults.imageModel", Ours, "Images are seen by the main model only."),
    ("agents.defaults.pdfModel", Ours, "PDF files are read by the main model only."),
    ("agents.defaults.subagents.model", Ours, "Subagents use the main model."),
    ("agents.defaults.embeddedAgent.cyberFailover.mode", Text("off"), "A refused request is not tried again elsewhere."),
    ("models.mode", Text("replace"), "Only models that the configuration lists exist."),
    ("memory.search.provider", Text("none"), "Memory is searched by keyword, not by meaning."),
    ("agents.defaults.memorySearch.provider", Text("none"), "Memory is searched by keyword, not by meaning."),
    ("tools.deny", Holds(&["node_inference", "image_generate", "video_generate", "music_generate", "tts", "web_search", "x_search", "llm-task", "firecrawl_scrape", "firecrawl_search", "tavily_extract", "tavily_search"]), "Agents cannot make images, videos, music or speech, search the web, or prompt other models."),
    ("tools.media.audio.enabled", Off, "Voice messages are not transcribed."),
    ("tools.media.video.enabled", Off, "Videos are not described."),
    ("tools.web.search.enabled", Off, "No web search."),
    ("tools.links.enabled", Off, "Links are not summarized by a command."),
    ("acp.enabled", Off, "No agents over ACP."),
    ("gateway.cliAgents.enabled", Off, "Agents installed on this machine are not offered."),
    ("env.shellEnv.enabled", Off, "Variables of the login shell are not read."),
    ("plugins.deny", Vendors, "Nothing of these vendors can be used, not even by name."),
]
