// The paths that OpenClaw took before 2026.8 beside those of `routes.rs`, which has the words and the prefixes; `@search` and
// `@tts` stand for the places of that time, and items of `agents.list` are matched as `agents.entries.*`.
routes! {
    // ---- R: text inference ----
    R Command   "agents.defaults.cliBackends.*.command" "a program runs turns";
    R Nothing   "commitments.enabled" "asks the default model of an agent";
    A Grant     "plugins.entries.llm-task.config.allowedModels[]" "what a task may choose";
    A Nothing   "plugins.entries.llm-task.config.allowedModels" "list; each item is judged";
    R Vendor    "plugins.entries.codex-supervisor.config.**" "sessions of another agent";
    // ---- M: media ----
    M Exact     "agents.defaults.*GenerationModel" "generation; unset: any provider with a credential";
    M Exact     "agents.defaults.*GenerationModel.primary" "generation";
    M Exact     "agents.defaults.*GenerationModel.fallbacks[]" "one failover hop";
    M Nothing   "agents.defaults.*GenerationModel.*" "list or time limit";
    A Nothing   "agents.defaults.mediaGenerationAutoProviderFallback" "where a model is named the tool tries no others";
    M Command   "audio.transcription.command[]" "a program gets voice messages";
    M Nothing   "audio.transcription.command" "list; each item is judged";
    M Vendor    "channels.qqbot.stt.**" "transcription";
    M Nothing   "tools.media.*.models" "list; each item is judged";
    M Provider  "tools.media.*.models[].provider" "understanding provider";
    M Entry     "tools.media.*.models[].model" "belongs to the provider next to it";
    M Url       "tools.media.*.models[].baseUrl" "understanding endpoint";
    M Command   "tools.media.*.models[].command" "a program reads the file";
    M Nothing   "tools.media.*.models[].type" "the provider or command is judged";
    C Nothing   "tools.media.*.models[].profile" "belongs to the provider";
    C Nothing   "tools.media.*.models[].preferredProfile" "belongs to the provider";
    M Nothing   "tools.media.*.models[].headers.*" "does not move the endpoint";
    M Url       "tools.media.*.models[].request.proxy.url" "a proxy on the way";
    M Nothing   "tools.media.*.models[].request.**" "does not move the endpoint";
    M Vendor    "plugins.entries.comfy.config.**" "generation endpoint";
    M Vendor    "tools.web.fetch.firecrawl.**" "fetch service";
    M Vendor    "tools.web.x_search.**" "search through an xAI model";
    N Nothing   "@tts.personas.*.prompt.*" "voice details";
    // ---- M: memory ----
    M Plugin    "memory.backend" "another program keeps the memory";
    M Command   "memory.qmd.command" "a program reads the memory";
    N Nothing   "memory.qmd.update.*" "embedding tuning";
    N Nothing   "@search.remote.batch.*" "embedding tuning";
    N Nothing   "@search.remote.nonBatchConcurrency" "embedding tuning";
    N Nothing   "@search.sync.*" "embedding tuning";
    N Nothing   "@search.chunking.*" "embedding tuning";
    N Nothing   "@search.cache.*" "embedding tuning";
    N Nothing   "@search.local.contextSize" "belongs to provider local";
    // ---- N: looks like a route, is not ----
    N Nothing   "auth.cooldowns.billingBackoffHoursByProvider.*" "time limit";
    N Nothing   "models.providers.*.contextWindow" "size";
    N Nothing   "secrets.resolution.*" "how many secrets are read at once";
    N Nothing   "gateway.reload.deferralTimeoutMs" "time limit";
    N Nothing   "hooks.internal.installs.*.*" "where a hook came from";
    N Nothing   "marketplaces.feeds.**" "lists of plugins";
    N Content   "plugins.entries.thread-ownership.config.forwarderUrl" "who owns a thread";
    N Nothing   "channels.*.upgradeUrl" "page for people";
    N Nothing   "channels.*.httpHost" "chat server";
    N Nothing   "channels.*.httpUrl" "chat server";
    N Nothing   "tui.footer.showRemoteHost" "what is shown";
}
