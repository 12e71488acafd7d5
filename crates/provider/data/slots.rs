// The slots for which OpenClaw chooses a provider by itself: one with a credential, or one that needs none. A row: the name, what the
// slot is for, the tools of agents that use it in any version, and what closes it, with the function of OpenClaw 2026.9.6 that
// decides it and that `cargo xtask prove` calls. No other setting closes a slot, even if it looks as if it did (`tts.provider` and
// `preferredModel` on the proxy select nothing).
slots! {
    // Embeddings are made when the memory is read, so no tool stands for this slot.
    Memory "memory embeddings" [] "memory.search.provider \"none\", or enabled false, for every agent (resolveMemorySearchConfig); plugins.slots.memory \"none\"; the last two not where the Gateway serves /v1/embeddings";
    Pdf "the pdf tool" ["pdf"] "pdfModel or imageModel on the proxy (resolvePdfModelConfigForTool); the tool denied";
    Image "image understanding" ["view_image" "image"] "imageModel on the proxy (resolveImageModelConfigForTool, resolveAutoEntries); the tool denied and tools.media.image.enabled false; until 2026.9.1 beside Telegram only where every row of the proxy sees images (describeStickerImage)";
    Audio "transcription" [] "tools.media.audio.enabled false (resolveAutoAudioEntries)";
    Video "video understanding" [] "tools.media.video.enabled false (resolveAutoEntries)";
    Search "web search" ["web_search"] "tools.web.search.enabled false (resolveWebSearchCandidates); the tool denied";
    MakeImage "image generation" ["image_generate"] "its mediaModels entry (before 2026.8 imageGenerationModel and its like) on the proxy, which has no such service (resolveCapabilityModelCandidates); the tool denied";
    MakeVideo "video generation" ["video_generate"] "its mediaModels entry (before 2026.8 imageGenerationModel and its like) on the proxy, which has no such service (resolveCapabilityModelCandidates); the tool denied";
    MakeMusic "music generation" ["music_generate"] "its mediaModels entry (before 2026.8 imageGenerationModel and its like) on the proxy, which has no such service (resolveCapabilityModelCandidates); the tool denied";
    Speech "the tts tool" ["tts"] "no speech plugin left that is on (resolveTtsProviderOrder); the tool denied, no automatic speech (resolveTtsAutoMode) and no voice channel";
    XTools "the x_search and code_execution tools" ["x_search" "code_execution"] "both tools denied; plugin xai off";
    // Further tools of official plugins, for which OpenClaw itself has no slot (from its catalog of plugins, 2026.9.6).
    OwnTools "the tools of Firecrawl and Tavily" ["firecrawl_scrape" "firecrawl_search" "tavily_extract" "tavily_search"] "each of the tools denied";
}
