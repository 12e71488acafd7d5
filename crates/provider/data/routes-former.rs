// Further paths of OpenClaw before 2026.8. `routes.rs` explains rows and patterns. Here `@search` and `@tts` stand for the places
// of those versions, and items of `agents.list` are matched as `agents.entries.*`.
routes! {
    // ---- text inference ----
    Inference  Program             "agents.defaults.cliBackends.*.command" "a program runs turns";
    Inference  Nothing             "commitments.enabled" "asks the default model of an agent";
    Policy     AllowedModel        "plugins.entries.llm-task.config.allowedModels[]" "what a task may choose";
    Policy     Nothing             "plugins.entries.llm-task.config.allowedModels" "list; each item is judged";
    Inference  VendorSetting       "plugins.entries.codex-supervisor.config.**" "sessions of another agent";
    // ---- media ----
    Service    FullReference       "agents.defaults.*GenerationModel" "generation; unset: any provider with a credential";
    Service    FullReference       "agents.defaults.*GenerationModel.primary" "generation";
    Service    FullReference       "agents.defaults.*GenerationModel.fallbacks[]" "one failover hop";
    Service    Nothing             "agents.defaults.*GenerationModel.*" "list or time limit";
    Policy     Nothing             "agents.defaults.mediaGenerationAutoProviderFallback" "where a model is named the tool tries no others";
    Service    Program             "audio.transcription.command[]" "a program gets voice messages";
    Service    Nothing             "audio.transcription.command" | "tools.media.*.models" "list; each item is judged";
    Service    VendorSetting       "channels.qqbot.stt.**" "transcription";
    Service    Provider            "tools.media.*.models[].provider" "understanding provider";
    Service    MediaModel          "tools.media.*.models[].model" "belongs to the provider next to it";
    Service    Endpoint            "tools.media.*.models[].baseUrl" "understanding endpoint";
    Service    Program             "tools.media.*.models[].command" "a program reads the file";
    Service    Nothing             "tools.media.*.models[].type" "the provider or command is judged";
    Credential Nothing             "tools.media.*.models[].profile" | "tools.media.*.models[].preferredProfile" "belongs to the provider";
    Service    Nothing             "tools.media.*.models[].headers.*" "does not move the endpoint";
    Service    Endpoint            "tools.media.*.models[].request.proxy.url" "a proxy on the way";
    Service    Nothing             "tools.media.*.models[].request.**" "does not move the endpoint";
    Service    VendorSetting       "plugins.entries.comfy.config.**" "generation endpoint";
    Service    VendorSetting       "tools.web.fetch.firecrawl.**" "fetch service";
    Service    VendorSetting       "tools.web.x_search.**" "search through an xAI model";
    NoRoute    Nothing             "@tts.personas.*.prompt.*" "voice details";
    // ---- memory ----
    Service    SlotPlugin          "memory.backend" "another program keeps the memory";
    Service    Program             "memory.qmd.command" "a program reads the memory";
    NoRoute    Nothing             "memory.qmd.update.*" | "@search.remote.batch.*" | "@search.remote.nonBatchConcurrency" | "@search.sync.*"
            | "@search.chunking.*" | "@search.cache.*" "embedding tuning";
    NoRoute    Nothing             "@search.local.contextSize" "belongs to provider local";
    // ---- looks like a route, is not ----
    NoRoute    Nothing             "auth.cooldowns.billingBackoffHoursByProvider.*" | "gateway.reload.deferralTimeoutMs" "time limit";
    NoRoute    Nothing             "models.providers.*.contextWindow" "size";
    NoRoute    Nothing             "secrets.resolution.*" "how many secrets are read at once";
    NoRoute    Nothing             "hooks.internal.installs.*.*" "where a hook came from";
    NoRoute    Nothing             "marketplaces.feeds.**" "lists of plugins";
    NoRoute    ContentEndpoint     "plugins.entries.thread-ownership.config.forwarderUrl" "who owns a thread";
    NoRoute    Nothing             "channels.*.upgradeUrl" "page for people";
    NoRoute    Nothing             "channels.*.httpHost" | "channels.*.httpUrl" "chat server";
    NoRoute    Nothing             "tui.footer.showRemoteHost" "what is shown";
}
